/* SPDX-License-Identifier: EUPL-1.2 */
/* persons_give: what is told of each person: sex and birth by majority of their rows, the last residence, one death, the time they are
 * followed. */
#include "intake/snds/persons.h"
#include <stdio.h>
#include <string.h>

enum { VOTES_MAX = 256 }; /* rows of one person that have a vote */

/* ---- one person out of several rows ---- */

static unsigned votes_of(const struct link *links, size_t count, size_t candidate, bool is_birth)
{
    unsigned votes = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_same = is_birth ? links[i].birth_year == links[candidate].birth_year && links[i].birth_month == links[candidate].birth_month
                                : links[i].sex == links[candidate].sex;
        votes += links[i].outcome == OUTCOME_TAKEN && is_same;
    }
    return votes;
}

/* The row with the value that most rows have; of equals the one that was changed last. Rows without a value have no vote. */
static const struct link *elected(const struct link *links, size_t count, bool is_birth, bool *out_conflict)
{
    const struct link *best = NULL;
    unsigned best_votes = 0;
    count = count < VOTES_MAX ? count : VOTES_MAX;
    for (size_t i = 0; i < count; i++) {
        if (links[i].outcome != OUTCOME_TAKEN || (is_birth ? links[i].birth_year == 0 : links[i].sex == 0)) {
            continue;
        }
        unsigned votes = votes_of(links, count, i, is_birth);
        *out_conflict |= best && (is_birth ? best->birth_year != links[i].birth_year || best->birth_month != links[i].birth_month
                                           : best->sex != links[i].sex);
        if (!best || votes > best_votes || (votes == best_votes && links[i].updated > best->updated)) {
            best = &links[i];
            best_votes = votes;
        }
    }
    return best;
}

static const struct link *latest(const struct link *links, size_t count, bool (*has)(const struct link *))
{
    const struct link *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (links[i].outcome == OUTCOME_TAKEN && has(&links[i]) && (!best || links[i].updated > best->updated)) {
            best = &links[i];
        }
    }
    return best;
}

static bool has_commune(const struct link *link)
{
    return link->commune[0] != 0;
}

static bool has_death(const struct link *link)
{
    return link->died != NO_DAY;
}

static bool has_scheme(const struct link *link)
{
    return link->scheme != 0;
}

void person_settle(struct run *run, struct person *person, const struct link *links, size_t count)
{
    bool sex_differs = false, birth_differs = false;
    const struct link *sex = elected(links, count, false, &sex_differs), *birth = elected(links, count, true, &birth_differs);
    const struct link *home = latest(links, count, has_commune), *death = latest(links, count, has_death),
                      *scheme = latest(links, count, has_scheme);
    if (sex_differs) {
        tally_remark(run->tally, "IR_BEN_R", "rows of one person differ in sex: the majority was taken");
    }
    if (birth_differs) {
        tally_remark(run->tally, "IR_BEN_R", "rows of one person differ in birth: the majority was taken");
    }
    person->sex = sex ? sex->sex : 0;
    person->birth_year = birth ? birth->birth_year : 0;
    person->birth_month = birth ? birth->birth_month : 0;
    person->scheme = scheme ? scheme->scheme : 0;
    if (home) {
        memcpy(person->commune, home->commune, sizeof person->commune);
    }
    person->died = death ? death->died : NO_DAY;
    person->death_source = death ? DEATH_REGISTERED : DEATH_NONE;
    person->inserted = person->first = person->last = NO_DAY;
    for (size_t i = 0; i < count; i++) {
        bool is_earlier = links[i].inserted != NO_DAY && (person->inserted == NO_DAY || links[i].inserted < person->inserted);
        person->inserted = links[i].outcome == OUTCOME_TAKEN && is_earlier ? links[i].inserted : person->inserted;
        bool is_rank = links[i].outcome == OUTCOME_TAKEN && links[i].rank > person->rank && links[i].rank <= 9;
        person->rank = is_rank ? (uint8_t)links[i].rank : person->rank;
    }
}

/* ---- what the other tables say of them ---- */

void persons_died(struct persons *persons, uint32_t index, enum death_source source, day date, const char *cause)
{
    struct person *person = &persons->items[index];
    if (source > person->death_source || (source == person->death_source && date.number < person->died)) {
        person->death_source = (uint8_t)source;
        person->died = date.number;
        bool fits = text_copy(person->cause, sizeof person->cause, text_of(cause));
        (void)fits; /* a CIM-10 code does */
    }
}

bool persons_is_certified(const struct persons *persons, uint32_t index)
{
    return persons->items[index].death_source == DEATH_CERTIFIED;
}

int64_t persons_subject(const struct persons *persons, uint32_t index)
{
    return persons->items[index].subject;
}

int persons_birth_year(const struct persons *persons, uint32_t index)
{
    return persons->items[index].birth_year;
}

bool persons_is_woman(const struct persons *persons, uint32_t index)
{
    return persons->items[index].sex == 2;
}

