/* SPDX-License-Identifier: EUPL-1.2 */
/* The binary form of values. Expected bytes: what a PostgreSQL 15 server answers to `SELECT numeric_send(...)`, `date_send(...)`,
 * `timestamp_send(...)`. */
#include "engines/postgresql/postgresql_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NUMERIC_OID = 1700, DATE_OID = 1082, TIMESTAMP_OID = 1114, INT2_OID = 21, INT4_OID = 23, FLOAT4_OID = 700, UUID_OID = 2950 };

static const struct {
    double value;
    const char *hex;
} numerics[] = {
    {0.0, "0000000000000000"},
    {1.0, "00010000000000000001"},
    {-1.0, "00010000400000000001"},
    {0.1, "0001ffff0000000103e8"},
    {12.5, "0002000000000001000c1388"},
    {100.0, "00010000000000000064"},
    {10000.0, "00010001000000000001"},
    {123456789.125, "0004000200000003000109291a8504e2"},
    {0.0001, "0001ffff000000040001"},
    {0.00001, "0001fffe0000000503e8"},
    {-7.25, "0002000040000002000709c4"},
    {1e22, "00010005000000000064"},
    {1.5e-7, "0001fffe00000008000f"},
    {99999999.0, "0002000100000000270f270f"},
    {0.00123, "0002ffff00000005000c0bb8"},
    {1e-10, "0001fffd0000000a0064"},
    {3.0000000000000004, "000500000000001000030000000000000004"},
    {12345678901234567000.0, "000500040000000004d2162e23340d801b58"},
    {5e-324, "0001ffaf000001440005"},
    {1.7976931348623157e308, "0005004d0000000000011f28246112fe0c55"},
    {36.6, "000200000000000100241770"},
};

static void hex_of(const uint8_t *bytes, size_t length, char *out)
{
    for (size_t i = 0; i < length; i++) {
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    }
}

static void numerics_are_the_servers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++) {
        uint8_t bytes[POSTGRESQL_NUMERIC_MAX * 4];
        char hex[sizeof bytes * 2 + 1] = "";
        struct postgresql_value value = {0};
        struct error err = {0};
        const size_t length = postgresql_put_numeric(bytes, numerics[i].value);
        hex_of(bytes, length, hex);
        assert_string_equal(hex, numerics[i].hex);
        assert_true(postgresql_decode(NUMERIC_OID, bytes, length, &value, &err));
        assert_true(value.number == numerics[i].value);
    }
}

static void any_double_comes_back(void **state)
{
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15;
    for (int i = 0; i < 200000; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        uint64_t bits = seed;
        double number;
        memcpy(&number, &bits, sizeof number);
        if (number != number || number - number != 0) {
            continue;
        }
        uint8_t bytes[POSTGRESQL_NUMERIC_MAX * 4];
        struct postgresql_value value = {0};
        struct error err = {0};
        const size_t length = postgresql_put_numeric(bytes, number);
        assert_true(postgresql_decode(NUMERIC_OID, bytes, length, &value, &err));
        assert_true(value.number == number);
    }
}

static void whole_numbers_and_days(void **state)
{
    (void)state;
    struct postgresql_value value = {0};
    struct error err = {0};
    assert_true(postgresql_decode(INT2_OID, (const uint8_t *)"\xff\xfe", 2, &value, &err));
    assert_int_equal(value.i64, -2);
    assert_true(postgresql_decode(INT4_OID, (const uint8_t *)"\xff\xff\xff\xfd", 4, &value, &err));
    assert_int_equal(value.i64, -3);
    assert_true(postgresql_decode(DATE_OID, (const uint8_t *)"\x00\x00\x00\x00", 4, &value, &err)); /* 2000-01-01 */
    assert_int_equal(value.i64, 10957);
    assert_true(postgresql_decode(DATE_OID, (const uint8_t *)"\xff\xff\xd5\x33", 4, &value, &err)); /* 1970-01-01 */
    assert_int_equal(value.i64, 0);
    assert_true(postgresql_decode(TIMESTAMP_OID, (const uint8_t *)"\xff\xfc\xa2\xfe\xc4\xc8\x20\x00", 8, &value, &err));
    assert_int_equal(value.i64, 0);
    assert_true(postgresql_decode(FLOAT4_OID, (const uint8_t *)"\x3f\xc0\x00\x00", 4, &value, &err));
    assert_true(value.number == 1.5);
}

static void what_cannot_be_held_is_refused(void **state)
{
    (void)state;
    static const struct {
        Oid oid;
        const char *bytes;
        size_t length;
    } cases[] = {
        {DATE_OID, "\x7f\xff\xff\xff", 4},                             /* infinity */
        {DATE_OID, "\x80\x00\x00\x00", 4},                             /* -infinity */
        {TIMESTAMP_OID, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8},        /* infinity */
        {TIMESTAMP_OID, "\x80\x00\x00\x00\x00\x00\x00\x00", 8},        /* -infinity */
        {NUMERIC_OID, "\x00\x00\x00\x00\xc0\x00\x00\x00", 8},          /* NaN */
        {NUMERIC_OID, "\x00\x00\x00\x00\xd0\x00\x00\x00", 8},          /* Infinity */
        {NUMERIC_OID, "\x00\x05\x00\x00\x00\x00\x00\x00\x00\x01", 10}, /* five digits that are not there */
        {NUMERIC_OID, "\x00\x01", 2},
        {FLOAT4_OID, "\x7f\x80\x00\x00", 4}, /* Infinity */
        {INT4_OID, "\x00\x00\x00", 3},
        {UUID_OID, "0123456789abcdef", 16},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct postgresql_value value = {.i64 = 7};
        struct error err = {0};
        assert_false(postgresql_decode(cases[i].oid, (const uint8_t *)cases[i].bytes, cases[i].length, &value, &err));
        assert_int_equal(err.code, ERROR_UNSUPPORTED);
        assert_int_equal(value.i64, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerics_are_the_servers),
        cmocka_unit_test(any_double_comes_back),
        cmocka_unit_test(whole_numbers_and_days),
        cmocka_unit_test(what_cannot_be_held_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
