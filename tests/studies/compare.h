/* SPDX-License-Identifier: EUPL-1.2 */
/* compare: what we found against what the package gave. */
#pragma once
#include "call.h"
#include "research/result/result_release.h"

/* Cohort rows: cohort, subject, start, end, as multisets. */
void compare_entries(struct call *call, const struct study_entry *entries, size_t count);
/* Rows of a summarised result of the wanted types (words parted by blanks; NULL: all): every column but result_id and cdm_name, values
 * within `unit` or 1e-6 of them. */
void compare_result(struct call *call, const struct result *result, const char *result_type, double unit);
/* Texts that may be numbers: equal, or as numbers within unit or 1e-6. */
bool compare_values(const char *a, const char *b, double unit);
