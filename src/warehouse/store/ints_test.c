/* SPDX-License-Identifier: EUPL-1.2 */
/* Integer runs: every int64 comes back, by group and as an array, whatever the shape; the cheap forms are cheap; cut bytes are refused. */
#include "warehouse/store/ints.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state;
static uint64_t random_u64(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ (state >> 29);
}

static size_t round_trip(const int64_t *values, size_t count, bool with_unit)
{
    struct error err = {0};
    struct buffer out = {.maximum = 1 << 20};
    assert_true(ints_encode(&out, values, count, with_unit, &err));
    uint8_t *exact = malloc(out.length); /* exact, so that AddressSanitizer sees a byte too much */
    assert_non_null(exact);
    memcpy(exact, out.data, out.length);
    struct cursor cursor = {exact, out.length, 0};
    struct ints ints;
    assert_true(ints_open(&ints, &cursor, count, &err));
    assert_int_equal(cursor.position, out.length);
    for (size_t g = 0; g * BITPACK_GROUP < count; g++) {
        int64_t wide[BITPACK_GROUP];
        uint32_t narrow[BITPACK_GROUP];
        ints_group_i64(&ints, g, wide);
        ints_group_u32(&ints, g, narrow);
        assert_memory_equal(wide, values + g * BITPACK_GROUP, ints_group_count(&ints, g) * sizeof *wide);
        for (size_t i = 0; i < ints_group_count(&ints, g); i++) {
            assert_int_equal(narrow[i], (uint32_t)(uint64_t)values[g * BITPACK_GROUP + i]);
            assert_true(ints_value(&ints, g * BITPACK_GROUP + i) == values[g * BITPACK_GROUP + i]);
        }
    }
    for (size_t cut = 0; cut < out.length; cut += 1 + out.length / 50) {
        struct cursor shorter = {exact, cut, 0};
        assert_false(ints_open(&ints, &shorter, count, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
        assert_int_equal(shorter.position, 0);
    }
    size_t length = out.length;
    free(exact);
    buffer_finish(&out);
    return length;
}

static void shapes_of_every_width(void **unused)
{
    (void)unused;
    static int64_t values[INTS_RUN];
    const size_t counts[] = {1, 2, 255, 256, 257, 1000, INTS_RUN};
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            uint64_t base = random_u64(), mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
            for (size_t i = 0; i < counts[c]; i++) {
                values[i] = (int64_t)(base + (random_u64() & mask));
            }
            round_trip(values, counts[c], false);
            for (size_t i = 1; i < counts[c]; i++) {
                values[i] = (int64_t)((uint64_t)values[i - 1] + (random_u64() & mask));
            }
            round_trip(values, counts[c], true);
        }
    }
}

static void extremes(void **unused)
{
    (void)unused;
    const int64_t values[] = {INT64_MIN, INT64_MAX, 0, -1, 1, INT64_MIN, INT64_MIN + 1, INT64_MAX - 1};
    round_trip(values, sizeof values / sizeof values[0], false);
    round_trip(values, sizeof values / sizeof values[0], true);
    const int64_t same[] = {INT64_MIN, INT64_MIN};
    round_trip(same, 2, false);
    round_trip(same, 0, false);
}

static void cheap_forms_are_cheap(void **unused)
{
    (void)unused;
    static int64_t values[INTS_RUN];
    for (size_t i = 0; i < INTS_RUN; i++) {
        values[i] = 4;
    }
    assert_in_range(round_trip(values, INTS_RUN, false), 1, 9);
    for (size_t i = 0; i < INTS_RUN; i++) { /* record ids in the order of loading */
        values[i] = INT64_C(1) << 40 | (int64_t)i;
    }
    assert_in_range(round_trip(values, INTS_RUN, false), 1, 128);
    for (size_t i = 0; i < INTS_RUN; i++) { /* midnights of 30 years: 14 bits a value */
        values[i] = (int64_t)(random_u64() % 10957) * INT64_C(86400000000);
    }
    assert_in_range(round_trip(values, INTS_RUN, true), INTS_RUN * 13 / 8, INTS_RUN * 15 / 8);
    values[77] += INT64_C(3600000000);
    assert_in_range(round_trip(values, INTS_RUN, true), INTS_RUN * 17 / 8, INTS_RUN * 20 / 8);
    values[78] += 1;
    round_trip(values, INTS_RUN, true);
}

static void arrays(void **unused)
{
    (void)unused;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    const size_t count = 3 * INTS_RUN + 17;
    int64_t *values = ARENA_ARRAY(arena, int64_t, count);
    uint32_t *narrow = ARENA_ARRAY(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = (int64_t)random_u64();
        narrow[i] = (uint32_t)random_u64();
    }
    struct buffer out = {.maximum = 1 << 22};
    assert_true(ints_array_encode(&out, values, count, &err));
    assert_true(ints_array_encode_u32(&out, narrow, count, &err));
    assert_true(ints_array_encode(&out, NULL, 0, &err));
    struct cursor cursor = {out.data, out.length, 0};
    const int64_t *back;
    const uint32_t *narrow_back;
    size_t back_count;
    assert_true(ints_array_decode(&cursor, 0, count, arena, &back, &back_count, &err));
    assert_int_equal(back_count, count);
    assert_memory_equal(back, values, count * sizeof *values);
    assert_true(ints_array_decode_u32(&cursor, count, count, arena, &narrow_back, &back_count, &err));
    assert_memory_equal(narrow_back, narrow, count * sizeof *narrow);
    assert_true(ints_array_decode(&cursor, 0, 0, arena, &back, &back_count, &err));
    assert_int_equal(cursor.position, out.length);
    cursor.position = 0;
    assert_false(ints_array_decode(&cursor, 0, count - 1, arena, &back, &back_count, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_of_every_width),
        cmocka_unit_test(extremes),
        cmocka_unit_test(cheap_forms_are_cheap),
        cmocka_unit_test(arrays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
