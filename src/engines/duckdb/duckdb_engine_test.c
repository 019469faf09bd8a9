/* SPDX-License-Identifier: EUPL-1.2 */
/* duckdb: every type comes out as the header says, an error never quotes a value, and a closed engine opens no file. */
#include "base/buffer.h"
#include "base/task.h"
#include "engines/duckdb/duckdb_engine.h"
#include "engines/duckdb/duckdb_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct engine *engine;
static struct error err;

static int open_engine(void **state)
{
    (void)state;
    if (!engine_open(&engine, &(struct engine_options){.threads = 2, .memory_bytes = 512 << 20}, &err)) {
        print_error("%s: %s\n", err.message, err.detail);
        return -1;
    }
    return 0;
}

static int close_engine(void **state)
{
    (void)state;
    engine_close(engine);
    return 0;
}

static struct engine_result *query(const char *sql)
{
    struct engine_result *result = NULL;
    if (!engine_query(&result, engine, sql, NULL, 0, &err)) {
        fail_msg("%s: %s", err.message, err.detail);
    }
    return result;
}

static struct engine_batch next(struct engine_result *result)
{
    struct engine_batch batch = {0};
    if (!engine_result_next(result, &batch, &err)) {
        fail_msg("%s: %s", err.message, err.detail);
    }
    return batch;
}

static void every_type_comes_out(void **state)
{
    (void)state;
    struct engine_result *result =
        query("SELECT 1::TINYINT, -2::SMALLINT, 3::INTEGER, -4::BIGINT, 5::UTINYINT, 6::USMALLINT, 7::UINTEGER, 8::UBIGINT, -9::HUGEINT, "
              "1.5::FLOAT, 2.5::DOUBLE, 12.345::DECIMAL(9,3), DATE '2024-02-29', TIMESTAMP '1969-12-31 23:59:59.5', "
              "TIMESTAMP_S '2000-01-01 00:00:01', TIMESTAMP_MS '1969-12-31 23:59:59.999', TIMESTAMP_NS '1969-12-31 23:59:59.999999999', "
              "true, 'short', 'a text of more than twelve bytes', 'b'::ENUM('a', 'b'), NULL, -0.001::DECIMAL(38,3)");
    const int64_t whole[] = {1, -2, 3, -4, 5, 6, 7, 8, -9};
    struct engine_batch batch = next(result);
    assert_int_equal(batch.rows, 1);
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(batch.column[i].type, ENGINE_I64);
        assert_int_equal(batch.column[i].i64[0], whole[i]);
    }
    assert_true(batch.column[9].numbers[0] == 1.5 && batch.column[10].numbers[0] == 2.5 && batch.column[11].numbers[0] == 12.345);
    assert_int_equal(batch.column[12].days[0], 19782);
    assert_int_equal(batch.column[13].i64[0], -500000);
    assert_int_equal(batch.column[14].i64[0], INT64_C(946684801000000));
    assert_int_equal(batch.column[15].i64[0], -1000);
    assert_int_equal(batch.column[16].i64[0], -1);
    assert_int_equal(batch.column[17].type, ENGINE_BOOL);
    assert_int_equal(batch.column[17].i64[0], 1);
    assert_true(text_equal(batch.column[18].texts[0], TEXT("short")));
    assert_true(text_equal(batch.column[19].texts[0], TEXT("a text of more than twelve bytes")));
    assert_true(text_equal(batch.column[20].texts[0], TEXT("b")));
    assert_non_null(batch.column[21].valid);
    assert_false(batch.column[21].valid[0] & 1);
    assert_true(batch.column[22].numbers[0] == -0.001);
    assert_int_equal(next(result).rows, 0);
    engine_result_close(result);
}

static void nulls_are_bits_and_rows_keep_their_order(void **state)
{
    (void)state;
    struct engine_result *result =
        query("SELECT i, CASE WHEN i % 3 = 0 THEN NULL ELSE i::VARCHAR || ' is a number written out' END FROM range(300000) AS r(i)");
    int64_t expected = 0;
    for (struct engine_batch batch = next(result); batch.rows; batch = next(result)) {
        for (size_t i = 0; i < batch.rows; i++, expected++) {
            assert_int_equal(batch.column[0].i64[i], expected);
            const bool valid = batch.column[1].valid[i / 64] >> (i % 64) & 1;
            assert_int_equal(valid, expected % 3 != 0);
            assert_true(valid || batch.column[1].texts[i].length == 0);
        }
    }
    assert_int_equal(expected, 300000);
    engine_result_close(result);
}

