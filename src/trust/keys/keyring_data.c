/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_data: data keys of sealed files: made, opened against a grant, destroyed; and how the key table is changed. SEC-LOG-4..6. */
#include "base/calendar.h"
#include "trust/keys/keyring_internal.h"
#include <string.h>

struct key_binding key_binding_of_entry(const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct key_entry *entry)
{
    return (struct key_binding){"emc2 data key 2", store_id, (uint8_t)entry->domain, entry->file_id};
}

/* ---- the table ---- */
static void table_replace(struct keyring_table *table, struct key_table *fresh)
{
    key_table_finish(&table->last);
    key_table_move(&table->last, fresh);
}

bool keyring_table_refresh(const struct keyring *keyring, struct error *err)
{
    CLEANUP(key_table_value) struct key_table fresh = {.generation = 0};
    struct key_table_stamp stamp;
    if (!keyring->directory) {
        return true;
    }
    TRY(key_table_stamp_read(keyring->directory, &stamp, err));
    if (key_table_stamp_equal(&stamp, &keyring->table->stamp)) {
        return true;
    }
    TRY(key_table_read(keyring->directory, keyring->store_id, &fresh, err));
    TRY(key_table_check(&fresh, keyring->mac_key, err));
    table_replace(keyring->table, &fresh);
    keyring->table->stamp = stamp; /* taken before: a table that is newer than its stamp is read once more */
    return true;
}

static bool change_file(const struct keyring *keyring, key_table_change *change, void *context, const struct secret *mac_key_after,
                        struct error *err)
{
    CLEANUP(key_table_value) struct key_table fresh = {.generation = 0};
    TRY(key_table_read(keyring->directory, keyring->store_id, &fresh, err));
    TRY(key_table_check(&fresh, keyring->mac_key, err));
    TRY(change(keyring, &fresh, context, err));
    TRY(key_table_write(keyring->directory, &fresh, mac_key_after ? mac_key_after : keyring->mac_key, err));
    table_replace(keyring->table, &fresh);
    return true;
}

bool keyring_table_change(const struct keyring *keyring, key_table_change *change, void *context, const struct secret *mac_key_after,
                          struct error *err)
{
    bool done;
    struct lock lock = {0};
    task_lock_take(keyring->table->lock);
    if (!keyring->directory) {
        done = change(keyring, &keyring->table->last, context, err);
    } else {
        done = key_table_lock(keyring->directory, &lock, err) && change_file(keyring, change, context, mac_key_after, err);
        lock_give(&lock);
    }
    task_lock_give(keyring->table->lock);
    return done;
}

/* ---- making ---- */
static struct key_entry *pending_find(struct key_entries *pending, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    for (size_t i = 0; i < pending->count; i++) {
        if (memcmp(pending->items[i].file_id, file_id, KEY_FILE_ID_SIZE) == 0) {
            return &pending->items[i];
        }
    }
    return NULL;
}

bool local_create(const struct keyring *keyring, const struct grant *grant, const struct key_facts *facts, struct secret **out_key,
                  struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct key_entry entry = {.domain = facts->domain, .until = facts->until};
    const uint8_t *file_id = facts->file_id.bytes;
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_LOAD, err));
    if (entry.until < 0 || (entry.until > 0 && entry.until <= clock_unix_seconds())) {
        return FAIL(err, INVALID_ARGUMENT, "the data would be unreadable at once: their authorisation ends before now");
    }
    memcpy(entry.file_id, file_id, sizeof entry.file_id);
    struct key_binding binding = key_binding_of_entry(keyring->store_id, &entry);
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    TRY(key_wrap(keyring->top[entry.domain], &binding, key, entry.wrapped, err));
    struct keyring_table *table = keyring->table;
    task_lock_take(table->lock);
    bool is_taken = pending_find(&table->pending, file_id) || key_table_find(&table->last, file_id);
    bool done = is_taken ? FAIL(err, EXISTS, "this file has a key already: a key belongs to one file")
                         : key_entries_append(&table->pending, entry, err);
    task_lock_give(table->lock);
    TRY(done);
    *out_key = key;
    key = NULL;
    return true;
}

static bool pending_add(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    (void)context;
    const struct key_entries *pending = &keyring->table->pending;
    for (size_t i = 0; i < pending->count; i++) {
        if (key_table_find(table, pending->items[i].file_id)) {
            return FAIL(err, EXISTS, "the key table has a key for this file already");
        }
        TRY(key_table_add(table, &pending->items[i], err));
    }
    return true;
}

bool local_commit(const struct keyring *keyring, struct error *err)
{
    if (keyring->table->pending.count == 0) {
        return true;
    }
    TRY(keyring_table_change(keyring, pending_add, NULL, NULL, err));
    keyring->table->pending.count = 0;
    return true;
}

/* ---- opening ---- */
/* Another process may have added or destroyed keys since the table was read; a keeper that runs for months must see that. */
static bool entry_find(const struct keyring *keyring, const uint8_t file_id[KEY_FILE_ID_SIZE], struct key_entry *out_entry, bool *out_found,
                       struct error *err)
{
    struct keyring_table *table = keyring->table;
    TRY(keyring_table_refresh(keyring, err));
    const struct key_entry *entry = pending_find(&table->pending, file_id);
    entry = entry ? entry : key_table_find(&table->last, file_id);
    *out_found = entry != NULL;
    if (entry) {
        *out_entry = *entry;
    }
    return true;
}

