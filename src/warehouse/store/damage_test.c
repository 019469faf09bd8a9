/* SPDX-License-Identifier: EUPL-1.2 */
/* damage: whatever is changed in any file of a store is found, and the file is named. Every byte of headers, indexes and trailers is
 * flipped, and a sample of the others (with EMC2_DAMAGE_ALL=1 every byte of all but the blob); files are cut, emptied, removed, exchanged,
 * and taken back to an older state. That the newest manifest is gone cannot be seen from inside the directory; it is seen by whoever knows
 * its number, as here. */
#include "base/file.h"
#include "warehouse/store/store.h"
#include "warehouse/store/store_erasure.h"
#include "warehouse/store/store_example.h"
#include "warehouse/store/verify.h"
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { FILES_MAX = 32, NAME_SIZE = 80, HEAD = 112, TAIL = 64, SAMPLE = 16, SAMPLE_ALL = 3000, SNAPSHOTS = 4 };
static char directory[128];
static uint8_t store_id[GRANT_STORE_ID_SIZE];
static struct keyring *keyring;
static struct grant grant;
static char names[FILES_MAX][NAME_SIZE]; /* relative to the directory */
static size_t name_count;

static const char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%.100s", directory, name);
    return path;
}

/* ---- what is told ---- */
struct report {
    struct buffer text;
    const char *wanted;
    bool names_wanted;
};

static void listen(void *context, const char *file, const char *what)
{
    struct error err;
    struct report *report = context;
    report->names_wanted = report->names_wanted || (report->wanted && strcmp(file, report->wanted) == 0);
    assert_true(buffer_append_format(&report->text, &err, "%s: %s\n", file, what));
    assert_null(strstr(what, EXAMPLE_SECRET));
}

static bool is_quick; /* store_snapshot_check instead of store_snapshot_verify */

static bool verify(unsigned threads, struct report *report, uint32_t *out_problems, struct error *err)
{
    CLEANUP(keyring) struct keyring *fresh = NULL;
    CLEANUP(store) struct store *store = NULL;
    const struct store_verify_listener listener = {listen, report, is_quick};
    if (!example_keys_open(&fresh, directory, store_id, err)) {
        snprintf(err->message, sizeof err->message, "keys/table");
        return false;
    }
    TRY(store_open(&store, directory, fresh, NULL, err));
    return store_verify_with_threads(store, &grant, SNAPSHOTS, &listener, NULL, threads, out_problems, err);
}

/* Verifies, and fails the test unless `name` is told. */
static void assert_found(const char *name, const char *how, size_t at)
{
    struct error err = {.message = ""};
    struct report report = {.text = {.maximum = 1 << 20}, .wanted = name};
    uint32_t problems = 0;
    bool done = verify(1, &report, &problems, &err);
    bool is_named = report.names_wanted || (!done && strstr(err.message, name));
    if (!is_named) {
        fail_msg("%s: %s at %zu was not found (%s%s)", name, how, at, done ? "" : err.message,
                 report.text.data ? (const char *)report.text.data : "");
    }
    buffer_finish(&report.text);
}

static void assert_clean(void)
{
    struct error err = {.message = ""};
    struct report report = {.text = {.maximum = 1 << 20}};
    uint32_t problems = 99;
    if (!verify(1, &report, &problems, &err) || problems != 0) {
        fail_msg("a sound store has problems: %s %s", err.message, report.text.data ? (const char *)report.text.data : "");
    }
    buffer_finish(&report.text);
}

/* ---- damage ---- */
static void flip(const char *name, size_t at)
{
    uint8_t byte;
    int descriptor = open(path_of(name), O_RDWR | O_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(pread(descriptor, &byte, 1, (off_t)at), 1);
    byte ^= (uint8_t)(1 << at % 8);
    assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)at), 1);
    close(descriptor);
}

