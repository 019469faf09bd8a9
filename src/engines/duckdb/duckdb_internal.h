/* SPDX-License-Identifier: EUPL-1.2 */
/* duckdb_internal: what the parts of this module share: the handles, and how DuckDB's errors are told without what they quote (private). */
#pragma once
#include "base/buffer.h"
#include "engines/duckdb/duckdb_engine.h"
#include <duckdb.h>

struct engine {
    duckdb_database database;
    bool files_allowed;
    duckdb_connection connection; /* for engine_execute and the appenders; each streamed result has its own */
};

/* A statement with its values bound, on one connection. */
struct engine_statement {
    duckdb_prepared_statement prepared;
    duckdb_pending_result pending;
};
MUST_CHECK bool engine_statement_open(struct engine_statement *statement, duckdb_connection connection, const char *sql,
                                      const struct engine_value *values, size_t count, struct error *err);
/* Runs it to its end (or, when `streaming`, to the first rows). CANCELLED as soon as task_cancel was called. */
MUST_CHECK bool engine_statement_run(struct engine_statement *statement, duckdb_connection connection, bool streaming,
                                     duckdb_result *out_result, struct error *err);
void engine_statement_close(struct engine_statement *statement);
MUST_CHECK bool engine_execute_on(duckdb_connection connection, const char *sql, const struct engine_value *values, size_t count,
                                  struct error *err);

/* `words` are DuckDB's own; what they quote never reaches err. Returns false. */
bool engine_fail(struct error *err, duckdb_error_type type, const char *words, const char *doing);
/* DuckDB's words without values: everything from the first to the last quotation mark goes, and every number; one line. For tests too. */
void engine_words_scrub(const char *words, char *out, size_t size);
