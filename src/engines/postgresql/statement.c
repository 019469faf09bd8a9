/* SPDX-License-Identifier: EUPL-1.2 */
/* statement: scripts, single statements with values, and rows one after the other. */
#include "engines/postgresql/postgresql_internal.h"
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 64, COLUMNS_MAX = 1600 };

static bool is_rows(ExecStatusType status)
{
    return status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK;
}

static bool is_done(ExecStatusType status)
{
    return is_rows(status) || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
}

static bool failed(struct postgresql *connection, const PGresult *result, const char *sql, const char *doing, struct error *err)
{
    if (PQresultStatus(result) == PGRES_COPY_IN || PQresultStatus(result) == PGRES_COPY_OUT) {
        FAIL(err, INTERNAL, "%s: the statement wants to copy rows", doing);
    } else {
        postgresql_fail(err, result, sql, doing);
    }
    postgresql_drain(connection);
    return false;
}

/* Every result up to the end; rows are dropped as they come. */
static bool finish(struct postgresql *connection, const char *sql, const char *doing, uint64_t *rows, struct error *err)
{
    for (;;) {
        CLEANUP(pg_result) PGresult *result = NULL;
        TRY(postgresql_take(connection, &result, err));
        if (!result) {
            return true;
        }
        if (!is_done(PQresultStatus(result))) {
            return failed(connection, result, sql, doing, err);
        }
        if (rows) {
            *rows += postgresql_changed(result);
        }
    }
}

bool postgresql_script(struct postgresql *connection, const char *sql, struct error *err)
{
    if (!PQsendQuery(connection->link, sql)) {
        return postgresql_fail_link(err, connection->link, "sending statements");
    }
    PQsetSingleRowMode(connection->link);
    return finish(connection, sql, "a statement of a script", NULL, err);
}

