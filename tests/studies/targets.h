/* SPDX-License-Identifier: EUPL-1.2 */
/* targets: what an intersection looks for: entries of cohorts, rows of a clinical table, or rows of a concept set in any of them. */
#pragma once
#include "call.h"

struct target {
    const char *name, *kind; /* kind: the word of the style, "cohort_name" ... */
    struct table table;      /* entries' row is of it; a concept set may span several: the last one that had a row */
    const struct study_entry *entries;
    size_t count;
};
enum { TARGETS_MAX = 64 };
/* As the arguments targetCohortTable and targetCohortId, tableName, or conceptSet say; dates by is_start: the start alone. */
size_t call_targets(const struct call *call, struct target targets[TARGETS_MAX]);
/* Rows of a table whose column has one of the values (none: all), as entries of the cohort number, sorted. */
size_t table_entries(const struct call *call, const struct table *table, const char *start, const char *end,
                     const struct study_entry **out_entries);
/* The date columns of a clinical table; false when it is none. */
bool table_dates(const char *table, const char **out_start, const char **out_end, const char **out_concept);
