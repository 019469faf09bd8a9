/* SPDX-License-Identifier: EUPL-1.2 */
/* The interval against published values (Newcombe 1998, Statistics in Medicine 17:857, table I, method 3: Wilson score). */
#include "research/study/study_prevalence.h"
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
        struct prevalence_cell cell;
        prevalence_wilson(published[i].numerator, published[i].denominator, &cell);
        assert_true(fabs(cell.lower - published[i].lower) < 5e-5);
        assert_true(fabs(cell.upper - published[i].upper) < 5e-5);
    }
}

static void nobody_observed_is_not_a_number(void **state)
{
    (void)state;
    struct prevalence_cell cell;
    prevalence_wilson(0, 0, &cell);
    assert_true(isnan(cell.value) && isnan(cell.lower) && isnan(cell.upper));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wilson_agrees_with_newcombe), cmocka_unit_test(nobody_observed_is_not_a_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
