/* SPDX-License-Identifier: EUPL-1.2 */
/* export: every value comes out as it went in, in both formats; the directory is complete or absent; the grant must allow it. */
#include "base/file.h"
#include "base/scratch.h"
#include "engines/duckdb/duckdb_engine.h"
#include "warehouse/export/export.h"
#include "warehouse/export/export_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 70000, DATE = 18000 };
static struct scratch root;
static struct keyring *keyring;
static struct store *store;
static struct grant grant;
static struct store_reader *reader;

static bool root_unseal(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 7, CRYPTO_KEY_SIZE);
    return true;
}

static const char *path_in(struct arena *arena, const char *name)
{
    return arena_text_format(arena, "%s/%s", root.directory, name);
}

/* ROWS observations of 7 persons: ids from 1, one date, numbers i / 8, texts NULL, empty or with what CSV must quote. */
static bool fill(struct segment_builder *builder, struct arena *arena, struct error *err)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, ROWS), *persons = ARENA_ARRAY(arena, int64_t, ROWS),
            *moments = ARENA_ARRAY(arena, int64_t, ROWS);
    int32_t *days = ARENA_ARRAY(arena, int32_t, ROWS);
    double *numbers = ARENA_ARRAY(arena, double, ROWS);
    struct text *texts = ARENA_ARRAY(arena, struct text, ROWS);
    uint64_t *valid = ARENA_ARRAY(arena, uint64_t, ROWS / 64 + 1);
    for (int i = 0; i < ROWS; i++) {
        ids[i] = i + 1;
        persons[i] = i % 7 + 1;
        days[i] = DATE;
        moments[i] = (int64_t)DATE * 86400000000 + i;
        numbers[i] = i / 8.0;
        texts[i] = i % 3 == 1 ? TEXT("") : TEXT("a \"b\", c\nd");
        valid[i / 64] |= (uint64_t)(i % 3 != 0) << (i % 64);
    }
    const struct store_vector id = {.type = OMOP_INTEGER, .count = ROWS, .integers = ids};
    const struct store_vector person = {.type = OMOP_INTEGER, .count = ROWS, .integers = persons};
    const struct store_vector date = {.type = OMOP_DATE, .count = ROWS, .days = days};
    const struct store_vector moment = {.type = OMOP_DATETIME, .count = ROWS, .integers = moments};
    const struct store_vector number = {.type = OMOP_FLOAT, .count = ROWS, .floats = numbers};
    const struct store_vector text = {.type = OMOP_TEXT, .count = ROWS, .valid = valid, .texts = texts};
    const struct store_vector *columns[OMOP_OBSERVATION_FIELD_COUNT] = {
        [OMOP_OBSERVATION_OBSERVATION_ID] = &id,      [OMOP_OBSERVATION_PERSON_ID] = &person,
        [OMOP_OBSERVATION_OBSERVATION_DATE] = &date,  [OMOP_OBSERVATION_OBSERVATION_DATETIME] = &moment,
        [OMOP_OBSERVATION_VALUE_AS_NUMBER] = &number, [OMOP_OBSERVATION_VALUE_AS_STRING] = &text};
    return segment_builder_append(builder, OMOP_TABLE_OBSERVATION, columns, NULL, ROWS, err);
}

static bool write_store(struct arena *arena, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    const struct store_snapshot_note note = {.label = "test"};
    uint32_t number;
    TRY(fill(builder, arena, err) && store_writer_open(&writer, store, &grant, err));
    return store_writer_add(writer, builder, 0, err) && store_writer_commit(writer, &note, &number, err);
}

static bool open_all(struct arena *arena, struct error *err)
{
    static const struct custody custody = {.name = "test", .root_unseal = root_unseal};
    const char *directory = path_in(arena, "store");
    TRY(crypto_start(err) && store_create(directory, grant.store_id, err));
    TRY(keyring_open(&keyring, &custody, NULL, grant.store_id, err) && store_open(&store, directory, keyring, NULL, err));
    grant.actions = GRANT_LOAD | GRANT_EXPORT | GRANT_ROWS;
    grant.tables = UINT64_MAX;
    grant.not_before = clock_unix_seconds() - 60;
    grant.not_after = clock_unix_seconds() + 3600;
    snprintf(grant.project, sizeof grant.project, "test");
    TRY(keyring_grant_issue(keyring, &grant, err) && write_store(arena, err));
    return store_reader_open(&reader, store, &grant, 0, err);
}

