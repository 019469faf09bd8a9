/* SPDX-License-Identifier: EUPL-1.2 */
/* Stays and out-patient contacts: one test for each pitfall of the PMSI; each fails without its rule. */
#include "intake/snds/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define STAY_HEADER "ETA_NUM,RSA_NUM,DGN_PAL,DGN_REL,GRG_GHM,ENT_MOD,ENT_PRV,SOR_MOD,SOR_DES,SEJ_NBJ,NBR_SEA\n"
#define LINK_HEADER "ETA_NUM,RSA_NUM,NIR_ANO_17,EXE_SOI_DTD,EXE_SOI_DTF,NIR_RET,NAI_RET,SEX_RET,SEJ_RET,FHO_RET,PMS_RET,DAT_RET\n"
#define DATES "02FEB2017:00:00:00,05FEB2017:00:00:00"
#define CLEAN ",0,0,0,0,0,0,0\n"
#define HOSPITAL "290000017"
#define ACE_HEADER "ETA_NUM,SEQ_NUM,NIR_ANO_17,EXE_SOI_DTD,NIR_RET,NAI_RET,SEX_RET,IAS_RET,ENT_DAT_RET\n"

static struct fixture *begin(void)
{
    struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n"
                                "PSA2,1,ANO2,ANO2,1,00,1980,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n"
                                "TWINS,1,ANO3,ANO3,1,00,2010,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n"
                                "TWINS,2,ANO4,ANO4,1,00,2010,5,2,1600-01-01,01C751000,075,056,,2014-01-01\n");
    fixture_file(fixture, "T_MCO17C.csv", LINK_HEADER HOSPITAL ",1,PSA1," DATES CLEAN);
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER HOSPITAL ",1,I214,,05M041,8,5,9,,3,0\n");
    return fixture;
}

/* One stay out of two tables, whose keys are text and number; dates as SAS writes them; the emergency department; a death. */
static void test_stay(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv", LINK_HEADER "010000024,0000000001,PSA1," DATES CLEAN);
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER "10000024,1,I21.4,,05M041,8,5,9,,3,0\n");
    fixture_read(fixture);
    const struct record *visit = fixture_one(fixture, RECORD_VISIT, NULL);
    fixture_day(visit, COLUMN_START, "2017-02-02");
    fixture_day(visit, COLUMN_END, "2017-02-05");
    fixture_text(visit, COLUMN_CLASS, "EMERIMP");
    fixture_text(visit, COLUMN_ADMITTED_FROM, "PMSI-8-5");
    fixture_text(visit, COLUMN_DISCHARGED_TO, "PMSI-9");
    fixture_text(visit, COLUMN_CARE_SITE, "010000024");
    fixture_text(visit, COLUMN_TYPE, "CLAIM_INPATIENT");
    const struct record *condition = fixture_one(fixture, RECORD_CONDITION, "I214");
    fixture_text(condition, COLUMN_STATUS, "PRIMARY");
    assert_true(condition->values[COLUMN_VISIT].integer == visit->values[COLUMN_RECORD].integer);
    const struct record *death = fixture_one(fixture, RECORD_DEATH, NULL);
    fixture_day(death, COLUMN_START, "2017-02-05");
    fixture_text(death, COLUMN_TYPE, "CLAIM_INPATIENT");
}

/* Dates as ddmmyyyy, of which a number loses the first zero; the end by the number of nights. */
static void test_other_dates(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv",
                 "ETA_NUM,RSA_NUM,NIR_ANO_17,ENT_DAT,SOR_DAT,NIR_RET,NAI_RET,SEX_RET,SEJ_RET\n" HOSPITAL ",1,PSA1,2022017,,0,0,0,0\n");
    fixture_read(fixture);
    fixture_day(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_START, "2017-02-02");
    fixture_day(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_END, "2017-02-05");
}

