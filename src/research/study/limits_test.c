/* SPDX-License-Identifier: EUPL-1.2 */
/* Wilson against published values (Newcombe 1998, Statistics in Medicine 17:857, table I, method 3), exact Poisson limits and tails against
 * base R 4.2.2 (qchisq, pchisq, qgamma, round). */
#include "research/study/study_limits.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void wilson_agrees_with_newcombe(void **state)
{
    (void)state;
    static const struct {
        uint64_t numerator, denominator;
        double lower, upper;
    } published[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct study_limits limits = study_wilson(published[i].numerator, published[i].denominator);
        assert_true(fabs(limits.lower - published[i].lower) < 5e-5);
        assert_true(fabs(limits.upper - published[i].upper) < 5e-5);
    }
    assert_true(isnan(study_wilson(0, 0).lower));
}

static void poisson_agrees_with_r(void **state)
{
    (void)state;
    static const struct {
        uint64_t events;
        double lower, upper;
    } published[] = {
        {0, 0, 3.688879454114},
        {1, 0.02531780798429, 5.571643390939},
        {3, 0.6186721228956, 8.767273069742},
        {17, 9.903126469607, 27.21864681591},
        {1000, 938.9730184077, 1063.952136016},
        {1000000, 998040.9833403, 1001961.911945},
    };
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct study_limits limits = study_poisson(published[i].events);
        assert_true(fabs(limits.lower - published[i].lower) <= 1e-10 * published[i].lower);
        assert_true(fabs(limits.upper - published[i].upper) <= 1e-10 * published[i].upper);
    }
}

static void tails_agree_with_r(void **state)
{
    (void)state;
    assert_true(fabs(study_chi_square_upper(3.5, 1) - 0.061368829139402) < 1e-12);
    assert_true(fabs(study_chi_square_upper(12.3, 4) - 0.01525439465577) < 1e-12);
    assert_true(fabs(study_gamma_quantile(0.5, 0.1) - 0.0078953870467156) < 1e-12);
    assert_true(fabs(study_gamma_quantile(0.5, 0.5) - 0.22746821155979) < 1e-12);
}

static void rounds_as_r_does(void **state)
{
    (void)state;
    assert_true(study_round(0.15, 1) == 0.1);
    assert_true(study_round(2.675, 2) == 2.67);
    assert_true(study_round(1.005, 2) == 1);
    assert_true(study_round(-0.25, 1) == -0.2);
    assert_true(study_round(2.5, 0) == 2);
    assert_true(isnan(study_round(NAN, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_agrees_with_newcombe),
        cmocka_unit_test(poisson_agrees_with_r),
        cmocka_unit_test(tails_agree_with_r),
        cmocka_unit_test(rounds_as_r_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
