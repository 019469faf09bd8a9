/* SPDX-License-Identifier: EUPL-1.2 */
/* by_engine: see by_engine.h. One engine at a time, for the store at hand. */
#include "by_engine.h"
#include "research/sql/sql_run.h"

static bool sql_chosen;
static struct engine *engine;

void by_engine_choose(bool is_sql)
{
    sql_chosen = is_sql;
}

void by_engine_forget(void)
{
    engine_close(engine);
    engine = NULL;
}

void evaluation_value_cleanup(struct evaluation *evaluation)
{
    cohort_result_destroy(evaluation->native);
}

static uint64_t tables_of_the_language(void)
{
    uint64_t tables = UINT64_C(1) << OMOP_TABLE_PROVIDER | UINT64_C(1) << OMOP_TABLE_CARE_SITE;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        bool is_asked = omop_table(table)->scope == OMOP_PERSON && omop_table(table)->field_count > 0;
        tables |= (uint64_t)is_asked << table;
    }
    return tables;
}

static bool evaluate_by_sql(struct example_store *example, const struct cohort_program *program, struct arena *arena,
                            struct evaluation *out_evaluation, struct error *err)
{
    struct engine_options options = {.threads = 0};
    TRY(engine || (engine_open(&engine, &options, err) && sql_load_duckdb(engine, example->reader, tables_of_the_language(), err)));
    const struct sql_server server = sql_server_duckdb(engine);
    return sql_run(program, &server, SQL_WANTS_ROWS, arena, &out_evaluation->sql, err);
}

bool by_engine_evaluate(struct example_store *example, const struct cohort_program *program, struct task_pool *pool, struct arena *arena,
                        struct evaluation *out_evaluation, struct error *err)
{
    struct evaluate_options options = {.pool = pool, .wants_rows = true};
    if (sql_chosen) {
        TRY(evaluate_by_sql(example, program, arena, out_evaluation, err));
        out_evaluation->result = &out_evaluation->sql;
        return true;
    }
    TRY(evaluate_cohort(program, example->reader, &options, &out_evaluation->native, err));
    out_evaluation->result = out_evaluation->native;
    return true;
}
