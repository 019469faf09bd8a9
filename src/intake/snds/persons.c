/* SPDX-License-Identifier: EUPL-1.2 */
/* persons: who is who in IR_BEN_R. A person is BEN_NIR_ANO where it is known, else BEN_NIR_PSA with BEN_RNG_GEM; all the PSA of a person
 * are gathered before anything else is read. A PSA with rank that stands for two persons stands for none. */
#include "intake/snds/persons.h"
#include "base/bulk.h"
#include <stdlib.h>
#include <string.h>

struct persons_reader {
    struct run *run;
    struct persons *persons;
};

/* ---- rows ---- */

static void subject_of(struct persons_reader *reader, struct rows *rows, struct link *link, struct text psa)
{
    const struct record_numbers *numbers = reader->run->options->numbers;
    struct text ano = rows_plain(rows, IR_BEN_R_BEN_NIR_ANO), idt = rows_plain(rows, IR_BEN_R_BEN_IDT_ANO);
    if (ano.length == 0 && idt.length > 0 && rows_is(rows, IR_BEN_R_BEN_IDT_TOP, "1")) {
        ano = idt;
    }
    ano = value_person_is_junk(ano) ? TEXT("") : ano;
    struct joined key = {0};
    joined_add(&key, psa);
    joined_add_number(&key, link->rank);
    link->has_ano = ano.length > 0;
    link->subject = record_subject(numbers, link->has_ano ? ano : (struct text){key.bytes, key.length});
    struct text alias = link->has_ano ? ano : idt;
    link->alias = alias.length > 0 ? record_number(numbers, "BEN_IDT_ANO", alias) : 0;
}

static int32_t day_number(struct rows *rows, int column)
{
    day date;
    return rows_day(rows, column, &date) ? date.number : NO_DAY;
}

static void describe(struct rows *rows, struct link *link)
{
    int64_t year = 0, month = 0;
    bool has_year = rows_integer(rows, IR_BEN_R_BEN_NAI_ANN, &year) && year >= 1850 && year <= 2100;
    bool has_month = rows_integer(rows, IR_BEN_R_BEN_NAI_MOI, &month) && month >= 1 && month <= 12;
    struct text scheme = rows_plain(rows, IR_BEN_R_ORG_AFF_BEN);
    link->birth_year = has_year ? (int16_t)year : 0;
    link->birth_month = has_month ? (uint8_t)month : 0;
    link->sex = rows_is(rows, IR_BEN_R_BEN_SEX_COD, "1") ? 1 : rows_is(rows, IR_BEN_R_BEN_SEX_COD, "2") ? 2 : 0;
    if (scheme.length == 9 && scheme.data[0] >= '0' && scheme.data[0] <= '9' && scheme.data[1] >= '0' && scheme.data[1] <= '9') {
        link->scheme = (uint8_t)((scheme.data[0] - '0') * 10 + (scheme.data[1] - '0'));
    }
    if (!value_commune(rows_plain(rows, IR_BEN_R_BEN_RES_DPT), rows_plain(rows, IR_BEN_R_BEN_RES_COM), link->scheme == SCHEME_RSI,
                       link->commune)) {
        link->commune[0] = 0;
    }
    link->updated = day_number(rows, IR_BEN_R_BEN_DTE_MAJ);
    link->inserted = day_number(rows, IR_BEN_R_BEN_DTE_INS);
    link->died = day_number(rows, IR_BEN_R_BEN_DCD_DTE);
}

static int16_t rank_of(struct text rank)
{
    int64_t number = 0;
    return text_to_i64(value_code(rank), &number) && number >= 0 && number < 1000 ? (int16_t)number : 0;
}

static bool take_row(void *context, struct rows *rows, struct error *err)
{
    struct persons_reader *reader = context;
    struct tally *tally = reader->run->tally;
    struct text psa = rows_plain(rows, IR_BEN_R_BEN_NIR_PSA);
    tally_seen(tally, "IR_BEN_R", 1);
    if (value_person_is_junk(psa) || psa.length == 0) {
        tally_count(tally, "IR_BEN_R", OUTCOME_NO_SUBJECT, 1);
        return true;
    }
    struct link link = {.psa = record_number(reader->run->options->numbers, "BEN_NIR_PSA", psa), .outcome = OUTCOME_TAKEN};
    link.rank = rank_of(rows_plain(rows, IR_BEN_R_BEN_RNG_GEM));
    subject_of(reader, rows, &link, psa);
    describe(rows, &link);
    const char *kind = value_listed(LIST_NIR, rows_plain(rows, IR_BEN_R_BEN_CDI_NIR));
    link.is_fictive = kind && strcmp(kind, "FICTIVE") == 0 && !link.has_ano;
    if (kind) {
        tally_remark(tally, "IR_BEN_R",
                     link.is_fictive ? "the number of the person is fictive" : "the number of the person is not a plain one");
    }
    if (!links_append(&reader->persons->links, link, err)) {
        return error_hint(err, "raise snds_persons_max in the settings");
    }
    return true;
}

