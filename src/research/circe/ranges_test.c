/* SPDX-License-Identifier: EUPL-1.2 */
/* Numbers of ranges: rounding to four decimals, and the intervals that operators become. */
#include "research/circe/ranges.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static bool same(double a, double b)
{
    return !(a < b) && !(a > b);
}

static void decimals_round_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        double from, to;
    } cases[] = {
        {0, 0},
        {1, 1},
        {1.23456, 1.2346},
        {1.00005, 1.0001},
        {-1.00005, -1.0001},
        {1.00004999, 1.0},
        {1e-7, 0},
        {0.00005, 0.0001},
        {0.00004, 0},
        {9.99995, 10},
        {99.99994, 99.9999},
        {0.5, 0.5},
        {123456, 123456},
        {1e22, 1e22},
        {1.5e300, 1.5e300},
        {5e-324, 0},
        {0.1 + 0.2, 0.3},
        {2.675, 2.675},
        {1e15, 1e15},
        {-0.00005, -0.0001},
        {19999.99999, 20000},
        {1234567.00005, 1234567.0001},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double rounded = decimal_round(cases[i].from);
        if (!same(rounded, cases[i].to)) {
            fail_msg("%.17g is rounded to %.17g, not to %.17g", cases[i].from, rounded, cases[i].to);
        }
    }
}

static struct cohort_test range_of(const char *json, enum cohort_test_kind kind)
{
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct reading reading = {.name = "x", .bytes = json, .length = strlen(json), .result = arena, .scratch = arena};
    struct cohort_test test = {.kind = kind};
    const struct json *root = NULL;
    assert_true(json_parse(&root, arena, "x", json, strlen(json), &err));
    struct node node = {root, ""};
    bool is_read = kind == COHORT_TEST_INTEGER ? range_read_integer(&reading, node, &test, &err)
                   : kind == COHORT_TEST_DATE  ? range_read_date(&reading, node, &test, &err)
                                               : range_read_decimal(&reading, node, &test, &err);
    if (!is_read) {
        fail_msg("%s", err.message);
    }
    return test;
}

static void check_integers(const char *json, enum cohort_test_kind kind, int64_t low, int64_t high, bool is_negated)
{
    struct cohort_test test = range_of(json, kind);
    assert_true(test.low == low);
    assert_true(test.high == high);
    assert_int_equal(test.is_negated, is_negated);
}

static void operators_are_inclusive_intervals(void **state)
{
    (void)state;
    check_integers("{\"Op\":\"lt\",\"Value\":18.9}", COHORT_TEST_INTEGER, INT64_MIN, 17, false);
    check_integers("{\"Op\":\"lte\",\"Value\":-18.9}", COHORT_TEST_INTEGER, INT64_MIN, -18, false);
    check_integers("{\"Op\":\"eq\",\"Value\":\"18\"}", COHORT_TEST_INTEGER, 18, 18, false);
    check_integers("{\"Op\":\"!eq\",\"Value\":18}", COHORT_TEST_INTEGER, 18, 18, true);
    check_integers("{\"Op\":\"gt\",\"Value\":18}", COHORT_TEST_INTEGER, 19, INT64_MAX, false);
    check_integers("{\"Op\":\"gte\",\"Value\":18}", COHORT_TEST_INTEGER, 18, INT64_MAX, false);
    check_integers("{\"Op\":\"bt\",\"Value\":18,\"Extent\":65.9}", COHORT_TEST_INTEGER, 18, 65, false);
    check_integers("{\"Op\":\"!bt\",\"Value\":65,\"Extent\":18}", COHORT_TEST_INTEGER, 65, 18, true);
    check_integers("{\"Op\":\"gt\",\"Value\":\"1970-1-2\"}", COHORT_TEST_DATE, 2, INT64_MAX, false);
    check_integers("{\"Op\":\"!bt\",\"Value\":\"1970-01-01\",\"Extent\":\"1970-02-01\"}", COHORT_TEST_DATE, 0, 31, true);
}

static void strictness_is_in_the_bounds(void **state)
{
    (void)state;
    struct cohort_test less = range_of("{\"Op\":\"lt\",\"Value\":7.5}", COHORT_TEST_DECIMAL);
    assert_true(less.high_number < 7.5 && less.high_number > 7.499999999 && isinf(less.low_number));
    struct cohort_test more = range_of("{\"Op\":\"gt\",\"Value\":0}", COHORT_TEST_DECIMAL);
    assert_true(more.low_number > 0 && more.low_number < 1e-300 && isinf(more.high_number));
    struct cohort_test least = range_of("{\"Op\":\"gte\",\"Value\":0.12345}", COHORT_TEST_DECIMAL);
    assert_true(same(least.low_number, 0.1235));
    struct cohort_test between = range_of("{\"Op\":\"bt\",\"Value\":1,\"Extent\":2}", COHORT_TEST_DECIMAL);
    assert_true(same(between.low_number, 1) && same(between.high_number, 2) && !between.is_negated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_round_half_away_from_zero),
        cmocka_unit_test(operators_are_inclusive_intervals),
        cmocka_unit_test(strictness_is_in_the_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
