/* SPDX-License-Identifier: EUPL-1.2 */
/* Bulk rows into a table of the engine: values go into the vectors of one data chunk, and a full chunk is appended at once. */
#include "engines/duckdb/duckdb_internal.h"
#include <stdlib.h>
#include <string.h>

struct appender_column {
    duckdb_type type;
    duckdb_vector vector;
    void *data;
    uint64_t *valid; /* NULL until the first NULL of this chunk */
};
struct engine_appender {
    duckdb_appender appender;
    duckdb_data_chunk chunk;
    size_t columns, rows, at; /* at: column of the next value */
    struct appender_column *column;
};

static bool appender_fail(const struct engine_appender *appender, struct error *err)
{
    duckdb_error_data data = duckdb_appender_error_data(appender->appender);
    engine_fail(err, duckdb_error_data_error_type(data), duckdb_error_data_message(data), "the SQL engine does not take the rows");
    duckdb_destroy_error_data(&data);
    return false;
}

/* The vectors of a chunk that was reset are other ones. */
static void chunk_begin(struct engine_appender *appender)
{
    appender->rows = 0;
    for (size_t i = 0; i < appender->columns; i++) {
        appender->column[i].vector = duckdb_data_chunk_get_vector(appender->chunk, i);
        appender->column[i].data = duckdb_vector_get_data(appender->column[i].vector);
        appender->column[i].valid = NULL;
    }
}

static bool chunk_append(struct engine_appender *appender, struct error *err)
{
    if (!appender->rows) {
        return true;
    }
    duckdb_data_chunk_set_size(appender->chunk, appender->rows);
    if (duckdb_append_data_chunk(appender->appender, appender->chunk) != DuckDBSuccess) {
        return appender_fail(appender, err);
    }
    duckdb_data_chunk_reset(appender->chunk);
    chunk_begin(appender);
    return true;
}

static bool chunk_create(struct engine_appender *appender, struct error *err)
{
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the type is a handle, and an array of handles is meant */
    duckdb_logical_type *types = calloc(appender->columns + 1, sizeof *types);
    appender->column = calloc(appender->columns + 1, sizeof *appender->column);
    if (!types || !appender->column) {
        free(types);
        return FAIL(err, LIMIT, "the system has no memory for rows");
    }
    for (size_t i = 0; i < appender->columns; i++) {
        types[i] = duckdb_appender_column_type(appender->appender, i);
        appender->column[i].type = duckdb_get_type_id(types[i]);
    }
    appender->chunk = duckdb_create_data_chunk(types, appender->columns);
    for (size_t i = 0; i < appender->columns; i++) {
        duckdb_destroy_logical_type(&types[i]);
    }
    free(types);
    if (!appender->chunk) {
        return FAIL(err, ENGINE, "the SQL engine makes no chunk for rows");
    }
    chunk_begin(appender);
    return true;
}

bool engine_appender_open(struct engine_appender **out_appender, struct engine *engine, const char *table, struct error *err)
{
    CLEANUP(engine_appender) struct engine_appender *appender = calloc(1, sizeof *appender);
    if (!appender) {
        return FAIL(err, LIMIT, "the system has no memory for rows");
    }
    if (duckdb_appender_create(engine->connection, NULL, table, &appender->appender) != DuckDBSuccess) {
        return appender_fail(appender, err);
    }
    appender->columns = duckdb_appender_column_count(appender->appender);
    TRY(chunk_create(appender, err));
    *out_appender = appender;
    appender = NULL;
    return true;
}

static void put_null(struct appender_column *column, size_t row)
{
    if (!column->valid) {
        duckdb_vector_ensure_validity_writable(column->vector);
        column->valid = duckdb_vector_get_validity(column->vector);
    }
    duckdb_validity_set_row_invalid(column->valid, row);
}

/* The value's type must be the column's: INTEGER and BIGINT take I64, DOUBLE takes DOUBLE, and so on. */
static bool put_value(struct appender_column *column, size_t row, const struct engine_value *value, struct error *err)
{
    const duckdb_type type = column->type;
    /* NOLINTNEXTLINE(bugprone-branch-clone): one branch for each pair of types reads as the table that it is */
    if (value->type == ENGINE_I64 && type == DUCKDB_TYPE_BIGINT) {
        ((int64_t *)column->data)[row] = value->i64;
        /* NOLINTNEXTLINE(bugprone-branch-clone): the same */
    } else if (value->type == ENGINE_I64 && type == DUCKDB_TYPE_INTEGER && value->i64 >= INT32_MIN && value->i64 <= INT32_MAX) {
        ((int32_t *)column->data)[row] = (int32_t)value->i64;
    } else if (value->type == ENGINE_DOUBLE && type == DUCKDB_TYPE_DOUBLE) {
        ((double *)column->data)[row] = value->number;
    } else if (value->type == ENGINE_DAY && type == DUCKDB_TYPE_DATE) {
        ((int32_t *)column->data)[row] = (int32_t)value->i64;
    } else if (value->type == ENGINE_INSTANT && type == DUCKDB_TYPE_TIMESTAMP) {
        ((int64_t *)column->data)[row] = value->i64;
    } else if (value->type == ENGINE_BOOL && type == DUCKDB_TYPE_BOOLEAN) {
        ((bool *)column->data)[row] = value->i64 != 0;
    } else if (value->type == ENGINE_TEXT && type == DUCKDB_TYPE_VARCHAR) {
        duckdb_vector_assign_string_element_len(column->vector, row, value->text.data, value->text.length);
    } else {
        return FAIL(err, INTERNAL, "a value does not have the type of its column (DuckDB type %d)", (int)type);
    }
    return true;
}

