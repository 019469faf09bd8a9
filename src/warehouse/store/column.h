/* SPDX-License-Identifier: EUPL-1.2 */
/* column: chunks of up to 8192 values of one column, encoded and decoded (private to the store; docs/formats/segment.md, "Chunks").
 * A chunk says which values are there, then holds the values: integers, days, instants and codes as packed integers; doubles as scaled
 * decimals where that is exact, else by their bits; long texts as lengths and compressed pieces. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "warehouse/store/compress.h"
#include "warehouse/store/ints.h"
#include "warehouse/store/pages.h"

enum { COLUMN_CHUNK = INTS_RUN, COLUMN_WORDS = COLUMN_CHUNK / 64 };

/* As stored. */
enum column_form {
    COLUMN_ABSENT = 0,   /* NULL throughout; no chunks */
    COLUMN_INTEGERS = 1, /* integers, days, microseconds */
    COLUMN_FLOATS = 2,
    COLUMN_CODES = 3,    /* texts as codes of the column's dictionary */
    COLUMN_TEXTS = 4,    /* texts one by one */
    COLUMN_CONCEPTS = 5, /* codes of the column's concept directory */
    COLUMN_ORDINALS = 6, /* the person: ordinals in the segment */
    COLUMN_FORM_COUNT
};

/* ---- encoding ---- */
/* Appends a chunk of any form but FLOATS and TEXTS. absent: how many bits of valid (within count) are 0. Values that are absent are
 * overwritten in `values` with a neighbour, which costs nothing to store. */
MUST_CHECK bool column_integers_encode(struct buffer *out, int64_t *values, const uint64_t *valid, size_t count, size_t absent,
                                       bool with_unit, struct error *err);
/* values: bits of doubles. */
MUST_CHECK bool column_floats_encode(struct buffer *out, struct compressor *compressor, int64_t *values, const uint64_t *valid,
                                     size_t count, size_t absent, struct error *err);
/* lengths: of each text, 0 where it is absent. pieces: how the bytes of the chunk's texts, one after the other, were put into pages. */
struct column_piece {
    uint32_t rows;  /* texts of this piece */
    uint32_t bytes; /* of all of them */
    struct page_span span;
};
MUST_CHECK bool column_texts_encode(struct buffer *out, int64_t *lengths, const uint64_t *valid, size_t count, size_t absent,
                                    const struct column_piece *pieces, size_t piece_count, struct error *err);

/* ---- decoding ---- */
struct column_validity {
    unsigned kind;
    const uint8_t *bytes;
    size_t listed;
};
struct column_floats {
    unsigned method, exponent;
    const uint8_t *plain;              /* 8 * count bytes, or as many in byte planes */
    const uint8_t *positions, *values; /* of exceptions */
    size_t exceptions;
};
struct column_chunk {
    enum column_form form;
    size_t count;
    struct column_validity validity;
    struct ints ints; /* values, codes, decimals or lengths */
    struct column_floats floats;
    struct column_piece *pieces; /* in scratch */
    size_t piece_count;
};
/* Takes a chunk of `count` values apart; it points into the cursor's data and into scratch. CORRUPT when it does not fit. */
MUST_CHECK bool column_chunk_open(struct column_chunk *out_chunk, enum column_form form, struct cursor *cursor, size_t count,
                                  struct arena *scratch, struct error *err);
/* Bit i: value i is there; (count + 63) / 64 words, bits past count are 0. Returns how many are absent. */
size_t column_chunk_validity(const struct column_chunk *chunk, uint64_t *out_words);
/* One value of them: whether it is there, and what it is; cheaper than all when few are asked for. */
bool column_chunk_has(const struct column_chunk *chunk, size_t i);
double column_chunk_float(const struct column_chunk *chunk, size_t i);
/* Values of one group of 256 (fewer at the end), with anything where a value is absent. Integers and codes come from chunk->ints. */
void column_chunk_floats(const struct column_chunk *chunk, size_t group, double *out);

/* ---- dictionaries of texts ---- */
struct column_words {
    size_t count;
    const struct text *words; /* ascending by bytes */
};
MUST_CHECK bool column_words_encode(struct buffer *out, struct compressor *compressor, const struct text *words, size_t count,
                                    struct error *err);
/* The texts live in the arena. */
MUST_CHECK bool column_words_decode(struct column_words *out_words, struct cursor *cursor, struct arena *arena, struct error *err);
