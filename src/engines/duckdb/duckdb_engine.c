/* SPDX-License-Identifier: EUPL-1.2 */
/* Opening an in-memory engine with hardened options, and running statements with bound values. */
#include "base/task.h"
#include "engines/duckdb/duckdb_internal.h"
#include "engines/duckdb/duckdb_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The header was taken from this version, the library has no versioned name, and 1.5 changes behaviour. */
#define DUCKDB_VERSION_WANTED "v1.4.4"

static bool option(duckdb_config config, const char *name, const char *value, struct error *err)
{
    if (duckdb_set_config(config, name, value) != DuckDBSuccess) {
        FAIL(err, ENGINE, "the SQL engine does not know the option %s", name);
        return error_hint(err, "install the DuckDB library %s that emc2 was built for", DUCKDB_VERSION_WANTED);
    }
    return true;
}

static bool option_number(duckdb_config config, const char *name, uint64_t value, const char *unit, struct error *err)
{
    char text[48];
    snprintf(text, sizeof text, "%" PRIu64 "%s", value, unit);
    return option(config, name, text, err);
}

/* In-memory only, nothing from the network, nothing remembered, nothing spilled (its encryption cannot be relied on). */
static bool configure(duckdb_config config, const struct engine_options *options, struct error *err)
{
    TRY(option(config, "temp_directory", options->spill_directory ? options->spill_directory : "", err));
    TRY(option(config, "autoload_known_extensions", "false", err));
    TRY(option(config, "autoinstall_known_extensions", "false", err));
    TRY(option(config, "allow_community_extensions", "false", err));
    TRY(option(config, "allow_unsigned_extensions", "false", err));
    TRY(option(config, "allow_persistent_secrets", "false", err));
    TRY(option(config, "enable_external_access", options->files_allowed ? "true" : "false", err));
    TRY(option(config, "enable_external_file_cache", "false", err));
    if (options->memory_bytes) {
        TRY(option_number(config, "memory_limit", options->memory_bytes / 1024, "KiB", err));
    }
    if (options->threads) {
        TRY(option_number(config, "threads", options->threads, "", err));
    }
    return true;
}

static bool open_database(struct engine *engine, const struct engine_options *options, struct error *err)
{
    duckdb_config config = NULL;
    char *words = NULL;
    if (duckdb_create_config(&config) != DuckDBSuccess) {
        return FAIL(err, ENGINE, "the SQL engine has no configuration");
    }
    bool done = configure(config, options, err);
    if (done && duckdb_open_ext(NULL, &engine->database, config, &words) != DuckDBSuccess) {
        done = engine_fail(err, DUCKDB_ERROR_INVALID, words, "cannot open the SQL engine");
        duckdb_free(words);
    }
    duckdb_destroy_config(&config);
    if (done && duckdb_connect(engine->database, &engine->connection) != DuckDBSuccess) {
        done = FAIL(err, ENGINE, "cannot connect to the SQL engine");
    }
    return done;
}

bool engine_open(struct engine **out_engine, const struct engine_options *options, struct error *err)
{
    CLEANUP(engine) struct engine *engine = NULL;
    if (strcmp(duckdb_library_version(), DUCKDB_VERSION_WANTED) != 0) {
        FAIL(err, ENGINE, "the DuckDB library is %s, emc2 was built for %s", duckdb_library_version(), DUCKDB_VERSION_WANTED);
        return error_hint(err, "run tools/install-deps, or install the packaged library beside emc2");
    }
    engine = calloc(1, sizeof *engine);
    if (!engine) {
        return FAIL(err, LIMIT, "the system has no memory for the SQL engine");
    }
    TRY(open_database(engine, options, err));
    engine->files_allowed = options->files_allowed;
    if (!options->files_allowed) {
        TRY(engine_execute(engine, close_files_sql, NULL, 0, err));
        TRY(engine_execute(engine, lock_configuration_sql, NULL, 0, err));
    }
    *out_engine = engine;
    engine = NULL;
    return true;
}

void engine_close(struct engine *engine)
{
    if (!engine) {
        return;
    }
    duckdb_disconnect(&engine->connection);
    duckdb_close(&engine->database);
    free(engine);
}

/* ---- statements ---- */
static duckdb_state bind(duckdb_prepared_statement prepared, idx_t at, const struct engine_value *value)
{
    switch (value->type) {
    case ENGINE_NULL:
        return duckdb_bind_null(prepared, at);
    case ENGINE_I64:
        return duckdb_bind_int64(prepared, at, value->i64);
    case ENGINE_DOUBLE:
        return duckdb_bind_double(prepared, at, value->number);
    case ENGINE_TEXT:
        return duckdb_bind_varchar_length(prepared, at, value->text.data, value->text.length);
    case ENGINE_DAY:
        return duckdb_bind_date(prepared, at, (duckdb_date){(int32_t)value->i64});
    case ENGINE_INSTANT:
        return duckdb_bind_timestamp(prepared, at, (duckdb_timestamp){value->i64});
    case ENGINE_BOOL:
        return duckdb_bind_boolean(prepared, at, value->i64 != 0);
    }
    return DuckDBError;
}

