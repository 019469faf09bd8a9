/* SPDX-License-Identifier: EUPL-1.2 */
/* custody: a ceremony, its shares on their way and back together; every share that is not right is refused by name. */
#include "base/file.h"
#include "trust/keys/custody_files.h"
#include "trust/keys/custody_record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 5, THRESHOLD = 3, MADE = 1764000000 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one", other_store[GRANT_STORE_ID_SIZE] = "store number two";
static char directory[64], record_path[128];
static struct secret *keys[COUNT];
static struct custodian custodians[COUNT];
static const char *const names[COUNT] = {"alice", "bruno", "chloe", "driss", "elena"};

struct ceremony {
    struct secret *root;
    struct custody_record record;
    struct buffer files[CUSTODIANS_MAX];
};

static void ceremony_hold(struct ceremony *ceremony, const uint8_t store[GRANT_STORE_ID_SIZE], uint32_t generation)
{
    struct error err;
    *ceremony = (struct ceremony){0};
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        ceremony->files[i].maximum = SHARE_FILE_MAX;
    }
    struct custody_plan plan = {.generation = generation, .threshold = THRESHOLD, .count = COUNT, .made = MADE, .custodians = custodians};
    memcpy(plan.store_id, store, sizeof plan.store_id);
    assert_true(secret_random(&ceremony->root, CRYPTO_KEY_SIZE, &err));
    assert_true(custody_ceremony(&ceremony->record, ceremony->files, &plan, ceremony->root, &err));
}

static void ceremony_value_cleanup(struct ceremony *ceremony)
{
    secret_destroy(ceremony->root);
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        buffer_finish(&ceremony->files[i]);
    }
}

static void record_write(const struct custody_record *record)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer text = {.maximum = CUSTODY_FILE_MAX};
    assert_true(custody_record_print(record, &text, &err));
    assert_true(file_write_atomic(record_path, text.data, text.length, 0644, &err));
}

static struct share share_of(const struct ceremony *ceremony, int i)
{
    struct error err;
    struct share share;
    assert_true(share_open(&share, ceremony->files[i].data, ceremony->files[i].length, keys[i], &err));
    return share;
}

static bool add(struct custody_threshold *threshold, const struct ceremony *ceremony, int i, enum share_outcome *outcome, struct error *err)
{
    CLEANUP(share_value) struct share share = share_of(ceremony, i);
    return custody_threshold_add(threshold, &share, outcome, err);
}

/* All ten subsets of three of five, and all ten of two. */
static void any_three_of_five_bring_the_root_key_back(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 1);
    record_write(&ceremony.record);
    for (unsigned subset = 1; subset < 1u << COUNT; subset++) {
        CLEANUP(custody_threshold) struct custody_threshold *threshold = NULL;
        CLEANUP(secret) struct secret *root = NULL;
        assert_true(custody_threshold_begin(&threshold, record_path, store_id, &err));
        unsigned given = 0;
        for (int i = 0; i < COUNT; i++) {
            if (subset >> i & 1) {
                enum share_outcome outcome;
                assert_true(add(threshold, &ceremony, i, &outcome, &err));
                assert_int_equal(outcome, SHARE_ACCEPTED);
                assert_true(add(threshold, &ceremony, i, &outcome, &err));
                assert_int_equal(outcome, SHARE_DUPLICATE);
                given++;
            }
        }
        assert_int_equal(custody_threshold_missing(threshold), given < THRESHOLD ? THRESHOLD - given : 0);
        struct custody custody = custody_threshold_custody(threshold);
        bool opened = custody.root_unseal(custody.context, &root, &err);
        assert_true(opened == (given >= THRESHOLD));
        if (opened) {
            assert_memory_equal(secret_view(root), secret_view(ceremony.root), CRYPTO_KEY_SIZE);
        } else {
            assert_int_equal(err.code, ERROR_DENIED);
            assert_null(root);
        }
    }
}

