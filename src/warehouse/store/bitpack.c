/* SPDX-License-Identifier: EUPL-1.2 */
/* The portable codec, the tails, and the choice of the codec at run time. The inner loops run over the 8 lanes with a constant count, so
 * that any compiler turns them into whatever vectors the target has. */
#include "warehouse/store/bitpack.h"
#include <string.h>

static inline uint32_t mask_of(unsigned width)
{
    return width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1;
}

static inline void row_load(const uint8_t *in, size_t row, uint32_t lanes[BITPACK_LANES])
{
    memcpy(lanes, in + row * BITPACK_LANES * sizeof(uint32_t), BITPACK_LANES * sizeof(uint32_t));
}

static void portable_pack(uint8_t *out, const uint32_t values[BITPACK_GROUP], unsigned width)
{
    uint64_t pending[BITPACK_LANES] = {0};
    uint32_t words[BITPACK_LANES];
    unsigned filled = 0;
    const uint32_t mask = mask_of(width);
    for (size_t step = 0; step < BITPACK_GROUP / BITPACK_LANES && width; step++) {
        for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
            pending[lane] |= (uint64_t)(values[step * BITPACK_LANES + lane] & mask) << filled;
        }
        filled += width;
        if (filled >= 32) {
            for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
                words[lane] = (uint32_t)pending[lane];
                pending[lane] >>= 32;
            }
            memcpy(out, words, sizeof words);
            out += sizeof words;
            filled -= 32;
        }
    }
}

/* The values of one step, 0 <= step < 32, of a group packed at `width` > 0. */
static inline void step_unpack(const uint8_t *in, unsigned width, size_t step, uint32_t out[BITPACK_LANES])
{
    const size_t bit = step * width;
    const unsigned shift = (unsigned)(bit % 32);
    const uint32_t mask = mask_of(width);
    uint32_t low[BITPACK_LANES], high[BITPACK_LANES];
    row_load(in, bit / 32, low);
    if (shift + width <= 32) {
        for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
            out[lane] = (low[lane] >> shift) & mask;
        }
        return;
    }
    row_load(in, bit / 32 + 1, high);
    for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
        out[lane] = ((low[lane] >> shift) | (high[lane] << (32 - shift))) & mask;
    }
}

static void portable_unpack_add(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP])
{
    for (size_t step = 0; step < BITPACK_GROUP / BITPACK_LANES; step++) {
        uint32_t values[BITPACK_LANES] = {0};
        if (width) {
            step_unpack(in, width, step, values);
        }
        for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
            out[step * BITPACK_LANES + lane] = base + values[lane];
        }
    }
}

static void portable_unpack_sum(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP])
{
    uint32_t sum = base;
    for (size_t step = 0; step < BITPACK_GROUP / BITPACK_LANES; step++) {
        uint32_t values[BITPACK_LANES] = {0};
        if (width) {
            step_unpack(in, width, step, values);
        }
        for (size_t lane = 0; lane < BITPACK_LANES; lane++) {
            sum += values[lane];
            out[step * BITPACK_LANES + lane] = sum;
        }
    }
}

const struct bitpack_codec bitpack_portable = {"portable", portable_pack, portable_unpack_add, portable_unpack_sum};

static const struct bitpack_codec *chosen;

void bitpack_choose(const struct bitpack_codec *codec)
{
    chosen = codec;
}

const struct bitpack_codec *bitpack_codec(void)
{
    if (chosen) {
        return chosen;
    }
    return bitpack_avx2_usable() ? &bitpack_avx2 : &bitpack_portable;
}

void bitpack_tail_pack(uint8_t *out, const uint32_t *values, size_t count, unsigned width)
{
    uint64_t pending = 0;
    unsigned filled = 0;
    for (size_t i = 0; i < count; i++) {
        pending |= (uint64_t)(values[i] & mask_of(width)) << filled;
        for (filled += width; filled >= 8; filled -= 8) {
            *out++ = (uint8_t)pending;
            pending >>= 8;
        }
    }
    if (filled) {
        *out = (uint8_t)pending;
    }
}

/* How many values begin in a byte from which on eight bytes are there. */
static inline size_t tail_easy(size_t count, unsigned width, size_t length)
{
    if (width == 0 || length < sizeof(uint64_t)) {
        return 0;
    }
    const size_t easy = ((length - sizeof(uint64_t)) * 8 + 7) / width + 1;
    return easy < count ? easy : count;
}

/* The bit string is read eight bytes at a time while they are there; what is left lies within the last eight. */
void bitpack_tail_unpack_add(const uint8_t *in, size_t count, unsigned width, uint32_t base, uint32_t *out)
{
    const size_t length = bitpack_tail_bytes(count, width), easy = tail_easy(count, width, length);
    const uint64_t mask = width ? mask_of(width) : 0;
    size_t bit = 0, last = length < sizeof(uint64_t) ? 0 : length - sizeof(uint64_t);
    uint64_t word = 0;
    for (size_t i = 0; i < easy; i++, bit += width) {
        memcpy(&word, in + bit / 8, sizeof word);
        out[i] = base + (uint32_t)(word >> (bit % 8) & mask);
    }
    word = 0;
    memcpy(&word, in + last, length - last);
    for (size_t i = easy; i < count; i++, bit += width) {
        out[i] = base + (uint32_t)(word >> (bit - last * 8) & mask);
    }
}

void bitpack_tail_unpack_sum(const uint8_t *in, size_t count, unsigned width, uint32_t base, uint32_t *out)
{
    bitpack_tail_unpack_add(in, count, width, 0, out);
    uint32_t sum = base;
    for (size_t i = 0; i < count; i++) {
        sum += out[i];
        out[i] = sum;
    }
}

uint32_t bitpack_value(const uint8_t *in, size_t count, unsigned width, size_t i)
{
    uint64_t word = 0;
    if (width == 0) {
        return 0;
    }
    if (count < BITPACK_GROUP) {
        const size_t bit = i * width, length = bitpack_tail_bytes(count, width), rest = length - bit / 8;
        memcpy(&word, in + bit / 8, rest < sizeof word ? rest : sizeof word);
        return (uint32_t)(word >> (bit % 8)) & mask_of(width);
    }
    const size_t bit = i / BITPACK_LANES * width, lane = i % BITPACK_LANES;
    uint32_t low, high = 0;
    memcpy(&low, in + (bit / 32 * BITPACK_LANES + lane) * sizeof low, sizeof low);
    if (bit % 32 + width > 32) {
        memcpy(&high, in + ((bit / 32 + 1) * BITPACK_LANES + lane) * sizeof high, sizeof high);
    }
    word = (uint64_t)high << 32 | low;
    return (uint32_t)(word >> (bit % 32)) & mask_of(width);
}