static void any_flipped_byte_is_found(void **state)
{
    (void)state;
    struct error err;
    size_t flipped = 0, files = name_count;
    snprintf(names[files++], NAME_SIZE, "keys/table");
    snprintf(names[files++], NAME_SIZE, "certificates/00000004.json");
    for (size_t i = 0; i < files; i++) {
        uint64_t size;
        assert_true(file_size(path_of(names[i]), &size, &err));
        size_t sample = getenv("EMC2_DAMAGE_ALL") ? SAMPLE_ALL : SAMPLE;
        size_t step = size > HEAD + TAIL ? (size - HEAD - TAIL) / sample + 1 : 1;
        for (size_t at = 0; at < size; at += at < HEAD || at + TAIL >= size ? 1 : step) {
            flip(names[i], at);
            assert_found(names[i], "a flipped bit", at);
            flip(names[i], at);
            flipped++;
        }
    }
    printf("%zu bytes of %zu files flipped in turn, %zu found\n", flipped, files, flipped);
    assert_clean();
}

static void any_flipped_byte_is_found_at_the_speed_of_the_cipher(void **state)
{
    is_quick = true;
    any_flipped_byte_is_found(state);
    is_quick = false;
}

static void a_file_cut_or_gone_is_found(void **state)
{
    (void)state;
    struct error err;
    for (size_t i = 0; i < name_count; i++) {
        CLEANUP(buffer_value) struct buffer whole = {.maximum = 1 << 24};
        assert_true(file_read(path_of(names[i]), &whole, &err));
        const size_t lengths[] = {0, 1, whole.length / 2, whole.length - 1};
        for (size_t j = 0; j < 4; j++) {
            assert_true(file_write_atomic(path_of(names[i]), whole.data, lengths[j], 0600, &err));
            assert_found(names[i], "a cut", lengths[j]);
        }
        assert_true(buffer_append(&whole, "\n", 1, &err));
        assert_true(file_write_atomic(path_of(names[i]), whole.data, whole.length, 0600, &err));
        assert_found(names[i], "a byte more", whole.length);
        assert_true(file_remove(path_of(names[i]), &err));
        assert_found(names[i], "the removal", 0);
        assert_true(file_write_atomic(path_of(names[i]), whole.data, whole.length - 1, 0600, &err));
    }
    assert_clean();
}

static void exchange(const char *a, const char *b)
{
    char path[256];
    snprintf(path, sizeof path, "%s", path_of(a));
    assert_int_equal(rename(path, path_of("aside")), 0);
    snprintf(path, sizeof path, "%s", path_of(b));
    assert_int_equal(rename(path, path_of(a)), 0);
    snprintf(path, sizeof path, "%s", path_of("aside"));
    assert_int_equal(rename(path, path_of(b)), 0);
}

static void exchanged_files_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < name_count; i++) {
        for (size_t j = 0; j < i; j++) {
            exchange(names[i], names[j]);
            /* names[0] is store.json, then come manifests: where one of those is not as it was, nothing behind it can be checked. */
            assert_found(names[j], "an exchange", i);
            if (strncmp(names[j], "segments/", 9) == 0) {
                assert_found(names[i], "an exchange", j);
            }
            exchange(names[i], names[j]);
        }
    }
    assert_clean();
}

/* An older manifest under the newest number: it is signed and whole, and still not what it is taken for. */
static void a_manifest_taken_back_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer old = {.maximum = 1 << 20}, new = {.maximum = 1 << 20};
    assert_true(file_read(path_of("snapshots/00000001.manifest"), &old, &err));
    assert_true(file_read(path_of("snapshots/00000002.manifest"), &new, &err));
    assert_true(file_write_atomic(path_of("snapshots/00000002.manifest"), old.data, old.length, 0600, &err));
    assert_found("snapshots/00000002.manifest", "an older manifest", 0);
    assert_true(file_write_atomic(path_of("snapshots/00000002.manifest"), new.data, new.length, 0600, &err));
    assert_clean();
}

