/* SPDX-License-Identifier: EUPL-1.2 */
/* export: see export.h. */
#include "warehouse/export/export.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/task.h"
#include "warehouse/export/ddl.h"
#include "warehouse/export/export_hash.h"
#include "warehouse/export/export_table.h"
#include <stdio.h>

enum { DEFAULT_MEMORY = 1 << 30 };

const char *export_table_ddl(int table)
{
    return ddl_tables[table];
}

static uint64_t rows_of(struct store_reader *reader, int table)
{
    enum omop_scope scope = omop_table(table)->scope;
    uint64_t rows = 0;
    for (size_t s = 0; s < store_reader_segment_count(reader, scope); s++) {
        rows += store_segment_rows(store_reader_segment(reader, scope, s), table);
    }
    return rows;
}

static bool read_batch(struct export_work *work, struct store_segment *segment, int table, uint64_t first, struct export_batch *out_batch,
                       struct error *err)
{
    int fields = omop_table(table)->field_count;
    uint64_t left = store_segment_rows(segment, table) - first;
    size_t rows = left < EXPORT_BATCH_ROWS ? (size_t)left : EXPORT_BATCH_ROWS;
    arena_reset(work->scratch);
    struct store_vector *columns = ARENA_ARRAY(work->scratch, struct store_vector, (size_t)fields);
    for (int f = 0; f < fields; f++) {
        if (work->fields && !(work->fields[table] >> f & 1)) {
            columns[f] = (struct store_vector){.type = omop_table(table)->fields[f].type, .is_all_null = true, .count = rows};
            continue;
        }
        TRY(store_column_read(segment, table, f, first, rows, work->scratch, &columns[f], err));
    }
    *out_batch = (struct export_batch){rows, (size_t)fields, columns};
    return true;
}

bool export_table_scan(struct export_work *work, int table,
                       bool (*take)(void *context, const struct export_batch *batch, struct error *err), void *context, struct error *err)
{
    enum omop_scope scope = omop_table(table)->scope;
    for (size_t s = 0; s < store_reader_segment_count(work->reader, scope); s++) {
        struct store_segment *segment = store_reader_segment(work->reader, scope, s);
        uint64_t rows = store_segment_rows(segment, table);
        for (uint64_t first = 0; first < rows; first += EXPORT_BATCH_ROWS) {
            struct export_batch batch;
            TRY(task_check(err));
            TRY(read_batch(work, segment, table, first, &batch, err) && take(context, &batch, err));
            work->report.rows += batch.rows;
            work->report.table_rows[table] += batch.rows;
            progress_add(work->progress, batch.rows);
        }
    }
    return true;
}

bool export_file_done(struct export_work *work, const char *path, struct error *err)
{
    uint64_t size;
    TRY(file_size(path, &size, err));
    work->report.bytes += size;
    work->report.files++;
    return true;
}

static bool write_ddl(struct export_work *work, struct error *err)
{
    CLEANUP(buffer_value) struct buffer ddl = {.maximum = 1 << 20};
    const char *path = arena_text_format(work->paths, "%s/ddl.sql", work->directory);
    TRY(buffer_append_text(&ddl, "-- OMOP Common Data Model 5.4, as exported by emc2.\n", err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        TRY(buffer_append_format(&ddl, err, "%s;\n", ddl_tables[table]));
    }
    return file_write_atomic(path, ddl.data, ddl.length, 0600, err) && export_file_done(work, path, err);
}

/* Hashes of what the store holds: with the hashes of the files, made by somebody else, they show that nothing was lost on the way. */
static bool write_hashes(struct export_work *work, const struct export_options *options, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
    struct export_hashes hashes;
    const char *path = arena_text_format(work->paths, "%s/hashes.json", work->directory);
    TRY(export_hashes_compute(work->reader, options->hashing, options->quiet, &hashes, err));
    TRY(export_hashes_print(&hashes, &text, err) && buffer_append_text(&text, "\n", err));
    return file_write_atomic(path, text.data, text.length, 0600, err) && export_file_done(work, path, err);
}

static bool write_tables(struct export_work *work, enum export_format format, struct error *err)
{
    TRY(directory_create(work->directory, 0700, err));
    TRY(write_ddl(work, err));
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        bool done = format == EXPORT_CSV ? export_table_csv(work, table, err) : export_table_parquet(work, table, err);
        if (!done) {
            return error_context(err, "table %s", omop_table(table)->name);
        }
    }
    return true;
}

static bool begin(struct store_reader *reader, const char *directory, const char *partial, struct error *err)
{
    bool exists;
    TRY(store_reader_demand(reader, GRANT_EXPORT, err));
    TRY(file_exists(directory, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "the directory of the export exists already");
        error_detail(err, "%s", directory);
        return error_hint(err, "name a directory that does not exist yet");
    }
    TRY(file_exists(partial, &exists, err));
    return !exists || directory_remove_all(partial, err);
}

static uint64_t rows_in_all(struct store_reader *reader)
{
    uint64_t rows = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        rows += rows_of(reader, table);
    }
    return rows;
}

/* What a failed export left. Always false; an error here would only hide the first one. */
static bool discard(const char *partial)
{
    bool is_gone = directory_remove_all(partial, NULL);
    return is_gone && false;
}

bool export_tables(struct store_reader *reader, enum export_format format, const char *directory, const struct export_options *options,
                   struct export_report *out_report, struct error *err)
{
    const struct export_options chosen = options ? *options : (struct export_options){0};
    const struct engine_options engine_options = {.threads = chosen.threads, .files_allowed = true};
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(arena) struct arena *paths = arena_create();
    const char *partial = arena_text_format(paths, "%s.partial", directory);
    int64_t start = clock_monotonic_ns();
    TRY(begin(reader, directory, partial, err));
    TRY(format == EXPORT_CSV || engine_open(&engine, &engine_options, err));
    struct export_work work = {.reader = reader,
                               .directory = partial,
                               .engine = engine,
                               .memory_bytes = chosen.memory_bytes ? chosen.memory_bytes : DEFAULT_MEMORY,
                               .scratch = scratch,
                               .paths = paths};
    work.progress = progress_begin("export", rows_in_all(reader), "rows", chosen.quiet);
    bool done = write_tables(&work, format, err) && (!chosen.hashing || write_hashes(&work, &chosen, err)) &&
                file_rename_durable(partial, directory, err);
    progress_end(work.progress);
    if (!done) {
        return discard(partial);
    }
    work.report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    *out_report = work.report;
    return true;
}
