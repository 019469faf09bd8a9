/* SPDX-License-Identifier: EUPL-1.2 */
/* The container of traits: what is put in is there, is cut at a character, and is gone after clearing. */
#include "intake/identity/identity_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void test_set_has_clear(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(identity) struct identity *identity = NULL;
    assert_true(crypto_start(&err) && identity_create(&identity, &err));
    assert_false(identity_has(identity, IDENTITY_BIRTH_NAME));
    identity_set(identity, IDENTITY_BIRTH_NAME, TEXT("  Le Gall \n"));
    assert_true(text_equal(identifying_text(&identity->traits[IDENTITY_BIRTH_NAME]), TEXT("Le Gall")));
    identity_set(identity, IDENTITY_BIRTH_NAME, TEXT("Ney"));
    assert_int_equal(identity->traits[IDENTITY_BIRTH_NAME].length, 3);
    assert_int_equal(identity->traits[IDENTITY_BIRTH_NAME].bytes[3], 0); /* nothing of the longer name stays */
    identity_set(identity, IDENTITY_SEX, TEXT("   "));
    assert_false(identity_has(identity, IDENTITY_SEX));
    identity_clear(identity);
    for (size_t i = 0; i < secret_length(identity->memory); i++) {
        assert_int_equal(secret_view(identity->memory)[i], 0);
    }
}

static void test_cut_at_a_character(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(identity) struct identity *identity = NULL;
    assert_true(crypto_start(&err) && identity_create(&identity, &err));
    char name[IDENTITY_TEXT_MAX + 1];
    memset(name, 'a', sizeof name);
    memcpy(name + IDENTITY_TEXT_MAX - 1, "\xC3\xA9", 2); /* é across the end */
    identity_set(identity, IDENTITY_BIRTH_NAME, (struct text){name, sizeof name});
    assert_int_equal(identity->traits[IDENTITY_BIRTH_NAME].length, IDENTITY_TEXT_MAX - 1);
    assert_true(text_is_utf8(identifying_text(&identity->traits[IDENTITY_BIRTH_NAME])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set_has_clear), cmocka_unit_test(test_cut_at_a_character)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
