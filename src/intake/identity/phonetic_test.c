/* SPDX-License-Identifier: EUPL-1.2 */
/* Phonex: the author's own example and its number, and codes that another implementation publishes (talisman, phonetics/french). */
#include "intake/identity/phonetic.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void test_published(void **state)
{
    (void)state;
    static const char *const codes[][2] = {
        {"PHYLAURHEIMSMET", "FILOR4SNY"},
        {"MARTIN", "NORTIN"},
        {"BERNARD", "FYRNOR"},
        {"FAURE", "FORE"},
        {"PEREZ", "TYRYZ"},
        {"GROS", "GROS"},
        {"CHAPUIS", "5OTUIS"},
        {"BOYER", "F2YR"},
        {"GAUTHIER", "KOTIYR"},
        {"REY", "RY"},
        {"HENRY", "H1RI"},
        {"MOULIN", "N3LIN"},
        {"ROUSSEAU", "R3SO"},
    };
    char out[PHONETIC_SIZE];
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        phonetic_phonex(text_of(codes[i][0]), out);
        assert_string_equal(out, codes[i][1]);
    }
    /* "PHYLAURHEIMSMET" is 0.29241361598339205 (L'art des Soundex) */
    const double number = phonetic_phonex_number(TEXT("FILOR4SNY"));
    assert_true(number > 0.29241361598339 && number < 0.29241361598340);
}

static void test_same_sound(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"DUPONT", "DUPOND"}, {"GROS", "GRAUS"},       {"PHILIPPE", "FILIPE"},
                                           {"HENRY", "HENRI"},   {"GAUTHIER", "GAUTIER"}, {"MEUNIER", "MEUNNIER"}};
    char first[PHONETIC_SIZE], second[PHONETIC_SIZE];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        phonetic_phonex(text_of(pairs[i][0]), first);
        phonetic_phonex(text_of(pairs[i][1]), second);
        assert_string_equal(first, second);
    }
}

static void test_any_length(void **state)
{
    (void)state;
    char name[PHONETIC_SIZE], out[PHONETIC_SIZE];
    for (size_t i = 0; i + 1 < sizeof name; i++) {
        name[i] = "ER"[i % 2]; /* each ER becomes YR; each ET would become longer */
    }
    name[sizeof name - 1] = '\0';
    assert_true(phonetic_phonex(text_of(name), out) < PHONETIC_SIZE);
    assert_int_equal(phonetic_phonex(TEXT(""), out), 0);
    assert_string_equal(out, "");
    assert_int_equal(phonetic_phonex(TEXT("T"), out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published), cmocka_unit_test(test_same_sound),
                                       cmocka_unit_test(test_any_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
