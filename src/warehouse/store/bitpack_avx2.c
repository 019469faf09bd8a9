/* SPDX-License-Identifier: EUPL-1.2 */
/* The codec for AVX2, compiled with -mavx2 for this file alone and used only where the processor has it. One function for each width:
 * with the width constant, every shift is an immediate and the 32 steps are straight code. */
#include "warehouse/store/bitpack.h"

#if defined(__x86_64__) && defined(__AVX2__)
#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

int bitpack_avx2_usable(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* Words are loaded and stored without any alignment. */
INLINE __m256i word_row(const uint8_t *in, unsigned row)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)(in + 32U * row));
}

INLINE __m256i step_values(const uint8_t *in, unsigned width, unsigned step)
{
    const unsigned bit = step * width, shift = bit % 32;
    const __m256i mask = _mm256_set1_epi32((int)(width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1));
    if (width == 0) {
        return _mm256_setzero_si256();
    }
    __m256i values = _mm256_srli_epi32(word_row(in, bit / 32), (int)shift);
    if (shift + width > 32) {
        values = _mm256_or_si256(values, _mm256_slli_epi32(word_row(in, bit / 32 + 1), (int)(32 - shift)));
    }
    return shift + width == 32 ? values : _mm256_and_si256(values, mask);
}

/* Running sum within the 8 lanes: inside each half by two shifted additions, then the last of the lower half is added to the upper. */
INLINE __m256i lanes_sum(__m256i values)
{
    values = _mm256_add_epi32(values, _mm256_slli_si256(values, 4));
    values = _mm256_add_epi32(values, _mm256_slli_si256(values, 8));
    const __m256i lower_last = _mm256_permutevar8x32_epi32(values, _mm256_set1_epi32(3));
    return _mm256_add_epi32(values, _mm256_blend_epi32(_mm256_setzero_si256(), lower_last, 0xF0));
}

INLINE void store_row(uint32_t *out, unsigned step, __m256i values)
{
    _mm256_storeu_si256((__m256i *)(void *)(out + (size_t)8 * step), values);
}

INLINE __m256i add_step(const uint8_t *in, unsigned width, unsigned step, __m256i carry, uint32_t *out)
{
    store_row(out, step, _mm256_add_epi32(carry, step_values(in, width, step)));
    return carry;
}

/* From one step to the next only an addition is waited for: the last sum of a step is spread before the carry is known. */
INLINE __m256i sum_step(const uint8_t *in, unsigned width, unsigned step, __m256i carry, uint32_t *out)
{
    const __m256i sums = lanes_sum(step_values(in, width, step));
    store_row(out, step, _mm256_add_epi32(carry, sums));
    return _mm256_add_epi32(carry, _mm256_permutevar8x32_epi32(sums, _mm256_set1_epi32(7)));
}

#define STEPS_4(function, width, step)                     \
    carry = function(in, (width), (step), carry, out);     \
    carry = function(in, (width), (step) + 1, carry, out); \
    carry = function(in, (width), (step) + 2, carry, out); \
    carry = function(in, (width), (step) + 3, carry, out);
#define STEPS_16(function, width, step)  \
    STEPS_4(function, width, step)       \
    STEPS_4(function, width, (step) + 4) \
    STEPS_4(function, width, (step) + 8) \
    STEPS_4(function, width, (step) + 12)
#define DEFINE_UNPACK(kind, width)                                              \
    static void kind##_##width(const uint8_t *in, uint32_t base, uint32_t *out) \
    {                                                                           \
        __m256i carry = _mm256_set1_epi32((int)base);                           \
        STEPS_16(kind##_step, width, 0)                                         \
        STEPS_16(kind##_step, width, 16)                                        \
    }
/* The formatter cannot settle this list. */
/* clang-format off */
#define FOR_EACH_WIDTH(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) \
    X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) X(20) X(21) X(22) \
    X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31) X(32)
/* clang-format on */
#define DEFINE_BOTH(width)    \
    DEFINE_UNPACK(add, width) \
    DEFINE_UNPACK(sum, width)
FOR_EACH_WIDTH(DEFINE_BOTH)

typedef void unpack_function(const uint8_t *in, uint32_t base, uint32_t *out);
#define ADD_ENTRY(width) add_##width,
#define SUM_ENTRY(width) sum_##width,
static unpack_function *const add_functions[BITPACK_WIDTH_MAX + 1] = {FOR_EACH_WIDTH(ADD_ENTRY)};
static unpack_function *const sum_functions[BITPACK_WIDTH_MAX + 1] = {FOR_EACH_WIDTH(SUM_ENTRY)};

static void avx2_unpack_add(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP])
{
    add_functions[width](in, base, out);
}

static void avx2_unpack_sum(const uint8_t *in, unsigned width, uint32_t base, uint32_t out[BITPACK_GROUP])
{
    sum_functions[width](in, base, out);
}

/* Packing is a small part of a load: one loop with the width as a variable is enough. */
static void avx2_pack(uint8_t *out, const uint32_t values[BITPACK_GROUP], unsigned width)
{
    const __m256i mask = _mm256_set1_epi32((int)(width >= 32 ? UINT32_MAX : (UINT32_C(1) << width) - 1));
    __m256i pending = _mm256_setzero_si256();
    unsigned filled = 0;
    for (size_t step = 0; step < BITPACK_GROUP / BITPACK_LANES && width; step++) {
        const __m256i next = _mm256_and_si256(mask, _mm256_loadu_si256((const __m256i *)(const void *)(values + 8 * step)));
        pending = _mm256_or_si256(pending, _mm256_sll_epi32(next, _mm_cvtsi32_si128((int)filled)));
        filled += width;
        if (filled >= 32) {
            _mm256_storeu_si256((__m256i *)(void *)out, pending);
            out += 32;
            filled -= 32;
            pending = _mm256_srl_epi32(next, _mm_cvtsi32_si128((int)(width - filled)));
        }
    }
}

const struct bitpack_codec bitpack_avx2 = {"avx2", avx2_pack, avx2_unpack_add, avx2_unpack_sum};

#else /* another processor: the portable codec stands in, and is never chosen under this name */

int bitpack_avx2_usable(void)
{
    return 0;
}

const struct bitpack_codec bitpack_avx2 = {"avx2", NULL, NULL, NULL};
#endif
