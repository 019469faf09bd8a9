/* SPDX-License-Identifier: EUPL-1.2 */
/* block_read: a block taken apart. Everything that a row could trip over is checked here, once for each block and not for each row. */
#include "intake/delivery/block.h"
#include <math.h>
#include <string.h>

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "a block is not as emc2 writes it");
}

static bool name_take(struct cursor *in, struct text *out_name, struct error *err)
{
    uint8_t length;
    const uint8_t *bytes;
    TRY(cursor_u8(in, &length, err) && cursor_bytes(in, length, &bytes, err));
    *out_name = (struct text){(const char *)bytes, length};
    return true;
}

static bool rows_take(struct cursor *in, size_t *out_rows, struct error *err)
{
    uint64_t rows;
    TRY(cursor_varint(in, &rows, err));
    if (rows == 0 || rows > BLOCK_ROWS_MAX) {
        return corrupt(err);
    }
    *out_rows = (size_t)rows;
    return true;
}

/* ---- values ---- */
int64_t block_integer(const struct block_column *column, size_t row)
{
    uint64_t value = 0;
    const uint8_t *at = column->values + row * column->width;
    switch (column->width) { /* constant lengths become one load */
    case 1:
        value = at[0];
        break;
    case 2:
        memcpy(&value, at, 2);
        break;
    case 4:
        memcpy(&value, at, 4);
        break;
    default:
        memcpy(&value, at, 8);
    }
    return (int64_t)(value + (uint64_t)column->base);
}

double block_number(const struct block_column *column, size_t row)
{
    double number;
    memcpy(&number, column->values + row * 8, sizeof number);
    return number;
}

static bool presence_take(struct cursor *in, struct block_column *column, size_t rows, struct error *err)
{
    uint8_t is_dense;
    TRY(cursor_u8(in, &is_dense, err));
    if (is_dense > 1) {
        return corrupt(err);
    }
    column->is_dense = is_dense;
    if (is_dense) {
        return true;
    }
    TRY(cursor_bytes(in, (rows + 7) / 8, &column->presence, err));
    unsigned any = 0;
    for (size_t i = 0; i < (rows + 7) / 8; i++) {
        any |= column->presence[i];
    }
    return (any != 0 && (rows % 8 == 0 || column->presence[rows / 8] >> rows % 8 == 0)) || corrupt(err);
}

static bool integers_take(struct cursor *in, struct block_column *column, size_t rows, struct error *err)
{
    uint8_t width;
    uint64_t base;
    TRY(cursor_u8(in, &width, err) && cursor_u64(in, &base, err));
    if (width != 1 && width != 2 && width != 4 && width != 8) {
        return corrupt(err);
    }
    column->width = width;
    column->base = (int64_t)base;
    TRY(cursor_bytes(in, rows * width, &column->values, err));
    for (size_t row = 0; column->type == RECORD_DAY && row < rows; row++) {
        int64_t value = block_integer(column, row);
        if (value < INT32_MIN || value > INT32_MAX) {
            return corrupt(err);
        }
    }
    return true;
}

static bool numbers_take(struct cursor *in, struct block_column *column, size_t rows, struct error *err)
{
    column->width = 8;
    TRY(cursor_bytes(in, rows * 8, &column->values, err));
    for (size_t row = 0; row < rows; row++) {
        if (!isfinite(block_number(column, row))) {
            return FAIL(err, INVALID_INPUT, "%s is not a number", record_column_name(column->column));
        }
    }
    return true;
}

static bool text_list_take(struct cursor *in, struct block_column *column, struct text *texts, struct error *err)
{
    const uint8_t *lengths, *bytes;
    TRY(cursor_bytes(in, column->text_count, &lengths, err));
    for (size_t i = 0; i < column->text_count; i++) {
        TRY(cursor_bytes(in, lengths[i], &bytes, err));
        texts[i] = (struct text){(const char *)bytes, lengths[i]};
        if (lengths[i] == 0) {
            return corrupt(err);
        }
        if (!text_is_utf8(texts[i])) {
            return FAIL(err, INVALID_INPUT, "%s is not UTF-8", record_column_name(column->column));
        }
    }
    return true;
}

static bool texts_take(struct cursor *in, struct block_column *column, size_t rows, struct arena *arena, struct error *err)
{
    uint64_t count;
    TRY(cursor_varint(in, &count, err));
    if (count == 0 || count > rows) {
        return corrupt(err);
    }
    struct text *texts = ARENA_ARRAY(arena, struct text, (size_t)count);
    column->text_count = (size_t)count;
    column->texts = texts;
    TRY(text_list_take(in, column, texts, err));
    column->width = count <= 256 ? 1 : 2;
    TRY(cursor_bytes(in, rows * column->width, &column->values, err));
    for (size_t row = 0; row < rows; row++) {
        if (block_text_index(column, row) >= column->text_count) {
            return corrupt(err);
        }
    }
    return true;
}

/* ---- columns ---- */
static const struct record_field *field_of(enum record_table table, enum record_column column)
{
    const struct record_shape *shape = record_shape(table);
    for (size_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].column == column) {
            return &shape->fields[i];
        }
    }
    return NULL;
}

