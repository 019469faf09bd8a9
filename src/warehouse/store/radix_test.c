/* SPDX-License-Identifier: EUPL-1.2 */
/* Radix sorts against qsort, for few and many keys of every width; pairs with equal keys keep their order. */
#include "warehouse/store/radix.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 5000 };
static uint64_t state = 11;
static uint64_t random_bits(unsigned bits)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t mixed = state ^ (state >> 31);
    return bits == 64 ? mixed : mixed & ((UINT64_C(1) << bits) - 1);
}

static int u64_compare(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void keys_of_every_width(void **unused)
{
    (void)unused;
    static uint64_t keys[MOST], spare[MOST], expected[MOST];
    for (unsigned bits = 1; bits <= 64; bits++) {
        for (size_t count = 0; count <= MOST; count = count * 4 + 1) {
            for (size_t i = 0; i < count; i++) {
                expected[i] = keys[i] = random_bits(bits);
            }
            qsort(expected, count, sizeof *expected, u64_compare);
            radix_sort_keys(keys, spare, count, 0, bits);
            assert_memory_equal(keys, expected, count * sizeof *keys);
        }
    }
}

static void narrow_keys(void **unused)
{
    (void)unused;
    static uint32_t keys[MOST], spare[MOST];
    for (unsigned bits = 1; bits <= 32; bits++) {
        uint64_t sum = 0, sum_after = 0;
        for (size_t i = 0; i < MOST; i++) {
            keys[i] = (uint32_t)random_bits(bits);
            sum += keys[i];
        }
        radix_sort_narrow(keys, spare, MOST, bits);
        for (size_t i = 0; i < MOST; i++) {
            assert_true(i == 0 || keys[i - 1] <= keys[i]);
            sum_after += keys[i];
        }
        assert_true(sum == sum_after);
    }
}

static void bits_below_the_first_are_not_looked_at(void **unused)
{
    (void)unused;
    static uint64_t keys[MOST], spare[MOST];
    for (size_t i = 0; i < MOST; i++) {
        keys[i] = random_bits(8) << 32 | i;
    }
    radix_sort_keys(keys, spare, MOST, 32, 64);
    for (size_t i = 1; i < MOST; i++) {
        assert_true(keys[i - 1] < keys[i]); /* stable, so that what is below ascends among equals */
    }
}

static void pairs_are_stable(void **unused)
{
    (void)unused;
    static uint64_t keys[MOST], spare[MOST], before[MOST];
    static uint32_t values[MOST], values_spare[MOST];
    for (size_t count = 1; count <= MOST; count = count * 5 + 2) {
        for (size_t i = 0; i < count; i++) {
            before[i] = keys[i] = random_bits(5) << 20 | random_bits(2);
            values[i] = (uint32_t)i;
        }
        radix_sort_pairs(keys, values, spare, values_spare, count, 25);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(before[values[i]], keys[i]);
            assert_true(i == 0 || keys[i - 1] < keys[i] || (keys[i - 1] == keys[i] && values[i - 1] < values[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_width),
        cmocka_unit_test(narrow_keys),
        cmocka_unit_test(bits_below_the_first_are_not_looked_at),
        cmocka_unit_test(pairs_are_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
