/* SPDX-License-Identifier: EUPL-1.2 */
/* stays: reading a part of the PMSI in passes, each with the stays of one range of numbers, as many as memory holds. */
#include "intake/snds/stays.h"
#include "base/bulk.h"
#include <stdlib.h>
#include <string.h>

/* Memory of one item, with its share of the index and of sorting. */
enum { STAY_BYTES = sizeof(struct stay) + 8 + 32, EVENT_BYTES = 3 * sizeof(struct stay_event) };

struct stay_reading {
    struct stays *stays;
    const struct stay_table *table;
    stay_person *person;
};

/* ---- the index ---- */

static size_t slot_of(const struct stays *stays, int64_t number)
{
    size_t slot = (size_t)number & (stays->slot_count - 1);
    while (stays->slots[slot] && stays->items[stays->slots[slot] - 1].number != number) {
        slot = (slot + 1) & (stays->slot_count - 1);
    }
    return slot;
}

static void make_index(struct stays *stays)
{
    memset(stays->slots, 0, stays->slot_count * sizeof stays->slots[0]);
    for (size_t i = 0; i < stays->count; i++) {
        stays->slots[slot_of(stays, stays->items[i].number)] = (uint32_t)(i + 1);
    }
}

/* Halves the span and drops what is not in it any more. */
static bool shrink(struct stays *stays, struct error *err)
{
    struct span *span = &stays->span;
    if (span->low == span->high) {
        FAIL(err, LIMIT, "one stay has more rows than fit into memory");
        return error_hint(err, "raise snds_memory_bytes in the settings");
    }
    span->high = span->low + (span->high - span->low) / 2;
    size_t kept = 0;
    for (size_t i = 0; i < stays->count; i++) {
        if (span_has(span, stays->items[i].number)) {
            stays->items[kept++] = stays->items[i];
        }
    }
    stays->count = kept;
    kept = 0;
    for (size_t i = 0; i < stays->event_count; i++) {
        if (span_has(span, stays->events[i].stay)) {
            stays->events[kept++] = stays->events[i];
        }
    }
    stays->event_count = kept;
    make_index(stays);
    return true;
}

/* Within a year: ETA_NUM and RSA_NUM (or SEQ_NUM) are text in one table and numbers in the next. */
static int64_t number_of(const struct stay_reading *reading, const struct rows *rows)
{
    struct joined key = {0};
    joined_add_number(&key, rows->file->year);
    joined_add(&key, rows_code(rows, reading->table->hospital));
    joined_add(&key, rows_code(rows, reading->table->number));
    return joined_number(&key, reading->stays->run, reading->stays->is_outpatient ? "T_MCO_ACE" : "T_MCO");
}

/* ---- rows ---- */

void stay_outcome(uint8_t *outcome, enum record_outcome other)
{
    if (*outcome == OUTCOME_TAKEN) {
        *outcome = (uint8_t)other;
    }
}

void stay_describe(struct rows *rows, struct stay *stay, const struct stay_columns *columns, bool is_outpatient)
{
    day start, end;
    struct text psa = rows_plain(rows, columns->person);
    bool has_start = rows_day(rows, columns->start, &start) || rows_day(rows, columns->other_start, &start);
    bool has_end = rows_day(rows, columns->end, &end) || rows_day(rows, columns->other_end, &end);
    stay->start = has_start ? start.number : INT32_MIN;
    stay->end = has_start && has_end && end.number >= start.number ? end.number : INT32_MIN;
    int year = rows->file->year ? rows->file->year : has_end ? day_year(end) : has_start ? day_year(start) : 0;
    if (value_finess_pmsi(rows_plain(rows, columns->hospital), stay->care_site) &&
        value_finess_is_double(stay->care_site, year, is_outpatient)) {
        stay_outcome(&stay->outcome, OUTCOME_DOUBLE_FINESS);
    }
    struct owner owner = {0, OUTCOME_FICTIVE_PERSON, UINT32_MAX};
    if (!value_person_is_junk(psa)) {
        owner = persons_of_psa(rows->run, psa);
    }
    stay->owner = owner.owner;
    stay->person = owner.person;
    stay_outcome(&stay->outcome, owner.outcome);
    stay_outcome(&stay->outcome, has_start ? OUTCOME_TAKEN : OUTCOME_NO_DATE);
}

static void covers_year(const struct rows *rows)
{
    day first, last;
    int year = rows->file->year;
    if (year && day_from_civil(year, 1, 1, &first) && day_from_civil(year, 12, 31, &last)) {
        run_covers(rows->run, first, last);
    }
}

static bool take_stay(void *context, struct rows *rows, struct error *err)
{
    struct stay_reading *reading = context;
    struct stays *stays = reading->stays;
    if (stays->is_first) {
        tally_seen(stays->run->tally, snds_table_shown(reading->table->table), 1);
        covers_year(rows);
    }
    struct stay stay = {.number = number_of(reading, rows), .outcome = OUTCOME_TAKEN};
    while (stays->count == stays->maximum && span_has(&stays->span, stay.number)) {
        TRY(shrink(stays, err));
    }
    if (!span_has(&stays->span, stay.number)) {
        return true;
    }
    size_t slot = slot_of(stays, stay.number);
    if (stays->slots[slot]) {
        stays->items[stays->slots[slot] - 1].copies++;
        return true;
    }
    reading->person(rows, &stay);
    stays->items[stays->count++] = stay;
    stays->slots[slot] = (uint32_t)stays->count;
    return true;
}

