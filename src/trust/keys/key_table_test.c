/* SPDX-License-Identifier: EUPL-1.2 */
/* key_table: keys are durable when committed, gone for good when destroyed, and survive a change of root that may be killed half way.
 * Every byte of the table is flipped in turn. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "trust/keys/keyring_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";
static const struct key_file_id one = {"file number one."}, two = {"file number two."};

static bool filled_root(void *context, struct secret **out_root, struct error *err)
{
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), *(const uint8_t *)context, CRYPTO_KEY_SIZE);
    return true;
}
static uint8_t old_filling = 0x42, new_filling = 0x43;
static const struct custody old_custody = {"old", filled_root, NULL, &old_filling}, new_custody = {"new", filled_root, NULL, &new_filling};

static struct secret *root_of(uint8_t filling)
{
    struct error err;
    struct secret *root = NULL;
    assert_true(filled_root(&filling, &root, &err));
    return root;
}

static struct grant grant_of(const struct keyring *keyring)
{
    struct error err;
    struct grant grant = {
        .project = "operator", .actions = GRANT_LOAD | GRANT_ERASE, .tables = UINT64_MAX, .not_before = NOW, .not_after = NOW + 9999};
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    return grant;
}

static void table_make(const char *directory)
{
    struct error err;
    CLEANUP(secret) struct secret *root = root_of(old_filling);
    assert_true(keyring_create(directory, store_id, root, &err));
}

/* A keyring over the table, or the code of the error. */
static enum error_code table_open(const char *directory, const struct custody *custody, struct keyring **out_keyring)
{
    struct error err = {0};
    return keyring_open(out_keyring, custody, directory, store_id, &err) ? (enum error_code)0 : err.code;
}

static void key_make(const struct keyring *keyring, const struct key_file_id *id, int64_t until)
{
    struct error err;
    CLEANUP(secret) struct secret *key = NULL;
    struct grant grant = grant_of(keyring);
    assert_true(keyring_data_key_create(keyring, &grant, KEY_DOMAIN_HEALTH, id->bytes, until, &key, &err));
    assert_true(keyring_commit(keyring, &err));
}

/* 0 when the key opens. */
static enum error_code key_open(const struct keyring *keyring, const struct key_file_id *id)
{
    struct error err = {0};
    CLEANUP(secret) struct secret *key = NULL;
    struct grant grant = grant_of(keyring);
    return keyring_data_key_open(keyring, &grant, KEY_DOMAIN_HEALTH, id->bytes, &key, &err) ? (enum error_code)0 : err.code;
}

static void what_is_committed_is_there_for_others(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *writer = NULL, *reader = NULL;
    CLEANUP(secret) struct secret *key = NULL;
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &writer), 0);
    assert_int_equal(table_open(scratch.directory, &old_custody, &reader), 0);
    assert_memory_equal(keyring_log_public_key(writer), keyring_log_public_key(reader), CRYPTO_PUBLIC_KEY_SIZE);
    struct grant grant = grant_of(writer);
    assert_true(keyring_data_key_create(writer, &grant, KEY_DOMAIN_HEALTH, one.bytes, 0, &key, &err));
    assert_int_equal(key_open(writer, &one), 0); /* before it is durable, for its maker only */
    assert_int_equal(key_open(reader, &one), ERROR_NOT_FOUND);
    assert_true(keyring_commit(writer, &err));
    assert_int_equal(key_open(reader, &one), 0);
    key_make(reader, &two, 0); /* both write: nothing is lost */
    assert_int_equal(key_open(writer, &two), 0);
    assert_int_equal(key_open(writer, &one), 0);
}

static void what_is_destroyed_is_gone_and_dated(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *keyring = NULL, *again = NULL;
    CLEANUP(buffer_value) struct buffer before = {.maximum = 1 << 16}, after = {.maximum = 1 << 16};
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
    key_make(keyring, &one, 0);
    key_make(keyring, &two, 0);
    assert_true(file_read(scratch_path(&scratch, "table"), &before, &err));
    struct grant grant = grant_of(keyring);
    uint8_t wrapped[KEY_WRAPPED_SIZE];
    memcpy(wrapped, key_table_find(&keyring->table->last, one.bytes)->wrapped, sizeof wrapped);
    assert_non_null(memmem(before.data, before.length, wrapped, sizeof wrapped));
    assert_true(keyring_data_key_destroy(keyring, &grant, &one, 1, &err));
    assert_true(file_read(scratch_path(&scratch, "table"), &after, &err));
    assert_null(memmem(after.data, after.length, wrapped, sizeof wrapped));
    assert_int_equal(table_open(scratch.directory, &old_custody, &again), 0);
    assert_int_equal(key_open(again, &one), ERROR_ERASED);
    assert_int_equal(key_open(again, &two), 0);
    struct secret *none = NULL;
    assert_false(keyring_data_key_create(again, &grant, KEY_DOMAIN_HEALTH, one.bytes, 0, &none, &err)); /* never again */
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_true(keyring_data_key_forget(again, &grant, &two, 1, &err));
    assert_int_equal(key_open(again, &two), ERROR_NOT_FOUND);
}

