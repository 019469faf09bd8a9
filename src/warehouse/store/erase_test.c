/* SPDX-License-Identifier: EUPL-1.2 */
/* erase: after a compaction the store gives out what a store does that was loaded without the excluded persons, the old files are noise in
 * any copy of the store, and what the certificate tells is so. Erasure by date, by snapshot and of everything, in the same way. */
#include "warehouse/store/erasure_example.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static unsigned files_in(const char *directory, const char *part)
{
    char path[256];
    unsigned count = 0;
    snprintf(path, sizeof path, "%s/%s", directory, part);
    DIR *entries = opendir(path);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        count += entry->d_name[0] != '.';
    }
    if (entries) {
        closedir(entries);
    }
    return count;
}

static void copy_files(const char *directory, const char *part, const char *to)
{
    struct error err;
    char from[512], into[512];
    snprintf(from, sizeof from, "%s/%s", directory, part);
    DIR *entries = opendir(from);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries));) {
        CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 26};
        if (entry->d_name[0] != '.') {
            snprintf(from, sizeof from, "%s/%s/%.60s", directory, part, entry->d_name);
            snprintf(into, sizeof into, "%s/%s/%.60s", to, part, entry->d_name);
            assert_true(file_read(from, &bytes, &err) && file_write_atomic(into, bytes.data, bytes.length, 0600, &err));
        }
    }
    closedir(entries);
}

/* A backup: everything but the keys. */
static void copy_store(const struct made *made, const char *to)
{
    struct error err;
    char path[256];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    const char *parts[] = {"", "/segments", "/snapshots"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%.140s%s", to, parts[i]);
        assert_true(directory_create(path, 0700, &err));
    }
    snprintf(path, sizeof path, "%s/store.json", made->directory);
    assert_true(file_read(path, &bytes, &err));
    snprintf(path, sizeof path, "%.140s/store.json", to);
    assert_true(file_write_atomic(path, bytes.data, bytes.length, 0600, &err));
    copy_files(made->directory, "segments", to);
    copy_files(made->directory, "snapshots", to);
}

static struct task_pool *pool;

static void assert_verified(const struct made *made)
{
    struct error err;
    uint32_t problems = 99;
    if (!store_snapshot_verify(made->store, &made->grant, 0, NULL, NULL, NULL, &problems, &err) || problems) {
        fail_msg("%u problems: %s", problems, err.message);
    }
}

static void assert_erased(const struct made *made, struct store *store, uint32_t snapshot, const char *words)
{
    struct error err;
    struct store_reader *reader = NULL;
    assert_false(store_reader_open(&reader, store, &made->grant, snapshot, &err));
    if (err.code != ERROR_ERASED || !strstr(err.message, words)) {
        fail_msg("snapshot %u: %s", snapshot, err.message);
    }
}

static void assert_certificate(const struct made *made, const struct store_erasure *erasure)
{
    struct error err;
    char path[256];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 22}, words = {.maximum = 1 << 16};
    struct store_certificate certificate;
    const uint8_t *key = keyring_manifest_public_key(made->keyring);
    snprintf(path, sizeof path, "%s/%s", made->directory, erasure->certificate);
    assert_true(file_read(path, &bytes, &err));
    if (!store_certificate_read(bytes.data, bytes.length, key, &certificate, "fr", &words, &err)) {
        fail_msg("%s (%s:%d)", err.message, err.source_file, err.source_line);
    }
    assert_int_equal(certificate.persons, erasure->persons);
    assert_int_equal(certificate.rows, erasure->rows);
    assert_int_equal(certificate.files, erasure->files);
    assert_int_equal(certificate.snapshot, erasure->snapshot);
    assert_non_null(strstr((const char *)words.data, "Attestation d'effacement"));
    for (size_t at = 0; at < bytes.length; at++) { /* every byte of it */
        bytes.data[at] ^= (uint8_t)(1 << at % 8);
        assert_false(store_certificate_read(bytes.data, bytes.length, NULL, &certificate, NULL, NULL, &err));
        bytes.data[at] ^= (uint8_t)(1 << at % 8);
    }
    assert_false(store_certificate_read(bytes.data, bytes.length - 1, NULL, &certificate, NULL, NULL, &err));
    uint8_t other[CRYPTO_PUBLIC_KEY_SIZE] = {1};
    assert_false(store_certificate_read(bytes.data, bytes.length, other, &certificate, NULL, NULL, &err));
}

