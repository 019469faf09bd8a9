/* SPDX-License-Identifier: EUPL-1.2 */
/* keys: the key hierarchy (architecture.md section 5). Custody of the root key is behind one interface: a file sealed under a passphrase
 * (one operator, one machine) here; custodians' shares and PKCS#11 implement the same interface.
 *   root -> keys/table: domain keys (identifiers, health, genetic and location, governance) and signing seeds, wrapped by the root;
 *           one data key for each sealed file, wrapped by its domain key; where a key was destroyed, when.
 * One key, one use. A data key is opened only against a valid grant (SEC-LOG-4..6). Because wrapped keys are nowhere but in the table,
 * destroying an entry erases what it protects, in every copy of the store (OPR-5, SNC 19.4). */
#pragma once
#include "base/buffer.h"
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
/* Passphrase custody: create writes PATH (0600; Argon2id parameters, salt, sealed root, store id as associated data) atomically and
 * refuses to overwrite. The passphrase is copied. */
MUST_CHECK bool custody_passphrase_create(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root,
                                          const struct secret *passphrase, struct error *err);
MUST_CHECK bool custody_passphrase_open(struct custody *out_custody, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                        const struct secret *passphrase, struct error *err);
MUST_CHECK bool custody_passphrase_change(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                          const struct secret *old_passphrase, const struct secret *new_passphrase, struct error *err);
void custody_release(struct custody *custody);

/* The unsealed hierarchy: domain keys and signing seeds in secret memory until it is closed. Any number of threads may use one keyring. */
struct keyring;
/* Writes DIRECTORY/table with new domain keys and signing seeds, wrapped by the root. EXISTS when there is one. */
MUST_CHECK bool keyring_create(const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root,
                               struct error *err);
/* directory NULL: a hierarchy of its own in memory, gone with the keyring (tests, benches). */
MUST_CHECK bool keyring_open(struct keyring **out_keyring, const struct custody *custody, const char *directory,
                             const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err);
void keyring_close(struct keyring *keyring);
DEFINE_CLEANUP(keyring, keyring_close)
const uint8_t *keyring_store_id(const struct keyring *keyring);
/* Public halves of the governance signing key (grants), the manifest key and the key of the log. */
const uint8_t *keyring_governance_public_key(const struct keyring *keyring);
const uint8_t *keyring_manifest_public_key(const struct keyring *keyring);
const uint8_t *keyring_log_public_key(const struct keyring *keyring);

/* Single-operator default: the operator gives themselves a grant. */
MUST_CHECK bool keyring_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err);
MUST_CHECK bool keyring_manifest_sign(const struct keyring *keyring, const void *bytes, size_t length,
                                      uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);
MUST_CHECK bool keyring_log_sign(const struct keyring *keyring, const void *bytes, size_t length,
                                 uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);

/* A new data key for one file, bound to store, domain and file id. Not durable before keyring_commit. Demands GRANT_LOAD.
 * until: Unix seconds after which the key is not opened any more (the end of an authorisation), 0: no end. */
MUST_CHECK bool keyring_data_key_create(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                                        const uint8_t file_id[KEY_FILE_ID_SIZE], int64_t until, struct secret **out_key, struct error *err);
/* Writes what was created into the table; durable when it returns. To be called before anything names the files. */
MUST_CHECK bool keyring_commit(const struct keyring *keyring, struct error *err);
/* Demands a valid grant for any action. NOT_FOUND: there never was such a key; ERASED: it was destroyed, or its end is past;
 * CORRUPT: it does not belong to this store, domain and file. */
MUST_CHECK bool keyring_data_key_open(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                                      const uint8_t file_id[KEY_FILE_ID_SIZE], struct secret **out_key, struct error *err);
struct key_file_id {
    uint8_t bytes[KEY_FILE_ID_SIZE];
};
/* Destroys data keys for good and keeps when it happened. Durable when it returns; ids without a key are passed over. Demands
 * GRANT_ERASE. */
MUST_CHECK bool keyring_data_key_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids,
                                         size_t count, struct error *err);
/* Takes keys out without a trace, whose files never became part of anything. Demands GRANT_LOAD. */
MUST_CHECK bool keyring_data_key_forget(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids,
                                        size_t count, struct error *err);
/* Counts what was ever written to the table; 0 for a hierarchy in memory, or in a keeper. */
uint64_t keyring_generation(const struct keyring *keyring);
/* Calls visit for each entry of the table, by file id. */
struct key_facts {
    struct key_file_id file_id;
    enum key_domain domain;
    bool is_destroyed;
    int64_t until; /* end of the authorisation (0: none), or when the key was destroyed */
};
MUST_CHECK bool keyring_data_key_visit(const struct keyring *keyring,
                                       bool (*visit)(void *context, const struct key_facts *facts, struct error *err), void *context,
                                       struct error *err);

/* The head: what the keys know of the newest snapshot and of the log, so that a store or a log that was put back from an older copy is
 * found; and bytes that the store wants back then (whom it excludes), sealed. It goes where the keys go, never into a backup of the data.
 */
struct key_head {
    uint32_t snapshot; /* 0: none is known, and the rest is zero */
    struct crypto_hash manifest;
    uint64_t log_size; /* entries of the log at that time */
};
enum { KEY_KEPT_MAX = 1 << 25 };
MUST_CHECK bool keyring_head(const struct keyring *keyring, struct key_head *out_head, struct error *err);
/* Appends the bytes that were kept with the head. Demands GRANT_LOAD. */
MUST_CHECK bool keyring_head_kept(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err);
/* Durable when it returns. Demands GRANT_LOAD; to go back in number or size, GRANT_ERASE, too. */
MUST_CHECK bool keyring_head_set(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, const void *kept,
                                 size_t length, struct error *err);

/* The second pseudonymisation and the projects' pseudonyms are in keys_pseudonym.h. */

/* Another root takes over, without a data file being rewritten, and at every moment one of the two opens the table:
 * begin: the old and the new root open it; then the caller stores the new root's custody; finish: new domain keys, every data key wrapped
 * anew, and only the new root opens it. The signing keys stay. Other keyrings that are open must be opened again. */
MUST_CHECK bool keyring_root_begin(const struct keyring *keyring, const struct secret *new_root, struct error *err);
MUST_CHECK bool keyring_root_finish(struct keyring *keyring, const struct secret *new_root, struct error *err);
/* What an earlier change left, as this keyring found it: begun, but its custody opens under the old root (begin again), or its custody is
 * stored (finish with the root that opened it). */
enum root_change { ROOT_CHANGE_NONE, ROOT_CHANGE_BEGUN, ROOT_CHANGE_STORED };
MUST_CHECK bool keyring_root_changing(const struct keyring *keyring, enum root_change *out_change, struct error *err);

/* The whole change for the passphrase custody at `path` (the same passphrase). After a crash at any point the passphrase opens the
 * warehouse, and the next call ends what was begun: out_resumed says that it did no more than that. */
MUST_CHECK bool root_rotate_passphrase(const char *path, const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                       const struct secret *passphrase, bool *out_resumed, struct error *err);
