/* SPDX-License-Identifier: EUPL-1.2 */
/* run_duckdb: DuckDB as a server of scripts, and the store's tables on their way into it. */
#include "research/sql/sql_run.h"
#include "warehouse/export/export.h"
#include <string.h>

static bool execute(void *context, const char *statement, struct error *err)
{
    return engine_execute(context, statement, NULL, 0, err);
}

static bool value_of(const struct engine_column *column, size_t row, int64_t *out_value, struct error *err)
{
    bool is_there = column->type != ENGINE_NULL && (!column->valid || (column->valid[row / 64] >> (row % 64) & 1));
    if (!is_there || (column->type != ENGINE_DAY && column->type != ENGINE_I64)) {
        return FAIL(err, ENGINE, "the SQL engine gives a value that is neither a number nor a date");
    }
    *out_value = column->type == ENGINE_DAY ? column->days[row] : column->i64[row];
    return true;
}

enum { VALUES_MAX = 8 };

static bool batch_take(const struct engine_batch *batch, sql_take_row *take, void *taker, struct error *err)
{
    int64_t values[VALUES_MAX];
    for (size_t row = 0; row < batch->rows; row++) {
        for (size_t i = 0; i < batch->columns && i < VALUES_MAX; i++) {
            TRY(value_of(&batch->column[i], row, &values[i], err));
        }
        TRY(take(taker, values, batch->columns, err));
    }
    return true;
}

static bool query(void *context, const char *statement, sql_take_row *take, void *taker, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    TRY(engine_query_here(&result, context, statement, NULL, 0, err));
    do {
        TRY(engine_result_next(result, &batch, err) && batch_take(&batch, take, taker, err));
    } while (batch.rows > 0);
    return true;
}

struct sql_server sql_server_duckdb(struct engine *engine)
{
    return (struct sql_server){.dialect = SQL_DUCKDB, .execute = execute, .query = query, .context = engine};
}

/* ---- loading ---- */
/* The texts that the language can test; others stay where they are. */
static bool is_tested_text(const char *name)
{
    static const char *const names[] = {"stop_reason", "lot_number", "unique_device_id", "value_as_string", "specimen_source_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static uint64_t fields_of(int table)
{
    const struct omop_table_info *info = omop_table(table);
    uint64_t fields = 0;
    for (int field = 0; field < info->field_count; field++) {
        enum omop_type type = info->fields[field].type;
        bool is_wanted = type != OMOP_DATETIME && (type != OMOP_TEXT || is_tested_text(info->fields[field].name));
        fields |= (uint64_t)is_wanted << field;
    }
    return fields;
}

bool sql_load_duckdb(struct engine *engine, struct store_reader *reader, uint64_t tables, struct error *err)
{
    uint64_t fields[OMOP_TABLE_COUNT];
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        fields[table] = tables >> table & 1 ? fields_of(table) : 0;
    }
    return export_tables_into(engine, reader, fields, err);
}
