/* SPDX-License-Identifier: EUPL-1.2 */
/* export_parquet: one table as Parquet, through the engine: rows are gathered in memory up to the bound, then copied to a file. */
#include "base/file.h"
#include "warehouse/export/export_table.h"
#include "warehouse/export/export_text.h"
#include <stdio.h>
#include <string.h>

struct parquet_table {
    struct export_work *work;
    int table;
    struct engine_appender *appender;
    struct engine_column *columns; /* of the batch at hand */
    uint64_t bytes;                /* gathered, about */
    unsigned parts;
};

/* The statement with @table@ and @path@ filled in. */
static bool execute(struct parquet_table *parquet, const char *template, const char *path, struct error *err)
{
    CLEANUP(buffer_value) struct buffer sql = {.maximum = 1 << 16};
    for (const char *at; (at = strchr(template, '@'));) {
        bool is_path = strncmp(at, "@path@", 6) == 0;
        TRY(buffer_append(&sql, template, (size_t)(at - template), err));
        TRY(is_path ? engine_quote_literal(&sql, text_of(path), err)
                    : engine_quote_identifier(&sql, text_of(omop_table(parquet->table)->name), err));
        template = strchr(at + 1, '@') + 1;
    }
    TRY(buffer_append_text(&sql, template, err));
    return engine_execute(parquet->work->engine, (const char *)sql.data, NULL, 0, err);
}

static bool begin_part(struct parquet_table *parquet, struct error *err)
{
    parquet->bytes = 0;
    TRY(engine_execute(parquet->work->engine, export_table_ddl(parquet->table), NULL, 0, err));
    return engine_appender_open(&parquet->appender, parquet->work->engine, omop_table(parquet->table)->name, err);
}

/* A table of one part is <table>.parquet; the first part of more is <table>/00000.parquet. */
static bool part_path(struct parquet_table *parquet, bool is_only, const char **out_path, struct error *err)
{
    struct arena *paths = parquet->work->paths;
    const char *directory = parquet->work->directory, *name = omop_table(parquet->table)->name;
    if (is_only) {
        *out_path = arena_text_format(paths, "%s/%s.parquet", directory, name);
        return true;
    }
    TRY(directory_create(arena_text_format(paths, "%s/%s", directory, name), 0700, err));
    *out_path = arena_text_format(paths, "%s/%s/%05u.parquet", directory, name, parquet->parts);
    return true;
}

static bool end_part(struct parquet_table *parquet, bool is_last, struct error *err)
{
    const char *path;
    TRY(engine_appender_finish(parquet->appender, err));
    engine_appender_close(parquet->appender);
    parquet->appender = NULL;
    TRY(part_path(parquet, is_last && parquet->parts == 0, &path, err));
    TRY(execute(parquet, copy_parquet_sql, path, err) && execute(parquet, drop_table_sql, path, err));
    parquet->parts++;
    return export_file_done(parquet->work, path, err);
}

static uint64_t bytes_of(const struct store_vector *vector, size_t rows)
{
    uint64_t bytes = 8 * rows;
    for (size_t row = 0; vector->type == OMOP_TEXT && !vector->is_all_null && row < rows; row++) {
        bytes += vector->texts[row].length;
    }
    return bytes;
}

static bool take(void *context, const struct export_batch *batch, struct error *err)
{
    struct parquet_table *parquet = context;
    int fields = omop_table(parquet->table)->field_count;
    if (parquet->bytes > parquet->work->memory_bytes) {
        TRY(end_part(parquet, false, err) && begin_part(parquet, err));
    }
    for (int f = 0; f < fields; f++) {
        parquet->columns[f] = export_engine_column(&batch->columns[f]);
        parquet->bytes += bytes_of(&batch->columns[f], batch->rows);
    }
    struct engine_batch rows = {.rows = batch->rows, .columns = (size_t)fields, .column = parquet->columns};
    return engine_appender_columns(parquet->appender, &rows, err);
}

bool export_table_parquet(struct export_work *work, int table, struct error *err)
{
    struct engine_column columns[64];
    struct parquet_table parquet = {.work = work, .table = table, .columns = columns};
    bool done = begin_part(&parquet, err) && export_table_scan(work, table, take, &parquet, err) && end_part(&parquet, true, err);
    engine_appender_close(parquet.appender);
    return done;
}
