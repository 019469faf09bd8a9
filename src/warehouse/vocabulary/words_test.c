/* SPDX-License-Identifier: EUPL-1.2 */
/* Folding: what counts as a word, and that accents and case do not. */
#include "warehouse/vocabulary/words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The words of a name with a blank between them. */
static void check(const char *name, const char *expected)
{
    char folded[512] = "", word[WORD_BYTES_MAX];
    size_t used = 0;
    struct text rest = text_of(name);
    for (size_t length = words_next(&rest, word); length > 0; length = words_next(&rest, word)) {
        if (used > 0) {
            folded[used++] = ' ';
        }
        memcpy(folded + used, word, length);
        used += length;
    }
    folded[used] = '\0';
    assert_string_equal(folded, expected);
    assert_int_equal(words_folded_length(text_of(name)), strlen(expected));
}

static void names_fold_to_words(void **state)
{
    (void)state;
    check("Heart failure", "heart failure");
    check("  --Non-Hodgkin's   lymphoma ", "non hodgkin s lymphoma");
    check("t(9;22)(q34;q11.2)", "t 9 22 q34 q11 2");
    check("Œdème aigu, ÉTÉ naïf; Straße", "oedeme aigu ete naif strasse");
    check("e\xCC\x81te\xCC\x81", "ete"); /* e with a combining acute accent */
    check("Łódź Ÿ ſ ĳ", "lodz y s ij");
    check("5 µg/mL × 3", "5 g ml 3"); /* micro and times are signs */
    check("β-blocker 心臓", "β blocker 心臓");
    check("a\xFF"
          "b \xC3",
          "a b"); /* not UTF-8: separates */
    check("", "");
    check("+/-", "");
}

static void long_words_are_cut(void **state)
{
    (void)state;
    char name[201];
    memset(name, 'x', 200);
    name[200] = '\0';
    assert_int_equal(words_folded_length(text_of(name)), WORD_BYTES_MAX);
}

static void equal_words_make_equal_names(void **state)
{
    (void)state;
    assert_true(words_equal(TEXT("Heart-Failure"), TEXT("heart  failure")));
    assert_true(words_equal(TEXT(""), TEXT(" . ")));
    assert_false(words_equal(TEXT("heart"), TEXT("heart failure")));
    assert_false(words_equal(TEXT("failure heart"), TEXT("heart failure")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_fold_to_words),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(equal_words_make_equal_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
