/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of buffer and cursor: maxima, byte order, varints (LEB128 examples of DWARF 5, figure C.1), and bounds. */
#include "base/buffer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

DEFINE_ARRAY(numbers, int)

static void test_append_and_maximum(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer buffer = {.maximum = 10};
    assert_true(buffer_append(&buffer, "12345", 5, &err));
    assert_string_equal((char *)buffer.data, "12345");
    assert_true(buffer_append_format(&buffer, &err, "%d", 67890));
    assert_string_equal((char *)buffer.data, "1234567890");
    assert_false(buffer_append_text(&buffer, "x", &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal((char *)buffer.data, "1234567890");
    assert_int_equal(buffer.length, 10);
    assert_false(buffer_reserve(&buffer, SIZE_MAX, &err));
    assert_true(buffer_append(&buffer, NULL, 0, &err));
    buffer_clear(&buffer);
    assert_int_equal(buffer.length, 0);
    assert_string_equal((char *)buffer.data, "");
    assert_true(buffer_append_text(&buffer, "again", &err));
    CLEANUP(buffer_value) struct buffer none = {0};
    assert_false(buffer_append(&none, "x", 1, &err));
    assert_true(buffer_reserve(&none, 0, &err));
}

/* What is formatted is cut at every place that the room can end, and comes out whole; past the maximum nothing is left of it. */
static void test_format_and_room(void **state)
{
    (void)state;
    struct error err;
    for (size_t before = 1; before < 130; before++) {
        CLEANUP(buffer_value) struct buffer buffer = {.maximum = before + 12};
        char expected[160];
        memset(expected, 'a', before);
        memcpy(expected + before, "7-seventy.5", sizeof "7-seventy.5");
        for (size_t i = 0; i < before; i++) {
            assert_true(buffer_append(&buffer, "a", 1, &err));
        }
        assert_true(buffer_append_format(&buffer, &err, "%d-%s.%c", 7, "seventy", '5'));
        assert_string_equal((char *)buffer.data, expected);
        assert_int_equal(buffer.length, before + 11);
        assert_true(buffer_append_format(&buffer, &err, "%s", ""));
        assert_false(buffer_append_format(&buffer, &err, "%s", "two"));
        assert_int_equal(err.code, ERROR_LIMIT);
        assert_string_equal((char *)buffer.data, expected);
        assert_int_equal(buffer.length, before + 11);
    }
}

static void test_growth(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer buffer = {.maximum = 1000000};
    for (int i = 0; i < 1000000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_true(buffer_append(&buffer, &byte, 1, &err));
    }
    assert_int_equal(buffer.capacity, 1000000);
    for (int i = 0; i < 1000000; i++) {
        assert_int_equal(buffer.data[i], (uint8_t)(i * 7));
    }
    assert_false(buffer_append(&buffer, "x", 1, &err));
}

static void test_array(void **state)
{
    (void)state;
    struct error err;
    struct numbers numbers = {.maximum = 100};
    for (int i = 0; i < 100; i++) {
        assert_true(numbers_append(&numbers, i, &err));
    }
    assert_false(numbers_append(&numbers, 100, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_false(numbers_reserve(&numbers, SIZE_MAX, &err));
    assert_int_equal(numbers.count, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(numbers.items[i], i);
    }
    numbers_finish(&numbers);
    assert_null(numbers.items);
    assert_true(numbers_append(&numbers, 1, &err));
    numbers_finish(&numbers);
}

static void test_integers(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer buffer = {.maximum = 100};
    assert_true(buffer_append_u32(&buffer, 0x01020304u, &err));
    assert_true(buffer_append_u64(&buffer, 0x0102030405060708u, &err));
    static const uint8_t expected[] = {4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1};
    assert_int_equal(buffer.length, sizeof expected);
    assert_memory_equal(buffer.data, expected, sizeof expected);
    struct cursor cursor = {.data = buffer.data, .length = buffer.length};
    uint32_t small = 0;
    uint64_t large = 0;
    assert_true(cursor_u32(&cursor, &small, &err));
    assert_true(cursor_u64(&cursor, &large, &err));
    assert_int_equal(small, 0x01020304);
    assert_true(large == 0x0102030405060708u);
    uint8_t byte = 9;
    assert_false(cursor_u8(&cursor, &byte, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_int_equal(byte, 9);
    assert_int_equal(cursor.position, 12);
}

static void test_varints_of_dwarf(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        size_t length;
        uint8_t bytes[2];
    } examples[] = {{2, 1, {2}}, {127, 1, {127}}, {128, 2, {0x80, 1}}, {129, 2, {0x81, 1}}, {12857, 2, {0xb9, 0x64}}};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct error err;
        CLEANUP(buffer_value) struct buffer buffer = {.maximum = 10};
        assert_true(buffer_append_varint(&buffer, examples[i].value, &err));
        assert_int_equal(buffer.length, examples[i].length);
        assert_memory_equal(buffer.data, examples[i].bytes, examples[i].length);
    }
}

static void test_varint_round_trip(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (uint64_t near = 0; near < 3; near++) {
            struct error err;
            uint64_t value = (UINT64_C(1) << shift) + near - 1;
            uint64_t again = 0;
            CLEANUP(buffer_value) struct buffer buffer = {.maximum = 10};
            assert_true(buffer_append_varint(&buffer, value, &err));
            struct cursor cursor = {.data = buffer.data, .length = buffer.length};
            assert_true(cursor_varint(&cursor, &again, &err));
            assert_true(value == again && cursor.position == buffer.length);
            cursor = (struct cursor){.data = buffer.data, .length = buffer.length - 1};
            assert_false(cursor_varint(&cursor, &again, &err)); /* cut off */
            assert_int_equal(cursor.position, 0);
        }
    }
}

static void test_varint_refusals(void **state)
{
    (void)state;
    static const uint8_t overlong[] = {0x80, 0x00};
    static const uint8_t too_large[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
    const struct cursor cursors[] = {{overlong, sizeof overlong, 0}, {too_large, sizeof too_large, 0}, {endless, sizeof endless, 0}};
    for (size_t i = 0; i < 3; i++) {
        struct error err;
        struct cursor cursor = cursors[i];
        uint64_t value = 5;
        assert_false(cursor_varint(&cursor, &value, &err));
        assert_int_equal(err.code, ERROR_CORRUPT);
        assert_int_equal(value, 5);
    }
}

static void test_cursor_bytes(void **state)
{
    (void)state;
    struct error err;
    static const uint8_t data[] = "abcdef";
    struct cursor cursor = {.data = data, .length = 6};
    const uint8_t *bytes = NULL;
    assert_true(cursor_bytes(&cursor, 4, &bytes, &err));
    assert_ptr_equal(bytes, data);
    assert_false(cursor_bytes(&cursor, 3, &bytes, &err));
    assert_false(cursor_bytes(&cursor, SIZE_MAX, &bytes, &err));
    assert_true(cursor_bytes(&cursor, 2, &bytes, &err));
    assert_ptr_equal(bytes, data + 4);
    assert_true(cursor_bytes(&cursor, 0, &bytes, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_and_maximum),
        cmocka_unit_test(test_format_and_room),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_array),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_varints_of_dwarf),
        cmocka_unit_test(test_varint_round_trip),
        cmocka_unit_test(test_varint_refusals),
        cmocka_unit_test(test_cursor_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
