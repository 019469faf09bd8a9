/* SPDX-License-Identifier: EUPL-1.2 */
/* Single values in the forms that the SNDS writes them in. FINESS numbers are real ones (public); the rest follows the documentation. */
#include "intake/snds/value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void check_day(const char *text, enum value_day expected, const char *day_text)
{
    day date = {0};
    char shown[DAY_TEXT_SIZE] = "";
    assert_int_equal(value_day(text_of(text), &date), expected);
    if (expected == DAY_READ) {
        day_to_text(date, shown);
    }
    assert_string_equal(shown, day_text);
}

static void test_days(void **state)
{
    (void)state;
    check_day("2017-07-02", DAY_READ, "2017-07-02");
    check_day("2017-07-02T10:11:12", DAY_READ, "2017-07-02");
    check_day("02JUL2017:00:00:00", DAY_READ, "2017-07-02");
    check_day("02Jul2017:22:12:17", DAY_READ, "2017-07-02");
    check_day("02jul2017", DAY_READ, "2017-07-02");
    check_day("02072017", DAY_READ, "2017-07-02");
    check_day("2072017", DAY_READ, "2017-07-02"); /* a number has no first zero */
    check_day("2072017.0", DAY_READ, "2017-07-02");
    check_day("20170702", DAY_READ, "2017-07-02");
    check_day("02/07/2017", DAY_READ, "2017-07-02");
    check_day("", DAY_NONE, "");
    check_day(" . ", DAY_NONE, "");
    check_day("1600-01-01", DAY_NONE, ""); /* alive */
    check_day("01JAN1600:00:00:00", DAY_NONE, "");
    check_day("2099-12-31", DAY_NONE, "");
    check_day("2017-02-30", DAY_WRONG, "");
    check_day("31022017", DAY_WRONG, "");
    check_day("yesterday", DAY_WRONG, "");
}

static void check_code(const char *text, const char *expected)
{
    struct text code = value_code(text_of(text));
    assert_true(text_equal(code, text_of(expected)));
}

/* PSE_SPE_COD is 1 in one table and '01' in the next, DPN_QLF 71 and '71', and 71.0 in a table that went through floating point. */
static void test_codes(void **state)
{
    (void)state;
    check_code("01", "1");
    check_code(" 1 ", "1");
    check_code("71.0", "71");
    check_code("00", "0");
    check_code("0", "0");
    check_code("01C731223", "01C731223");
    check_code("NN", "NN");
    check_code("NA", "");
    check_code("NULL", "");
    assert_string_equal(value_listed(LIST_NIR, TEXT("1")), "FICTIVE");
    assert_string_equal(value_listed(LIST_NIR, TEXT("01")), "FICTIVE");
    assert_null(value_listed(LIST_NIR, TEXT("00")));
    assert_null(value_listed(LIST_NIR, TEXT("")));
    assert_string_equal(value_listed(LIST_NATURE, TEXT("3313")), "PHARMACY");
    assert_null(value_listed(LIST_NATURE, TEXT("333")));
}

static void check_commune(const char *department, const char *commune, bool is_rsi, const char *expected)
{
    char out[COMMUNE_SIZE] = "";
    bool is_read = value_commune(text_of(department), text_of(commune), is_rsi, out);
    assert_true(is_read == (expected[0] != 0));
    assert_string_equal(is_read ? out : "", expected);
}

static void test_communes(void **state)
{
    (void)state;
    check_commune("029", "019", false, "29019");
    check_commune("29", "19", false, "29019"); /* numbers */
    check_commune("001", "004", false, "01004");
    check_commune("209", "004", false, "2A004"); /* Ajaccio */
    check_commune("209", "033", false, "2B033"); /* Bastia */
    check_commune("02A", "004", false, "2A004");
    check_commune("097", "411", false, "97411");
    check_commune("974", "411", false, "97411");
    check_commune("974", "011", true, "97411");
    check_commune("099", "351", false, "99351"); /* abroad */
    check_commune("029", "000", false, "");
    check_commune("029", "", false, "");
    check_commune("029", "9X9", false, "");
    check_commune("888", "019", false, "");
    check_commune("000", "019", false, "");
    char out[COMMUNE_SIZE];
    assert_false(value_commune(TEXT("209"), (struct text){"\0\0", 2}, false, out));
}

