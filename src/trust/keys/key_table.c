/* SPDX-License-Identifier: EUPL-1.2 */
/* key_table: the bytes of keys/table, and how it is read, locked and replaced. */
#include "trust/keys/key_table.h"
#include "base/file.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const uint8_t magic[8] = "EMC2KEYS";
enum {
    VERSION = 2,
    VERSION_WITHOUT_HEAD = 1,
    ENTRY_SIZE = KEY_FILE_ID_SIZE + 1 + 1 + 8 + KEY_WRAPPED_SIZE,
    FILE_MODE = 0600,
    PATH_SIZE = 4096
};
enum { KEPT_MAX = KEY_KEPT_MAX + CRYPTO_SEAL_OVERHEAD, BYTES_MAX = 2048 + KEPT_MAX + KEY_TABLE_ENTRIES_MAX * ENTRY_SIZE };
enum { LOCK_WAIT_MS = 30000 };

void key_table_finish(struct key_table *table)
{
    key_entries_finish(&table->entries);
    buffer_finish(&table->kept);
}

void key_table_move(struct key_table *out, struct key_table *table)
{
    *out = *table;
    *table = (struct key_table){.generation = 0};
}

/* ---- bytes ---- */
static bool entry_print(const struct key_entry *entry, struct buffer *out, struct error *err)
{
    const uint8_t kind[2] = {(uint8_t)entry->domain, entry->is_destroyed};
    TRY(buffer_append(out, entry->file_id, sizeof entry->file_id, err));
    TRY(buffer_append(out, kind, sizeof kind, err));
    TRY(buffer_append_u64(out, (uint64_t)entry->until, err));
    return buffer_append(out, entry->wrapped, sizeof entry->wrapped, err);
}

static bool head_print(const struct key_table *table, struct buffer *out, struct error *err)
{
    TRY(buffer_append_u32(out, table->head.snapshot, err));
    TRY(buffer_append(out, table->head.manifest.bytes, sizeof table->head.manifest.bytes, err));
    TRY(buffer_append_u64(out, table->head.log_size, err) && buffer_append_u32(out, (uint32_t)table->kept.length, err));
    return buffer_append(out, table->kept.data, table->kept.length, err);
}

bool key_table_print(const struct key_table *table, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err) && buffer_append_u32(out, table->version, err));
    TRY(buffer_append(out, table->store_id, sizeof table->store_id, err));
    TRY(buffer_append_u64(out, table->generation, err) && buffer_append_u32(out, table->root_count, err));
    TRY(buffer_append(out, table->top, table->root_count * sizeof table->top[0], err));
    TRY(table->version == VERSION_WITHOUT_HEAD || head_print(table, out, err));
    TRY(buffer_append_u32(out, (uint32_t)table->entries.count, err));
    for (size_t i = 0; i < table->entries.count; i++) {
        TRY(entry_print(&table->entries.items[i], out, err));
    }
    return true;
}

