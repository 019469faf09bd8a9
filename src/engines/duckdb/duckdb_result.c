/* SPDX-License-Identifier: EUPL-1.2 */
/* A streamed result: data chunks of up to 2,048 rows, each column brought to one of the few types of the header. What has that type in
 * memory already (BIGINT, DOUBLE, DATE, TIMESTAMP) is not copied when a batch is one chunk; larger batches are put together of several
 * chunks, which live as long as the batch, because texts are views into them. No function of DuckDB is called for a single value. */
#include "base/arena.h"
#include "engines/duckdb/duckdb_internal.h"
#include "engines/duckdb/duckdb_text.h"
#include <stdlib.h>
#include <string.h>

struct result_column {
    duckdb_type storage; /* what is in the vector: for a DECIMAL or an ENUM the integer behind it */
    enum engine_type type;
    bool is_decimal;
    double scale;             /* of a decimal */
    int64_t multiply, divide; /* of instants, to microseconds */
    struct text *entries;     /* of an ENUM */
    size_t entry_count;
    void *values;    /* of the lane at hand: a batch's worth of int64, double or struct text, unless the values can be used in place */
    uint64_t *valid; /* of a batch of several chunks */
};
/* What a batch lies in. There are two, so that one batch can be made while the one before is in use. */
struct result_lane {
    duckdb_data_chunk *chunks;
    size_t chunk_count;
    void **values; /* by column */
    uint64_t **valid;
    struct engine_column *batch;
};
struct engine_result {
    duckdb_connection connection;
    struct engine_statement statement;
    duckdb_result result;
    bool has_result, is_borrowed;       /* the connection is the engine's own */
    struct result_lane lanes[2], *lane; /* the one at hand */
    size_t chunk_max;
    size_t columns;
    struct result_column *column;
    struct arena *arena;
};

/* ---- types ---- */
static bool column_scalar(struct result_column *column, duckdb_type type)
{
    column->storage = type;
    column->multiply = column->divide = 1;
    switch ((int)type) {
    case DUCKDB_TYPE_SQLNULL:
        column->type = ENGINE_NULL;
        return true;
    case DUCKDB_TYPE_BOOLEAN:
        column->type = ENGINE_BOOL;
        return true;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
        column->type = ENGINE_I64;
        return true;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
        column->type = ENGINE_DOUBLE;
        return true;
    case DUCKDB_TYPE_DATE:
        column->type = ENGINE_DAY;
        return true;
    case DUCKDB_TYPE_VARCHAR:
        column->type = ENGINE_TEXT;
        return true;
    default:
        return false;
    }
}

static bool column_instant(struct result_column *column, duckdb_type type)
{
    column->type = ENGINE_INSTANT;
    column->storage = DUCKDB_TYPE_BIGINT;
    switch ((int)type) {
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
        return true;
    case DUCKDB_TYPE_TIMESTAMP_S:
        column->multiply = 1000000;
        return true;
    case DUCKDB_TYPE_TIMESTAMP_MS:
        column->multiply = 1000;
        return true;
    case DUCKDB_TYPE_TIMESTAMP_NS:
        column->divide = 1000;
        return true;
    default:
        return false;
    }
}

static void column_enum(struct result_column *column, duckdb_logical_type logical, struct arena *arena)
{
    column->type = ENGINE_TEXT;
    column->storage = duckdb_enum_internal_type(logical);
    column->entry_count = duckdb_enum_dictionary_size(logical);
    column->entries = ARENA_ARRAY(arena, struct text, column->entry_count + 1);
    for (size_t i = 0; i < column->entry_count; i++) {
        char *word = duckdb_enum_dictionary_value(logical, i);
        column->entries[i] = text_of(arena_text_copy(arena, word ? word : ""));
        duckdb_free(word);
    }
}

static void column_decimal(struct result_column *column, duckdb_logical_type logical)
{
    column->type = ENGINE_DOUBLE;
    column->storage = duckdb_decimal_internal_type(logical);
    column->is_decimal = true;
    column->scale = 1;
    for (int i = 0; i < duckdb_decimal_scale(logical); i++) {
        column->scale *= 10;
    }
}