bool engine_statement_open(struct engine_statement *statement, duckdb_connection connection, const char *sql,
                           const struct engine_value *values, size_t count, struct error *err)
{
    if (duckdb_prepare(connection, sql, &statement->prepared) != DuckDBSuccess) {
        /* A statement that reads a file opens it here, so that this may be a fault of the file. */
        return engine_fail(err, DUCKDB_ERROR_INVALID, duckdb_prepare_error(statement->prepared), "the SQL engine refused a statement");
    }
    if (duckdb_nparams(statement->prepared) != count) {
        return FAIL(err, INTERNAL, "the statement takes %" PRIu64 " values and was given %zu",
                    (uint64_t)duckdb_nparams(statement->prepared), count);
    }
    for (size_t i = 0; i < count; i++) {
        if (bind(statement->prepared, i + 1, &values[i]) != DuckDBSuccess) {
            return FAIL(err, ENGINE, "the SQL engine does not take value %zu of a statement", i + 1);
        }
    }
    return true;
}

/* Works on the statement's tasks itself, so that a cancellation is seen between two of them. */
static bool pending_drive(struct engine_statement *statement, duckdb_connection connection, struct error *err)
{
    duckdb_pending_state state = DUCKDB_PENDING_RESULT_NOT_READY;
    while (!duckdb_pending_execution_is_finished(state)) {
        if (!task_check(err)) {
            duckdb_interrupt(connection);
            return false;
        }
        state = duckdb_pending_execute_task(statement->pending);
        if (state == DUCKDB_PENDING_ERROR) {
            return engine_fail(err, DUCKDB_ERROR_INVALID, duckdb_pending_error(statement->pending), "the SQL engine failed");
        }
        if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) { /* the other threads are at it */
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        }
    }
    return true;
}

bool engine_statement_run(struct engine_statement *statement, duckdb_connection connection, bool streaming, duckdb_result *out_result,
                          struct error *err)
{
    duckdb_result result = {0};
    const duckdb_state state = streaming ? duckdb_pending_prepared_streaming(statement->prepared, &statement->pending)
                                         : duckdb_pending_prepared(statement->prepared, &statement->pending);
    if (state != DuckDBSuccess) {
        return engine_fail(err, DUCKDB_ERROR_INVALID, duckdb_pending_error(statement->pending), "the SQL engine failed");
    }
    if (!streaming) {
        TRY(pending_drive(statement, connection, err));
    }
    if (duckdb_execute_pending(statement->pending, &result) != DuckDBSuccess) {
        engine_fail(err, duckdb_result_error_type(&result), duckdb_result_error(&result), "the SQL engine failed");
        duckdb_destroy_result(&result);
        return false;
    }
    *out_result = result;
    return true;
}

void engine_statement_close(struct engine_statement *statement)
{
    duckdb_destroy_pending(&statement->pending);
    duckdb_destroy_prepare(&statement->prepared);
}

bool engine_execute_on(duckdb_connection connection, const char *sql, const struct engine_value *values, size_t count, struct error *err)
{
    struct engine_statement statement = {0};
    duckdb_result result = {0};
    const bool done = engine_statement_open(&statement, connection, sql, values, count, err) &&
                      engine_statement_run(&statement, connection, false, &result, err);
    engine_statement_close(&statement);
    if (done) {
        duckdb_destroy_result(&result);
    }
    return done;
}

bool engine_execute(struct engine *engine, const char *sql, const struct engine_value *values, size_t count, struct error *err)
{
    return engine_execute_on(engine->connection, sql, values, count, err);
}

/* ---- quoting ---- */
static bool quote(struct buffer *out, struct text text, char mark, struct error *err)
{
    TRY(buffer_append(out, &mark, 1, err));
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == mark) {
            TRY(buffer_append(out, &mark, 1, err));
        }
        if (text.data[i] == '\0') {
            return FAIL(err, INVALID_INPUT, "a name for the SQL engine holds a NUL byte");
        }
        TRY(buffer_append(out, &text.data[i], 1, err));
    }
    return buffer_append(out, &mark, 1, err);
}

bool engine_quote_identifier(struct buffer *out, struct text name, struct error *err)
{
    return quote(out, name, '"', err);
}

bool engine_quote_literal(struct buffer *out, struct text value, struct error *err)
{
    return quote(out, value, '\'', err);
}
