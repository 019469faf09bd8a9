/* SPDX-License-Identifier: EUPL-1.2 */
/* expected: what the reference gave, and what we give, as sorted lists of numbers that are compared as sets. */
#pragma once
#include "research/evaluate/evaluate.h"

enum { EXPECTED_VALUES = 6 };
/* Rows: cohort, person, start, end. Statistics: cohort and the columns of the file in its order. The rest is 0. */
struct expected_line {
    int64_t values[EXPECTED_VALUES];
};
DEFINE_ARRAY(expected_lines, struct expected_line)

/* All lines of a CSV file (.gz too); dates become day numbers. Sorted. */
MUST_CHECK bool expected_read(const char *path, struct expected_lines *out_lines, struct error *err);
void expected_sort(struct expected_lines *lines);
/* What a result looks like in these files. */
MUST_CHECK bool expected_of_rows(int64_t cohort, const struct cohort_result *result, struct expected_lines *out_lines, struct error *err);
MUST_CHECK bool expected_of_masks(int64_t cohort, const struct cohort_result *result, struct expected_lines *out_lines, struct error *err);
MUST_CHECK bool expected_of_rules(int64_t cohort, const struct cohort_result *result, struct expected_lines *out_lines, struct error *err);
/* The lines of one cohort in `all` are exactly `ours`; both sorted. */
bool expected_is_same(const struct expected_lines *all, int64_t cohort, const struct expected_lines *ours);
