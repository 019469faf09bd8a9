/* SPDX-License-Identifier: EUPL-1.2 */
/* Objections stay, each once, sealed; they match by kind and fingerprint, and under other keys only once they were prepared again. */
#include "base/scratch.h"
#include "governance/objection/objection.h"
#include "trust/keys/keys_pseudonym.h"
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

/* Stands for the keyring's second pseudonymisation: a keyed number of the element. */
static bool print_of(void *context, uint32_t epoch, const uint8_t (*elements)[DELIVERY_ELEMENT_SIZE], size_t count,
                     uint64_t *out_fingerprints, struct error *err)
{
    const uint64_t *key = context;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        out_fingerprints[i] = *key * 1000003 + epoch * 101 + elements[i][0] * 256U + elements[i][1];
    }
    return true;
}

static struct delivery_token token_of(uint8_t kind, unsigned number)
{
    return (struct delivery_token){.kind = kind, .element = {(uint8_t)(number / 256), (uint8_t)number}};
}

static void test_durable(void **state)
{
    (void)state;
    static const uint8_t store_id[GRANT_STORE_ID_SIZE] = {7};
    const struct custody custody = {"test", unseal, NULL, NULL};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(objections) struct objections *first = NULL;
    CLEANUP(objections) struct objections *again = NULL;
    CLEANUP(buffer_value) struct buffer file = {.maximum = 1 << 20};
    struct grant grant = {.project = "p", .purpose = "t", .holder = "h", .actions = GRANT_LOAD, .not_after = INT64_C(4000000000)};
    struct error err = {0};
    uint64_t key = 5, other_key = 6;
    bool is_new;
    assert_true(keyring_open(&keyring, &custody, NULL, store_id, &err) && keyring_grant_issue(keyring, &grant, &err));
    assert_true(objections_open(&first, scratch.directory, keyring, &grant, &err));
    assert_int_equal(objections_count(first), 0);
    for (unsigned i = 3000; i-- > 0;) {
        struct delivery_token token = token_of(1 + i % 2, i);
        assert_true(objections_add(first, 1, &token, &is_new, &err) && is_new);
        assert_true(objections_add(first, 1, &token, &is_new, &err) && !is_new);
    }
    assert_true(objections_write(first, &grant, &err) && objections_open(&again, scratch.directory, keyring, &grant, &err));
    assert_int_equal(objections_count(again), 3000);
    const struct objection_fingerprinter printer = {print_of, &key}, other = {print_of, &other_key};
    assert_false(objection_matches(again, 1, 5 * 1000003 + 101 + 2998)); /* not prepared */
    assert_true(objections_prepare(again, &printer, &err));
    assert_true(objection_matches(again, 1, 5 * 1000003 + 101 + 2998));
    assert_false(objection_matches(again, 2, 5 * 1000003 + 101 + 2998)); /* another kind */
    assert_false(objection_matches(again, 1, 5 * 1000003 + 101 + 3000)); /* nobody */
    assert_true(objections_prepare(again, &other, &err));
    assert_false(objection_matches(again, 1, 5 * 1000003 + 101 + 2998));
    assert_true(objection_matches(again, 1, 6 * 1000003 + 101 + 2998));
    const struct delivery_token plain = token_of(1, 2998);
    assert_true(file_read(scratch_path(&scratch, "objections.sealed"), &file, &err));
    assert_null(memmem(file.data, file.length, &plain, sizeof plain));
    file.data[60] ^= 1;
    assert_true(file_write_atomic(scratch_path(&scratch, "objections.sealed"), file.data, file.length, 0600, &err));
    CLEANUP(objections) struct objections *changed = NULL;
    assert_false(objections_open(&changed, scratch.directory, keyring, &grant, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
}

/* With the keys of a warehouse: whoever objected matches under each of its epochs, and nobody else. */
static void test_under_the_keys_of_a_warehouse(void **state)
{
    (void)state;
    static const uint8_t store_id[GRANT_STORE_ID_SIZE] = {7};
    const struct custody custody = {"test", unseal, NULL, NULL};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(objections) struct objections *objections = NULL;
    struct grant grant = {.project = "p", .purpose = "t", .holder = "h", .actions = GRANT_LOAD | GRANT_PSEUDONYMISE};
    struct delivery_token token = {.kind = 1};
    uint8_t stored[2][CRYPTO_ELEMENT_SIZE], elements[2][CRYPTO_ELEMENT_SIZE];
    struct error err = {0};
    bool is_new;
    grant.not_after = INT64_C(4000000000);
    /* RFC 9496 A.1: the generator and its double */
    assert_true(crypto_from_hex(elements[0], 32, "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"));
    assert_true(crypto_from_hex(elements[1], 32, "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"));
    memcpy(token.element, elements[0], sizeof token.element);
    assert_true(keyring_open(&keyring, &custody, NULL, store_id, &err) && keyring_grant_issue(keyring, &grant, &err));
    assert_true(objections_open(&objections, scratch.directory, keyring, &grant, &err));
    assert_true(objections_add(objections, 1, &token, &is_new, &err));
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        assert_true(keyring_epoch_begin(keyring, &grant, epoch, &err));
        assert_true(keyring_pseudonymise(keyring, &grant, epoch, (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])elements, 2, stored, &err));
        assert_false(epoch == 2 && objection_matches(objections, 1, key_pseudonym_fingerprint(stored[0]))); /* under the old keys */
        assert_true(objections_prepare_under(objections, &grant, epoch, &err));
        assert_true(objection_matches(objections, 1, key_pseudonym_fingerprint(stored[0])));
        assert_false(objection_matches(objections, 1, key_pseudonym_fingerprint(stored[1])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_durable), cmocka_unit_test(test_under_the_keys_of_a_warehouse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