static bool begins_with_number(struct text text, int64_t number)
{
    char wanted[TEXT_NUMBER_SIZE];
    text_from_i64(number, wanted);
    return text_starts_with(text, text_of(wanted)) && text.data[strlen(wanted)] == ' ';
}

static void larger_batches_have_the_same_rows(void **state)
{
    (void)state;
    struct engine_result *result = query("SELECT i, CASE WHEN i % 5000 < 2500 THEN NULL ELSE i::VARCHAR || ' is a number written out' END, "
                                         "CASE WHEN i >= 40000 THEN NULL ELSE i::DOUBLE END, i::INTEGER FROM range(100001) AS r(i)");
    int64_t expected = 0;
    assert_false(engine_result_batch_rows(result, 1, &err));
    assert_true(engine_result_batch_rows(result, 16384, &err));
    size_t largest = 0;
    for (struct engine_batch batch = next(result); batch.rows; batch = next(result)) {
        largest = batch.rows > largest ? batch.rows : largest;
        for (size_t i = 0; i < batch.rows; i++, expected++) {
            const struct engine_column *texts = &batch.column[1], *numbers = &batch.column[2];
            assert_int_equal(batch.column[0].i64[i], expected);
            assert_int_equal(batch.column[3].i64[i], expected);
            assert_int_equal(!texts->valid || (texts->valid[i / 64] >> (i % 64) & 1), expected % 5000 >= 2500);
            assert_int_equal(!numbers->valid || (numbers->valid[i / 64] >> (i % 64) & 1), expected < 40000);
            assert_true(expected >= 40000 || numbers->numbers[i] == (double)expected);
            assert_true(expected % 5000 < 2500 || begins_with_number(texts->texts[i], expected));
        }
    }
    assert_int_equal(expected, 100001);
    assert_int_equal(largest, 16384);
    engine_result_close(result);
}

