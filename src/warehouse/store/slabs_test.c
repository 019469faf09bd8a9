/* SPDX-License-Identifier: EUPL-1.2 */
/* Columns in memory: what was appended is read back, in order, by list, flat, and flat in parts, over the edges of slabs; narrow values
 * take little room. */
#include "warehouse/store/slabs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 3 * SLAB_ROWS + 1234, PART = 777 };
static uint64_t state = 17;
static uint64_t random_u64(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state ^ (state >> 31);
}

struct truth {
    int64_t values[ROWS];
    bool there[ROWS];
    uint32_t rows[ROWS];
};

static void truth_append(struct slab_column *column, const struct truth *truth)
{
    struct error err = {0};
    for (size_t first = 0; first < ROWS; first += PART) {
        int64_t values[PART];
        uint64_t valid[PART / 64 + 1] = {0};
        const size_t count = ROWS - first < PART ? ROWS - first : PART;
        size_t there = 0;
        for (size_t i = 0; i < count; i++) {
            values[i] = truth->there[first + i] ? truth->values[first + i] : (int64_t)random_u64();
            valid[i / 64] |= (uint64_t)truth->there[first + i] << (i % 64);
            there += truth->there[first + i];
        }
        if (there == 0) {
            assert_true(slab_column_append_nulls(column, count, &err));
        } else {
            assert_true(slab_column_append(column, values, there == count ? NULL : valid, count, &err));
        }
    }
    assert_int_equal(column->count, ROWS);
}

static void same(const struct truth *truth, const int64_t *values, const uint64_t *valid, size_t absent)
{
    size_t expected = 0;
    for (size_t i = 0; i < ROWS; i++) {
        const uint32_t row = truth->rows[i];
        expected += !truth->there[row];
        assert_int_equal(valid[i / 64] >> (i % 64) & 1, truth->there[row]);
        assert_int_equal(values[i], truth->there[row] ? truth->values[row] : 0);
    }
    assert_int_equal(absent, expected);
}

/* Rows fall into parts at random, of which many are empty; memory is given. */
static void in_parts(const struct truth *truth, const struct slab_column *column)
{
    static int64_t values[ROWS];
    static uint64_t valid[ROWS / 64 + 1], room[ROWS];
    static uint8_t parts[ROWS];
    static uint32_t places[ROWS], place_of[ROWS];
    struct slab_layout layout = {.parts = parts};
    struct slab_flat flat;
    struct error err = {0};
    uint32_t at = 0;
    for (size_t i = 0; i < ROWS; i++) {
        parts[i] = (uint8_t)(random_u64() % 100 * 2 + 50);
    }
    for (size_t part = 0; part < SLAB_PARTS; part++) {
        layout.begins[part] = at;
        for (size_t i = 0; i < ROWS; i++) {
            if (parts[i] == part) {
                place_of[i] = at++;
            }
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        places[i] = place_of[truth->rows[i]];
    }
    assert_true(slab_flat_make(&flat, column, &layout, room, &err));
    same(truth, values, valid, slab_flat_read(&flat, places, ROWS, values, valid));
    slab_flat_finish(&flat);
}

static size_t round_trip(struct truth *truth, bool with_unit)
{
    static int64_t values[ROWS];
    static uint64_t valid[ROWS / 64 + 1];
    struct slab_column column;
    struct slab_flat flat;
    struct error err = {0};
    slab_column_init(&column, with_unit);
    truth_append(&column, truth);
    for (size_t i = 0; i < ROWS; i++) {
        truth->rows[i] = (uint32_t)i;
    }
    same(truth, values, valid, slab_column_read(&column, NULL, 0, ROWS, values, valid));
    for (size_t i = 0; i < ROWS; i++) {
        truth->rows[i] = (uint32_t)(random_u64() % ROWS);
    }
    same(truth, values, valid, slab_column_read(&column, truth->rows, 0, ROWS, values, valid));
    assert_true(slab_flat_make(&flat, &column, NULL, NULL, &err));
    same(truth, values, valid, slab_flat_read(&flat, truth->rows, ROWS, values, valid));
    slab_flat_finish(&flat);
    in_parts(truth, &column);
    const size_t bytes = column.bytes;
    slab_column_finish(&column);
    return bytes;
}

static void every_width_and_absence(void **unused)
{
    (void)unused;
    static struct truth truth;
    for (unsigned width = 0; width <= 64; width += 8) {
        for (unsigned absent = 0; absent < 4; absent++) { /* none, some, the first two slabs, nearly all */
            for (size_t i = 0; i < ROWS; i++) {
                truth.values[i] = -5 + (int64_t)(width == 64 ? random_u64() : random_u64() & ((UINT64_C(1) << width) - 1));
                truth.there[i] = absent == 0 || (absent == 1 && random_u64() % 9) || (absent == 2 && i > 2 * SLAB_ROWS + 50) ||
                                 (absent == 3 && i == ROWS - 3);
            }
            round_trip(&truth, absent == 1);
        }
    }
}

static void instants_are_narrow(void **unused)
{
    (void)unused;
    static struct truth truth;
    for (size_t i = 0; i < ROWS; i++) {
        truth.values[i] = (int64_t)(random_u64() % 10000) * INT64_C(86400000000);
        truth.there[i] = i % 100 != 7;
    }
    const size_t days = round_trip(&truth, true), plain = round_trip(&truth, false);
    assert_true(days * 2 < plain);
    truth.values[SLAB_ROWS + 5] += 1; /* one slab is wide now, and all of the flat form */
    round_trip(&truth, true);
}

static void nothing_costs_nothing(void **unused)
{
    (void)unused;
    struct slab_column column;
    struct error err = {0};
    slab_column_init(&column, false);
    assert_true(slab_column_append_nulls(&column, UINT64_C(4000000000), &err));
    assert_int_equal(column.bytes, 0);
    assert_int_equal(column.nulls, column.count);
    slab_column_finish(&column);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_width_and_absence),
        cmocka_unit_test(instants_are_narrow),
        cmocka_unit_test(nothing_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