/* ---- the tests ---- */
static void compaction_leaves_what_others_left(void **state)
{
    (void)state;
    struct error err;
    const unsigned shares[] = {1, 30, 100};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct made with = {.store = NULL}, without = {.store = NULL};
        struct store_erasure erasure;
        uint8_t left_out[PERSONS] = {0};
        int64_t ids[PERSONS];
        char backup[140];
        uint32_t number;
        size_t new_ones;
        CLEANUP(store) struct store *copy = NULL;
        make(&with);
        make(&without);
        load(&with, 0, PERSONS, NULL);
        unsigned count = draw(left_out, 0, PERSONS, shares[i], ids);
        if (count == 0) {
            left_out[7] = 1;
            ids[count++] = id_of(7);
        }
        load(&without, 0, PERSONS, left_out);
        snprintf(backup, sizeof backup, "%s-backup", with.directory);
        copy_store(&with, backup);
        assert_true(store_open(&copy, backup, with.keyring, NULL, &err));
        assert_true(store_exclude(with.store, &with.grant, ids, count, "objections", &number, &new_ones, &err));
        if (!store_compact(with.store, &with.grant, "objections", pool, NULL, &erasure, &err)) {
            fail_msg("%s (%s:%d)", err.message, err.source_file, err.source_line);
        }
        assert_int_equal(erasure.snapshot, 3);
        assert_int_equal(erasure.persons, count);
        assert_int_equal(erasure.rows, count * (1 + EXAMPLE_CONDITIONS + 2));
        assert_same(&with, 0, &without, 0);
        assert_verified(&with);
        assert_erased(&with, with.store, 1, "snapshot 1 was closed by the compaction of ");
        assert_erased(&with, with.store, 2, "snapshot 2 was closed by the compaction of ");
        assert_erased(&with, copy, 1, "destroyed"); /* the copy that was made before */
        assert_certificate(&with, &erasure);
        assert_int_equal(files_in(with.directory, "snapshots"), 3);
        assert_true(files_in(with.directory, "segments") <= 3);
        assert_true(store_compact(with.store, &with.grant, "again", pool, NULL, &erasure, &err));
        assert_int_equal(erasure.snapshot, 0); /* there is nothing left to do */
        finish(&with);
        finish(&without);
    }
}

static void files_of_older_snapshots_go_with_them(void **state)
{
    (void)state;
    struct error err;
    struct made made = {.store = NULL};
    struct store_erasure erasure;
    struct store_snapshot facts;
    uint32_t number;
    size_t new_ones;
    const int64_t who = id_of(2), other = id_of(200);
    make(&made);
    load(&made, 0, 20, NULL); /* 1: 0 .. 19 */
    {
        CLEANUP(store_writer) struct store_writer *writer = NULL;
        assert_true(store_writer_open(&writer, made.store, &made.grant, &err));
        assert_true(example_add_segment(writer, other, 1, 1, 0, &err)); /* 2: another data set, nothing kept */
        assert_true(store_writer_commit(writer, NULL, &number, &err));
    }
    assert_true(store_exclude(made.store, &made.grant, &who, 1, "objection", &number, &new_ones, &err));
    assert_true(store_compact(made.store, &made.grant, "objection", pool, NULL, &erasure, &err));
    assert_int_equal(erasure.files, 2); /* her segment, and the shared one with her cost and fact; the other half of the load is left */
    assert_erased(&made, made.store, 1, "closed by the compaction");
    assert_true(store_snapshot_read(made.store, &made.grant, 1, &facts, &err));
    assert_true(facts.is_closed);
    assert_true(store_snapshot_read(made.store, &made.grant, 4, &facts, &err));
    assert_false(facts.is_closed);
    assert_int_equal(facts.persons, 1);
    assert_int_equal(facts.act, STORE_ACT_COMPACT);
    finish(&made);
}

