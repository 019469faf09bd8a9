/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring: the hierarchy below the root key while the store is unsealed. Every key below the root is derived for one purpose and one
 * store; data keys are random and wrapped. SEC-LOG-4..6: a data key is unwrapped only against a valid grant. */
#include "trust/keys/keys.h"
#include <stdlib.h>
#include <string.h>

struct keyring {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct secret *domains[KEY_DOMAIN_COUNT];
    struct secret *grant_seed, *manifest_seed;
    uint8_t governance_public_key[CRYPTO_PUBLIC_KEY_SIZE], manifest_public_key[CRYPTO_PUBLIC_KEY_SIZE];
};

static const char *const domain_purposes[KEY_DOMAIN_COUNT] = {
    [KEY_DOMAIN_IDENTIFIERS] = "emc2 domain identifiers 1",
    [KEY_DOMAIN_HEALTH] = "emc2 domain health 1",
    [KEY_DOMAIN_GENETIC_LOCATION] = "emc2 domain genetic and location 1",
    [KEY_DOMAIN_GOVERNANCE] = "emc2 domain governance 1",
};

/* The root key itself is wiped as soon as the keys below it are there. */
static bool keyring_derive(struct keyring *keyring, const struct secret *root, struct error *err)
{
    for (int i = 0; i < KEY_DOMAIN_COUNT; i++) {
        TRY(crypto_derive(&keyring->domains[i], root, domain_purposes[i], keyring->store_id, sizeof keyring->store_id, err));
    }
    TRY(crypto_derive(&keyring->grant_seed, root, "emc2 sign grants 1", keyring->store_id, sizeof keyring->store_id, err));
    TRY(crypto_derive(&keyring->manifest_seed, root, "emc2 sign manifests 1", keyring->store_id, sizeof keyring->store_id, err));
    TRY(crypto_public_key(keyring->governance_public_key, keyring->grant_seed, err));
    return crypto_public_key(keyring->manifest_public_key, keyring->manifest_seed, err);
}

bool keyring_open(struct keyring **out_keyring, const struct custody *custody, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                  struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL;
    TRY(crypto_start(err));
    TRY(custody->root_unseal(custody->context, &root, err));
    CLEANUP(keyring) struct keyring *keyring = calloc(1, sizeof *keyring);
    if (!keyring) {
        return FAIL(err, LIMIT, "no memory left for the keyring");
    }
    memcpy(keyring->store_id, store_id, sizeof keyring->store_id);
    TRY(keyring_derive(keyring, root, err));
    *out_keyring = keyring;
    keyring = NULL;
    return true;
}

void keyring_close(struct keyring *keyring)
{
    if (!keyring) {
        return;
    }
    for (int i = 0; i < KEY_DOMAIN_COUNT; i++) {
        secret_destroy(keyring->domains[i]);
    }
    secret_destroy(keyring->grant_seed);
    secret_destroy(keyring->manifest_seed);
    free(keyring);
}

const uint8_t *keyring_store_id(const struct keyring *keyring)
{
    return keyring->store_id;
}

const uint8_t *keyring_governance_public_key(const struct keyring *keyring)
{
    return keyring->governance_public_key;
}

const uint8_t *keyring_manifest_public_key(const struct keyring *keyring)
{
    return keyring->manifest_public_key;
}

bool keyring_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err)
{
    if (grant->actions == 0 || grant->not_after <= grant->not_before) {
        FAIL(err, INVALID_ARGUMENT, "a grant needs an action and an end after its beginning");
        return error_hint(err, "give the grant at least one action and one second");
    }
    struct grant made = *grant;
    memcpy(made.store_id, keyring->store_id, sizeof made.store_id);
    TRY(grant_sign(&made, keyring->grant_seed, err));
    *grant = made;
    return true;
}

bool keyring_manifest_sign(const struct keyring *keyring, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                           struct error *err)
{
    return crypto_signature_make(out_signature, keyring->manifest_seed, bytes, length, err);
}

/* A wrapped key opens only in its store, its domain and for its file. */
struct wrap_context {
    uint8_t bytes[16 + GRANT_STORE_ID_SIZE + 1 + KEY_FILE_ID_SIZE];
};

static struct wrap_context wrap_context_of(const struct keyring *keyring, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    struct wrap_context context = {"emc2 data key 1"};
    memcpy(context.bytes + 16, keyring->store_id, GRANT_STORE_ID_SIZE);
    context.bytes[16 + GRANT_STORE_ID_SIZE] = (uint8_t)domain;
    memcpy(context.bytes + 16 + GRANT_STORE_ID_SIZE + 1, file_id, KEY_FILE_ID_SIZE);
    return context;
}

static bool domain_check(enum key_domain domain, struct error *err)
{
    return (unsigned)domain < KEY_DOMAIN_COUNT ? true : FAIL(err, INVALID_ARGUMENT, "there is no key domain %u", (unsigned)domain);
}

bool keyring_data_key_create(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                             const uint8_t file_id[KEY_FILE_ID_SIZE], struct secret **out_key, uint8_t out_wrapped[KEY_WRAPPED_SIZE],
                             struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    TRY(domain_check(domain, err));
    TRY(grant_demand(grant, keyring->governance_public_key, keyring->store_id, GRANT_LOAD, err));
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    struct wrap_context context = wrap_context_of(keyring, domain, file_id);
    TRY(crypto_seal(out_wrapped, keyring->domains[domain], secret_view(key), CRYPTO_KEY_SIZE, context.bytes, sizeof context.bytes, err));
    *out_key = key;
    key = NULL;
    return true;
}

bool keyring_data_key_unwrap(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                             const uint8_t file_id[KEY_FILE_ID_SIZE], const uint8_t wrapped[KEY_WRAPPED_SIZE], struct secret **out_key,
                             struct error *err)
{
    const uint32_t any = GRANT_COUNT | GRANT_ROWS | GRANT_LOAD | GRANT_EXPORT | GRANT_VERIFY;
    CLEANUP(secret) struct secret *key = NULL;
    TRY(domain_check(domain, err));
    TRY(grant_demand_any(grant, keyring->governance_public_key, keyring->store_id, any, err));
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    struct wrap_context context = wrap_context_of(keyring, domain, file_id);
    if (!crypto_open(secret_bytes(key), keyring->domains[domain], wrapped, KEY_WRAPPED_SIZE, context.bytes, sizeof context.bytes, NULL)) {
        return FAIL(err, CORRUPT, "the wrapped key of a file does not open: the file was changed, or is another store's");
    }
    *out_key = key;
    key = NULL;
    return true;
}
