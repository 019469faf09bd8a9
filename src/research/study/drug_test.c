/* SPDX-License-Identifier: EUPL-1.2 */
/* Drug use worked by hand: overlapping and repeated exposures, gaps, doses by kind of strength; who is still covered. */
#include "research/study/people_example.h"
#include "research/study/study_drug.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void use_in_days(void **state)
{
    (void)state;
    const struct study_exposure exposures[] = {{1, on("2019-12-20"), on("2020-01-05"), 3, NAN},
                                               {1, on("2020-01-10"), on("2020-01-20"), 10, 5},
                                               {1, on("2020-01-10"), on("2020-01-12"), NAN, 2},
                                               {1, on("2020-01-25"), on("2020-02-10"), 7, 1}};
    struct study_span days = {on("2020-01-01"), on("2020-01-31")};
    struct study_drug_use use = study_drug_use(exposures, 4, 1, days, 1, true);
    assert_int_equal(use.exposures, 3);
    assert_int_equal(use.eras, 2);
    assert_int_equal(use.days_exposed, 11 + 7);
    assert_int_equal(use.days_prescribed, 11 + 3 + 7);
    assert_int_equal(use.days_to_exposure, 9);
    assert_int_equal(use.initial_duration, 11);
    assert_true(use.initial_quantity == 10 && use.cumulative_quantity == 17);
    assert_true(use.initial_daily_dose == 7 && use.cumulative_dose == 55 + 6 + 7);
    use = study_drug_use(exposures, 4, 1, days, 5, false);
    assert_int_equal(use.exposures, 4);
    assert_int_equal(use.eras, 1);
    assert_int_equal(use.days_exposed, 31);
    assert_int_equal(use.days_to_exposure, 0);
    assert_int_equal(study_drug_use(exposures, 4, 2, days, 5, false).days_to_exposure, -1);
}

static void doses(void **state)
{
    (void)state;
    const struct study_strength amount = {500, NAN, NAN, false}, concentration = {NAN, 9600, 200, false}, hourly = {NAN, 10, 2, true};
    assert_true(study_daily_dose(&amount, 10, 20) == 250);
    assert_true(study_daily_dose(&concentration, 20, 56) == 20 * 9600.0 / 56);
    assert_true(study_daily_dose(&hourly, 20, 56) == 120);
    assert_true(isnan(study_daily_dose(&(struct study_strength){NAN, NAN, NAN, false}, 20, 56)));
}

static void coverage(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct example_people example;
    const struct study_covered *days;
    size_t count;
    const struct study_entry entries[] = {{1, 1, on("2012-12-28"), on("2012-12-29"), 0}, {2, 1, on("2012-01-01"), on("2012-01-06"), 1}};
    example_people(&example);
    study_proportion_covered(&example.people, entries, 2, STUDY_FOREVER, arena, &days, &count);
    assert_int_equal(count, 6);
    assert_int_equal(days[1].covered, 2);
    assert_int_equal(days[2].covered, 1);
    assert_int_equal(days[2].observed, 2);
    assert_true(days[2].share == 50);
    assert_int_equal(days[4].observed, 1); /* person 1 was observed until 31 December */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(use_in_days),
        cmocka_unit_test(doses),
        cmocka_unit_test(coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
