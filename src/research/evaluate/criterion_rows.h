/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_rows: the first steps of a criterion: finding its rows by concept, and their dates [3]. */
#pragma once
#include "research/evaluate/segment_run.h"

/* Rows in both concept sets (step 1), of the persons who can still matter, with the starts and ends of the store and no others; in `arena`.
 * needs: enum plan_need. */
MUST_CHECK bool criterion_rows_find(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                                    struct event_list *out_list, struct error *err);
/* Rows of one concept field alone. */
MUST_CHECK bool concept_rows_find(struct segment_run *run, int table, int field, struct concept_ids concepts, unsigned needs,
                                  struct arena *arena, struct event_list *out_list, struct error *err);
/* The same in any order: cheaper by the merging of concepts. Persons and starts only. */
MUST_CHECK bool concept_rows_find_loose(struct segment_run *run, int table, int field, struct concept_ids concepts, struct arena *arena,
                                        struct event_list *out_list, struct error *err);
/* The end of each row by the criterion's rule, then the date adjustment (step 3). Ends are there when needs has NEED_ENDS. */
MUST_CHECK bool criterion_dates_compute(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs,
                                        struct arena *arena, struct event_list *list, struct error *err);
/* start + days, never beyond what a day can hold; NULL stays NULL. */
static inline int32_t day_add(int32_t day_number, int64_t days)
{
    int64_t sum = (int64_t)day_number + days;
    int64_t low = (int64_t)STORE_NO_DAY + 1, high = INT32_MAX;
    int64_t held = sum < low ? low : sum > high ? high : sum;
    return day_number == STORE_NO_DAY ? STORE_NO_DAY : (int32_t)held;
}
