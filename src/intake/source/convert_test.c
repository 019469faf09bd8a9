/* SPDX-License-Identifier: EUPL-1.2 */
/* convert: what real exports write for a value is taken, and what would have to be guessed is not. */
#include "base/calendar.h"
#include "intake/source/convert.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DAY_US INT64_C(86400000000)

static void integers(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-12", -12},
                {"+7", 7},
                {" 5 ", 5},
                {"1.0", 1},
                {"-3.000", -3},
                {"2e3", 2000},
                {"000123", 123},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    const char *const bad[] = {"1.5", "abc", "9223372036854775808", "1e30", "1,000", "0x10", "nan", "inf", "--1", " ", "12a", "1 2"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 99;
        assert_true(convert_integer(text_of(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 99;
        assert_false(convert_integer(text_of(bad[i]), &value));
        assert_int_equal(value, 99);
    }
}

static void numbers(void **state)
{
    (void)state;
    double value = 0;
    assert_true(convert_number(TEXT("48.1"), &value) && value == 48.1);
    assert_true(convert_number(TEXT(" -1e-3 "), &value) && value == -1e-3);
    assert_false(convert_number(TEXT("1,5"), &value));
    assert_false(convert_number(TEXT("nan"), &value));
    assert_false(convert_number(TEXT("inf"), &value));
    assert_false(convert_number(TEXT("1e999"), &value));
    assert_true(value == -1e-3);
}

static void days(void **state)
{
    (void)state;
    const char *const leap[] = {"2024-02-29",
                                "20240229",
                                "2024-02-29 00:00:00",
                                "2024-02-29T00:00:00.000Z",
                                "2024-02-29 00:00:00+00",
                                "2024-02-29 00:00:00.000+00:00",
                                " 2024-02-29 ",
                                "2024-02-29 00:00",
                                "2024-02-29 00:00:00 UTC"};
    const char *const bad[] = {"2023-02-29",  "20230229",   "2024-02-29 00:00:01",    "29/02/2024", "2024-2-9", "2024-02-29 24:00:00",
                               "0000-01-01",  "2024-02-2",  "2024-02-29T00:00:00+02", "20240229x",  "x",        "2024",
                               "2024-02-29 ", "2024-02-29T"};
    for (size_t i = 0; i < sizeof leap / sizeof leap[0]; i++) {
        int32_t value = 0;
        assert_true(convert_day(text_of(leap[i]), &value));
        assert_int_equal(value, 19782);
    }
    for (size_t i = 0; i + 2 < sizeof bad / sizeof bad[0]; i++) {
        int32_t value = 7;
        if (convert_day(text_of(bad[i]), &value)) {
            fail_msg("taken for a date: %s", bad[i]);
        }
        assert_int_equal(value, 7);
    }
}

static void instants(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t value;
    } good[] = {{"1970-01-01", 0},
                {"1970-01-02 00:00:00", DAY_US},
                {"1969-12-31 23:59:59.5", -500000},
                {"1970-01-01T00:01", 60000000},
                {"19700101 00:00:01", 1000000},
                {"1970-01-01 00:00:00.123456789Z", 123456}};
    const char *const bad[] = {"1970-01-01 25:00:00",       "1970-01-01 00:60:00", "1970-01-01 00:00:60", "1970-01-01 00:00:00.",
                               "1970-01-01 00:00:00+01:00", "1970-01-01x00:00:00", "1970-01-01 0:00:00",  "Z"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 1;
        assert_true(convert_instant(text_of(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 1;
        assert_false(convert_instant(text_of(bad[i]), &value));
        assert_int_equal(value, 1);
    }
}

/* ---- columns of the engine ---- */
enum { ROWS = 5 };
static const uint64_t lines[ROWS] = {11, 12, 13, 14, 15};
static const uint64_t first_four = 0xF; /* the fifth is NULL */

static struct source_column converted(const struct engine_column *column, int table, int field, struct arena *scratch,
                                      struct finding_batch *findings)
{
    struct source_column out;
    findings->table = table;
    convert_column(column, ROWS, lines, field, scratch, findings, &out);
    return out;
}

static void whole_numbers_as_doubles(void **state)
{
    (void)state;
    const double numbers_of[ROWS] = {1, 2.5, NAN, 1e30, 9};
    const struct engine_column column = {.type = ENGINE_DOUBLE, .valid = &first_four, .numbers = numbers_of};
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct finding_batch findings = {0};
    struct source_column out = converted(&column, OMOP_TABLE_DRUG_EXPOSURE, OMOP_DRUG_EXPOSURE_DAYS_SUPPLY, scratch, &findings);
    assert_int_equal(out.valid[0] & 0x1F, 1);
    assert_int_equal(out.integers[0], 1);
    assert_int_equal(findings.tally.rows[OMOP_DRUG_EXPOSURE_DAYS_SUPPLY][FINDING_NOT_INTEGER], 2);
    assert_int_equal(findings.list.count, 2);
    assert_int_equal(findings.list.items[0].line, 12);
    assert_int_equal(findings.list.items[1].line, 14);
    finding_batch_finish(&findings);
}

static void dates_of_every_kind(void **state)
{
    (void)state;
    const int64_t moments[ROWS] = {0, DAY_US, 1, -DAY_US, 0}, numbers_of[ROWS] = {20240229, 20240230, 5, 19700101, 0};
    const struct text texts[ROWS] = {TEXT("2024-02-29"), TEXT(""), TEXT("nonsense"), TEXT("19700101"), TEXT("")};
    const struct engine_column by_instant = {.type = ENGINE_INSTANT, .valid = &first_four, .i64 = moments},
                               by_number = {.type = ENGINE_I64, .valid = &first_four, .i64 = numbers_of},
                               by_text = {.type = ENGINE_TEXT, .valid = &first_four, .texts = texts};
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct finding_batch findings = {0};
    const int table = OMOP_TABLE_CONDITION_OCCURRENCE, start = OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE;
    struct source_column out = converted(&by_instant, table, start, scratch, &findings);
    assert_int_equal(out.valid[0] & 0x1F, 0xB);
    assert_int_equal(out.days[1], 1);
    assert_int_equal(out.days[3], -1);
    assert_int_equal(findings.tally.rows[start][FINDING_NOT_DATE], 1);
    assert_int_equal(findings.tally.rows[start][FINDING_MISSING], 1); /* the fifth; the wrong one is not missing */
    out = converted(&by_number, table, start, scratch, &findings);
    assert_int_equal(out.valid[0] & 0x1F, 0x9);
    assert_int_equal(out.days[0], 19782);
    out = converted(&by_text, table, start, scratch, &findings);
    assert_int_equal(out.valid[0] & 0x1F, 0x9);
    assert_int_equal(findings.tally.rows[start][FINDING_NOT_DATE], 4);
    assert_int_equal(findings.tally.rows[start][FINDING_MISSING], 4);
    finding_batch_finish(&findings);
}

static void numbers_as_texts_and_texts_as_numbers(void **state)
{
    (void)state;
    const int64_t codes[ROWS] = {12, -1, 0, 7, 0};
    const double values[ROWS] = {1, NAN, INFINITY, -2.5, 0};
    const struct engine_column by_number = {.type = ENGINE_I64, .valid = &first_four, .i64 = codes},
                               floats = {.type = ENGINE_DOUBLE, .valid = &first_four, .numbers = values};
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct finding_batch findings = {0};
    struct source_column out = converted(&by_number, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_CODE, scratch, &findings);
    assert_true(text_equal(out.texts[1], TEXT("-1")));
    out = converted(&floats, OMOP_TABLE_MEASUREMENT, OMOP_MEASUREMENT_VALUE_AS_NUMBER, scratch, &findings);
    assert_int_equal(out.valid[0] & 0x1F, 0x9);
    assert_int_equal(findings.tally.rows[OMOP_MEASUREMENT_VALUE_AS_NUMBER][FINDING_NOT_NUMBER], 1);
    assert_int_equal(findings.tally.rows[OMOP_MEASUREMENT_VALUE_AS_NUMBER][FINDING_NOT_A_NUMBER], 1);
    out = converted(&(struct engine_column){.type = ENGINE_NULL}, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_ID, scratch, &findings);
    assert_true(out.is_all_null);
    assert_int_equal(findings.tally.rows[OMOP_CONCEPT_CONCEPT_ID][FINDING_NO_KEY], ROWS);
    finding_batch_finish(&findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(numbers),
        cmocka_unit_test(days),
        cmocka_unit_test(instants),
        cmocka_unit_test(whole_numbers_as_doubles),
        cmocka_unit_test(dates_of_every_kind),
        cmocka_unit_test(numbers_as_texts_and_texts_as_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
