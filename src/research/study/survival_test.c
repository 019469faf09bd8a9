/* SPDX-License-Identifier: EUPL-1.2 */
/* Curves, quantiles, restricted mean and log-rank test against R 4.2.2 with survival 3.5-3 (survfit, summary, quantile, survdiff);
 * follow-up worked by hand. */
#include "research/study/people_example.h"
#include "research/study/study_survival.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { COUNT = 15 };
static const int days[COUNT] = {5, 8, 8, 9, 12, 12, 15, 3, 7, 7, 20, 21, 5, 16, 30};
static const enum study_status statuses[COUNT] = {1, 1, 0, 1, 1, 0, 1, 0, 1, 2, 2, 1, 2, 0, 0};

static void fill(struct study_followup followups[COUNT], bool with_competing, bool any_is_event)
{
    for (int i = 0; i < COUNT; i++) {
        enum study_status status = statuses[i];
        if (status == STUDY_COMPETING && !with_competing) {
            status = any_is_event ? STUDY_EVENT : STUDY_CENSORED;
        }
        followups[i] = (struct study_followup){i, days[i], status, 1, 0};
    }
}

static void is_near(double ours, double theirs)
{
    assert_true((isnan(ours) && isnan(theirs)) || fabs(ours - theirs) < 6e-10 * fmax(1, fabs(theirs)));
}

static void kaplan_meier_agrees_with_r(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct study_followup followups[COUNT];
    struct study_curve curve;
    double mean, error;
    static const double r[][5] = {{5, 0.9285714286, 0.0688302937, 0.8030083484, 1},
                                  {7, 0.8511904762, 0.0973125650, 0.6803195096, 1},
                                  {12, 0.5745535714, 0.1474354629, 0.3474599723, 0.9500714694},
                                  {15, 0.4596428571, 0.1564461437, 0.2358857295, 0.8956521303},
                                  {21, 0.2298214286, 0.1803546325, 0.0493630192, 1}};
    static const double quantiles[][4] = {{0, 0, 0, 0},        {0.05, 5, 5, 15},     {0.25, 9, 7, NAN}, {0.5, 15, 9, NAN},
                                          {0.75, 21, 15, NAN}, {0.95, NAN, 21, NAN}, {1, NAN, NAN, NAN}};
    fill(followups, false, false);
    study_survival(followups, COUNT, false, arena, &curve);
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        struct study_curve_point point = study_curve_at(&curve, (int32_t)r[i][0]);
        is_near(point.estimate, r[i][1]);
        is_near(point.error, r[i][2]);
        is_near(point.lower, r[i][3]);
        is_near(point.upper, r[i][4]);
    }
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        struct study_quantile quantile = study_curve_quantile(&curve, quantiles[i][0], arena);
        is_near(quantile.value, quantiles[i][1]);
        is_near(quantile.lower, quantiles[i][2]);
        is_near(quantile.upper, quantiles[i][3]);
    }
    struct study_quantile median = study_curve_median(&curve);
    is_near(median.value, 15);
    is_near(median.lower, 9);
    is_near(median.upper, NAN);
    study_curve_mean(&curve, &mean, &error);
    is_near(mean, 17.03525297619);
    is_near(error, 2.86027515244);
    assert_true(study_curve_at(&curve, 4).estimate == 1);
}

static void aalen_johansen_agrees_with_r(void **state)
{
    (void)state;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct study_followup followups[COUNT];
    struct study_curve curve;
    static const double r[][5] = {{5, 0.0714285714, 0.0688302937, 0.0108052205, 0.4721829436},
                                  {9, 0.2946428571, 0.1243892239, 0.1288085224, 0.6739803522},
                                  {20, 0.4714285714, 0.1428852013, 0.2602707578, 0.8538988393},
                                  {21, 0.6, 0.1523288601, 0.3647934084, 0.9868599368}};
    fill(followups, true, false);
    study_survival(followups, COUNT, false, arena, &curve);
    assert_true(curve.is_incidence);
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        struct study_curve_point point = study_curve_at(&curve, (int32_t)r[i][0]);
        is_near(point.estimate, r[i][1]);
        is_near(point.error, r[i][2]);
        is_near(point.lower, r[i][3]);
        is_near(point.upper, r[i][4]);
    }
}

static void log_rank_agrees_with_r(void **state)
{
    (void)state;
    struct error err = {0};
    struct study_followup f[COUNT];
    struct study_log_rank test;
    fill(f, false, true);
    const struct study_followup *const groups[] = {f, f + 7, f + 12};
    assert_true(study_log_rank(groups, (size_t[]){7, 5, 3}, 3, &test, &err));
    is_near(test.chi_square, 1.8221702649);
    assert_true(study_log_rank(groups, (size_t[]){7, 8}, 2, &test, &err));
    is_near(test.chi_square, 0.8926266101);
    is_near(test.probability, 0.3447665127);
    assert_false(study_log_rank(groups, (size_t[]){7, 0}, 2, &test, &err));
}

static void follow_up(void **state)
{
    (void)state;
    struct error err = {0};
    struct example_people example;
    struct study_followups followups = {.maximum = 10};
    example_people(&example);
    const struct study_entry entries[] = {{1, 1, on("2012-01-01"), on("2012-01-10"), 0},
                                          {1, 1, on("2014-01-01"), on("2014-01-10"), 1}, /* not observed */
                                          {2, 1, on("2012-01-01"), on("2012-02-10"), 2}};
    const struct study_entry outcomes[] = {
        {1, 1, on("2015-02-01"), on("2015-02-01"), 0}, /* another period */
        {2, 1, on("2012-02-01"), on("2012-02-01"), 1},
    };
    const struct study_entry competing[] = {{2, 1, on("2012-02-01"), on("2012-02-01"), 0}};
    struct study_survival_request request = {.outcomes = outcomes,
                                             .outcome_count = 2,
                                             .washout = STUDY_FOREVER,
                                             .minimum_days = 1,
                                             .follow_up = STUDY_FOREVER,
                                             .last_day = STUDY_FOREVER};
    assert_true(study_follow_up(&example.people, entries, 3, &request, &followups, &err));
    assert_int_equal(followups.count, 2);
    assert_int_equal(followups.items[0].days, 365);
    assert_int_equal(followups.items[0].status, STUDY_CENSORED);
    assert_int_equal(followups.items[1].days, 31);
    assert_int_equal(followups.items[1].status, STUDY_EVENT);
    request.competing = competing;
    request.competing_count = 1;
    request.ends_with_entry = true;
    followups.count = 0;
    assert_true(study_follow_up(&example.people, entries, 3, &request, &followups, &err));
    assert_int_equal(followups.items[0].days, 9);
    assert_int_equal(followups.items[1].status, STUDY_COMPETING); /* a tie */
    study_followups_finish(&followups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kaplan_meier_agrees_with_r),
        cmocka_unit_test(aalen_johansen_agrees_with_r),
        cmocka_unit_test(log_rank_agrees_with_r),
        cmocka_unit_test(follow_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