/* Filter 3: a return code that is not 0 says that the number, the dates or the sex is of somebody else. */
static void test_return_codes(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    for (int i = 0; i < 7; i++) {
        char text[400], codes[] = ",0,0,0,0,0,0,0";
        codes[1 + 2 * i] = '1';
        snprintf(text, sizeof text, "%s%s,1,PSA1,%s%s\n", LINK_HEADER, HOSPITAL, DATES, codes);
        fixture_file(fixture, "T_MCO17C.csv", text);
        fixture_read(fixture);
        assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_RETURN_CODE), 1);
        assert_int_equal(fixture_tally(fixture, "T_MCOaaB", OUTCOME_RETURN_CODE), 1);
        assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 0);
    }
}

/* Filter 3: NIR_ANO_17 of nobody, and groups of stays that begin with 90. */
static void test_nobody_and_errors(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv",
                 LINK_HEADER HOSPITAL ",1,xxxxxxxxxxxxxxxxx," DATES CLEAN HOSPITAL ",2,XXXXXXXXXXXXXXXXD," DATES CLEAN HOSPITAL
                                      ",3,PSA1," DATES CLEAN HOSPITAL ",4,PSA9," DATES CLEAN);
    fixture_file(fixture, "T_MCO17B.csv",
                 STAY_HEADER HOSPITAL ",1,I214,,05M041,8,,8,,3,0\n" HOSPITAL ",2,I214,,05M041,8,,8,,3,0\n" HOSPITAL
                                      ",3,I214,,90Z00Z,8,,8,,3,0\n" HOSPITAL ",4,I214,,05M041,8,,8,,3,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_FICTIVE_PERSON), 2);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaB", OUTCOME_JUNK_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 0);
}

/* The PMSI has no rank: a stay of twins with one PSA is nobody's. */
static void test_twins_in_hospital(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv", LINK_HEADER HOSPITAL ",1,TWINS," DATES CLEAN);
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_AMBIGUOUS_PERSON), 1);
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 0);
}

/* Filter 4: until 2017 the geographic number of some hospitals is a second upload; later it is not. */
static void test_double_finess(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv", LINK_HEADER "750100018,1,PSA1," DATES CLEAN);
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER "750100018,1,I214,,05M041,8,,8,,3,0\n");
    fixture_file(fixture, "T_MCO18C.csv", LINK_HEADER "750100018,1,PSA1,2018-02-02,2018-02-03" CLEAN);
    fixture_file(fixture, "T_MCO18B.csv", STAY_HEADER "750100018,1,I214,,05M041,8,,8,,3,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_DOUBLE_FINESS), 1);
    fixture_day(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_START, "2018-02-02");
}

/* The same hospital and number in two years are two stays. */
static void test_years_stay_apart(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO18C.csv", LINK_HEADER HOSPITAL ",1,PSA2,2018-02-02,2018-02-03" CLEAN);
    fixture_file(fixture, "T_MCO18B.csv", STAY_HEADER HOSPITAL ",1,J180,,04M051,8,,8,,1,0\n");
    fixture_file(fixture, "T_MCO18D.csv", "ETA_NUM,RSA_NUM,ASS_DGN\n" HOSPITAL ",1,E119\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 2);
    assert_true(fixture_one(fixture, RECORD_CONDITION, "E119")->values[COLUMN_VISIT].integer ==
                fixture_one(fixture, RECORD_CONDITION, "J180")->values[COLUMN_VISIT].integer);
}

/* Filter 6: diagnoses of units may be missing among the associated ones; each is told once, the main one as that only. */
static void test_diagnoses(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER HOSPITAL ",1,I214,Z511,05M041,8,,8,,3,0\n");
    fixture_file(fixture, "T_MCO17D.csv",
                 "ETA_NUM,RSA_NUM,ASS_DGN\n" HOSPITAL ",1,E119\n" HOSPITAL ",1,E119\n" HOSPITAL ",1,I214\n" HOSPITAL ",1,\n" HOSPITAL
                 ",1,??\n" HOSPITAL ",7,E119\n");
    fixture_file(fixture, "T_MCO17UM.csv",
                 "ETA_NUM,RSA_NUM,UM_ORD_NUM,AUT_TYP1_UM,PAR_DUR_SEJ,DGN_PAL,DGN_REL,ETA_NUM_GEO\n" HOSPITAL
                 ",1,2,03,2,J180,E119,290000025\n" HOSPITAL ",1,1,04,1,I214,,\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_CONDITION, NULL), 4);
    fixture_text(fixture_one(fixture, RECORD_CONDITION, "I214"), COLUMN_STATUS, "PRIMARY");
    fixture_text(fixture_one(fixture, RECORD_CONDITION, "Z511"), COLUMN_STATUS, "RELATED");
    fixture_text(fixture_one(fixture, RECORD_CONDITION, "E119"), COLUMN_STATUS, "SECONDARY");
    fixture_text(fixture_one(fixture, RECORD_CONDITION, "J180"), COLUMN_STATUS, "SECONDARY");
    assert_int_equal(fixture_tally(fixture, "T_MCOaaD", OUTCOME_DOUBLE), 2);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaD", OUTCOME_NO_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaD", OUTCOME_JUNK_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaD", OUTCOME_REFERENCE), 1);
    assert_int_equal(fixture_count(fixture, RECORD_VISIT, NULL), 3);
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *unit = &fixture->records[i];
        if (unit->table == RECORD_VISIT && record_has(unit, COLUMN_PARENT)) { /* in their order, one after the other */
            bool is_second = text_equal(unit->values[COLUMN_SPECIALTY].text, TEXT("03"));
            fixture_day(unit, COLUMN_START, is_second ? "2017-02-03" : "2017-02-02");
            fixture_day(unit, COLUMN_END, is_second ? "2017-02-05" : "2017-02-03");
            fixture_text(unit, COLUMN_CARE_SITE, is_second ? "290000025" : HOSPITAL);
        }
    }
}

