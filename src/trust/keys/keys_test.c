/* SPDX-License-Identifier: EUPL-1.2 */
/* keys: the root key comes back with its passphrase only; a data key only with a valid grant, in its own store, domain and file. */
#include "base/calendar.h"
#include "base/file.h"
#include "trust/keys/keys.h"
#include "trust/keys/root_file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { NOW = 1700000000 };
static char directory[64];
static char path[128];
static struct secret *good, *bad;
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one";
static const uint8_t other_store[GRANT_STORE_ID_SIZE] = "store number two";

/* A custody that needs no file and no time: the root is a constant. It also shows that the interface is enough for another kind. */
static bool constant_root(void *context, struct secret **out_root, struct error *err)
{
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), *(const uint8_t *)context, CRYPTO_KEY_SIZE);
    return true;
}
static uint8_t filling = 0x42;
static const struct custody constant = {"constant", constant_root, NULL, &filling};

static struct grant grant_for(const struct keyring *keyring, uint32_t actions)
{
    struct error err;
    struct grant grant = {.project = "operator", .actions = actions, .tables = UINT64_MAX, .not_before = NOW, .not_after = NOW + 60};
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    return grant;
}

static void passphrase_brings_the_same_hierarchy_back(void **state)
{
    (void)state;
    struct error err;
    struct custody custody;
    CLEANUP(keyring) struct keyring *a = NULL, *b = NULL;
    CLEANUP(secret) struct secret *root = NULL;
    assert_true(secret_random(&root, CRYPTO_KEY_SIZE, &err));
    assert_true(keyring_create(directory, store_id, root, &err));
    assert_true(custody_passphrase_create(path, store_id, root, good, &err));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, ROOT_FILE_SIZE);
    for (int i = 0; i < 2; i++) {
        assert_true(custody_passphrase_open(&custody, path, store_id, good, &err));
        assert_true(keyring_open(i ? &b : &a, &custody, directory, store_id, &err));
        custody_release(&custody);
    }
    assert_memory_equal(keyring_governance_public_key(a), keyring_governance_public_key(b), CRYPTO_PUBLIC_KEY_SIZE);
    assert_memory_equal(keyring_manifest_public_key(a), keyring_manifest_public_key(b), CRYPTO_PUBLIC_KEY_SIZE);
    assert_memory_not_equal(keyring_governance_public_key(a), keyring_manifest_public_key(a), CRYPTO_PUBLIC_KEY_SIZE);
    assert_memory_equal(keyring_store_id(a), store_id, sizeof store_id);
    assert_false(custody_passphrase_create(path, store_id, root, good, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(keyring_create(directory, store_id, root, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
}

static void wrong_passphrase_says_what_it_may_be(void **state)
{
    (void)state;
    struct error err;
    struct custody custody;
    struct keyring *keyring = NULL;
    assert_true(custody_passphrase_open(&custody, path, store_id, bad, &err));
    assert_false(keyring_open(&keyring, &custody, directory, store_id, &err));
    custody_release(&custody);
    assert_null(keyring);
    assert_int_equal(err.code, ERROR_DENIED);
    assert_non_null(strstr(err.message, "passphrase is wrong, or the file was changed"));
    assert_non_null(strstr(err.hint, "cannot be told apart"));
    assert_non_null(strstr(err.context[0], "root.key"));
    assert_false(custody_passphrase_open(&custody, path, other_store, good, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

static void passphrase_can_be_changed(void **state)
{
    (void)state;
    struct error err;
    struct custody custody;
    CLEANUP(keyring) struct keyring *before = NULL, *after = NULL;
    assert_true(custody_passphrase_open(&custody, path, store_id, good, &err));
    assert_true(keyring_open(&before, &custody, directory, store_id, &err));
    custody_release(&custody);
    assert_false(custody_passphrase_change(path, store_id, bad, good, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(custody_passphrase_change(path, store_id, good, bad, &err));
    assert_true(custody_passphrase_open(&custody, path, store_id, bad, &err));
    assert_true(keyring_open(&after, &custody, directory, store_id, &err));
    custody_release(&custody);
    assert_memory_equal(keyring_governance_public_key(before), keyring_governance_public_key(after), CRYPTO_PUBLIC_KEY_SIZE);
    assert_true(custody_passphrase_change(path, store_id, bad, good, &err));
}

/* Argon2id is paid at each try, so the parameters are small here; the parsing and the sealing are the same. */
static void any_changed_byte_of_the_file_is_found(void **state)
{
    (void)state;
    struct error err;
    struct root_file file = {.key = {.memory_kib = 8, .passes = 1}}, parsed;
    struct secret *opened = NULL;
    CLEANUP(secret) struct secret *root = NULL;
    CLEANUP(buffer_value) struct buffer printed = {.maximum = ROOT_FILE_SIZE};
    uint8_t bytes[ROOT_FILE_SIZE];
    memcpy(file.store_id, store_id, sizeof store_id);
    assert_true(secret_random(&root, CRYPTO_KEY_SIZE, &err));
    assert_true(root_file_seal(&file, root, good, &err));
    assert_true(root_file_print(&file, &printed, &err));
    assert_int_equal(printed.length, sizeof bytes);
    memcpy(bytes, printed.data, sizeof bytes);
    assert_true(root_file_parse(&parsed, bytes, sizeof bytes, &err));
    assert_true(root_file_unseal(&parsed, good, &opened, &err));
    assert_memory_equal(secret_view(opened), secret_view(root), CRYPTO_KEY_SIZE);
    secret_destroy(opened);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 2;
        assert_false(root_file_parse(&parsed, bytes, sizeof bytes, &err) && root_file_unseal(&parsed, good, &opened, &err));
        bytes[i] ^= 2;
    }
    for (size_t length = 0; length < sizeof bytes; length++) {
        assert_false(root_file_parse(&parsed, bytes, length, &err));
    }
}

static const struct key_file_id one = {"file number one."}, two = {"file number two."};

static void data_key_needs_a_grant(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_true(keyring_open(&keyring, &constant, NULL, store_id, &err));
    struct grant load = grant_for(keyring, GRANT_LOAD), count = grant_for(keyring, GRANT_COUNT), forged = count;
    CLEANUP(secret) struct secret *key = NULL, *back = NULL;
    assert_false(keyring_data_key_create(keyring, &count, KEY_DOMAIN_HEALTH, one.bytes, 0, &key, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(keyring_data_key_create(keyring, &load, KEY_DOMAIN_HEALTH, one.bytes, 0, &key, &err));
    assert_true(keyring_data_key_open(keyring, &count, KEY_DOMAIN_HEALTH, one.bytes, &back, &err));
    assert_memory_equal(secret_view(key), secret_view(back), CRYPTO_KEY_SIZE);
    struct secret *none = NULL;
    assert_false(keyring_data_key_create(keyring, &load, KEY_DOMAIN_HEALTH, one.bytes, 0, &none, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    forged.not_after += 1000000;
    assert_false(keyring_data_key_open(keyring, &forged, KEY_DOMAIN_HEALTH, one.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    clock_set_for_tests(NOW + 60);
    assert_false(keyring_data_key_open(keyring, &count, KEY_DOMAIN_HEALTH, one.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "the grant has expired");
    clock_set_for_tests(NOW);
    assert_null(none);
}

static void data_key_opens_only_where_it_belongs(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_true(keyring_open(&keyring, &constant, NULL, store_id, &err));
    struct grant load = grant_for(keyring, GRANT_LOAD);
    CLEANUP(secret) struct secret *key = NULL;
    struct secret *none = NULL;
    assert_true(keyring_data_key_create(keyring, &load, KEY_DOMAIN_HEALTH, one.bytes, 0, &key, &err));
    assert_false(keyring_data_key_open(keyring, &load, KEY_DOMAIN_HEALTH, two.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_false(keyring_data_key_open(keyring, &load, KEY_DOMAIN_GENETIC_LOCATION, one.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_false(keyring_data_key_open(keyring, &load, KEY_DOMAIN_COUNT, one.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_null(none);
}

static void manifest_signature_is_by_the_manifest_key(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    assert_true(keyring_open(&keyring, &constant, NULL, store_id, &err));
    assert_true(keyring_manifest_sign(keyring, "manifest", 8, signature, &err));
    assert_true(crypto_signature_valid(signature, keyring_manifest_public_key(keyring), "manifest", 8));
    assert_false(crypto_signature_valid(signature, keyring_governance_public_key(keyring), "manifest", 8));
}

static void issuing_refuses_an_empty_grant(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    assert_true(keyring_open(&keyring, &constant, NULL, store_id, &err));
    struct grant grant = {.actions = 0, .not_before = NOW, .not_after = NOW + 1};
    assert_false(keyring_grant_issue(keyring, &grant, &err));
    grant = (struct grant){.actions = GRANT_COUNT, .not_before = NOW, .not_after = NOW};
    assert_false(keyring_grant_issue(keyring, &grant, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
}

static struct secret *secret_of(const char *text)
{
    struct error err;
    struct secret *secret;
    if (!secret_create(&secret, strlen(text), &err)) {
        abort();
    }
    memcpy(secret_bytes(secret), text, strlen(text));
    return secret;
}

static int start(void **state)
{
    (void)state;
    struct error err;
    clock_set_for_tests(NOW);
    snprintf(directory, sizeof directory, "/tmp/emc2_keys_test_XXXXXX");
    if (!crypto_start(&err) || !mkdtemp(directory)) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/root.key", directory);
    good = secret_of("correct horse battery staple");
    bad = secret_of("correct horse battery stable");
    return 0;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    secret_destroy(good);
    secret_destroy(bad);
    clock_set_for_tests(0);
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passphrase_brings_the_same_hierarchy_back),
        cmocka_unit_test(wrong_passphrase_says_what_it_may_be),
        cmocka_unit_test(passphrase_can_be_changed),
        cmocka_unit_test(any_changed_byte_of_the_file_is_found),
        cmocka_unit_test(data_key_needs_a_grant),
        cmocka_unit_test(data_key_opens_only_where_it_belongs),
        cmocka_unit_test(manifest_signature_is_by_the_manifest_key),
        cmocka_unit_test(issuing_refuses_an_empty_grant),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