static bool column_describe(struct engine_result *result, size_t at, struct error *err)
{
    struct result_column *column = &result->column[at];
    const duckdb_type type = duckdb_column_type(&result->result, at);
    bool known = column_scalar(column, type) || column_instant(column, type);
    if (!known && (type == DUCKDB_TYPE_DECIMAL || type == DUCKDB_TYPE_ENUM)) {
        duckdb_logical_type logical = duckdb_column_logical_type(&result->result, at);
        known = true;
        if (type == DUCKDB_TYPE_DECIMAL) {
            column_decimal(column, logical);
        } else {
            column_enum(column, logical, result->arena);
        }
        duckdb_destroy_logical_type(&logical);
    }
    if (!known) {
        FAIL(err, UNSUPPORTED, "column %s has a type that is not a plain value (DuckDB type %d)", duckdb_column_name(&result->result, at),
             (int)type);
        return error_hint(err, "numbers, texts, dates and times can be read; lists and structures cannot");
    }
    return true;
}

/* ---- values ---- */
static inline bool is_valid(const uint64_t *valid, size_t i)
{
    return !valid || (valid[i / 64] >> (i % 64) & 1);
}

#define WIDEN(ctype)                        \
    do {                                    \
        const ctype *from = data;           \
        for (size_t i = 0; i < rows; i++) { \
            to[i] = (int64_t)from[i];       \
        }                                   \
    } while (0)

static bool big_values(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, int64_t *to,
                       struct error *err)
{
    const uint64_t *unsigned_values = data;
    const duckdb_hugeint *huge = data;
    for (size_t i = 0; i < rows; i++) {
        const bool is_huge = column->storage == DUCKDB_TYPE_HUGEINT;
        const uint64_t low = !is_valid(valid, i) ? 0 : is_huge ? huge[i].lower : unsigned_values[i];
        const int64_t high = is_huge && is_valid(valid, i) ? huge[i].upper : 0;
        if (high != (low >> 63 ? -1 : 0)) {
            return FAIL(err, UNSUPPORTED, "a whole number has more than 64 bits");
        }
        to[i] = (int64_t)low;
    }
    return true;
}

static bool widen(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, int64_t *to, struct error *err)
{
    switch ((int)column->storage) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_UTINYINT:
        WIDEN(uint8_t);
        return true;
    case DUCKDB_TYPE_TINYINT:
        WIDEN(int8_t);
        return true;
    case DUCKDB_TYPE_SMALLINT:
        WIDEN(int16_t);
        return true;
    case DUCKDB_TYPE_USMALLINT:
        WIDEN(uint16_t);
        return true;
    case DUCKDB_TYPE_INTEGER:
        WIDEN(int32_t);
        return true;
    case DUCKDB_TYPE_UINTEGER:
        WIDEN(uint32_t);
        return true;
    case DUCKDB_TYPE_BIGINT:
        WIDEN(int64_t);
        return true;
    default:
        return big_values(column, data, valid, rows, to, err);
    }
}

/* Instants in other units; floored, so that an instant before 1970 keeps its second. */
static void scale_instants(const struct result_column *column, const int64_t *from, const uint64_t *valid, size_t rows, int64_t *to)
{
    for (size_t i = 0; i < rows; i++) {
        int64_t value = is_valid(valid, i) ? from[i] : 0;
        if (column->divide > 1) {
            const int64_t rest = value % column->divide;
            value = value / column->divide - (rest < 0);
        } else if (__builtin_mul_overflow(value, column->multiply, &value)) {
            value = INT64_MAX; /* no such instant in the calendar: whoever checks the range refuses it */
        }
        to[i] = value;
    }
}

static bool decimals(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, double *to,
                     struct error *err)
{
    if (column->storage == DUCKDB_TYPE_HUGEINT) {
        const duckdb_hugeint *huge = data;
        for (size_t i = 0; i < rows; i++) {
            to[i] = is_valid(valid, i) ? duckdb_hugeint_to_double(huge[i]) / column->scale : 0;
        }
        return true;
    }
    /* cppcheck-suppress invalidPointerCast ; the same 8 bytes, read by memcpy */
    int64_t *whole = (int64_t *)to; /* both are 8 bytes: each is read before it is overwritten */
    TRY(widen(column, data, valid, rows, whole, err));
    for (size_t i = 0; i < rows; i++) {
        int64_t value;
        memcpy(&value, &whole[i], sizeof value);
        to[i] = (double)value / column->scale;
    }
    return true;
}

