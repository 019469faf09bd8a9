/* SPDX-License-Identifier: EUPL-1.2 */
/* export_hash: the form of a row against bytes written out by hand, with the digest of Python's hashlib.blake2b over them; sums do not
 * depend on order, and do depend on how often a row is there. */
#include "base/text.h"
#include "warehouse/export/export_hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { FIELDS = 6, ROWS = 3 };
static const int64_t numbers[ROWS] = {1, -2, INT64_MIN}, moments[ROWS] = {0, -1, 1};
static const double floats[ROWS] = {0.5, -0.0, 1e300};
static const int32_t days[ROWS] = {0, 18000, -1};
static const struct text texts[ROWS] = {{"", 0}, {"\xc3\xa9t\xc3\xa9", 5}, {"x", 1}};
static const uint64_t all_but_last = 3;
static const struct store_vector columns[FIELDS] = {
    {.type = OMOP_INTEGER, .count = ROWS, .integers = numbers},
    {.type = OMOP_FLOAT, .count = ROWS, .floats = floats},
    {.type = OMOP_DATE, .count = ROWS, .days = days, .valid = &all_but_last},
    {.type = OMOP_DATETIME, .count = ROWS, .integers = moments},
    {.type = OMOP_TEXT, .count = ROWS, .texts = texts},
    {.type = OMOP_TEXT, .count = ROWS, .is_all_null = true},
};

static struct export_hash hash_of(const size_t *positions, size_t count)
{
    CLEANUP(buffer_value) struct buffer row = {.maximum = 1 << 16};
    struct export_hash hash = {0};
    for (size_t i = 0; i < count; i++) {
        assert_true(export_hash_add(&hash, columns, FIELDS, positions[i], &row, NULL));
    }
    return hash;
}

static void a_row_has_the_form_that_is_described(void **state)
{
    static const uint8_t expected[] = {
        1, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* -2 */
        2, 0,    0,    0,    0,    0,    0,    0,    0x80, /* -0.0 */
        3, 0x50, 0x46, 0,    0,                            /* 18000: 2019-04-14 */
        4, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* a microsecond before 1970 */
        5, 5,    0,    0,    0,    0xc3, 0xa9, 't',  0xc3, 0xa9, 0,
    };
    CLEANUP(buffer_value) struct buffer row = {.maximum = 1 << 16};
    struct export_hash hash = {0};
    char hex[2 * CRYPTO_WIDE_HASH_SIZE + 1];
    (void)state;
    assert_true(export_hash_add(&hash, columns, FIELDS, 1, &row, NULL));
    assert_int_equal(row.length, sizeof expected);
    assert_memory_equal(row.data, expected, sizeof expected);
    crypto_hex(hex, hash.sum, sizeof hash.sum);
    /* hashlib.blake2b(expected, digest_size=64, person=b"emc2 row 1").hexdigest() of Python 3.11 */
    assert_string_equal(hex, "ef4c5ca626d58897edc97fec1c3f3cc8c9b5034566cb35b31520ffe1375fa1cd"
                             "665ef98293385835462defd0b6d57f6c5172ca35dce579573e0fa7a45a7f45ed");
}

static void order_does_not_count_and_repetition_does(void **state)
{
    (void)state;
    struct export_hash forward = hash_of((const size_t[]){0, 1, 2}, 3), back = hash_of((const size_t[]){2, 1, 0}, 3);
    struct export_hash twice = hash_of((const size_t[]){0, 1, 2, 2}, 4), other = hash_of((const size_t[]){0, 1, 1}, 3);
    assert_true(export_hash_equal(&forward, &back));
    assert_false(export_hash_equal(&forward, &twice));
    assert_false(export_hash_equal(&forward, &other));
}

static void print_and_parse(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
    struct export_hashes hashes = {.rows = 3}, again;
    hashes.tables[OMOP_TABLE_PERSON] = hash_of((const size_t[]){0, 1, 2}, 3);
    assert_true(export_hashes_print(&hashes, &text, &err));
    assert_true(export_hashes_parse(&again, "hashes.json", text.data, text.length, &err));
    assert_int_equal(again.rows, 3);
    for (int t = 0; t < OMOP_TABLE_COUNT; t++) {
        assert_true(export_hash_equal(&hashes.tables[t], &again.tables[t]));
    }
    assert_false(export_hashes_parse(&again, "hashes.json", "{}", 2, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_row_has_the_form_that_is_described),
                                       cmocka_unit_test(order_does_not_count_and_repetition_does), cmocka_unit_test(print_and_parse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
