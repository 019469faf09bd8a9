/* SPDX-License-Identifier: EUPL-1.2 */
/* Codes in the order of first appearance, equal for equal values, through many growths; and giving up when nothing repeats. */
#include "warehouse/store/dictionary.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 70000 };

static void integers(void **unused)
{
    (void)unused;
    struct integer_dictionary dictionary;
    struct error err = {0};
    uint32_t code;
    integer_dictionary_init(&dictionary, 99);
    for (int round = 0; round < 2; round++) {
        for (int64_t i = 0; i < MANY; i++) {
            const int64_t value = i % 3 ? i * INT64_C(0x100000000001) : INT64_MIN + i;
            assert_true(integer_dictionary_put(&dictionary, value, &code, &err));
            assert_int_equal(code, i);
            assert_int_equal(dictionary.keys.items[code], value);
        }
    }
    assert_int_equal(dictionary.keys.count, MANY);
    assert_true(integer_dictionary_bytes(&dictionary) > MANY * sizeof(int64_t));
    integer_dictionary_finish(&dictionary);
}

/* Dense ones in no order, to both sides, at the ends of what there is; then one far away, and dense ones again. */
static void dense_integers(void **unused)
{
    (void)unused;
    static const int64_t origins[] = {0, -1000000, INT64_MIN, INT64_MAX - 2 * MANY, INT64_C(1) << 62};
    for (size_t o = 0; o < sizeof origins / sizeof origins[0]; o++) {
        struct integer_dictionary dictionary;
        struct error err = {0};
        uint32_t code;
        integer_dictionary_init(&dictionary, 99);
        for (int round = 0; round < 2; round++) {
            for (uint32_t i = 0; i < MANY; i++) {
                const int64_t value = origins[o] + 2 * (int64_t)((i * UINT64_C(48271)) % MANY); /* 48271 and MANY have no common divisor */
                assert_true(integer_dictionary_put(&dictionary, value, &code, &err));
                assert_int_equal(code, i);
                assert_true(integer_dictionary_put(&dictionary, dictionary.keys.items[i / 2], &code, &err));
                assert_int_equal(code, i / 2);
            }
            assert_non_null(dictionary.direct);
        }
        assert_int_equal(dictionary.keys.count, MANY);
        assert_true(integer_dictionary_put(&dictionary, 123456789, &code, &err));
        assert_int_equal(code, MANY);
        assert_null(dictionary.direct);
        for (uint32_t i = 0; i < MANY; i++) {
            assert_true(integer_dictionary_put(&dictionary, dictionary.keys.items[i], &code, &err));
            assert_int_equal(code, i);
        }
        integer_dictionary_finish(&dictionary);
    }
}

static void repeated_texts(void **unused)
{
    (void)unused;
    struct text_dictionary dictionary;
    struct error err = {0};
    uint32_t code;
    text_dictionary_init(&dictionary, 7);
    for (size_t i = 0; i < MANY; i++) {
        char word[32] = "";
        const size_t which = i % 1000;
        if (which) {
            snprintf(word, sizeof word, "%*zu", (int)(which % 20), which);
        }
        assert_true(text_dictionary_put(&dictionary, text_of(word), &code, &err));
        assert_int_equal(code, which);
        assert_true(text_equal(text_dictionary_text(&dictionary, code), text_of(word)));
    }
    assert_true(dictionary.is_distinct);
    assert_int_equal(dictionary.entries.count, 1000);
    text_dictionary_finish(&dictionary);
}

static void texts_that_never_repeat(void **unused)
{
    (void)unused;
    struct text_dictionary dictionary;
    struct error err = {0};
    uint32_t code, first = 0;
    text_dictionary_init(&dictionary, 7);
    for (size_t i = 0; i < MANY; i++) {
        char word[32];
        snprintf(word, sizeof word, "note %zu", i);
        assert_true(text_dictionary_put(&dictionary, text_of(word), &code, &err));
        assert_true(text_equal(text_dictionary_text(&dictionary, code), text_of(word)));
    }
    assert_false(dictionary.is_distinct);
    assert_true(text_dictionary_put(&dictionary, TEXT("note 5"), &first, &err));
    assert_true(text_dictionary_put(&dictionary, TEXT("note 6"), &code, &err));
    assert_int_equal(first, MANY); /* no longer looked for */
    text_dictionary_finish(&dictionary);
}

static void longest_text(void **unused)
{
    (void)unused;
    static char bytes[DICTIONARY_TEXT_MAX + 1];
    struct text_dictionary dictionary;
    struct error err = {0};
    uint32_t code;
    memset(bytes, 'x', sizeof bytes);
    text_dictionary_init(&dictionary, 7);
    assert_true(text_dictionary_put(&dictionary, (struct text){bytes, DICTIONARY_TEXT_MAX}, &code, &err));
    assert_int_equal(text_dictionary_text(&dictionary, code).length, DICTIONARY_TEXT_MAX);
    assert_false(text_dictionary_put(&dictionary, (struct text){bytes, DICTIONARY_TEXT_MAX + 1}, &code, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    text_dictionary_finish(&dictionary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),       cmocka_unit_test(dense_integers),
        cmocka_unit_test(repeated_texts), cmocka_unit_test(texts_that_never_repeat),
        cmocka_unit_test(longest_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
