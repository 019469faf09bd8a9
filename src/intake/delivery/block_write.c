/* SPDX-License-Identifier: EUPL-1.2 */
/* block_write: rows into columns. Values stand at the place of their row, present or not, so that adding a row is a store and a bit; equal
 * texts of a column are kept once. */
#include "intake/delivery/block.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * BLOCK_ROWS_MAX, PRESENCE_WORDS = BLOCK_ROWS_MAX / 64 };

struct text_place {
    uint32_t offset;
    uint8_t length;
};
struct column_builder {
    uint64_t presence[PRESENCE_WORDS];
    size_t present;
    int64_t values[BLOCK_ROWS_MAX]; /* integers, days, the bits of numbers, or places in texts */
    /* texts */
    size_t text_count, last;
    struct text_place texts[BLOCK_ROWS_MAX];
    uint16_t slots[SLOTS]; /* place + 1; 0: free */
    struct buffer bytes;
};
struct block_builder {
    enum record_table table;
    size_t rows, text_bytes;
    struct column_builder *columns[RECORD_COLUMN_COUNT]; /* made when the first value comes */
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) {
        abort(); /* as an arena */
    }
    return memory;
}

struct block_builder *block_builder_create(enum record_table table)
{
    struct block_builder *builder = allocate(sizeof *builder);
    builder->table = table;
    return builder;
}

void block_builder_destroy(struct block_builder *builder)
{
    for (int i = 0; builder && i < RECORD_COLUMN_COUNT; i++) {
        if (builder->columns[i]) {
            buffer_finish(&builder->columns[i]->bytes);
            free(builder->columns[i]);
        }
    }
    free(builder);
}

void block_builder_clear(struct block_builder *builder)
{
    for (int i = 0; i < RECORD_COLUMN_COUNT; i++) {
        struct column_builder *column = builder->columns[i];
        if (column && column->present > 0) {
            memset(column->presence, 0, sizeof column->presence);
            if (column->text_count > 0) {
                memset(column->slots, 0, sizeof column->slots);
            }
            column->present = column->text_count = column->last = 0;
            buffer_clear(&column->bytes);
        }
    }
    builder->rows = builder->text_bytes = 0;
}

/* ---- texts ---- */
static uint64_t text_hash(struct text text)
{
    uint64_t hash = text.length * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = 0;
    for (; at + 8 <= text.length; at += 8) {
        uint64_t word;
        memcpy(&word, text.data + at, 8);
        hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
        hash ^= hash >> 32;
    }
    uint64_t rest = 0;
    memcpy(&rest, text.data + at, text.length - at);
    hash = (hash ^ rest) * UINT64_C(0x9FB21C651E98DF25);
    return hash ^ hash >> 29;
}

static struct text text_at(const struct column_builder *column, size_t index)
{
    return (struct text){(const char *)column->bytes.data + column->texts[index].offset, column->texts[index].length};
}

static size_t text_place(struct block_builder *builder, struct column_builder *column, struct text text)
{
    if (column->text_count > 0 && text_equal(text_at(column, column->last), text)) {
        return column->last;
    }
    size_t slot = text_hash(text) % SLOTS;
    for (; column->slots[slot]; slot = (slot + 1) % SLOTS) {
        if (text_equal(text_at(column, column->slots[slot] - 1U), text)) {
            return column->last = column->slots[slot] - 1U;
        }
    }
    column->texts[column->text_count] = (struct text_place){(uint32_t)column->bytes.length, (uint8_t)text.length};
    column->slots[slot] = (uint16_t)(column->text_count + 1);
    column->bytes.maximum = SIZE_MAX;
    bool done = buffer_append(&column->bytes, text.data, text.length, NULL);
    assert(done); /* bounded by BLOCK_TEXT_BYTES and one row */
    builder->text_bytes += text.length;
    return column->last = column->text_count++;
}

