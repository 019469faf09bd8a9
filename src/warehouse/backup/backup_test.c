/* SPDX-License-Identifier: EUPL-1.2 */
/* backup: what is copied, kept, forgotten and refused; every changed object is named; a restored directory is equal file by file, and keys
 * never come near the data. tests/backup kills the program at every write and runs out of disk. */
#include "base/file.h"
#include "base/scratch.h"
#include "warehouse/backup/backup.h"
#include "warehouse/backup/backup_internal.h"
#include "warehouse/store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    struct scratch root;
    struct arena *arena;
    struct task_pool *pool;
    struct error err;
};

static const char *at(struct place *place, const char *name)
{
    return arena_text_format(place->arena, "%s/%s", place->root.directory, name);
}

static void put(struct place *place, const char *name, const char *content)
{
    assert_true(file_write_atomic(at(place, name), content, strlen(content), 0600, &place->err));
}

static bool is_there(struct place *place, const char *name)
{
    bool exists = false;
    assert_true(file_exists(at(place, name), &exists, &place->err));
    return exists;
}

static bool holds(struct place *place, const char *name, const char *content)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    assert_true(file_read(at(place, name), &bytes, &place->err));
    return bytes.length == strlen(content) && memcmp(bytes.data, content, bytes.length) == 0;
}

static int begin(void **state)
{
    static struct place place;
    uint8_t id[GRANT_STORE_ID_SIZE];
    place = (struct place){.root = scratch_open(), .arena = arena_create()};
    *state = &place;
    assert_true(crypto_start(&place.err) && task_pool_create(&place.pool, 2, &place.err));
    assert_true(store_create(at(&place, "w"), id, &place.err));
    assert_true(directory_create(at(&place, "w/keys"), 0700, &place.err) && directory_create(at(&place, "w/ledger"), 0700, &place.err));
    put(&place, "w/keys/root.sealed", "EMC2ROOT and more");
    put(&place, "w/keys/table", "wrapped keys");
    put(&place, "w/ledger/checkpoint", "one");
    put(&place, "w/segments/aa.sealed", "EMC2SEAL aa");
    put(&place, "w/segments/bb.sealed.tmp", "left over");
    put(&place, "w/snapshots/00000001.manifest", "EMC2SEAL 1");
    put(&place, "w/emc2.settings", "threads = 1\n");
    put(&place, "w/lock", "process 1");
    return 0;
}

static int end(void **state)
{
    struct place *place = *state;
    task_pool_destroy(place->pool);
    arena_destroy(place->arena);
    scratch_cleanup(&place->root);
    return 0;
}

static struct backup_report make(struct place *place, bool prune)
{
    struct backup_report report = {0};
    const struct backup_options options = {.prune = prune, .quiet = true};
    if (!backup_make(at(place, "w"), at(place, "b"), &options, &report, &place->err)) {
        fail_msg("%s", place->err.message);
    }
    return report;
}

static void count_problem(void *context, const char *file, const char *what)
{
    snprintf(context, 200, "%s: %s", file, what);
}

static uint64_t verify(struct place *place, char last[200])
{
    struct backup_report report;
    uint64_t problems;
    assert_true(backup_verify(at(place, "b"), place->pool, true, count_problem, last, &problems, &report, &place->err));
    return problems;
}

static void copies_once_and_follows_changes(void **state)
{
    struct place *place = *state;
    struct backup_report report = make(place, false);
    assert_int_equal(report.files, 5); /* store.json, emc2.settings, checkpoint, a segment, a manifest */
    assert_int_equal(report.copied_files, 5);
    report = make(place, false);
    assert_int_equal(report.copied_files, 0);
    put(place, "w/ledger/checkpoint", "two");
    put(place, "w/segments/cc.sealed", "EMC2SEAL cc");
    report = make(place, false);
    assert_int_equal(report.copied_files, 2);
    assert_int_equal(report.removed, 1); /* the checkpoint of before */
    assert_true(unlink(at(place, "w/segments/aa.sealed")) == 0);
    report = make(place, false);
    assert_int_equal(report.gone, 1);
    assert_int_equal(report.removed, 0);
    report = make(place, true);
    assert_int_equal(report.gone, 0);
    assert_int_equal(report.removed, 1);
    assert_int_equal(report.files, 5);
}

static void restores_what_was_there_and_keys_on_their_own(void **state)
{
    struct place *place = *state;
    struct backup_report report;
    make(place, false);
    assert_true(unlink(at(place, "w/segments/aa.sealed")) == 0); /* somebody removed it: the backup brings it back */
    make(place, false);
    assert_true(backup_keys(at(place, "w"), at(place, "k"), &report, &place->err));
    assert_int_equal(report.files, 2);
    assert_true(backup_restore(at(place, "b"), at(place, "k"), at(place, "again"), true, &report, &place->err));
    assert_true(holds(place, "again/segments/aa.sealed", "EMC2SEAL aa") && holds(place, "again/ledger/checkpoint", "one"));
    assert_true(holds(place, "again/keys/table", "wrapped keys") && !is_there(place, "again/lock"));
    assert_false(backup_restore(at(place, "b"), NULL, at(place, "again"), true, &report, &place->err));
    assert_int_equal(place->err.code, ERROR_EXISTS);
    assert_true(backup_restore(at(place, "b"), NULL, at(place, "bare"), true, &report, &place->err));
    assert_false(is_there(place, "bare/keys"));
}

