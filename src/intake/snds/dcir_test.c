/* SPDX-License-Identifier: EUPL-1.2 */
/* Claims: one test for each pitfall of ER_PRS_F and the tables that are joined to it; each fails without its rule. */
#include "intake/snds/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CLAIMS_HEADER                                                                                                                      \
    KEY_HEADER ",BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,EXE_SOI_DTF,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF,PRS_DPN_QLP,CPL_MAJ_TOP,PSE_SPE_COD,EXE_" \
               "LIE_COD\n"
#define CLAIM(number, nature, quantity) KEY(number) ",PSA1,1,2017-02-01,2017-02-01," #nature "," #quantity ",0,0,0,01,0\n"
#define MEDICINES_HEADER KEY_HEADER ",PHA_ORD_NUM,PHA_PRS_C13,PHA_PRS_IDE,PHA_ACT_QSN,PHA_DEC_TOP,PHA_DEC_QSU\n"
#define DOLIPRANE "3400935955838"

static struct fixture *begin(void)
{
    struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n"
                                "PSA2,1,ANO2,ANO2,1,00,1980,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n");
    return fixture;
}

static double quantity_of(const struct record *record)
{
    return record_has(record, COLUMN_QUANTITY) ? record->values[COLUMN_QUANTITY].number : -1;
}

/* Medicines, acts, biology and devices have no person and no date: both come through nine columns, whatever their form. */
static void test_join_of_nine_columns(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 3313, 2) CLAIM(2, 3211, 1) CLAIM(3, 1352, 1) CLAIM(4, 3319, 1));
    fixture_file(fixture, "ER_PHA_F.csv",
                 MEDICINES_HEADER "0001,01MAR2017:00:00:00,012,01,1.0,04032017,01C731223,001,01,1," DOLIPRANE
                                  ",0,2,,\n" KEY(9) ",1," DOLIPRANE ",0,2,,\n");
    fixture_file(fixture, "ER_BIO_F.csv", KEY_HEADER ",BIO_ORD_NUM,BIO_PRS_IDE,BIO_ACT_QSN\n" KEY(2) ",1,552,1\n" KEY(2) ",2,1104,1\n");
    fixture_file(fixture, "ER_CAM_F.csv", KEY_HEADER ",CAM_ORD_NUM,CAM_PRS_IDE,CAM_ACT_COD,CAM_TRT_PHA\n" KEY(3) ",1,DEQP003,1,0\n");
    fixture_file(fixture, "ER_UCD_F.csv", KEY_HEADER ",UCD_ORD_NUM,UCD_UCD_COD,UCD_DLV_NBR,UCD_FRC_COE\n" KEY(4) ",1,0000009232315,3,1\n");
    fixture_read(fixture);
    const struct record *drug = fixture_one(fixture, RECORD_DRUG, DOLIPRANE);
    fixture_text(drug, COLUMN_SYSTEM, "CIP13");
    fixture_text(drug, COLUMN_TYPE, "CLAIM_PHARMACY");
    fixture_day(drug, COLUMN_START, "2017-02-01");
    assert_true(quantity_of(drug) == 2);
    fixture_text(fixture_one(fixture, RECORD_MEASUREMENT, "0552"), COLUMN_SYSTEM, "NABM");
    assert_false(record_has(fixture_one(fixture, RECORD_MEASUREMENT, "1104"), COLUMN_VALUE)); /* no results in the SNDS */
    fixture_text(fixture_one(fixture, RECORD_PROCEDURE, "DEQP003"), COLUMN_SYSTEM, "CCAM");
    fixture_text(fixture_one(fixture, RECORD_DRUG, "9232315"), COLUMN_SYSTEM, "UCD");
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_REFERENCE), 1); /* no such claim */
    assert_int_equal(fixture_count(fixture, RECORD_PROCEDURE, NULL), 1);        /* what a table details does not speak for itself, too */
}

