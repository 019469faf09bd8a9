/* SPDX-License-Identifier: EUPL-1.2 */
/* grid: incidence and prevalence of a large population by sex, age and calendar interval in one passage over its persons, in parallel. It
 * gives the counts that study_denominator, study_prevalence and study_incidence give for each of the denominators one by one; the time of
 * the study is that of the denominator (whole intervals are those within it). */
#pragma once
#include "base/task.h"
#include "research/study/study_denominator.h"
#include "research/study/study_incidence.h"
#include "research/study/study_prevalence.h"

enum { STUDY_GRID_AGES_MAX = 64, STUDY_GRID_SEXES = 3 };
struct study_grid_request {
    struct study_span study; /* both days given */
    const struct study_age_band *ages;
    size_t age_count; /* 1 .. STUDY_GRID_AGES_MAX; they may overlap */
    int32_t prior_days;
    enum study_interval interval;
    bool is_point;    /* the first day of each interval */
    bool is_complete; /* not for points */
};
struct study_grid_cell {
    uint64_t persons, person_days;
};
struct study_grid {
    const struct study_grid_request *request; /* borrowed */
    const struct study_people *chunks;        /* borrowed; disjoint, ascending */
    size_t chunk_count;
    const struct study_span *spans;
    size_t span_count;
    const struct study_grid_cell *cells; /* denominators, [sex][age][span]: study_grid_index */
    const struct study_span *ranges;     /* [sex][age]: the time of each denominator */
};
size_t study_grid_index(const struct study_grid *grid, int sex, size_t age, size_t span);
size_t study_grid_size(const struct study_grid *grid);
/* Does the denominator's time cover the interval (is_complete), or meet it? Else the cell is not reported. */
bool study_grid_is_reported(const struct study_grid *grid, int sex, size_t age, size_t span);

/* Counts denominators. pool NULL: the calling thread alone. In `result`. */
MUST_CHECK bool study_grid_count(const struct study_people *chunks, size_t chunk_count, const struct study_grid_request *request,
                                 struct task_pool *pool, struct arena *result, struct study_grid *out_grid, struct error *err);
/* Numerators of an outcome (sorted, one cohort): persons with it on a day on which they contribute; by study_grid_index. */
MUST_CHECK bool study_grid_prevalence(const struct study_grid *grid, const struct study_entry *outcomes, size_t count,
                                      struct task_pool *pool, struct arena *result, const uint64_t **out_numerators, struct error *err);
/* Persons, person-days and events at risk of an outcome; rates are not filled (study_incidence_finish). */
MUST_CHECK bool study_grid_incidence(const struct study_grid *grid, const struct study_risk_request *risk, struct task_pool *pool,
                                     struct arena *result, const struct study_incidence_cell **out_cells, struct error *err);
