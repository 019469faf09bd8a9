/* SPDX-License-Identifier: EUPL-1.2 */
/* collapse: per person, sort by start and merge where no gap is left after padding. The result's end is a real end, never one with the
 * pad; rows are not merged again after the censor window [8]. */
#include "research/evaluate/collapse.h"
#include "research/evaluate/criterion_rows.h"
#include <stdlib.h>

struct interval {
    int32_t start;
    int64_t end; /* with the pad */
};

static int interval_compare(const void *a, const void *b)
{
    const struct interval *x = a, *y = b;
    int order = (x->start > y->start) - (x->start < y->start);
    return order ? order : (x->end > y->end) - (x->end < y->end);
}

static size_t intervals_merge(struct interval *intervals, size_t count)
{
    size_t merged = 0;
    bool is_sorted = true;
    for (size_t i = 1; i < count; i++) {
        is_sorted &= intervals[i - 1].start <= intervals[i].start;
    }
    if (!is_sorted) {
        qsort(intervals, count, sizeof *intervals, interval_compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (merged > 0 && intervals[i].start <= intervals[merged - 1].end) {
            intervals[merged - 1].end = intervals[i].end > intervals[merged - 1].end ? intervals[i].end : intervals[merged - 1].end;
        } else {
            intervals[merged++] = intervals[i];
        }
    }
    return merged;
}

/* circe: CensorWindow. False when nothing of the row is left. */
static bool row_censor(const struct cohort_program *program, struct cohort_row *row)
{
    if (program->has_censor_start && row->start < program->censor_start.number) {
        row->start = program->censor_start.number;
    }
    if (program->has_censor_end && row->end > program->censor_end.number) {
        row->end = program->censor_end.number;
    }
    return row->start <= row->end || (!program->has_censor_start && !program->has_censor_end);
}

static bool person_append(struct segment_run *run, uint32_t person, struct interval *intervals, size_t count, struct segment_result *result,
                          struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    size_t merged = intervals_merge(intervals, count);
    uint64_t kept = 0;
    for (size_t i = 0; i < merged; i++) {
        int64_t end = intervals[i].end - program->era_pad;
        struct cohort_row row = {person, intervals[i].start, (int32_t)(end > INT32_MAX ? INT32_MAX : end)};
        if (row_censor(program, &row)) {
            kept++;
            if (run->options->wants_rows) {
                TRY(cohort_row_list_append(&result->rows, row, err));
            }
        }
    }
    result->cohort.events += kept;
    result->cohort.persons += kept > 0;
    result->censored_persons += merged > 0 && kept == 0;
    return true;
}

bool collapse_events(struct segment_run *run, const struct event_table *events, const int32_t *exits, struct segment_result *result,
                     struct error *err)
{
    struct arena_mark mark = arena_mark_take(run->scratch);
    struct interval *intervals = arena_allocate_raw(run->scratch, events->count + 1, sizeof *intervals);
    result->rows.maximum = SIZE_MAX / sizeof(struct cohort_row);
    for (size_t first = 0; first < events->count;) {
        size_t end = first, count = 0;
        for (; end < events->count && events->persons[end] == events->persons[first]; end++) {
            if (exits[end] != STORE_NO_DAY) {
                intervals[count++] = (struct interval){events->starts[end], (int64_t)exits[end] + run->plan->program->era_pad};
            }
        }
        if (count > 0) {
            TRY(person_append(run, events->persons[first], intervals, count, result, err));
        }
        first = end;
    }
    arena_mark_release(run->scratch, mark);
    return true;
}