/* ---- who is who ---- */

static int by_psa(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    if (x->psa != y->psa) {
        return x->psa < y->psa ? -1 : 1;
    }
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return x->subject == y->subject ? 0 : x->subject < y->subject ? -1 : 1;
}

static int by_subject(const void *a, const void *b)
{
    const struct link *x = a, *y = b;
    return x->subject != y->subject ? (x->subject < y->subject ? -1 : 1) : by_psa(a, b);
}

/* The rows of one PSA and rank: one BEN_NIR_ANO names them all, two make them useless. */
static void resolve(struct run *run, struct link *links, size_t count)
{
    const struct link *named = NULL;
    bool is_ambiguous = false;
    for (size_t i = 0; i < count; i++) {
        if (links[i].has_ano) {
            is_ambiguous |= named && named->subject != links[i].subject;
            named = &links[i];
        }
    }
    if (is_ambiguous) {
        tally_remark(run->tally, "IR_BEN_R", "a PSA and rank with two persons: what it names is left out");
    }
    for (size_t i = 0; i < count; i++) {
        if (named) {
            links[i].subject = named->subject;
            links[i].is_fictive = false;
        }
        links[i].outcome = is_ambiguous ? OUTCOME_AMBIGUOUS_PERSON : links[i].is_fictive ? OUTCOME_FICTIVE_PERSON : OUTCOME_TAKEN;
        tally_count(run->tally, "IR_BEN_R", (enum record_outcome)links[i].outcome, 1);
    }
}

static void resolve_all(struct run *run, struct links *links)
{
    for (size_t begin = 0, end = 0; begin < links->count; begin = end) {
        while (end < links->count && links->items[end].psa == links->items[begin].psa &&
               links->items[end].rank == links->items[begin].rank) {
            end++;
        }
        resolve(run, links->items + begin, end - begin);
    }
}

static bool number_persons(struct run *run, struct persons *persons, struct error *err)
{
    struct links *links = &persons->links;
    size_t taken = 0; /* at most so many persons */
    for (size_t i = 0; i < links->count; i++) {
        links->items[i].person = NOBODY;
        taken += links->items[i].outcome == OUTCOME_TAKEN;
    }
    persons->items = bulk_allocate(taken + 1, sizeof persons->items[0]);
    if (!persons->items) {
        return FAIL(err, LIMIT, "no memory for %zu persons", taken);
    }
    for (size_t begin = 0, end = 0; begin < links->count; begin = end) {
        while (end < links->count && links->items[end].subject == links->items[begin].subject) {
            links->items[end].person = links->items[end].outcome == OUTCOME_TAKEN ? (uint32_t)persons->count : NOBODY;
            end++;
        }
        struct person person = {.subject = links->items[begin].subject};
        size_t kept = 0;
        for (size_t i = begin; i < end; i++) {
            kept += links->items[i].outcome == OUTCOME_TAKEN;
        }
        if (kept > 0) {
            person_settle(run, &person, links->items + begin, end - begin);
            persons->items[persons->count++] = person;
        }
    }
    return true;
}

static int by_alias(const void *a, const void *b)
{
    const struct alias *x = a, *y = b;
    return x->alias != y->alias ? (x->alias < y->alias ? -1 : 1) : x->person == y->person ? 0 : x->person < y->person ? -1 : 1;
}

static bool index_aliases(struct persons *persons, struct error *err)
{
    const struct links *links = &persons->links;
    persons->aliases = bulk_allocate(links->count + 1, sizeof persons->aliases[0]);
    if (!persons->aliases) {
        return FAIL(err, LIMIT, "no memory for %zu persons", links->count);
    }
    for (size_t i = 0; i < links->count; i++) {
        if (links->items[i].person != NOBODY && links->items[i].alias != 0) {
            persons->aliases[persons->alias_count++] = (struct alias){links->items[i].alias, links->items[i].person};
        }
    }
    if (persons->alias_count > 0) {
        qsort(persons->aliases, persons->alias_count, sizeof persons->aliases[0], by_alias);
    }
    return true;
}

static size_t bucket_of(const struct persons *persons, int64_t psa)
{
    return (size_t)psa >> (63 - persons->directory_bits); /* numbers have 63 bits */
}

static bool index_seats(struct persons *persons, struct error *err)
{
    for (persons->directory_bits = 1; persons->directory_bits < 28 && persons->seat_count >> persons->directory_bits > 2;) {
        persons->directory_bits++;
    }
    size_t buckets = (size_t)1 << persons->directory_bits, at = 0;
    persons->directory = bulk_allocate(buckets + 1, sizeof persons->directory[0]);
    if (!persons->directory) {
        return FAIL(err, LIMIT, "no memory for %zu persons", persons->seat_count);
    }
    for (size_t bucket = 0; bucket <= buckets; bucket++) {
        while (at < persons->seat_count && bucket_of(persons, persons->seats[at].psa) < bucket) {
            at++;
        }
        persons->directory[bucket] = (uint32_t)at;
    }
    return true;
}

