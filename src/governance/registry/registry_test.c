/* SPDX-License-Identifier: EUPL-1.2 */
/* Holders come back as they were put in; what is changed on disk is found; two holders never share a key; intake keys by epoch. */
#include "base/scratch.h"
#include "governance/registry/registry.h"
#include "governance/registry/registry_intake.h"
#include "governance/registry/registry_subjects.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static bool unseal(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    return secret_random(out_root, CRYPTO_KEY_SIZE, err);
}

struct house {
    struct keyring *keyring;
    struct grant grant;
};

static void house_open(struct house *house, uint32_t actions)
{
    static const uint8_t store_id[GRANT_STORE_ID_SIZE] = {7};
    const struct custody custody = {"test", unseal, NULL, NULL};
    struct error err = {0};
    house->grant = (struct grant){.project = "p", .purpose = "t", .holder = "h", .actions = actions, .not_after = INT64_C(4000000000)};
    assert_true(keyring_open(&house->keyring, &custody, NULL, store_id, &err));
    assert_true(keyring_grant_issue(house->keyring, &house->grant, &err));
}

static struct registry_holder holder_of(const char *name, uint8_t key)
{
    struct registry_holder holder = {.kind = HOLDER_CLAIMS, .from = {20000}, .until = {21000}, .agreement = TEXT("{\"a\": \"é\"}")};
    snprintf(holder.name, sizeof holder.name, "%s", name);
    memset(holder.public_key, key, sizeof holder.public_key);
    return holder;
}

static void test_comes_back(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(registry) struct registry *registry = NULL;
    CLEANUP(registry) struct registry *again = NULL;
    struct house house;
    struct error err = {0};
    house_open(&house, GRANT_LOAD);
    struct registry_holder b = holder_of("chu-b", 2), a = holder_of("cnam", 1);
    struct registry_person person = {.name = "alice", .public_key = {5}};
    a.last_sequence = 41;
    a.last_root.bytes[3] = 9;
    a.is_suspended = true;
    assert_true(registry_open(&registry, scratch.directory, house.keyring, &house.grant, &err));
    assert_true(registry_generation(registry) == 0 && registry_count(registry) == 0);
    assert_true(registry_put(registry, &a, &err) && registry_put(registry, &b, &err) && registry_person_put(registry, &person, &err));
    assert_true(registry_write(registry, &house.grant, &err));
    assert_true(registry_put(registry, &b, &err) && registry_write(registry, &house.grant, &err)); /* replaced, not doubled */
    assert_true(registry_open(&again, scratch.directory, house.keyring, &house.grant, &err));
    assert_true(registry_generation(again) == 2 && registry_count(again) == 2);
    struct crypto_hash hash = registry_hash(again), written = registry_hash(registry);
    assert_memory_equal(hash.bytes, written.bytes, CRYPTO_HASH_SIZE);
    const struct registry_holder *found = registry_find(again, "cnam");
    assert_non_null(found);
    assert_true(found->kind == HOLDER_CLAIMS && found->last_sequence == 41 && found->is_suspended && found->until.number == 21000);
    assert_true(found->last_root.bytes[3] == 9 && text_equal(found->agreement, a.agreement));
    assert_string_equal(registry_at(again, 0)->name, "chu-b");
    assert_string_equal(registry_person_at(again, 0)->name, "alice");
    assert_null(registry_find(again, "chu-c"));
    keyring_close(house.keyring);
}

static void test_refusals(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(registry) struct registry *registry = NULL;
    struct house house;
    struct error err = {0};
    house_open(&house, GRANT_COUNT);
    assert_true(registry_open(&registry, scratch.directory, house.keyring, &house.grant, &err));
    struct registry_holder a = holder_of("chu-a", 1), twin = holder_of("chu-b", 1), wrong = holder_of("CHU B", 2),
                           over = holder_of("chu-c", 3);
    over.until = (day){19999};
    assert_true(registry_put(registry, &a, &err));
    assert_false(registry_put(registry, &twin, &err));
    assert_non_null(strstr(err.message, "chu-a has this key already"));
    assert_false(registry_put(registry, &wrong, &err) || registry_put(registry, &over, &err));
    snprintf(over.tls_pin, sizeof over.tls_pin, "12");
    over.until = (day){22000};
    assert_false(registry_put(registry, &over, &err));
    assert_non_null(strstr(err.message, "TLS pin"));
    assert_int_equal(registry_count(registry), 1);
    assert_false(registry_write(registry, &house.grant, &err)); /* the grant does not allow it */
    assert_int_equal(err.code, ERROR_DENIED);
    keyring_close(house.keyring);
}

