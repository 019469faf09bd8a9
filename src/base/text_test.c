/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of text: views, UTF-8 against an independent decoder, and numbers there and back. */
#include "base/text.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_views(void **state)
{
    (void)state;
    assert_true(text_equal(text_of("abc"), TEXT("abc")));
    assert_true(text_equal(text_of(NULL), TEXT("")));
    assert_false(text_equal(TEXT("abc"), TEXT("abd")));
    assert_true(text_equal_fold(TEXT("Person_ID"), TEXT("pERSON_id")));
    assert_false(text_equal_fold(TEXT("["), TEXT("{"))); /* 0x5b and 0x7b are no letters */
    assert_false(text_equal_fold(TEXT("a"), TEXT("ab")));
    assert_true(text_compare(TEXT("a"), TEXT("b")) < 0);
    assert_true(text_compare(TEXT("ab"), TEXT("a")) > 0);
    assert_true(text_compare(TEXT("\xff"), TEXT("a")) > 0);
    assert_int_equal(text_compare(TEXT(""), TEXT("")), 0);
    assert_true(text_equal(text_trim(TEXT(" \t\r\n\v\fx y \n")), TEXT("x y")));
    assert_int_equal(text_trim(TEXT("  ")).length, 0);
    assert_true(text_starts_with(TEXT("person.csv"), TEXT("person")));
    assert_false(text_starts_with(TEXT("per"), TEXT("person")));
    assert_true(text_ends_with(TEXT("chu.delivery-1.delivery"), TEXT(".delivery")) && text_ends_with(TEXT("x"), TEXT("")));
    assert_false(text_ends_with(TEXT("chu.delivery-1.delivery.tmp"), TEXT(".delivery")) || text_ends_with(TEXT("y"), TEXT(".delivery")));
    assert_false(text_ends_with(TEXT("a.CSV"), TEXT(".csv")));
    assert_true(text_ends_with_fold(TEXT("a.CSV"), TEXT(".csv")));
}

static void test_copy(void **state)
{
    (void)state;
    char out[4] = "xyz";
    assert_true(text_copy(out, sizeof out, TEXT("abc")));
    assert_string_equal(out, "abc");
    assert_false(text_copy(out, sizeof out, TEXT("defg")));
    assert_string_equal(out, "def");
    assert_false(text_copy(out, 0, TEXT("")));
    assert_true(text_copy(out, 1, TEXT("")));
    assert_string_equal(out, "");
}

/* By arithmetic on the code point, not by ranges of bytes: an independent reading of the same norm. */
static bool decodes(const unsigned char *bytes, size_t length)
{
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t at = 0; at < length;) {
        unsigned char lead = bytes[at];
        size_t count = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
        if (count == 0 || count > length - at) {
            return false;
        }
        unsigned long point = count == 1 ? lead : lead & (0xffu >> (count + 1));
        for (size_t i = 1; i < count; i++) {
            if (bytes[at + i] >> 6 != 2) {
                return false;
            }
            point = point << 6 | (bytes[at + i] & 0x3fu);
        }
        if (point < smallest[count] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            return false;
        }
        at += count;
    }
    return true;
}

static void test_utf8(void **state)
{
    (void)state;
    assert_true(text_is_utf8(TEXT("")));
    assert_true(text_is_utf8(TEXT("0123456789 \xe2\x82\xac \xf0\x9f\x98\x80 0123456789")));
    for (unsigned lead = 0; lead < 256; lead++) {
        for (unsigned second = 0; second < 256; second++) {
            static const unsigned char ends[] = {0x7f, 0x80, 0xbf, 0xc0};
            for (size_t end = 0; end < 4; end++) {
                const unsigned char bytes[] = {(unsigned char)lead, (unsigned char)second, ends[end], 0x80};
                for (size_t length = 1; length <= 4; length++) {
                    struct text text = {(const char *)bytes, length};
                    assert_int_equal(text_is_utf8(text), decodes(bytes, length));
                }
            }
        }
    }
}

static void test_cut(void **state)
{
    (void)state;
    const struct text word = TEXT("a\xc3\xa9\xe2\x82\xac"); /* aé€ */
    static const size_t lengths[] = {0, 1, 1, 3, 3, 3, 6, 6};
    for (size_t maximum = 0; maximum < sizeof lengths / sizeof *lengths; maximum++) {
        assert_int_equal(text_cut(word, maximum).length, lengths[maximum]);
    }
}

static void test_integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0}, {"-0", 0}, {"+7", 7}, {"007", 7}, {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 99;
        assert_true(text_to_i64(text_of(good[i].text), &value));
        assert_int_equal(value, good[i].value);
    }
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      " 1",
                                      "1 ",
                                      "1.0",
                                      "1e3",
                                      "0x1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "a",
                                      ":",
                                      "/1",
                                      "--1",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 99;
        assert_false(text_to_i64(text_of(bad[i]), &value));
        assert_int_equal(value, 99);
    }
}