bool engine_appender_value(struct engine_appender *appender, const struct engine_value *value, struct error *err)
{
    if (appender->at >= appender->columns) {
        return FAIL(err, INTERNAL, "a row has more values than the table has columns");
    }
    struct appender_column *column = &appender->column[appender->at++];
    if (value->type == ENGINE_NULL) {
        put_null(column, appender->rows);
        return true;
    }
    return put_value(column, appender->rows, value, err);
}

bool engine_appender_end_row(struct engine_appender *appender, struct error *err)
{
    if (appender->at != appender->columns) {
        return FAIL(err, INTERNAL, "a row has fewer values than the table has columns");
    }
    appender->at = 0;
    return ++appender->rows < duckdb_vector_size() || chunk_append(appender, err);
}

/* ---- whole columns ---- */
static inline bool is_valid(const uint64_t *valid, size_t i)
{
    return !valid || (valid[i / 64] >> (i % 64) & 1);
}

static bool put_column(struct appender_column *to, const struct engine_column *from, size_t first, size_t rows, struct error *err)
{
    for (size_t i = 0; i < rows; i++) {
        if (from->type == ENGINE_NULL || !is_valid(from->valid, first + i)) {
            put_null(to, i);
        }
    }
    if ((from->type == ENGINE_I64 && to->type == DUCKDB_TYPE_BIGINT) ||
        (from->type == ENGINE_INSTANT && to->type == DUCKDB_TYPE_TIMESTAMP)) {
        memcpy(to->data, from->i64 + first, rows * sizeof(int64_t));
    } else if (from->type == ENGINE_DOUBLE && to->type == DUCKDB_TYPE_DOUBLE) {
        memcpy(to->data, from->numbers + first, rows * sizeof(double));
    } else if (from->type == ENGINE_DAY && to->type == DUCKDB_TYPE_DATE) {
        memcpy(to->data, from->days + first, rows * sizeof(int32_t));
    } else if (from->type == ENGINE_TEXT && to->type == DUCKDB_TYPE_VARCHAR) {
        for (size_t i = 0; i < rows; i++) {
            if (is_valid(from->valid, first + i)) {
                duckdb_vector_assign_string_element_len(to->vector, i, from->texts[first + i].data, from->texts[first + i].length);
            }
        }
    } else if (from->type != ENGINE_NULL) {
        return FAIL(err, INTERNAL, "a column does not have the type of the table's (DuckDB type %d)", (int)to->type);
    }
    return true;
}

bool engine_appender_columns(struct engine_appender *appender, const struct engine_batch *batch, struct error *err)
{
    if (batch->columns != appender->columns || appender->at != 0) {
        return FAIL(err, INTERNAL, "the batch does not have the columns of the table");
    }
    TRY(chunk_append(appender, err));
    for (size_t first = 0; first < batch->rows; first += duckdb_vector_size()) {
        const size_t rows = batch->rows - first < duckdb_vector_size() ? batch->rows - first : duckdb_vector_size();
        for (size_t i = 0; i < appender->columns; i++) {
            TRY(put_column(&appender->column[i], &batch->column[i], first, rows, err));
        }
        appender->rows = rows;
        TRY(chunk_append(appender, err));
    }
    return true;
}

bool engine_appender_finish(struct engine_appender *appender, struct error *err)
{
    if (appender->at != 0) {
        return FAIL(err, INTERNAL, "the last row is not complete");
    }
    TRY(chunk_append(appender, err));
    return duckdb_appender_close(appender->appender) == DuckDBSuccess || appender_fail(appender, err);
}

void engine_appender_close(struct engine_appender *appender)
{
    if (!appender) {
        return;
    }
    duckdb_destroy_data_chunk(&appender->chunk);
    duckdb_appender_destroy(&appender->appender);
    free(appender->column);
    free(appender);
}
