/* SPDX-License-Identifier: EUPL-1.2 */
/* Denominators worked by hand: birthdays on 29 February, prior days, target entries with time at risk; combinations of requirements. */
#include "research/study/people_example.h"
#include "research/study/study_denominator.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void is_entry(const struct study_entry *entry, int64_t subject, const char *start, const char *end)
{
    assert_int_equal(entry->subject, subject);
    assert_int_equal(entry->start, on(start));
    assert_int_equal(entry->end, on(end));
}

static void ages_and_prior_days(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_people example;
    struct study_entries entries = {.maximum = 100};
    example_people(&example);
    const struct study_denominator_request request = {.study = {on("2011-01-01"), on("2016-06-30")}};
    struct study_denominator_spec spec = {{11, 15}, STUDY_SEX_BOTH, 30, {0, STUDY_FOREVER}};
    assert_true(study_denominator(&example.people, &request, &spec, 7, &entries, &err));
    assert_int_equal(entries.count, 2); /* 29 February 2000: 11 on 28 February 2011, 16 on 29 February 2016 */
    is_entry(&entries.items[0], 1, "2011-02-28", "2012-12-31");
    is_entry(&entries.items[1], 1, "2015-01-31", "2016-02-28");
    assert_int_equal(entries.items[0].cohort, 7);
    spec.age = (struct study_age_band){0, 150};
    spec.sex = STUDY_SEX_FEMALE;
    entries.count = 0;
    assert_true(study_denominator(&example.people, &request, &spec, 1, &entries, &err));
    assert_int_equal(entries.count, 1);
    is_entry(&entries.items[0], 2, "2011-01-01", "2016-06-30");
    study_entries_finish(&entries);
}

static void targets(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_people example;
    struct study_entries entries = {.maximum = 100};
    example_people(&example);
    /* the second begins outside observation, the third before the age */
    const struct study_entry target[] = {{1, 1, on("2011-03-10"), on("2012-06-01"), 0},
                                         {1, 1, on("2013-03-10"), on("2015-06-01"), 1},
                                         {2, 1, on("2010-02-01"), on("2012-06-01"), 2}};
    struct study_denominator_request request = {
        .study = {STUDY_NO_DAY, STUDY_FOREVER}, .target = target, .target_count = 3, .meets_at_entry = true};
    struct study_denominator_spec spec = {{11, 30}, STUDY_SEX_BOTH, 365, {10, 100}};
    assert_true(study_denominator(&example.people, &request, &spec, 1, &entries, &err));
    assert_int_equal(entries.count, 1);
    is_entry(&entries.items[0], 1, "2011-03-20", "2011-06-18");
    request.meets_at_entry = false;
    entries.count = 0;
    spec.at_risk = (struct study_span){0, STUDY_FOREVER};
    assert_true(study_denominator(&example.people, &request, &spec, 1, &entries, &err));
    assert_int_equal(entries.count, 2);
    is_entry(&entries.items[1], 2, "2011-01-01", "2012-06-01");
    study_entries_finish(&entries);
}

static void combinations(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    static const struct study_age_band ages[] = {{0, 10}, {11, 20}, {0, 10}};
    static const enum study_sex sexes[] = {STUDY_SEX_BOTH, STUDY_SEX_MALE};
    static const int32_t priors[] = {0, 30};
    struct study_denominator_request request = {
        .ages = ages, .age_count = 2, .sexes = sexes, .sex_count = 2, .prior_days = priors, .prior_count = 2};
    const struct study_denominator_spec *specs;
    size_t count;
    study_denominator_specs(&request, arena, &specs, &count);
    assert_int_equal(count, 8);
    assert_int_equal(specs[1].prior_days, 30);
    request.is_one_at_a_time = true;
    request.age_count = 3; /* the third is the first again */
    study_denominator_specs(&request, arena, &specs, &count);
    assert_int_equal(count, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_and_prior_days),
        cmocka_unit_test(targets),
        cmocka_unit_test(combinations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
