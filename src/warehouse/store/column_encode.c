/* SPDX-License-Identifier: EUPL-1.2 */
/* Writing chunks of columns. */
#include "warehouse/store/builder.h"
#include "warehouse/store/column.h"
#include "warehouse/store/column_layout.h"
#include <stdlib.h>
#include <string.h>

/* ---- which values are there ---- */
static inline bool bit_get(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static bool positions_append(struct buffer *out, const uint64_t *valid, size_t count, bool there, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (bit_get(valid, i) == there) {
            const uint8_t position[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
            TRY(buffer_append(out, position, sizeof position, err));
        }
    }
    return true;
}

static bool bitmap_append(struct buffer *out, const uint64_t *valid, size_t count, struct error *err)
{
    for (size_t byte = 0; byte < (count + 7) / 8; byte++) {
        uint8_t bits = (uint8_t)(valid[byte / 8] >> (8 * (byte % 8)));
        if (byte == count / 8) {
            bits &= (uint8_t)((1U << (count % 8)) - 1);
        }
        TRY(buffer_append(out, &bits, 1, err));
    }
    return true;
}

static bool validity_append(struct buffer *out, const uint64_t *valid, size_t count, size_t absent, struct error *err)
{
    const size_t present = count - absent, few = count / 16;
    uint8_t kind = VALIDITY_BITMAP;
    if (absent == 0) {
        kind = VALIDITY_ALL;
    } else if (present == 0) {
        kind = VALIDITY_NONE;
    } else if (absent <= few) {
        kind = VALIDITY_ABSENT_LIST;
    } else if (present <= few) {
        kind = VALIDITY_PRESENT_LIST;
    }
    TRY(buffer_append(out, &kind, 1, err));
    if (kind == VALIDITY_BITMAP) {
        return bitmap_append(out, valid, count, err);
    }
    if (kind == VALIDITY_ABSENT_LIST || kind == VALIDITY_PRESENT_LIST) {
        TRY(buffer_append_varint(out, kind == VALIDITY_ABSENT_LIST ? absent : present, err));
        return positions_append(out, valid, count, kind == VALIDITY_PRESENT_LIST, err);
    }
    return true;
}

/* Absent values take the value before them, so that they widen nothing. */
static void absent_fill(int64_t *values, const uint64_t *valid, size_t count)
{
    size_t first = 0;
    while (first < count && !bit_get(valid, first)) {
        first++;
    }
    int64_t before = first < count ? values[first] : 0;
    for (size_t i = 0; i < count; i++) {
        before = bit_get(valid, i) ? values[i] : before;
        values[i] = before;
    }
}

bool column_integers_encode(struct buffer *out, int64_t *values, const uint64_t *valid, size_t count, size_t absent, bool with_unit,
                            struct error *err)
{
    TRY(validity_append(out, valid, count, absent, err));
    if (absent == count) {
        return true;
    }
    if (absent) {
        absent_fill(values, valid, count);
    }
    return ints_encode(out, values, count, with_unit, err);
}

/* ---- doubles ---- */
static bool decimal_of(double value, double scale, int64_t *out_decimal)
{
    const double scaled = value * scale;
    if (!(scaled > -DECIMAL_LIMIT && scaled < DECIMAL_LIMIT)) {
        return false; /* too large, infinite, or not a number */
    }
    const int64_t decimal = (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    *out_decimal = decimal;
    return bits_of_double((double)decimal / scale) == bits_of_double(value); /* minus zero differs, and is an exception */
}

/* The exponent that leaves the fewest exceptions among some of the values. */
static unsigned exponent_choose(const int64_t *values, size_t count)
{
    const size_t stride = count > FLOAT_SAMPLE ? count / FLOAT_SAMPLE : 1;
    unsigned best = 0;
    size_t best_failures = SIZE_MAX;
    for (unsigned exponent = 0; exponent < DECIMAL_EXPONENTS && best_failures; exponent++) {
        size_t failures = 0;
        for (size_t i = 0; i < count; i += stride) {
            int64_t decimal;
            failures += !decimal_of(double_of_bits(values[i]), decimal_scale(exponent), &decimal);
        }
        if (failures < best_failures) {
            best = exponent;
            best_failures = failures;
        }
    }
    return best;
}

struct decimals {
    int64_t codes[COLUMN_CHUNK];
    uint16_t positions[COLUMN_CHUNK];
    size_t exceptions;
};

static void decimals_make(struct decimals *decimals, const int64_t *values, size_t count, unsigned exponent)
{
    int64_t before = 0;
    decimals->exceptions = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t decimal = 0;
        if (decimal_of(double_of_bits(values[i]), decimal_scale(exponent), &decimal)) {
            before = decimal;
        } else {
            decimals->positions[decimals->exceptions++] = (uint16_t)i;
        }
        decimals->codes[i] = before;
    }
}

static bool decimals_append(struct buffer *out, const struct decimals *decimals, const int64_t *values, size_t count, unsigned exponent,
                            struct error *err)
{
    const uint8_t head[2] = {FLOAT_DECIMAL, (uint8_t)exponent};
    TRY(buffer_append(out, head, sizeof head, err));
    TRY(ints_encode(out, decimals->codes, count, false, err));
    TRY(buffer_append_varint(out, decimals->exceptions, err));
    for (size_t i = 0; i < decimals->exceptions; i++) {
        const uint8_t position[2] = {(uint8_t)decimals->positions[i], (uint8_t)(decimals->positions[i] >> 8)};
        TRY(buffer_append(out, position, sizeof position, err));
    }
    for (size_t i = 0; i < decimals->exceptions; i++) {
        TRY(buffer_append_u64(out, (uint64_t)values[decimals->positions[i]], err));
    }
    return true;
}

/* All first bytes, then all second bytes, ...: signs and exponents come together, which zstd likes. */
static bool planes_append(struct buffer *out, struct compressor *compressor, const int64_t *values, size_t count, struct error *err)
{
    static const uint8_t method = FLOAT_PLANES;
    uint8_t planes[COLUMN_CHUNK * sizeof(int64_t)];
    for (size_t i = 0; i < count; i++) {
        for (size_t plane = 0; plane < sizeof(int64_t); plane++) {
            planes[plane * count + i] = (uint8_t)((uint64_t)values[i] >> (8 * plane));
        }
    }
    TRY(buffer_append(out, &method, 1, err));
    return compress_append(compressor, out, planes, count * sizeof(int64_t), err);
}

bool column_floats_encode(struct buffer *out, struct compressor *compressor, int64_t *values, const uint64_t *valid, size_t count,
                          size_t absent, struct error *err)
{
    TRY(validity_append(out, valid, count, absent, err));
    if (absent == count) {
        return true;
    }
    if (absent) {
        absent_fill(values, valid, count);
    }
    struct decimals decimals;
    const unsigned exponent = exponent_choose(values, count);
    decimals_make(&decimals, values, count, exponent);
    if (decimals.exceptions <= count / 8) {
        return decimals_append(out, &decimals, values, count, exponent, err);
    }
    return planes_append(out, compressor, values, count, err);
}

/* ---- texts ---- */
bool column_texts_encode(struct buffer *out, int64_t *lengths, const uint64_t *valid, size_t count, size_t absent,
                         const struct column_piece *pieces, size_t piece_count, struct error *err)
{
    TRY(validity_append(out, valid, count, absent, err));
    if (absent == count) {
        return true;
    }
    TRY(ints_encode(out, lengths, count, false, err));
    TRY(buffer_append_varint(out, piece_count, err));
    for (size_t i = 0; i < piece_count; i++) {
        TRY(buffer_append_varint(out, pieces[i].rows, err));
        TRY(buffer_append_varint(out, pieces[i].bytes, err));
        TRY(page_span_write(out, &pieces[i].span, err));
    }
    return true;
}

bool column_words_encode(struct buffer *out, struct compressor *compressor, const struct text *words, size_t count, struct error *err)
{
    struct buffer bytes = {.maximum = COMPRESS_ORIGINAL_MAX};
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint32_t *lengths = arena_allocate_raw(scratch, count + 1, sizeof *lengths);
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        lengths[i] = (uint32_t)words[i].length;
        done = buffer_append(&bytes, words[i].data, words[i].length, err);
    }
    done = done && ints_array_encode_u32(out, lengths, count, err);
    done = done && compress_append(compressor, out, bytes.data, bytes.length, err);
    buffer_finish(&bytes);
    return done;
}
