/* SPDX-License-Identifier: EUPL-1.2 */
/* call: one recorded call of a DARWIN EU package: its arguments, the tables before it and what it gave. Tables are column-wise JSON. */
#pragma once
#include "base/json.h"
#include "research/study/study.h"

enum verdict { REPRODUCED, DIFFERING, OUT_OF_SCOPE, VERDICT_COUNT };
struct call {
    struct arena *arena;
    const char *file; /* leaf */
    const struct json *args, *tables, *input, *result;
    const char *package, *function;
    enum verdict verdict;
    char why[400];
};
struct table {
    const struct json *columns; /* an object of arrays; NULL: not there */
    size_t rows;
};

MUST_CHECK bool call_read(struct call *call, const char *path, struct error *err);
/* Sets the verdict and its reason; the first one counts. */
bool call_differs(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);
bool call_skip(struct call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- arguments ---- */
const struct json *call_argument(const struct call *call, const char *name); /* NULL: default, or null */
bool call_flag(const struct call *call, const char *name, bool otherwise);
const char *call_text(const struct call *call, const char *name, const char *otherwise);
/* A number or "Inf": STUDY_FOREVER; "-Inf": -STUDY_FOREVER. */
int32_t call_number(const struct call *call, const char *name, int32_t otherwise);
/* One number, or a list of them, also of ranges: [[0,10],[11,20]], [0,10]; an open end is infinite. */
size_t call_numbers(const struct call *call, const char *name, const int32_t **out_numbers);
size_t call_ranges(const struct call *call, const char *name, const struct study_span **out_ranges);
struct study_span call_range(const struct call *call, const char *name, struct study_span otherwise);
/* Two dates, either of them null: STUDY_NO_DAY, STUDY_FOREVER. */
struct study_span call_dates(const struct call *call, const char *name);
size_t call_words(const struct call *call, const char *name, const char *const **out_words);
int32_t json_count(const struct json *value); /* as call_number */

/* ---- tables ---- */
struct table call_table(const struct call *call, const char *name); /* as it was before the call */
struct table call_cohort(const struct call *call, const char *argument,
                         const char *fallback); /* the one that an argument names; input first */
struct table call_settings(const struct call *call, const char *argument);
struct table call_result(const struct call *call, const char *part);                    /* "table", "settings" */
const struct json *table_at(const struct table *table, const char *column, size_t row); /* NULL: null, or no such column */
int64_t table_integer(const struct table *table, const char *column, size_t row, int64_t otherwise);
int32_t table_day(const struct table *table, const char *column, size_t row);                               /* STUDY_NO_DAY */
const char *table_text(const struct call *call, const struct table *table, const char *column, size_t row); /* numbers too; NULL */
bool table_has(const struct table *table, const char *column);

/* ---- what methods take ---- */
MUST_CHECK bool call_people(const struct call *call, struct study_people *out_people, struct error *err);
/* Entries of a cohort table, sorted; row: of the table. cohort 0: all. Without dates an entry is left out. */
size_t call_entries(const struct call *call, const struct table *table, int64_t cohort, const struct study_entry **out_entries);
/* Ids of the cohorts that an argument selects, by number or by name; default: all of the settings, or of the rows. */
size_t call_cohort_ids(const struct call *call, const char *argument, const char *table_argument, const int32_t **out_ids);
const char *call_cohort_name(const struct call *call, const char *table_argument, int64_t id);
