/* SPDX-License-Identifier: EUPL-1.2 */
/* denominator: who could be counted, and when, as IncidencePrevalence 1.2.1 defines it (generateDenominatorCohortSet,
 * generateTargetDenominatorCohortSet). A request gives one denominator for each of its combinations, a spec.
 *
 * A person is in it from the latest of study start, start of the observation period + prior days and the day on which the age is reached,
 * to the earliest of study end, end of the period and the last day of the age; one entry a period, or a target entry. Who has no year of
 * birth, or no sex, is in none. */
#pragma once
#include "research/study/study.h"

struct study_age_band {
    int from, to; /* completed years, both included */
};
struct study_denominator_spec {
    struct study_age_band age;
    enum study_sex sex;
    int32_t prior_days;
    struct study_span at_risk; /* days from the target entry; {0, STUDY_FOREVER} without a target */
};
struct study_denominator_request {
    struct study_span study; /* first STUDY_NO_DAY, last STUDY_FOREVER: open */
    const struct study_age_band *ages;
    const enum study_sex *sexes;
    const int32_t *prior_days;
    const struct study_span *at_risk;
    size_t age_count, sex_count, prior_count, at_risk_count; /* none: {0, 150}, both, 0, {0, STUDY_FOREVER} */
    bool is_one_at_a_time; /* not all combinations: one dimension varies, the others at their first value */
    /* The target cohort, sorted; NULL: all observation time. An entry counts where it begins in an observation period. */
    const struct study_entry *target;
    size_t target_count;
    bool meets_at_entry; /* age and prior days must be met on the target's first day; else from when they are met */
};

/* Every combination once, in the order age, sex, prior days, time at risk (the last varies fastest). In `result`. */
void study_denominator_specs(const struct study_denominator_request *request, struct arena *result,
                             const struct study_denominator_spec **out_specs, size_t *out_count);
/* Appends the entries of one spec, by subject and start, with the given cohort number. */
MUST_CHECK bool study_denominator(const struct study_people *people, const struct study_denominator_request *request,
                                  const struct study_denominator_spec *spec, int32_t cohort, struct study_entries *out_entries,
                                  struct error *err);
/* The days of one age band of a person born on `birth`. */
struct study_span study_age_days(int32_t birth, struct study_age_band age);
