/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of calendar: every day of the years 1 to 9999 against a count that knows only the rule of leap years. */
#include "base/calendar.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static void check_day(int32_t number, int year, int month, int day_of_month)
{
    day built = {0};
    int y = 0, m = 0, d = 0;
    if (!day_from_civil(year, month, day_of_month, &built) || built.number != number) {
        fail_msg("%d-%d-%d is not day %d", year, month, day_of_month, (int)number);
    }
    day_to_civil(built, &y, &m, &d);
    if (y != year || m != month || d != day_of_month || day_year(built) != year) {
        fail_msg("day %d is not %d-%d-%d", (int)number, year, month, day_of_month);
    }
}

static void check_text(int32_t number, int year, int month, int day_of_month)
{
    char expected[32], out[DAY_TEXT_SIZE];
    snprintf(expected, sizeof expected, "%04d-%02d-%02d", year, month, day_of_month);
    day_to_text((day){number}, out);
    assert_string_equal(out, expected);
    day read = {0};
    assert_true(day_from_text(text_of(out), &read));
    assert_int_equal(read.number, number);
}

static void test_every_day(void **state)
{
    (void)state;
    int32_t number = -719162; /* 0001-01-01 */
    for (int year = 1; year <= 9999; year++) {
        for (int month = 1; month <= 12; month++) {
            int length = month == 2 ? (is_leap(year) ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
            for (int day_of_month = 1; day_of_month <= length; day_of_month++, number++) {
                check_day(number, year, month, day_of_month);
                if (day_of_month <= 1 || day_of_month == length) {
                    check_text(number, year, month, day_of_month);
                }
                if (year == 1970 && month == 1 && day_of_month == 1) {
                    assert_int_equal(number, 0);
                }
            }
            day none = {7};
            assert_false(day_from_civil(year, month, length + 1, &none));
            assert_int_equal(none.number, 7);
        }
    }
    assert_int_equal(number, 2932896 + 1);
}

static void test_known_days(void **state)
{
    (void)state;
    /* known from elsewhere: Unix time 951782400, the end of 32-bit time, the first Gregorian day */
    check_day(10957, 2000, 1, 1);
    check_day(11016, 2000, 2, 29);
    check_day(24855, 2038, 1, 19);
    check_day(-25567, 1900, 1, 1);
    check_day(-141427, 1582, 10, 15);
}

static void test_day_refusals(void **state)
{
    (void)state;
    static const int wrong[][3] = {{0, 1, 1},    {10000, 1, 1}, {2023, 0, 1},  {2023, 13, 1},
                                   {2023, 1, 0}, {2023, 2, 29}, {1900, 2, 29}, {-4, 1, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        day out;
        assert_false(day_from_civil(wrong[i][0], wrong[i][1], wrong[i][2], &out));
    }
    static const char *const texts[] = {
        "",           "2023-02-29", "2023-2-9",   "2023/02/09", "20230209",   "2023-02-09 ", " 2023-02-09",
        "0000-01-01", "2023-13-01", "2023-00-10", "+023-01-01", "2023-01-0a", "2023-01-1",   "2023-01-01T00:00:00"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        day out = {5};
        assert_false(day_from_text(text_of(texts[i]), &out));
        assert_int_equal(out.number, 5);
    }
}

static void test_days_outside(void **state)
{
    (void)state;
    char out[DAY_TEXT_SIZE];
    day_to_text((day){INT32_MAX}, out);
    assert_string_equal(out, "9999-12-31");
    day_to_text((day){INT32_MIN}, out);
    assert_string_equal(out, "0001-01-01");
    assert_int_equal(day_year((day){INT32_MAX}), 5881580); /* the last day of java.time.LocalDate.ofEpochDay(Integer.MAX_VALUE) */
    assert_int_equal(day_year((day){INT32_MIN}), -5877641);
}

static void test_instants(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t microseconds;
        const char *written;
    } good[] = {{"1970-01-01", 0, "1970-01-01 00:00:00"},
                {"1970-01-01 00:00:01", 1000000, "1970-01-01 00:00:01"},
                {"1970-01-01T23:59:59.999999", 86399999999, "1970-01-01 23:59:59.999999"},
                {"1969-12-31 23:59:59.5", -500000, "1969-12-31 23:59:59.500000"},
                {"2000-01-01 00:00:00.000001", 946684800000001, "2000-01-01 00:00:00.000001"},
                {"9999-12-31 23:59:59", 253402300799000000, "9999-12-31 23:59:59"},
                {"0001-01-01 00:00:00", -62135596800000000, "0001-01-01 00:00:00"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        instant out;
        char written[INSTANT_TEXT_SIZE];
        assert_true(instant_from_text(text_of(good[i].text), &out));
        assert_true(out.microseconds == good[i].microseconds);
        instant_to_text(out, written);
        assert_string_equal(written, good[i].written);
    }
    static const char *const bad[] = {"",
                                      "2000-01-01 ",
                                      "2000-01-01 00:00",
                                      "2000-01-01 24:00:00",
                                      "2000-01-01 00:60:00",
                                      "2000-01-01 00:00:60",
                                      "2000-01-01x00:00:00",
                                      "2000-01-01 00:00:00.",
                                      "2000-01-01 00:00:00.1234567",
                                      "2000-01-01 00:00:00Z",
                                      "2000-01-01 00:00:00 ",
                                      "2000-02-30 00:00:00",
                                      "2000-01-01 0a:00:00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        instant out = {5};
        assert_false(instant_from_text(text_of(bad[i]), &out));
        assert_true(out.microseconds == 5);
    }
}

static void test_instant_extremes(void **state)
{
    (void)state;
    char out[INSTANT_TEXT_SIZE];
    instant_to_text((instant){INT64_MAX}, out);
    assert_int_equal(strlen(out), 26);
    instant_to_text((instant){INT64_MIN}, out);
    assert_int_equal(strlen(out), 26);
}

static void test_clock(void **state)
{
    (void)state;
    clock_set_for_tests(951782400); /* 2000-02-29 */
    assert_int_equal(clock_unix_seconds(), 951782400);
    assert_int_equal(clock_today().number, 11016);
    clock_set_for_tests(-1);
    assert_int_equal(clock_today().number, -1);
    clock_set_for_tests(0);
    assert_true(clock_unix_seconds() > 1700000000);
    int64_t before = clock_monotonic_ns();
    assert_true(clock_monotonic_ns() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day),    cmocka_unit_test(test_known_days), cmocka_unit_test(test_day_refusals),
        cmocka_unit_test(test_days_outside), cmocka_unit_test(test_instants),   cmocka_unit_test(test_instant_extremes),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
