/* SPDX-License-Identifier: EUPL-1.2 */
/* Requirements, trimming, padding and merging of entries worked by hand. */
#include "research/study/people_example.h"
#include "research/study/study_cohort.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void fill(struct study_entries *entries, const struct study_entry *items, size_t count)
{
    struct error err = {0};
    entries->count = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(study_entries_append(entries, items[i], &err));
    }
}

static void is_entry(const struct study_entry *entry, int32_t cohort, const char *start, const char *end)
{
    assert_int_equal(entry->cohort, cohort);
    assert_int_equal(entry->start, on(start));
    assert_int_equal(entry->end, on(end));
}

static void requirements(void **state)
{
    (void)state;
    struct example_people example;
    example_people(&example);
    struct study_requirement requirement = {.asks_age = true, .age = {0, STUDY_AGE_MAX}};
    assert_true(study_requirement_is_met(&example.people, &requirement, 3, on("2011-01-01")));
    assert_false(study_requirement_is_met(&example.people, &requirement, 4, on("2011-01-01"))); /* no year of birth */
    requirement = (struct study_requirement){.asks_sex = true, .sex = STUDY_SEX_BOTH};
    assert_false(study_requirement_is_met(&example.people, &requirement, 3, on("2011-01-01"))); /* no sex */
    requirement = (struct study_requirement){.prior_days = 31, .future_days = 100};
    assert_true(study_requirement_is_met(&example.people, &requirement, 1, on("2010-02-01")));
    assert_false(study_requirement_is_met(&example.people, &requirement, 1, on("2010-01-31")));
    assert_false(study_requirement_is_met(&example.people, &requirement, 1, on("2012-12-01")));
}

static void ranks_and_washout(void **state)
{
    (void)state;
    struct study_entries entries = {.maximum = 10};
    const struct study_entry items[] = {{1, 1, on("2011-01-01"), on("2011-01-10"), 0},
                                        {1, 1, on("2011-01-15"), on("2011-01-15"), 1},
                                        {1, 1, on("2012-01-01"), on("2012-01-03"), 2}};
    fill(&entries, items, 3);
    study_keep_entries(&entries, (struct study_span){1, 2}, true);
    assert_int_equal(entries.count, 2);
    assert_int_equal(entries.items[0].row, 1);
    fill(&entries, items, 3);
    study_keep_after_washout(&entries, 5);
    assert_int_equal(entries.count, 2);
    fill(&entries, items, 3);
    study_keep_after_washout(&entries, 4);
    assert_int_equal(entries.count, 3);
    study_keep_after_washout(&entries, STUDY_FOREVER);
    assert_int_equal(entries.count, 1);
    fill(&entries, items, 3);
    study_keep_durations(&entries, (struct study_span){2, 5});
    assert_int_equal(entries.count, 1);
    study_entries_finish(&entries);
}

static void trimming_and_padding(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_people example;
    struct study_entries entries = {.maximum = 10};
    const struct study_entry items[] = {{1, 1, on("2011-01-01"), on("2012-06-30"), 0}, {2, 2, on("2011-01-01"), on("2011-01-03"), 1}};
    example_people(&example);
    fill(&entries, items, 2);
    study_trim_duration(&entries, (struct study_span){3, 4});
    is_entry(&entries.items[0], 1, "2011-01-03", "2011-01-04");
    is_entry(&entries.items[1], 2, "2011-01-03", "2011-01-03");
    fill(&entries, items, 2);
    study_trim_demographics(&example.people, &entries, &(struct study_requirement){.asks_age = true, .age = {11, 11}, .prior_days = 10});
    assert_int_equal(entries.count, 1);
    is_entry(&entries.items[0], 1, "2011-02-28", "2012-02-28"); /* 12 on 29 February 2012 */
    struct study_entry entry = items[0];
    assert_true(study_pad(&example.people, &entry, false, 1000, false));
    is_entry(&entry, 1, "2011-01-01", "2012-12-31");
    entry = items[0];
    assert_false(study_pad(&example.people, &entry, false, 1000, true));
    entry = items[1];
    assert_false(study_pad(&example.people, &entry, true, 3, false));
    fill(&entries, items, 1);
    assert_true(study_exit_at_observation_end(&example.people, &entries, true, &err));
    assert_int_equal(entries.count, 2);
    is_entry(&entries.items[0], 1, "2011-01-01", "2012-12-31");
    is_entry(&entries.items[1], 1, "2015-01-01", "2018-12-31");
    study_entries_finish(&entries);
}

static void merging(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_people example;
    struct study_entries entries = {.maximum = 20};
    const struct study_entry items[] = {{1, 1, on("2011-01-01"), on("2011-01-10"), 0},
                                        {1, 1, on("2011-01-12"), on("2011-01-20"), 1},
                                        {1, 1, on("2015-01-12"), on("2015-01-20"), 2},
                                        {1, 2, on("2011-01-08"), on("2011-01-13"), 3}};
    example_people(&example);
    fill(&entries, items, 3);
    study_collapse(&example.people, &entries, 1);
    assert_int_equal(entries.count, 3);
    study_collapse(&example.people, &entries, 2);
    assert_int_equal(entries.count, 2);
    study_collapse(&example.people, &entries, STUDY_FOREVER);
    assert_int_equal(entries.count, 2); /* not across periods */
    fill(&entries, items, 4);
    assert_true(study_intersect_cohorts(&example.people, &entries, 2, 0, true, &err));
    study_entries_sort(entries.items, entries.count);
    assert_int_equal(entries.count, 6);
    is_entry(&entries.items[0], 2, "2011-01-01", "2011-01-07");
    is_entry(&entries.items[1], 1, "2011-01-08", "2011-01-10");
    is_entry(&entries.items[2], 3, "2011-01-11", "2011-01-11");
    is_entry(&entries.items[3], 1, "2011-01-12", "2011-01-13");
    is_entry(&entries.items[5], 2, "2015-01-12", "2015-01-20");
    assert_false(study_intersect_cohorts(&example.people, &entries, 0, 0, true, &err));
    study_entries_finish(&entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requirements),
        cmocka_unit_test(ranks_and_washout),
        cmocka_unit_test(trimming_and_padding),
        cmocka_unit_test(merging),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
