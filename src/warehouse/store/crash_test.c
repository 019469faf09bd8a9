/* SPDX-License-Identifier: EUPL-1.2 */
/* crash: a load is killed at every fault point it passes (each write, fsync, rename, removal), in a process of its own, and then stopped
 * there by an error instead ("disk full"). After each, the store opens, verifies, and holds the snapshot from before or the whole new one;
 * the next load works and leaves nothing of the dead one behind. The same for making a store. */
#include "base/file.h"
#include "warehouse/store/store.h"
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_example.h"
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { POINTS_MAX = 300, SEGMENTS_BEFORE = 4, SEGMENTS_AFTER = 6 };
static char base[64];

/* ---- what the child does ---- */
static bool child_load(const char *directory, int64_t first, bool is_whole, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    const struct store_snapshot_note note = {"load", "{}"};
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct grant grant;
    uint32_t number;
    TRY(store_identify(directory, store_id, err));
    TRY(example_keys_open(&keyring, directory, store_id, err));
    TRY(example_grant(keyring, GRANT_LOAD, &grant, err));
    TRY(store_open(&store, directory, keyring, NULL, err));
    TRY(store_writer_open(&writer, store, &grant, err));
    for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
        TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
    }
    TRY(example_add_segment(writer, first, 1, 10, 0, err));
    TRY(is_whole ? example_add_rest(writer, err) : example_add_segment(writer, first + 10, 1, 10, 1, err));
    return store_writer_commit(writer, &note, &number, err);
}

/* Excludes person 3, or takes the excluded ones out of the files. */
static bool child_erase(const char *directory, bool is_compaction, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    const int64_t person = 3;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct grant grant;
    struct store_erasure erasure;
    uint32_t number;
    size_t new_ones;
    TRY(store_identify(directory, store_id, err));
    TRY(example_keys_open(&keyring, directory, store_id, err));
    TRY(example_grant(keyring, GRANT_LOAD | GRANT_ERASE, &grant, err));
    TRY(store_open(&store, directory, keyring, NULL, err));
    if (!is_compaction) {
        return store_exclude(store, &grant, &person, 1, "objection", &number, &new_ones, err);
    }
    return task_pool_create(&pool, 1, err) && store_compact(store, &grant, "objection", pool, NULL, &erasure, err);
}

static int child(const char *what, const char *directory)
{
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    if (strcmp(what, "exclude") == 0 || strcmp(what, "compact") == 0) {
        return child_erase(directory, what[0] == 'c', &err) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    bool done = strcmp(what, "create") == 0 ? store_create(directory, store_id, &err) : child_load(directory, 1000, false, &err);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Runs this program again as the child; returns the status of waitpid. */
static int run_child(const char *what, const char *directory, const char *fault, const char *trace)
{
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        setenv("EMC2_FAULT", fault, 1);
        setenv("EMC2_FAULT_TRACE", trace, 1);
        execl("/proc/self/exe", "crash_test", what, directory, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(process, &status, 0), process);
    return status;
}

static unsigned points_of(const char *what, const char *directory)
{
    struct error err;
    char trace[160];
    CLEANUP(buffer_value) struct buffer lines = {.maximum = 1 << 16};
    snprintf(trace, sizeof trace, "%s/trace", base);
    int status = run_child(what, directory, "", trace);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    assert_true(file_read(trace, &lines, &err));
    assert_true(file_remove(trace, &err));
    unsigned count = 0;
    for (size_t i = 0; i < lines.length; i++) {
        count += lines.data[i] == '\n';
    }
    return count;
}

/* ---- what must hold afterwards ---- */
static unsigned files_in(const char *directory, const char *part)
{
    char path[256];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/%s", directory, part);
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        count += entry->d_name[0] != '.';
    }
    closedir(entries);
    return count;
}

static void fail_on_problem(void *context, const char *file, const char *what)
{
    fail_msg("after point %u: %s: %s", *(const unsigned *)context, file, what);
}

/* Opens and verifies; returns the number of the latest snapshot. */
static uint32_t verify(const char *directory, unsigned point)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct grant grant;
    uint32_t problems, number = 0;
    assert_true(store_identify(directory, store_id, &err));
    assert_true(example_keys_open(&keyring, directory, store_id, &err));
    assert_true(example_grant(keyring, GRANT_VERIFY, &grant, &err));
    assert_true(store_open(&store, directory, keyring, NULL, &err));
    assert_true(store_snapshot_verify(store, &grant, 0, fail_on_problem, &point, NULL, &problems, &err));
    assert_int_equal(problems, 0);
    assert_true(store_reader_open(&reader, store, &grant, 0, &err));
    number = store_reader_snapshot(reader);
    assert_int_equal(store_reader_segment_count(reader, OMOP_PERSON), number == 1 ? 1 : 3);
    return number;
}