void persons_seen(struct persons *persons, uint32_t index, day date)
{
    struct person *person = &persons->items[index];
    person->first = person->first == NO_DAY || date.number < person->first ? date.number : person->first;
    person->last = person->last == NO_DAY || date.number > person->last ? date.number : person->last;
}

const char *persons_cause(const struct persons *persons, uint32_t index)
{
    return persons->items[index].cause;
}

void persons_identity_choose(struct persons *persons, uint32_t index, unsigned score, uint64_t row)
{
    struct person *person = &persons->items[index];
    if (score > person->identity_score) {
        person->identity_score = (uint8_t)score;
        person->identity_row = row;
    }
}

bool persons_identity_is(const struct persons *persons, uint32_t index, uint64_t row)
{
    return persons->items[index].identity_score > 0 && persons->items[index].identity_row == row;
}

bool persons_rank_is_of_twins(const struct persons *persons, uint32_t index)
{
    return persons->items[index].scheme == SCHEME_GENERAL;
}

uint64_t persons_without_identity(const struct persons *persons)
{
    uint64_t without = 0;
    for (size_t i = 0; i < persons->count; i++) {
        without += persons->items[i].identity_score == 0;
    }
    return without;
}

/* ---- records ---- */

bool persons_give(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->persons->count; i++) {
        const struct person *person = &run->persons->items[i];
        struct record record;
        record_begin(&record, RECORD_PERSON);
        record_set_integer(&record, COLUMN_SUBJECT, person->subject);
        record_set_text(&record, COLUMN_SEX, person->sex == 1 ? TEXT("M") : person->sex == 2 ? TEXT("F") : TEXT("U"));
        if (person->birth_year != 0) {
            record_set_integer(&record, COLUMN_BIRTH_YEAR, person->birth_year);
        }
        if (person->birth_year != 0 && person->birth_month != 0) {
            record_set_integer(&record, COLUMN_BIRTH_MONTH, person->birth_month);
        }
        record_set_text(&record, COLUMN_RESIDENCE, text_of(person->commune));
        if (person->rank > 0 && persons_rank_is_of_twins(run->persons, (uint32_t)i)) {
            record_set_integer(&record, COLUMN_TWIN_RANK, person->rank);
        }
        TRY(run_give(run, &record, err));
    }
    return true;
}

static bool give_death(struct run *run, const struct person *person, struct error *err)
{
    struct record record;
    if (person->death_source == DEATH_NONE) {
        return true;
    }
    record_begin(&record, RECORD_DEATH);
    record_set_integer(&record, COLUMN_SUBJECT, person->subject);
    record_set_day(&record, COLUMN_START, (day){person->died});
    if (person->cause[0]) {
        record_set_text(&record, COLUMN_SYSTEM, TEXT("CIM10"));
        record_set_text(&record, COLUMN_CODE, text_of(person->cause));
    }
    record_set_text(&record, COLUMN_TYPE,
                    person->death_source == DEATH_CERTIFIED    ? TEXT("DEATH_CERTIFICATE")
                    : person->death_source == DEATH_REGISTERED ? TEXT("GOVERNMENT")
                                                               : TEXT("CLAIM_INPATIENT"));
    return run_give(run, &record, err);
}

/* Followed from the birth, the first affiliation and the beginning of the data on, to the death or the end of the data; what happened to
 * the person is never outside. */
static bool give_coverage(struct run *run, const struct person *person, struct error *err)
{
    if (!run->has_period) {
        return true;
    }
    int32_t start = run->first.number, end = run->last.number;
    day birth;
    if (person->birth_year != 0 && day_from_civil(person->birth_year, person->birth_month ? person->birth_month : 1, 1, &birth)) {
        start = birth.number > start ? birth.number : start;
    }
    start = person->inserted != NO_DAY && person->inserted > start ? person->inserted : start;
    start = person->first != NO_DAY && person->first < start ? person->first : start;
    end = person->last != NO_DAY && person->last > end ? person->last : end;
    end = person->death_source != DEATH_NONE && person->died < end ? person->died : end;
    if (start > end) {
        return true;
    }
    struct joined key = {0};
    char scheme[8];
    joined_add_number(&key, person->subject);
    snprintf(scheme, sizeof scheme, "%02u", person->scheme);
    struct record record;
    record_begin(&record, RECORD_COVERAGE);
    record_set_integer(&record, COLUMN_SUBJECT, person->subject);
    record_set_integer(&record, COLUMN_RECORD, joined_number(&key, run, "COVERAGE"));
    record_set_day(&record, COLUMN_START, (day){start});
    record_set_day(&record, COLUMN_END, (day){end});
    record_set_text(&record, COLUMN_CODE, person->scheme ? text_of(scheme) : TEXT(""));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM_ENROLMENT"));
    return run_give(run, &record, err);
}

bool persons_give_ends(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->persons->count; i++) {
        TRY(give_death(run, &run->persons->items[i], err));
        TRY(give_coverage(run, &run->persons->items[i], err));
    }
    return true;
}