static void destroying_needs_its_own_grant(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_int_equal(table_open(NULL, &old_custody, &keyring), 0);
    key_make(keyring, &one, 0);
    struct grant grant = {.actions = GRANT_LOAD, .not_before = NOW, .not_after = NOW + 1};
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    assert_false(keyring_data_key_destroy(keyring, &grant, &one, 1, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_int_equal(key_open(keyring, &one), 0);
}

static void an_authorisation_ends_on_its_day(void **state)
{
    (void)state;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_int_equal(table_open(NULL, &old_custody, &keyring), 0);
    key_make(keyring, &one, NOW + 100);
    assert_int_equal(key_open(keyring, &one), 0);
    clock_set_for_tests(NOW + 99);
    assert_int_equal(key_open(keyring, &one), 0);
    clock_set_for_tests(NOW + 100);
    assert_int_equal(key_open(keyring, &one), ERROR_ERASED);
    clock_set_for_tests(NOW);
}

/* Between begin and finish both roots open the table, so that a crash in between loses nothing; afterwards only the new one. */
static void a_root_takes_over_without_a_gap(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *new_root = root_of(new_filling);
    CLEANUP(keyring) struct keyring *keyring = NULL;
    struct keyring *other = NULL;
    uint8_t log_key[CRYPTO_PUBLIC_KEY_SIZE];
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
    key_make(keyring, &one, 0);
    memcpy(log_key, keyring_log_public_key(keyring), sizeof log_key);
    assert_int_equal(table_open(scratch.directory, &new_custody, &other), ERROR_CORRUPT);
    assert_true(keyring_root_begin(keyring, new_root, &err));
    assert_true(keyring_root_begin(keyring, new_root, &err)); /* a second try */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(table_open(scratch.directory, i ? &new_custody : &old_custody, &other), 0);
        assert_int_equal(key_open(other, &one), 0);
        keyring_close(other);
    }
    assert_true(keyring_root_finish(keyring, new_root, &err));
    assert_int_equal(key_open(keyring, &one), 0);
    assert_int_equal(table_open(scratch.directory, &old_custody, &other), ERROR_CORRUPT);
    assert_int_equal(table_open(scratch.directory, &new_custody, &other), 0);
    assert_int_equal(key_open(other, &one), 0);
    assert_memory_equal(keyring_log_public_key(other), log_key, sizeof log_key);
    keyring_close(other);
    key_make(keyring, &two, 0);
}

/* ---- the head ---- */
static bool head_set(const struct keyring *keyring, uint32_t actions, uint32_t snapshot, uint64_t log_size, const char *kept,
                     struct error *err)
{
    struct grant grant = {.actions = actions, .not_before = NOW, .not_after = NOW + 1};
    struct key_head head = {.snapshot = snapshot, .manifest.bytes = "hash of the manifest", .log_size = log_size};
    return keyring_grant_issue(keyring, &grant, err) && keyring_head_set(keyring, &grant, &head, kept, strlen(kept), err);
}

static void assert_head(const struct keyring *keyring, uint32_t snapshot, uint64_t log_size, const char *kept)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer found = {.maximum = KEY_KEPT_MAX};
    struct grant grant = grant_of(keyring);
    struct key_head head;
    assert_true(keyring_head(keyring, &head, &err));
    assert_int_equal(head.snapshot, snapshot);
    assert_int_equal(head.log_size, log_size);
    assert_true(keyring_head_kept(keyring, &grant, &found, &err));
    assert_int_equal(found.length, strlen(kept));
    assert_memory_equal(found.length ? (const char *)found.data : "", kept, strlen(kept));
}

