/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_head: what the key table knows of the newest snapshot and of the log, and what it keeps for the store, sealed under a key of the
 * governance domain. */
#include "trust/keys/keyring_internal.h"
#include <string.h>

enum { LABEL_SIZE = 16 };
struct kept_binding {
    uint8_t bytes[LABEL_SIZE + GRANT_STORE_ID_SIZE];
};

static struct kept_binding binding_of(const struct keyring *keyring)
{
    struct kept_binding binding = {"emc2 kept 1"};
    memcpy(binding.bytes + LABEL_SIZE, keyring->store_id, GRANT_STORE_ID_SIZE);
    return binding;
}

static bool kept_key(const struct keyring *keyring, struct secret *const top[KEY_TOP_COUNT], struct secret **out_key, struct error *err)
{
    return crypto_derive(out_key, top[KEY_DOMAIN_GOVERNANCE], "emc2 kept key 1", keyring->store_id, GRANT_STORE_ID_SIZE, err);
}

static bool kept_seal(const struct keyring *keyring, struct secret *const top[KEY_TOP_COUNT], struct text plain, struct buffer *out,
                      struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct kept_binding binding = binding_of(keyring);
    buffer_clear(out);
    if (plain.length == 0) {
        return true;
    }
    out->maximum = KEY_KEPT_MAX + CRYPTO_SEAL_OVERHEAD;
    TRY(kept_key(keyring, top, &key, err) && buffer_reserve(out, plain.length + CRYPTO_SEAL_OVERHEAD, err));
    TRY(crypto_seal(out->data, key, plain.data, plain.length, binding.bytes, sizeof binding.bytes, err));
    out->length = plain.length + CRYPTO_SEAL_OVERHEAD;
    return true;
}

static bool kept_open(const struct keyring *keyring, const struct buffer *sealed, struct buffer *out, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct kept_binding binding = binding_of(keyring);
    if (sealed->length == 0) {
        return true;
    }
    size_t length = sealed->length - CRYPTO_SEAL_OVERHEAD;
    TRY(kept_key(keyring, keyring->top, &key, err) && buffer_reserve(out, length, err));
    TRY(crypto_open(out->data + out->length, key, sealed->data, sealed->length, binding.bytes, sizeof binding.bytes, err));
    out->length += length;
    return true;
}

bool keyring_kept_rewrap(const struct keyring *keyring, struct secret *const new_top[KEY_TOP_COUNT], struct key_table *table,
                         struct error *err)
{
    CLEANUP(buffer_value) struct buffer plain = {.maximum = KEY_KEPT_MAX};
    TRY(kept_open(keyring, &table->kept, &plain, err));
    return kept_seal(keyring, new_top, (struct text){(const char *)plain.data, plain.length}, &table->kept, err);
}

/* ---- reading ---- */
bool local_head(const struct keyring *keyring, struct key_head *out_head, struct error *err)
{
    task_lock_take(keyring->table->lock);
    bool done = keyring_table_refresh(keyring, err);
    if (done) {
        *out_head = keyring->table->last.head;
    }
    task_lock_give(keyring->table->lock);
    return done;
}

bool local_head_kept(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err)
{
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_LOAD, err));
    task_lock_take(keyring->table->lock);
    bool done = keyring_table_refresh(keyring, err) && kept_open(keyring, &keyring->table->last.kept, out, err);
    task_lock_give(keyring->table->lock);
    return done;
}

/* ---- writing ---- */
struct head_change {
    const struct grant *grant;
    const struct key_head *head;
    struct text kept;
};

static bool head_replace(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    const struct head_change *change = context;
    bool goes_back = change->head->snapshot < table->head.snapshot || change->head->log_size < table->head.log_size;
    uint32_t actions = GRANT_LOAD | (goes_back ? GRANT_ERASE : 0);
    TRY(grant_demand(change->grant, keyring_governance_public_key(keyring), keyring->store_id, actions, err));
    TRY(kept_seal(keyring, keyring->top, change->kept, &table->kept, err));
    table->head = *change->head;
    return true;
}

bool local_head_set(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, struct text kept,
                    struct error *err)
{
    struct head_change change = {grant, head, kept};
    return keyring_table_change(keyring, head_replace, &change, NULL, err);
}
