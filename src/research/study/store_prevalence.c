/* SPDX-License-Identifier: EUPL-1.2 */
/* store_prevalence: see study_yearly.h: the grid over a store's persons, by calendar year. */
#include "research/study/study_store.h"
#include "research/study/study_yearly.h"
#include <math.h>

static const struct study_entry *as_entries(const struct prevalence_cohort *cohort, struct arena *scratch)
{
    struct study_entry *entries = ARENA_ARRAY(scratch, struct study_entry, cohort->count + 1);
    for (size_t i = 0; i < cohort->count; i++) {
        entries[i] = (struct study_entry){cohort->persons[i], 1, cohort->starts[i], cohort->ends[i], 0};
    }
    study_entries_sort(entries, cohort->count);
    return entries;
}

/* Cells in the order year, age group, sex. */
static void fill_cells(const struct study_grid *grid, const uint64_t *numerators, struct prevalence_cell *cells)
{
    for (size_t year = 0; year < grid->span_count; year++) {
        for (size_t age = 0; age < grid->request->age_count; age++) {
            for (int sex = 0; sex < STUDY_GRID_SEXES; sex++) {
                size_t at = study_grid_index(grid, sex, age, year);
                uint64_t numerator = numerators[at], denominator = grid->cells[at].persons;
                struct study_limits limits = study_wilson(numerator, denominator);
                double value = denominator == 0 ? NAN : (double)numerator / (double)denominator;
                *cells++ = (struct prevalence_cell){numerator, denominator, value, limits.lower, limits.upper};
            }
        }
    }
}

bool prevalence_yearly(struct store_reader *reader, const struct prevalence_options *options, const struct prevalence_cohort *cohorts,
                       size_t cohort_count, struct arena *result, const struct prevalence_cell **out_cells, struct error *err)
{
    struct study_grid grid;
    const struct study_people *chunks;
    size_t chunk_count;
    day first, last;
    if (options->year_last < options->year_first || options->age_count < 1 || cohort_count == 0 ||
        !day_from_civil(options->year_first, 1, 1, &first) || !day_from_civil(options->year_last, 12, 31, &last)) {
        return FAIL(err, INVALID_ARGUMENT, "a prevalence needs at least one cohort, one year and one age group");
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct study_grid_request request = {.study = {first.number, last.number},
                                               .ages = options->ages,
                                               .age_count = (size_t)options->age_count,
                                               .prior_days = options->prior_days,
                                               .interval = STUDY_YEARS};
    TRY(study_people_read(reader, scratch, &chunks, &chunk_count, err));
    TRY(study_grid_count(chunks, chunk_count, &request, options->pool, scratch, &grid, err));
    struct prevalence_cell *cells = ARENA_ARRAY(result, struct prevalence_cell, cohort_count * study_grid_size(&grid));
    for (size_t c = 0; c < cohort_count; c++) {
        const uint64_t *numerators;
        TRY(task_check(err));
        TRY(study_grid_prevalence(&grid, as_entries(&cohorts[c], scratch), cohorts[c].count, options->pool, scratch, &numerators, err));
        fill_cells(&grid, numerators, cells + c * study_grid_size(&grid));
    }
    *out_cells = cells;
    return true;
}