static void wrong_shares_are_refused_by_name(void **state)
{
    (void)state;
    struct error err;
    enum share_outcome outcome;
    CLEANUP(ceremony_value) struct ceremony before, now, elsewhere;
    ceremony_hold(&before, store_id, 1);
    ceremony_hold(&now, store_id, 2);
    ceremony_hold(&elsewhere, other_store, 2);
    record_write(&now.record);
    CLEANUP(custody_threshold) struct custody_threshold *threshold = NULL;
    assert_true(custody_threshold_begin(&threshold, record_path, store_id, &err));
    assert_false(add(threshold, &before, 1, &outcome, &err));
    assert_string_equal(err.message, "the share of bruno is refused: it is of an earlier ceremony and opens nothing any more");
    assert_false(add(threshold, &elsewhere, 2, &outcome, &err));
    assert_string_equal(err.message, "the share of chloe is refused: it is of another store");
    CLEANUP(share_value) struct share share = share_of(&now, 3);
    for (size_t i = 0; i < SHARE_CONTENT_SIZE; i++) { /* every byte of a share, the blinding included */
        secret_bytes(share.content)[i] ^= 4;
        assert_false(custody_threshold_add(threshold, &share, &outcome, &err));
        assert_string_equal(err.message, "the share of driss is refused: it is not what the ceremony gave out");
        secret_bytes(share.content)[i] ^= 4;
    }
    share.head.index = 2;
    assert_false(custody_threshold_add(threshold, &share, &outcome, &err));
    assert_string_equal(err.message, "the share of driss is refused: custody.json gives its number to somebody else");
    memcpy(share.head.custodian, "bruno", 6); /* driss's share under bruno's name and number */
    assert_false(custody_threshold_add(threshold, &share, &outcome, &err));
    assert_string_equal(err.message, "the share of bruno is refused: it is not what the ceremony gave out");
    share.head.index = 0;
    assert_false(custody_threshold_add(threshold, &share, &outcome, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_int_equal(custody_threshold_missing(threshold), THRESHOLD);
    for (int i = 0; i < THRESHOLD; i++) { /* and the right ones still work */
        assert_true(add(threshold, &now, i, &outcome, &err));
    }
    struct custody custody = custody_threshold_custody(threshold);
    CLEANUP(secret) struct secret *root = NULL;
    assert_true(custody.root_unseal(custody.context, &root, &err));
    assert_memory_equal(secret_view(root), secret_view(now.root), CRYPTO_KEY_SIZE);
}

/* Whoever changes custody.json so that foreign shares fit it gets no root key out of it. */
static void changed_record_is_found_when_the_root_key_is_there(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony, other;
    ceremony_hold(&ceremony, store_id, 1);
    ceremony_hold(&other, store_id, 1);
    assert_true(custody_record_verify(&ceremony.record, ceremony.root, &err));
    assert_false(custody_record_verify(&ceremony.record, other.root, &err));
    struct custody_record changed = ceremony.record;
    changed.threshold = 2;
    assert_false(custody_record_verify(&changed, ceremony.root, &err));
    assert_string_equal(err.message, "custody.json was changed since the ceremony");
    changed = ceremony.record;
    memcpy(changed.members[1].custodian.name, "eve", 4);
    assert_false(custody_record_verify(&changed, ceremony.root, &err));
    changed = ceremony.record;
    changed.members[1].commitment.bytes[31] ^= 1;
    assert_false(custody_record_verify(&changed, ceremony.root, &err));
    changed = ceremony.record;
    changed.made++;
    assert_false(custody_record_verify(&changed, ceremony.root, &err));
    changed = ceremony.record;
    changed.generation++;
    assert_false(custody_record_verify(&changed, ceremony.root, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    /* one commitment replaced by that of a share of the attacker's: the shares are accepted, their sum is not */
    CLEANUP(custody_threshold) struct custody_threshold *threshold = NULL;
    struct share forged = share_of(&ceremony, 0);
    secret_bytes(forged.content)[0] ^= 1;
    changed = ceremony.record;
    changed.members[0].commitment = custody_commitment(&forged);
    record_write(&changed);
    assert_true(custody_threshold_begin(&threshold, record_path, store_id, &err));
    enum share_outcome outcome;
    assert_true(custody_threshold_add(threshold, &forged, &outcome, &err));
    assert_true(add(threshold, &ceremony, 1, &outcome, &err) && add(threshold, &ceremony, 2, &outcome, &err));
    struct custody custody = custody_threshold_custody(threshold);
    struct secret *root = NULL;
    assert_false(custody.root_unseal(custody.context, &root, &err));
    assert_non_null(strstr(err.message, "are not the root key of this ceremony"));
    assert_null(root);
    share_finish(&forged);
}

static void share_file_opens_whole_and_for_its_custodian_only(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 1);
    struct buffer *file = &ceremony.files[0];
    struct share none = {.content = NULL};
    assert_false(share_open(&none, file->data, file->length, keys[1], &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_string_equal(err.message, "the share of alice is not sealed to this key");
    for (size_t i = 0; i < file->length; i++) {
        file->data[i] ^= 1;
        assert_false(share_open(&none, file->data, file->length, keys[0], &err));
        file->data[i] ^= 1;
    }
    for (size_t length = 0; length < file->length; length++) {
        assert_false(share_open(&none, file->data, length, keys[0], &err));
    }
    assert_null(none.content);
    struct share_head head;
    assert_true(share_identify(&head, file->data, file->length, &err));
    assert_string_equal(head.custodian, "alice");
    assert_int_equal(head.threshold, THRESHOLD);
}

static void share_reaches_the_keeper_of_this_unsealing_only(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 1);
    CLEANUP(share_value) struct share share = share_of(&ceremony, 4), received = {.content = NULL};
    CLEANUP(secret) struct secret *keeper = NULL, *other = NULL;
    CLEANUP(buffer_value) struct buffer message = {.maximum = SHARE_FILE_MAX};
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    assert_true(secret_random(&keeper, CRYPTO_KEY_SIZE, &err) && secret_random(&other, CRYPTO_KEY_SIZE, &err));
    assert_true(crypto_envelope_public_key(public_key, keeper, &err));
    assert_true(share_reseal(&message, &share, public_key, "nonce 1", 7, &err));
    struct share none;
    assert_false(share_receive(&none, message.data, message.length, keeper, "nonce 2", 7, &err)); /* replayed */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(share_receive(&none, message.data, message.length, other, "nonce 1", 7, &err));
    assert_false(share_open(&none, message.data, message.length, keeper, &err)); /* not a share at rest */
    assert_false(share_receive(&none, ceremony.files[4].data, ceremony.files[4].length, keys[4], "", 0, &err));
    assert_true(share_receive(&received, message.data, message.length, keeper, "nonce 1", 7, &err));
    assert_memory_equal(secret_view(received.content), secret_view(share.content), SHARE_CONTENT_SIZE);
    assert_memory_equal(&received.head, &share.head, sizeof share.head);
    assert_true(custody_share_check(&ceremony.record, &received, &err));
}

static void impossible_ceremonies_are_refused(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 1);
    struct custodian twins[3] = {custodians[0], custodians[1], custodians[2]};
    struct custody_plan plan = {.generation = 1, .threshold = 1, .count = 3, .custodians = twins};
    struct custody_record record;
    struct buffer files[CUSTODIANS_MAX] = {0};
    assert_false(custody_ceremony(&record, files, &plan, ceremony.root, &err));
    plan.threshold = 4;
    assert_false(custody_ceremony(&record, files, &plan, ceremony.root, &err));
    plan.threshold = 2;
    memcpy(twins[2].public_key, twins[0].public_key, CRYPTO_PUBLIC_KEY_SIZE); /* one person under two names */
    assert_false(custody_ceremony(&record, files, &plan, ceremony.root, &err));
    assert_string_equal(err.message, "custodians alice and chloe have the same name or the same key");
    twins[2] = custodians[2];
    memset(twins[2].public_key, 0, CRYPTO_PUBLIC_KEY_SIZE); /* a point of low order: its share would be readable */
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        files[i].maximum = SHARE_FILE_MAX;
    }
    assert_false(custody_ceremony(&record, files, &plan, ceremony.root, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    for (int i = 0; i < CUSTODIANS_MAX; i++) {
        buffer_finish(&files[i]);
    }
}

static void custodian_opens_with_the_passphrase_only(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *good = NULL, *bad = NULL, *key = NULL;
    CLEANUP(buffer_value)
    struct buffer file = {.maximum = CUSTODIAN_FILE_MAX}, line = {.maximum = 1024},
                  bundle = {.maximum = CUSTODIAN_FILE_MAX + SHARE_FILE_MAX};
    struct custodian made, read;
    assert_true(secret_random(&good, 20, &err) && secret_random(&bad, 20, &err));
    struct key_lock lock = {.passphrase = good}, wrong = {.passphrase = bad};
    assert_false(custodian_create(&made, &file, "alice martin", &lock, &err));
    assert_false(custodian_create(&made, &file, "../alice", &lock, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(custodian_create(&made, &file, "alice.martin", &lock, &err));
    assert_false(custodian_open(&key, file.data, file.length, &wrong, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(custodian_open(&key, file.data, file.length, &lock, &err));
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    assert_true(crypto_envelope_public_key(public_key, key, &err));
    assert_memory_equal(public_key, made.public_key, sizeof public_key);
    bool is_token;
    assert_true(custodian_identify(&read, &is_token, file.data, file.length, &err));
    assert_memory_equal(&read, &made, sizeof made);
    assert_false(is_token);
    /* the public line, and every way to mistype one letter of it */
    assert_true(custodian_line_print(&made, &line, &err));
    assert_true(custodian_line_parse(&read, (struct text){(const char *)line.data, line.length}, &err));
    assert_memory_equal(&read, &made, sizeof made);
    for (size_t i = 0; i + 1 < line.length; i++) {
        line.data[i] ^= 1;
        assert_false(custodian_line_parse(&read, (struct text){(const char *)line.data, line.length}, &err));
        line.data[i] ^= 1;
    }
    /* both files in one run of bytes, and apart again */
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 1);
    struct text custodian_part, share_part;
    assert_true(custodian_bundle_print(&bundle, file.data, file.length, ceremony.files[0].data, ceremony.files[0].length, &err));
    assert_true(custodian_bundle_parse(&custodian_part, &share_part, bundle.data, bundle.length, &err));
    assert_int_equal(custodian_part.length, file.length);
    assert_memory_equal(custodian_part.data, file.data, file.length);
    assert_int_equal(share_part.length, ceremony.files[0].length);
    assert_memory_equal(share_part.data, ceremony.files[0].data, share_part.length);
    assert_false(custodian_bundle_parse(&custodian_part, &share_part, bundle.data, bundle.length - 1, &err));
}

/* Argon2id is paid at each try, so the parameters are small here: every byte of the file is flipped. */
static void any_changed_byte_of_a_custodians_file_is_found(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(secret) struct secret *passphrase = NULL, *wrapping = NULL, *key = NULL;
    CLEANUP(buffer_value) struct buffer file = {.maximum = CUSTODIAN_FILE_MAX};
    assert_true(secret_random(&passphrase, 20, &err) && secret_random(&key, CRYPTO_KEY_SIZE, &err));
    struct sealed_key sealed = {.memory_kib = 8, .passes = 1};
    assert_true(custodian_file_print_head(&custodians[0], &file, &err));
    assert_true(sealed_key_print(&sealed, &file, &err));
    assert_true(crypto_passphrase_key(&wrapping, passphrase, sealed.salt, 8, 1, &err));
    assert_true(crypto_seal(file.data + file.length - KEY_WRAPPED_SIZE, wrapping, secret_view(key), CRYPTO_KEY_SIZE, file.data,
                            file.length - KEY_WRAPPED_SIZE, &err));
    struct key_lock lock = {.passphrase = passphrase};
    struct secret *opened = NULL;
    assert_true(custodian_open(&opened, file.data, file.length, &lock, &err));
    assert_memory_equal(secret_view(opened), secret_view(key), CRYPTO_KEY_SIZE);
    secret_destroy(opened);
    opened = NULL;
    for (size_t i = 0; i < file.length; i++) {
        file.data[i] ^= 2;
        assert_false(custodian_open(&opened, file.data, file.length, &lock, &err));
        file.data[i] ^= 2;
    }
    for (size_t length = 0; length < file.length; length++) {
        assert_false(custodian_open(&opened, file.data, length, &lock, &err));
    }
    assert_null(opened);
}

static void record_reads_back_and_is_bound_to_its_store(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(ceremony_value) struct ceremony ceremony;
    ceremony_hold(&ceremony, store_id, 7);
    record_write(&ceremony.record);
    struct custody_record read;
    assert_true(custody_record_read(&read, record_path, store_id, &err));
    assert_true(custody_record_verify(&read, ceremony.root, &err));
    assert_int_equal(read.generation, 7);
    assert_int_equal(read.made, MADE);
    assert_string_equal(read.members[4].custodian.name, "elena");
    assert_false(custody_record_read(&read, record_path, other_store, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_false(custody_record_read(&read, "/nonexistent/custody.json", store_id, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_false(custody_record_parse(&read, "{}", 2, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

/* Written once by this code and kept: what a ceremony of today writes must stay readable (docs/formats/custody.md). */
static void golden_ceremony_stays_readable(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer custodian = {.maximum = CUSTODIAN_FILE_MAX}, share_file = {.maximum = SHARE_FILE_MAX};
    CLEANUP(secret) struct secret *passphrase = NULL, *key = NULL;
    CLEANUP(share_value) struct share share = {.content = NULL};
    static const uint8_t golden_store[GRANT_STORE_ID_SIZE] = "golden store id.";
    static const char words[] = "correct horse battery staple";
    struct custody_record record;
    assert_true(file_read("tests/golden/custody_1/alice.custodian", &custodian, &err));
    assert_true(file_read("tests/golden/custody_1/alice.share", &share_file, &err));
    assert_true(custody_record_read(&record, "tests/golden/custody_1/custody.json", golden_store, &err));
    assert_true(secret_create(&passphrase, sizeof words - 1, &err));
    memcpy(secret_bytes(passphrase), words, sizeof words - 1);
    struct key_lock lock = {.passphrase = passphrase};
    assert_true(custodian_open(&key, custodian.data, custodian.length, &lock, &err));
    assert_true(share_open(&share, share_file.data, share_file.length, key, &err));
    assert_true(custody_share_check(&record, &share, &err));
    assert_int_equal(record.threshold, 2);
    assert_int_equal(record.count, 3);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    snprintf(directory, sizeof directory, "/tmp/emc2_custody_test_XXXXXX");
    if (!crypto_start(&err) || !mkdtemp(directory)) {
        return -1;
    }
    snprintf(record_path, sizeof record_path, "%s/custody.json", directory);
    for (int i = 0; i < COUNT; i++) {
        if (!secret_random(&keys[i], CRYPTO_KEY_SIZE, &err) || !crypto_envelope_public_key(custodians[i].public_key, keys[i], &err)) {
            return -1;
        }
        snprintf(custodians[i].name, sizeof custodians[i].name, "%s", names[i]);
    }
    return 0;
}

static int finish(void **state)
{
    (void)state;
    struct error err;
    for (int i = 0; i < COUNT; i++) {
        secret_destroy(keys[i]);
    }
    return directory_remove_all(directory, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_three_of_five_bring_the_root_key_back),
        cmocka_unit_test(wrong_shares_are_refused_by_name),
        cmocka_unit_test(changed_record_is_found_when_the_root_key_is_there),
        cmocka_unit_test(share_file_opens_whole_and_for_its_custodian_only),
        cmocka_unit_test(share_reaches_the_keeper_of_this_unsealing_only),
        cmocka_unit_test(impossible_ceremonies_are_refused),
        cmocka_unit_test(custodian_opens_with_the_passphrase_only),
        cmocka_unit_test(any_changed_byte_of_a_custodians_file_is_found),
        cmocka_unit_test(record_reads_back_and_is_bound_to_its_store),
        cmocka_unit_test(golden_ceremony_stays_readable),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
