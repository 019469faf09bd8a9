/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_words: parts of a program in words, for who tells what became of them. Lines are appended to `out`, a part of one line first with
 * a dash, three blanks a level. */
#pragma once
#include "research/cohort/cohort.h"

/* What is counted and when, with the criterion. The concept sets of the program are resolved, or counted by their items. */
MUST_CHECK bool cohort_correlated_words(const struct cohort_program *program, const struct cohort_correlated *correlated,
                                        enum cohort_language language, int level, struct buffer *out, struct error *err);
MUST_CHECK bool cohort_demographic_words(const struct cohort_program *program, const struct cohort_demographic *demographic,
                                         enum cohort_language language, int level, struct buffer *out, struct error *err);
/* "condition", "affection" */
const char *cohort_table_word(int table, enum cohort_language language);