static bool make_seats(struct persons *persons, struct error *err)
{
    struct links *links = &persons->links;
    persons->seats = bulk_allocate(links->count + 1, sizeof persons->seats[0]);
    if (!persons->seats) {
        return FAIL(err, LIMIT, "no memory for %zu persons", links->count);
    }
    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = &links->items[i];
        bool is_somebody = link->person != NOBODY;
        persons->seats[persons->seat_count++] = (struct seat){link->psa, is_somebody ? persons->items[link->person].subject : link->psa,
                                                              link->person, link->rank, link->outcome};
    }
    links_finish(links);
    return index_seats(persons, err);
}

bool persons_read(struct persons **out_persons, struct run *run, struct error *err)
{
    CLEANUP(persons) struct persons *persons = calloc(1, sizeof *persons);
    if (!persons) {
        return FAIL(err, INTERNAL, "out of memory");
    }
    persons->links.maximum = (size_t)settings_get(&run->settings, SETTING_SNDS_PERSONS_MAX);
    struct persons_reader reader = {run, persons};
    TRY(rows_each(run, SNDS_IR_BEN_R, take_row, &reader, err));
    struct links *links = &persons->links;
    if (links->count > 0) {
        qsort(links->items, links->count, sizeof links->items[0], by_psa);
        resolve_all(run, links);
        qsort(links->items, links->count, sizeof links->items[0], by_subject);
    }
    TRY(number_persons(run, persons, err));
    if (links->count > 0) {
        qsort(links->items, links->count, sizeof links->items[0], by_psa);
    }
    TRY(index_aliases(persons, err));
    TRY(make_seats(persons, err));
    *out_persons = persons;
    persons = NULL;
    return true;
}

void persons_destroy(struct persons *persons)
{
    links_finish(&persons->links);
    free(persons->seats);
    free(persons->directory);
    free(persons->items);
    free(persons->aliases);
    free(persons);
}

/* ---- looking somebody up ---- */

static struct owner owner_of(const struct seat *seat)
{
    return (struct owner){seat->owner, (enum record_outcome)seat->outcome, seat->person};
}

static size_t first_of(const struct persons *persons, int64_t psa, size_t *out_end)
{
    size_t bucket = bucket_of(persons, psa), at = persons->directory[bucket];
    *out_end = persons->directory[bucket + 1];
    while (at < *out_end && persons->seats[at].psa != psa) {
        at++;
    }
    return at;
}

struct owner persons_of(const struct run *run, struct text psa, struct text rank)
{
    const struct persons *persons = run->persons;
    int64_t number = record_number(run->options->numbers, "BEN_NIR_PSA", psa);
    int16_t wanted = rank_of(rank);
    size_t end = 0;
    for (size_t at = first_of(persons, number, &end); at < end && persons->seats[at].psa == number; at++) {
        if (persons->seats[at].rank == wanted) {
            return owner_of(&persons->seats[at]);
        }
    }
    return (struct owner){number, OUTCOME_NO_SUBJECT, NOBODY};
}

struct owner persons_of_psa(const struct run *run, struct text psa)
{
    const struct persons *persons = run->persons;
    int64_t number = record_number(run->options->numbers, "BEN_NIR_PSA", psa);
    struct owner found = {number, OUTCOME_NO_SUBJECT, NOBODY};
    size_t end = 0, first = first_of(persons, number, &end);
    for (size_t at = first; at < end && persons->seats[at].psa == number; at++) {
        struct owner owner = owner_of(&persons->seats[at]);
        if (at > first && (owner.person != found.person || owner.outcome != found.outcome)) {
            return (struct owner){number, OUTCOME_AMBIGUOUS_PERSON, NOBODY};
        }
        found = owner;
    }
    return found;
}

struct owner persons_of_key(const struct run *run, struct text ano, struct text idt)
{
    const struct persons *persons = run->persons;
    struct text key = ano.length > 0 ? ano : idt;
    int64_t alias = record_number(run->options->numbers, "BEN_IDT_ANO", key);
    size_t low = 0, high = persons->alias_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (persons->aliases[middle].alias < alias) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    struct owner found = {alias, OUTCOME_NO_SUBJECT, NOBODY};
    for (; key.length > 0 && low < persons->alias_count && persons->aliases[low].alias == alias; low++) {
        uint32_t person = persons->aliases[low].person;
        if (found.person != NOBODY && found.person != person) {
            return (struct owner){alias, OUTCOME_AMBIGUOUS_PERSON, NOBODY};
        }
        found = (struct owner){persons->items[person].subject, OUTCOME_TAKEN, person};
    }
    return found;
}