/* Another value in any of the nine columns is another claim. */
static void test_each_column_of_the_key(void **state)
{
    (void)state;
    static const char *const others[] = {"2,2017-03-01,12,1,1,2017-03-04,01C731223,1,1", "1,2017-04-01,12,1,1,2017-03-04,01C731223,1,1",
                                         "1,2017-03-01,13,1,1,2017-03-04,01C731223,1,1", "1,2017-03-01,12,2,1,2017-03-04,01C731223,1,1",
                                         "1,2017-03-01,12,1,2,2017-03-04,01C731223,1,1", "1,2017-03-01,12,1,1,2017-03-05,01C731223,1,1",
                                         "1,2017-03-01,12,1,1,2017-03-04,01C731224,1,1", "1,2017-03-01,12,1,1,2017-03-04,01C731223,2,1",
                                         "1,2017-03-01,12,1,1,2017-03-04,01C731223,1,2"};
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 3313, 1));
    for (size_t i = 0; i < 9; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s%s,1,%s,0,1,,\n", MEDICINES_HEADER, others[i], DOLIPRANE);
        fixture_file(fixture, "ER_PHA_F.csv", text);
        fixture_read(fixture);
        assert_int_equal(fixture_count(fixture, RECORD_DRUG, NULL), 0);
        assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_REFERENCE), 1);
    }
}

/* Filter 1: DPN_QLF or PRS_DPN_QLP 71 is public hospital activity that the PMSI has; codes are text or numbers. */
static void test_for_information(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER KEY(1) ",PSA1,1,2017-02-01,,3313,1,71,0,0,1,0\n" KEY(2) ",PSA1,1,2017-02-01,,1111,1,0,71.0,0,1,0\n" KEY(
                     3) ",PSA1,1,2017-02-01,,1112,1,00,0,0,1,0\n");
    fixture_file(fixture, "ER_PHA_F.csv", MEDICINES_HEADER KEY(1) ",1," DOLIPRANE ",0,1,,\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_FOR_INFORMATION), 2);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_FOR_INFORMATION), 1);
    assert_int_equal(fixture_count(fixture, RECORD_DRUG, NULL), 0);
    fixture_one(fixture, RECORD_PROCEDURE, "1112");
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 1);
}

/* Filter 1: ETE_IND_TAA 1, likewise. The establishment of the others is the care site, with its check digit. */
static void test_establishment(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 1111, 1) CLAIM(2, 1112, 1));
    fixture_file(fixture, "ER_ETE_F.csv", KEY_HEADER ",ETB_EXE_FIN,ETE_IND_TAA\n" KEY(1) ",75010001,1\n" KEY(2) ",75010001,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_FOR_INFORMATION), 1);
    assert_int_equal(fixture_tally(fixture, "ER_ETE_F", OUTCOME_FOR_INFORMATION), 1);
    fixture_one(fixture, RECORD_PROCEDURE, "1112");
    fixture_text(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_CARE_SITE, "750100018");
}

/* Filter 1: a surcharge (CPL_MAJ_TOP 2) is no act. */
static void test_surcharge(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER KEY(1) ",PSA1,1,2017-02-01,,1111,1,0,0,2,1,0\n" KEY(2) ",PSA1,1,2017-02-01,,1112,1,0,0,1,1,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_ANCILLARY_ACTIVITY), 1);
    fixture_one(fixture, RECORD_PROCEDURE, NULL);
}

/* Filter 2: an error, its negative and its correction, in three flows; the specialty is 1, then 01. What is left is above zero, or nothing.
 */
static void test_regularisation(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER CLAIM(1, 3313, 3) CLAIM(2, 3313, -3)
                     KEY(3) ",PSA1,1,2017-02-01,2017-02-01,3313,1,0,0,0,1,0\n" CLAIM(4, 1111, 1) CLAIM(5, 1111, -1));
    fixture_file(fixture, "ER_PHA_F_201702.csv", MEDICINES_HEADER KEY(1) ",1," DOLIPRANE ",0,3,,\n");
    fixture_file(fixture, "ER_PHA_F_201703.csv", MEDICINES_HEADER KEY(2) ",1," DOLIPRANE ",0,-3,,\n" KEY(3) ",1," DOLIPRANE ",0,1,,\n");
    fixture_read(fixture);
    assert_true(quantity_of(fixture_one(fixture, RECORD_DRUG, NULL)) == 1);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_REGULARISED), 2);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_TAKEN), 1);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_REGULARISED), 4);
    assert_int_equal(fixture_count(fixture, RECORD_PROCEDURE, NULL), 0); /* the consultation was cancelled */
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 1);
}

/* The same day, but another prescriber's specialty: another group, nothing is cancelled. */
static void test_groups_stay_apart(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv",
                 KEY_HEADER ",BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF,PSP_SPE_COD\n" KEY(
                     1) ",PSA1,1,2017-02-01,1111,1,0,1\n" KEY(2) ",PSA1,1,2017-02-01,1111,-1,0,3\n");
    fixture_read(fixture);
    fixture_one(fixture, RECORD_PROCEDURE, "1111");
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_REGULARISED), 1);
}

