/* SPDX-License-Identifier: EUPL-1.2 */
/* by_engine: the evaluation of these tests, natively or by the program's SQL on DuckDB, so that both are held against the same rows. */
#pragma once
#include "research/evaluate/evaluate_example.h"

struct evaluation {
    const struct cohort_result *result;
    struct cohort_result *native, sql; /* behind it */
};
void evaluation_value_cleanup(struct evaluation *evaluation); /* CLEANUP(evaluation_value) */
void by_engine_choose(bool is_sql);
/* The store's tables go into the engine at the first evaluation; they are forgotten with the store. */
MUST_CHECK bool by_engine_evaluate(struct example_store *example, const struct cohort_program *program, struct task_pool *pool,
                                   struct arena *arena, struct evaluation *out_evaluation, struct error *err);
void by_engine_forget(void);
