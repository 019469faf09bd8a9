/* SPDX-License-Identifier: EUPL-1.2 */
/* correlated: three ways to the same number. Where only starts are tested: by dense arrays over persons when each has one event at most,
 * for which the rows need no order; else by searches in the person's rows. Otherwise row by row within the person. */
#include "research/evaluate/correlated.h"
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/match_window.h"
#include "research/evaluate/row_values.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct matching {
    struct segment_run *run;
    const struct cohort_correlated *item;
    struct match_window window;
    const struct event_table *table;
    const struct event_list *list; /* A */
    const uint8_t *open;           /* by key */
    const int64_t *visits;         /* of A, when the visit is restricted */
    uint64_t enough;               /* counting may stop here: more rows change nothing */
};

static bool row_is_open(const struct matching *matching, size_t i)
{
    return matching->table->key_offsets || matching->open[i];
}

/* ---- starts only, one event a person: a slot for each, and one pass over A ---- */
/* Slots are small, so that those of a segment stay near the processor; more events than they can tell apart are taken in parts. */
enum { SLOT_EVENTS_MAX = UINT16_MAX };

/* Slot 0 is for persons without an open event: nothing lies in it. */
static void count_dense_part(const struct matching *matching, size_t first, size_t count, uint32_t *counts)
{
    const struct event_table *table = matching->table;
    const struct event_list *list = matching->list;
    struct arena *scratch = matching->run->scratch;
    const uint32_t *persons = table->persons + first;
    uint16_t *slots = matching->run->slots;
    int32_t *low = arena_allocate_raw(scratch, count + 1, sizeof *low);
    int32_t *high = arena_allocate_raw(scratch, count + 1, sizeof *high);
    uint32_t *by_slot = ARENA_ARRAY(scratch, uint32_t, count + 1);
    low[0] = INT32_MAX;
    high[0] = INT32_MIN;
    match_window_starts(&matching->window, table, first, count, low + 1, high + 1);
    for (size_t i = 0; i < count; i++) {
        slots[persons[i]] = row_is_open(matching, first + i) ? (uint16_t)(i + 1) : 0;
    }
    for (size_t i = 0; i < list->count; i++) {
        uint32_t slot = slots[list->persons[i]];
        if ((list->starts[i] >= low[slot]) & (list->starts[i] <= high[slot])) {
            by_slot[slot]++; /* few are: an addition of 0 would make each event wait for the one before */
        }
    }
    for (size_t i = 0; i < count; i++) {
        counts[first + i] = by_slot[i + 1];
        slots[persons[i]] = 0;
    }
}

static void count_dense(const struct matching *matching, uint32_t *counts)
{
    for (size_t first = 0; first < matching->table->count; first += SLOT_EVENTS_MAX) {
        size_t rest = matching->table->count - first;
        count_dense_part(matching, first, rest < SLOT_EVENTS_MAX ? rest : SLOT_EVENTS_MAX, counts);
    }
}

/* ---- starts only: searches in the person's run ---- */
static void count_sorted(const struct matching *matching, uint32_t *counts)
{
    const struct event_table *table = matching->table;
    const struct event_list *list = matching->list;
    struct person_run run = {0, 0};
    for (size_t i = 0; i < table->count; i++) {
        struct day_interval starts, ends;
        counts[i] = 0;
        if (!row_is_open(matching, i)) {
            continue;
        }
        person_run_move(&run, list, table->persons[i]);
        match_window_at(&matching->window, table, i, &starts, &ends);
        if (run.first == run.end || starts.low > starts.high) {
            continue;
        }
        size_t first = starts_seek(list->starts, run.first, run.end, starts.low);
        if (matching->enough == 1) {
            counts[i] = first < run.end && list->starts[first] <= starts.high;
        } else {
            counts[i] =
                (uint32_t)(starts_seek(list->starts, first, run.end, starts.high == INT64_MAX ? INT64_MAX : starts.high + 1) - first);
        }
    }
}

/* ---- any conditions: row by row ---- */
struct matched_rows {
    size_t first, end;
    struct day_interval starts, ends;
    int64_t visit;
};

