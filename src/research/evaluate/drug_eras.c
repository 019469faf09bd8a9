/* SPDX-License-Identifier: EUPL-1.2 */
/* drug_eras: padded exposures merged into eras, person by person. The offset widens the merging gap, too: a quirk that is kept [7]. */
#include "research/evaluate/drug_eras.h"
#include "research/evaluate/criterion_rows.h"
#include <stdlib.h>

struct span {
    int32_t start, end;
};

static int span_compare(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    int order = (x->start > y->start) - (x->start < y->start);
    return order ? order : (x->end > y->end) - (x->end < y->end);
}

/* Exposures whose drug (or whose source drug) is in the set, with their ends. */
static bool exposures_find(struct segment_run *run, int field, struct event_list *out_list, struct error *err)
{
    const struct cohort_exit *exit_rule = &run->plan->program->exit;
    const struct cohort_criterion ends = {.table = OMOP_TABLE_DRUG_EXPOSURE, .end_rule = COHORT_END_OR_SUPPLY};
    struct concept_ids members = run->plan->program->concept_sets[exit_rule->drug_set].members;
    unsigned needs = exit_rule->has_supply_override ? 0 : NEED_ENDS | NEED_ROWS;
    TRY(concept_rows_find(run, OMOP_TABLE_DRUG_EXPOSURE, field, members, needs, run->scratch, out_list, err));
    return criterion_dates_compute(run, &ends, needs, run->scratch, out_list, err);
}

static size_t spans_take(const struct cohort_exit *exit_rule, const struct event_list *list, const struct person_run *run,
                         struct span *spans, size_t count)
{
    for (size_t i = run->first; i < run->end; i++) {
        int32_t start = list->starts[i];
        int32_t end = exit_rule->has_supply_override ? day_add(start, exit_rule->supply_override) : list->ends[i];
        if (start != STORE_NO_DAY) {
            spans[count++] = (struct span){start, day_add(end, (int64_t)exit_rule->gap_days + exit_rule->offset)};
        }
    }
    return count;
}

/* Merges padded exposures in place: next start <= running maximum of the padded ends. */
static size_t spans_merge(const struct cohort_exit *exit_rule, struct span *spans, size_t count)
{
    size_t eras = 0;
    qsort(spans, count, sizeof *spans, span_compare);
    for (size_t i = 0; i < count; i++) {
        if (eras > 0 && spans[i].start <= spans[eras - 1].end) {
            spans[eras - 1].end = spans[i].end > spans[eras - 1].end ? spans[i].end : spans[eras - 1].end;
        } else {
            spans[eras++] = spans[i];
        }
    }
    for (size_t i = 0; i < eras; i++) {
        spans[i].end = day_add(spans[i].end, -(int64_t)exit_rule->gap_days);
    }
    return eras;
}

static int32_t era_end_at(const struct span *eras, size_t count, int32_t start)
{
    int32_t found = STORE_NO_DAY;
    for (size_t i = 0; i < count && eras[i].start <= start; i++) {
        if (eras[i].end >= start && (found == STORE_NO_DAY || eras[i].end < found)) {
            found = eras[i].end;
        }
    }
    return found;
}

bool drug_era_ends(struct segment_run *run, const struct event_table *events, int32_t *candidates, struct error *err)
{
    const struct cohort_exit *exit_rule = &run->plan->program->exit;
    struct event_list lists[2];
    TRY(exposures_find(run, omop_table(OMOP_TABLE_DRUG_EXPOSURE)->concept_field, &lists[0], err));
    TRY(exposures_find(run, omop_table(OMOP_TABLE_DRUG_EXPOSURE)->source_concept_field, &lists[1], err));
    struct span *spans = arena_allocate_raw(run->scratch, lists[0].count + lists[1].count + 1, sizeof *spans);
    struct person_run runs[2] = {{0, 0}, {0, 0}};
    size_t eras = 0;
    for (size_t i = 0; i < events->count; i++) {
        if (i == 0 || events->persons[i] != events->persons[i - 1]) {
            size_t count = 0;
            for (int k = 0; k < 2; k++) {
                person_run_move(&runs[k], &lists[k], events->persons[i]);
                count = spans_take(exit_rule, &lists[k], &runs[k], spans, count);
            }
            eras = count ? spans_merge(exit_rule, spans, count) : 0;
        }
        candidates[i] = era_end_at(spans, eras, events->starts[i]);
    }
    return true;
}