static int begin(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    root = scratch_open();
    bool done = open_all(arena, &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    return done ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    store_reader_close(reader);
    store_close(store);
    keyring_close(keyring);
    scratch_cleanup(&root);
    return 0;
}

static void csv_has_every_value(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 26};
    struct export_report report;
    assert_true(export_tables(reader, EXPORT_CSV, path_in(arena, "csv"), NULL, &report, &err));
    assert_int_equal(report.rows, ROWS);
    assert_int_equal(report.files, OMOP_TABLE_COUNT + 1);
    assert_true(file_read(path_in(arena, "csv/observation.csv"), &text, &err));
    const char *content = (const char *)text.data;
    assert_non_null(strstr(content, "\n2,2,,2019-04-14,2019-04-14 00:00:00.000001,,0.125,\"\","));
    assert_non_null(strstr(content, "\n3,3,,2019-04-14,2019-04-14 00:00:00.000002,,0.25,\"a \"\"b\"\", c\nd\","));
    assert_non_null(strstr(content, "\n1,1,,2019-04-14,2019-04-14 00:00:00,,0,,"));
}

static void check_parquet(const char *pattern)
{
    struct error err = {0};
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(engine_result) struct engine_result *result = NULL;
    CLEANUP(buffer_value) struct buffer sql = {.maximum = 1 << 16};
    struct engine_batch batch;
    const char *at = strchr(read_back_sql, '@');
    assert_true(engine_open(&engine, &(struct engine_options){.files_allowed = true}, &err));
    assert_true(buffer_append(&sql, read_back_sql, (size_t)(at - read_back_sql), &err));
    assert_true(engine_quote_literal(&sql, text_of(pattern), &err));
    assert_true(buffer_append_text(&sql, ")", &err));
    assert_true(engine_query(&result, engine, (const char *)sql.data, NULL, 0, &err));
    assert_true(engine_result_next(result, &batch, &err));
    assert_int_equal(batch.column[0].i64[0], ROWS);
    assert_int_equal(batch.column[1].i64[0], ROWS - (ROWS + 2) / 3);
    assert_int_equal(batch.column[3].days[0], DATE);
    assert_true(batch.column[4].numbers[0] == 0);
    assert_true(text_equal(batch.column[5].texts[0], TEXT("")));
    assert_true(batch.column[6].i64[0] == (int64_t)DATE * 86400000000 + ROWS - 1);
}

static void parquet_has_every_value_in_one_part_or_more(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct export_report report;
    const struct export_options small = {.memory_bytes = 1, .quiet = true};
    assert_true(export_tables(reader, EXPORT_PARQUET, path_in(arena, "one"), NULL, &report, &err));
    assert_int_equal(report.files, OMOP_TABLE_COUNT + 1);
    check_parquet(path_in(arena, "one/observation.parquet"));
    assert_true(export_tables(reader, EXPORT_PARQUET, path_in(arena, "parts"), &small, &report, &err));
    assert_int_equal(report.files, OMOP_TABLE_COUNT + 2);
    check_parquet(path_in(arena, "parts/observation/*.parquet"));
}

static void nothing_is_overwritten_or_given_without_leave(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(store_reader) struct store_reader *other = NULL;
    struct export_report report;
    struct grant counting = grant;
    bool exists = true;
    assert_false(export_tables(reader, EXPORT_CSV, root.directory, NULL, &report, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    counting.actions = GRANT_COUNT;
    assert_true(keyring_grant_issue(keyring, &counting, &err));
    assert_true(store_reader_open(&other, store, &counting, 0, &err));
    assert_false(export_tables(other, EXPORT_CSV, path_in(arena, "denied"), NULL, &report, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(file_exists(path_in(arena, "denied"), &exists, &err));
    assert_false(exists);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(csv_has_every_value), cmocka_unit_test(parquet_has_every_value_in_one_part_or_more),
                                       cmocka_unit_test(nothing_is_overwritten_or_given_without_leave)};
    return cmocka_run_group_tests(tests, begin, end);
}
