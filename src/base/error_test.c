/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of error: what is filled, what is cut, and that nothing in a message can steer a terminal. */
#include "base/error.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool fails(struct error *err)
{
    return FAIL(err, LIMIT, "too many %s: %d", "rows", 7);
}

static bool tries(struct error *err, int *after)
{
    TRY(fails(err));
    *after = 1;
    return true;
}

static void test_fail_fills(void **state)
{
    (void)state;
    struct error err;
    memset(&err, 0xff, sizeof err);
    int after = 0;
    assert_false(tries(&err, &after));
    assert_int_equal(after, 0);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.message, "too many rows: 7");
    assert_string_equal(err.detail, "");
    assert_string_equal(err.hint, "");
    assert_int_equal(err.context_count, 0);
    assert_non_null(strstr(err.source_file, "error_test.c"));
    assert_true(err.source_line > 0);
    assert_false(FAIL(NULL, IO, "nobody listens"));
}

static void test_message_may_quote_itself(void **state)
{
    (void)state;
    struct error err;
    fails(&err);
    FAIL(&err, CORRUPT, "wrapped: %s", err.message);
    assert_string_equal(err.message, "wrapped: too many rows: 7");
}

static void test_line_is_clean(void **state)
{
    (void)state;
    struct error err;
    FAIL(&err, IO, "a\nb\x1b[31mc\x7f");
    assert_string_equal(err.message, "a b [31mc ");
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    FAIL(&err, IO, "%s", long_text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    for (size_t i = 0; i + 3 < sizeof long_text; i += 3) { /* 3 bytes a character: 399 is 133 of them */
        memcpy(long_text + i, "\xe2\x82\xac", 3);
    }
    FAIL(&err, IO, "x%s", long_text);
    assert_int_equal(strlen(err.message), 1 + 132 * 3);
    error_hint(&err, "%s", long_text);
    assert_int_equal(strlen(err.hint), 237);
}

static void test_additions(void **state)
{
    (void)state;
    struct error err;
    fails(&err);
    assert_false(error_hint(&err, "raise it"));
    assert_false(error_detail(&err, "path %s", "x"));
    for (int i = 0; i < 9; i++) {
        assert_false(error_context(&err, "row %d", i));
    }
    assert_string_equal(err.message, "too many rows: 7");
    assert_string_equal(err.hint, "raise it");
    assert_string_equal(err.detail, "path x");
    assert_int_equal(err.context_count, ERROR_CONTEXT_MAX);
    assert_string_equal(err.context[0], "row 0");
    assert_string_equal(err.context[3], "row 3");
    error_clear(&err);
    assert_int_equal(err.code, ERROR_NONE);
    assert_string_equal(err.message, "");
}

static void test_errno(void **state)
{
    (void)state;
    struct error err;
    errno = ENOENT;
    assert_false(FAIL_ERRNO(&err, "/some/where", "cannot open %s", "where"));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_string_equal(err.message, "cannot open where");
    assert_string_equal(err.detail, "/some/where: No such file or directory");
    errno = EACCES;
    FAIL_ERRNO(&err, "p", "x");
    assert_int_equal(err.code, ERROR_DENIED);
    errno = ENOSPC;
    FAIL_ERRNO(&err, NULL, "x");
    assert_int_equal(err.code, ERROR_IO);
}

static void test_codes(void **state)
{
    (void)state;
    assert_string_equal(error_code_name(ERROR_INVALID_INPUT), "INVALID_INPUT");
    assert_int_equal(error_exit_code(ERROR_NONE), 0);
    assert_int_equal(error_exit_code(ERROR_CANCELLED), 130);
    assert_int_equal(error_http_status(ERROR_DENIED), 403);
    assert_string_equal(error_code_name((enum error_code)999), "INTERNAL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_fills),    cmocka_unit_test(test_message_may_quote_itself),
        cmocka_unit_test(test_line_is_clean), cmocka_unit_test(test_additions),
        cmocka_unit_test(test_errno),         cmocka_unit_test(test_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
