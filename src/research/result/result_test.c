/* SPDX-License-Identifier: EUPL-1.2 */
/* The layout of summarised_result as omopgenerics writes it (13 columns, settings as rows, " &&& "), cells that keep their basis through
 * the sealed form and lose it in the public one, and refusals by line and column. */
#include "research/result/result_release.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct result_pair settings[] = {
    {"result_type", "incidence"}, {"package_name", "emc2"}, {"package_version", "1"}, {"analysis_outcome_washout", "Inf"}};
static const struct result_pair group[] = {{"denominator_cohort_name", "all"}, {"outcome_cohort_name", "stroke, \"any\""}};
static const struct result_pair additional[] = {{"incidence_start_date", "2020-01-01"}, {"incidence_end_date", "2020-12-31"}};

static void fill(struct result **out_result)
{
    struct error err = {0};
    uint32_t set = 0;
    struct result *result = NULL;
    assert_true(result_create(&result, "site", &err));
    assert_true(result_set_begin(result, settings, 4, &set, &err));
    struct result_variable variable = {.place = {.set = set, .group = {group, 2}, .additional = {additional, 2}}, .name = "Outcome"};
    const struct result_basis rate = {.kind = RESULT_RATE, .unit = RESULT_PERSONS, .numerator = 3, .time = 1234.5};
    const struct result_basis share = {.kind = RESULT_PERCENTAGE, .numerator = 3, .denominator = 7};
    assert_true(result_add_count(result, &variable, "outcome_count", RESULT_PERSONS, 3, &err));
    assert_true(result_add_value(result, &variable, "incidence_100000_pys", RESULT_NUMERIC, 88.765, &rate, &err));
    variable.level = "x";
    assert_true(result_add_value(result, &variable, "percentage", RESULT_PERCENT, NAN, &share, &err));
    assert_true(result_add_label(result, &variable, "first", RESULT_DATE, "2020-02-03", &err));
    *out_result = result;
}

static void layout(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    CLEANUP(buffer_value) struct buffer csv = {.maximum = 1 << 20};
    fill(&result);
    assert_true(result_write(result, RESULT_PUBLIC, &csv, &err));
    static const char expected[] =
        "result_id,cdm_name,group_name,group_level,strata_name,strata_level,variable_name,variable_level,estimate_name,estimate_type,"
        "estimate_value,additional_name,additional_level\n"
        "1,site,denominator_cohort_name &&& outcome_cohort_name,\"all &&& stroke, \"\"any\"\"\",overall,overall,Outcome,,outcome_count,"
        "integer,3,incidence_start_date &&& incidence_end_date,2020-01-01 &&& 2020-12-31\n";
    assert_true(csv.length > sizeof expected);
    assert_memory_equal(csv.data, expected, sizeof expected - 1);
    assert_non_null(
        strstr((const char *)csv.data, "\n1,site,overall,overall,overall,overall,settings,,min_cell_count,character,0,overall,"));
    assert_non_null(strstr((const char *)csv.data, ",settings,,group,character,denominator_cohort_name &&& outcome_cohort_name,"));
    assert_non_null(strstr((const char *)csv.data, ",settings,,strata,character,\"\",overall,overall\n"));
    assert_null(strstr((const char *)csv.data, "1234.5")); /* the basis */
}

static void basis_is_kept_in_the_sealed_form(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    CLEANUP(result) struct result *again = NULL;
    CLEANUP(buffer_value) struct buffer csv = {.maximum = 1 << 20};
    fill(&result);
    result_cell_mask(result, 0);
    assert_true(result_minimum_set(result, 5, &err));
    assert_true(result_write(result, RESULT_SEALED, &csv, &err));
    assert_true(result_read(&again, "x.csv", csv.data, csv.length, &err));
    assert_int_equal(result_cell_count(again), 4);
    assert_true(result_cell_at(again, 0)->is_masked);
    assert_int_equal(result_cell_at(again, 0)->basis.numerator, 0); /* of a masked cell nothing is written */
    assert_int_equal(result_cell_at(again, 1)->basis.kind, RESULT_RATE);
    assert_true(result_cell_at(again, 1)->basis.time == 1234.5);
    assert_int_equal(result_cell_at(again, 2)->basis.denominator, 7);
    assert_string_equal(result_cell_at(again, 2)->texts[RESULT_ESTIMATE_VALUE], "NaN");
    assert_string_equal(result_setting(again, 1, "min_cell_count"), "5");
    assert_string_equal(result_setting(again, 1, "analysis_outcome_washout"), "Inf");
    assert_null(result_setting(again, 2, "result_type"));
}

