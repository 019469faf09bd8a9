/* SPDX-License-Identifier: EUPL-1.2 */
/* Both codecs against a bit-by-bit reading of the written format, and against each other, for every width; tails of every length. */
#include "warehouse/store/bitpack.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state;
static uint32_t random_u32(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 32);
}

static uint32_t masked(uint32_t value, unsigned width)
{
    return width == 32 ? value : value & ((UINT32_C(1) << width) - 1);
}

/* The format as it is written in segment.md: bit b of the value at lane i % 8, step i / 8. */
static uint32_t value_by_bits(const uint8_t *in, size_t i, unsigned width)
{
    uint32_t value = 0;
    for (unsigned b = 0; b < width; b++) {
        size_t bit = i / 8 * width + b, word = bit / 32;
        uint32_t loaded;
        memcpy(&loaded, in + 4 * (8 * word + i % 8), sizeof loaded);
        value |= (loaded >> (bit % 32) & 1) << b;
    }
    return value;
}

static void check_codec(const struct bitpack_codec *codec)
{
    for (unsigned width = 0; width <= BITPACK_WIDTH_MAX; width++) {
        uint32_t values[BITPACK_GROUP], out[BITPACK_GROUP];
        /* exact allocation: AddressSanitizer sees a byte too much */
        uint8_t *packed = malloc(bitpack_group_bytes(width) + 1), *other = malloc(bitpack_group_bytes(width) + 1);
        assert_non_null(packed);
        assert_non_null(other);
        for (size_t i = 0; i < BITPACK_GROUP; i++) {
            values[i] = random_u32();
        }
        codec->pack(packed + 1, values, width);
        bitpack_portable.pack(other + 1, values, width);
        assert_memory_equal(packed + 1, other + 1, bitpack_group_bytes(width));
        uint32_t base = random_u32(), sum = base;
        codec->unpack_add(packed + 1, width, base, out);
        for (size_t i = 0; i < BITPACK_GROUP; i++) {
            assert_int_equal(value_by_bits(packed + 1, i, width), masked(values[i], width));
            assert_int_equal(bitpack_value(packed + 1, BITPACK_GROUP, width, i), masked(values[i], width));
            assert_int_equal(out[i], base + masked(values[i], width));
        }
        codec->unpack_sum(packed + 1, width, base, out);
        for (size_t i = 0; i < BITPACK_GROUP; i++) {
            sum += masked(values[i], width);
            assert_int_equal(out[i], sum);
        }
        free(packed);
        free(other);
    }
}

static void portable_reads_what_it_wrote(void **unused)
{
    (void)unused;
    check_codec(&bitpack_portable);
}

static void avx2_equals_portable(void **unused)
{
    (void)unused;
    if (!bitpack_avx2_usable()) {
        skip();
    }
    check_codec(&bitpack_avx2);
}

static void tails_of_every_length(void **unused)
{
    (void)unused;
    for (unsigned width = 0; width <= BITPACK_WIDTH_MAX; width++) {
        for (size_t count = 1; count < BITPACK_GROUP; count += 1 + count / 9) {
            uint32_t values[BITPACK_GROUP], out[BITPACK_GROUP];
            uint8_t *packed = malloc(bitpack_tail_bytes(count, width) + 1);
            assert_non_null(packed);
            for (size_t i = 0; i < count; i++) {
                values[i] = random_u32();
            }
            bitpack_tail_pack(packed + 1, values, count, width);
            bitpack_tail_unpack_add(packed + 1, count, width, 7, out);
            uint32_t sum = 9;
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(out[i], 7 + masked(values[i], width));
            }
            bitpack_tail_unpack_sum(packed + 1, count, width, sum, out);
            for (size_t i = 0; i < count; i++) {
                sum += masked(values[i], width);
                assert_int_equal(out[i], sum);
            }
            free(packed);
        }
    }
}

static void widths(void **unused)
{
    (void)unused;
    assert_int_equal(bitpack_width(0), 0);
    assert_int_equal(bitpack_width(1), 1);
    assert_int_equal(bitpack_width(255), 8);
    assert_int_equal(bitpack_width(256), 9);
    assert_int_equal(bitpack_width(UINT32_MAX), 32);
    bitpack_choose(&bitpack_portable);
    assert_ptr_equal(bitpack_codec(), &bitpack_portable);
    bitpack_choose(NULL);
    assert_ptr_equal(bitpack_codec(), bitpack_avx2_usable() ? &bitpack_avx2 : &bitpack_portable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(portable_reads_what_it_wrote),
        cmocka_unit_test(avx2_equals_portable),
        cmocka_unit_test(tails_of_every_length),
        cmocka_unit_test(widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
