/* SPDX-License-Identifier: EUPL-1.2 */
/* Who is who: one test for each rule on the persons of the SNDS; each fails without its rule. */
#include "intake/snds/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define CLAIMS_HEADER KEY_HEADER ",BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF\n"

/* EMC2-07: a child insured by both parents has two PSA and one BEN_NIR_ANO: one person, with what either PSA names. */
static void test_two_openers_one_person(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA_OF_MOTHER,1,ANO_CHILD,ANO_CHILD,1,00,2012,5,2,1600-01-01,01C751000,075,056,2012-06-01,2014-01-01\n"
                                "PSA_OF_FATHER,1,ANO_CHILD,ANO_CHILD,1,00,2012,5,2,1600-01-01,01C751000,029,019,2012-06-01,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER KEY(1) ",PSA_OF_MOTHER,1,2017-02-01,1111,1,0\n" KEY(2) ",PSA_OF_FATHER,1,2017-02-09,1112,1,0\n");
    fixture_read(fixture);
    const struct record *person = fixture_one(fixture, RECORD_PERSON, NULL);
    const struct record *first = fixture_one(fixture, RECORD_PROCEDURE, "1111"), *second = fixture_one(fixture, RECORD_PROCEDURE, "1112");
    assert_true(first->values[COLUMN_SUBJECT].integer == person->values[COLUMN_SUBJECT].integer);
    assert_true(second->values[COLUMN_SUBJECT].integer == person->values[COLUMN_SUBJECT].integer);
    fixture_text(person, COLUMN_RESIDENCE, "29019"); /* of the row that was changed last */
    fixture_text(person, COLUMN_SEX, "F");
    assert_int_equal(person->values[COLUMN_BIRTH_YEAR].integer, 2012);
    assert_int_equal(person->values[COLUMN_BIRTH_MONTH].integer, 5);
    assert_false(record_has(person, COLUMN_BIRTH_DAY));
    assert_int_equal(fixture_count(fixture, RECORD_DEATH, NULL), 0); /* 1600-01-01 is alive */
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA_OF_MOTHER,1,ANO_CHILD,ANO_CHILD,1,00,2012,5,2,1600-01-01,01C751000,075,056,2012-06-01,2017-01-01\n"
                                "PSA_OF_FATHER,1,ANO_CHILD,ANO_CHILD,1,00,2012,5,2,1600-01-01,01C751000,029,019,2012-06-01,2016-01-01\n");
    fixture_read(fixture);
    fixture_text(fixture_one(fixture, RECORD_PERSON, NULL), COLUMN_RESIDENCE, "75056");
}

/* EMC2-07: twins of one sex share the PSA; the rank tells them apart. */
static void test_twins_two_persons(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA_TWINS,1,,PSA_TWINS,0,00,2015,5,1,,01C751000,075,056,,2016-01-01\n"
                                "PSA_TWINS,2,,PSA_TWINS,0,00,2015,5,1,,01C751000,075,056,,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv",
                 CLAIMS_HEADER KEY(1) ",PSA_TWINS,1,2017-02-01,1111,1,0\n" KEY(2) ",PSA_TWINS,02,2017-02-01,1112,1,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_PERSON, NULL), 2);
    assert_true(fixture_one(fixture, RECORD_PROCEDURE, "1111")->values[COLUMN_SUBJECT].integer !=
                fixture_one(fixture, RECORD_PROCEDURE, "1112")->values[COLUMN_SUBJECT].integer);
    int64_t ranks = 0;
    for (size_t i = 0; i < fixture->count; i++) { /* each with a rank of its own: what keeps them apart at the warehouse */
        ranks += fixture->records[i].table == RECORD_PERSON ? fixture->records[i].values[COLUMN_TWIN_RANK].integer : 0;
    }
    assert_int_equal(ranks, 1 + 2);
}

/* A row without BEN_NIR_ANO and one with it, for the same PSA and rank: the number that became known later names both. */
static void test_archive_row_without_number(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R_ARC.csv", PERSONS_HEADER "PSA1,1,,,0,03,1980,5,1,,01C751000,075,056,,2009-01-01\n");
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,1,,01C751000,075,056,,2016-01-01\n"
                                "PSA2,1,ANO1,ANO1,1,00,1980,5,1,,01C751000,075,056,,2017-01-01\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_PERSON, NULL), 1);
    assert_int_equal(fixture_tally(fixture, "IR_BEN_R", OUTCOME_TAKEN), 3);
}