static void an_authorisation_ends(void **state)
{
    (void)state;
    struct error err;
    struct made made = {.store = NULL};
    struct store_erasure erasure;
    uint32_t number;
    char backup[140];
    CLEANUP(store) struct store *copy = NULL;
    make(&made);
    clock_set_for_tests(EXAMPLE_NOW);
    assert_true(example_grant(made.keyring, GRANT_ANY, &made.grant, &err));
    load(&made, 0, 20, NULL);
    for (unsigned i = 0; i < 1; i++) {
        CLEANUP(store_writer) struct store_writer *writer = NULL;
        assert_true(store_writer_open(&writer, made.store, &made.grant, &err));
        for (int scope = 0; scope <= OMOP_VOCABULARY; scope++) {
            assert_true(store_writer_keep(writer, (enum omop_scope)scope, &err));
        }
        store_writer_limit(writer, EXAMPLE_NOW + 1000);
        assert_true(example_add_segment(writer, id_of(100), STEP, 10, 0, &err));
        assert_true(store_writer_commit(writer, NULL, &number, &err));
    }
    snprintf(backup, sizeof backup, "%s-backup", made.directory);
    copy_store(&made, backup);
    assert_true(store_open(&copy, backup, made.keyring, NULL, &err));
    assert_true(store_erase(made.store, &made.grant, STORE_ERASE_EXPIRED, 0, "too early", &erasure, &err));
    assert_int_equal(erasure.snapshot, 0);
    clock_set_for_tests(EXAMPLE_NOW + 1000);
    assert_erased(&made, made.store, 2, "authorisation");
    assert_true(store_erase(made.store, &made.grant, STORE_ERASE_EXPIRED, 0, "end of the study", &erasure, &err));
    assert_int_equal(erasure.snapshot, 3);
    assert_int_equal(erasure.persons, 10);
    assert_certificate(&made, &erasure);
    assert_erased(&made, made.store, 2, "closed by the erasure");
    assert_erased(&made, copy, 2, "destroyed");
    struct made other = {.store = NULL};
    make(&other);
    assert_true(example_grant(other.keyring, GRANT_ANY, &other.grant, &err));
    load(&other, 0, 20, NULL);
    assert_same(&made, 3, &other, 1);
    assert_same(&made, 1, &other, 1); /* the first load goes on */
    struct made as_copy = made;
    as_copy.store = copy;
    assert_same(&as_copy, 1, &other, 1); /* in the copy, too */
    assert_verified(&made);
    finish(&other);
    finish(&made);
    clock_set_for_tests(0);
}

static void a_snapshot_and_everything_ends(void **state)
{
    (void)state;
    struct error err;
    struct made made = {.store = NULL};
    struct store_erasure erasure;
    struct store_reader *reader = NULL;
    uint32_t number;
    char backup[140];
    CLEANUP(store) struct store *copy = NULL;
    make(&made);
    load(&made, 0, 20, NULL);
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    assert_true(store_writer_open(&writer, made.store, &made.grant, &err));
    assert_true(example_add_segment(writer, id_of(100), STEP, 10, 0, &err));
    assert_true(store_writer_commit(writer, NULL, &number, &err));
    store_writer_close(writer);
    writer = NULL;
    assert_false(store_erase(made.store, &made.grant, STORE_ERASE_SNAPSHOT, 2, "x", &erasure, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(store_erase(made.store, &made.grant, STORE_ERASE_SNAPSHOT, 1, "replaced", &erasure, &err));
    assert_int_equal(erasure.persons, 20);
    assert_erased(&made, made.store, 1, "closed by the erasure");
    snprintf(backup, sizeof backup, "%s-backup", made.directory);
    copy_store(&made, backup);
    assert_true(store_open(&copy, backup, made.keyring, NULL, &err));
    assert_true(store_erase(made.store, &made.grant, STORE_ERASE_ALL, 0, "the warehouse ends", &erasure, &err));
    assert_int_equal(erasure.persons, 10);
    assert_certificate(&made, &erasure);
    assert_false(store_reader_open(&reader, made.store, &made.grant, 0, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    for (uint32_t i = 1; i <= 3; i++) {
        assert_false(store_reader_open(&reader, copy, &made.grant, i, &err));
        assert_int_equal(err.code, ERROR_ERASED);
    }
    struct grant loader;
    assert_true(example_grant(made.keyring, GRANT_LOAD, &loader, &err));
    assert_false(store_erase(made.store, &loader, STORE_ERASE_ALL, 0, "x", &erasure, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    finish(&made);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    snprintf(base, sizeof base, "/tmp/emc2_erase_test_XXXXXX");
    return crypto_start(&err) && mkdtemp(base) && task_pool_create(&pool, 2, &err) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct error err;
    task_pool_destroy(pool);
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compaction_leaves_what_others_left),
        cmocka_unit_test(files_of_older_snapshots_go_with_them),
        cmocka_unit_test(an_authorisation_ends),
        cmocka_unit_test(a_snapshot_and_everything_ends),
    };
    return cmocka_run_group_tests(tests, start, end);
}
