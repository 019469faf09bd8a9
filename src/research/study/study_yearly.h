/* SPDX-License-Identifier: EUPL-1.2 */
/* yearly: yearly period prevalence of cohorts, by sex and age group, straight from a store: study_grid.h with calendar years, unrounded.
 * Numerator: persons with a cohort row on a day of the year on which they are in the denominator. Limits: Wilson 95 %. */
#pragma once
#include "research/study/study_grid.h"
#include "warehouse/store/store.h"

struct prevalence_options {
    int year_first, year_last;
    int prior_days;
    const struct study_age_band *ages; /* may overlap; {0, 150} is everybody */
    int age_count;                     /* at most STUDY_GRID_AGES_MAX */
    struct task_pool *pool;            /* NULL: the calling thread alone */
};
struct prevalence_cohort {
    const int64_t *persons; /* ascending; a person may stand several times */
    const int32_t *starts, *ends;
    size_t count;
};
enum { PREVALENCE_SEX_COUNT = STUDY_GRID_SEXES }; /* both, male, female: enum study_sex */
struct prevalence_cell {
    uint64_t numerator, denominator;
    double value, lower, upper; /* NaN where the denominator is 0 */
};

/* Cells in the order cohort, year, age group, sex; count: cohorts * years * ages * 3. In `result`. The grant must allow rows: cohorts name
 * persons. */
MUST_CHECK bool prevalence_yearly(struct store_reader *reader, const struct prevalence_options *options,
                                  const struct prevalence_cohort *cohorts, size_t cohort_count, struct arena *result,
                                  const struct prevalence_cell **out_cells, struct error *err);
