/* SPDX-License-Identifier: EUPL-1.2 */
/* Errors of the server in our words: codes from PostgreSQL's appendix A, and nothing of what a server says about rows. */
#include "engines/postgresql/postgresql_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void states_have_codes(void **state)
{
    (void)state;
    static const struct {
        const char *state;
        enum error_code code;
    } cases[] = {
        {"28P01", ERROR_DENIED},        {"28000", ERROR_DENIED},      {"3D000", ERROR_NOT_FOUND}, {"53100", ERROR_LIMIT},
        {"57014", ERROR_LIMIT},         {"57P01", ERROR_IO},          {"57P03", ERROR_BUSY},      {"42P06", ERROR_EXISTS},
        {"42P07", ERROR_EXISTS},        {"42601", ERROR_ENGINE},      {"42501", ERROR_DENIED},    {"22001", ERROR_INVALID_INPUT},
        {"23505", ERROR_INVALID_INPUT}, {"08006", ERROR_IO},          {"40P01", ERROR_BUSY},      {"55P03", ERROR_BUSY},
        {"F0000", ERROR_ENGINE},        {"0A000", ERROR_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words = NULL;
        assert_int_equal(postgresql_state_code(cases[i].state, &words), cases[i].code);
        assert_non_null(words);
    }
}

static void the_line_of_a_fault(void **state)
{
    (void)state;
    const char *sql = "SELECT 1;\nSELECT '\xc3\xa9\xc3\xa9';\nSELEC 2";
    assert_int_equal(postgresql_line_of(sql, 1), 1);
    assert_int_equal(postgresql_line_of(sql, 10), 1);
    assert_int_equal(postgresql_line_of(sql, 11), 2);
    assert_int_equal(postgresql_line_of(sql, 24), 3);
    assert_int_equal(postgresql_line_of(sql, 1000), 3);
}

static void nobody_answers(void **state)
{
    (void)state;
    struct error err = {0};
    struct postgresql_address address;
    struct postgresql *connection = NULL;
    assert_true(postgresql_address_parse("postgresql://nobody@/none?host=/nonexistent/emc2-test", &address, &err));
    const struct postgresql_options options = {.address = &address, .password = "hunter2hunter2"};
    assert_false(postgresql_open(&connection, &options, &err));
    assert_null(connection);
    assert_int_equal(err.code, ERROR_IO);
    assert_null(strstr(err.detail, "hunter2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_have_codes),
        cmocka_unit_test(the_line_of_a_fault),
        cmocka_unit_test(nobody_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