static bool take(struct cursor *in, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(in, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

static bool store_head_parse(struct key_table *table, struct cursor *in, struct error *err)
{
    const uint8_t *sealed;
    uint32_t length;
    TRY(cursor_u32(in, &table->head.snapshot, err));
    TRY(take(in, table->head.manifest.bytes, sizeof table->head.manifest.bytes, err));
    TRY(cursor_u64(in, &table->head.log_size, err) && cursor_u32(in, &length, err));
    if (length > KEPT_MAX || (length > 0 && length < CRYPTO_SEAL_OVERHEAD)) {
        return FAIL(err, CORRUPT, "what the key table keeps for the store is not as emc2 writes it");
    }
    table->kept.maximum = KEPT_MAX;
    return cursor_bytes(in, length, &sealed, err) && buffer_append(&table->kept, sealed, length, err);
}

static bool head_parse(struct key_table *table, struct cursor *in, uint32_t *out_count, struct error *err)
{
    uint8_t found[sizeof magic];
    TRY(take(in, found, sizeof found, err) && cursor_u32(in, &table->version, err));
    if (memcmp(found, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "this is not a key table");
    }
    if (table->version != VERSION && table->version != VERSION_WITHOUT_HEAD) {
        return FAIL(err, UNSUPPORTED, "the key table has version %u, this emc2 reads %d", table->version, VERSION);
    }
    TRY(take(in, table->store_id, sizeof table->store_id, err) && cursor_u64(in, &table->generation, err));
    TRY(cursor_u32(in, &table->root_count, err));
    if (table->root_count < 1 || table->root_count > KEY_TABLE_ROOTS_MAX) {
        return FAIL(err, CORRUPT, "the key table names %u root keys", table->root_count);
    }
    TRY(take(in, table->top, table->root_count * sizeof table->top[0], err));
    TRY(table->version == VERSION_WITHOUT_HEAD || store_head_parse(table, in, err));
    return cursor_u32(in, out_count, err);
}

static bool entry_parse(struct key_entry *entry, struct cursor *in, struct error *err)
{
    uint8_t domain, is_destroyed;
    uint64_t until;
    TRY(take(in, entry->file_id, sizeof entry->file_id, err));
    TRY(cursor_u8(in, &domain, err) && cursor_u8(in, &is_destroyed, err) && cursor_u64(in, &until, err));
    TRY(take(in, entry->wrapped, sizeof entry->wrapped, err));
    if (domain >= KEY_DOMAIN_COUNT || is_destroyed > 1 || until > INT64_MAX) {
        return FAIL(err, CORRUPT, "an entry of the key table is not as emc2 writes it");
    }
    entry->domain = (enum key_domain)domain;
    entry->is_destroyed = is_destroyed;
    entry->until = (int64_t)until;
    return true;
}

static bool entries_parse(struct key_table *table, struct cursor *in, uint32_t count, struct error *err)
{
    if (in->length - in->position != (size_t)count * ENTRY_SIZE + KEY_TABLE_MAC_SIZE || count > KEY_TABLE_ENTRIES_MAX) {
        return FAIL(err, CORRUPT, "the key table is cut short, or too long");
    }
    table->entries.maximum = KEY_TABLE_ENTRIES_MAX;
    TRY(key_entries_reserve(&table->entries, count, err));
    for (uint32_t i = 0; i < count; i++) {
        struct key_entry entry;
        TRY(entry_parse(&entry, in, err));
        if (i > 0 && memcmp(table->entries.items[i - 1].file_id, entry.file_id, sizeof entry.file_id) >= 0) {
            return FAIL(err, CORRUPT, "the entries of the key table are not in order");
        }
        TRY(key_entries_append(&table->entries, entry, err));
    }
    return true;
}

bool key_table_parse(struct key_table *out_table, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(key_table_value) struct key_table table = {.generation = 0};
    struct cursor in = {bytes, length, 0};
    uint32_t count;
    TRY(head_parse(&table, &in, &count, err));
    TRY(entries_parse(&table, &in, count, err));
    TRY(take(&in, table.mac, sizeof table.mac, err));
    key_table_move(out_table, &table);
    return true;
}

/* ---- entries ---- */
/* The first entry that is not before the id. */
static size_t entry_place(const struct key_table *table, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    size_t low = 0, high = table->entries.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(table->entries.items[middle].file_id, file_id, KEY_FILE_ID_SIZE) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct key_entry *key_table_find(struct key_table *table, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    size_t at = entry_place(table, file_id);
    bool is_there = at < table->entries.count && memcmp(table->entries.items[at].file_id, file_id, KEY_FILE_ID_SIZE) == 0;
    return is_there ? &table->entries.items[at] : NULL;
}

bool key_table_add(struct key_table *table, const struct key_entry *entry, struct error *err)
{
    size_t at = entry_place(table, entry->file_id);
    table->entries.maximum = KEY_TABLE_ENTRIES_MAX;
    TRY(key_entries_reserve(&table->entries, 1, err));
    memmove(&table->entries.items[at + 1], &table->entries.items[at], (table->entries.count - at) * sizeof *entry);
    table->entries.items[at] = *entry;
    table->entries.count++;
    return true;
}

/* ---- the file ---- */
static bool path_of(char out[PATH_SIZE], const char *directory, const char *name, struct error *err)
{
    int length = snprintf(out, PATH_SIZE, "%s/%s", directory, name);
    return length > 0 && length < PATH_SIZE ? true : FAIL(err, INVALID_ARGUMENT, "the path of the keys is too long");
}

bool key_table_lock(const char *directory, struct lock *out_lock, struct error *err)
{
    char path[PATH_SIZE];
    const struct lock_place place = {
        .path = path, .busy = "another process is changing the key table", .unusable = "the lock of the key table cannot be opened"};
    TRY(path_of(path, directory, "lock", err));
    return lock_take(out_lock, &place, LOCK_WAIT_MS, err);
}

bool key_table_read(const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct key_table *out_table, struct error *err)
{
    char path[PATH_SIZE];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = BYTES_MAX};
    CLEANUP(key_table_value) struct key_table table = {.generation = 0};
    TRY(path_of(path, directory, "table", err));
    if (!file_read(path, &bytes, err) || !key_table_parse(&table, bytes.data, bytes.length, err)) {
        error_hint(err, "put keys/table back from the copy that `emc2 key backup` made");
        return error_context(err, "key table %s", path);
    }
    if (memcmp(table.store_id, store_id, GRANT_STORE_ID_SIZE) != 0) {
        FAIL(err, CORRUPT, "the key table belongs to another store, or was changed");
        return error_context(err, "key table %s", path);
    }
    key_table_move(out_table, &table);
    return true;
}

bool key_table_stamp_read(const char *directory, struct key_table_stamp *out_stamp, struct error *err)
{
    char path[PATH_SIZE];
    struct stat status;
    TRY(path_of(path, directory, "table", err));
    if (stat(path, &status) != 0) {
        return FAIL_ERRNO(err, path, "the key table cannot be read");
    }
    *out_stamp = (struct key_table_stamp){status.st_ino, (uint64_t)status.st_size, status.st_ctim.tv_sec, status.st_ctim.tv_nsec};
    return true;
}

bool key_table_stamp_equal(const struct key_table_stamp *a, const struct key_table_stamp *b)
{
    return a->inode == b->inode && a->size == b->size && a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

static bool mac_of(const struct key_table *table, const struct secret *mac_key, struct buffer *out_bytes,
                   uint8_t out_mac[KEY_TABLE_MAC_SIZE], struct error *err)
{
    CLEANUP(secret) struct secret *mac = NULL;
    out_bytes->maximum = BYTES_MAX;
    TRY(key_table_print(table, out_bytes, err));
    TRY(crypto_derive(&mac, mac_key, "emc2 key table 1", out_bytes->data, out_bytes->length, err));
    memcpy(out_mac, secret_view(mac), KEY_TABLE_MAC_SIZE);
    return true;
}

bool key_table_check(const struct key_table *table, const struct secret *mac_key, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 0};
    uint8_t mac[KEY_TABLE_MAC_SIZE];
    TRY(mac_of(table, mac_key, &bytes, mac, err));
    if (!crypto_equal(mac, table->mac, sizeof mac)) {
        FAIL(err, CORRUPT, "the key table is not as emc2 wrote it, or its keys were rotated since it was opened");
        return error_hint(err, "open the warehouse again; if that does not help, put keys/table back from its copy");
    }
    return true;
}

bool key_table_write(const char *directory, struct key_table *table, const struct secret *mac_key, struct error *err)
{
    char path[PATH_SIZE];
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 0};
    TRY(path_of(path, directory, "table", err));
    table->generation++;
    table->version = VERSION;
    TRY(mac_of(table, mac_key, &bytes, table->mac, err));
    TRY(buffer_append(&bytes, table->mac, sizeof table->mac, err));
    return file_write_atomic(path, bytes.data, bytes.length, FILE_MODE, err);
}