static void test_changed_on_disk(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(registry) struct registry *registry = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 20};
    struct house house;
    struct error err = {0};
    house_open(&house, GRANT_LOAD);
    struct registry_holder a = holder_of("chu-a", 1);
    assert_true(registry_open(&registry, scratch.directory, house.keyring, &house.grant, &err));
    assert_true(registry_put(registry, &a, &err) && registry_write(registry, &house.grant, &err));
    const char *path = scratch_path(&scratch, "registry.sealed");
    assert_true(file_read(path, &bytes, &err));
    assert_null(memmem(bytes.data, bytes.length, "chu-a", 5));
    for (size_t i = 0; i < bytes.length; i += 7) {
        CLEANUP(registry) struct registry *changed = NULL;
        bytes.data[i] ^= 4;
        assert_true(file_write_atomic(path, bytes.data, bytes.length, 0600, &err));
        bytes.data[i] ^= 4;
        assert_false(registry_open(&changed, scratch.directory, house.keyring, &house.grant, &err));
        assert_true(err.code == ERROR_CORRUPT || err.code == ERROR_NOT_FOUND); /* or it names a key that there is not */
    }
    keyring_close(house.keyring);
}

static void test_intake_keys(void **state)
{
    (void)state;
    struct house house;
    struct error err = {0};
    uint32_t epoch = 99;
    uint8_t first[CRYPTO_PUBLIC_KEY_SIZE], second[CRYPTO_PUBLIC_KEY_SIZE];
    CLEANUP(secret) struct secret *one = NULL;
    CLEANUP(secret) struct secret *two = NULL;
    CLEANUP(secret) struct secret *three = NULL;
    house_open(&house, GRANT_LOAD);
    assert_true(intake_key_newest(house.keyring, &house.grant, &epoch, &err) && epoch == 0);
    assert_true(intake_key_create(house.keyring, &house.grant, &epoch, &err) && epoch == 1);
    assert_true(intake_key_create(house.keyring, &house.grant, &epoch, &err) && epoch == 2);
    assert_true(intake_key_newest(house.keyring, &house.grant, &epoch, &err) && epoch == 2);
    assert_true(intake_key_open(house.keyring, &house.grant, 1, &one, &err) && intake_key_open(house.keyring, &house.grant, 2, &two, &err));
    assert_true(crypto_envelope_public_key(first, one, &err) && crypto_envelope_public_key(second, two, &err));
    assert_memory_not_equal(first, second, sizeof first);
    assert_false(intake_key_open(house.keyring, &house.grant, 3, &three, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    keyring_close(house.keyring);
}

static void test_subjects(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(subjects) struct subjects *first = NULL;
    CLEANUP(subjects) struct subjects *again = NULL;
    CLEANUP(subjects) struct subjects *other = NULL;
    struct house house;
    struct error err = {0};
    house_open(&house, GRANT_LOAD);
    assert_true(subjects_open(&first, scratch.directory, "chu-a", house.keyring, &house.grant, &err));
    assert_false(subjects_has(first, 7));
    for (int64_t i = 1000; i-- > 0;) {
        assert_true(subjects_add(first, i * 7, &err) && subjects_add(first, i * 7, &err));
    }
    assert_true(subjects_write(first, &house.grant, &err) && subjects_has(first, 7) && !subjects_has(first, 8));
    assert_true(subjects_open(&again, scratch.directory, "chu-a", house.keyring, &house.grant, &err));
    assert_true(subjects_count(again) == 1000 && subjects_has(again, 6993) && !subjects_has(again, 6994));
    subjects_clear(again);
    assert_true(subjects_add(again, 5, &err) && subjects_write(again, &house.grant, &err));
    assert_true(subjects_has(again, 5) && !subjects_has(again, 7));
    assert_true(subjects_open(&other, scratch.directory, "chu-b", house.keyring, &house.grant, &err) && !subjects_has(other, 5));
    keyring_close(house.keyring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_comes_back), cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_changed_on_disk), cmocka_unit_test(test_intake_keys),
                                       cmocka_unit_test(test_subjects)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
