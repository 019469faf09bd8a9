/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_internal: what is behind a keyring: the keys of the top in this process (keyring.c, keyring_data.c), or a keeper
 * (keyring_remote.c). keyring_dispatch.c has the functions that callers see. Private to keys. */
#pragma once
#include "base/task.h"
#include "base/text.h"
#include "trust/keys/key_table.h"
#include "trust/keys/keys_pseudonym.h"

/* Changes in one keyring are made under `lock`; changes of the file under its own lock, always from what the file then holds. */
struct keyring_backend;
struct keeper_link;
struct keyring {
    const struct keyring_backend *backend;
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint8_t public_keys[KEY_TOP_COUNT][CRYPTO_PUBLIC_KEY_SIZE]; /* of the signing seeds */
    /* in this process */
    char *directory; /* NULL: the table is in memory only */
    struct secret *top[KEY_TOP_COUNT];
    struct secret *mac_key;
    struct keyring_table *table;
    /* in a keeper */
    struct keeper_link *link;
};
struct keyring_table {
    struct task_lock *lock;
    struct key_table last;      /* as the file was when it was last read or written */
    struct key_entries pending; /* made here, not in the file yet */
    uint32_t root_count;        /* of the file, and which of them opened it */
    uint32_t root_place;
    struct key_table_stamp stamp; /* of the file that `last` is */
};

/* Wraps the 32 bytes of `key`, bound to the store and to what `purpose`, domain and id say. */
struct key_binding {
    const char *purpose;
    const uint8_t *store_id;
    uint8_t domain;
    const uint8_t *file_id; /* NULL: none */
};
MUST_CHECK bool key_wrap(const struct secret *wrapping, const struct key_binding *binding, const struct secret *key,
                         uint8_t out_wrapped[KEY_WRAPPED_SIZE], struct error *err);
/* CORRUPT when it does not open. */
MUST_CHECK bool key_unwrap(const struct secret *wrapping, const struct key_binding *binding, const uint8_t wrapped[KEY_WRAPPED_SIZE],
                           struct secret **out_key, struct error *err);
struct key_binding key_binding_of_entry(const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct key_entry *entry);

/* Reads, checks, changes and replaces the table; `change` runs under both locks. In memory it changes what is there. mac_key_after: under
 * which the new table is authenticated, NULL: the keyring's. */
typedef bool key_table_change(const struct keyring *keyring, struct key_table *table, void *context, struct error *err);
MUST_CHECK bool keyring_table_change(const struct keyring *keyring, key_table_change *change, void *context,
                                     const struct secret *mac_key_after, struct error *err);

/* Reads the table again when its file was replaced. Under the lock of the table. */
MUST_CHECK bool keyring_table_refresh(const struct keyring *keyring, struct error *err);
/* What the table keeps for the store, sealed anew under other keys of the top (a change of the root). */
MUST_CHECK bool keyring_kept_rewrap(const struct keyring *keyring, struct secret *const new_top[KEY_TOP_COUNT], struct key_table *table,
                                    struct error *err);

/* Elements of one request: to the exponent of epoch `to`, from W of epoch `from`, or from T when that is 0. */
struct key_batch {
    uint32_t from, to;
    const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE];
    size_t count;
    uint8_t (*out)[CRYPTO_ELEMENT_SIZE];
};

/* What a keyring does, wherever its keys are. In the order of keys.h, with its words for what fails. */
struct keyring_backend {
    bool (*grant_issue)(const struct keyring *keyring, struct grant *grant, struct error *err);
    bool (*sign)(const struct keyring *keyring, enum key_top seed, const void *bytes, size_t length,
                 uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);
    bool (*create)(const struct keyring *keyring, const struct grant *grant, const struct key_facts *facts, struct secret **out_key,
                   struct error *err);
    bool (*commit)(const struct keyring *keyring, struct error *err);
    bool (*open)(const struct keyring *keyring, const struct grant *grant, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                 struct secret **out_key, struct error *err);
    bool (*destroy)(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                    struct error *err);
    bool (*forget)(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                   struct error *err);
    bool (*visit)(const struct keyring *keyring, bool (*visit)(void *context, const struct key_facts *facts, struct error *err),
                  void *context, struct error *err);
    bool (*head)(const struct keyring *keyring, struct key_head *out_head, struct error *err);
    bool (*head_kept)(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err);
    bool (*head_set)(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, struct text kept,
                     struct error *err);
    bool (*reserved_create)(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id, struct error *err);
    bool (*pseudonymise)(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err);
    bool (*project_pseudonyms)(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                               uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err);
    bool (*root_begin)(const struct keyring *keyring, const struct secret *new_root, struct error *err);
    bool (*root_finish)(struct keyring *keyring, const struct secret *new_root, struct error *err);
    void (*close)(struct keyring *keyring); /* all but the struct itself */
};
/* The functions of keyring_data.c in the table of keyring.c. */
bool local_create(const struct keyring *keyring, const struct grant *grant, const struct key_facts *facts, struct secret **out_key,
                  struct error *err);
bool local_commit(const struct keyring *keyring, struct error *err);
bool local_open(const struct keyring *keyring, const struct grant *grant, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                struct secret **out_key, struct error *err);
bool local_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                   struct error *err);
bool local_forget(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count, struct error *err);
bool local_visit(const struct keyring *keyring, bool (*visit)(void *context, const struct key_facts *facts, struct error *err),
                 void *context, struct error *err);
/* The key of an entry, whoever asks: the caller has looked at the grant. */
bool local_entry_open(const struct keyring *keyring, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                      struct secret **out_key, struct error *err);
/* Of keyring_pseudonym.c. A reserved id has a key that never leaves the keyring. */
bool key_id_is_reserved(const uint8_t file_id[KEY_FILE_ID_SIZE]);
void key_person_bytes(uint8_t out[8], uint64_t person); /* as they are hashed, and stand in a message */
bool local_reserved_create(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id, struct error *err);
bool local_pseudonymise(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err);
bool local_project_pseudonyms(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                              uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err);
/* Of the dispatch. */
MUST_CHECK bool keyring_reserved_create(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id,
                                        struct error *err);
MUST_CHECK bool keyring_batch(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err);
/* Of keyring_head.c. */
bool local_head(const struct keyring *keyring, struct key_head *out_head, struct error *err);
bool local_head_kept(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err);
bool local_head_set(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, struct text kept,
                    struct error *err);
