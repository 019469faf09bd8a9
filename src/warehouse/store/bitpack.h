/* SPDX-License-Identifier: EUPL-1.2 */
/* bitpack: small unsigned integers at a fixed number of bits each (private to the store; docs/formats/segment.md, "Packing").
 * A full group of 256 values is packed vertically: value i lies in lane i mod 8 at step i / 8; each lane is a little-endian bit string of
 * 32 * width bits, cut into words of 32 bits; word t of lane j is at byte 4 * (8 * t + j). So one vector register of 8 lanes takes 8
 * consecutive values apart at once. A shorter group (the tail) is one little-endian bit string.
 * There is a portable codec and one for AVX2; both read and write the same bytes. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BITPACK_GROUP = 256, BITPACK_LANES = 8, BITPACK_WIDTH_MAX = 32 };

/* width is 0..32. Full groups take 32 * width bytes, read and written exactly; no alignment is asked for. */
struct bitpack_codec {
    const char *name;
    void (*pack)(uint8_t *out, const uint32_t values[BITPACK_GROUP], unsigned width); /* bits above width are ignored */
    /* out[i] = base + value[i], modulo 2^32 */
    void (*unpack_add)(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP]);
    /* out[i] = base + value[0] + ... + value[i], modulo 2^32 */
    void (*unpack_sum)(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP]);
};

extern const struct bitpack_codec bitpack_portable;
extern const struct bitpack_codec bitpack_avx2; /* only where bitpack_avx2_usable */
int bitpack_avx2_usable(void);
/* The best codec of this processor, or the one that bitpack_choose set (tests and benchmarks; never beside other threads; NULL: best). */
const struct bitpack_codec *bitpack_codec(void);
void bitpack_choose(const struct bitpack_codec *codec);

static inline size_t bitpack_group_bytes(unsigned width)
{
    return (size_t)width * (BITPACK_GROUP / 8);
}
static inline size_t bitpack_tail_bytes(size_t count, unsigned width)
{
    return (count * width + 7) / 8;
}
static inline unsigned bitpack_width(uint32_t largest)
{
    return largest ? 32U - (unsigned)__builtin_clz(largest) : 0;
}
/* count < 256 values as one bit string of bitpack_tail_bytes, read and written exactly. */
void bitpack_tail_pack(uint8_t *out, const uint32_t *values, size_t count, unsigned width);
void bitpack_tail_unpack_add(const uint8_t *in, size_t count, unsigned width, uint32_t base, uint32_t *out);
/* Value i alone, of a full group or of a tail of `count`: for a few values of a group. */
uint32_t bitpack_value(const uint8_t *in, size_t count, unsigned width, size_t i);
void bitpack_tail_unpack_sum(const uint8_t *in, size_t count, unsigned width, uint32_t base, uint32_t *out);