/* A PSA and rank with two BEN_NIR_ANO names nobody. */
static void test_ambiguous_number(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,1,,01C751000,075,056,,2016-01-01\n"
                                "PSA1,1,ANO2,ANO2,1,00,1980,5,1,,01C751000,075,056,,2016-01-01\n"
                                "PSA2,1,ANO2,ANO2,1,00,1980,5,1,,01C751000,075,056,,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER KEY(1) ",PSA1,1,2017-02-01,1111,1,0\n" KEY(2) ",PSA2,1,2017-02-01,1112,1,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_PERSON, NULL), 1); /* ANO2, by PSA2 */
    assert_int_equal(fixture_tally(fixture, "IR_BEN_R", OUTCOME_AMBIGUOUS_PERSON), 2);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_AMBIGUOUS_PERSON), 1);
    assert_int_equal(fixture_count(fixture, RECORD_PROCEDURE, NULL), 1);
}

/* A fictive number (BEN_CDI_NIR 01, 05 ...) is not one person; a provisional one is, with a remark. */
static void test_fictive_numbers(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,,,0,01,1955,1,2,,01C751000,075,056,,2016-01-01\n"
                                "PSA2,1,,,0,5,1955,1,2,,01C751000,075,056,,2016-01-01\n"
                                "PSA3,1,,,0,03,1980,1,2,,01C751000,075,056,,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv", CLAIMS_HEADER KEY(1) ",PSA1,1,2017-02-01,1111,1,0\n" KEY(2) ",PSA3,1,2017-02-01,1112,1,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_PERSON, NULL), 1);
    assert_int_equal(fixture_tally(fixture, "IR_BEN_R", OUTCOME_FICTIVE_PERSON), 2);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_FICTIVE_PERSON), 1);
    assert_int_equal(fixture_remark(fixture, "fictive"), 2);
    assert_int_equal(fixture_remark(fixture, "not a plain one"), 1);
}

/* Claims under RGM_COD 888 with RGM_GRG_COD 01 are of fictive persons. */
static void test_fictive_scheme(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv", PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1955,1,2,,01C751000,075,056,,2016-01-01\n");
    fixture_file(fixture, "ER_PRS_F.csv",
                 KEY_HEADER ",BEN_NIR_PSA,BEN_RNG_GEM,EXE_SOI_DTD,PRS_NAT_REF,PRS_ACT_QTE,DPN_QLF,RGM_COD,RGM_GRG_COD\n" KEY(
                     1) ",PSA1,1,2017-02-01,1111,1,0,888,01\n" KEY(2) ",PSA1,1,2017-02-01,1112,1,0,100,01\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "ER_PRS_F", OUTCOME_FICTIVE_PERSON), 1);
    assert_int_equal(fixture_count(fixture, RECORD_PROCEDURE, NULL), 1);
}

/* Rows of one person that differ: the majority, and a remark. */
static void test_majority(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,1,,01C751000,075,056,,2014-01-01\n"
                                "PSA2,1,ANO1,ANO1,1,00,1980,5,1,,01C751000,075,056,,2015-01-01\n"
                                "PSA3,1,ANO1,ANO1,1,00,1981,5,2,,01C751000,075,056,,2016-01-01\n");
    fixture_read(fixture);
    const struct record *person = fixture_one(fixture, RECORD_PERSON, NULL);
    fixture_text(person, COLUMN_SEX, "M");
    assert_int_equal(person->values[COLUMN_BIRTH_YEAR].integer, 1980);
    assert_int_equal(fixture_remark(fixture, "differ in sex"), 1);
    assert_int_equal(fixture_remark(fixture, "differ in birth"), 1);
}

/* In an extraction for a project BEN_NIR_PSA is NUM_ENQ and BEN_NIR_ANO is NUM_ANO; the delimiter may be a semicolon, the case small. */
static void test_names_of_an_extraction(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "ir_ben_r.CSV", "num_ano;ben_rng_gem;num_enq;ben_sex_cod\nANO1;1;PSA1;1\nANO1;1;PSA2;1\n");
    fixture_read(fixture);
    fixture_text(fixture_one(fixture, RECORD_PERSON, NULL), COLUMN_SEX, "M");
}

/* The residence of each scheme: Corsica 209, overseas in the general scheme, MSA, RSI. */
static void test_residences(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,,,00,1980,5,1,,01C201000,209,004,,2014-01-01\n"
                                "PSA2,1,ANO2,,,00,1980,5,1,,01C201000,209,033,,2014-01-01\n"
                                "PSA3,1,ANO3,,,00,1980,5,1,,01C974000,097,411,,2014-01-01\n"
                                "PSA4,1,ANO4,,,00,1980,5,1,,02M974000,974,411,,2014-01-01\n"
                                "PSA5,1,ANO5,,,00,1980,5,1,,03A974000,974,011,,2014-01-01\n");
    fixture_read(fixture);
    static const char *const expected[] = {"2A004", "2B033", "97411", "97411", "97411"};
    size_t found[5] = {0};
    for (size_t i = 0; i < fixture->count; i++) {
        for (size_t k = 0; k < 5 && fixture->records[i].table == RECORD_PERSON; k++) {
            found[k] += text_equal(fixture->records[i].values[COLUMN_RESIDENCE].text, text_of(expected[k]));
        }
    }
    assert_true(found[0] == 1 && found[1] == 1 && found[2] == 3);
}