/* A file as R writes it: quoted texts, NA, other order of columns. */
static void reads_what_r_writes(void **state)
{
    (void)state;
    static const char csv[] =
        "\"cdm_name\",\"result_id\",\"group_name\",\"group_level\",\"strata_name\",\"strata_level\",\"variable_name\",\"variable_level\","
        "\"estimate_name\",\"estimate_type\",\"estimate_value\",\"additional_name\",\"additional_level\"\n"
        "\"mock\",1,\"cohort_name\",\"c\",\"overall\",\"overall\",\"number "
        "subjects\",NA,\"count\",\"integer\",\"12\",\"overall\",\"overall\"\n"
        "\"mock\",1,\"cohort_name\",\"c\",\"overall\",\"overall\",\"age\",NA,\"q25\",\"integer\",\"40\",\"overall\",\"overall\"\n"
        "\"mock\",1,\"overall\",\"overall\",\"overall\",\"overall\",\"settings\",NA,\"result_type\",\"character\",\"x\",\"overall\","
        "\"overall\"\n";
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    assert_true(result_read(&result, "r.csv", csv, sizeof csv - 1, &err));
    assert_int_equal(result_cell_count(result), 2);
    assert_int_equal(result_cell_at(result, 0)->basis.kind, RESULT_COUNT);
    assert_int_equal(result_cell_at(result, 0)->basis.numerator, 12);
    assert_null(result_cell_at(result, 0)->texts[RESULT_VARIABLE_LEVEL]);
    assert_int_equal(result_cell_at(result, 1)->basis.kind, RESULT_QUANTILE);
    assert_string_equal(result_setting(result, 1, "result_type"), "x");
}

static void refusals(void **state)
{
    (void)state;
    static const char head[] = "result_id,cdm_name,group_name,group_level,strata_name,strata_level,variable_name,variable_level,"
                               "estimate_name,estimate_type,estimate_value,additional_name,additional_level\n";
    static const struct {
        const char *row, *says;
    } bad[] = {
        {"0,a,b,c,d,e,f,,g,integer,1,h,i\n", "line 2, result_id"},
        {"1,a,b,c,d,e,f,,g,whole,1,h,i\n", "line 2, estimate_type"},
        {"1,a,b,c,d,e,,,g,integer,1,h,i\n", "line 2, variable_name"},
        {"1,a,b\n", "line 2: it has not as many fields"},
        {"1,a,o,o,o,o,settings,,s,character,1,o,o\n1,a,o,o,o,o,settings,,s,character,2,o,o\n", "line 3, estimate_name"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = {0};
        struct result *result = NULL;
        CLEANUP(buffer_value) struct buffer csv = {.maximum = 1 << 12};
        assert_true(buffer_append_text(&csv, head, &err) && buffer_append_text(&csv, bad[i].row, &err));
        assert_false(result_read(&result, "bad.csv", csv.data, csv.length, &err));
        assert_int_equal(err.code, ERROR_INVALID_INPUT);
        assert_non_null(strstr(err.message, bad[i].says));
    }
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    fill(&result);
    uint32_t set;
    assert_false(result_set_begin(result, settings, 2, &set, &err));
    struct result_variable variable = {.place = {.set = 9}, .name = "x"};
    assert_false(result_add_count(result, &variable, "count", RESULT_PERSONS, 1, &err));
    variable = (struct result_variable){.place = {.set = 1}, .name = "a &&& b"};
    assert_false(result_add_count(result, &variable, "count", RESULT_PERSONS, 1, &err));
    const struct result_basis more_than_all = {.kind = RESULT_PERCENTAGE, .numerator = 8, .denominator = 7};
    variable.name = "x";
    assert_false(result_add_value(result, &variable, "percentage", RESULT_PERCENT, 114, &more_than_all, &err));
    assert_false(result_add_value(result, &variable, "days", RESULT_INTEGER, NAN, &(struct result_basis){.kind = RESULT_MEAN}, &err));
    assert_int_equal(result_cell_count(result), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout),
        cmocka_unit_test(basis_is_kept_in_the_sealed_form),
        cmocka_unit_test(reads_what_r_writes),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
