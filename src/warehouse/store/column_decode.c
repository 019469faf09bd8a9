/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading chunks of columns. Everything is checked when a chunk is opened, so that taking values out cannot fail. */
#include "warehouse/store/builder.h"
#include "warehouse/store/column.h"
#include "warehouse/store/column_layout.h"
#include <string.h>

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "a chunk of a column does not have the form that was written");
}

static inline uint16_t load_u16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint64_t load_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof value; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

/* count positions of two bytes, each below `limit`. */
static bool positions_read(struct cursor *cursor, size_t count, size_t limit, const uint8_t **out_positions, struct error *err)
{
    TRY(cursor_bytes(cursor, count * 2, out_positions, err));
    for (size_t i = 0; i < count; i++) {
        if (load_u16(*out_positions + 2 * i) >= limit) {
            return corrupt(err);
        }
    }
    return true;
}

static bool count_read(struct cursor *cursor, size_t maximum, size_t *out_count, struct error *err)
{
    uint64_t count = 0;
    TRY(cursor_varint(cursor, &count, err));
    if (count > maximum) {
        return corrupt(err);
    }
    *out_count = (size_t)count;
    return true;
}

static bool validity_open(struct column_validity *validity, struct cursor *cursor, size_t count, struct error *err)
{
    uint8_t kind = 0;
    TRY(cursor_u8(cursor, &kind, err));
    validity->kind = kind;
    switch (kind) {
    case VALIDITY_ALL:
    case VALIDITY_NONE:
        return true;
    case VALIDITY_BITMAP:
        return cursor_bytes(cursor, (count + 7) / 8, &validity->bytes, err);
    case VALIDITY_ABSENT_LIST:
    case VALIDITY_PRESENT_LIST:
        TRY(count_read(cursor, count, &validity->listed, err));
        return positions_read(cursor, validity->listed, count, &validity->bytes, err);
    default:
        return corrupt(err);
    }
}

static void words_fill(uint64_t *words, size_t count, bool there)
{
    const size_t word_count = (count + 63) / 64;
    memset(words, there ? 0xFF : 0, word_count * sizeof *words);
    if (there && count % 64) {
        words[word_count - 1] = (UINT64_C(1) << (count % 64)) - 1;
    }
}

size_t column_chunk_validity(const struct column_chunk *chunk, uint64_t *out_words)
{
    const struct column_validity *validity = &chunk->validity;
    const size_t word_count = (chunk->count + 63) / 64;
    words_fill(out_words, chunk->count, validity->kind == VALIDITY_ALL || validity->kind == VALIDITY_ABSENT_LIST);
    for (size_t i = 0; i < validity->listed; i++) {
        const size_t position = load_u16(validity->bytes + 2 * i);
        const uint64_t bit = UINT64_C(1) << (position % 64);
        if (validity->kind == VALIDITY_PRESENT_LIST) {
            out_words[position / 64] |= bit;
        } else {
            out_words[position / 64] &= ~bit;
        }
    }
    for (size_t byte = 0; validity->kind == VALIDITY_BITMAP && byte < (chunk->count + 7) / 8; byte++) {
        const unsigned last = byte == chunk->count / 8 ? (1U << (chunk->count % 8)) - 1 : 0xFF;
        out_words[byte / 8] |= (uint64_t)(validity->bytes[byte] & last) << (8 * (byte % 8));
    }
    if (validity->kind == VALIDITY_ALL) {
        return 0;
    }
    size_t present = 0;
    for (size_t i = 0; i < word_count; i++) {
        present += (size_t)__builtin_popcountll(out_words[i]);
    }
    return chunk->count - present;
}

/* Positions ascend: where the first is that is not below `wanted`. */
static bool is_listed(const uint8_t *positions, size_t count, size_t wanted)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const bool is_below = load_u16(positions + 2 * middle) < wanted;
        low = is_below ? middle + 1 : low;
        high = is_below ? high : middle;
    }
    return low < count && load_u16(positions + 2 * low) == wanted;
}