static bool column_head_take(struct cursor *in, enum record_table table, struct block_column *column, struct error *err)
{
    struct text name;
    uint8_t type;
    TRY(name_take(in, &name, err) && cursor_u8(in, &type, err));
    if (!record_column_find(name, &column->column) || !field_of(table, column->column)) {
        char shown[64];
        text_to_shown(shown, sizeof shown, name);
        return FAIL(err, UNSUPPORTED, "%s has a column '%s', which this emc2 does not know", record_table_name(table), shown);
    }
    column->type = record_column_type(column->column);
    return type == (uint8_t)column->type || corrupt(err);
}

static bool column_take(struct cursor *in, const struct block *block, struct block_column *column, struct arena *arena, struct error *err)
{
    TRY(column_head_take(in, block->table, column, err));
    TRY(presence_take(in, column, block->rows, err));
    if (!column->is_dense && field_of(block->table, column->column)->is_demanded) {
        return FAIL(err, INVALID_INPUT, "%s without %s", record_table_name(block->table), record_column_name(column->column));
    }
    switch (column->type) {
    case RECORD_INTEGER:
    case RECORD_DAY:
        return integers_take(in, column, block->rows, err);
    case RECORD_NUMBER:
        return numbers_take(in, column, block->rows, err);
    case RECORD_TEXT:
        return texts_take(in, column, block->rows, arena, err);
    }
    return false;
}

const struct block_column *block_find(const struct block *block, enum record_column column)
{
    for (size_t i = 0; i < block->column_count; i++) {
        if (block->columns[i].column == column) {
            return &block->columns[i];
        }
    }
    return NULL;
}

static bool demanded_check(const struct block *block, struct error *err)
{
    const struct record_shape *shape = record_shape(block->table);
    for (size_t i = 0; i < shape->field_count; i++) {
        if (shape->fields[i].is_demanded && !block_find(block, shape->fields[i].column)) {
            return FAIL(err, INVALID_INPUT, "%s without %s", shape->name, record_column_name(shape->fields[i].column));
        }
    }
    return true;
}

static bool columns_take(struct cursor *in, struct block *block, struct arena *arena, struct error *err)
{
    uint64_t count;
    TRY(cursor_varint(in, &count, err));
    if (count == 0 || count > record_shape(block->table)->field_count) {
        return corrupt(err);
    }
    for (; block->column_count < count; block->column_count++) {
        struct block_column *column = &block->columns[block->column_count];
        if (!column_take(in, block, column, arena, err)) {
            return error_context(err, "table %s", record_table_name(block->table));
        }
        if (block_find(block, column->column)) {
            return corrupt(err);
        }
    }
    return demanded_check(block, err);
}

static bool tokens_take(struct cursor *in, struct block *block, struct error *err)
{
    block->is_tokens = true;
    TRY(cursor_bytes(in, block->rows * 8, &block->subjects, err) && cursor_bytes(in, block->rows, &block->counts, err));
    for (size_t i = 0; i < block->rows; i++) {
        if (block->counts[i] == 0 || block->counts[i] > DELIVERY_TOKENS_MAX) {
            return corrupt(err);
        }
        block->token_count += block->counts[i];
    }
    return cursor_bytes(in, block->token_count * sizeof(struct delivery_token), &block->tokens, err);
}

bool block_parse(struct block *out_block, const void *bytes, size_t length, struct arena *arena, struct error *err)
{
    struct block block = {.rows = 0};
    struct cursor in = {bytes, length, 0};
    struct text name;
    TRY(name_take(&in, &name, err) && rows_take(&in, &block.rows, err));
    if (text_equal(name, TEXT("tokens"))) {
        TRY(tokens_take(&in, &block, err));
    } else if (record_table_find(name, &block.table)) {
        TRY(columns_take(&in, &block, arena, err));
    } else {
        char shown[64];
        text_to_shown(shown, sizeof shown, name);
        return FAIL(err, UNSUPPORTED, "it has a table '%s', which this emc2 does not know", shown);
    }
    TRY(in.position == in.length || corrupt(err));
    *out_block = block;
    return true;
}

/* ---- rows ---- */
void block_record(const struct block *block, size_t row, struct record *out_record)
{
    record_begin(out_record, block->table);
    for (size_t i = 0; i < block->column_count; i++) {
        const struct block_column *column = &block->columns[i];
        union record_value *value = &out_record->values[column->column];
        if (!block_has(column, row)) {
            continue;
        }
        out_record->present |= UINT64_C(1) << column->column;
        switch (column->type) {
        case RECORD_INTEGER:
            value->integer = block_integer(column, row);
            break;
        case RECORD_DAY:
            value->day = (int32_t)block_integer(column, row);
            break;
        case RECORD_NUMBER:
            value->number = block_number(column, row);
            break;
        case RECORD_TEXT:
            value->text = column->texts[block_text_index(column, row)];
            break;
        }
    }
}

int64_t block_subject(const struct block *block, size_t row)
{
    int64_t subject;
    memcpy(&subject, block->subjects + row * 8, sizeof subject);
    return subject;
}
