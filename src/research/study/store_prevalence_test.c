/* SPDX-License-Identifier: EUPL-1.2 */
/* Counts worked by hand: birthdays inside a year, days of history before, periods that end early, persons without a sex. */
#include "research/evaluate/evaluate_example.h"
#include "research/study/study_yearly.h"
#include "warehouse/store/store_erasure.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Born in June 1950: 64 until 31 May 2015. At risk: person 1 from 2015, person 2 never, person 3 (65 on 1 January 2014) until June 2014. */
static void counts_worked_by_hand(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_store example;
    assert_true(example_begin(&example, &err));
    assert_true(example_table(
        &example, "person",
        "person_id,gender_concept_id,year_of_birth,month_of_birth\n1,8507,1950,6\n2,8532,1980,\n3,8532,1949,1\n4,0,1950,1\n", &err));
    assert_true(
        example_table(&example, "observation_period",
                      "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n"
                      "1,1,2014-01-01,2016-12-31\n2,2,2014-07-01,2015-06-30\n3,3,2010-01-01,2014-06-30\n4,4,2010-01-01,2016-12-31\n",
                      &err));
    assert_true(example_open(&example, 2, GRANT_ROWS, &err));
    static const struct study_age_band ages[] = {{0, 150}, {0, 64}, {65, 150}};
    static const struct prevalence_options options = {
        .year_first = 2014, .year_last = 2016, .prior_days = 365, .ages = ages, .age_count = 3};
    /* 2015-06-10 to -20; 2013; 2014-07-01 to -02: after the period of person 3. */
    static const int64_t persons[] = {1, 3, 3, 4};
    static const int32_t starts[] = {16596, 15706, 16252, 16436}, ends[] = {16606, 16070, 16253, 16500};
    static const struct prevalence_cohort cohort = {persons, starts, ends, 4};
    const struct prevalence_cell *cells;
    assert_true(prevalence_yearly(example.reader, &options, &cohort, 1, example.arena, &cells, &err));
    static const uint64_t denominators[3][3][3] = {{{1, 0, 1}, {0, 0, 0}, {1, 0, 1}}, /* year, age group, both men women */
                                                   {{1, 1, 0}, {1, 1, 0}, {1, 1, 0}},
                                                   {{1, 1, 0}, {0, 0, 0}, {1, 1, 0}}};
    for (int i = 0; i < 27; i++) {
        bool is_case = i / 9 == 1 && i / 3 % 3 != 1 && i % 3 != 2; /* 2015, everybody and 65+, both and men */
        assert_int_equal(cells[i].denominator, denominators[i / 9][i / 3 % 3][i % 3]);
        assert_int_equal(cells[i].numerator, is_case);
    }
    example_end(&example);
}

/* ---- exclusion ---- */
enum { PEOPLE = 60, SOME_CELLS = 4 * 2 * PREVALENCE_SEX_COUNT };

/* Every third person is left out: of the tables, or by exclusion. */
static void people_open(struct example_store *example, bool without)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer persons = {.maximum = 1 << 16}, periods = {.maximum = 1 << 16};
    assert_true(example_begin(example, &err));
    assert_true(buffer_append_text(&persons, "person_id,gender_concept_id,year_of_birth,month_of_birth\n", &err));
    assert_true(
        buffer_append_text(&periods, "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n", &err));
    for (int i = 1; i <= PEOPLE; i++) {
        if (!without || i % 3) {
            assert_true(buffer_append_format(&persons, &err, "%d,%d,%d,%d\n", i, i % 2 ? 8507 : 8532, 1930 + i, 1 + i % 12));
            assert_true(buffer_append_format(&periods, &err, "%d,%d,20%02d-01-01,20%02d-06-30\n", i, i, 8 + i % 6, 14 + i % 4));
        }
    }
    assert_true(example_table(example, "person", (const char *)persons.data, &err));
    assert_true(example_table(example, "observation_period", (const char *)periods.data, &err));
    assert_true(example_open(example, 2, GRANT_ROWS, &err));
}

static void people_exclude(struct example_store *example)
{
    struct error err;
    int64_t ids[PEOPLE / 3];
    uint32_t snapshot;
    size_t excluded;
    struct grant grant = example->grant;
    grant.actions = GRANT_ERASE | GRANT_LOAD;
    for (int i = 0; i < PEOPLE / 3; i++) {
        ids[i] = 3 * (i + 1);
    }
    assert_true(keyring_grant_issue(example->keyring, &grant, &err));
    assert_true(store_exclude(example->store, &grant, ids, PEOPLE / 3, "objections", &snapshot, &excluded, &err));
    store_reader_close(example->reader);
    example->reader = NULL;
    assert_true(store_reader_open(&example->reader, example->store, &example->grant, 1, &err)); /* the snapshot from before */
}

static void who_is_excluded_is_in_no_denominator(void **state)
{
    (void)state;
    struct error err;
    struct example_store all, part;
    static const struct study_age_band ages[] = {{0, 60}, {61, 150}};
    static const struct prevalence_options options = {
        .year_first = 2013, .year_last = 2016, .prior_days = 365, .ages = ages, .age_count = 2};
    const int64_t persons[] = {1, 2, 3, 5, 9, 11}; /* 3 and 9 are of a cohort made before they objected */
    const int32_t starts[] = {16000, 16000, 16000, 16000, 16000, 16000}, ends[] = {17000, 17000, 17000, 17000, 17000, 17000};
    const struct prevalence_cohort cohort = {persons, starts, ends, 6};
    const struct prevalence_cell *before, *after, *expected;
    people_open(&all, false);
    people_open(&part, true);
    assert_true(prevalence_yearly(all.reader, &options, &cohort, 1, all.arena, &before, &err));
    people_exclude(&all);
    assert_true(prevalence_yearly(all.reader, &options, &cohort, 1, all.arena, &after, &err));
    assert_true(prevalence_yearly(part.reader, &options, &cohort, 1, part.arena, &expected, &err));
    uint64_t fewer = 0;
    for (int i = 0; i < SOME_CELLS; i++) {
        assert_int_equal(after[i].denominator, expected[i].denominator);
        assert_int_equal(after[i].numerator, expected[i].numerator);
        fewer += before[i].denominator - after[i].denominator;
    }
    assert_true(fewer > 0);
    example_end(&all);
    example_end(&part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_worked_by_hand), cmocka_unit_test(who_is_excluded_is_in_no_denominator)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
