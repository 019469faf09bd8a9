/* SPDX-License-Identifier: EUPL-1.2 */
/* What a command line becomes, and what is refused with which words. */
#include "service/command/invocation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct option_spec options[] = {{"out", "FILE", "where to"}, {"replace", NULL, "flag"}, {0}};
static const struct command command = {.name = "try", .words = "WORD", .words_min = 1, .words_max = 2, .options = options};

static bool parse(struct invocation *in, struct error *err, int argc, const char *const *words)
{
    static char storage[8][64];
    static char *argv[9];
    for (int i = 0; i < argc; i++) {
        assert_true(text_copy(storage[i], sizeof storage[i], text_of(words[i])));
        argv[i] = storage[i];
    }
    argv[argc] = NULL;
    *in = (struct invocation){.command = &command};
    *err = (struct error){0};
    return invocation_parse(in, argc, argv, err);
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    struct invocation in;
    struct error err;
    const char *const words[] = {"try", "a", "--out", "x.csv", "b", "--replace", "--threads=7"};
    int64_t threads = 0;
    assert_true(parse(&in, &err, 7, words));
    assert_int_equal(in.word_count, 2);
    assert_string_equal(in.words[0], "a");
    assert_string_equal(in.words[1], "b");
    assert_string_equal(invocation_value(&in, "out"), "x.csv");
    assert_true(invocation_flag(&in, "replace"));
    assert_false(invocation_flag(&in, "json"));
    assert_true(invocation_integer(&in, "threads", 0, 0, 8, &threads, &err));
    assert_int_equal(threads, 7);
    assert_false(invocation_integer(&in, "threads", 0, 0, 6, &threads, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

static void refusals_say_what_is_wrong(void **state)
{
    (void)state;
    struct invocation in;
    struct error err;
    const char *const unknown[] = {"try", "a", "--nonsense"}, *const none[] = {"try"}, *const bare[] = {"try", "a", "--out"};
    assert_false(parse(&in, &err, 3, unknown));
    assert_non_null(strstr(err.message, "--nonsense"));
    assert_false(parse(&in, &err, 1, none));
    assert_non_null(strstr(err.message, "usage: emc2 try WORD"));
    assert_false(parse(&in, &err, 3, bare));
    assert_non_null(strstr(err.message, "--out needs a value"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(options_stand_anywhere), cmocka_unit_test(refusals_say_what_is_wrong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