static bool numbers(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, struct engine_column *out,
                    struct error *err)
{
    double *to = column->values;
    out->numbers = to;
    if (column->is_decimal) {
        return decimals(column, data, valid, rows, to, err);
    }
    if (column->storage == DUCKDB_TYPE_DOUBLE) {
        out->numbers = data;
        return true;
    }
    const float *from = data;
    for (size_t i = 0; i < rows; i++) {
        to[i] = (double)from[i];
    }
    return true;
}

static bool entries(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, struct text *to)
{
    const uint8_t *small = data;
    const uint16_t *middle = data;
    const uint32_t *large = data;
    for (size_t i = 0; i < rows; i++) {
        const bool is_small = column->storage == DUCKDB_TYPE_UTINYINT, is_middle = column->storage == DUCKDB_TYPE_USMALLINT;
        const size_t at = !is_valid(valid, i) ? column->entry_count : is_small ? small[i] : is_middle ? middle[i] : large[i];
        to[i] = at < column->entry_count ? column->entries[at] : TEXT("");
    }
    return true;
}

/* duckdb_string_t: up to 12 bytes lie in the vector itself, longer texts behind a pointer. */
static bool texts(const struct result_column *column, const void *data, const uint64_t *valid, size_t rows, struct text *to)
{
    enum { INLINED_MAX = 12 };
    const duckdb_string_t *from = data;
    if (column->entries) {
        return entries(column, data, valid, rows, to);
    }
    for (size_t i = 0; i < rows; i++) {
        if (!is_valid(valid, i)) {
            to[i] = TEXT("");
            continue;
        }
        const uint32_t length = from[i].value.inlined.length;
        to[i].length = length;
        to[i].data = length <= INLINED_MAX ? from[i].value.inlined.inlined : from[i].value.pointer.ptr;
    }
    return true;
}

static bool column_convert(const struct result_column *column, duckdb_vector vector, size_t rows, struct engine_column *out,
                           struct error *err)
{
    const void *data = duckdb_vector_get_data(vector);
    const uint64_t *valid = duckdb_vector_get_validity(vector);
    *out = (struct engine_column){.type = column->type, .valid = valid};
    switch (column->type) {
    case ENGINE_I64:
    case ENGINE_BOOL:
        out->i64 = column->storage == DUCKDB_TYPE_BIGINT ? data : column->values;
        return column->storage == DUCKDB_TYPE_BIGINT || widen(column, data, valid, rows, column->values, err);
    case ENGINE_INSTANT:
        out->i64 = data;
        if (column->multiply != 1 || column->divide != 1) {
            out->i64 = column->values;
            scale_instants(column, data, valid, rows, column->values);
        }
        return true;
    case ENGINE_DAY:
        out->days = data;
        return true;
    case ENGINE_DOUBLE:
        return numbers(column, data, valid, rows, out, err);
    case ENGINE_TEXT:
        out->texts = column->values;
        return texts(column, data, valid, rows, column->values);
    case ENGINE_NULL:
        return true;
    }
    return false;
}

/* ---- batches of several chunks ---- */
static size_t value_size(enum engine_type type)
{
    return type == ENGINE_TEXT ? sizeof(struct text) : type == ENGINE_DAY ? sizeof(int32_t) : sizeof(int64_t);
}

static const void *values_of(const struct engine_column *column)
{
    switch (column->type) {
    case ENGINE_I64:
    case ENGINE_BOOL:
    case ENGINE_INSTANT:
        return column->i64;
    case ENGINE_DAY:
        return column->days;
    case ENGINE_DOUBLE:
        return column->numbers;
    case ENGINE_TEXT:
        return column->texts;
    case ENGINE_NULL:
        return NULL;
    }
    return NULL;
}

