/* SPDX-License-Identifier: EUPL-1.2 */
/* dice against the published first outputs of SplitMix64 for seed 1234567, and against the moments of its distributions. */
#include "intake/synthesise/dice.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void splitmix_outputs(void **state)
{
    (void)state;
    static const uint64_t published[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u,
                                         16408922859458223821u};
    struct dice dice = {1234567};
    for (size_t i = 0; i < 5; i++) {
        assert_true(dice_next(&dice) == published[i]);
    }
}

static void distributions_have_their_moments(void **state)
{
    (void)state;
    struct dice dice = dice_of(1, 2, 3);
    double sum = 0, squares = 0, events = 0;
    enum { DRAWS = 200000 };
    for (int i = 0; i < DRAWS; i++) {
        double x = dice_normal(&dice);
        sum += x;
        squares += x * x;
        events += dice_poisson(&dice, 2.5);
        assert_true(dice_below(&dice, 7) < 7);
    }
    assert_true(fabs(sum / DRAWS) < 0.01);
    assert_true(fabs(squares / DRAWS - 1) < 0.02);
    assert_true(fabs(events / DRAWS - 2.5) < 0.02);
}

static void streams_and_persons_differ(void **state)
{
    (void)state;
    struct dice a = dice_of(1, 2, 3), b = dice_of(1, 2, 4), c = dice_of(1, 3, 3), d = dice_of(2, 2, 3);
    uint64_t x = dice_next(&a);
    assert_true(x != dice_next(&b) && x != dice_next(&c) && x != dice_next(&d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(splitmix_outputs), cmocka_unit_test(distributions_have_their_moments),
                                       cmocka_unit_test(streams_and_persons_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
