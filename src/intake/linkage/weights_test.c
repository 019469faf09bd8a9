/* SPDX-License-Identifier: EUPL-1.2 */
/* The model of Fellegi and Sunter: weights by hand, and EM that finds again the numbers that invented pairs were made with. */
#include "intake/linkage/weights.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool is_near(double a, double b, double within)
{
    return fabs(a - b) <= within;
}

/* Three fields that agree (1) or not (2). The classical example of a weight: m = 0.9, u = 0.1 gives log2 9 for agreement and -log2 9 for
 * disagreement (Fellegi and Sunter, 1969, section 2; Newcombe 1959 for the base 2). */
static struct weights three_fields(double m, double u, double prior)
{
    struct weights weights = {.field_count = 3, .prior = prior};
    for (size_t i = 0; i < 3; i++) {
        weights.fields[i] = (struct weights_field){.name = "f", .levels = 3, .m = {0, m, 1 - m}, .u = {0, u, 1 - u}};
    }
    return weights;
}

static void test_weight(void **state)
{
    (void)state;
    const struct weights weights = three_fields(0.9, 0.1, 0.5);
    const uint64_t agree = pattern_with(0, 1), differ = pattern_with(0, 2), both = pattern_with(0, 1) | pattern_with(1, 2);
    assert_true(is_near(weights_of(&weights, agree), log2(9), 1e-12));
    assert_true(is_near(weights_of(&weights, differ), -log2(9), 1e-12));
    assert_true(is_near(weights_of(&weights, both), 0, 1e-12));
    assert_true(is_near(weights_of(&weights, 0), 0, 0)); /* nothing was said */
    assert_true(is_near(weights_probability(log2(9), 0.5), 0.9, 1e-12));
    assert_true(is_near(weights_probability(0, 0.25), 0.25, 1e-12));
    assert_true(weights_probability(1000, 0.5) == 1 && weights_probability(-1000, 0.5) == 0);
}

/* Exact expected counts of a mixture with known m, u and prior: EM started elsewhere must come back to them (identifiable with three
 * binary fields: Jaro 1989; McLachlan and Peel 2000). */
static void test_em_finds_again(void **state)
{
    (void)state;
    static const double m[3] = {0.95, 0.9, 0.85}, u[3] = {0.05, 0.2, 0.1}, prior = 0.3;
    struct pattern_count counts[8];
    for (unsigned bits = 0; bits < 8; bits++) {
        double one = prior, two = 1 - prior;
        counts[bits].pattern = 0;
        for (size_t i = 0; i < 3; i++) {
            const bool agrees = bits >> i & 1;
            counts[bits].pattern |= pattern_with(i, agrees ? 1 : 2);
            one *= agrees ? m[i] : 1 - m[i];
            two *= agrees ? u[i] : 1 - u[i];
        }
        counts[bits].count = (uint64_t)llround(1e9 * (one + two));
    }
    struct weights weights = three_fields(0.8, 0.3, 0.5);
    weights_estimate(&weights, counts, 8, 1);
    assert_true(is_near(weights.prior, prior, 1e-4));
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_near(weights.fields[i].m[1], m[i], 1e-4));
        assert_true(is_near(weights.fields[i].u[1], u[i], 1e-4));
    }
    weights.prior = 0.9;
    assert_true(is_near(weights_prior(&weights, counts, 8, 0.9), prior, 1e-4));
}

static void test_known_u_stays(void **state)
{
    (void)state;
    struct weights weights = three_fields(0.8, 0.3, 0.5);
    weights.fields[0].u_is_known = true;
    const struct pattern_count counts[] = {{pattern_with(0, 1) | pattern_with(1, 1), 700}, {pattern_with(0, 2) | pattern_with(1, 2), 300}};
    weights_estimate(&weights, counts, 2, 1);
    assert_true(weights.fields[0].u[1] == 0.3 && weights.fields[1].u[1] < 0.3);
    const struct weights before = three_fields(0.8, 0.3, 0.5);
    struct weights nothing = before;
    weights_estimate(&nothing, NULL, 0, 1);
    assert_true(nothing.prior == before.prior);
}

static void test_patterns(void **state)
{
    (void)state;
    uint64_t patterns[] = {5, 3, 5, 5, 1};
    struct pattern_count counts[5];
    assert_int_equal(patterns_count(patterns, 5, counts), 3);
    assert_int_equal(counts[0].pattern, 1);
    assert_int_equal(counts[2].pattern, 5);
    assert_int_equal(counts[2].count, 3);
    assert_int_equal(pattern_level(pattern_with(3, 11) | pattern_with(0, 2), 3), 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_weight), cmocka_unit_test(test_em_finds_again),
                                       cmocka_unit_test(test_known_u_stays), cmocka_unit_test(test_patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
