/* SPDX-License-Identifier: EUPL-1.2 */
/* duckdb: the one seam to DuckDB 1.4.4. Open an in-memory engine with limits, run statements with bound values, stream result rows in
 * column batches, translate errors. No database file, no spill to disk (its encryption cannot be relied on: dependencies.md), no
 * extension loading, no network. An engine reads files only while it is open for sources. */
#pragma once
#include "base/calendar.h"
#include "base/error.h"
#include "base/text.h"
#include <stddef.h>
#include <stdint.h>

struct engine;
struct engine_options {
    unsigned threads;            /* 0: one per core */
    uint64_t memory_bytes;       /* 0: DuckDB's default */
    bool files_allowed;          /* reads sources or writes exports; otherwise external access is off and the configuration is locked */
    const char *spill_directory; /* NULL: never spills. Only a tmpfs may be named here */
};
MUST_CHECK bool engine_open(struct engine **out_engine, const struct engine_options *options, struct error *err);
void engine_close(struct engine *engine);
DEFINE_CLEANUP(engine, engine_close)

enum engine_type { ENGINE_NULL, ENGINE_I64, ENGINE_DOUBLE, ENGINE_TEXT, ENGINE_DAY, ENGINE_INSTANT, ENGINE_BOOL };
struct engine_value {
    enum engine_type type;
    int64_t i64; /* also day number, microseconds, 0/1 */
    double number;
    struct text text;
};
/* Runs one statement for its effect; ENGINE errors carry DuckDB's words in detail with quoted values removed. */
MUST_CHECK bool engine_execute(struct engine *engine, const char *sql, const struct engine_value *values, size_t count, struct error *err);

/* A streamed result. Columns are converted to the few types above: all integer types to I64, FLOAT/DOUBLE/DECIMAL to DOUBLE, DATE to DAY,
 * TIMESTAMP to INSTANT, VARCHAR to TEXT; other types fail with UNSUPPORTED. */
struct engine_result;
struct engine_column {
    enum engine_type type;
    const uint64_t *valid;    /* bit per row, NULL when all are valid */
    const int64_t *i64;       /* I64, INSTANT, BOOL */
    const int32_t *days;      /* DAY */
    const double *numbers;    /* DOUBLE */
    const struct text *texts; /* TEXT */
};
struct engine_batch {
    size_t rows, columns;
    const struct engine_column *column; /* valid while the next batch is made, until the one after it */
};
MUST_CHECK bool engine_query(struct engine_result **out_result, struct engine *engine, const char *sql, const struct engine_value *values,
                             size_t count, struct error *err);
/* The same among the engine's own statements, so that it sees their temporary tables. Closed before the engine runs anything else. */
MUST_CHECK bool engine_query_here(struct engine_result **out_result, struct engine *engine, const char *sql,
                                  const struct engine_value *values, size_t count, struct error *err);
size_t engine_result_columns(const struct engine_result *result);
const char *engine_result_column_name(const struct engine_result *result, size_t column);
enum engine_type engine_result_column_type(const struct engine_result *result, size_t column);
/* Batches of up to `rows` rows (2,048 otherwise), put together of the engine's own. Before the first engine_result_next. */
enum { ENGINE_BATCH_ROWS_MAX = 1 << 20 };
MUST_CHECK bool engine_result_batch_rows(struct engine_result *result, size_t rows, struct error *err);
/* rows == 0 at the end. One thread at a time, but each time it may be another. */
MUST_CHECK bool engine_result_next(struct engine_result *result, struct engine_batch *out_batch, struct error *err);
void engine_result_close(struct engine_result *result);
DEFINE_CLEANUP(engine_result, engine_result_close)

/* Bulk rows into a table of this engine (for export): append one value after the other, row by row. */
struct engine_appender;
MUST_CHECK bool engine_appender_open(struct engine_appender **out_appender, struct engine *engine, const char *table, struct error *err);
MUST_CHECK bool engine_appender_value(struct engine_appender *appender, const struct engine_value *value, struct error *err);
MUST_CHECK bool engine_appender_end_row(struct engine_appender *appender, struct error *err);
/* The same for whole columns, in the order of the table; the values are copied. ENGINE_NULL is a column of NULL throughout. */
MUST_CHECK bool engine_appender_columns(struct engine_appender *appender, const struct engine_batch *batch, struct error *err);
MUST_CHECK bool engine_appender_finish(struct engine_appender *appender, struct error *err); /* flush */
void engine_appender_close(struct engine_appender *appender);
DEFINE_CLEANUP(engine_appender, engine_appender_close)
/* Appends text to an SQL identifier or literal safely (doubles the quotes). */
struct buffer;
MUST_CHECK bool engine_quote_identifier(struct buffer *out, struct text name, struct error *err);
MUST_CHECK bool engine_quote_literal(struct buffer *out, struct text value, struct error *err);