static void test_establishments(void **state)
{
    (void)state;
    char out[FINESS_SIZE];
    assert_true(value_finess_pmsi(TEXT("750100018"), out));
    assert_string_equal(out, "750100018");
    assert_true(value_finess_pmsi(TEXT("10000024"), out)); /* a number */
    assert_string_equal(out, "010000024");
    assert_true(value_finess_pmsi(TEXT("2A0000014"), out));
    assert_false(value_finess_pmsi(TEXT(""), out));
    assert_false(value_finess_pmsi(TEXT("75010001888"), out));
    assert_true(value_finess_dcir(TEXT("1000002"), out));
    assert_string_equal(out, "010000024"); /* Luhn */
    assert_true(value_finess_dcir(TEXT("2A000001"), out));
    assert_string_equal(out, "2A000001"); /* the rule of the key is not known there */
    assert_false(value_finess_dcir(TEXT("0"), out));
    assert_false(value_finess_dcir(TEXT("99999999"), out));
}

/* Every number of the list has the check digit that its eight digits give. */
static void test_every_double_finess(void **state)
{
    (void)state;
#define FINESS(finess, outpatient_only, until) finess,
    static const char *const doubles[] = {SNDS_FINESS_DOUBLE(FINESS)};
    size_t count = sizeof doubles / sizeof doubles[0];
    assert_int_equal(count, 48);
    for (size_t i = 0; i < count; i++) {
        char out[FINESS_SIZE];
        assert_true(value_finess_dcir((struct text){doubles[i], 8}, out));
        assert_string_equal(out, doubles[i]);
        assert_true(value_finess_is_double(doubles[i], 2017, true));
        assert_false(value_finess_is_double(doubles[i], 2018, true));
    }
    assert_false(value_finess_is_double("130786049", 2017, false));
    assert_false(value_finess_is_double("290000017", 2017, true));
}

static void check_reader(bool (*reader)(struct text text, char out[CODE_SIZE]), const char *text, const char *expected)
{
    char out[CODE_SIZE] = "";
    bool is_read = reader(text_of(text), out);
    assert_true(is_read == (expected[0] != 0));
    assert_string_equal(is_read ? out : "", expected);
}

static void test_nomenclatures(void **state)
{
    (void)state;
    check_reader(value_cip13, "3400935955838", "3400935955838");
    check_reader(value_cip13, "0000003595583", "");
    check_reader(value_cip13, "9999999999999", "");
    check_reader(value_cip7, "3595583", "3595583");
    check_reader(value_cip7, "0", "");
    check_reader(value_ucd, "0000009232315", "9232315");
    check_reader(value_ucd, "3400892323157", "9232315");
    check_reader(value_ucd, "9232315", "9232315");
    check_reader(value_ucd, "1", "");
    check_reader(value_ccam, "HHFA001", "HHFA001");
    check_reader(value_ccam, "hhfa00110", "HHFA001");
    check_reader(value_ccam, "HHFA01", "");
    check_reader(value_ccam, "12345678", "");
    check_reader(value_cim10, "I21.4", "I214");
    check_reader(value_cim10, "E11  ", "E11");
    check_reader(value_cim10, "F100+0", "F100+0");
    check_reader(value_cim10, "I2", "");
    check_reader(value_cim10, "\xc3\x89", "");
    assert_true(value_person_is_junk(TEXT("xxxxxxxxxxxxxxxxx")));
    assert_true(value_person_is_junk(TEXT("XXXXXXXXXXXXXXXXD")));
    assert_false(value_person_is_junk(TEXT("XXXXXXXXXXXXXXXXA")));
    assert_false(value_person_is_junk(TEXT("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_days),
                                       cmocka_unit_test(test_codes),
                                       cmocka_unit_test(test_communes),
                                       cmocka_unit_test(test_establishments),
                                       cmocka_unit_test(test_every_double_finess),
                                       cmocka_unit_test(test_nomenclatures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