static bool take_event(void *context, struct rows *rows, struct error *err)
{
    struct stay_reading *reading = context;
    struct stays *stays = reading->stays;
    enum snds_table table = reading->table->table;
    if (stays->is_first) {
        stays->seen[table]++;
        tally_seen(stays->run->tally, snds_table_shown(table), 1);
    }
    int64_t number = number_of(reading, rows);
    while (stays->event_count + 1 + STAY_FURTHER > stays->event_max && span_has(&stays->span, number)) {
        TRY(shrink(stays, err));
    }
    if (!span_has(&stays->span, number) || !stays->slots[slot_of(stays, number)]) {
        return true;
    }
    struct stay *stay = &stays->items[stays->slots[slot_of(stays, number)] - 1];
    struct stay_event event = {
        .stay = number, .table = (uint8_t)table, .kind = STAY_CONTEXT, .outcome = OUTCOME_TAKEN, .is_row = true, .quantity = 1};
    reading->table->fill(rows, stay, &event);
    stays->events[stays->event_count++] = event;
    const struct stay_event empty = {.stay = number, .table = (uint8_t)table, .outcome = OUTCOME_TAKEN, .quantity = 1};
    struct stay_event further[STAY_FURTHER] = {empty, empty};
    size_t count = reading->table->further && event.outcome == OUTCOME_TAKEN ? reading->table->further(rows, further) : 0;
    for (size_t i = 0; i < count; i++) {
        stays->events[stays->event_count++] = further[i];
    }
    return true;
}

/* ---- passes ---- */

static bool allocate(struct stays *stays, struct error *err)
{
    size_t memory = run_memory(stays->run);
    stays->maximum = memory / 3 / STAY_BYTES < UINT32_MAX / 4 ? memory / 3 / STAY_BYTES : UINT32_MAX / 4;
    stays->event_max = memory / 3 * 2 / EVENT_BYTES < UINT32_MAX / 4 ? memory / 3 * 2 / EVENT_BYTES : UINT32_MAX / 4;
    for (stays->slot_count = 1; stays->slot_count < stays->maximum * 3 / 2;) {
        stays->slot_count *= 2;
    }
    stays->items = bulk_allocate(stays->maximum, sizeof stays->items[0]);
    stays->events = bulk_allocate(stays->event_max, sizeof stays->events[0]);
    stays->slots = bulk_allocate(stays->slot_count, sizeof stays->slots[0]);
    if (!stays->items || !stays->events || !stays->slots) {
        return FAIL(err, LIMIT, "no memory for a pass over the stays (snds_memory_bytes)");
    }
    return true;
}

static void stays_value_cleanup(struct stays *stays)
{
    free(stays->items);
    free(stays->events);
    free(stays->slots);
}

static bool pass(struct stays *stays, const struct stay_table *people, stay_person *person, const struct stay_table *tables,
                 size_t table_count, struct error *err)
{
    struct stay_reading reading = {stays, people, person};
    stays->count = stays->event_count = 0;
    memset(stays->slots, 0, stays->slot_count * sizeof stays->slots[0]);
    TRY(rows_each(stays->run, people->table, take_stay, &reading, err));
    for (size_t i = 0; i < table_count; i++) {
        reading.table = &tables[i];
        TRY(rows_each(stays->run, tables[i].table, take_event, &reading, err));
    }
    return stays->run->has_fault || stays_give(stays, err);
}

bool stays_read(struct run *run, bool is_outpatient, const struct stay_table *people, stay_person *person, const struct stay_table *tables,
                size_t table_count, struct error *err)
{
    CLEANUP(stays_value) struct stays stays = {.run = run, .is_outpatient = is_outpatient, .people = people->table, .is_first = true};
    TRY(allocate(&stays, err));
    for (stays.span = (struct span){0, INT64_MAX};; stays.is_first = false) {
        TRY(pass(&stays, people, person, tables, table_count, err));
        if (run->has_fault || stays.span.high == INT64_MAX) {
            break;
        }
        bool is_stays = stays.count * stays.event_max >= stays.event_count * stays.maximum; /* which was fuller */
        stays.span =
            is_stays ? span_next(&stays.span, stays.count, stays.maximum) : span_next(&stays.span, stays.event_count, stays.event_max);
    }
    for (size_t i = 0; i < table_count; i++) {
        enum snds_table table = tables[i].table;
        if (stays.seen[table] > stays.joined[table]) {
            tally_count(run->tally, snds_table_shown(table), OUTCOME_REFERENCE, stays.seen[table] - stays.joined[table]);
        }
    }
    return true;
}
