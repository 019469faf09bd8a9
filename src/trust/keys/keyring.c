/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring: the hierarchy below the root key while the store is unsealed: opening, signing, and the change of the root. The root itself is
 * wiped as soon as the keys below it are there. Data keys are in keyring_data.c. */
#include "base/file.h"
#include "trust/keys/keyring_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- wrapping ---- */
enum { PURPOSE_SIZE = 16, BINDING_SIZE = PURPOSE_SIZE + GRANT_STORE_ID_SIZE + 1 + KEY_FILE_ID_SIZE };

static size_t binding_bytes(const struct key_binding *binding, uint8_t out[BINDING_SIZE])
{
    memset(out, 0, BINDING_SIZE);
    memcpy(out, binding->purpose, strlen(binding->purpose)); /* at most 15 letters */
    memcpy(out + PURPOSE_SIZE, binding->store_id, GRANT_STORE_ID_SIZE);
    out[PURPOSE_SIZE + GRANT_STORE_ID_SIZE] = binding->domain;
    if (binding->file_id) {
        memcpy(out + PURPOSE_SIZE + GRANT_STORE_ID_SIZE + 1, binding->file_id, KEY_FILE_ID_SIZE);
    }
    return BINDING_SIZE;
}

bool key_wrap(const struct secret *wrapping, const struct key_binding *binding, const struct secret *key,
              uint8_t out_wrapped[KEY_WRAPPED_SIZE], struct error *err)
{
    uint8_t bound[BINDING_SIZE];
    size_t length = binding_bytes(binding, bound);
    return crypto_seal(out_wrapped, wrapping, secret_view(key), CRYPTO_KEY_SIZE, bound, length, err);
}

bool key_unwrap(const struct secret *wrapping, const struct key_binding *binding, const uint8_t wrapped[KEY_WRAPPED_SIZE],
                struct secret **out_key, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t bound[BINDING_SIZE];
    size_t length = binding_bytes(binding, bound);
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    if (!crypto_open(secret_bytes(key), wrapping, wrapped, KEY_WRAPPED_SIZE, bound, length, NULL)) {
        return FAIL(err, CORRUPT, "a wrapped key does not open: it was changed, or belongs elsewhere");
    }
    *out_key = key;
    key = NULL;
    return true;
}

static struct key_binding binding_of_top(const uint8_t store_id[GRANT_STORE_ID_SIZE], int top)
{
    return (struct key_binding){"emc2 top key 1", store_id, (uint8_t)top, NULL};
}

/* ---- the top ---- */
static bool top_wrap(struct secret *const top[KEY_TOP_COUNT], const struct secret *root, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                     uint8_t out_wrapped[KEY_TOP_COUNT][KEY_WRAPPED_SIZE], struct error *err)
{
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        struct key_binding binding = binding_of_top(store_id, i);
        TRY(key_wrap(root, &binding, top[i], out_wrapped[i], err));
    }
    return true;
}

static bool top_unwrap(struct keyring *keyring, const struct secret *root, struct error *err)
{
    const struct key_table *table = &keyring->table->last;
    uint32_t which = 0;
    struct key_binding first = binding_of_top(keyring->store_id, 0);
    while (which < table->root_count && !key_unwrap(root, &first, table->top[which][0], &keyring->top[0], NULL)) {
        which++;
    }
    if (which == table->root_count) {
        FAIL(err, CORRUPT, "the root key does not open the key table: they are not of one warehouse, or keys/table was changed");
        return error_hint(err, "after a change of root only the new custody opens the table; otherwise put keys/table back from its copy");
    }
    for (int i = 1; i < KEY_TOP_COUNT; i++) {
        struct key_binding binding = binding_of_top(keyring->store_id, i);
        TRY(key_unwrap(root, &binding, table->top[which][i], &keyring->top[i], err));
    }
    keyring->table->root_place = which;
    keyring->table->root_count = table->root_count;
    return true;
}

static bool top_random(struct keyring *keyring, struct error *err)
{
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        TRY(secret_random(&keyring->top[i], CRYPTO_KEY_SIZE, err));
    }
    return true;
}

static bool mac_key_of(struct secret *const top[KEY_TOP_COUNT], const uint8_t store_id[GRANT_STORE_ID_SIZE], struct secret **out_key,
                       struct error *err)
{
    return crypto_derive(out_key, top[KEY_DOMAIN_GOVERNANCE], "emc2 key table key 1", store_id, GRANT_STORE_ID_SIZE, err);
}