/* The same row in an archive and in the current table, and a claim with its medicines in another year's table. */
static void test_archives(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    struct error err;
    assert_true(directory_create(scratch_path(&fixture->scratch, "2009"), 0700, &err));
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 3313, 1));
    fixture_file(fixture, "2009/ER_PRS_F_2009.csv", CLAIMS_HEADER CLAIM(1, 3313, 1) CLAIM(2, 3313, 1));
    fixture_file(fixture, "2009/ER_PHA_F_2009.csv", MEDICINES_HEADER KEY(1) ",1," DOLIPRANE ",0,1,,\n");
    fixture_file(fixture, "ER_PHA_F.csv", MEDICINES_HEADER KEY(1) ",1," DOLIPRANE ",0,1,,\n" KEY(2) ",1," DOLIPRANE ",0,1,,\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_DOUBLE), 1);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_DOUBLE), 1);
    assert_true(quantity_of(fixture_one(fixture, RECORD_DRUG, NULL)) == 2);
}

/* CIP13, CIP7 before 2014, units instead of boxes (PHA_DEC_TOP D), codes that mean nothing. */
static void test_codes_of_medicines(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 3313, 1));
    fixture_file(fixture, "ER_PHA_F.csv",
                 MEDICINES_HEADER KEY(1) ",1,0,3595583,1,,\n" KEY(1) ",2," DOLIPRANE
                                                                     ",0,1,D,28\n" KEY(1) ",3,9999999999999,0,1,,\n" KEY(1) ",4,,,1,,\n");
    fixture_read(fixture);
    fixture_text(fixture_one(fixture, RECORD_DRUG, "3595583"), COLUMN_SYSTEM, "CIP7");
    assert_true(quantity_of(fixture_one(fixture, RECORD_DRUG, DOLIPRANE)) == 28);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_JUNK_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_NO_CODE), 1);
}

/* An act counts once: activity 1 in phase 0, not the anaesthetist's 4 again; its quantity is the claim's. */
static void test_acts_count_once(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 1321, 2) CLAIM(2, 1321, 1) CLAIM(3, 1321, 1));
    fixture_file(fixture, "ER_CAM_F.csv",
                 KEY_HEADER ",CAM_ORD_NUM,CAM_PRS_IDE,CAM_ACT_COD,CAM_TRT_PHA\n" KEY(1) ",1,HHFA001,1,0\n" KEY(2) ",1,HHFA001,4,0\n" KEY(
                     3) ",1,HHFA001,1,2\n");
    fixture_read(fixture);
    assert_true(quantity_of(fixture_one(fixture, RECORD_PROCEDURE, "HHFA001")) == 2);
    assert_int_equal(fixture_tally(fixture, "ER_CAM_F", OUTCOME_ANCILLARY_ACTIVITY), 2);
}

/* Bought: no end. Rented: the dates of the rental. 9999999999999 is no device. */
static void test_devices(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER CLAIM(1, 3511, 1));
    fixture_file(
        fixture, "ER_TIP_F.csv",
        KEY_HEADER ",TIP_ORD_NUM,TIP_PRS_IDE,TIP_PRS_TYP,TIP_ACT_QSN,TIP_ACL_DTD,TIP_ACL_DTF\n" KEY(
            1) ",1,2100690,1,1,2017-02-03,2017-02-04\n" KEY(1) ",2,1130220,2,1,2017-02-03,2017-02-28\n" KEY(1) ",3,9999999999999,1,1,,\n");
    fixture_read(fixture);
    const struct record *bought = fixture_one(fixture, RECORD_DEVICE, "2100690"), *rented = fixture_one(fixture, RECORD_DEVICE, "1130220");
    fixture_day(bought, COLUMN_END, "");
    fixture_day(rented, COLUMN_START, "2017-02-03");
    fixture_day(rented, COLUMN_END, "2017-02-28");
    assert_int_equal(fixture_tally(fixture, "ER_TIP_F", OUTCOME_JUNK_CODE), 1);
}