static void store_make(char directory[128], unsigned number)
{
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    snprintf(directory, 128, "%s/store%u", base, number);
    assert_true(store_create(directory, store_id, &err) && example_keys_create(directory, store_id, &err));
    assert_true(child_load(directory, 0, true, &err)); /* one person segment, locations, concepts, a blob */
    assert_int_equal(files_in(directory, "segments"), SEGMENTS_BEFORE);
}

static void a_load_may_die_anywhere(void **state)
{
    (void)state;
    char directory[128], fault[32];
    unsigned made = 0;
    store_make(directory, made++);
    unsigned points = points_of("load", directory);
    assert_true(points >= 15 && points < POINTS_MAX);
    store_make(directory, made++);
    for (unsigned k = 1; k <= points; k++) {
        snprintf(fault, sizeof fault, "*:%u", k);
        int status = run_child("load", directory, fault, "");
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        if (verify(directory, k) == 2) { /* killed after the manifest had its name */
            assert_true(k + 3 > points);
            store_make(directory, made++);
        }
    }
    /* What the dead ones left is there until the next load, which removes it. */
    int status = run_child("load", directory, "", "");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    assert_int_equal(verify(directory, 0), 2);
    assert_int_equal(files_in(directory, "segments"), SEGMENTS_AFTER);
    assert_int_equal(files_in(directory, "snapshots"), 2);
}

static void a_load_may_fail_anywhere(void **state)
{
    (void)state;
    char directory[128], fault[32];
    store_make(directory, 100);
    unsigned points = points_of("load", directory);
    store_make(directory, 101);
    for (unsigned k = 1; k <= points; k++) {
        snprintf(fault, sizeof fault, "*:%u:error", k);
        int status = run_child("load", directory, fault, "");
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE);
        assert_int_equal(verify(directory, k), 1); /* it said that it failed: so there is no new snapshot */
        assert_int_equal(files_in(directory, "segments"), SEGMENTS_BEFORE);
        assert_int_equal(files_in(directory, "snapshots"), 1);
    }
}

/* The newest snapshot is whole and does not show person 3; after `finished` nothing of the old segment is left, neither key nor file. */
static void erased_verify(const char *directory, unsigned point, uint32_t first_number, bool finished)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(store) struct store *store = NULL;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct store_reader *old = NULL;
    struct error err;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct grant grant;
    uint32_t problems;
    assert_true(store_identify(directory, store_id, &err));
    assert_true(example_keys_open(&keyring, directory, store_id, &err));
    assert_true(example_grant(keyring, GRANT_ANY, &grant, &err));
    assert_true(store_open(&store, directory, keyring, NULL, &err));
    assert_true(store_snapshot_verify(store, &grant, 0, fail_on_problem, &point, NULL, &problems, &err));
    assert_true(store_reader_open(&reader, store, &grant, 0, &err));
    uint32_t number = store_reader_snapshot(reader);
    assert_true(number >= first_number && number <= 3);
    struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, 0);
    assert_int_equal(store_segment_persons(segment), number > 1 ? 9 : 10);
    assert_int_equal(store_segment_rows(segment, OMOP_TABLE_CONDITION_OCCURRENCE), (number > 1 ? 9 : 10) * EXAMPLE_CONDITIONS);
    bool is_open = store_reader_open(&old, store, &grant, 1, &err);
    store_reader_close(is_open ? old : NULL);
    assert_true(is_open || (number == 3 && err.code == ERROR_ERASED)); /* no key goes before the new snapshot is there */
    if (finished) {
        assert_false(is_open);
        assert_int_equal(number, 3);
        assert_int_equal(files_in(directory, "segments"), SEGMENTS_BEFORE);
        assert_int_equal(files_in(directory, "certificates"), 1);
        assert_int_equal(files_in(directory, "snapshots"), 3);
    }
}

