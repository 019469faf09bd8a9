/* SPDX-License-Identifier: EUPL-1.2 */
/* block: up to BLOCK_ROWS_MAX rows of one table as columns, packed for sealing; and the tokens of as many subjects (private to delivery;
 * docs/formats/delivery.md, "Blocks"). Tables and columns stand in it by name, so that a later emc2 with other columns reads it. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "intake/delivery/delivery.h"

enum {
    BLOCK_ROWS_MAX = 16384,
    BLOCK_TEXT_BYTES = 1 << 20, /* of texts, after which a block is closed */
    BLOCK_TOKENS_MAX = 1 << 15, /* tokens, after which a block is closed */
    BLOCK_PLAIN_MAX = 1 << 23,
    BLOCK_PACKED_MAX = BLOCK_PLAIN_MAX + 5,
};

/* ---- writing ---- */
struct block_builder; /* of one table; keeps its memory from block to block */
struct block_builder *block_builder_create(enum record_table table);
void block_builder_destroy(struct block_builder *builder);
DEFINE_CLEANUP(block_builder, block_builder_destroy)
void block_builder_add(struct block_builder *builder, const struct record *record); /* checked before; the block is not full */
bool block_builder_is_full(const struct block_builder *builder);
size_t block_builder_rows(const struct block_builder *builder);
/* The distinct texts of a column, in the order of their first row. */
size_t block_builder_text_count(const struct block_builder *builder, enum record_column column);
struct text block_builder_text(const struct block_builder *builder, enum record_column column, size_t index);
/* Appends the plain form. */
MUST_CHECK bool block_builder_print(const struct block_builder *builder, struct buffer *out, struct error *err);
void block_builder_clear(struct block_builder *builder);

struct token_builder;
struct token_builder *token_builder_create(void);
void token_builder_destroy(struct token_builder *builder);
DEFINE_CLEANUP(token_builder, token_builder_destroy)
void token_builder_add(struct token_builder *builder, int64_t subject, const struct delivery_token *tokens, size_t count);
bool token_builder_is_full(const struct token_builder *builder);
size_t token_builder_rows(const struct token_builder *builder);
MUST_CHECK bool token_builder_print(const struct token_builder *builder, struct buffer *out, struct error *err);
void token_builder_clear(struct token_builder *builder);

/* Compression: u8 method (0 plain, 1 zstd), u32 plain length, bytes. One thread each. */
struct packer;
struct packer *packer_create(void);
void packer_destroy(struct packer *packer);
DEFINE_CLEANUP(packer, packer_destroy)
MUST_CHECK bool packer_pack(struct packer *packer, const void *bytes, size_t length, struct buffer *out, struct error *err);
/* At most BLOCK_PLAIN_MAX bytes, appended; CORRUPT for what packer_pack does not write. */
MUST_CHECK bool packer_unpack(struct packer *packer, const void *bytes, size_t length, struct buffer *out, struct error *err);

/* ---- reading ---- */
struct block_column {
    enum record_column column;
    enum record_column_type type;
    bool is_dense;           /* each row has a value */
    const uint8_t *presence; /* one bit a row, lowest first; when not dense */
    unsigned width;          /* bytes of one value */
    int64_t base;            /* added to integers and days */
    const uint8_t *values;
    size_t text_count;
    const struct text *texts; /* in the arena; bytes in the block */
};
/* Points into the plain bytes and the arena. Everything was checked: taking rows out cannot fail, and each is a record as record_check
 * wants it. */
struct block {
    bool is_tokens;
    enum record_table table;
    size_t rows;
    size_t column_count;
    struct block_column columns[RECORD_FIELDS_MAX];
    const uint8_t *subjects, *counts, *tokens; /* is_tokens */
    size_t token_count;
};
/* CORRUPT for what is not well formed, UNSUPPORTED for a table or column that this emc2 does not know, INVALID_INPUT for what a record must
 * not be (not UTF-8, too long, without a demanded column). Messages name table and column. */
MUST_CHECK bool block_parse(struct block *out_block, const void *bytes, size_t length, struct arena *arena, struct error *err);
static inline bool block_has(const struct block_column *column, size_t row)
{
    return column->is_dense || (column->presence[row >> 3] >> (row & 7) & 1);
}
int64_t block_integer(const struct block_column *column, size_t row); /* integers and days */
double block_number(const struct block_column *column, size_t row);
static inline size_t block_text_index(const struct block_column *column, size_t row)
{
    const uint8_t *at = column->values + row * column->width;
    return column->width == 1 ? at[0] : (size_t)at[0] | (size_t)at[1] << 8;
}
void block_record(const struct block *block, size_t row, struct record *out_record);
int64_t block_subject(const struct block *block, size_t row);                                /* is_tokens */
const struct block_column *block_find(const struct block *block, enum record_column column); /* NULL: no row has it */
