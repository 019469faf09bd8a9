/* SPDX-License-Identifier: EUPL-1.2 */
/* yearly: yearly period prevalence of cohorts, by sex and age group, as DARWIN EU's IncidencePrevalence counts it.
 * Denominator of (year, sex, age group): persons with at least one day in the year that lies in an observation period, after its start +
 * prior days, and in the age group. Numerator: those of them with a cohort row that overlaps such a day. Limits: Wilson 95 %.
 * Missing month or day of birth counts as 1; persons without year of birth, or whose sex is neither 8507 nor 8532, drop out. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "warehouse/store/store.h"

struct age_group {
    int from, to; /* years, both included; to 150: no end */
};
struct prevalence_options {
    int year_first, year_last;
    int prior_days;
    const struct age_group *ages; /* may overlap; {0, 150} is everybody */
    int age_count;                /* at most 16 */
};
struct prevalence_cohort {
    const int64_t *persons; /* ascending; a person may stand several times */
    const int32_t *starts, *ends;
    size_t count;
};
enum prevalence_sex { PREVALENCE_BOTH, PREVALENCE_MALE, PREVALENCE_FEMALE, PREVALENCE_SEX_COUNT };
struct prevalence_cell {
    uint64_t numerator, denominator;
    double value, lower, upper; /* NaN where the denominator is 0 */
};

/* Cells in the order cohort, year, age group, sex; count: cohorts * years * ages * 3. In `result`. The grant must allow rows: cohorts name
 * persons. */
MUST_CHECK bool prevalence_yearly(struct store_reader *reader, const struct prevalence_options *options,
                                  const struct prevalence_cohort *cohorts, size_t cohort_count, struct arena *result,
                                  const struct prevalence_cell **out_cells, struct error *err);