/* Acts and medicines, days after the entry; an act counts once; a dose that was taken back is none. */
static void test_acts_and_medicines(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17A.csv",
                 "ETA_NUM,RSA_NUM,CDC_ACT,ACV_ACT,PHA_ACT,ENT_DAT_DEL,NBR_EXE_ACT\n" HOSPITAL ",1,DDAF006,1,0,1,1\n" HOSPITAL
                 ",1,DDAF006,4,0,1,1\n" HOSPITAL ",1,DEQP003,1,0,2,2\n" HOSPITAL ",1,DEQP003,1,0,2,2\n");
    fixture_file(fixture, "T_MCO17MED.csv", "ETA_NUM,RSA_NUM,UCD_UCD_COD,ADM_NBR,DELAI\n" HOSPITAL ",1,3400892323157,2.5,2\n");
    fixture_file(fixture, "T_MCO17MEDATU.csv", "ETA_NUM,RSA_NUM,UCD_UCD_COD,ADM_NBR,DAT_DELAI\n" HOSPITAL ",1,0000009232143,1,1\n");
    fixture_file(fixture, "T_MCO17MEDTHROMBO.csv", "ETA_NUM,RSA_NUM,UCD_UCD_COD,ADM_NBR,DAT_DELAI\n" HOSPITAL ",1,9232144,-1,1\n");
    fixture_file(fixture, "T_MCO17DMIP.csv", "ETA_NUM,RSA_NUM,LPP_COD,NBR_POS,DELAI\n" HOSPITAL ",1,3101111,1,1\n");
    fixture_read(fixture);
    fixture_day(fixture_one(fixture, RECORD_PROCEDURE, "DDAF006"), COLUMN_START, "2017-02-03");
    assert_int_equal(fixture_tally(fixture, "T_MCOaaA", OUTCOME_ANCILLARY_ACTIVITY), 1);
    assert_int_equal(fixture_count(fixture, RECORD_PROCEDURE, "DEQP003"), 2); /* two rows, two numbers */
    const struct record *drug = fixture_one(fixture, RECORD_DRUG, "9232315");
    fixture_day(drug, COLUMN_START, "2017-02-04");
    assert_true(drug->values[COLUMN_QUANTITY].number == 2.5);
    fixture_day(fixture_one(fixture, RECORD_DRUG, "9232143"), COLUMN_START, "2017-02-03");
    assert_int_equal(fixture_tally(fixture, "T_MCOaaMEDTHROMBO", OUTCOME_REGULARISED), 1);
    fixture_one(fixture, RECORD_DEVICE, "3101111");
    for (size_t i = 0; i < fixture->count; i++) {
        for (size_t k = 0; k < i; k++) {
            bool both = record_has(&fixture->records[i], COLUMN_RECORD) && record_has(&fixture->records[k], COLUMN_RECORD) &&
                        fixture->records[i].table == fixture->records[k].table;
            assert_false(both && fixture->records[i].values[COLUMN_RECORD].integer == fixture->records[k].values[COLUMN_RECORD].integer);
        }
    }
}

