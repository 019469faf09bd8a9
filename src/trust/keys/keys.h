/* SPDX-License-Identifier: EUPL-1.2 */
/* keys: the key hierarchy (architecture.md section 5). Custody of the root key is behind one interface: here a file sealed under a
 * passphrase (one operator, one machine); threshold custody and PKCS#11 implement the same interface later.
 *   root -> domain keys (identifiers, health, genetic and location, governance) -> one wrapped data key per segment file.
 * One key, one use. A data key is unwrapped only against a valid grant (SEC-LOG-4..6). */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"
#include "trust/grant/grant.h"

enum key_domain { KEY_DOMAIN_IDENTIFIERS, KEY_DOMAIN_HEALTH, KEY_DOMAIN_GENETIC_LOCATION, KEY_DOMAIN_GOVERNANCE, KEY_DOMAIN_COUNT };
enum { KEY_WRAPPED_SIZE = CRYPTO_KEY_SIZE + CRYPTO_SEAL_OVERHEAD, KEY_FILE_ID_SIZE = 16 };

/* How the root key is brought back. release may be NULL. The context belongs to the implementation. */
struct custody {
    const char *name; /* "passphrase", "threshold", "pkcs11" */
    bool (*root_unseal)(void *context, struct secret **out_root, struct error *err);
    void (*release)(void *context);
    void *context;
};
/* Passphrase custody: root_create makes the root and writes PATH (0600; Argon2id parameters, salt, sealed root, store id as associated
 * data) atomically; refuses to overwrite. The passphrase is copied. */
MUST_CHECK bool custody_passphrase_create(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *passphrase,
                                          struct error *err);
MUST_CHECK bool custody_passphrase_open(struct custody *out_custody, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                        const struct secret *passphrase, struct error *err);
MUST_CHECK bool custody_passphrase_change(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                          const struct secret *old_passphrase, const struct secret *new_passphrase, struct error *err);
void custody_release(struct custody *custody);

/* The unsealed hierarchy: holds the root and domain keys in secret memory until it is closed. */
struct keyring;
MUST_CHECK bool keyring_open(struct keyring **out_keyring, const struct custody *custody, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                             struct error *err);
void keyring_close(struct keyring *keyring);
DEFINE_CLEANUP(keyring, keyring_close)
const uint8_t *keyring_store_id(const struct keyring *keyring);
/* Public half of the governance signing key (grants) and of the warehouse signing key (manifests). */
const uint8_t *keyring_governance_public_key(const struct keyring *keyring);
const uint8_t *keyring_manifest_public_key(const struct keyring *keyring);

/* Single-operator default: the operator gives themselves a grant. */
MUST_CHECK bool keyring_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err);
MUST_CHECK bool keyring_manifest_sign(const struct keyring *keyring, const void *bytes, size_t length,
                                      uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);

/* A fresh data key for one file, and its wrapping, bound to store, domain and file id. Demands GRANT_LOAD. */
MUST_CHECK bool keyring_data_key_create(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                                        const uint8_t file_id[KEY_FILE_ID_SIZE], struct secret **out_key,
                                        uint8_t out_wrapped[KEY_WRAPPED_SIZE], struct error *err);
/* Demands a valid grant for any of COUNT, ROWS, LOAD, EXPORT, VERIFY. */
MUST_CHECK bool keyring_data_key_unwrap(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                                        const uint8_t file_id[KEY_FILE_ID_SIZE], const uint8_t wrapped[KEY_WRAPPED_SIZE],
                                        struct secret **out_key, struct error *err);
