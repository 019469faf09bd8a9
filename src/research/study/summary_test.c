/* SPDX-License-Identifier: EUPL-1.2 */
/* Estimates against base R 4.2.2 (quantile type 7, mean, sd); counts, categories and nulls worked by hand. */
#include "research/result/result_release.h"
#include "research/study/study_summary.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void estimates_agree_with_r(void **state)
{
    (void)state;
    static const double sorted[] = {1, 1, 2, 3, 3.5, 4, 5, 5, 6, 9};
    static const struct {
        const char *name;
        double value;
    } r[] = {{"q05", 1},          {"q25", 2.25},  {"median", 3.75},        {"q75", 5},
             {"q95", 7.65},       {"mean", 3.95}, {"sd", 2.4545875417267}, {"min", 1},
             {"max", 9},          {"sum", 39.5},  {"count_positive", 10},  {"percentage_0", 0},
             {"count_missing", 2}};
    const struct study_sample sample = {sorted, 10, 12};
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        double value;
        assert_true(study_estimate(r[i].name, &sample, &value));
        assert_true(fabs(value - r[i].value) < 1e-10);
    }
    double value;
    assert_false(study_estimate("q5", &sample, &value));
    assert_false(study_estimate("count_many", &sample, &value));
    const struct study_sample nobody = {sorted, 0, 0};
    assert_true(study_estimate("median", &nobody, &value) && isnan(value));
}

static void cells(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    static const size_t rows[] = {0, 1, 3};
    static const int64_t subjects[] = {7, 7, 8, 9};
    static const double flags[] = {1, 0, 1, NAN};
    static const char *const words[] = {"b", "a", "a", "b"};
    static const char *const wanted[] = {"count", "percentage", "q25"};
    const struct study_summary_request request = {rows, 3, subjects, true};
    const struct study_variable flag = {"flag", STUDY_NUMBER, false, flags, NULL}, word = {"word", STUDY_CATEGORY, false, NULL, words};
    struct result_place place = {0};
    assert_true(study_variable_is_binary(&flag, 4));
    assert_true(result_create(&result, "site", &err) && result_set_begin(result, settings, 3, &place.set, &err));
    assert_true(study_counts_report(result, &place, &request, &err));
    assert_true(study_summary_report(result, &place, &request, &flag, wanted, 3, &err));
    assert_true(study_summary_report(result, &place, &request, &word, wanted, 3, &err));
    static const char *const expected[] = {"3", "2", "1", "50", "0.25", "1", "2", "33.333", "66.666"};
    assert_int_equal(result_cell_count(result), 9);
    for (size_t i = 0; i < 9; i++) {
        assert_memory_equal(result_cell_at(result, i)->texts[RESULT_ESTIMATE_VALUE], expected[i], strlen(expected[i]));
    }
    assert_int_equal(result_cell_at(result, 3)->basis.numerator, 1);
    assert_int_equal(result_cell_at(result, 3)->basis.denominator, 2);
    assert_string_equal(result_cell_at(result, 8)->texts[RESULT_VARIABLE_LEVEL], "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(estimates_agree_with_r),
        cmocka_unit_test(cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
