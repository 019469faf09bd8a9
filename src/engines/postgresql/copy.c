/* SPDX-License-Identifier: EUPL-1.2 */
/* copy: columns become the tuples of COPY's binary form (PostgreSQL, COPY, "Binary Format"), and are sent when a mebibyte is together. */
#include "engines/postgresql/postgresql_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEND_BYTES = 1 << 20, BUFFER_MAX = 1 << 30, COLUMNS_MAX = 1600, VALUE_SIZE = 4 + POSTGRESQL_NUMERIC_MAX * 4 };

struct postgresql_copy {
    struct postgresql *connection;
    const enum postgresql_column_type *types;
    const char *const *names;
    size_t columns;
    struct buffer tuples;
    bool is_open; /* the server waits for more */
};

static bool send_tuples(struct postgresql_copy *copy, struct error *err)
{
    PGconn *link = copy->connection->link;
    const int sent = copy->tuples.length ? PQputCopyData(link, (const char *)copy->tuples.data, (int)copy->tuples.length) : 1;
    if (sent != 1) {
        return postgresql_fail_link(err, link, "sending rows");
    }
    buffer_clear(&copy->tuples);
    return postgresql_flush(copy->connection, err);
}

bool postgresql_copy_open(struct postgresql_copy **out_copy, struct postgresql *connection, const char *sql,
                          const enum postgresql_column_type *types, const char *const *names, size_t columns, struct error *err)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* the signature; flags; the length of what else there is */
    CLEANUP(postgresql_copy) struct postgresql_copy *copy = calloc(1, sizeof *copy);
    CLEANUP(pg_result) PGresult *result = NULL;
    if (!copy || columns > COLUMNS_MAX) {
        return FAIL(err, LIMIT, "there is no memory for the rows, or there are too many columns");
    }
    *copy = (struct postgresql_copy){connection, types, names, columns, {.maximum = BUFFER_MAX}, false};
    if (!PQsendQuery(connection->link, sql)) {
        return postgresql_fail_link(err, connection->link, "sending a statement");
    }
    TRY(postgresql_take(connection, &result, err));
    if (!result || PQresultStatus(result) != PGRES_COPY_IN) {
        postgresql_fail(err, result, sql, "rows cannot be copied");
        postgresql_drain(connection);
        return false;
    }
    copy->is_open = true;
    TRY(buffer_append(&copy->tuples, head, sizeof head, err));
    *out_copy = copy;
    copy = NULL;
    return true;
}

/* ---- one value ---- */
static size_t put_null(uint8_t *out)
{
    postgresql_put_u32(out, UINT32_MAX);
    return 4;
}

static size_t put_half(uint8_t *out, uint32_t value)
{
    postgresql_put_u32(out, 4);
    postgresql_put_u32(out + 4, value);
    return 8;
}

static size_t put_whole(uint8_t *out, uint64_t value)
{
    postgresql_put_u32(out, 8);
    postgresql_put_u64(out + 4, value);
    return 12;
}

static size_t put_numeric(uint8_t *out, double value)
{
    const size_t length = postgresql_put_numeric(out + 4, value);
    postgresql_put_u32(out, (uint32_t)length);
    return 4 + length;
}

static size_t put_double(uint8_t *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return put_whole(out, bits);
}

static bool bad_value(const struct postgresql_copy *copy, size_t column, const char *what, struct error *err)
{
    FAIL(err, INVALID_INPUT, "%s", what);
    return error_context(err, "column %s", copy->names[column]);
}

static bool put_text(struct postgresql_copy *copy, size_t column, struct text text, struct error *err)
{
    uint8_t head[4];
    if (text.length > INT32_MAX / 2) {
        return bad_value(copy, column, "a text is too long for the database", err);
    }
    if (text.length > 0 && memchr(text.data, '\0', text.length)) {
        return bad_value(copy, column, "a text holds a NUL byte, which PostgreSQL cannot store", err);
    }
    postgresql_put_u32(head, (uint32_t)text.length);
    TRY(buffer_append(&copy->tuples, head, sizeof head, err));
    return text.length == 0 || buffer_append(&copy->tuples, text.data, text.length, err);
}

/* Where there is no value of its own type the column is NULL throughout. */
static bool is_there(const struct postgresql_column *column, const void *values, size_t row)
{
    return values && (!column->valid || (column->valid[row / 64] >> (row % 64) & 1));
}

static const void *values_of(const struct postgresql_column *column, enum postgresql_column_type type)
{
    switch (type) {
    case POSTGRESQL_COLUMN_INTEGER:
    case POSTGRESQL_COLUMN_BIGINT:
    case POSTGRESQL_COLUMN_TIMESTAMP:
        return column->i64;
    case POSTGRESQL_COLUMN_DOUBLE:
    case POSTGRESQL_COLUMN_NUMERIC:
        return column->numbers;
    case POSTGRESQL_COLUMN_DATE:
        return column->days;
    case POSTGRESQL_COLUMN_TEXT:
        return column->texts;
    }
    return NULL;
}

