/* SPDX-License-Identifier: EUPL-1.2 */
/* Dates with unknown parts, lunar and default dates, leap days; sexes; communes, Corsica, districts, postal codes. */
#include "intake/identity/birth.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_date(const char *text, const char *written, bool is_lunar, bool is_default)
{
    struct birth_date date = {0};
    char out[BIRTH_DATE_LENGTH + 1] = {0};
    assert_true(birth_date_read(text_of(text), &date));
    birth_date_write(&date, out);
    assert_string_equal(out, written);
    assert_int_equal(date.is_lunar, is_lunar);
    assert_int_equal(date.is_default, is_default);
}

static void test_dates(void **state)
{
    (void)state;
    assert_date("1955-08-03", "19550803", false, false);
    assert_date("19550803", "19550803", false, false);
    assert_date("03/08/1955", "19550803", false, false);
    assert_date(" 1955-08-03T00:00:00 ", "19550803", false, false);
    assert_date("1955-08", "19550800", false, false);
    assert_date("1955", "19550000", false, false);
    assert_date("1955-00-00", "19550000", false, false);
    assert_date("2000-02-29", "20000229", false, false); /* leap */
    assert_date("1900-02-29", "19000200", true, false);  /* not leap: 100 */
    assert_date("2023-02-29", "20230200", true, false);
    assert_date("1950-13-05", "19500000", true, false); /* lunar month */
    assert_date("1950-04-31", "19500400", true, false);
    assert_date("1950-01-01", "19500101", false, true);
    assert_date("1950-12-31", "19501231", false, true);
}

static void test_no_dates(void **state)
{
    (void)state;
    static const char *const texts[] = {"",         "55-08-03", "1849-01-01", "2101-01-01", "1955/08-03",
                                        "1955-8-3", "abcd",     "195508031",  "1955-08-03X"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct birth_date date = {.year = 7};
        assert_false(birth_date_read(text_of(texts[i]), &date));
        assert_int_equal(date.year, 7);
    }
}

static void test_sexes(void **state)
{
    (void)state;
    assert_int_equal(birth_sex_read(TEXT("h")), BIRTH_MALE);
    assert_int_equal(birth_sex_read(TEXT("Male")), BIRTH_MALE);
    assert_int_equal(birth_sex_read(TEXT("2")), BIRTH_FEMALE);
    assert_int_equal(birth_sex_read(TEXT("femme")), BIRTH_FEMALE);
    assert_int_equal(birth_sex_read(TEXT("9")), BIRTH_SEX_UNKNOWN);
    assert_int_equal(birth_sex_read(TEXT("")), BIRTH_SEX_UNKNOWN);
}

static void assert_place(const char *text, enum birth_place_kind kind, const char *written)
{
    char out[BIRTH_PLACE_LENGTH + 1] = {0};
    assert_int_equal(birth_place_read(text_of(text), out), kind);
    assert_string_equal(out, written);
}

static void test_places(void **state)
{
    (void)state;
    assert_place("14168", BIRTH_PLACE_COMMUNE, "14168");
    assert_place("2A004", BIRTH_PLACE_COMMUNE, "20004"); /* Ajaccio */
    assert_place("2b033", BIRTH_PLACE_COMMUNE, "20033"); /* Bastia */
    assert_place("20004", BIRTH_PLACE_COMMUNE, "20004"); /* Ajaccio, until 1975 */
    assert_place("97411", BIRTH_PLACE_COMMUNE, "97411");
    assert_place("99350", BIRTH_PLACE_ABROAD, "99350");
    assert_place("75112", BIRTH_PLACE_COMMUNE, "75056"); /* Paris 12e */
    assert_place("69383", BIRTH_PLACE_COMMUNE, "69123");
    assert_place("13216", BIRTH_PLACE_COMMUNE, "13055");
    assert_place("75012", BIRTH_PLACE_POSTAL, "75056");
    assert_place("75116", BIRTH_PLACE_POSTAL, "75056"); /* Paris 16e, second code */
    assert_place("29000", BIRTH_PLACE_POSTAL, "29000");
    assert_place("Paris", BIRTH_PLACE_NONE, "");
    assert_place("7511", BIRTH_PLACE_NONE, "");
    assert_place("00123", BIRTH_PLACE_NONE, "");
    assert_place("2C004", BIRTH_PLACE_NONE, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_dates), cmocka_unit_test(test_no_dates), cmocka_unit_test(test_sexes),
                                       cmocka_unit_test(test_places)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
