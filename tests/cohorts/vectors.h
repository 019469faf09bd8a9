/* SPDX-License-Identifier: EUPL-1.2 */
/* vectors: the expressions of the reference's own tests, with their few rows of data inline. */
#pragma once
#include "base/json.h"
#include "research/evaluate/evaluate_example.h"

/* circe_cohort: whole cohorts; circe_criteria: criteria, windows and groups, each as a cohort that tells it apart (parts.c). */
MUST_CHECK bool vectors_run(const char *root, bool *out_passed, struct error *err);

/* tests/cohorts/quirks: what no vector of the reference shows, worked by hand from the language page, section 10. */
MUST_CHECK bool quirks_run(const char *directory, bool *out_passed, struct error *err);

/* One file of circe_criteria, its tables in a store. out_difference: the first query whose rows differ, or NULL. */
MUST_CHECK bool parts_check(const struct json *vector, struct example_store *example, struct arena *arena, const char **out_difference,
                            struct error *err);
/* Puts an array of objects into the store as rows of a table. */
MUST_CHECK bool vector_table(struct example_store *example, const char *table, const struct json *rows, struct error *err);
/* A day in a member; fails when there is none. */
MUST_CHECK bool vector_day(const struct json *object, const char *name, int32_t *out_day, struct error *err);
int64_t vector_integer(const struct json *object, const char *name); /* 0 when absent */
/* The document again, as text: the parsers take text. With a count column, as a correlated criterion that counts its different values. */
MUST_CHECK bool vector_windowed_write(const struct json *value, struct text count_column, struct json_writer *writer, struct error *err);