/* What follows from the keys of the top. */
static bool top_ready(struct keyring *keyring, struct error *err)
{
    TRY(mac_key_of(keyring->top, keyring->store_id, &keyring->mac_key, err));
    for (int i = KEY_DOMAIN_COUNT; i < KEY_TOP_COUNT; i++) {
        TRY(crypto_public_key(keyring->public_keys[i], keyring->top[i], err));
    }
    return true;
}

/* ---- life ---- */
static const struct keyring_backend local_backend; /* at the end */

static bool keyring_begin(struct keyring **out_keyring, const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                          struct error *err)
{
    TRY(crypto_start(err));
    struct keyring *keyring = calloc(1, sizeof *keyring);
    struct keyring_table *table = calloc(1, sizeof *table);
    char *copy = directory ? strdup(directory) : NULL;
    if (!keyring || !table || (directory && !copy)) {
        abort(); /* like the arena: no memory left for a few bytes */
    }
    memcpy(keyring->store_id, store_id, sizeof keyring->store_id);
    memcpy(table->last.store_id, store_id, sizeof table->last.store_id);
    table->lock = task_lock_create();
    table->pending.maximum = KEY_TABLE_ENTRIES_MAX;
    keyring->backend = &local_backend;
    keyring->directory = copy;
    keyring->table = table;
    *out_keyring = keyring;
    return true;
}

bool keyring_create(const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root, struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    char path[4096];
    bool exists = true;
    if (snprintf(path, sizeof path, "%s/table", directory) >= (int)sizeof path) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the keys is too long");
    }
    TRY(file_exists(path, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "there is a key table already");
        return error_hint(err, "a key table is never overwritten: everything sealed under its keys would be lost");
    }
    TRY(keyring_begin(&keyring, directory, store_id, err));
    TRY(top_random(keyring, err) && top_ready(keyring, err));
    keyring->table->last.root_count = 1;
    TRY(top_wrap(keyring->top, root, store_id, keyring->table->last.top[0], err));
    return key_table_write(directory, &keyring->table->last, keyring->mac_key, err);
}

bool keyring_open(struct keyring **out_keyring, const struct custody *custody, const char *directory,
                  const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(keyring) struct keyring *keyring = NULL;
    CLEANUP(secret) struct secret *root = NULL;
    TRY(keyring_begin(&keyring, directory, store_id, err));
    TRY(custody->root_unseal(custody->context, &root, err));
    if (directory) {
        TRY(key_table_read(directory, store_id, &keyring->table->last, err));
        TRY(top_unwrap(keyring, root, err) && top_ready(keyring, err));
        TRY(key_table_check(&keyring->table->last, keyring->mac_key, err));
    } else {
        TRY(top_random(keyring, err) && top_ready(keyring, err));
    }
    *out_keyring = keyring;
    keyring = NULL;
    return true;
}

static void local_close(struct keyring *keyring)
{
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        secret_destroy(keyring->top[i]);
    }
    secret_destroy(keyring->mac_key);
    key_table_finish(&keyring->table->last);
    key_entries_finish(&keyring->table->pending);
    task_lock_destroy(keyring->table->lock);
    free(keyring->table);
    free(keyring->directory);
}

bool keyring_root_changing(const struct keyring *keyring, enum root_change *out_change, struct error *err)
{
    if (keyring->link) {
        FAIL(err, UNSUPPORTED, "a keeper does not change its root key");
        return error_hint(err, "seal it with `emc2 key seal`, then change the root key, then unseal it");
    }
    const struct keyring_table *table = keyring->table;
    *out_change = table->root_count < 2 ? ROOT_CHANGE_NONE : table->root_place == 0 ? ROOT_CHANGE_BEGUN : ROOT_CHANGE_STORED;
    return true;
}

/* ---- signing ---- */
static bool local_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err)
{
    if (grant->actions == 0 || grant->not_after <= grant->not_before) {
        FAIL(err, INVALID_ARGUMENT, "a grant needs an action and an end after its beginning");
        return error_hint(err, "give the grant at least one action and one second");
    }
    struct grant made = *grant;
    memcpy(made.store_id, keyring->store_id, sizeof made.store_id);
    TRY(grant_sign(&made, keyring->top[KEY_TOP_GRANTS], err));
    *grant = made;
    return true;
}