static bool entry_is_live(const struct key_entry *entry, struct error *err)
{
    char day_text[INSTANT_TEXT_SIZE];
    instant_to_text((instant){entry->until * 1000000}, day_text);
    if (entry->is_destroyed) {
        FAIL(err, ERASED, "its key was destroyed on %.10s: nobody can read it any more", day_text);
        return error_hint(err, "`emc2 log list` shows who decided it; use a later snapshot");
    }
    if (entry->until > 0 && clock_unix_seconds() >= entry->until) {
        FAIL(err, ERASED, "the authorisation to use it ended on %.10s", day_text);
        return error_hint(err, "load the data again under a new authorisation; `emc2 erase --expired` destroys the key for good");
    }
    return true;
}

bool local_open(const struct keyring *keyring, const struct grant *grant, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                struct secret **out_key, struct error *err)
{
    TRY(grant_demand_any(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_ANY, err));
    return local_entry_open(keyring, domain, file_id, out_key, err);
}

bool local_entry_open(const struct keyring *keyring, enum key_domain domain, const uint8_t file_id[KEY_FILE_ID_SIZE],
                      struct secret **out_key, struct error *err)
{
    struct key_entry entry;
    bool is_found;
    task_lock_take(keyring->table->lock);
    bool done = entry_find(keyring, file_id, &entry, &is_found, err);
    task_lock_give(keyring->table->lock);
    TRY(done);
    if (!is_found) {
        FAIL(err, NOT_FOUND, "the key table has no key for it");
        return error_hint(err, "the file is another store's, was never part of this one, or keys/table is an old copy");
    }
    TRY(entry_is_live(&entry, err));
    if (entry.domain != domain) {
        return FAIL(err, CORRUPT, "it names another key domain than its key: its header was changed");
    }
    struct key_binding binding = key_binding_of_entry(keyring->store_id, &entry);
    return key_unwrap(keyring->top[domain], &binding, entry.wrapped, out_key, err);
}

bool local_visit(const struct keyring *keyring, bool (*visit)(void *context, const struct key_facts *facts, struct error *err),
                 void *context, struct error *err)
{
    CLEANUP(key_table_value) struct key_table fresh = {.generation = 0};
    const struct key_table *table = &keyring->table->last;
    if (keyring->directory) {
        TRY(key_table_read(keyring->directory, keyring->store_id, &fresh, err));
        TRY(key_table_check(&fresh, keyring->mac_key, err));
        table = &fresh;
    }
    for (size_t i = 0; i < table->entries.count; i++) {
        const struct key_entry *entry = &table->entries.items[i];
        struct key_facts facts = {.domain = entry->domain, .is_destroyed = entry->is_destroyed, .until = entry->until};
        memcpy(facts.file_id.bytes, entry->file_id, sizeof facts.file_id.bytes);
        TRY(visit(context, &facts, err));
    }
    return true;
}

uint64_t keyring_generation(const struct keyring *keyring)
{
    if (!keyring->table) {
        return 0;
    }
    task_lock_take(keyring->table->lock);
    uint64_t generation = keyring->table->last.generation;
    task_lock_give(keyring->table->lock);
    return generation;
}

/* ---- destroying ---- */
struct removal {
    const struct key_file_id *ids;
    size_t count;
};

static bool ids_destroy(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    (void)keyring;
    (void)err;
    const struct removal *removal = context;
    for (size_t i = 0; i < removal->count; i++) {
        struct key_entry *entry = key_table_find(table, removal->ids[i].bytes);
        if (entry && !entry->is_destroyed) {
            entry->is_destroyed = true;
            entry->until = clock_unix_seconds();
            crypto_wipe(entry->wrapped, sizeof entry->wrapped);
        }
    }
    return true;
}

static bool ids_forget(const struct keyring *keyring, struct key_table *table, void *context, struct error *err)
{
    (void)keyring;
    (void)err;
    const struct removal *removal = context;
    for (size_t i = 0; i < removal->count; i++) {
        struct key_entry *entry = key_table_find(table, removal->ids[i].bytes);
        if (entry) {
            size_t at = (size_t)(entry - table->entries.items);
            memmove(entry, entry + 1, (table->entries.count - at - 1) * sizeof *entry);
            table->entries.count--;
        }
    }
    return true;
}

bool local_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count, struct error *err)
{
    struct removal removal = {ids, count};
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_ERASE, err));
    return count == 0 || keyring_table_change(keyring, ids_destroy, &removal, NULL, err);
}

/* True when the table itself has to be changed. */
static bool pending_forget(struct keyring_table *table, const struct key_file_id *ids, size_t count)
{
    bool is_written = false;
    task_lock_take(table->lock);
    for (size_t i = 0; i < count; i++) {
        struct key_entry *entry = pending_find(&table->pending, ids[i].bytes);
        if (entry) {
            *entry = table->pending.items[--table->pending.count];
        }
        is_written = is_written || !entry;
    }
    task_lock_give(table->lock);
    return is_written;
}

bool local_forget(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count, struct error *err)
{
    struct removal removal = {ids, count};
    TRY(grant_demand(grant, keyring_governance_public_key(keyring), keyring->store_id, GRANT_LOAD, err));
    return !pending_forget(keyring->table, ids, count) || keyring_table_change(keyring, ids_forget, &removal, NULL, err);
}