/* Sessions (CMD 28 with NBR_SEA) are no nights in hospital; a stay without its other half, one that is there twice. */
static void test_sessions_and_halves(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17C.csv",
                 LINK_HEADER HOSPITAL ",1,PSA1," DATES CLEAN HOSPITAL ",2,PSA1," DATES CLEAN HOSPITAL ",1,PSA1," DATES CLEAN HOSPITAL
                                      ",4,PSA1,," CLEAN);
    fixture_file(fixture, "T_MCO17B.csv",
                 STAY_HEADER HOSPITAL ",1,Z491,,28Z04Z,8,,8,,0,1\n" HOSPITAL ",3,Z491,,28Z04Z,8,,8,,0,1\n" HOSPITAL
                                      ",4,Z491,,28Z04Z,8,,8,,0,1\n");
    fixture_read(fixture);
    fixture_text(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_CLASS, "SESSION");
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_REFERENCE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_DOUBLE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_NO_DATE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaB", OUTCOME_REFERENCE), 1);
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER HOSPITAL ",1,N185,,11M061,8,,8,,0,1\n"); /* a session within a stay */
    fixture_read(fixture);
    fixture_text(fixture_one(fixture, RECORD_VISIT, NULL), COLUMN_CLASS, "IMP");
}

/* Out-patients: another key (SEQ_NUM), other return codes; ATU is the emergency department; what was done, days after the entry. */
static void test_outpatients(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17CSTC.csv",
                 ACE_HEADER HOSPITAL ",1,PSA1,2017-02-02,0,0,0,0,0\n" HOSPITAL ",2,PSA1,2017-02-02,0,0,0,1,0\n");
    fixture_file(fixture, "T_MCO17FBSTC.csv", "ETA_NUM,SEQ_NUM,ACT_COD,EXE_SPE\n" HOSPITAL ",1,ATU,\n");
    fixture_file(fixture, "T_MCO17FCSTC.csv", "ETA_NUM,SEQ_NUM,ACT_COD,EXE_SPE\n" HOSPITAL ",1,CS,03\n");
    fixture_file(fixture, "T_MCO17FMSTC.csv",
                 "ETA_NUM,SEQ_NUM,CCAM_COD,ACV_ACT,PHA_ACT,DEL_DAT_ENT\n" HOSPITAL ",1,DEQP003,1,0,1\n" HOSPITAL ",2,DEQP003,1,0,1\n");
    fixture_file(fixture, "T_MCO17FLSTC.csv", "ETA_NUM,SEQ_NUM,NABM_COD,ACT_NBR,DEL_DAT_ENT\n" HOSPITAL ",1,0552,1,0\n");
    fixture_file(fixture, "T_MCO17FHSTC.csv", "ETA_NUM,SEQ_NUM,UCD_COD,QUA,DEL_DAT_ENT\n" HOSPITAL ",1,9232315,2,0\n");
    fixture_file(fixture, "T_MCO17FASTC.csv", "ETA_NUM,SEQ_NUM,ETA_NUM_GEO\n" HOSPITAL ",1,290000025\n");
    fixture_read(fixture);
    size_t emergencies = 0;
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *visit = &fixture->records[i];
        if (visit->table == RECORD_VISIT && text_equal(visit->values[COLUMN_CLASS].text, TEXT("EMER"))) {
            fixture_text(visit, COLUMN_SPECIALTY, "3");
            fixture_text(visit, COLUMN_CARE_SITE, "290000025");
            emergencies++;
        }
    }
    assert_int_equal(emergencies, 1);
    fixture_day(fixture_one(fixture, RECORD_PROCEDURE, "DEQP003"), COLUMN_START, "2017-02-03");
    fixture_text(fixture_one(fixture, RECORD_PROCEDURE, "DEQP003"), COLUMN_TYPE, "CLAIM_OUTPATIENT");
    fixture_one(fixture, RECORD_MEASUREMENT, "0552");
    fixture_one(fixture, RECORD_DRUG, "9232315");
    assert_int_equal(fixture_tally(fixture, "T_MCOaaCSTC", OUTCOME_RETURN_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaFMSTC", OUTCOME_RETURN_CODE), 1);
}

/* Filter 4 for out-patients: two more numbers, which are no doubles for stays. */
static void test_double_finess_of_outpatients(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "T_MCO17CSTC.csv",
                 ACE_HEADER "130786049,1,PSA1,2017-02-02,0,0,0,0,0\n750712184,1,PSA1,2017-02-02,0,0,0,0,0\n"
                            "750100018,1,PSA1,2017-02-02,0,0,0,0,0\n");
    fixture_file(fixture, "T_MCO17C.csv", LINK_HEADER "130786049,1,PSA1," DATES CLEAN);
    fixture_file(fixture, "T_MCO17B.csv", STAY_HEADER "130786049,1,I214,,05M041,8,,8,,3,0\n");
    fixture_read(fixture);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaCSTC", OUTCOME_DOUBLE_FINESS), 3);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaC", OUTCOME_TAKEN), 1);
}

