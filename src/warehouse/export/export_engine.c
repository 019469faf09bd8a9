/* SPDX-License-Identifier: EUPL-1.2 */
/* export_engine: tables of a snapshot as tables of an SQL engine in this process, in whole columns. */
#include "warehouse/export/export_table.h"

struct engine_column export_engine_column(const struct store_vector *vector)
{
    static const enum engine_type types[] = {[OMOP_INTEGER] = ENGINE_I64,
                                             [OMOP_FLOAT] = ENGINE_DOUBLE,
                                             [OMOP_DATE] = ENGINE_DAY,
                                             [OMOP_DATETIME] = ENGINE_INSTANT,
                                             [OMOP_TEXT] = ENGINE_TEXT};
    if (vector->is_all_null) {
        return (struct engine_column){.type = ENGINE_NULL};
    }
    return (struct engine_column){types[vector->type], vector->valid, vector->integers, vector->days, vector->floats, vector->texts};
}

static bool take(void *context, const struct export_batch *batch, struct error *err)
{
    struct engine_column columns[64];
    const size_t fields = batch->field_count;
    for (size_t f = 0; f < fields; f++) {
        columns[f] = export_engine_column(&batch->columns[f]);
    }
    struct engine_batch rows = {.rows = batch->rows, .columns = fields, .column = columns};
    return engine_appender_columns(context, &rows, err);
}

static bool table_into(struct export_work *work, int table, struct error *err)
{
    CLEANUP(engine_appender) struct engine_appender *appender = NULL;
    TRY(engine_execute(work->engine, export_table_ddl(table), NULL, 0, err));
    TRY(engine_appender_open(&appender, work->engine, omop_table(table)->name, err));
    return export_table_scan(work, table, take, appender, err) && engine_appender_finish(appender, err);
}

bool export_tables_into(struct engine *engine, struct store_reader *reader, const uint64_t fields[OMOP_TABLE_COUNT], struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct export_work work = {.reader = reader, .engine = engine, .scratch = scratch, .fields = fields};
    TRY(store_reader_demand(reader, GRANT_ROWS, err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (fields[table] && !table_into(&work, table, err)) {
            return error_context(err, "table %s", omop_table(table)->name);
        }
    }
    return true;
}