static void values_are_bound(void **state)
{
    (void)state;
    const struct engine_value values[] = {
        {.type = ENGINE_I64, .i64 = INT64_MIN}, {.type = ENGINE_TEXT, .text = TEXT("'; DROP TABLE x; --")},
        {.type = ENGINE_DOUBLE, .number = 0.1}, {.type = ENGINE_DAY, .i64 = -1},
        {.type = ENGINE_INSTANT, .i64 = -1},    {.type = ENGINE_NULL},
        {.type = ENGINE_BOOL, .i64 = 1}};
    struct engine_result *result = NULL;
    assert_true(engine_query(&result, engine, "SELECT $1::BIGINT, $2, $3::DOUBLE, $4::DATE, $5::TIMESTAMP, $6::BIGINT, $7::BOOLEAN", values,
                             7, &err));
    struct engine_batch batch = next(result);
    assert_true(batch.column[0].i64[0] == INT64_MIN);
    assert_true(text_equal(batch.column[1].texts[0], values[1].text));
    assert_true(batch.column[2].numbers[0] == 0.1);
    assert_int_equal(batch.column[3].days[0], -1);
    assert_int_equal(batch.column[4].i64[0], -1);
    assert_false(batch.column[5].valid[0] & 1);
    assert_int_equal(batch.column[6].i64[0], 1);
    engine_result_close(result);
    assert_false(engine_execute(engine, "SELECT $1", values, 2, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static bool leaks(const char *secret)
{
    return strstr(err.message, secret) || strstr(err.detail, secret) || strstr(err.hint, secret);
}

static void errors_never_quote_a_value(void **state)
{
    (void)state;
    struct engine_result *result = NULL;
    struct engine_batch batch;
    const char *sql = "SELECT CAST('O''Brien said ''x'' to Smith' || i AS INTEGER) FROM range(3) AS r(i)";
    assert_false(engine_query(&result, engine, sql, NULL, 0, &err) && engine_result_next(result, &batch, &err));
    assert_int_equal(err.code, ERROR_ENGINE);
    assert_false(leaks("Brien") || leaks("Smith") || leaks("said"));
    engine_result_close(result);
    assert_false(engine_execute(engine, "SELECT CAST(12345678901 AS INTEGER)", NULL, 0, &err));
    assert_false(leaks("12345678901"));
    assert_false(engine_execute(engine, "SELECT nothing_of_the_kind", NULL, 0, &err));
    assert_int_equal(err.code, ERROR_ENGINE);
}

static void scrubbing(void **state)
{
    (void)state;
    char out[100];
    engine_words_scrub("Conversion Error: Could not convert string 'it's mine' to INT32", out, sizeof out);
    assert_string_equal(out, "Conversion Error: Could not convert string ... to INT32");
    engine_words_scrub("Type INT64 with value 4711 is out of range for INT32", out, sizeof out);
    assert_string_equal(out, "Type INT64 with value ... is out of range for INT32");
    engine_words_scrub("CSV Error on Line: 3\nOriginal Line: 1,Dupont\nmore", out, sizeof out);
    assert_string_equal(out, "CSV Error on Line: ...");
    engine_words_scrub("value \"begins\nand goes on Dupont", out, sizeof out);
    assert_string_equal(out, "value");
    engine_words_scrub("", out, sizeof out);
    assert_string_equal(out, "");
    char small[8];
    engine_words_scrub("a long sentence of words", small, sizeof small);
    assert_true(strlen(small) < sizeof small);
}

static void a_closed_engine_opens_nothing(void **state)
{
    (void)state;
    const char *const attempts[] = {"SELECT * FROM read_csv('/etc/passwd', delim = ':', header = false, auto_detect = true)",
                                    "COPY (SELECT 1) TO 'engine_test_output.csv'",
                                    "ATTACH 'engine_test_output.db' AS other",
                                    "INSTALL httpfs",
                                    "SELECT * FROM read_text('/etc/hostname')",
                                    "SELECT * FROM glob('/*')",
                                    "SET enable_external_access = true",
                                    "SET temp_directory = 'engine_test_spill'"};
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        if (engine_execute(engine, attempts[i], NULL, 0, &err)) {
            fail_msg("allowed: %s", attempts[i]);
        }
    }
}

static void rows_are_appended(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    struct engine_appender *appender = NULL;
    assert_true(engine_execute(engine, "CREATE TABLE appended (i BIGINT, n DOUBLE, t VARCHAR, d DATE, w TIMESTAMP, b BOOLEAN, s INTEGER)",
                               NULL, 0, &err));
    assert_true(engine_appender_open(&appender, engine, "appended", &err));
    for (int i = 0; i < ROWS; i++) {
        const struct engine_value null = {.type = ENGINE_NULL};
        const struct engine_value row[] = {{.type = ENGINE_I64, .i64 = i},
                                           {.type = ENGINE_DOUBLE, .number = i / 2.0},
                                           {.type = ENGINE_TEXT, .text = i % 2 ? TEXT("a text of more than twelve bytes") : TEXT("x")},
                                           {.type = ENGINE_DAY, .i64 = i},
                                           {.type = ENGINE_INSTANT, .i64 = i},
                                           {.type = ENGINE_BOOL, .i64 = i % 2},
                                           {.type = ENGINE_I64, .i64 = i}};
        for (size_t c = 0; c < 7; c++) {
            assert_true(engine_appender_value(appender, i % 5 == 0 && c ? &null : &row[c], &err));
        }
        assert_true(engine_appender_end_row(appender, &err));
    }
    const struct engine_value wrong = {.type = ENGINE_TEXT, .text = TEXT("x")};
    assert_true(engine_appender_finish(appender, &err));
    engine_appender_close(appender);
    struct engine_result *result =
        query("SELECT count(*), sum(i)::BIGINT, count(t), sum(length(t))::BIGINT, sum(n), sum(s)::BIGINT FROM appended");
    struct engine_batch batch = next(result);
    assert_int_equal(batch.column[0].i64[0], ROWS);
    assert_int_equal(batch.column[1].i64[0], (int64_t)ROWS * (ROWS - 1) / 2);
    assert_int_equal(batch.column[2].i64[0], ROWS * 4 / 5);
    engine_result_close(result);
    assert_true(engine_appender_open(&appender, engine, "appended", &err));
    assert_false(engine_appender_value(appender, &wrong, &err));
    engine_appender_close(appender);
    assert_false(engine_appender_open(&appender, engine, "no_such_table", &err));
}

static void columns_are_appended(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    static int64_t i64[ROWS];
    static struct text texts[ROWS];
    static uint64_t valid[ROWS / 64 + 1];
    for (size_t i = 0; i < ROWS; i++) {
        i64[i] = (int64_t)i;
        texts[i] = TEXT("some text or other");
        valid[i / 64] |= (uint64_t)(i % 7 != 0) << (i % 64);
    }
    const struct engine_column columns[] = {
        {.type = ENGINE_I64, .i64 = i64}, {.type = ENGINE_TEXT, .texts = texts, .valid = valid}, {.type = ENGINE_NULL}};
    struct engine_appender *appender = NULL;
    assert_true(engine_execute(engine, "CREATE TABLE columns_appended (i BIGINT, t VARCHAR, d DATE)", NULL, 0, &err));
    assert_true(engine_appender_open(&appender, engine, "columns_appended", &err));
    assert_true(engine_appender_columns(appender, &(struct engine_batch){.rows = ROWS, .columns = 3, .column = columns}, &err));
    assert_true(engine_appender_finish(appender, &err));
    engine_appender_close(appender);
    struct engine_result *result =
        query("SELECT count(*), count(t), count(d), max(i), bool_and((t IS NULL) = (i % 7 = 0)) FROM columns_appended");
    struct engine_batch batch = next(result);
    assert_int_equal(batch.column[0].i64[0], ROWS);
    assert_int_equal(batch.column[1].i64[0], ROWS - ROWS / 7 - 1);
    assert_int_equal(batch.column[2].i64[0], 0);
    assert_int_equal(batch.column[3].i64[0], ROWS - 1);
    assert_int_equal(batch.column[4].i64[0], 1);
    engine_result_close(result);
}

static void what_is_no_plain_value_is_refused(void **state)
{
    (void)state;
    struct engine_result *result = NULL;
    assert_false(engine_query(&result, engine, "SELECT [1, 2] AS a_list", NULL, 0, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "a_list"));
    assert_true(engine_query(&result, engine, "SELECT 18446744073709551615::UBIGINT", NULL, 0, &err));
    struct engine_batch batch;
    assert_false(engine_result_next(result, &batch, &err));
    engine_result_close(result);
}

static void a_cancellation_stops_it(void **state)
{
    (void)state;
    task_cancel();
    assert_false(engine_execute(engine, "SELECT sum(a.range * b.range) FROM range(100000) AS a, range(100000) AS b", NULL, 0, &err));
    assert_int_equal(err.code, ERROR_CANCELLED);
    task_cancel_reset_for_tests();
    assert_true(engine_execute(engine, "SELECT 1", NULL, 0, &err));
}

static void quoting(void **state)
{
    (void)state;
    struct buffer out = {.maximum = 100};
    assert_true(engine_quote_identifier(&out, TEXT("a\"b"), &err));
    assert_true(engine_quote_literal(&out, TEXT("it's"), &err));
    assert_string_equal((const char *)out.data, "\"a\"\"b\"'it''s'");
    assert_false(engine_quote_literal(&out, (struct text){"a\0b", 3}, &err));
    buffer_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_out),
        cmocka_unit_test(nulls_are_bits_and_rows_keep_their_order),
        cmocka_unit_test(larger_batches_have_the_same_rows),
        cmocka_unit_test(values_are_bound),
        cmocka_unit_test(errors_never_quote_a_value),
        cmocka_unit_test(scrubbing),
        cmocka_unit_test(a_closed_engine_opens_nothing),
        cmocka_unit_test(rows_are_appended),
        cmocka_unit_test(columns_are_appended),
        cmocka_unit_test(what_is_no_plain_value_is_refused),
        cmocka_unit_test(a_cancellation_stops_it),
        cmocka_unit_test(quoting),
    };
    return cmocka_run_group_tests(tests, open_engine, close_engine);
}
