/* SPDX-License-Identifier: EUPL-1.2 */
/* Names: the same name written by several hands is one name; two names in one field are two. */
#include "intake/identity/identity_names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void assert_words(const char *name, bool keep_hyphens, const char *words)
{
    char out[NAME_SIZE];
    const size_t length = name_words(text_of(name), keep_hyphens, out);
    assert_string_equal(out, words);
    assert_int_equal(length, strlen(words));
}

static void assert_joined(const char *name, const char *joined)
{
    char words[NAME_SIZE], out[NAME_SIZE];
    const size_t length = name_words(text_of(name), false, words);
    name_joined((struct text){words, length}, out);
    assert_string_equal(out, joined);
}

static void test_letters(void **state)
{
    (void)state;
    assert_words("H\xc3\xa9l\xc3\xa8ne", false, "HELENE");
    assert_words("He\xcc\x81le\xcc\x80ne", false, "HELENE"); /* decomposed */
    assert_words("H\xe9l\xe8ne", false, "HELENE");           /* Latin-1 */
    assert_words("C\xc5\x93ur L\xc3\xa6titia", false, "COEUR LAETITIA");
    assert_words("Fran\xc3\xa7ois \xc5\xb8ves", false, "FRANCOIS YVES");
    assert_words("Stra\xc3\x9f"
                 "er \xc5\x81ukasz \xc3\x98rsted \xc8\x98tefan",
                 false, "STRASSER LUKASZ ORSTED STEFAN");
    assert_words("Nguy\xe1\xbb\x85n", false, "NGUYEN");
    assert_words("  Jean - Pierre,Marie ", true, "JEAN PIERRE MARIE");
    assert_words("Jean-Pierre", true, "JEAN-PIERRE");
    assert_words("Jean\xe2\x80\x91Pierre", true, "JEAN-PIERRE"); /* U+2011 */
    assert_words("O\xe2\x80\x99"
                 "Brien d'Ormesson",
                 false, "O BRIEN D ORMESSON");
    assert_words("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd", false, ""); /* Cyrillic: nothing, rather than something wrong */
    assert_words("MARTIN 2", false, "MARTIN");
}

static void test_joined(void **state)
{
    (void)state;
    assert_joined("LE GALL", "LEGALL");
    assert_joined("Le-Gall", "LEGALL");
    assert_joined("LEGALL", "LEGALL");
    assert_joined("d'Ormesson", "DORMESSON");
    assert_joined("de La Rochefoucauld", "DELAROCHEFOUCAULD");
    assert_joined("Rochefoucauld (de la)", "DELAROCHEFOUCAULD");
    assert_joined("Villiers de", "DEVILLIERS");
    assert_joined("St-Exup\xc3\xa9ry", "SAINTEXUPERY");
    assert_joined("Saint Exup\xc3\xa9ry", "SAINTEXUPERY");
    assert_joined("Ste Marie", "SAINTEMARIE");
    assert_joined("LE", "LE"); /* a name that is a particle */
    assert_joined("MARTIN--DUPONT", "MARTINDUPONT");
}

static void assert_split(const char *name, const char *birth, const char *used)
{
    char words[NAME_SIZE];
    const size_t length = name_words(text_of(name), false, words);
    const struct name_parts parts = name_split((struct text){words, length});
    assert_true(text_equal(parts.birth, text_of(birth)));
    assert_true(text_equal(parts.used, text_of(used)));
}

static void test_split(void **state)
{
    (void)state;
    assert_split("MARTIN \xc3\xa9pouse DUPONT", "MARTIN", "DUPONT");
    assert_split("Dupont n\xc3\xa9"
                 "e Martin",
                 "MARTIN", "DUPONT");
    assert_split("LE GALL ep. DE VILLIERS", "LE GALL", "DE VILLIERS");
    assert_split("MARTIN VVE DUPONT", "MARTIN", "DUPONT");
    assert_split("MARTIN", "MARTIN", "");
    assert_split("NEE", "NEE", ""); /* alone it is a name */
    assert_split("EPOUSE MARTIN", "EPOUSE MARTIN", "");
    assert_split("", "", "");
}

static void test_given_and_placeholders(void **state)
{
    (void)state;
    assert_true(text_equal(name_first_given(TEXT("JEAN-PIERRE MARIE")), TEXT("JEAN")));
    assert_true(text_equal(name_first_given(TEXT("ANNE")), TEXT("ANNE")));
    assert_true(text_equal(name_second_given(TEXT("JEAN-PIERRE MARIE-LUCE PAUL")), TEXT("MARIE")));
    assert_int_equal(name_second_given(TEXT("JEAN-PIERRE")).length, 0);
    assert_true(name_is_placeholder(TEXT("")) && name_is_placeholder(TEXT("INCONNU")) && name_is_placeholder(TEXT("NOUVEAU NE")));
    assert_false(name_is_placeholder(TEXT("MARTIN")) || name_is_placeholder(TEXT("NEE")));
}

static void test_longest(void **state)
{
    (void)state;
    char name[241], words[NAME_SIZE], out[NAME_SIZE];
    for (size_t i = 0; i < 240; i += 2) {
        memcpy(name + i, "\xc3\x9f", 2); /* each gives SS */
    }
    const size_t length = name_words((struct text){name, 240}, false, words);
    assert_true(length == 240);
    assert_int_equal(name_joined((struct text){words, length}, out), 240);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_letters), cmocka_unit_test(test_joined),
        cmocka_unit_test(test_split),   cmocka_unit_test(test_given_and_placeholders),
        cmocka_unit_test(test_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
