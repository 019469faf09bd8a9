/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_engine: see cohort_engine.h. DuckDB gets the tables of a program before its first use of them, in memory only. */
#include "service/command/cohort_engine.h"
#include "service/command/database.h"
#include <string.h>

static bool postgresql_begin(struct cohort_engine *engine, struct error *err)
{
    CLEANUP(secret) struct secret *password = NULL;
    struct postgresql_address address;
    const char *schema = invocation_value(engine->in, "schema");
    TRY(database_named(engine->in, &address, err) && database_password(engine->in, &password, err));
    const struct postgresql_options options = {.address = &address, .password = password ? (const char *)secret_view(password) : NULL};
    TRY(postgresql_open(&engine->postgresql, &options, err));
    engine->server = sql_server_postgresql(engine->postgresql, schema ? schema : "omop");
    return true;
}

bool cohort_engine_open(struct cohort_engine *out_engine, const struct invocation *in, struct store_reader *reader, struct error *err)
{
    const char *name = invocation_value(in, "engine");
    int64_t megabytes;
    TRY(invocation_integer(in, "memory", 0, 1, 1 << 30, &megabytes, err));
    *out_engine = (struct cohort_engine){.in = in, .reader = reader, .memory_max = (uint64_t)megabytes << 20};
    if (!name || strcmp(name, "native") == 0) {
        return true;
    }
    out_engine->is_sql = true;
    if (strcmp(name, "postgresql") == 0) {
        return postgresql_begin(out_engine, err);
    }
    if (strcmp(name, "duckdb") != 0) {
        return FAIL(err, INVALID_ARGUMENT, "--engine is native, duckdb or postgresql");
    }
    TRY(engine_open(&out_engine->duckdb, &(struct engine_options){.files_allowed = false}, err));
    out_engine->server = sql_server_duckdb(out_engine->duckdb);
    return true;
}

void cohort_engine_close(struct cohort_engine *engine)
{
    engine_close(engine->duckdb);
    postgresql_close(engine->postgresql);
    *engine = (struct cohort_engine){.in = NULL};
}

struct evaluate_options cohort_engine_options(const struct cohort_engine *engine, bool wants_rows)
{
    return (struct evaluate_options){.pool = engine->in->pool, .wants_rows = wants_rows, .scratch_bytes = engine->memory_max};
}

bool cohort_engine_evaluate(struct cohort_engine *engine, const struct cohort_program *program, bool wants_rows, struct arena *arena,
                            struct cohort_evaluation *out_evaluation, struct error *err)
{
    if (!engine->is_sql) {
        const struct evaluate_options options = cohort_engine_options(engine, wants_rows);
        TRY(evaluate_cohort(program, engine->reader, &options, &out_evaluation->native, err));
        out_evaluation->result = out_evaluation->native;
        return true;
    }
    const uint64_t missing = cohort_program_tables(program) & ~engine->loaded;
    if (engine->duckdb && missing) {
        TRY(sql_load_duckdb(engine->duckdb, engine->reader, missing, err));
        engine->loaded |= missing;
    }
    TRY(sql_run(program, &engine->server, SQL_WANTS_ATTRITION | (wants_rows ? SQL_WANTS_ROWS : 0), arena, &out_evaluation->by_sql, err));
    out_evaluation->result = &out_evaluation->by_sql;
    return true;
}
