/* SPDX-License-Identifier: EUPL-1.2 */
/* Long-term diseases, causes of death, establishments: one test for each pitfall; each fails without its rule. */
#include "intake/snds/fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DISEASES_HEADER "BEN_NIR_PSA,BEN_RNG_GEM,IMB_ALD_NUM,IMB_ETM_NAT,MED_MTF_COD,IMB_ALD_DTD,IMB_ALD_DTF\n"

static struct fixture *begin(void)
{
    struct fixture *fixture = fixture_open();
    fixture_file(fixture, "IR_BEN_R.csv",
                 PERSONS_HEADER "PSA1,1,ANO1,ANO1,1,00,1950,5,2,2017-06-30,01C751000,075,056,,2014-01-01\n"
                                "PSA2,1,ANO1,ANO1,1,00,1950,5,2,1600-01-01,01C751000,075,056,,2013-01-01\n"
                                "PSA3,1,,IDT3,0,00,1950,5,2,1600-01-01,01C751000,075,056,,2013-01-01\n");
    return fixture;
}

/* Every change is a new row: overlapping and adjacent ones are one interval, over all PSA of a person; blanks around the code; an end in
 * 2099 is none. Accidents at work, occupational diseases and invalidity (11, 12, 13) are no long-term disease. */
static void test_long_term_diseases(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "IR_IMB_R.csv",
                 DISEASES_HEADER "PSA1,1,8,41,E11  ,2010-01-01,2014-12-31\nPSA2,1,8,41,E11,2012-01-01,2015-12-31\n"
                                 "PSA1,1,8,43,E11,2016-01-01,2017-12-31\nPSA1,1,8,45,E11,2019-01-01,2099-12-31\n"
                                 "PSA1,1,15,11,A30,2010-01-01,2014-12-31\nPSA1,1,30,41,,2010-01-01,2014-12-31\n"
                                 "PSA1,1,30,41,C50,1600-01-01,2014-12-31\n");
    fixture_read(fixture);
    const struct record *condition = fixture_one(fixture, RECORD_CONDITION, "E11");
    fixture_day(condition, COLUMN_START, "2010-01-01");
    fixture_day(condition, COLUMN_END, ""); /* the end is administrative */
    assert_false(record_has(condition, COLUMN_VISIT));
    assert_int_equal(fixture_count(fixture, RECORD_OBSERVATION, "E11"), 2);
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *record = &fixture->records[i];
        if (record->table == RECORD_OBSERVATION) {
            bool is_last = record->values[COLUMN_START].day > condition->values[COLUMN_START].day;
            fixture_text(record, COLUMN_QUALIFIER, "REGISTERED");
            fixture_day(record, COLUMN_START, is_last ? "2019-01-01" : "2010-01-01");
            fixture_day(record, COLUMN_END, is_last ? "" : "2017-12-31");
        }
    }
    assert_int_equal(fixture_count(fixture, RECORD_CONDITION, NULL), 1);
    assert_int_equal(fixture_tally(fixture, "IR_IMB_R", OUTCOME_NOT_CARRIED), 1);
    assert_int_equal(fixture_tally(fixture, "IR_IMB_R", OUTCOME_NO_CODE), 1);
    assert_int_equal(fixture_tally(fixture, "IR_IMB_R", OUTCOME_NO_DATE), 1);
}

/* The certificate before the insurer's own date; the initial cause is not told again among the others; who is not matched is nobody. */
static void test_causes_of_death(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "KI_CCI_R.csv",
                 "BEN_IDT_ANO;BEN_IDT_TOP;BEN_DCD_DTE;DCD_CIM_COD\nANO1;1;2017-06-28;I219\n;0;2017-06-28;I219\n"
                 "IDT3;0;2017-07-01;C509\nANO1;1;2017-06-29;I219\n");
    fixture_file(fixture, "KI_ECD_R.csv",
                 "BEN_IDT_ANO;BEN_IDT_TOP;BEN_DCD_DTE;ECD_CIM_COD;CER_LIG_NUM;ECD_CAU_RNG\nANO1;1;2017-06-28;I219;1;1\n"
                 "ANO1;1;2017-06-28;E119;2;1\n");
    fixture_read(fixture);
    const struct record *death = fixture_one(fixture, RECORD_DEATH, "I219");
    fixture_day(death, COLUMN_START, "2017-06-28");
    fixture_text(death, COLUMN_TYPE, "DEATH_CERTIFICATE");
    fixture_one(fixture, RECORD_DEATH, "C509"); /* by BEN_IDT_ANO where there is no BEN_NIR_ANO */
    assert_int_equal(fixture_count(fixture, RECORD_DEATH, NULL), 2);
    fixture_text(fixture_one(fixture, RECORD_CONDITION, NULL), COLUMN_CODE, "E119");
    assert_int_equal(fixture_tally(fixture, "KI_CCI_R", OUTCOME_NO_SUBJECT), 1);
    assert_int_equal(fixture_tally(fixture, "KI_CCI_R", OUTCOME_DOUBLE), 1);
    assert_int_equal(fixture_tally(fixture, "KI_ECD_R", OUTCOME_DOUBLE), 1);
}

/* Filter 5: nine digits with a check digit, eight without; each establishment once, the register before the hospitals' own words. */
static void test_establishments(void **state)
{
    (void)state;
    CLEANUP(fixture) struct fixture *fixture = begin();
    fixture_file(fixture, "BE_IDE_R.csv",
                 "IDE_ETA_NUM,IDE_ETA_NU8,IDE_PSH_CAT,IDE_INS_COM\n,75010001,101,75056\n750100042,75010004,355,75056\n,,1,\n");
    fixture_file(fixture, "T_MCO17E.csv", "ETA_NUM,SOC_RAI,STA_ETA\n750100018,A NAME,CHU\n290000017,A NAME,CH\n");
    fixture_read(fixture);
    assert_int_equal(fixture_count(fixture, RECORD_CARE_SITE, NULL), 3);
    size_t found = 0;
    for (size_t i = 0; i < fixture->count; i++) {
        const struct record *site = &fixture->records[i];
        if (site->table == RECORD_CARE_SITE && text_equal(site->values[COLUMN_CARE_SITE].text, TEXT("750100018"))) {
            fixture_text(site, COLUMN_CLASS, "101");
            fixture_text(site, COLUMN_RESIDENCE, "75056");
            found++;
        }
    }
    assert_int_equal(found, 1);
    assert_int_equal(fixture_tally(fixture, "T_MCOaaE", OUTCOME_DOUBLE), 1);
    assert_int_equal(fixture_tally(fixture, "BE_IDE_R", OUTCOME_NO_CODE), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_long_term_diseases), cmocka_unit_test(test_causes_of_death),
                                       cmocka_unit_test(test_establishments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