static bool local_sign(const struct keyring *keyring, enum key_top seed, const void *bytes, size_t length,
                       uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    return crypto_signature_make(out_signature, keyring->top[seed], bytes, length, err);
}

/* ---- another root ---- */
/* The root that opened this keyring is the one whose custody is in place: it stays, whatever an earlier change left beside it. */
static bool root_add(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    if (table->root_count != keyring->table->root_count) {
        FAIL(err, BUSY, "another change of the root key began meanwhile");
        return error_hint(err, "wait until it is finished, and begin again");
    }
    if (keyring->table->root_place == 1) {
        memcpy(table->top[0], table->top[1], sizeof table->top[0]);
    }
    TRY(top_wrap(keyring->top, context, keyring->store_id, table->top[1], err));
    table->root_count = 2;
    return true;
}

static bool local_root_begin(const struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    CLEANUP(secret) struct secret *copy = NULL;
    TRY(secret_create(&copy, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(copy), secret_view(new_root), CRYPTO_KEY_SIZE);
    TRY(keyring_table_change(keyring, root_add, copy, NULL, err));
    keyring->table->root_place = 0;
    keyring->table->root_count = 2;
    return true;
}

struct root_rewrap {
    const struct secret *new_root;
    struct secret *top[KEY_TOP_COUNT]; /* new domain keys; the seeds as they were */
    struct secret *mac_key;
};

static void root_rewrap_value_cleanup(struct root_rewrap *change)
{
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        secret_destroy(change->top[i]);
    }
    secret_destroy(change->mac_key);
}

static bool entry_rewrap(const struct keyring *keyring, const struct root_rewrap *change, struct key_entry *entry, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct key_binding binding = key_binding_of_entry(keyring->store_id, entry);
    if (entry->is_destroyed) {
        return true;
    }
    TRY(key_unwrap(keyring->top[entry->domain], &binding, entry->wrapped, &key, err));
    return key_wrap(change->top[entry->domain], &binding, key, entry->wrapped, err);
}

static bool root_replace(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    const struct root_rewrap *change = context;
    for (size_t i = 0; i < table->entries.count; i++) {
        TRY(entry_rewrap(keyring, change, &table->entries.items[i], err));
    }
    TRY(keyring_kept_rewrap(keyring, change->top, table, err));
    memset(table->top, 0, sizeof table->top);
    table->root_count = 1;
    return top_wrap(change->top, change->new_root, keyring->store_id, table->top[0], err);
}

static bool root_rewrap_fill(struct root_rewrap *change, const struct keyring *keyring, struct error *err)
{
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        TRY(secret_random(&change->top[i], CRYPTO_KEY_SIZE, err));
        if (i >= KEY_DOMAIN_COUNT) {
            memcpy(secret_bytes(change->top[i]), secret_view(keyring->top[i]), CRYPTO_KEY_SIZE);
        }
    }
    return mac_key_of(change->top, keyring->store_id, &change->mac_key, err);
}

static bool local_root_finish(struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    CLEANUP(root_rewrap_value) struct root_rewrap change = {.new_root = new_root};
    if (keyring->table->pending.count > 0) {
        return FAIL(err, INVALID_ARGUMENT, "the root cannot change while a load is under way");
    }
    TRY(root_rewrap_fill(&change, keyring, err));
    TRY(keyring_table_change(keyring, root_replace, &change, change.mac_key, err));
    for (int i = 0; i < KEY_TOP_COUNT; i++) {
        struct secret *old = keyring->top[i];
        keyring->top[i] = change.top[i];
        change.top[i] = old;
    }
    secret_destroy(keyring->mac_key);
    keyring->mac_key = change.mac_key;
    change.mac_key = NULL;
    keyring->table->root_place = 0;
    keyring->table->root_count = 1;
    return true;
}

static const struct keyring_backend local_backend = {
    local_grant_issue,  local_sign,
    local_create,       local_commit,
    local_open,         local_destroy,
    local_forget,       local_visit,
    local_head,         local_head_kept,
    local_head_set,     local_reserved_create,
    local_pseudonymise, local_project_pseudonyms,
    local_root_begin,   local_root_finish,
    local_close,
};