/* Rows first .. first + rows - 1 of the batch are those of the vector. Every chunk but the last is full, so that bits begin in words. */
static bool column_place(const struct result_column *column, duckdb_vector vector, size_t first, size_t rows, struct engine_column *out,
                         struct error *err)
{
    struct result_column there = *column;
    struct engine_column piece;
    const size_t words = (rows + 63) / 64;
    there.values = (char *)column->values + first * value_size(column->type);
    TRY(column_convert(&there, vector, rows, &piece, err));
    if (column->type != ENGINE_NULL && values_of(&piece) != there.values) {
        memcpy(there.values, values_of(&piece), rows * value_size(column->type));
    }
    if (piece.valid && !out->valid) {
        memset(column->valid, 0xFF, first / 8);
        out->valid = column->valid;
    }
    if (piece.valid) {
        memcpy(column->valid + first / 64, piece.valid, words * sizeof *piece.valid);
    } else if (out->valid) {
        memset(column->valid + first / 64, 0xFF, words * sizeof *column->valid);
    }
    return true;
}

/* ---- life ---- */
static bool result_connect(struct engine_result *result, struct engine *engine, struct error *err)
{
    if (result->is_borrowed) {
        result->connection = engine->connection;
        return true;
    }
    /* A connection streams one result at a time, so that each has its own. */
    return duckdb_connect(engine->database, &result->connection) == DuckDBSuccess || FAIL(err, ENGINE, "cannot connect to the SQL engine");
}

static bool result_start(struct engine_result *result, struct engine *engine, const char *sql, const struct engine_value *values,
                         size_t count, struct error *err)
{
    TRY(result_connect(result, engine, err));
    if (engine->files_allowed) { /* else the configuration is locked, and results are small */
        TRY(engine_execute_on(result->connection, read_ahead_sql, NULL, 0, err));
    }
    TRY(engine_statement_open(&result->statement, result->connection, sql, values, count, err));
    TRY(engine_statement_run(&result->statement, result->connection, true, &result->result, err));
    result->has_result = true;
    result->columns = duckdb_column_count(&result->result);
    result->column = ARENA_ARRAY(result->arena, struct result_column, result->columns + 1);
    for (size_t i = 0; i < result->columns; i++) {
        TRY(column_describe(result, i, err));
    }
    return engine_result_batch_rows(result, duckdb_vector_size(), err);
}

static void lane_make(struct engine_result *result, struct result_lane *lane)
{
    const size_t rows = result->chunk_max * duckdb_vector_size();
    lane->chunks = ARENA_ARRAY(result->arena, duckdb_data_chunk, result->chunk_max);
    lane->values = ARENA_ARRAY(result->arena, void *, result->columns + 1);
    lane->valid = ARENA_ARRAY(result->arena, uint64_t *, result->columns + 1);
    lane->batch = ARENA_ARRAY(result->arena, struct engine_column, result->columns + 1);
    for (size_t i = 0; i < result->columns; i++) {
        lane->values[i] = arena_allocate_raw(result->arena, rows, value_size(result->column[i].type));
        lane->valid[i] = arena_allocate_raw(result->arena, rows / 64 + 1, sizeof(uint64_t));
    }
}

bool engine_result_batch_rows(struct engine_result *result, size_t rows, struct error *err)
{
    const size_t vector = duckdb_vector_size();
    if (rows < vector || rows > ENGINE_BATCH_ROWS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a batch has %zu to %d rows", vector, (int)ENGINE_BATCH_ROWS_MAX);
    }
    result->chunk_max = rows / vector;
    lane_make(result, &result->lanes[0]);
    lane_make(result, &result->lanes[1]);
    result->lane = &result->lanes[0];
    return true;
}

static bool query(struct engine_result **out_result, struct engine *engine, bool is_borrowed, const char *sql,
                  const struct engine_value *values, size_t count, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = calloc(1, sizeof *result);
    if (!result) {
        return FAIL(err, LIMIT, "the system has no memory for a result");
    }
    result->arena = arena_create();
    result->is_borrowed = is_borrowed;
    TRY(result_start(result, engine, sql, values, count, err));
    *out_result = result;
    result = NULL;
    return true;
}

bool engine_query(struct engine_result **out_result, struct engine *engine, const char *sql, const struct engine_value *values,
                  size_t count, struct error *err)
{
    return query(out_result, engine, false, sql, values, count, err);
}

bool engine_query_here(struct engine_result **out_result, struct engine *engine, const char *sql, const struct engine_value *values,
                       size_t count, struct error *err)
{
    return query(out_result, engine, true, sql, values, count, err);
}

