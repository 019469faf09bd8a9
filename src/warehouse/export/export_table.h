/* SPDX-License-Identifier: EUPL-1.2 */
/* export_table: one table on its way out: its rows in batches, and the two formats that take them. Private to export. */
#pragma once
#include "base/arena.h"
#include "base/progress.h"
#include "engines/duckdb/duckdb_engine.h"
#include "warehouse/export/export.h"

enum { EXPORT_BATCH_ROWS = 65536 };

struct export_work {
    struct store_reader *reader;
    const char *directory;
    struct engine *engine;  /* Parquet, and tables of an engine */
    const uint64_t *fields; /* by table, a bit for each field that is read, the others are NULL; NULL: all of all */
    uint64_t memory_bytes;
    struct progress *progress;
    struct arena *scratch; /* one batch */
    struct arena *paths;   /* the whole export */
    struct export_report report;
};
/* Rows of one segment: vectors of every field, by position. */
struct export_batch {
    size_t rows, field_count;
    const struct store_vector *columns;
};
/* Calls take for each batch of the table, in the order of segments. */
MUST_CHECK bool export_table_scan(struct export_work *work, int table,
                                  bool (*take)(void *context, const struct export_batch *batch, struct error *err), void *context,
                                  struct error *err);
/* Adds the size of a finished file to the report. */
MUST_CHECK bool export_file_done(struct export_work *work, const char *path, struct error *err);
MUST_CHECK bool export_table_csv(struct export_work *work, int table, struct error *err);
MUST_CHECK bool export_table_parquet(struct export_work *work, int table, struct error *err);
/* The values are borrowed. */
struct engine_column export_engine_column(const struct store_vector *vector);
/* CREATE TABLE of the table, without a semicolon. */
const char *export_table_ddl(int table);