static void every_damaged_object_is_named(void **state)
{
    struct place *place = *state;
    char last[200] = "";
    make(place, false);
    assert_int_equal(verify(place, last), 0);
    struct crypto_hash hash = crypto_hash_of("EMC2SEAL aa", 11);
    const char *object = backup_object_path(place->arena, at(place, "b"), &hash);
    assert_true(file_write_atomic(object, "EMC2SEAL ab", 11, 0600, &place->err));
    assert_int_equal(verify(place, last), 1);
    assert_string_equal(last, "segments/aa.sealed: its bytes were changed");
    struct backup_report report;
    assert_false(backup_restore(at(place, "b"), NULL, at(place, "r"), true, &report, &place->err));
    assert_int_equal(place->err.code, ERROR_CORRUPT);
    assert_false(is_there(place, "r") || is_there(place, "r.partial"));
    assert_true(unlink(object) == 0);
    assert_int_equal(verify(place, last), 1);
    assert_string_equal(last, "segments/aa.sealed: it is missing");
    make(place, false); /* and the next backup copies it anew */
    assert_int_equal(verify(place, last), 0);
}

static void expect_refusal(struct place *place, const char *to, enum error_code code)
{
    struct backup_report report;
    const struct backup_options options = {.quiet = true};
    assert_false(backup_make(at(place, "w"), at(place, to), &options, &report, &place->err));
    assert_int_equal(place->err.code, code);
}

static void data_and_keys_are_kept_apart(void **state)
{
    struct place *place = *state;
    struct backup_report report;
    make(place, false);
    assert_true(backup_keys(at(place, "w"), at(place, "k"), &report, &place->err));
    expect_refusal(place, "w/backup", ERROR_DENIED);
    expect_refusal(place, ".", ERROR_DENIED);
    expect_refusal(place, "k/data", ERROR_DENIED);
    assert_false(backup_keys(at(place, "w"), at(place, "b/inside"), &report, &place->err));
    assert_int_equal(place->err.code, ERROR_DENIED);
    assert_false(backup_keys(at(place, "w"), at(place, "w/k"), &report, &place->err));
    assert_int_equal(place->err.code, ERROR_DENIED);
    put(place, "w/share.of.somebody", "EMC2SHAR ...");
    expect_refusal(place, "other", ERROR_DENIED);
    assert_true(unlink(at(place, "w/share.of.somebody")) == 0);
    assert_true(symlink("/etc/hostname", at(place, "w/link")) == 0);
    expect_refusal(place, "other", ERROR_UNSUPPORTED);
}

static void a_destroyed_key_is_gone_from_the_copy(void **state)
{
    struct place *place = *state;
    struct backup_report report;
    assert_true(backup_keys(at(place, "w"), at(place, "k"), &report, &place->err));
    put(place, "w/keys/table", "fewer keys");
    assert_true(unlink(at(place, "w/keys/root.sealed")) == 0);
    assert_true(rename(at(place, "k/keys"), at(place, "k/keys.old")) == 0); /* as if it had been interrupted between its renames */
    assert_true(backup_keys(at(place, "w"), at(place, "k"), &report, &place->err));
    assert_true(holds(place, "k/keys/table", "fewer keys"));
    assert_false(is_there(place, "k/keys/root.sealed") || is_there(place, "k/keys.old") || is_there(place, "k/keys.new"));
}

static void another_warehouse_is_refused(void **state)
{
    struct place *place = *state;
    struct backup_report report;
    const struct backup_options options = {.quiet = true};
    uint8_t id[GRANT_STORE_ID_SIZE];
    make(place, false);
    assert_true(backup_keys(at(place, "w"), at(place, "k"), &report, &place->err));
    assert_true(store_create(at(place, "v"), id, &place->err) && directory_create(at(place, "v/keys"), 0700, &place->err));
    assert_false(backup_make(at(place, "v"), at(place, "b"), &options, &report, &place->err));
    assert_int_equal(place->err.code, ERROR_EXISTS);
    assert_false(backup_keys(at(place, "v"), at(place, "k"), &report, &place->err));
    assert_int_equal(place->err.code, ERROR_EXISTS);
    assert_true(backup_make(at(place, "v"), at(place, "c"), &options, &report, &place->err));
    assert_false(backup_restore(at(place, "c"), at(place, "k"), at(place, "r"), true, &report, &place->err));
    assert_int_equal(place->err.code, ERROR_DENIED);
    assert_true(directory_create(at(place, "full"), 0700, &place->err));
    put(place, "full/thesis.txt", "precious");
    assert_false(backup_make(at(place, "w"), at(place, "full"), &options, &report, &place->err));
    assert_int_equal(place->err.code, ERROR_EXISTS);
}

static void paths_stay_inside(void **state)
{
    static const char *const good[] = {"store.json", "segments/00ff.sealed", "ledger/tile/0/x001/234", "ledger/tile/0/000.p/5", "a b"};
    static const char *const bad[] = {"",        "/a",   "a/",         "a//b", "..",   "a/..", "a/../b",
                                      ".hidden", "keys", "keys/table", "lock", "a\\b", "a\nb"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(backup_path_is_safe(text_of(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(backup_path_is_safe(text_of(bad[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(copies_once_and_follows_changes, begin, end),
        cmocka_unit_test_setup_teardown(restores_what_was_there_and_keys_on_their_own, begin, end),
        cmocka_unit_test_setup_teardown(every_damaged_object_is_named, begin, end),
        cmocka_unit_test_setup_teardown(data_and_keys_are_kept_apart, begin, end),
        cmocka_unit_test_setup_teardown(a_destroyed_key_is_gone_from_the_copy, begin, end),
        cmocka_unit_test_setup_teardown(another_warehouse_is_refused, begin, end),
        cmocka_unit_test(paths_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