static void test_doubles(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0},
                {"-1.5", -1.5},
                {"+2", 2},
                {".5", 0.5},
                {"5.", 5},
                {"1e3", 1000},
                {"1E-3", 0.001},
                {"0.1", 0.1},
                {"7.25", 7.25},
                {"9007199254740993", 9007199254740992.0}, /* a tie: to even */
                {"1.7976931348623157e308", DBL_MAX},
                {"2.2250738585072011e-308", 0x0.fffffffffffffp-1022}, /* a value that hung other readers */
                {"4.9e-324", 0x1p-1074},
                {"1e-400", 0},
                {"0e999999999", 0},
                {"123456789012345678901234567890", 123456789012345678901234567890.0},
                {"0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                 "000000000000000000000000000000001",
                 1e-147}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double value = 99;
        assert_true(text_to_double(text_of(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    static const char *const bad[] = {"",     ".",   "-",  "e5", "1e",    "1e+",    "inf",   "nan",
                                      "0x10", "1,5", " 1", "1 ", "1e999", "-1e400", "1.2.3", "1_0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double value = 99;
        assert_false(text_to_double(text_of(bad[i]), &value));
        assert_true(value == 99);
    }
}

/* A fixed generator (xorshift64), so that a failure can be repeated. */
static uint64_t next_bits(uint64_t *bits)
{
    *bits ^= *bits << 13;
    *bits ^= *bits >> 7;
    *bits ^= *bits << 17;
    return *bits;
}

static void check_round_trip(double value)
{
    char out[TEXT_NUMBER_SIZE];
    size_t length = text_from_double(value, out);
    double again = 0;
    assert_int_equal(length, strlen(out));
    assert_true(length < TEXT_NUMBER_SIZE);
    assert_true(text_to_double((struct text){out, length}, &again));
    assert_memory_equal(&value, &again, sizeof value);
}

static void test_double_round_trips(void **state)
{
    (void)state;
    uint64_t bits = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 200000; i++) {
        double value;
        uint64_t random = next_bits(&bits);
        memcpy(&value, &random, sizeof value);
        if (isfinite(value)) {
            check_round_trip(value);
        }
        check_round_trip((double)(int64_t)(random % 20000000) / 100.0 - 100000.0);
    }
    check_round_trip(DBL_MAX);
    check_round_trip(-0x1p-1074);
    check_round_trip(DBL_MIN);
    check_round_trip(-0.0);
}

static void test_number_texts(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } doubles[] = {{0, "0"},
                   {-0.0, "-0"},
                   {7.25, "7.25"},
                   {0.1, "0.1"},
                   {-1234.5, "-1234.5"},
                   {1e15, "1e+15"},
                   {0.001, "0.001"},
                   {1e-7, "1e-07"},
                   {0.1 + 0.2, "0.30000000000000004"},
                   {0x1p-1074, "5e-324"},
                   {100, "100"}};
    char out[TEXT_NUMBER_SIZE];
    for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
        text_from_double(doubles[i].value, out);
        assert_string_equal(out, doubles[i].text);
    }
    static const int64_t integers[] = {0, 1, -1, 10, INT64_MAX, INT64_MIN, -1234567890123};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        char expected[TEXT_NUMBER_SIZE];
        snprintf(expected, sizeof expected, "%" PRId64, integers[i]);
        assert_int_equal(text_from_i64(integers[i], out), strlen(expected));
        assert_string_equal(out, expected);
    }
}

static void assert_shown(struct text text, const char *expected)
{
    char shown[100];
    assert_int_equal(text_to_shown(shown, sizeof shown, text), strlen(expected));
    assert_string_equal(shown, expected);
}

static void test_shown(void **state)
{
    (void)state;
    char small[6];
    assert_shown(TEXT("caf\xc3\xa9 \xe2\x82\xac"), "caf\xc3\xa9 \xe2\x82\xac");
    assert_shown(TEXT("a\0b\n\t\x1b[2J\x7f"), "a\\x00b\\x0a\\x09\\x1b[2J\\x7f");
    assert_shown(TEXT("\xc2\x9b"
                      "31m \xc2\xa0"),
                 "\\u{9b}31m \xc2\xa0"); /* CSI in one character; a blank that does not break */
    assert_shown(TEXT("\xe2\x80\xae"
                      "evil\xe2\x81\xa6"),
                 "\\u{202e}evil\\u{2066}"); /* right to left */
    assert_shown(TEXT("\x9b\xff\xc3"), "\\x9b\\xff\\xc3");
    assert_shown(TEXT(""), "");
    assert_int_equal(text_to_shown(small, sizeof small,
                                   TEXT("ab\x1b"
                                        "c")),
                     2); /* an escape is never cut */
    assert_string_equal(small, "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_double_round_trips),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_number_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