static void chunks_release(struct result_lane *lane)
{
    for (size_t i = 0; i < lane->chunk_count; i++) {
        duckdb_destroy_data_chunk(&lane->chunks[i]);
    }
    lane->chunk_count = 0;
}

void engine_result_close(struct engine_result *result)
{
    if (!result) {
        return;
    }
    chunks_release(&result->lanes[0]);
    chunks_release(&result->lanes[1]);
    if (result->has_result) {
        duckdb_destroy_result(&result->result);
    }
    engine_statement_close(&result->statement);
    if (!result->is_borrowed) {
        duckdb_disconnect(&result->connection);
    }
    arena_destroy(result->arena);
    free(result);
}

size_t engine_result_columns(const struct engine_result *result)
{
    return result->columns;
}

const char *engine_result_column_name(const struct engine_result *result, size_t column)
{
    duckdb_result handle = result->result; /* a handle: reading a name changes nothing behind it */
    return duckdb_column_name(&handle, column);
}

enum engine_type engine_result_column_type(const struct engine_result *result, size_t column)
{
    return result->column[column].type;
}

/* NULL at the end. */
static bool fetch(struct engine_result *result, duckdb_data_chunk *out_chunk, struct error *err)
{
    *out_chunk = duckdb_fetch_chunk(result->result);
    const char *words = *out_chunk ? NULL : duckdb_result_error(&result->result);
    if (words && words[0]) {
        return engine_fail(err, duckdb_result_error_type(&result->result), words, "the SQL engine failed");
    }
    return true;
}

/* Whole chunks up to the size of a batch; a chunk that is not full ends the batch, because the bits of the next would not fit. */
static bool chunks_fetch(struct engine_result *result, size_t *out_rows, struct error *err)
{
    bool more = true;
    *out_rows = 0;
    while (more && result->lane->chunk_count < result->chunk_max) {
        duckdb_data_chunk chunk = NULL;
        TRY(fetch(result, &chunk, err));
        const size_t size = chunk ? duckdb_data_chunk_get_size(chunk) : 0;
        if (chunk) {
            result->lane->chunks[result->lane->chunk_count++] = chunk;
        }
        *out_rows += size;
        more = size == duckdb_vector_size();
    }
    return true;
}

static bool column_gather(const struct engine_result *result, size_t at, struct engine_column *out, struct error *err)
{
    const struct result_column *column = &result->column[at];
    *out = (struct engine_column){.type = column->type};
    for (size_t c = 0; c < result->lane->chunk_count; c++) {
        duckdb_data_chunk chunk = result->lane->chunks[c];
        TRY(column_place(column, duckdb_data_chunk_get_vector(chunk, at), c * duckdb_vector_size(), duckdb_data_chunk_get_size(chunk), out,
                         err));
    }
    out->i64 = out->type == ENGINE_I64 || out->type == ENGINE_BOOL || out->type == ENGINE_INSTANT ? column->values : NULL;
    out->days = out->type == ENGINE_DAY ? column->values : NULL;
    out->numbers = out->type == ENGINE_DOUBLE ? column->values : NULL;
    out->texts = out->type == ENGINE_TEXT ? column->values : NULL;
    return true;
}

static void lane_change(struct engine_result *result)
{
    result->lane = &result->lanes[result->lane == &result->lanes[0]];
    for (size_t i = 0; i < result->columns; i++) {
        result->column[i].values = result->lane->values[i];
        result->column[i].valid = result->lane->valid[i];
    }
    chunks_release(result->lane);
}

bool engine_result_next(struct engine_result *result, struct engine_batch *out_batch, struct error *err)
{
    size_t rows = 0;
    lane_change(result);
    struct result_lane *lane = result->lane;
    TRY(chunks_fetch(result, &rows, err));
    for (size_t i = 0; i < result->columns && rows; i++) {
        TRY(lane->chunk_count > 1
                ? column_gather(result, i, &lane->batch[i], err)
                : column_convert(&result->column[i], duckdb_data_chunk_get_vector(lane->chunks[0], i), rows, &lane->batch[i], err));
    }
    *out_batch = (struct engine_batch){.rows = rows, .columns = result->columns, .column = lane->batch};
    return true;
}