static bool row_matches(const struct matching *matching, const struct matched_rows *rows, size_t a)
{
    const struct event_list *list = matching->list;
    if (list->starts[a] < rows->starts.low || list->starts[a] > rows->starts.high) {
        return false;
    }
    if (matching->window.tests_end && (list->ends[a] < rows->ends.low || list->ends[a] > rows->ends.high)) {
        return false;
    }
    return !matching->visits || (matching->visits[a] != NO_VISIT && matching->visits[a] == rows->visit);
}

static void rows_prepare(const struct matching *matching, const struct person_run *run, size_t i, struct matched_rows *rows)
{
    const struct event_list *list = matching->list;
    *rows = (struct matched_rows){.first = run->first, .end = run->end, .visit = NO_VISIT};
    match_window_at(&matching->window, matching->table, i, &rows->starts, &rows->ends);
    if (rows->starts.low > rows->starts.high || rows->ends.low > rows->ends.high) {
        rows->end = rows->first;
    } else if (list->is_ascending) {
        rows->first = starts_seek(list->starts, run->first, run->end, rows->starts.low);
    }
    if (matching->visits) {
        rows->visit = matching->table->visits[i];
    }
}

static void count_rows(const struct matching *matching, uint32_t *counts)
{
    const struct event_table *table = matching->table;
    const struct event_list *list = matching->list;
    struct person_run run = {0, 0};
    for (size_t i = 0; i < table->count; i++) {
        struct matched_rows rows;
        counts[i] = 0;
        if (!row_is_open(matching, i)) {
            continue;
        }
        person_run_move(&run, list, table->persons[i]);
        rows_prepare(matching, &run, i, &rows);
        for (size_t a = rows.first; a < rows.end && counts[i] < matching->enough; a++) {
            if (list->is_ascending && list->starts[a] > rows.starts.high) {
                break;
            }
            counts[i] += row_matches(matching, &rows, a);
        }
    }
}

/* ---- does the number pass [5.2] ---- */
static bool number_passes(const struct cohort_correlated *item, uint64_t matches, uint64_t number)
{
    if (matches == 0 && !item->takes_absent) {
        return false;
    }
    int64_t n = (int64_t)number;
    switch (item->count) {
    case COHORT_COUNT_EXACTLY:
        return n == item->number;
    case COHORT_COUNT_AT_MOST:
        return n <= item->number;
    case COHORT_COUNT_AT_LEAST:
        return n >= item->number;
    }
    return false;
}

/* Where keys have several rows: one required sums the matches of the rows; the form that takes absent events joins rows twice. */
static void counts_decide(const struct matching *matching, const uint32_t *counts, uint8_t *passes)
{
    const struct event_table *table = matching->table;
    if (!table->key_offsets) {
        for (size_t key = 0; key < table->key_count; key++) {
            passes[key] = matching->open[key] && number_passes(matching->item, counts[key], counts[key]);
        }
        return;
    }
    for (size_t key = 0; key < table->key_count; key++) {
        uint64_t sum = 0;
        for (size_t i = table->key_offsets[key]; i < table->key_offsets[key + 1]; i++) {
            sum += counts[i];
        }
        uint64_t rows = table->key_offsets[key + 1] - table->key_offsets[key];
        passes[key] = matching->open[key] && number_passes(matching->item, sum, matching->item->takes_absent ? sum * rows : sum);
    }
}

/* The number of rows from which on nothing changes. */
static uint64_t enough_of(const struct cohort_correlated *item, const struct event_table *table)
{
    int64_t enough = item->count == COHORT_COUNT_AT_LEAST ? item->number : item->number + 1;
    bool is_counted_in_full = table->key_offsets != NULL || item->number < 0 || item->number >= INT32_MAX;
    return is_counted_in_full ? UINT64_MAX : enough < 1 ? 1 : (uint64_t)enough;
}

/* Rows in any order will do where each event is asked for by its person alone. */
static bool loose_evaluate(struct matching *matching, uint8_t *passes, bool *out_done, struct error *err)
{
    const struct cohort_correlated *item = matching->item;
    *out_done = false;
    if (!matching->table->one_per_person || matching->window.tests_end || item->restricts_to_visit || item->is_distinct) {
        return true;
    }
    TRY(criterion_list_find_loose(matching->run, item->criterion, &matching->list, err));
    if (matching->list) {
        uint32_t *counts = arena_allocate_raw(matching->run->scratch, matching->table->count + 1, sizeof *counts);
        count_dense(matching, counts);
        counts_decide(matching, counts, passes);
        *out_done = true;
    }
    return true;
}