static void the_report_does_not_depend_on_threads(void **state)
{
    (void)state;
    struct error err;
    struct report reports[3];
    const unsigned threads[] = {1, 2, 7};
    for (size_t i = 0; i < name_count; i++) {
        if (strncmp(names[i], "segments/", 9) == 0) {
            flip(names[i], 200);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        uint32_t problems = 0;
        reports[i] = (struct report){.text = {.maximum = 1 << 20}};
        assert_true(verify(threads[i], &reports[i], &problems, &err));
        assert_true(problems >= 5);
        assert_string_equal((const char *)reports[i].text.data, (const char *)reports[0].text.data);
    }
    for (size_t i = 0; i < 3; i++) {
        buffer_finish(&reports[i].text);
    }
    for (size_t i = 0; i < name_count; i++) {
        if (strncmp(names[i], "segments/", 9) == 0) {
            flip(names[i], 200);
        }
    }
    assert_clean();
}

static bool contains(const struct buffer *bytes, const char *text)
{
    return memmem(bytes->data, bytes->length, text, strlen(text)) != NULL;
}

static void no_file_holds_what_was_planted(void **state)
{
    (void)state;
    struct error err;
    for (size_t i = 0; i < name_count; i++) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 24};
        assert_true(file_read(path_of(names[i]), &bytes, &err));
        assert_false(contains(&bytes, EXAMPLE_SECRET) || contains(&bytes, "Polycythaemia") || contains(&bytes, "75013") ||
                     contains(&bytes, "Paris"));
    }
}

/* ---- the store ---- */
static bool collect(const char *part)
{
    DIR *entries = opendir(path_of(part));
    if (!entries) {
        return false;
    }
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] != '.' && name_count < FILES_MAX) {
            snprintf(names[name_count++], NAME_SIZE, "%s/%.60s", part, entry->d_name);
        }
    }
    closedir(entries);
    return true;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(b, a); /* store.json, snapshots/2, snapshots/1, segments */
}

static bool build(struct error *err)
{
    CLEANUP(store) struct store *store = NULL;
    uint32_t number;
    TRY(store_create(directory, store_id, err));
    TRY(example_keys_create(directory, store_id, err) && example_keys_open(&keyring, directory, store_id, err));
    TRY(example_grant(keyring, GRANT_LOAD | GRANT_VERIFY | GRANT_ERASE, &grant, err));
    TRY(store_open(&store, directory, keyring, NULL, err));
    for (uint32_t i = 0; i < SNAPSHOTS - 2; i++) {
        CLEANUP(store_writer) struct store_writer *writer = NULL;
        const struct store_snapshot_note note = {"Paris", i ? "{}" : NULL};
        TRY(store_writer_open(&writer, store, &grant, err));
        for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
            TRY(store_writer_keep(writer, (enum omop_scope)scope, err));
        }
        TRY(example_add_segment(writer, 100 * i, 1, 20, 0, err));
        TRY(i ? true : example_add_rest(writer, err));
        TRY(store_writer_commit(writer, &note, &number, err));
    }
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    const int64_t person = 5;
    struct store_erasure erasure;
    size_t new_ones;
    TRY(store_exclude(store, &grant, &person, 1, "objection", &number, &new_ones, err));
    return task_pool_create(&pool, 1, err) && store_compact(store, &grant, "objection", pool, NULL, &erasure, err);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(EXAMPLE_NOW);
    snprintf(directory, sizeof directory, "/tmp/emc2_damage_test_XXXXXX");
    if (!crypto_start(&err) || !mkdtemp(directory) || !build(&err)) {
        return -1;
    }
    snprintf(names[name_count++], NAME_SIZE, "store.json");
    if (!collect("snapshots") || !collect("segments") || name_count < 8) {
        return -1;
    }
    qsort(names, name_count, NAME_SIZE, name_compare);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    keyring_close(keyring);
    clock_set_for_tests(0);
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_flipped_byte_is_found),      cmocka_unit_test(any_flipped_byte_is_found_at_the_speed_of_the_cipher),
        cmocka_unit_test(a_file_cut_or_gone_is_found),    cmocka_unit_test(exchanged_files_are_found),
        cmocka_unit_test(a_manifest_taken_back_is_found), cmocka_unit_test(the_report_does_not_depend_on_threads),
        cmocka_unit_test(no_file_holds_what_was_planted),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
