/* SPDX-License-Identifier: EUPL-1.2 */
/* Kept cohorts: what was written is read, by whoever may see rows, without persons who are excluded; changed files are found; what belongs
 * to a closed snapshot goes. */
#include "base/task.h"
#include "warehouse/cohorts/cohorts.h"
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FIRST = 100, STEP = 3, COUNT = 20 };
struct made {
    char directory[64];
    struct keyring *keyring;
    struct store *store;
    struct grant grant;
    struct cohort_table_place place;
    struct arena *arena;
};

static void load(struct made *made)
{
    struct error err;
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct store_snapshot_note note = {.label = "example"};
    uint32_t number;
    must(store_writer_open(&writer, made->store, &made->grant, &err));
    must(example_add_segment(writer, FIRST, STEP, COUNT / 2, 0, &err));
    must(example_add_segment(writer, FIRST + STEP * COUNT / 2, STEP, COUNT / 2, 1, &err));
    must(example_add_rest(writer, &err) && store_writer_commit(writer, &note, &number, &err));
}

static int make(void **state)
{
    static struct made made;
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    made = (struct made){.directory = "/tmp/emc2-cohorts-XXXXXX", .arena = arena_create()};
    must(crypto_start(&err) && mkdtemp(made.directory) && store_create(made.directory, store_id, &err));
    must(keyring_open(&made.keyring, &example_custody, NULL, store_id, &err));
    must(example_grant(made.keyring, GRANT_LOAD | GRANT_COUNT | GRANT_ROWS | GRANT_ERASE | GRANT_VERIFY, &made.grant, &err));
    must(store_open(&made.store, made.directory, made.keyring, NULL, &err));
    made.place = (struct cohort_table_place){made.directory, made.keyring, &made.grant};
    load(&made);
    *state = &made;
    return 0;
}

static int finish(void **state)
{
    struct made *made = *state;
    struct error err;
    store_close(made->store);
    keyring_close(made->keyring);
    arena_destroy(made->arena);
    must(directory_remove_all(made->directory, &err));
    return 0;
}

static void keep(struct made *made, const char *name, int64_t cohort_id, size_t count)
{
    struct error err;
    int64_t persons[COUNT];
    int32_t starts[COUNT], ends[COUNT];
    struct cohort_table_rows rows = {count, persons, starts, ends};
    struct cohort_table table = {.cohort_id = cohort_id, .snapshot = 1, .program = crypto_hash_of(name, strlen(name))};
    struct store_snapshot snapshot;
    snprintf(table.name, sizeof table.name, "%s", name);
    must(store_snapshot_read(made->store, &made->grant, 1, &snapshot, &err));
    table.manifest = snapshot.manifest_hash;
    for (size_t i = 0; i < count; i++) {
        persons[i] = FIRST + STEP * (int64_t)(i / 2);
        starts[i] = (int32_t)(i % 2 ? 19000 : 18000);
        ends[i] = starts[i] + 10;
    }
    if (!cohort_table_write(&made->place, &table, &rows, &err)) {
        fail_msg("%s", err.message);
    }
}

static size_t list(struct made *made, const struct cohort_table **out_tables)
{
    struct error err = {0};
    size_t count;
    if (!cohort_tables_list(&made->place, made->arena, out_tables, &count, &err)) {
        fail_msg("%s", err.message);
    }
    return count;
}

static struct cohort_table_rows read_all(struct made *made, const struct cohort_table *table)
{
    struct error err;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct cohort_table_rows rows = {0};
    must(store_reader_open(&reader, made->store, &made->grant, 1, &err));
    if (!cohort_table_read(&made->place, table, reader, made->arena, &rows, &err)) {
        fail_msg("%s", err.message);
    }
    return rows;
}

static void what_was_kept_is_read(void **state)
{
    struct made *made = *state;
    const struct cohort_table *tables;
    assert_int_equal(list(made, &tables), 0);
    keep(made, "study.b", 2, 8);
    keep(made, "study.a", 7, 0);
    keep(made, "study.a", 3, 5);
    assert_int_equal(list(made, &tables), 3);
    assert_true(tables[0].cohort_id == 3 && tables[1].cohort_id == 7 && tables[2].cohort_id == 2);
    assert_string_equal(tables[2].name, "study.b");
    struct cohort_table_rows rows = read_all(made, &tables[0]);
    assert_true(rows.count == 5 && rows.persons[4] == FIRST + 2 * STEP && rows.starts[1] == 19000 && rows.ends[4] == 18010);
    assert_int_equal(read_all(made, &tables[1]).count, 0);
}

