/* SPDX-License-Identifier: EUPL-1.2 */
/* summary: counts, percentages, quantiles, means of variables over some rows, as PatientProfiles 1.5.0 (summariseResult) names and computes
 * them. Quantiles interpolate between order statistics (Hyndman and Fan 1996, definition 7). */
#pragma once
#include "research/result/result.h"
#include "research/study/study.h"

enum study_kind { STUDY_NUMBER, STUDY_DATE, STUDY_CATEGORY };
struct study_variable {
    const char *name;
    enum study_kind kind;
    bool is_integer;          /* a number: its quantiles are given as integers */
    const double *numbers;    /* NUMBER, DATE (day numbers); NaN: null */
    const char *const *texts; /* CATEGORY; NULL: null */
};
struct study_sample {
    const double *values; /* ascending, without nulls */
    size_t count, rows;   /* rows: with nulls */
};
/* min, max, mean, sd, median, qNN, sum, count, percentage (of a variable of 0 and 1), count_missing, percentage_missing, and count_ or
 * percentage_ with 0, positive, negative, not_positive, not_negative. False: no such estimate. NaN: nothing to estimate from. */
bool study_estimate(const char *name, const struct study_sample *sample, double *out_value);

struct study_summary_request {
    const size_t *rows; /* the rows to summarise */
    size_t row_count;
    const int64_t *subjects; /* by row; NULL: persons are not counted */
    bool with_counts;        /* number records, number subjects */
};
/* Counts of records and subjects, as a result's cells. */
MUST_CHECK bool study_counts_report(struct result *result, const struct result_place *place, const struct study_summary_request *request,
                                    struct error *err);
/* Estimates of one variable; those that do not apply to its kind are left out. Categories: count and percentage of each that occurs. */
MUST_CHECK bool study_summary_report(struct result *result, const struct result_place *place, const struct study_summary_request *request,
                                     const struct study_variable *variable, const char *const *estimates, size_t estimate_count,
                                     struct error *err);
/* Are all values 0, 1 or null, and not all null? */
bool study_variable_is_binary(const struct study_variable *variable, size_t rows);
