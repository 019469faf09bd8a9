/* SPDX-License-Identifier: EUPL-1.2 */
/* The national number: published examples and their keys, Corsica both ways, what mod 97 finds, kinds of numbers, INS OIDs. */
#include "intake/identity/nir.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct nir read_one(const char *text)
{
    struct nir nir = {0};
    assert_true(nir_read(text_of(text), &nir));
    return nir;
}

/* 2 55 08 14 168 025 key 38: the example of INSEE's and the CNAM's pages; the others are samples of profiles, with the keys that they
 * should have had (the first two are wrong as published, so flagged, never refused). */
static void test_published_keys(void **state)
{
    (void)state;
    assert_int_equal(nir_key("2550814168025"), 38);
    assert_int_equal(nir_key("2850944153726"), 45); /* AP-HP sample: 54 */
    assert_int_equal(nir_key("1700175101123"), 88); /* IHE example: 13 */
    assert_int_equal(nir_key("2790351215189"), 89); /* HL7 v2 sample: right */
    assert_true(read_one("2 55 08 14 168 025 38").key_fits);
    assert_true(read_one("279035121518989").key_fits);
    const struct nir wrong = read_one("285094415372654");
    assert_true(wrong.has_key && !wrong.key_fits && wrong.nature == NIR_ORDINARY);
    assert_false(read_one("2550814168025").has_key);
}

/* N with 2A as 19 and 2B as 18 is the same, modulo 97, as with a nought for the letter less one or two millions. */
static void test_corsica(void **state)
{
    (void)state;
    assert_int_equal(nir_key("155082A004025"), nir_key("1550819004025"));
    assert_int_equal(nir_key("255082B033102"), nir_key("2550818033102"));
    const struct nir lower = read_one("1 55.08 2a 004 025"), upper = read_one("155082A004025");
    assert_memory_equal(lower.characters, upper.characters, NIR_LENGTH);
    assert_string_equal(upper.place, "2A004");
    assert_string_equal(read_one("1550820004025").place, "20004");
    struct nir nir;
    assert_false(nir_read(TEXT("155082C004025"), &nir));
    assert_false(nir_read(TEXT("155A82A004025"), &nir));
}

/* Every single wrong digit and every swap of neighbours changes the key: 97 is prime, and 10 has no small order modulo 97. */
static void test_key_finds_errors(void **state)
{
    (void)state;
    const char right[] = "2550814168025";
    for (size_t at = 0; at < NIR_LENGTH; at++) {
        char wrong[NIR_LENGTH + 1];
        for (int digit = '0'; digit <= '9'; digit++) {
            memcpy(wrong, right, sizeof wrong);
            wrong[at] = (char)digit;
            assert_int_equal(nir_key(wrong) == 38, digit == right[at]);
        }
        if (at + 1 < NIR_LENGTH) {
            memcpy(wrong, right, sizeof wrong);
            wrong[at] = right[at + 1];
            wrong[at + 1] = right[at];
            assert_int_equal(nir_key(wrong) == 38, right[at] == right[at + 1]);
        }
    }
}

static void test_natures(void **state)
{
    (void)state;
    assert_int_equal(read_one("1700175101123").nature, NIR_ORDINARY);
    for (int first = '3'; first <= '8'; first++) {
        char text[] = "1700175101123";
        text[0] = (char)first;
        assert_int_equal(read_one(text).nature, NIR_PROVISIONAL);
        assert_int_equal(read_one(text).sex, (first - '0') % 2 ? BIRTH_MALE : BIRTH_FEMALE);
    }
    assert_int_equal(read_one("9700175101123").nature, NIR_FICTIVE);
    assert_int_equal(read_one("1555555555555").nature, NIR_FICTIVE);
    assert_int_equal(read_one("1700075101123").nature, NIR_FICTIVE); /* month 00 */
    assert_int_equal(read_one("1701375101123").nature, NIR_FICTIVE); /* month 13 */
    assert_int_equal(read_one("1700175101000").nature, NIR_FICTIVE); /* order 000 */
    static const char *const unknown_months[] = {"1702099350012", "1704299350012", "1705099350012", "1709999350012"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(read_one(unknown_months[i]).nature, NIR_ORDINARY);
        assert_int_equal(read_one(unknown_months[i]).month, 0);
    }
}

static void test_places(void **state)
{
    (void)state;
    assert_string_equal(read_one("1700199350012").place, "99350");
    assert_string_equal(read_one("2850197411003").place, "97411"); /* Saint-Denis, La Réunion: 974 and 11 */
    assert_string_equal(read_one("2550814168025").place, "14168");
}

static void test_fits(void **state)
{
    (void)state;
    const struct nir nir = read_one("2550814168025");
    struct birth_date date = {.year = 1955, .month = 8, .day = 3};
    assert_true(nir_fits(&nir, &date, BIRTH_FEMALE));
    assert_true(nir_fits(&nir, &date, BIRTH_SEX_UNKNOWN));
    assert_false(nir_fits(&nir, &date, BIRTH_MALE));
    date.month = 0;
    assert_true(nir_fits(&nir, &date, BIRTH_FEMALE));
    date.month = 9;
    assert_false(nir_fits(&nir, &date, BIRTH_FEMALE));
    date = (struct birth_date){.year = 1985};
    assert_false(nir_fits(&nir, &date, BIRTH_FEMALE)); /* a child under a parent's number */
}

static void test_no_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "255081416802", "25508141680253", "2550814168025388", "255081416802X", "2550814168O25"};
    struct nir nir;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(nir_read(text_of(texts[i]), &nir));
    }
}

static void test_oids(void **state)
{
    (void)state;
    assert_int_equal(ins_kind_of(TEXT("urn:oid:1.2.250.1.213.1.4.8")), INS_NIR);
    assert_int_equal(ins_kind_of(TEXT("1.2.250.1.213.1.4.9")), INS_NIA);
    assert_int_equal(ins_kind_of(TEXT("1.2.250.1.213.1.4.10")), INS_TEST);
    assert_int_equal(ins_kind_of(TEXT("urn:oid:1.2.250.1.213.1.4.11")), INS_DEMO);
    assert_int_equal(ins_kind_of(TEXT("1.2.250.1.213.1.4.1")), INS_OTHER);
    assert_int_equal(ins_kind_of(TEXT("")), INS_UNSAID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_keys), cmocka_unit_test(test_corsica), cmocka_unit_test(test_key_finds_errors),
        cmocka_unit_test(test_natures),        cmocka_unit_test(test_places),  cmocka_unit_test(test_fits),
        cmocka_unit_test(test_no_numbers),     cmocka_unit_test(test_oids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