bool column_chunk_has(const struct column_chunk *chunk, size_t i)
{
    const struct column_validity *validity = &chunk->validity;
    switch (validity->kind) {
    case VALIDITY_ALL:
        return true;
    case VALIDITY_BITMAP:
        return validity->bytes[i / 8] >> (i % 8) & 1;
    case VALIDITY_ABSENT_LIST:
        return !is_listed(validity->bytes, validity->listed, i);
    case VALIDITY_PRESENT_LIST:
        return is_listed(validity->bytes, validity->listed, i);
    default:
        return false;
    }
}

static bool floats_open(struct column_chunk *chunk, struct cursor *cursor, struct arena *scratch, struct error *err)
{
    struct column_floats *floats = &chunk->floats;
    uint8_t method = 0, exponent = 0;
    size_t length = 0;
    TRY(cursor_u8(cursor, &method, err));
    floats->method = method;
    if (method == FLOAT_PLANES) {
        return decompress_read(cursor, chunk->count * sizeof(double), scratch, &floats->plain, &length, err);
    }
    TRY(cursor_u8(cursor, &exponent, err));
    if (method != FLOAT_DECIMAL || exponent >= DECIMAL_EXPONENTS) {
        return corrupt(err);
    }
    floats->exponent = exponent;
    TRY(ints_open(&chunk->ints, cursor, chunk->count, err));
    TRY(count_read(cursor, chunk->count, &floats->exceptions, err));
    TRY(positions_read(cursor, floats->exceptions, chunk->count, &floats->positions, err));
    return cursor_bytes(cursor, floats->exceptions * sizeof(double), &floats->values, err);
}

/* The pieces must have as many rows as the chunk, and lengths that add up to their bytes. */
static bool pieces_fit(const struct column_chunk *chunk)
{
    int64_t lengths[BITPACK_GROUP];
    size_t piece = 0, rows = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        if (i % BITPACK_GROUP == 0) {
            ints_group_i64(&chunk->ints, i / BITPACK_GROUP, lengths);
        }
        if (piece == chunk->piece_count || lengths[i % BITPACK_GROUP] < 0 || lengths[i % BITPACK_GROUP] > COMPRESS_ORIGINAL_MAX) {
            return false;
        }
        bytes += (uint64_t)lengths[i % BITPACK_GROUP];
        rows++;
        if (rows == chunk->pieces[piece].rows) {
            if (bytes != chunk->pieces[piece].bytes) {
                return false;
            }
            piece++;
            rows = 0;
            bytes = 0;
        }
    }
    return piece == chunk->piece_count && rows == 0;
}

static bool texts_open(struct column_chunk *chunk, struct cursor *cursor, struct arena *scratch, struct error *err)
{
    TRY(ints_open(&chunk->ints, cursor, chunk->count, err));
    TRY(count_read(cursor, chunk->count, &chunk->piece_count, err));
    chunk->pieces = ARENA_ARRAY(scratch, struct column_piece, chunk->piece_count + 1);
    for (size_t i = 0; i < chunk->piece_count; i++) {
        size_t rows = 0, bytes = 0;
        TRY(count_read(cursor, chunk->count, &rows, err));
        TRY(count_read(cursor, COMPRESS_ORIGINAL_MAX, &bytes, err));
        TRY(page_span_read(cursor, &chunk->pieces[i].span, err));
        chunk->pieces[i].rows = (uint32_t)rows;
        chunk->pieces[i].bytes = (uint32_t)bytes;
    }
    return pieces_fit(chunk) || corrupt(err);
}

