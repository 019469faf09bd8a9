/* SPDX-License-Identifier: EUPL-1.2 */
/* A whole export: every table of the synthetic SNDS of the DREES is read or listed as not carried, and every row is counted once. */
#include "intake/snds/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SYNTHETIC "../shared/data/snds/synthetic-snds/schemas"

static bool count_record(void *context, const struct record *record, struct error *err)
{
    (void)err;
    size_t *counts = context;
    counts[record->table]++;
    return true;
}

static void test_synthetic(void **state)
{
    (void)state;
    struct stat facts;
    const char *path = getenv("EMC2_SNDS") ? getenv("EMC2_SNDS") : SYNTHETIC;
    if (stat(path, &facts) != 0) {
        print_message("%s is not here\n", path);
        skip();
    }
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    size_t counts[RECORD_TABLE_COUNT] = {0};
    const struct reader_options options = {.numbers = fixture->numbers};
    const struct reader_sink sink = {.record = count_record, .context = counts};
    fixture->tally = tally_create();
    bool read = snds_read(path, &options, &sink, fixture->tally, &fixture->err);
    if (!read) {
        print_error("%s\n", fixture->err.message);
    }
    assert_true(read);
    fixture_adds_up(fixture);
    assert_true(tally_row_count(fixture->tally) > 150);                           /* 191 files, of which some have the same name */
    assert_int_equal(fixture_tally(fixture, "T_SSRaaB", OUTCOME_NOT_CARRIED), 2); /* .csv and .json */
    assert_true(counts[RECORD_PERSON] > 0 && counts[RECORD_CARE_SITE] > 0);
}

/* A folder, gzip by its name or not, depth: what is no table is listed. */
static void test_files(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    struct error err;
    assert_true(directory_create(scratch_path(&fixture->scratch, "DCIR"), 0700, &err));
    assert_true(directory_create(scratch_path(&fixture->scratch, "DCIR/2017"), 0700, &err));
    fixture_file(fixture, "DCIR/2017/IR_BEN_R.csv", PERSONS_HEADER);
    fixture_file(fixture, "DCIR/ER_PRS_F_NOTES.csv", "a,b\n");
    fixture_file(fixture, "T_SSR17B.csv", "a,b\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F_NOTES", OUTCOME_NOT_CARRIED), 1);
    assert_int_equal(fixture_tally(fixture, "T_SSR17B", OUTCOME_NOT_CARRIED), 1);
    assert_int_equal(fixture->count, 0);
}

/* Also when nobody wants the records: keys of an export that is broken are not blinded. */
static void test_broken_records(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    const struct reader_options options = {.numbers = fixture->numbers, .settings = &fixture->settings};
    const struct reader_sink sink = {.context = fixture};
    fixture_file(fixture, "IR_BEN_R.csv", PERSONS_HEADER "PSA1,1,,PSA1,0,00,1960,5,1,,01C751000,075,056,,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv", "a,b\n1,2\n");
    fixture->tally = tally_create();
    assert_false(snds_read(fixture->scratch.directory, &options, &sink, fixture->tally, &fixture->err));
    assert_int_equal(fixture->err.code, ERROR_INVALID_INPUT);
}

static void test_file_names(void **state)
{
    (void)state;
    assert_true(snds_is_file_name(TEXT("IR_BEN_R.csv")));
    assert_true(snds_is_file_name(TEXT("er_prs_f_2009.csv.gz")));
    assert_true(snds_is_file_name(TEXT("T_MCO19C.csv")));
    assert_false(snds_is_file_name(TEXT("patient.csv")));
    assert_false(snds_is_file_name(TEXT("PERSON.csv")));
    assert_false(snds_is_file_name(TEXT("readme.txt")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file_names), cmocka_unit_test(test_broken_records),
                                       cmocka_unit_test(test_files), cmocka_unit_test(test_synthetic)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
