/* SPDX-License-Identifier: EUPL-1.2 */
/* Time at risk and counts worked by hand: washout, repeated events, censoring, intervals; prevalence on days and in intervals; what becomes
 * of them in a result. */
#include "research/result/result_release.h"
#include "research/study/people_example.h"
#include "research/study/study_reporting.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct study_entry denominator[2], outcomes[3], censors[1];
};

static void fixture(struct fixture *f)
{
    *f = (struct fixture){
        .denominator = {{1, 1, on("2010-01-01"), on("2010-12-31"), 0}, {2, 1, on("2010-03-01"), on("2011-02-28"), 1}},
        .outcomes = {{1, 1, on("2010-02-01"), on("2010-02-05"), 0},
                     {1, 1, on("2010-06-01"), on("2010-06-01"), 1},
                     {2, 1, on("2009-01-01"), on("2010-03-10"), 2}},
        .censors = {{1, 1, on("2010-07-01"), on("2010-07-01"), 0}},
    };
}

static void is_stretch(const struct study_stretch *stretch, int64_t subject, const char *start, const char *end, bool has_event)
{
    assert_int_equal(stretch->subject, subject);
    assert_int_equal(stretch->start, on(start));
    assert_int_equal(stretch->end, on(end));
    assert_int_equal(stretch->has_event, has_event);
}

static void time_at_risk(void **state)
{
    (void)state;
    struct error err = {0};
    struct fixture f;
    struct study_stretches stretches = {.maximum = 100};
    fixture(&f);
    struct study_risk_request request = {.washout = 10, .is_repeated = true, .outcomes = f.outcomes, .outcome_count = 3};
    assert_true(study_at_risk(f.denominator, 2, &request, &stretches, &err));
    assert_int_equal(stretches.count, 4);
    is_stretch(&stretches.items[0], 1, "2010-01-01", "2010-02-01", true);
    is_stretch(&stretches.items[1], 1, "2010-02-16", "2010-06-01", true);
    is_stretch(&stretches.items[2], 1, "2010-06-12", "2010-12-31", false);
    is_stretch(&stretches.items[3], 2, "2010-03-21", "2011-02-28", false);
    stretches.count = 0;
    request.is_repeated = false;
    assert_true(study_at_risk(f.denominator, 2, &request, &stretches, &err));
    assert_int_equal(stretches.count, 2);
    stretches.count = 0;
    request.washout = STUDY_FOREVER;
    request.is_repeated = true;
    assert_true(study_at_risk(f.denominator, 2, &request, &stretches, &err));
    assert_int_equal(stretches.count, 1); /* person 2 had one before */
    stretches.count = 0;
    request = (struct study_risk_request){10, true, f.outcomes, 3, f.censors, 1};
    assert_true(study_at_risk(f.denominator, 2, &request, &stretches, &err));
    assert_int_equal(stretches.count, 4);
    is_stretch(&stretches.items[2], 1, "2010-06-12", "2010-07-01", false);
    study_stretches_finish(&stretches);
}

static void cells(void **state)
{
    (void)state;
    struct error err = {0};
    struct fixture f;
    struct study_stretches stretches = {.maximum = 100};
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct study_span *spans;
    const struct study_incidence_cell *found;
    size_t span_count, count;
    fixture(&f);
    const struct study_risk_request request = {.washout = 10, .is_repeated = true, .outcomes = f.outcomes, .outcome_count = 3};
    assert_true(study_at_risk(f.denominator, 2, &request, &stretches, &err));
    struct study_span whole = study_stretches_range(stretches.items, stretches.count);
    assert_true(study_intervals(STUDY_YEARS, whole, true, arena, &spans, &span_count, &err));
    assert_int_equal(span_count, 1); /* 2011 is not whole */
    study_incidence(stretches.items, stretches.count, spans, span_count, arena, &found, &count);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].persons, 2);
    assert_int_equal(found[0].events, 2);
    assert_int_equal(found[0].person_days, 32 + 106 + 203 + 286);
    assert_true(found[0].person_years == 1.717 && found[0].rate == 116482.236);
    assert_true(study_intervals(STUDY_WEEKS, whole, false, arena, &spans, &span_count, &err));
    assert_int_equal(spans[0].first, on("2010-01-01"));
    assert_int_equal(spans[0].last, on("2010-01-03")); /* a Sunday */
    study_stretches_finish(&stretches);
}

static void prevalence(void **state)
{
    (void)state;
    struct error err = {0};
    struct fixture f;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct study_span *spans;
    const struct study_prevalence_cell *found;
    size_t span_count;
    fixture(&f);
    struct study_prevalence_request request = {.interval = STUDY_QUARTERS, .outcomes = f.outcomes, .outcome_count = 3};
    assert_true(study_prevalence_days(f.denominator, 2, &request, arena, &spans, &span_count, &err));
    study_prevalence(f.denominator, 2, &request, spans, span_count, arena, &found);
    assert_int_equal(span_count, 5);
    assert_int_equal(found[0].denominator, 2);
    assert_int_equal(found[0].numerator, 2);
    assert_int_equal(found[1].numerator, 1);
    request.is_full = true;
    study_prevalence(f.denominator, 2, &request, spans, span_count, arena, &found);
    assert_int_equal(found[0].denominator, 1);
    request = (struct study_prevalence_request){.interval = STUDY_MONTHS, .is_point = true, .outcomes = f.outcomes, .outcome_count = 3};
    assert_true(study_prevalence_days(f.denominator, 2, &request, arena, &spans, &span_count, &err));
    study_prevalence(f.denominator, 2, &request, spans, span_count, arena, &found);
    assert_int_equal(span_count, 14);
    assert_int_equal(found[1].numerator, 1); /* 1 February */
    assert_int_equal(found[2].numerator, 1); /* 1 March: person 2 */
    assert_int_equal(found[2].denominator, 2);
}

static void becomes_a_result(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    struct study_place place = {.denominator = "all", .outcome = "any", .interval = STUDY_YEARS};
    struct study_incidence_cell cell = {.span = {on("2010-01-01"), on("2010-12-31")}, .persons = 2, .events = 2, .person_days = 627};
    struct study_prevalence_cell empty = {.span = cell.span};
    study_incidence_finish(&cell);
    study_prevalence_finish(&empty);
    assert_true(result_create(&result, "site", &err) && result_set_begin(result, settings, 3, &place.set, &err));
    assert_true(study_incidence_report(result, &place, &cell, 1, &err) && study_prevalence_report(result, &place, &empty, 1, &err));
    assert_int_equal(result_cell_count(result), 12);
    const struct result_cell *rate = result_cell_at(result, 4);
    assert_string_equal(rate->texts[RESULT_ESTIMATE_NAME], "incidence_100000_pys");
    assert_string_equal(rate->texts[RESULT_ESTIMATE_VALUE], "116482.236");
    assert_string_equal(rate->texts[RESULT_ADDITIONAL_LEVEL], "2010-01-01 &&& 2010-12-31 &&& years");
    assert_true(rate->basis.kind == RESULT_RATE && rate->basis.numerator == 2 && rate->basis.time == 627);
    assert_string_equal(result_cell_at(result, 9)->texts[RESULT_ESTIMATE_VALUE], "NaN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_at_risk),
        cmocka_unit_test(cells),
        cmocka_unit_test(prevalence),
        cmocka_unit_test(becomes_a_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
