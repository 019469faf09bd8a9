/* SPDX-License-Identifier: EUPL-1.2 */
/* Addresses of databases: forms of libpq's documentation (section 34.1.1.2), and what must never be accepted. */
#include "engines/postgresql/postgresql.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parts_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *url, *shown;
        bool is_local, has_tls;
    } cases[] = {
        {"postgresql://anna@127.0.0.1:5433/omop", "anna@127.0.0.1:5433/omop", true, false},
        {"postgres://anna@localhost/omop", "anna@localhost:5432/omop", true, false},
        {"postgresql://anna@[::1]:6000/omop?sslmode=disable", "anna@::1:6000/omop", true, false},
        {"postgresql://anna@/omop?host=/run/postgresql&port=5433", "anna@/run/postgresql:5433/omop", true, false},
        {"postgresql://anna@:5433/omop?host=%2Frun%2Fpostgresql", "anna@/run/postgresql:5433/omop", true, false},
        {"postgresql://a%40b@127.9.9.9/o%20p", "a@b@127.9.9.9:5432/o p", true, false},
        {"postgresql://anna@db.example.org/omop?sslmode=verify-full&sslrootcert=/ca.pem", "anna@db.example.org:5432/omop", false, true},
        {"postgresql://anna@db/omop?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c&sslkey=/k", "anna@db:5432/omop", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct postgresql_address address;
        char shown[POSTGRESQL_ADDRESS_MAX];
        if (!postgresql_address_parse(cases[i].url, &address, &err)) {
            fail_msg("%s: %s", cases[i].url, err.message);
        }
        postgresql_address_print(&address, shown);
        assert_string_equal(shown, cases[i].shown);
        assert_int_equal(address.is_local, cases[i].is_local);
        assert_int_equal(address.has_tls, cases[i].has_tls);
    }
}

static void the_rest_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "mysql://anna@127.0.0.1/omop",
        "postgresql://127.0.0.1/omop",
        "postgresql://@127.0.0.1/omop",
        "postgresql://anna@127.0.0.1",
        "postgresql://anna@127.0.0.1/",
        "postgresql://anna@/omop",
        "postgresql://anna@127.0.0.1:0/omop",
        "postgresql://anna@127.0.0.1:65536/omop",
        "postgresql://anna@127.0.0.1:x/omop",
        "postgresql://anna@[::1/omop",
        "postgresql://anna@[::1]x/omop",
        "postgresql://anna@127.0.0.1/omop?service=other",
        "postgresql://anna@127.0.0.1/omop?options=-cx",
        "postgresql://anna@127.0.0.1/omop?host",
        "postgresql://an%0ana@127.0.0.1/omop",
        "postgresql://an%00na@127.0.0.1/omop",
        "postgresql://anna%4@127.0.0.1/omop",
        "postgresql://anna@127.0.0.1/%",
        "postgresql://anna@127.0.0.1/%4",
        /* more than one machine */
        "postgresql://anna@127.0.0.1,db.example.org/omop",
        "postgresql://anna@/omop?host=/tmp,db.example.org",
        /* another machine without a check of who it is */
        "postgresql://anna@db.example.org/omop",
        "postgresql://anna@127.0.0.1.example.org/omop",
        "postgresql://anna@127.0.0/omop",
        "postgresql://anna@127.0.0.256/omop",
        "postgresql://anna@127.0.0.1/omop?host=db.example.org",
        "postgresql://anna@db.example.org/omop?sslmode=require&sslrootcert=/ca.pem",
        "postgresql://anna@db.example.org/omop?sslmode=verify-full",
        "postgresql://anna@db.example.org/omop?sslmode=verify-full&sslrootcert=/ca.pem&sslmode=disable",
        "postgresql://anna@db.example.org/omop?sslmode=verify-full&sslrootcert=/ca.pem&sslcert=/c",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct postgresql_address address = {.port = 1};
        if (postgresql_address_parse(cases[i], &address, &err)) {
            fail_msg("accepted: %s", cases[i]);
        }
        assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
        assert_int_equal(address.port, 1);
    }
}

static void a_password_is_refused_and_not_repeated(void **state)
{
    (void)state;
    static const char *const cases[] = {"postgresql://anna:hunter2@127.0.0.1/omop", "postgresql://anna@127.0.0.1/omop?password=hunter2"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct postgresql_address address;
        assert_false(postgresql_address_parse(cases[i], &address, &err));
        assert_null(strstr(err.message, "hunter2"));
        assert_null(strstr(err.detail, "hunter2"));
        assert_non_null(strstr(err.hint, "--password-file"));
    }
}

static void too_long_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct postgresql_address address;
    char url[POSTGRESQL_ADDRESS_MAX + 10];
    memset(url, 'x', sizeof url);
    memcpy(url, "postgresql://", 13);
    url[sizeof url - 1] = '\0';
    assert_false(postgresql_address_parse(url, &address, &err));
    memcpy(url + 900, "@127.0.0.1/omop", 16);
    assert_false(postgresql_address_parse(url, &address, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_read),
        cmocka_unit_test(the_rest_is_refused),
        cmocka_unit_test(a_password_is_refused_and_not_repeated),
        cmocka_unit_test(too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
