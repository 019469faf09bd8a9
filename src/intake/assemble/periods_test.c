/* SPDX-License-Identifier: EUPL-1.2 */
/* Eras and observation periods against examples that were worked out by hand from OHDSI's definitions. */
#include "intake/assemble/assemble_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int32_t on(const char *text)
{
    day value = {0};
    assert_true(day_from_text(text_of(text), &value));
    return value.number;
}

/* OMOP CDM 5.4, DRUG_ERA: "a Drug Era is ... no more than 30 days of persistence between exposures". */
static void test_persistence(void **state)
{
    (void)state;
    struct exposure exposures[] = {{7, on("2020-03-02"), on("2020-03-31")}, /* 31 days after the first: another era */
                                   {7, on("2020-01-01"), on("2020-01-31")},
                                   {9, on("2020-01-01"), on("2020-01-01")},
                                   {7, on("2020-04-30"), on("2020-05-29")}}; /* 30 days after the second: the same */
    struct era eras[4];
    assert_int_equal(eras_make(exposures, 4, eras), 3);
    assert_true(eras[0].concept == 7 && eras[0].start == on("2020-01-01") && eras[0].end == on("2020-01-31") && eras[0].count == 1);
    assert_true(eras[1].start == on("2020-03-02") && eras[1].end == on("2020-05-29") && eras[1].count == 2);
    assert_int_equal(eras[1].gap_days, 30); /* 88 days, of which 29 + 29 exposed */
    assert_true(eras[2].concept == 9 && eras[2].gap_days == 0);
}

/* Exposures that overlap count once in the days exposed; a short one inside a long one does not end the era. */
static void test_overlap(void **state)
{
    (void)state;
    struct exposure exposures[] = {{7, on("2020-01-01"), on("2020-01-30")},
                                   {7, on("2020-01-10"), on("2020-01-12")},
                                   {7, on("2020-01-20"), on("2020-02-10")},
                                   {7, on("2020-02-20"), on("2020-02-29")}};
    struct era eras[4];
    assert_int_equal(eras_make(exposures, 4, eras), 1);
    assert_true(eras[0].end == on("2020-02-29") && eras[0].count == 4);
    assert_int_equal(eras[0].gap_days, 59 - (40 + 9));
}

static void test_hospital_period(void **state)
{
    (void)state;
    struct span events[] = {{on("2015-05-01"), on("2015-05-01"), 0}, {on("2010-01-01"), on("2010-01-09"), 0}};
    struct span out[4];
    assert_int_equal(periods_make(NULL, 0, events, 2, false, 0, out), 1);
    assert_true(out[0].start == on("2010-01-01") && out[0].end == on("2015-05-01") && out[0].type == STANDARD_PERIOD_EHR);
    assert_int_equal(periods_make(NULL, 0, events, 0, false, 0, out), 0);
}

static void test_claims_periods(void **state)
{
    (void)state;
    /* 364 days without coverage are closed, 365 are not */
    struct span windows[] = {
        {on("2015-01-01"), on("2015-12-31"), 0}, {on("2016-12-30"), on("2017-12-31"), 0}, {on("2019-01-01"), on("2020-12-31"), 0}};
    struct span out[8];
    assert_int_equal(periods_make(windows, 3, NULL, 0, true, on("2020-06-15"), out), 2);
    assert_true(out[0].start == on("2015-01-01") && out[0].end == on("2017-12-31") && out[0].type == STANDARD_PERIOD_CLAIMS);
    assert_true(out[1].start == on("2019-01-01") && out[1].end == on("2020-06-15"));
}

/* A person of both: events outside widen what is less than a year away, or are a period of their own. */
static void test_linked_periods(void **state)
{
    (void)state;
    struct span windows[] = {{on("2015-01-01"), on("2015-12-31"), 0}};
    struct span events[] = {
        {on("2015-06-01"), on("2015-06-02"), 0}, {on("2016-03-01"), on("2016-03-04"), 0}, {on("2010-01-01"), on("2010-01-02"), 0}};
    struct span out[8];
    assert_int_equal(periods_make(windows, 1, events, 3, false, 0, out), 2);
    assert_true(out[0].start == on("2010-01-01") && out[0].end == on("2010-01-02") && out[0].type == STANDARD_PERIOD_EHR);
    assert_true(out[1].start == on("2015-01-01") && out[1].end == on("2016-03-04") && out[1].type == STANDARD_PERIOD_LINKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_persistence), cmocka_unit_test(test_overlap),
                                       cmocka_unit_test(test_hospital_period), cmocka_unit_test(test_claims_periods),
                                       cmocka_unit_test(test_linked_periods)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