static void exclusion_and_compaction_may_be_stopped_anywhere(void **state)
{
    (void)state;
    static const char *const acts[] = {"exclude", "compact"}, *const ways[] = {"", ":error"};
    char directory[128], fault[32];
    unsigned made = 200;
    for (unsigned act = 0; act < 2; act++) {
        store_make(directory, made++);
        assert_true(act == 0 || run_child("exclude", directory, "", "") == 0);
        unsigned points = points_of(acts[act], directory);
        assert_true(points >= 5 && points < POINTS_MAX);
        for (unsigned k = 1; k <= 2 * points; k++) {
            store_make(directory, made++);
            assert_true(act == 0 || run_child("exclude", directory, "", "") == 0);
            snprintf(fault, sizeof fault, "*:%u%s", (k + 1) / 2, ways[k % 2]);
            int status = run_child(acts[act], directory, fault, "");
            assert_true(k % 2 ? WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE : WIFSIGNALED(status));
            erased_verify(directory, k, act + 1, false);
            assert_true(run_child("exclude", directory, "", "") == 0); /* again, and to the end */
            assert_true(run_child("compact", directory, "", "") == 0);
            erased_verify(directory, k, 3, true);
        }
    }
}

/* A write that takes less than it was given goes on where it stopped. */
static void short_writes_do_no_harm(void **state)
{
    (void)state;
    char directory[128], fault[32];
    for (unsigned k = 1; k <= 8; k++) {
        store_make(directory, 600 + k);
        snprintf(fault, sizeof fault, "file_write:%u:short", k);
        assert_true(run_child("load", directory, fault, "") == 0);
        assert_int_equal(verify(directory, k), 2);
    }
}

static void making_a_store_may_die_anywhere(void **state)
{
    (void)state;
    struct error err;
    char directory[128], fault[32];
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    snprintf(directory, sizeof directory, "%s/traced", base);
    unsigned points = points_of("create", directory);
    assert_true(points >= 4);
    for (unsigned k = 1; k <= points; k++) {
        snprintf(directory, sizeof directory, "%s/made%u", base, k);
        snprintf(fault, sizeof fault, "*:%u", k);
        int status = run_child("create", directory, fault, "");
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        if (!store_identify(directory, store_id, &err)) { /* not made yet: making it again works */
            assert_int_equal(err.code, ERROR_NOT_FOUND);
            assert_true(store_create(directory, store_id, &err));
        }
        assert_int_equal(files_in(directory, ""), 4); /* segments, snapshots, lock, store.json */
    }
}

static int start(void **state)
{
    (void)state;
    struct error err;
    /* In memory where that is to be had: thousands of fsyncs prove nothing more on a disk. */
    snprintf(base, sizeof base, "%s/emc2_crash_test_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return crypto_start(&err) && mkdtemp(base) ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(int argc, char **argv)
{
    if (argc == 3) {
        return child(argv[1], argv[2]);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_may_die_anywhere),
        cmocka_unit_test(a_load_may_fail_anywhere),
        cmocka_unit_test(exclusion_and_compaction_may_be_stopped_anywhere),
        cmocka_unit_test(short_writes_do_no_harm),
        cmocka_unit_test(making_a_store_may_die_anywhere),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