static void the_head_is_kept_and_goes_back_only_by_erasure(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *keyring = NULL, *other = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 16};
    CLEANUP(secret) struct secret *new_root = root_of(new_filling);
    struct keyring *again = NULL;
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
    assert_int_equal(table_open(scratch.directory, &old_custody, &other), 0);
    assert_head(keyring, 0, 0, "");
    assert_true(head_set(keyring, GRANT_LOAD, 3, 30, "whom it excludes", &err));
    assert_head(keyring, 3, 30, "whom it excludes");
    assert_head(other, 3, 30, "whom it excludes");
    assert_true(file_read(scratch_path(&scratch, "table"), &bytes, &err));
    assert_null(memmem(bytes.data, bytes.length, "whom it", 7));
    assert_false(head_set(keyring, GRANT_COUNT, 4, 40, "", &err));
    assert_false(head_set(keyring, GRANT_LOAD, 2, 30, "", &err));
    assert_false(head_set(keyring, GRANT_LOAD, 3, 29, "", &err));
    assert_int_equal(err.code, ERROR_DENIED);
    key_make(keyring, &one, 0); /* other changes leave it */
    assert_true(keyring_root_begin(keyring, new_root, &err));
    assert_true(keyring_root_finish(keyring, new_root, &err));
    assert_head(keyring, 3, 30, "whom it excludes");
    assert_int_equal(table_open(scratch.directory, &new_custody, &again), 0);
    assert_head(again, 3, 30, "whom it excludes");
    assert_true(head_set(again, GRANT_LOAD | GRANT_ERASE, 2, 29, "", &err));
    assert_head(again, 2, 29, "");
    keyring_close(again);
}

/* As emc2 wrote it before there was a head: it opens, knows nothing, and is written anew with the next change. */
static void a_table_of_version_1_opens(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *keyring = NULL, *again = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 16};
    CLEANUP(secret) struct secret *mac = NULL;
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
    key_make(keyring, &one, 0);
    struct key_table *table = &keyring->table->last;
    table->version = 1;
    assert_true(key_table_print(table, &bytes, &err));
    assert_int_equal(bytes.length, 8 + 4 + 16 + 8 + 4 + 7 * 60 + 4 + 86); /* docs/formats/key-table.md */
    assert_true(crypto_derive(&mac, keyring->mac_key, "emc2 key table 1", bytes.data, bytes.length, &err));
    assert_true(buffer_append(&bytes, secret_view(mac), KEY_TABLE_MAC_SIZE, &err));
    assert_true(file_write_atomic(scratch_path(&scratch, "table"), bytes.data, bytes.length, 0600, &err));
    assert_int_equal(table_open(scratch.directory, &old_custody, &again), 0);
    assert_int_equal(key_open(again, &one), 0);
    assert_head(again, 0, 0, "");
    assert_true(head_set(again, GRANT_LOAD, 1, 5, "x", &err));
    assert_head(again, 1, 5, "x");
    assert_int_equal(key_open(again, &one), 0);
}

/* tests/golden/key_table_2: written once and kept (`key_table_test --write DIRECTORY` makes another when the format changes). */
static void golden_make(const char *directory)
{
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    table_make(directory);
    assert_int_equal(table_open(directory, &old_custody, &keyring), 0);
    key_make(keyring, &one, 0);
    key_make(keyring, &two, 0);
    struct grant grant = grant_of(keyring);
    assert_true(keyring_data_key_destroy(keyring, &grant, &two, 1, &err));
    assert_true(head_set(keyring, GRANT_LOAD, 3, 30, "whom it excludes", &err));
}

static void the_golden_table_is_read(void **state)
{
    (void)state;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_int_equal(table_open("tests/golden/key_table_2", &old_custody, &keyring), 0);
    assert_int_equal(keyring->table->last.version, 2);
    assert_int_equal(key_open(keyring, &one), 0);
    assert_int_equal(key_open(keyring, &two), ERROR_ERASED);
    assert_head(keyring, 3, 30, "whom it excludes");
}

static void any_changed_byte_of_the_table_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 16};
    struct keyring *keyring = NULL;
    table_make(scratch.directory);
    assert_int_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
    key_make(keyring, &one, NOW + 50);
    struct error ignored;
    assert_true(head_set(keyring, GRANT_LOAD, 1, 1, "kept", &ignored));
    keyring_close(keyring);
    assert_true(file_read(scratch_path(&scratch, "table"), &bytes, &err));
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 0x10;
        assert_true(file_write_atomic(scratch_path(&scratch, "table"), bytes.data, bytes.length, 0600, &err));
        keyring = NULL;
        assert_int_not_equal(table_open(scratch.directory, &old_custody, &keyring), 0);
        assert_null(keyring);
        bytes.data[i] ^= 0x10;
    }
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(NOW);
    return crypto_start(&err) ? 0 : -1;
}

int main(int count, char **words)
{
    if (count == 3 && strcmp(words[1], "--write") == 0) {
        start(NULL);
        golden_make(words[2]);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_there_for_others),
        cmocka_unit_test(what_is_destroyed_is_gone_and_dated),
        cmocka_unit_test(destroying_needs_its_own_grant),
        cmocka_unit_test(an_authorisation_ends_on_its_day),
        cmocka_unit_test(a_root_takes_over_without_a_gap),
        cmocka_unit_test(any_changed_byte_of_the_table_is_found),
        cmocka_unit_test(the_head_is_kept_and_goes_back_only_by_erasure),
        cmocka_unit_test(a_table_of_version_1_opens),
        cmocka_unit_test(the_golden_table_is_read),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