bool column_chunk_open(struct column_chunk *out_chunk, enum column_form form, struct cursor *cursor, size_t count, struct arena *scratch,
                       struct error *err)
{
    struct column_chunk chunk;
    memset(&chunk, 0, sizeof chunk);
    chunk.form = form;
    chunk.count = count;
    if (count == 0 || count > COLUMN_CHUNK) {
        return corrupt(err);
    }
    TRY(validity_open(&chunk.validity, cursor, count, err));
    if (chunk.validity.kind == VALIDITY_NONE) { /* no values follow; reading them gives zeros */
        chunk.form = COLUMN_INTEGERS;
        chunk.ints = (struct ints){.count = count};
    } else if (form == COLUMN_FLOATS) {
        TRY(floats_open(&chunk, cursor, scratch, err));
    } else if (form == COLUMN_TEXTS) {
        TRY(texts_open(&chunk, cursor, scratch, err));
    } else {
        TRY(ints_open(&chunk.ints, cursor, count, err));
    }
    *out_chunk = chunk;
    return true;
}

static void decimals_take(const struct column_chunk *chunk, size_t group, double *out)
{
    const struct column_floats *floats = &chunk->floats;
    const double scale = decimal_scale(floats->exponent);
    const size_t first = group * BITPACK_GROUP, count = ints_group_count(&chunk->ints, group);
    int64_t decimals[BITPACK_GROUP];
    ints_group_i64(&chunk->ints, group, decimals);
    for (size_t i = 0; i < count; i++) {
        out[i] = (double)decimals[i] / scale;
    }
    for (size_t i = 0; i < floats->exceptions; i++) {
        const size_t position = load_u16(floats->positions + 2 * i);
        if (position >= first && position < first + count) {
            out[position - first] = double_of_bits((int64_t)load_u64(floats->values + sizeof(double) * i));
        }
    }
}

double column_chunk_float(const struct column_chunk *chunk, size_t i)
{
    double group[BITPACK_GROUP];
    if (chunk->form == COLUMN_FLOATS && chunk->floats.method == FLOAT_DECIMAL && chunk->floats.exceptions == 0) {
        return (double)ints_value(&chunk->ints, i) / decimal_scale(chunk->floats.exponent);
    }
    column_chunk_floats(chunk, i / BITPACK_GROUP, group);
    return group[i % BITPACK_GROUP];
}

void column_chunk_floats(const struct column_chunk *chunk, size_t group, double *out)
{
    const size_t first = group * BITPACK_GROUP;
    const size_t count = chunk->count - first < BITPACK_GROUP ? chunk->count - first : BITPACK_GROUP;
    if (chunk->form != COLUMN_FLOATS) {
        memset(out, 0, count * sizeof *out);
        return;
    }
    if (chunk->floats.method == FLOAT_DECIMAL) {
        decimals_take(chunk, group, out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        for (size_t plane = 0; plane < sizeof bits; plane++) {
            bits |= (uint64_t)chunk->floats.plain[plane * chunk->count + first + i] << (8 * plane);
        }
        out[i] = double_of_bits((int64_t)bits);
    }
}

bool column_words_decode(struct column_words *out_words, struct cursor *cursor, struct arena *arena, struct error *err)
{
    const uint32_t *lengths = NULL;
    const uint8_t *bytes = NULL;
    size_t count = 0, length = 0, at = 0;
    TRY(ints_array_decode_u32(cursor, 0, COMPRESS_ORIGINAL_MAX, arena, &lengths, &count, err));
    TRY(decompress_read(cursor, SIZE_MAX, arena, &bytes, &length, err));
    char *kept = arena_allocate_raw(arena, length + 1, 1); /* the cursor's page goes; the words stay */
    memcpy(kept, bytes, length);
    struct text *words = arena_allocate_raw(arena, count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++) {
        if (lengths[i] > length - at) {
            return corrupt(err);
        }
        words[i] = (struct text){kept + at, lengths[i]};
        at += lengths[i];
    }
    if (at != length) {
        return corrupt(err);
    }
    *out_words = (struct column_words){count, words};
    return true;
}