static void who_is_excluded_never_comes_back(void **state)
{
    struct made *made = *state;
    struct error err;
    const struct cohort_table *tables;
    const int64_t gone[] = {FIRST + STEP};
    uint32_t number;
    size_t new_ones;
    keep(made, "study", 1, 8);
    must(store_exclude(made->store, &made->grant, gone, 1, "objection", &number, &new_ones, &err));
    assert_int_equal(list(made, &tables), 1);
    struct cohort_table_rows rows = read_all(made, &tables[0]);
    assert_int_equal(rows.count, 6);
    for (size_t i = 0; i < rows.count; i++) {
        assert_true(rows.persons[i] != gone[0]);
    }
}

static void compaction_takes_what_it_closes(void **state)
{
    struct made *made = *state;
    struct error err = {0};
    const struct cohort_table *tables;
    const int64_t gone[] = {FIRST};
    struct store_erasure erasure;
    uint32_t number;
    size_t new_ones;
    uint64_t destroyed;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    must(task_pool_create(&pool, 1, &err));
    keep(made, "study", 1, 8);
    assert_true(cohort_tables_sweep(&made->place, made->store, &destroyed, &err));
    assert_int_equal(destroyed, 0);
    must(store_exclude(made->store, &made->grant, gone, 1, "objection", &number, &new_ones, &err));
    must(store_compact(made->store, &made->grant, "objection", pool, NULL, &erasure, &err));
    if (!cohort_tables_sweep(&made->place, made->store, &destroyed, &err)) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(destroyed, 1);
    assert_int_equal(list(made, &tables), 0);
}

static void only_who_may_see_rows_reads_and_keeps(void **state)
{
    struct made *made = *state;
    struct error err;
    const struct cohort_table *tables;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct grant grant;
    struct cohort_table_rows rows;
    keep(made, "study", 1, 8);
    list(made, &tables);
    must(example_grant(made->keyring, GRANT_COUNT, &grant, &err) && store_reader_open(&reader, made->store, &grant, 1, &err));
    struct cohort_table_place place = {made->directory, made->keyring, &grant};
    assert_false(cohort_table_read(&place, &tables[0], reader, made->arena, &rows, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    struct cohort_table table = {.name = "study"};
    assert_false(cohort_table_write(&place, &table, &(struct cohort_table_rows){.count = 0}, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(cohort_tables_destroy(&place, tables, 1, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static void note_problem(void *context, const char *file, const char *what)
{
    (void)what;
    assert_non_null(strstr(file, "cohorts/"));
    ++*(int *)context;
}

static void every_changed_byte_is_found(void **state)
{
    struct made *made = *state;
    struct error err = {0};
    const struct cohort_table *tables;
    char path[200], hex[2 * KEY_FILE_ID_SIZE + 1];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    uint32_t problems;
    int told = 0;
    keep(made, "study", 1, 8);
    list(made, &tables);
    crypto_hex(hex, tables[0].id.bytes, KEY_FILE_ID_SIZE);
    snprintf(path, sizeof path, "%s/cohorts/%s.cohort", made->directory, hex);
    must(cohort_tables_verify(&made->place, note_problem, &told, &problems, &err));
    assert_true(problems == 0 && told == 0);
    must(file_read(path, &bytes, &err));
    for (size_t at = 0; at < bytes.length; at++) {
        bytes.data[at] ^= 0x20;
        must(file_write_atomic(path, bytes.data, bytes.length, 0600, &err));
        if (!cohort_tables_verify(&made->place, note_problem, &told, &problems, &err) || problems != 1) {
            fail_msg("byte %zu: %s", at, err.message);
        }
        bytes.data[at] ^= 0x20;
    }
    assert_int_equal(told, bytes.length);
}

static void names_are_plain(void **state)
{
    (void)state;
    struct error err;
    assert_true(cohort_name_check("Study_2026-11.b", &err));
    static const char *const wrong[] = {"", ".a", "-a", "a/b", "a b", "é", "a\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(cohort_name_check(wrong[i], &err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_kept_is_read, make, finish),
        cmocka_unit_test_setup_teardown(who_is_excluded_never_comes_back, make, finish),
        cmocka_unit_test_setup_teardown(compaction_takes_what_it_closes, make, finish),
        cmocka_unit_test_setup_teardown(only_who_may_see_rows_reads_and_keeps, make, finish),
        cmocka_unit_test_setup_teardown(every_changed_byte_is_found, make, finish),
        cmocka_unit_test(names_are_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