static bool send(struct postgresql *connection, const char *sql, const struct postgresql_value *values, size_t count, struct error *err)
{
    Oid oids[VALUES_MAX];
    uint8_t space[VALUES_MAX][8];
    const char *bytes[VALUES_MAX];
    int lengths[VALUES_MAX], formats[VALUES_MAX];
    if (count > VALUES_MAX) {
        return FAIL(err, INTERNAL, "a statement has more than %d values", VALUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (!values[i].is_null && values[i].type == POSTGRESQL_TEXT && values[i].text.length > INT32_MAX) {
            return FAIL(err, LIMIT, "a text is too long for the database");
        }
        oids[i] = postgresql_parameter(&values[i], space[i], &bytes[i], &lengths[i]);
        formats[i] = 1;
    }
    if (!PQsendQueryParams(connection->link, sql, (int)count, oids, bytes, lengths, formats, 1)) {
        return postgresql_fail_link(err, connection->link, "sending a statement");
    }
    PQsetSingleRowMode(connection->link);
    return true;
}

bool postgresql_execute(struct postgresql *connection, const char *sql, const struct postgresql_value *values, size_t count,
                        uint64_t *out_rows, struct error *err)
{
    uint64_t rows = 0;
    TRY(send(connection, sql, values, count, err) && finish(connection, sql, "a statement", &rows, err));
    if (out_rows) {
        *out_rows = rows;
    }
    return true;
}

/* ---- rows ---- */
struct postgresql_result {
    struct postgresql *connection;
    const char *sql; /* borrowed: of the first result only */
    PGresult *rows;  /* a batch of one row, or the empty last one */
    int at;
    size_t columns;
    enum postgresql_type *types;
    Oid *oids;
    char **names;
    struct postgresql_value *values;
    bool is_ended;
};

static bool describe(struct postgresql_result *result, struct error *err)
{
    const int columns = PQnfields(result->rows);
    result->columns = (size_t)columns;
    result->types = calloc(result->columns + 1, sizeof *result->types);
    result->oids = calloc(result->columns + 1, sizeof *result->oids);
    result->names = calloc(result->columns + 1, sizeof *result->names);
    result->values = calloc(result->columns + 1, sizeof *result->values);
    if (!result->types || !result->oids || !result->names || !result->values) {
        return FAIL(err, LIMIT, "the system has no memory for rows");
    }
    for (int i = 0; i < columns; i++) {
        result->names[i] = strdup(PQfname(result->rows, i));
        result->oids[i] = PQftype(result->rows, i);
        if (!result->names[i]) {
            return FAIL(err, LIMIT, "the system has no memory for rows");
        }
        if (!postgresql_type_of(result->oids[i], &result->types[i])) {
            FAIL(err, UNSUPPORTED, "column %d of a result is of a type that emc2 does not read", i + 1);
            return error_detail(err, "PostgreSQL type %u", result->oids[i]);
        }
    }
    return true;
}

/* The next batch; a result without rows is the last. */
static bool advance(struct postgresql_result *result, struct error *err)
{
    PQclear(result->rows);
    result->rows = NULL;
    result->at = 0;
    TRY(postgresql_take(result->connection, &result->rows, err));
    if (!result->rows) {
        result->is_ended = true;
        return true;
    }
    if (!is_done(PQresultStatus(result->rows))) {
        result->is_ended = true;
        return failed(result->connection, result->rows, result->sql, "a query", err);
    }
    return true;
}

bool postgresql_query(struct postgresql_result **out_result, struct postgresql *connection, const char *sql,
                      const struct postgresql_value *values, size_t count, struct error *err)
{
    CLEANUP(postgresql_result) struct postgresql_result *result = calloc(1, sizeof *result);
    if (!result) {
        return FAIL(err, LIMIT, "the system has no memory for rows");
    }
    result->connection = connection;
    result->sql = sql;
    TRY(send(connection, sql, values, count, err) && advance(result, err));
    if (result->is_ended) {
        return FAIL(err, INTERNAL, "the database gave no answer to a query");
    }
    TRY(describe(result, err));
    result->sql = NULL;
    *out_result = result;
    result = NULL;
    return true;
}

size_t postgresql_result_columns(const struct postgresql_result *result)
{
    return result->columns;
}

const char *postgresql_result_column_name(const struct postgresql_result *result, size_t column)
{
    return result->names[column];
}

enum postgresql_type postgresql_result_column_type(const struct postgresql_result *result, size_t column)
{
    return result->types[column];
}

bool postgresql_result_next(struct postgresql_result *result, const struct postgresql_value **out_row, struct error *err)
{
    while (!result->is_ended && result->at >= PQntuples(result->rows)) {
        TRY(advance(result, err));
    }
    if (result->is_ended) {
        *out_row = NULL;
        return true;
    }
    for (size_t i = 0; i < result->columns; i++) {
        const int column = (int)i, row = result->at;
        if (PQgetisnull(result->rows, row, column)) {
            result->values[i] = (struct postgresql_value){.type = result->types[i], .is_null = true};
            continue;
        }
        const char *bytes = PQgetvalue(result->rows, row, column);
        const size_t length = (size_t)PQgetlength(result->rows, row, column);
        if (!postgresql_decode(result->oids[i], (const uint8_t *)bytes, length, &result->values[i], err)) {
            return error_context(err, "column %zu of a result", i + 1);
        }
    }
    result->at++;
    *out_row = result->values;
    return true;
}

void postgresql_result_close(struct postgresql_result *result)
{
    if (!result) {
        return;
    }
    PQclear(result->rows);
    for (size_t i = 0; result->names && i < result->columns; i++) {
        free(result->names[i]);
    }
    if (!result->is_ended) {
        postgresql_stop(result->connection);
    }
    free(result->types);
    free(result->oids);
    free(result->names);
    free(result->values);
    free(result);
}

/* ---- names ---- */
bool postgresql_quote_identifier(struct buffer *out, struct text name, struct error *err)
{
    TRY(buffer_append_text(out, "\"", err));
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '\0') {
            return FAIL(err, INVALID_INPUT, "a name for the database holds a NUL byte");
        }
        TRY(name.data[i] != '"' || buffer_append_text(out, "\"", err));
        TRY(buffer_append(out, &name.data[i], 1, err));
    }
    return buffer_append_text(out, "\"", err);
}