/* The kind of contact: pharmacy, laboratory, at home by place or nature, from afar. */
static void test_contacts(void **state)
{
    (void)state;
    static const struct {
        const char *row, *class;
    } contacts[] = {{"3313,1,0,0,0,0,0", "PHARMACY"}, {"3211,1,0,0,0,0,0", "LABORATORY"}, {"1211,1,0,0,0,1,0", "HOME"},
                    {"1111,1,0,0,0,1,1", "HOME"},     {"1191,1,0,0,0,1,0", "TELE"},       {"1111,1,0,0,0,1,0", "AMB"}};
    CLEANUP(fixture) struct fixture *fixture = begin();
    for (size_t i = 0; i < sizeof contacts / sizeof contacts[0]; i++) {
        char text[600];
        snprintf(text, sizeof text, "%s" KEY(1) ",PSA1,1,2017-02-01,2017-02-01,%s\n", CLAIMS_HEADER, contacts[i].row);
        fixture_file(fixture, "ER_PRS_F.csv", text);
        fixture_read(fixture);
        fixture_text(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_CLASS, contacts[i].class);
    }
    fixture_text(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_SPECIALTY, "1");
}

/* A person who is not in IR_BEN_R, a claim without a date. */
static void test_left_out(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER KEY(1) ",PSA9,1,2017-02-01,,3313,1,0,0,0,1,0\n" KEY(2) ",PSA1,1,,,1111,1,0,0,0,1,0\n");
    fixture_file(fixture, "ER_PHA_F.csv", MEDICINES_HEADER KEY(1) ",1," DOLIPRANE ",0,1,,\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(fixture_tally(fixture, "ER_PHA_F", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_NO_DATE), 1);
}

/* Many persons and little memory: several passes give the same records in the same order as one. */
static void test_passes(void **state)
{
    (void)state;
    enum { PERSONS = 400 };
    CLEANUP(fixture) struct fixture *fixture = begin();
    CLEANUP(buffer_value) struct buffer persons = {.maximum = 1 << 20}, claims = {.maximum = 1 << 20}, medicines = {.maximum = 1 << 20};
    struct error err;
    assert_true(buffer_append_text(&persons, PERSONS_HEADER, &err) && buffer_append_text(&claims, CLAIMS_HEADER, &err) &&
                buffer_append_text(&medicines, MEDICINES_HEADER, &err));
    for (int i = 0; i < PERSONS * 2; i++) {
        const char *key = "2017-03-01,12,1,1,2017-03-04,01C731223,1,1";
        bool is_written =
            buffer_append_format(&claims, &err, "%d,%s,PSA%d,1,2017-02-01,2017-02-01,3313,1,0,0,0,1,0\n", i, key, i % PERSONS) &&
            buffer_append_format(&medicines, &err, "%d,%s,1,%s,0,1,,\n", i, key, DOLIPRANE) &&
            (i >= PERSONS || buffer_append_format(&persons, &err, "PSA%d,1,ANO%d,,,00,1980,5,2,,01C751000,075,056,,2014-01-01\n", i, i));
        assert_true(is_written);
    }
    fixture_file(fixture, "IR_BEN_R.csv", (const char *)persons.data);
    fixture_file(fixture, "ER_PRS_F.csv", (const char *)claims.data);
    fixture_file(fixture, "ER_PHA_F.csv", (const char *)medicines.data);
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_DRUG, NULL), PERSONS);
    size_t count = fixture->count;
    struct record *before = ARENA_ARRAY(fixture->texts, struct record, count);
    memcpy(before, fixture->records, count * sizeof *before);
    fixture->settings.values[SETTING_SNDS_MEMORY_BYTES] = 65536;
    fixture_read(fixture);
    assert_int_equal(fixture->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(before[i].table == fixture->records[i].table && before[i].present == fixture->records[i].present);
        assert_true(before[i].values[COLUMN_SUBJECT].integer == fixture->records[i].values[COLUMN_SUBJECT].integer);
        assert_true(before[i].table == RECORD_PERSON ||
                    before[i].values[COLUMN_RECORD].integer == fixture->records[i].values[COLUMN_RECORD].integer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_join_of_nine_columns),
                                       cmocka_unit_test(test_each_column_of_the_key),
                                       cmocka_unit_test(test_for_information),
                                       cmocka_unit_test(test_establishment),
                                       cmocka_unit_test(test_surcharge),
                                       cmocka_unit_test(test_regularisation),
                                       cmocka_unit_test(test_groups_stay_apart),
                                       cmocka_unit_test(test_archives),
                                       cmocka_unit_test(test_codes_of_medicines),
                                       cmocka_unit_test(test_acts_count_once),
                                       cmocka_unit_test(test_devices),
                                       cmocka_unit_test(test_contacts),
                                       cmocka_unit_test(test_left_out),
                                       cmocka_unit_test(test_passes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