/* One death for a person: the registered one, with the last row's date. */
static void test_registered_death(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,,,00,1940,5,1,2017-04-05,01C751000,075,056,,2017-05-01\n"
                                "PSA2,1,ANO1,,,00,1940,5,1,1600-01-01,01C751000,075,056,,2014-01-01\n");
    fixture_read(fixture);
    const struct record *death = fixture_one(fixture, RECORD_DEATH, NULL);
    fixture_day(death, COLUMN_START, "2017-04-05");
    fixture_text(death, COLUMN_TYPE, "GOVERNMENT");
}

/* Followed from birth, affiliation or the first flow of the data on, until death or the last flow. */
static void test_coverage(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv", PERSONS_HEADER "PSA1,1,ANO1,,,00,1940,5,1,2017-03-05,01C751000,075,056,2006-01-01,2017-05-01\n");
    fixture_file(fixture, "ER_PRS_F_201703.csv", CLAIMS_HEADER KEY(1) ",PSA1,1,2017-02-20,1111,1,0\n");
    fixture_read(fixture);
    const struct record *coverage = fixture_one(fixture, RECORD_COVERAGE, NULL);
    fixture_day(coverage, COLUMN_START, "2017-02-20"); /* care of February in the flow of March is not outside */
    fixture_day(coverage, COLUMN_END, "2017-03-05");
    fixture_text(coverage, COLUMN_CODE, "01");
}

/* The holder's list: everybody once, by the row that knows most; no list, nobody. */
static void test_identities(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,,,00,1940,5,1,,01C751000,075,056,2006-01-01,2017-05-01\n"
                                "PSA2,1,ANO1,,,00,1940,5,1,,01C751000,075,056,2006-01-01,2017-05-01\n"
                                "PSA3,1,ANO3,,,00,1940,5,1,,02M751000,075,056,2006-01-01,2017-05-01\n");
    fixture_read(fixture);
    assert_int_equal(fixture->person_count, 0);
    assert_int_equal(fixture_remark(fixture, "no list of identities"), 1);
    fixture_file(fixture, "identites.csv",
                 "ben_nir_psa,ben_rng_gem,nir_assure,nir,birth_name,used_name,given_names,birth_date,sex,birth_place,residence\n"
                 "PSA1,1,1400575056001,,ESSAI,,Jean,1940-05-02,1,75056,75056\n"
                 "PSA2,1,1400575056001,1400575056001,,,Jean,1940-05-02,1,75056,75056\n"
                 "PSA3,1,2410575056001,,NA,,Anne,1941-05-02,2,75056,75056\n"
                 "PSA9,1,2410575056001,,NA,,Anne,1941-05-02,2,75056,75056\n");
    fixture_read(fixture);
    assert_int_equal(fixture->person_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct fixture_person *person = &fixture->persons[i];
        assert_true(person->has_own_number != person->has_name);      /* the row with the own number; a family whose name is NA */
        assert_true(person->has_twin_rank == person->has_own_number); /* general scheme only */
    }
    assert_int_equal(fixture_tally(fixture, "identites", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(fixture_tally(fixture, "identites", OUTCOME_DOUBLE), 1);
}

/* A column that must be there, a row of another width, an empty folder: refused, with file and column, before any record of a claim. */
static void test_refused(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = fixture_open();
    assert_false(fixture_try(fixture));
    fixture_file(fixture, "IR_BEN_R.csv", "BEN_NIR_PSA,BEN_SEX_COD\nPSA1,1\n");
    assert_false(fixture_try(fixture));
    assert_int_equal(fixture->err.code, ERROR_INVALID_INPUT);
    assert_string_equal(tally_finding(fixture->tally, 0)->field, "BEN_RNG_GEM");
    fixture_file(fixture, "IR_BEN_R.csv", "BEN_NIR_PSA,BEN_RNG_GEM\nPSA1,1\nPSA2\n");
    assert_false(fixture_try(fixture));
    assert_int_equal(tally_finding(fixture->tally, 0)->line, 3);
    assert_int_equal(fixture->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_two_openers_one_person),
                                       cmocka_unit_test(test_twins_two_persons),
                                       cmocka_unit_test(test_archive_row_without_number),
                                       cmocka_unit_test(test_ambiguous_number),
                                       cmocka_unit_test(test_fictive_numbers),
                                       cmocka_unit_test(test_fictive_scheme),
                                       cmocka_unit_test(test_majority),
                                       cmocka_unit_test(test_names_of_an_extraction),
                                       cmocka_unit_test(test_residences),
                                       cmocka_unit_test(test_registered_death),
                                       cmocka_unit_test(test_coverage),
                                       cmocka_unit_test(test_identities),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
