/* SPDX-License-Identifier: EUPL-1.2 */
/* engines/postgresql against a running server: seam ADDRESS [PASSWORD]. Rows, bulk columns, errors that must not quote what rows hold. */
#include "base/task.h"
#include "engines/postgresql/postgresql.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct postgresql *connection;
static struct error err;
static const char *url, *password;

static void connect_to(struct postgresql **out, unsigned seconds)
{
    struct postgresql_address address;
    assert_true(postgresql_address_parse(url, &address, &err));
    const struct postgresql_options options = {.address = &address, .password = password, .statement_seconds = seconds};
    if (!postgresql_open(out, &options, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

static int setup(void **state)
{
    (void)state;
    connect_to(&connection, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    postgresql_close(connection);
    connection = NULL;
    return 0;
}

static void must(bool done)
{
    if (!done) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

static bool leaks(const char *secret)
{
    for (int i = 0; i < err.context_count; i++) {
        if (strstr(err.context[i], secret)) {
            return true;
        }
    }
    return strstr(err.message, secret) || strstr(err.detail, secret) || strstr(err.hint, secret);
}

static void rows_have_types(void **state)
{
    (void)state;
    struct postgresql_result *result = NULL;
    const struct postgresql_value *row = NULL;
    const struct postgresql_value values[] = {{.type = POSTGRESQL_I64, .i64 = INT64_MIN},
                                              {.type = POSTGRESQL_DOUBLE, .number = 0.1},
                                              {.type = POSTGRESQL_TEXT, .text = TEXT("Zoé's \"x\"")},
                                              {.type = POSTGRESQL_DAY, .i64 = -719162},
                                              {.type = POSTGRESQL_INSTANT, .i64 = -1},
                                              {.type = POSTGRESQL_BOOL, .i64 = 1},
                                              {.type = POSTGRESQL_TEXT, .is_null = true}};
    must(postgresql_query(&result, connection, "SELECT $1 AS a, $2, $3, $4, $5, $6, $7, 12.50::numeric, 7::smallint, 'x'::varchar(3)",
                          values, 7, &err));
    assert_int_equal(postgresql_result_columns(result), 10);
    assert_string_equal(postgresql_result_column_name(result, 0), "a");
    assert_int_equal(postgresql_result_column_type(result, 3), POSTGRESQL_DAY);
    must(postgresql_result_next(result, &row, &err));
    assert_true(row[0].i64 == INT64_MIN);
    assert_true(row[1].number == 0.1);
    assert_true(text_equal(row[2].text, values[2].text));
    assert_int_equal(row[3].i64, -719162);
    assert_int_equal(row[4].i64, -1);
    assert_int_equal(row[5].i64, 1);
    assert_true(row[6].is_null);
    assert_true(row[7].number == 12.5);
    assert_int_equal(row[8].i64, 7);
    assert_true(text_equal(row[9].text, TEXT("x")));
    must(postgresql_result_next(result, &row, &err));
    assert_null(row);
    postgresql_result_close(result);
}

static void many_rows_and_an_early_end(void **state)
{
    (void)state;
    struct postgresql_result *result = NULL;
    const struct postgresql_value *row = NULL;
    int64_t sum = 0;
    must(postgresql_query(&result, connection, "SELECT i FROM generate_series(1, 100000) AS s(i)", NULL, 0, &err));
    for (must(postgresql_result_next(result, &row, &err)); row; must(postgresql_result_next(result, &row, &err))) {
        sum += row[0].i64;
    }
    assert_int_equal(sum, INT64_C(5000050000));
    postgresql_result_close(result);
    must(postgresql_query(&result, connection, "SELECT generate_series(1, 2000000000)", NULL, 0, &err));
    must(postgresql_result_next(result, &row, &err));
    postgresql_result_close(result); /* two thousand million rows are not waited for */
    must(postgresql_query(&result, connection, "SELECT 1 WHERE false", NULL, 0, &err));
    must(postgresql_result_next(result, &row, &err));
    assert_null(row);
    postgresql_result_close(result);
}

static void scripts_are_whole_or_nothing(void **state)
{
    (void)state;
    uint64_t rows = 0;
    assert_false(postgresql_script(connection, "CREATE TABLE half (i int);\nINSERT INTO half VALUES (1);\nSELEC 2;\n", &err));
    assert_int_equal(err.code, ERROR_ENGINE);
    assert_string_equal(err.context[0], "line 3 of the statement");
    error_clear(&err);
    must(postgresql_script(
        connection, "CREATE TEMPORARY TABLE half (i int); INSERT INTO half SELECT generate_series(1, 10); SELECT * FROM half", &err));
    must(postgresql_execute(connection, "DELETE FROM half WHERE i > $1", &(struct postgresql_value){.type = POSTGRESQL_I64, .i64 = 4}, 1,
                            &rows, &err));
    assert_int_equal(rows, 6);
}

static void errors_never_quote_a_row(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "CREATE TEMPORARY TABLE p (name varchar(5) UNIQUE, n int NOT NULL); INSERT INTO p VALUES ('Dupont', 1)",
        "CREATE TEMPORARY TABLE p (name text UNIQUE, n int NOT NULL); INSERT INTO p VALUES ('Dupont', 1), ('Dupont', 2)",
        "CREATE TEMPORARY TABLE p (name text UNIQUE, n int NOT NULL); INSERT INTO p VALUES ('Dupont', NULL)",
        "CREATE TEMPORARY TABLE p (n int CHECK (n < 5), name text); INSERT INTO p VALUES (7, 'Dupont')",
        "SELECT CAST(t AS integer) FROM (VALUES ('Dupont'), ('x')) AS v(t)",
        "SELECT CAST(t AS date) FROM (VALUES ('Dupont'), ('x')) AS v(t)",
        "DO $$ BEGIN RAISE EXCEPTION 'name %', 'Dupont' USING DETAIL = 'Dupont', HINT = 'Dupont'; END $$",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error_clear(&err);
        assert_false(postgresql_script(connection, cases[i], &err));
        assert_false(leaks("Dupont"));
        assert_true(err.message[0] != '\0');
    }
    error_clear(&err);
}

static void a_statement_may_not_take_for_ever(void **state)
{
    (void)state;
    struct postgresql *hurried = NULL;
    connect_to(&hurried, 1);
    assert_false(postgresql_script(hurried, "SELECT pg_sleep(20)", &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    error_clear(&err);
    must(postgresql_script(hurried, "SELECT 1", &err)); /* and the connection lives */
    postgresql_close(hurried);
}

static void the_user_stops(void **state)
{
    (void)state;
    struct postgresql *stopped = NULL;
    connect_to(&stopped, 0);
    task_cancel();
    assert_false(postgresql_script(stopped, "SELECT pg_sleep(20)", &err));
    task_cancel_reset_for_tests();
    assert_int_equal(err.code, ERROR_CANCELLED);
    error_clear(&err);
    postgresql_close(stopped);
}

/* ---- bulk ---- */
static const enum postgresql_column_type types[] = {POSTGRESQL_COLUMN_INTEGER, POSTGRESQL_COLUMN_BIGINT, POSTGRESQL_COLUMN_DOUBLE,
                                                    POSTGRESQL_COLUMN_NUMERIC, POSTGRESQL_COLUMN_DATE,   POSTGRESQL_COLUMN_TIMESTAMP,
                                                    POSTGRESQL_COLUMN_TEXT};
static const char *const names[] = {"i", "b", "d", "n", "day", "w", "t"};
enum { COLUMNS = 7, ROWS = 100000 };
#define COPY_SQL "COPY bulk FROM STDIN (FORMAT binary)"

static void bulk_table(void)
{
    must(postgresql_script(connection,
                           "DROP TABLE IF EXISTS bulk; CREATE TEMPORARY TABLE bulk (i integer, b bigint, d double precision, n numeric, "
                           "day date, w timestamp, t varchar(8))",
                           &err));
}

static int64_t wholes[ROWS], instants[ROWS];
static double numbers[ROWS];
static int32_t days[ROWS];
static struct text texts[ROWS];

static void columns_arrive(void **state)
{
    (void)state;
    static uint64_t odd[(ROWS + 63) / 64];
    struct postgresql_copy *copy = NULL;
    struct postgresql_result *result = NULL;
    const struct postgresql_value *row = NULL;
    uint64_t rows = 0;
    for (int i = 0; i < ROWS; i++) {
        wholes[i] = i - ROWS / 2;
        numbers[i] = i / 8.0;
        days[i] = i - 20000;
        instants[i] = (int64_t)i * 1000000;
        texts[i] = i % 3 ? TEXT("é") : (struct text){0};
        odd[i / 64] |= (uint64_t)(i % 2) << (i % 64);
    }
    bulk_table();
    const struct postgresql_column columns[COLUMNS] = {{.i64 = wholes},      {.i64 = wholes, .valid = odd},
                                                       {.numbers = numbers}, {.numbers = numbers, .valid = odd},
                                                       {.days = days},       {.i64 = instants},
                                                       {.texts = texts}};
    must(postgresql_copy_open(&copy, connection, COPY_SQL, types, names, COLUMNS, &err));
    must(postgresql_copy_columns(copy, columns, ROWS, &err));
    must(postgresql_copy_columns(copy, (const struct postgresql_column[COLUMNS]){0}, 3, &err)); /* NULL throughout */
    must(postgresql_copy_finish(copy, &rows, &err));
    postgresql_copy_close(copy);
    assert_int_equal(rows, ROWS + 3);
    must(postgresql_query(
        &result, connection,
        "SELECT sum(i)::bigint, count(b), sum(d), sum(n), min(day), max(w), count(t), count(*) FILTER (WHERE t = 'é') FROM bulk", NULL, 0,
        &err));
    must(postgresql_result_next(result, &row, &err));
    assert_int_equal(row[0].i64, -ROWS / 2);
    assert_int_equal(row[1].i64, ROWS / 2);
    assert_true(row[2].number == (double)ROWS * (ROWS - 1) / 16);
    assert_true(row[3].number == ROWS / 2.0 * (ROWS / 2.0) / 8);
    assert_int_equal(row[4].i64, -20000);
    assert_int_equal(row[5].i64, (int64_t)(ROWS - 1) * 1000000);
    assert_int_equal(row[6].i64, ROWS);
    assert_int_equal(row[7].i64, ROWS - (ROWS + 2) / 3);
    postgresql_result_close(result);
}

static void bad_columns_are_refused(void **state)
{
    (void)state;
    static const struct {
        int64_t whole;
        struct text text;
        enum error_code code;
    } cases[] = {
        {INT64_C(1) << 31, {"x", 1}, ERROR_INVALID_INPUT},
        {1, {"Dup\0ont", 7}, ERROR_INVALID_INPUT},
        {1, {"Dupont\xff", 7}, ERROR_INVALID_INPUT},
        {1, {"Dupont is too long", 18}, ERROR_INVALID_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct postgresql_copy *copy = NULL;
        uint64_t rows = 0;
        bulk_table();
        const struct postgresql_column columns[COLUMNS] = {{.i64 = &cases[i].whole}, {0}, {0}, {0}, {0}, {0}, {.texts = &cases[i].text}};
        must(postgresql_copy_open(&copy, connection, COPY_SQL, types, names, COLUMNS, &err));
        const bool done = postgresql_copy_columns(copy, columns, 1, &err) && postgresql_copy_finish(copy, &rows, &err);
        postgresql_copy_close(copy);
        assert_false(done);
        assert_int_equal(err.code, cases[i].code);
        assert_false(leaks("Dup"));
        error_clear(&err);
        must(postgresql_script(connection, "SELECT 1", &err)); /* the connection is of use again */
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_types),
        cmocka_unit_test(many_rows_and_an_early_end),
        cmocka_unit_test(scripts_are_whole_or_nothing),
        cmocka_unit_test(errors_never_quote_a_row),
        cmocka_unit_test(a_statement_may_not_take_for_ever),
        cmocka_unit_test(the_user_stops),
        cmocka_unit_test(columns_arrive),
        cmocka_unit_test(bad_columns_are_refused),
    };
    url = argc > 1 ? argv[1] : "";
    password = argc > 2 ? argv[2] : NULL;
    return cmocka_run_group_tests(tests, setup, teardown);
}
