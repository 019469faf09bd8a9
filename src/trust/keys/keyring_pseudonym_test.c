/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_pseudonym: two bodies make a pseudonym and neither makes it alone; it is renewed without identities; projects do not meet. */
#include "base/calendar.h"
#include "base/scratch.h"
#include "trust/crypto/crypto_voprf.h"
#include "trust/keys/keys_pseudonym.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1700000000, PERSONS = 50 };
static const uint8_t store_id[GRANT_STORE_ID_SIZE] = "store number one", other_store[GRANT_STORE_ID_SIZE] = "store number two";

static bool constant_root(void *context, struct secret **out_root, struct error *err)
{
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), *(const uint8_t *)context, CRYPTO_KEY_SIZE);
    return true;
}

static struct keyring *ring_of(const char *directory, const uint8_t id[GRANT_STORE_ID_SIZE], uint8_t filling)
{
    struct error err;
    struct keyring *keyring = NULL;
    const struct custody custody = {"constant", constant_root, NULL, &filling};
    assert_true(keyring_open(&keyring, &custody, directory, id, &err));
    return keyring;
}

static struct grant grant_for(const struct keyring *keyring, const char *project, uint32_t actions)
{
    struct error err;
    struct grant grant = {.actions = actions, .tables = UINT64_MAX, .not_before = NOW, .not_after = NOW + 60};
    assert_true(text_copy(grant.project, sizeof grant.project, text_of(project)));
    assert_true(keyring_grant_issue(keyring, &grant, &err));
    return grant;
}

struct people {
    uint8_t elements[PERSONS][CRYPTO_ELEMENT_SIZE];
};

/* Transport pseudonyms of persons, as an authority with this key makes them. */
static struct people transport(uint8_t authority)
{
    struct error err;
    struct people people;
    CLEANUP(secret) struct secret *seed = NULL, *key = NULL;
    assert_true(secret_create(&seed, CRYPTO_KEY_SIZE, &err));
    secret_bytes(seed)[0] = authority;
    assert_true(crypto_voprf_key_derive(&key, CRYPTO_VOPRF, seed, TEXT("a"), &err));
    for (uint32_t i = 0; i < PERSONS; i++) {
        uint8_t uniform[CRYPTO_UNIFORM_SIZE], element[CRYPTO_ELEMENT_SIZE];
        const struct text part = {(const char *)&i, sizeof i};
        crypto_voprf_input(uniform, CRYPTO_VOPRF, &part, 1);
        crypto_element_from_uniform(element, uniform);
        assert_true(crypto_element_power(people.elements[i], element, secret_view(key), &err));
    }
    return people;
}

typedef const uint8_t (*view)[CRYPTO_ELEMENT_SIZE];

static struct people warehouse(const struct keyring *keyring, const struct grant *grant, uint32_t epoch, const struct people *people)
{
    struct error err;
    struct people made;
    assert_true(keyring_pseudonymise(keyring, grant, epoch, (view)people->elements, PERSONS, made.elements, &err));
    return made;
}

static size_t common(const struct people *a, const struct people *b)
{
    size_t found = 0;
    for (size_t i = 0; i < PERSONS; i++) {
        for (size_t j = 0; j < PERSONS; j++) {
            found += memcmp(a->elements[i], b->elements[j], CRYPTO_ELEMENT_SIZE) == 0;
        }
    }
    return found;
}

/* EMC2-04: a change of either key changes all pseudonyms, and the transport pseudonym is not the warehouse's (SEC-PSE-2). */
static void either_key_changes_every_pseudonym(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *one = ring_of(NULL, store_id, 1), *two = ring_of(NULL, other_store, 2);
    struct grant first = grant_for(one, "operator", GRANT_PSEUDONYMISE), second = grant_for(two, "operator", GRANT_PSEUDONYMISE);
    assert_true(keyring_epoch_begin(one, &first, 1, &err) && keyring_epoch_begin(two, &second, 1, &err));
    struct people t = transport(1), other_t = transport(2);
    struct people w = warehouse(one, &first, 1, &t), again = warehouse(one, &first, 1, &t);
    struct people of_other_authority = warehouse(one, &first, 1, &other_t), of_other_store = warehouse(two, &second, 1, &t);
    assert_memory_equal(&w, &again, sizeof w);
    assert_int_equal(common(&w, &w), PERSONS); /* SEC-PSE-1: no two persons share one */
    assert_int_equal(common(&w, &t), 0);
    assert_int_equal(common(&w, &of_other_authority), 0);
    assert_int_equal(common(&w, &of_other_store), 0); /* SEC-PSE-1: dedicated to one warehouse */
    assert_true(key_pseudonym_fingerprint(w.elements[0]) != key_pseudonym_fingerprint(w.elements[1]));
    assert_false(keyring_pseudonymise(two, &first, 1, (view)t.elements, 1, again.elements, &err)); /* a grant of another store */
    assert_int_equal(err.code, ERROR_DENIED);
}

