/* SPDX-License-Identifier: EUPL-1.2 */
/* telling: a program put into English or French. Phrases are built in `scratch`; lines go to `out`. A failure (of the vocabulary or the
 * buffer) is remembered, so that phrases can be composed freely and only the last line is asked. */
#pragma once
#include "research/cohort/program_walk.h"

struct telling {
    const struct cohort_program *program;
    struct vocabulary *vocabulary; /* or NULL */
    enum cohort_language language;
    struct buffer *out;
    struct arena *scratch;
    const size_t *set_sizes; /* by set: members where they are known, else items */
    const bool *is_size_known;
    bool has_failed;
    struct error *err;
};
#define TWO_FORMATS(english, french, first) PRINTF_LIKE(english, first) PRINTF_LIKE(french, first)

/* The format of the language, filled. */
const char *phrase(const struct telling *t, const char *english, const char *french, ...) TWO_FORMATS(2, 3, 4);
/* One of two words. */
const char *word(const struct telling *t, const char *english, const char *french);
/* A line, three blanks a level; with a dash before it when is_item. */
void tell(struct telling *t, int level, bool is_item, const char *line);
/* Text of the definition as one line: control characters become blanks. */
const char *one_line(const struct telling *t, const char *text);
/* "1 day", "3 days" */
const char *days_phrase(const struct telling *t, int64_t days);
const char *date_phrase(const struct telling *t, int64_t number);

/* telling_words.c: names of tables and of values. */
const char *table_word(const struct telling *t, int table);
const char *value_word(const struct telling *t, int table, struct cohort_value value);
/* telling_tests.c: one test; a concept set with its size. */
const char *test_phrase(struct telling *t, int table, const struct cohort_test *test);
const char *set_phrase(const struct telling *t, int set);
const char *concept_phrase(struct telling *t, int64_t id, const char *name);
/* telling_criteria.c: a criterion, a window, a group as a list. `is_nested`: the index is the event of the criterion around it. */
const char *criterion_phrase(struct telling *t, const struct cohort_criterion *criterion);
void tell_criterion(struct telling *t, int level, const char *before, const struct cohort_criterion *criterion);
const char *window_phrase(const struct telling *t, const struct cohort_window *window, bool is_nested);
void tell_correlated(struct telling *t, int level, const struct cohort_correlated *correlated, bool is_nested);
void tell_demographic(struct telling *t, int level, const struct cohort_demographic *demographic);
void tell_group(struct telling *t, int level, const struct cohort_group *group, bool is_nested);