size_t block_builder_text_count(const struct block_builder *builder, enum record_column column)
{
    return builder->columns[column] ? builder->columns[column]->text_count : 0;
}

struct text block_builder_text(const struct block_builder *builder, enum record_column column, size_t index)
{
    return text_at(builder->columns[column], index);
}

/* ---- rows ---- */
static int64_t value_of(struct block_builder *builder, struct column_builder *column, enum record_column_type type,
                        const union record_value *value)
{
    int64_t bits = 0;
    switch (type) {
    case RECORD_INTEGER:
        bits = value->integer;
        break;
    case RECORD_DAY:
        bits = value->day;
        break;
    case RECORD_NUMBER:
        memcpy(&bits, &value->number, sizeof bits);
        break;
    case RECORD_TEXT:
        bits = (int64_t)text_place(builder, column, value->text);
        break;
    }
    return bits;
}

void block_builder_add(struct block_builder *builder, const struct record *record)
{
    size_t row = builder->rows++;
    for (uint64_t left = record->present; left; left &= left - 1) {
        enum record_column which = (enum record_column)__builtin_ctzll(left);
        struct column_builder *column = builder->columns[which];
        if (!column) {
            column = builder->columns[which] = allocate(sizeof *column);
        }
        column->values[row] = value_of(builder, column, record_column_type(which), &record->values[which]);
        column->presence[row / 64] |= UINT64_C(1) << row % 64;
        column->present++;
    }
}

bool block_builder_is_full(const struct block_builder *builder)
{
    return builder->rows == BLOCK_ROWS_MAX || builder->text_bytes >= BLOCK_TEXT_BYTES;
}

size_t block_builder_rows(const struct block_builder *builder)
{
    return builder->rows;
}

/* ---- printing ---- */
static bool u8_append(struct buffer *out, unsigned value, struct error *err)
{
    const uint8_t byte = (uint8_t)value;
    return buffer_append(out, &byte, 1, err);
}

static bool name_append(struct buffer *out, const char *name, struct error *err)
{
    size_t length = strlen(name);
    return u8_append(out, (unsigned)length, err) && buffer_append(out, name, length, err);
}

static bool is_present(const struct column_builder *column, size_t row)
{
    return column->presence[row / 64] >> row % 64 & 1;
}

static void range_of(const struct column_builder *column, size_t rows, int64_t *out_smallest, int64_t *out_largest)
{
    int64_t smallest = INT64_MAX, largest = INT64_MIN;
    bool is_dense = column->present == rows;
    for (size_t row = 0; row < rows; row++) {
        if (is_dense || is_present(column, row)) {
            int64_t value = column->values[row];
            smallest = value < smallest ? value : smallest;
            largest = value > largest ? value : largest;
        }
    }
    *out_smallest = smallest;
    *out_largest = largest;
}

/* The differences to base, width bytes each; those of absent rows are zero. */
static bool values_append(struct buffer *out, const struct column_builder *column, size_t rows, int64_t base, unsigned width,
                          struct error *err)
{
    bool is_dense = column->present == rows;
    TRY(buffer_reserve(out, rows * width + 8, err));
    uint8_t *at = out->data + out->length;
    for (size_t row = 0; row < rows; row++, at += width) {
        uint64_t value = is_dense || is_present(column, row) ? (uint64_t)column->values[row] - (uint64_t)base : 0;
        memcpy(at, &value, 8); /* little-endian; what is beyond the width is written over by the next */
    }
    out->length += rows * width;
    return true;
}

static bool integers_append(struct buffer *out, const struct column_builder *column, size_t rows, struct error *err)
{
    int64_t smallest, largest;
    range_of(column, rows, &smallest, &largest);
    uint64_t span = (uint64_t)largest - (uint64_t)smallest;
    unsigned width = span <= UINT8_MAX ? 1 : span <= UINT16_MAX ? 2 : span <= UINT32_MAX ? 4 : 8;
    TRY(u8_append(out, width, err) && buffer_append_u64(out, (uint64_t)smallest, err));
    return values_append(out, column, rows, smallest, width, err);
}

