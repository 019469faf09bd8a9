/* SPDX-License-Identifier: EUPL-1.2 */
/* prevalence: who has an outcome of those that could have, on a day of each interval or in each interval, as IncidencePrevalence 1.2.1
 * (estimatePointPrevalence, estimatePeriodPrevalence) counts it. An outcome counts on days on which its person contributes. */
#pragma once
#include "research/study/study_interval.h"
#include "research/study/study_limits.h"

enum study_time_point { STUDY_AT_START, STUDY_AT_MIDDLE, STUDY_AT_END };
struct study_prevalence_request {
    enum study_interval interval;
    bool is_point;
    enum study_time_point time_point;   /* is_point */
    bool is_complete;                   /* only intervals that lie whole in the denominator's time */
    bool is_full;                       /* period: only who contributes the whole interval */
    bool is_by_record;                  /* period: entries of the denominator, not persons */
    const struct study_entry *outcomes; /* sorted, one cohort */
    size_t outcome_count;
};
struct study_prevalence_cell {
    struct study_span span;
    uint64_t numerator, denominator;
    double value;               /* to 5 decimals, as the limits; NaN where the denominator is 0 */
    struct study_limits limits; /* Wilson, 95 % */
};
/* The days to look at, found from the whole denominator, before it is parted into strata. In `result`. */
MUST_CHECK bool study_prevalence_days(const struct study_entry *denominator, size_t count, const struct study_prevalence_request *request,
                                      struct arena *result, const struct study_span **out_spans, size_t *out_count, struct error *err);
/* Denominator sorted, one cohort. A cell for each of the spans, also where nobody contributes. In `result`. */
void study_prevalence(const struct study_entry *denominator, size_t count, const struct study_prevalence_request *request,
                      const struct study_span *spans, size_t span_count, struct arena *result,
                      const struct study_prevalence_cell **out_cells);
/* Fills value and limits. */
void study_prevalence_finish(struct study_prevalence_cell *cell);