static void plain_evaluate(const struct matching *matching, uint8_t *passes)
{
    const struct event_table *table = matching->table;
    const struct event_list *list = matching->list;
    uint32_t *counts = arena_allocate_raw(matching->run->scratch, table->count + 1, sizeof *counts);
    bool starts_only = !matching->window.tests_end && !matching->visits;
    if (starts_only && table->one_per_person && table->count > list->count / 8) {
        count_dense(matching, counts);
    } else if (starts_only && list->is_ascending) {
        count_sorted(matching, counts);
    } else {
        count_rows(matching, counts);
    }
    counts_decide(matching, counts, passes);
}

/* ---- distinct values ---- */
static int value_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Values as integers that are equal when the values are; numbers by their thousandths or, beyond those, their bits. */
static const int64_t *values_as_keys(const struct row_values *values, size_t count, struct arena *scratch)
{
    if (values->integers) {
        return values->integers;
    }
    int64_t *keys = arena_allocate_raw(scratch, count + 1, sizeof *keys);
    for (size_t i = 0; i < count; i++) {
        double number = values->numbers[i] + 0.0; /* -0 becomes 0 */
        memcpy(&keys[i], &number, sizeof number);
    }
    return keys;
}

static size_t distinct_count(int64_t *values, size_t count)
{
    size_t distinct = 0;
    if (count > 1) {
        qsort(values, count, sizeof *values, value_compare);
    }
    for (size_t i = 0; i < count; i++) {
        distinct += i == 0 || values[i] != values[i - 1];
    }
    return distinct;
}

static bool distinct_evaluate(const struct matching *matching, uint8_t *passes, struct error *err)
{
    struct arena *scratch = matching->run->scratch;
    const struct event_table *table = matching->table;
    const struct event_list *list = matching->list;
    struct row_values values;
    TRY(row_values_read(matching->run, list, matching->item->distinct, scratch, &values, err));
    const int64_t *keys = values_as_keys(&values, list->count, scratch);
    struct person_run run = {0, 0};
    for (size_t key = 0; key < table->key_count; key++) {
        size_t row_end = table->key_offsets ? table->key_offsets[key + 1] : key + 1;
        size_t row = table->key_offsets ? table->key_offsets[key] : key;
        struct arena_mark mark = arena_mark_take(scratch);
        uint64_t matches = 0;
        size_t found = 0;
        passes[key] = 0;
        if (!matching->open[key]) {
            continue;
        }
        person_run_move(&run, list, table->persons[row]);
        int64_t *seen = arena_allocate_raw(scratch, (run.end - run.first) * (row_end - row) + 1, sizeof *seen);
        for (; row < row_end; row++) {
            struct matched_rows rows;
            rows_prepare(matching, &run, row, &rows);
            for (size_t a = rows.first; a < rows.end; a++) {
                bool is_match = row_matches(matching, &rows, a);
                matches += is_match;
                seen[found] = keys[a];
                found += is_match && (!values.known || values.known[a]);
            }
        }
        passes[key] = number_passes(matching->item, matches, distinct_count(seen, found));
        arena_mark_release(scratch, mark);
    }
    return true;
}

/* ---- together ---- */
static bool ordered_evaluate(struct matching *matching, uint8_t *passes, struct error *err)
{
    if (matching->item->restricts_to_visit) {
        TRY(row_visits_read(matching->run, matching->list, matching->run->scratch, &matching->visits, err));
    }
    if (matching->item->is_distinct) {
        return distinct_evaluate(matching, passes, err);
    }
    plain_evaluate(matching, passes);
    return true;
}

bool correlated_evaluate(struct segment_run *run, const struct cohort_correlated *item, const struct event_table *table,
                         const uint8_t *open, uint8_t *passes, struct error *err)
{
    struct matching matching = {.run = run, .item = item, .table = table, .open = open};
    matching.window = match_window_of(item);
    matching.enough = enough_of(item, table);
    struct arena_mark mark = arena_mark_take(run->scratch);
    bool is_done;
    TRY(loose_evaluate(&matching, passes, &is_done, err));
    if (!is_done) {
        TRY(criterion_list_find(run, item->criterion, &matching.list, err));
        TRY(ordered_evaluate(&matching, passes, err));
    }
    arena_mark_release(run->scratch, mark);
    return true;
}
