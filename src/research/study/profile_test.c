/* SPDX-License-Identifier: EUPL-1.2 */
/* Ages, birthdays, observation and intersections worked by hand. */
#include "research/study/people_example.h"
#include "research/study/study_profile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void ages(void **state)
{
    (void)state;
    struct example_people example;
    example_people(&example);
    const struct study_birth_rule plain = {0}, imposed = {2, 29, true, true};
    assert_int_equal(study_birthday(&example.people, 0, &plain, 0), on("2000-02-29"));
    assert_int_equal(study_birthday(&example.people, 0, &plain, 1), on("2001-03-01"));
    assert_int_equal(study_birthday(&example.people, 1, &plain, 0), on("1990-01-01"));
    assert_int_equal(study_birthday(&example.people, 1, &imposed, 2), on("1992-02-29"));
    assert_int_equal(study_birthday(&example.people, 3, &plain, 0), STUDY_NO_DAY);
    assert_int_equal(study_age(on("2000-02-29"), on("2001-02-28")), 0);
    assert_int_equal(study_age(on("2000-02-29"), on("2001-03-01")), 1);
    assert_int_equal(study_age(on("2000-02-29"), on("1999-12-31")), -1);
    assert_int_equal(study_day_add(on("2020-01-31"), 0, 1), on("2020-02-29"));
    assert_int_equal(study_day_add(on("2020-02-29"), -1, -2), on("2018-12-29"));
}

static void observation(void **state)
{
    (void)state;
    struct example_people example;
    example_people(&example);
    assert_true(study_is_observed(&example.people, 1, on("2012-12-01"), (struct study_span){0, 100}, false));
    assert_false(study_is_observed(&example.people, 1, on("2012-12-01"), (struct study_span){0, 100}, true));
    assert_false(study_is_observed(&example.people, 1, on("2013-12-01"), (struct study_span){0, 0}, false));
    assert_false(study_is_observed(&example.people, 1, on("2012-12-01"), (struct study_span){31, 1000}, false));
}

static void intersections(void **state)
{
    (void)state;
    struct example_people example;
    example_people(&example);
    const struct study_entry targets[] = {{1, 1, on("2012-01-01"), on("2012-06-30"), 0},
                                          {1, 1, on("2012-07-10"), on("2012-07-12"), 1},
                                          {1, 1, on("2015-07-10"), on("2015-07-12"), 2}};
    struct study_intersect_request request = {targets, 3, {0, STUDY_FOREVER}, true, false};
    struct study_intersection found = study_intersect(&example.people, &request, 1, on("2012-06-15"), STUDY_FOREVER);
    assert_true(found.is_known);
    assert_int_equal(found.count, 2); /* the third is in another period */
    assert_int_equal(found.last, 1);
    request.starts_in_window = true;
    found = study_intersect(&example.people, &request, 1, on("2012-06-15"), STUDY_FOREVER);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.first, 1);
    assert_int_equal(study_intersect(&example.people, &request, 1, on("2012-06-15"), on("2012-07-01")).count, 0);
    request.in_observation = false;
    assert_int_equal(study_intersect(&example.people, &request, 1, on("2012-06-15"), STUDY_FOREVER).count, 2);
    request.in_observation = true;
    request.window = (struct study_span){1000, 2000};
    assert_false(study_intersect(&example.people, &request, 1, on("2012-06-15"), STUDY_FOREVER).is_known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages),
        cmocka_unit_test(observation),
        cmocka_unit_test(intersections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