static bool texts_append(struct buffer *out, const struct column_builder *column, size_t rows, struct error *err)
{
    TRY(buffer_append_varint(out, column->text_count, err));
    for (size_t i = 0; i < column->text_count; i++) {
        TRY(u8_append(out, column->texts[i].length, err));
    }
    TRY(buffer_append(out, column->bytes.data, column->bytes.length, err));
    return values_append(out, column, rows, 0, column->text_count <= 256 ? 1 : 2, err);
}

static bool column_append(struct buffer *out, const struct column_builder *column, enum record_column which, size_t rows, struct error *err)
{
    enum record_column_type type = record_column_type(which);
    bool is_dense = column->present == rows;
    TRY(name_append(out, record_column_name(which), err));
    TRY(u8_append(out, (unsigned)type, err) && u8_append(out, is_dense, err));
    TRY(is_dense || buffer_append(out, column->presence, (rows + 7) / 8, err));
    switch (type) {
    case RECORD_INTEGER:
    case RECORD_DAY:
        return integers_append(out, column, rows, err);
    case RECORD_NUMBER:
        return values_append(out, column, rows, 0, 8, err);
    case RECORD_TEXT:
        return texts_append(out, column, rows, err);
    }
    return false;
}

bool block_builder_print(const struct block_builder *builder, struct buffer *out, struct error *err)
{
    size_t columns = 0;
    for (int i = 0; i < RECORD_COLUMN_COUNT; i++) {
        columns += builder->columns[i] && builder->columns[i]->present > 0;
    }
    TRY(name_append(out, record_table_name(builder->table), err));
    TRY(buffer_append_varint(out, builder->rows, err) && buffer_append_varint(out, columns, err));
    for (int i = 0; i < RECORD_COLUMN_COUNT; i++) {
        const struct column_builder *column = builder->columns[i];
        TRY(!column || column->present == 0 || column_append(out, column, (enum record_column)i, builder->rows, err));
    }
    return true;
}

/* ---- tokens ---- */
struct token_builder {
    size_t rows, token_count;
    int64_t subjects[BLOCK_ROWS_MAX];
    uint8_t counts[BLOCK_ROWS_MAX];
    struct delivery_token tokens[BLOCK_TOKENS_MAX + DELIVERY_TOKENS_MAX];
};
_Static_assert(sizeof(struct delivery_token) == 1 + DELIVERY_ELEMENT_SIZE, "tokens are written as they lie in memory");

struct token_builder *token_builder_create(void)
{
    return allocate(sizeof(struct token_builder));
}

void token_builder_destroy(struct token_builder *builder)
{
    free(builder);
}

void token_builder_add(struct token_builder *builder, int64_t subject, const struct delivery_token *tokens, size_t count)
{
    builder->subjects[builder->rows] = subject;
    builder->counts[builder->rows++] = (uint8_t)count;
    memcpy(&builder->tokens[builder->token_count], tokens, count * sizeof *tokens);
    builder->token_count += count;
}

bool token_builder_is_full(const struct token_builder *builder)
{
    return builder->rows == BLOCK_ROWS_MAX || builder->token_count >= BLOCK_TOKENS_MAX;
}

size_t token_builder_rows(const struct token_builder *builder)
{
    return builder->rows;
}

bool token_builder_print(const struct token_builder *builder, struct buffer *out, struct error *err)
{
    TRY(name_append(out, "tokens", err) && buffer_append_varint(out, builder->rows, err));
    TRY(buffer_append(out, builder->subjects, builder->rows * sizeof *builder->subjects, err)); /* little-endian */
    TRY(buffer_append(out, builder->counts, builder->rows, err));
    return buffer_append(out, builder->tokens, builder->token_count * sizeof *builder->tokens, err);
}

void token_builder_clear(struct token_builder *builder)
{
    builder->rows = builder->token_count = 0;
}
