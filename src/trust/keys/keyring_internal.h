/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_internal: what keyring.c (top of the hierarchy) and keyring_data.c (data keys) share. Private to keys. */
#pragma once
#include "base/task.h"
#include "trust/keys/key_table.h"

/* Changes in one keyring are made under `lock`; changes of the file under its own lock, always from what the file then holds. */
struct keyring {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    char *directory; /* NULL: the table is in memory only */
    struct secret *top[KEY_TOP_COUNT];
    struct secret *mac_key;
    uint8_t public_keys[KEY_TOP_COUNT][CRYPTO_PUBLIC_KEY_SIZE]; /* of the signing seeds */
    struct keyring_table *table;
};
struct keyring_table {
    struct task_lock *lock;
    struct key_table last;      /* as the file was when it was last read or written */
    struct key_entries pending; /* made here, not in the file yet */
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
