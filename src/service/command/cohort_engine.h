/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_engine: who evaluates a cohort: emc2 itself, or the definition's SQL on DuckDB within this process or on a PostgreSQL server that
 * holds a published snapshot. Private to command. */
#pragma once
#include "research/evaluate/evaluate.h"
#include "research/sql/sql_run.h"
#include "service/command/invocation.h"

struct cohort_engine {
    const struct invocation *in;
    struct store_reader *reader; /* borrowed */
    uint64_t memory_max;         /* bytes that one thread may work in, by --memory; 0: no bound */
    bool is_sql;
    struct sql_server server;
    struct engine *duckdb;
    uint64_t loaded; /* tables that are in DuckDB */
    struct postgresql *postgresql;
};
struct cohort_evaluation {
    const struct cohort_result *result;
    struct cohort_result *native, by_sql; /* behind it */
};
static inline __attribute__((unused)) void cohort_evaluation_value_cleanup(struct cohort_evaluation *evaluation)
{
    cohort_result_destroy(evaluation->native);
}

/* By --engine, --database, --password-file and --schema. */
MUST_CHECK bool cohort_engine_open(struct cohort_engine *out_engine, const struct invocation *in, struct store_reader *reader,
                                   struct error *err);
void cohort_engine_close(struct cohort_engine *engine);
/* How emc2 itself evaluates within --memory. */
struct evaluate_options cohort_engine_options(const struct cohort_engine *engine, bool wants_rows);
/* The program lives as long as the evaluation, as does `arena`. */
MUST_CHECK bool cohort_engine_evaluate(struct cohort_engine *engine, const struct cohort_program *program, bool wants_rows,
                                       struct arena *arena, struct cohort_evaluation *out_evaluation, struct error *err);