/* SNDS-6.3: after the renewal all joins hold, the old pseudonyms cannot be made or turned any more. */
static void renewal_keeps_joins_and_ends_the_old_ones(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *root = NULL, *new_root = NULL;
    uint8_t filling = 7;
    assert_true(constant_root(&filling, &root, &err) && keyring_create(scratch.directory, store_id, root, &err));
    CLEANUP(keyring) struct keyring *keyring = ring_of(scratch.directory, store_id, 7);
    struct grant grant = grant_for(keyring, "operator", GRANT_PSEUDONYMISE | GRANT_ERASE);
    struct people t = transport(1), renewed, none;
    uint32_t newest, live, earlier;
    assert_true(keyring_epochs(keyring, &newest, &live, &err) && newest == 0 && live == 0);
    assert_true(keyring_epoch_begin(keyring, &grant, 1, &err));
    struct people old = warehouse(keyring, &grant, 1, &t);
    assert_true(keyring_epoch_begin(keyring, &grant, 2, &err));
    assert_true(keyring_repseudonymise(keyring, &grant, 1, 2, (view)old.elements, PERSONS, renewed.elements, &err));
    struct people fresh = warehouse(keyring, &grant, 2, &t); /* a delivery after the renewal meets what was stored before it */
    assert_memory_equal(&renewed, &fresh, sizeof fresh);
    assert_int_equal(common(&renewed, &old), 0);
    assert_true(keyring_epoch_before(keyring, 2, &earlier, &err) && earlier == 1);
    assert_true(keyring_epoch_before(keyring, 1, &earlier, &err) && earlier == 0);
    assert_true(keyring_epoch_destroy(keyring, &grant, 1, &err));
    assert_true(keyring_epochs(keyring, &newest, &live, &err) && newest == 2 && live == 2);
    assert_true(keyring_epoch_before(keyring, 2, &earlier, &err) && earlier == 0);
    assert_false(keyring_pseudonymise(keyring, &grant, 1, (view)t.elements, 1, none.elements, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(keyring_repseudonymise(keyring, &grant, 1, 2, (view)old.elements, 1, none.elements, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(keyring_repseudonymise(keyring, &grant, 2, 1, (view)fresh.elements, 1, none.elements, &err));
    assert_false(keyring_epoch_begin(keyring, &grant, 1, &err)); /* no epoch comes twice */
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_true(secret_create(&new_root, CRYPTO_KEY_SIZE, &err)); /* a change of the root changes no pseudonym */
    memset(secret_bytes(new_root), 8, CRYPTO_KEY_SIZE);
    assert_true(keyring_root_begin(keyring, new_root, &err) && keyring_root_finish(keyring, new_root, &err));
    CLEANUP(keyring) struct keyring *reopened = ring_of(scratch.directory, store_id, 8);
    struct people same = warehouse(reopened, &grant, 2, &t);
    assert_memory_equal(&same, &fresh, sizeof fresh);
}

/* SNDS-6.2, SEC-LOG-4: no function gives an exponent out, and nothing but the right grant uses it. */
static void exponents_stay_inside(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(keyring) struct keyring *keyring = ring_of(NULL, store_id, 1);
    CLEANUP(secret) struct secret *none = NULL;
    struct grant grant = grant_for(keyring, "operator", GRANT_PSEUDONYMISE), all = grant_for(keyring, "operator", GRANT_ANY);
    struct people t = transport(1), made;
    struct key_file_id id = {"emc2 epoch 1\0\0\0\1"};
    assert_true(keyring_epoch_begin(keyring, &grant, 1, &err));
    assert_false(keyring_data_key_open(keyring, &all, KEY_DOMAIN_IDENTIFIERS, id.bytes, &none, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    id.bytes[15] = 2;
    assert_false(keyring_data_key_create(keyring, &all, KEY_DOMAIN_IDENTIFIERS, id.bytes, 0, &none, &err)); /* nor is one planted */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(keyring_data_key_forget(keyring, &all, &id, 1, &err)); /* nor does one vanish without a trace */
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(keyring_pseudonymise(keyring, &all, 1, (view)t.elements, 1, made.elements, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(keyring_epoch_begin(keyring, &all, 2, &err));
    assert_false(keyring_epoch_destroy(keyring, &grant, 1, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_false(keyring_pseudonymise(keyring, &grant, 0, (view)t.elements, 1, made.elements, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_false(keyring_pseudonymise(keyring, &grant, 5, (view)t.elements, 1, made.elements, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    memset(t.elements[3], 0, CRYPTO_ELEMENT_SIZE);
    assert_false(keyring_pseudonymise(keyring, &grant, 1, (view)t.elements, 5, made.elements, &err));
    assert_int_equal(err.code, ERROR_INVALID_INPUT);
    clock_set_for_tests(NOW + 100); /* past its end */
    assert_false(keyring_pseudonymise(keyring, &grant, 1, (view)t.elements, 1, made.elements, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    clock_set_for_tests(NOW);
}

/* SEC-ESP-2: two projects cannot be joined; a project's pseudonyms end with its key. */
static void projects_do_not_meet(void **state)
{
    (void)state;
    struct error err;
    enum { COUNT = 1000 };
    static uint64_t persons[COUNT];
    static uint8_t a[COUNT][KEY_PROJECT_PSEUDONYM_SIZE], again[COUNT][KEY_PROJECT_PSEUDONYM_SIZE], b[COUNT][KEY_PROJECT_PSEUDONYM_SIZE];
    CLEANUP(keyring) struct keyring *keyring = ring_of(NULL, store_id, 1);
    struct grant operator_grant = grant_for(keyring, "operator", GRANT_PSEUDONYMISE | GRANT_ERASE);
    struct grant first = grant_for(keyring, "project A", GRANT_ROWS), second = grant_for(keyring, "project B", GRANT_EXPORT);
    struct grant counts = grant_for(keyring, "project A", GRANT_COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        persons[i] = i + 1;
    }
    assert_false(keyring_project_pseudonyms(keyring, &first, persons, 1, a, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_true(keyring_project_begin(keyring, &operator_grant, "project A", &err));
    assert_true(keyring_project_begin(keyring, &operator_grant, "project B", &err));
    assert_true(keyring_project_pseudonyms(keyring, &first, persons, COUNT, a, &err));
    assert_true(keyring_project_pseudonyms(keyring, &first, persons, COUNT, again, &err));
    assert_true(keyring_project_pseudonyms(keyring, &second, persons, COUNT, b, &err));
    assert_memory_equal(a, again, sizeof a);
    size_t joined = 0;
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            joined += memcmp(a[i], b[j], KEY_PROJECT_PSEUDONYM_SIZE) == 0;
            assert_true(i == j || memcmp(a[i], a[j], KEY_PROJECT_PSEUDONYM_SIZE) != 0);
        }
    }
    assert_int_equal(joined, 0);
    assert_false(keyring_project_pseudonyms(keyring, &counts, persons, 1, a, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_true(keyring_project_destroy(keyring, &operator_grant, "project A", &err));
    assert_false(keyring_project_pseudonyms(keyring, &first, persons, 1, a, &err));
    assert_int_equal(err.code, ERROR_ERASED);
    assert_false(keyring_project_begin(keyring, &operator_grant, "project A", &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_false(keyring_project_begin(keyring, &operator_grant, "", &err));
    assert_true(keyring_project_pseudonyms(keyring, &second, persons, 1, again, &err));
    assert_memory_equal(again[0], b[0], sizeof b[0]);
}

int main(void)
{
    clock_set_for_tests(NOW);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(either_key_changes_every_pseudonym),
        cmocka_unit_test(renewal_keeps_joins_and_ends_the_old_ones),
        cmocka_unit_test(exponents_stay_inside),
        cmocka_unit_test(projects_do_not_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
