/* SPDX-License-Identifier: EUPL-1.2 */
/* Shapes as spec/delivery.csv has them, what a record must be, numbers that mean nothing without the key, and tallies that add up. */
#include "intake/record/record.h"
#include "intake/record/record_reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void test_shapes(void **state)
{
    (void)state;
    enum record_table table;
    enum record_column column;
    assert_true(record_table_find(TEXT("measurement"), &table) && table == RECORD_MEASUREMENT);
    assert_false(record_table_find(TEXT("note"), &table));
    assert_true(record_column_find(TEXT("birth_day"), &column) && column == COLUMN_BIRTH_DAY);
    const struct record_shape *person = record_shape(RECORD_PERSON);
    assert_string_equal(person->name, "person");
    assert_int_equal(person->field_count, 7);
    assert_true(person->fields[4].is_potential); /* the day of birth: EMC2-10 */
    assert_int_equal(record_column_type(COLUMN_VALUE), RECORD_NUMBER);
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        assert_true(record_shape((enum record_table)i)->field_count > 0);
    }
    int32_t concept = 0;
    assert_true(record_type_concept(TEXT("CLAIM"), &concept) && concept == 32810);
}

static void test_check(void **state)
{
    (void)state;
    struct error err = {0};
    struct record record;
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, 5);
    assert_false(record_check(&record, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
    record_set_text(&record, COLUMN_SEX, TEXT("F"));
    assert_true(record_check(&record, &err));
    record_set_text(&record, COLUMN_RESIDENCE, (struct text){"\xff", 1});
    assert_false(record_check(&record, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    record_set_text(&record, COLUMN_RESIDENCE, TEXT("29019"));
    record_set_number(&record, COLUMN_VALUE, 1.0);
    assert_false(record_check(&record, &err));
    assert_non_null(strstr(err.message, "value"));
}

static void test_numbers(void **state)
{
    (void)state;
    struct error err = {0};
    assert_true(crypto_start(&err));
    CLEANUP(secret) struct secret *key = NULL;
    CLEANUP(secret) struct secret *other_key = NULL;
    CLEANUP(record_numbers) struct record_numbers *numbers = NULL;
    CLEANUP(record_numbers) struct record_numbers *others = NULL;
    assert_true(secret_random(&key, CRYPTO_KEY_SIZE, &err) && secret_random(&other_key, CRYPTO_KEY_SIZE, &err));
    assert_true(record_numbers_create(&numbers, key, &err) && record_numbers_create(&others, other_key, &err));
    int64_t subject = record_subject(numbers, TEXT("P1"));
    assert_true(subject > 0);
    assert_true(subject == record_subject(numbers, TEXT("P1")));
    assert_true(subject != record_subject(numbers, TEXT("P2")));
    assert_true(subject != record_subject(others, TEXT("P1")));
    assert_true(record_number(numbers, "Encounter", TEXT("1")) != record_number(numbers, "Condition", TEXT("1")));
    char lengthy[2000];
    memset(lengthy, 'x', sizeof lengthy);
    assert_true(record_number(numbers, "a", (struct text){lengthy, 2000}) != record_number(numbers, "a", (struct text){lengthy, 1999}));
}

static void test_tally(void **state)
{
    (void)state;
    struct tally *all = tally_create();
    struct tally *part = tally_create();
    tally_seen(all, "Condition", 2);
    tally_count(all, "Condition", OUTCOME_TAKEN, 2);
    tally_seen(part, "Condition", 3);
    tally_count(part, "Condition", OUTCOME_NO_DATE, 3);
    for (int i = 0; i < TALLY_FINDINGS_KEPT + 5; i++) {
        tally_find(part, "Condition.ndjson", (uint64_t)i + 1, "code", "not text");
    }
    tally_remark(part, "Patient", "the key of a NIR does not fit");
    tally_remark(all, "Patient", "the key of a NIR does not fit");
    tally_merge(all, part);
    assert_int_equal(tally_row_count(all), 1);
    assert_int_equal(tally_row(all, 0)->seen, 5);
    assert_int_equal(tally_row(all, 0)->outcomes[OUTCOME_TAKEN] + tally_row(all, 0)->outcomes[OUTCOME_NO_DATE], 5);
    assert_int_equal(tally_finding_count(all), TALLY_FINDINGS_KEPT + 5);
    assert_int_equal(tally_finding_kept(all), TALLY_FINDINGS_KEPT);
    assert_int_equal(tally_finding(all, 1)->line, 2);
    assert_int_equal(tally_remark_at(all, 0)->count, 2);
    tally_destroy(part);
    tally_destroy(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes), cmocka_unit_test(test_check), cmocka_unit_test(test_numbers),
                                       cmocka_unit_test(test_tally)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