/* EMC2-08: a delivery and the newborn's stay have one NIR_ANO_MAM; the woman who is older by far is the mother. */
static void test_mother_and_child(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1980,5,2,,01C751000,075,056,,2014-01-01\n"
                                "PSA2,1,ANO2,ANO2,1,00,2017,2,1,,01C751000,075,056,,2014-01-01\n"
                                "PSA3,1,ANO3,ANO3,1,00,2017,2,1,,01C751000,075,056,,2014-01-01\n"
                                "PSA4,1,ANO4,ANO4,1,00,1980,2,1,,01C751000,075,056,,2014-01-01\n");
    fixture_file(fixture, "T_MCO17C.csv",
                 "ETA_NUM,RSA_NUM,NIR_ANO_17,EXE_SOI_DTD,NIR_RET,NAI_RET,SEX_RET,SEJ_RET,NIR_ANO_MAM\n" HOSPITAL
                 ",1,PSA1,2017-02-02,0,0,0,0,M1\n" HOSPITAL ",2,PSA2,2017-02-02,0,0,0,0,M1\n" HOSPITAL
                 ",3,PSA3,2017-02-02,0,0,0,0,M2\n" HOSPITAL ",4,PSA4,2017-02-02,0,0,0,0,M2\n" HOSPITAL
                 ",5,PSA3,2017-02-02,1,0,0,0,M1\n" HOSPITAL ",6,PSA1,2017-02-02,0,0,0,0,\n" HOSPITAL ",7,PSA3,2017-02-02,0,0,0,0,\n");
    fixture_read(fixture);
    const struct record *child = fixture_one(fixture, RECORD_KINSHIP, "CHILD"), *mother = fixture_one(fixture, RECORD_KINSHIP, "MOTHER");
    assert_true(child->values[COLUMN_SUBJECT].integer == record_subject(fixture->numbers, TEXT("ANO1")));
    assert_true(child->values[COLUMN_OTHER].integer == record_subject(fixture->numbers, TEXT("ANO2")));
    assert_true(mother->values[COLUMN_SUBJECT].integer == child->values[COLUMN_OTHER].integer);
    assert_true(mother->values[COLUMN_OTHER].integer == child->values[COLUMN_SUBJECT].integer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stay),
                                       cmocka_unit_test(test_other_dates),
                                       cmocka_unit_test(test_return_codes),
                                       cmocka_unit_test(test_nobody_and_errors),
                                       cmocka_unit_test(test_twins_in_hospital),
                                       cmocka_unit_test(test_double_finess),
                                       cmocka_unit_test(test_years_stay_apart),
                                       cmocka_unit_test(test_diagnoses),
                                       cmocka_unit_test(test_acts_and_medicines),
                                       cmocka_unit_test(test_sessions_and_halves),
                                       cmocka_unit_test(test_outpatients),
                                       cmocka_unit_test(test_double_finess_of_outpatients),
                                       cmocka_unit_test(test_mother_and_child)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