/* The value that is there; false without an error set: the number does not fit. */
static size_t put_number(uint8_t *out, enum postgresql_column_type type, const struct postgresql_column *from, size_t row)
{
    switch (type) {
    case POSTGRESQL_COLUMN_INTEGER:
        return from->i64[row] < INT32_MIN || from->i64[row] > INT32_MAX ? 0 : put_half(out, (uint32_t)(int32_t)from->i64[row]);
    case POSTGRESQL_COLUMN_BIGINT:
        return put_whole(out, (uint64_t)from->i64[row]);
    case POSTGRESQL_COLUMN_TIMESTAMP:
        return put_whole(out, (uint64_t)from->i64[row] - (uint64_t)POSTGRESQL_EPOCH_MICROSECONDS);
    case POSTGRESQL_COLUMN_DOUBLE:
        return put_double(out, from->numbers[row]);
    case POSTGRESQL_COLUMN_NUMERIC:
        return isfinite(from->numbers[row]) ? put_numeric(out, from->numbers[row]) : 0;
    case POSTGRESQL_COLUMN_DATE:
        return put_half(out, (uint32_t)from->days[row] - POSTGRESQL_EPOCH_DAY);
    case POSTGRESQL_COLUMN_TEXT:
        break;
    }
    return 0;
}

static bool put_row(struct postgresql_copy *copy, const struct postgresql_column *columns, size_t row, struct error *err)
{
    TRY(buffer_reserve(&copy->tuples, 2 + copy->columns * VALUE_SIZE, err));
    postgresql_put_u16(copy->tuples.data + copy->tuples.length, (uint16_t)copy->columns);
    copy->tuples.length += 2;
    for (size_t i = 0; i < copy->columns; i++) {
        const enum postgresql_column_type type = copy->types[i];
        if (is_there(&columns[i], values_of(&columns[i], type), row)) {
            if (type == POSTGRESQL_COLUMN_TEXT) {
                TRY(put_text(copy, i, columns[i].texts[row], err) && buffer_reserve(&copy->tuples, copy->columns * VALUE_SIZE, err));
                continue;
            }
            const size_t used = put_number(copy->tuples.data + copy->tuples.length, type, &columns[i], row);
            if (used == 0) {
                return bad_value(copy, i, "a number is out of the range of its column in the database", err);
            }
            copy->tuples.length += used;
        } else {
            copy->tuples.length += put_null(copy->tuples.data + copy->tuples.length);
        }
    }
    return true;
}

bool postgresql_copy_columns(struct postgresql_copy *copy, const struct postgresql_column *columns, size_t rows, struct error *err)
{
    for (size_t row = 0; row < rows; row++) {
        TRY(put_row(copy, columns, row, err));
        TRY(copy->tuples.length < SEND_BYTES || send_tuples(copy, err));
    }
    return true;
}

/* What the server said about all of it. */
static bool confirm(struct postgresql_copy *copy, uint64_t *out_rows, struct error *err)
{
    for (bool is_told = false;;) {
        CLEANUP(pg_result) PGresult *result = NULL;
        TRY(postgresql_take(copy->connection, &result, err));
        if (!result) {
            return is_told || FAIL(err, ENGINE, "the database said nothing about the rows that it was sent");
        }
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            postgresql_fail(err, result, NULL, "the database does not take the rows");
            postgresql_drain(copy->connection);
            return false;
        }
        *out_rows = postgresql_changed(result);
        is_told = true;
    }
}

bool postgresql_copy_finish(struct postgresql_copy *copy, uint64_t *out_rows, struct error *err)
{
    static const uint8_t end[2] = {0xff, 0xff};
    uint64_t rows = 0;
    TRY(buffer_append(&copy->tuples, end, sizeof end, err) && send_tuples(copy, err));
    copy->is_open = false;
    if (PQputCopyEnd(copy->connection->link, NULL) != 1) {
        return postgresql_fail_link(err, copy->connection->link, "sending rows");
    }
    TRY(confirm(copy, &rows, err));
    if (out_rows) {
        *out_rows = rows;
    }
    return true;
}

void postgresql_copy_close(struct postgresql_copy *copy)
{
    if (!copy) {
        return;
    }
    if (copy->is_open) {
        if (PQputCopyEnd(copy->connection->link, "given up") == 1) {
            postgresql_drain(copy->connection);
        }
    }
    buffer_finish(&copy->tuples);
    free(copy);
}
