/* SPDX-License-Identifier: EUPL-1.2 */
/* store_reader: a snapshot opened under a grant. Opening checks the signature of the manifest, and of every file that it is there, has
 * its size, its header, its key and its index, and that the segment says of itself what the manifest says of it. */
#include "base/file.h"
#include "warehouse/store/manifest.h"
#include "warehouse/store/segment_view.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */
static bool persons_copy(struct person_ids *out, const struct person_ids *from, struct error *err)
{
    out->maximum = MANIFEST_PERSONS_MAX;
    TRY(person_ids_reserve(out, from->count + 1, err));
    if (from->count) {
        memcpy(out->items, from->items, from->count * sizeof *out->items);
    }
    out->count = from->count;
    return true;
}

static bool reader_fill(struct store_reader *reader, const struct manifest *manifest, const struct person_ids *excluded, struct error *err)
{
    reader->files = calloc(manifest->files.count + 1, sizeof *reader->files);
    for (int scope = 0; scope < STORE_SCOPE_COUNT; scope++) {
        reader->segments[scope] = calloc(manifest->files.count + 1, sizeof(struct store_segment *));
        if (!reader->segments[scope] || !reader->files) {
            return FAIL(err, LIMIT, "no memory left for a reader of the store");
        }
    }
    for (size_t i = 0; i < manifest->files.count; i++) {
        reader->files[i].entry = manifest->files.items[i];
    }
    reader->file_count = manifest->files.count;
    TRY(persons_copy(&reader->excluded, excluded ? excluded : &manifest->excluded, err));
    return block_cache_create(&reader->cache, reader->store->options.cache_bytes, err);
}

bool store_reader_begin(struct store_reader **out_reader, struct store *store, const struct grant *grant, const struct manifest *manifest,
                        const struct person_ids *excluded, struct error *err)
{
    struct store_reader *reader = calloc(1, sizeof *reader);
    if (!reader) {
        return FAIL(err, LIMIT, "no memory left for a reader of the store");
    }
    reader->store = store;
    reader->grant = *grant;
    reader->snapshot = manifest->number;
    if (!reader_fill(reader, manifest, excluded, err)) {
        store_reader_close(reader);
        return false;
    }
    *out_reader = reader;
    return true;
}

static bool sealed_open_entry(const struct store_reader *reader, const struct store_file_entry *entry, struct sealed_file **out_file,
                              struct error *err)
{
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    struct error reason = {.code = ERROR_INTERNAL};
    struct store_path path = store_segment_path(reader->store, entry->file_id);
    if (!sealed_open(&file, path.text, reader->store->keyring, &reader->grant, entry->file_id, &reason)) {
        if (err) {
            *err = reason;
        }
        CLEANUP(secret) struct secret *key = NULL;
        struct error about_key = {.code = ERROR_INTERNAL};
        if (!keyring_data_key_open(reader->store->keyring, &reader->grant, entry->domain, entry->file_id, &key, &about_key) &&
            about_key.code == ERROR_ERASED) { /* its file may be gone, too */
            if (err) {
                *err = about_key;
            }
            return store_erased_error(reader->store, &reader->grant, reader->snapshot, entry->file_id, err);
        }
        if (reason.code == ERROR_NOT_FOUND) {
            FAIL(err, CORRUPT, "%s is missing: snapshot %" PRIu32 " needs it", path.text + strlen(reader->store->directory) + 1,
                 reader->snapshot);
            return error_hint(err, "put the file back from a copy; without it the snapshot cannot be read");
        }
        return false;
    }
    if (sealed_size(file) != entry->size || sealed_domain(file) != entry->domain) {
        return FAIL(err, CORRUPT, "%s is not the file that the manifest names: its size or its key domain differs", sealed_name(file));
    }
    *out_file = file;
    file = NULL;
    return true;
}

static bool segment_check(const struct store_reader_file *slot, struct error *err)
{
    struct segment_summary summary;
    const struct segment_summary *expected = &slot->entry.summary;
    segment_summarise(slot->segment, &summary);
    bool is_same = summary.scope == expected->scope && summary.persons == expected->persons &&
                   summary.first_person == expected->first_person && summary.last_person == expected->last_person &&
                   memcmp(summary.table_rows, expected->table_rows, sizeof summary.table_rows) == 0;
    return is_same ? true : FAIL(err, CORRUPT, "%s does not hold what the manifest says", sealed_name(slot->file));
}

static bool blob_check(const struct store_reader_file *slot, struct error *err)
{
    uint64_t length = slot->entry.blob_length, blocks = sealed_block_count(slot->file);
    uint64_t expected = length / STORE_BLOB_BLOCK + (length % STORE_BLOB_BLOCK != 0);
    bool is_whole = blocks == expected;
    for (uint64_t i = 0; is_whole && i < blocks; i++) {
        uint64_t left = length - i * STORE_BLOB_BLOCK;
        is_whole = sealed_block_length(slot->file, i) == (left < STORE_BLOB_BLOCK ? left : STORE_BLOB_BLOCK);
    }
    return is_whole ? true : FAIL(err, CORRUPT, "%s does not hold what the manifest says", sealed_name(slot->file));
}

bool store_reader_open_file(struct store_reader *reader, size_t index, struct error *err)
{
    struct store_reader_file *slot = &reader->files[index];
    if (slot->file) {
        return true;
    }
    TRY(sealed_open_entry(reader, &slot->entry, &slot->file, err));
    if (slot->entry.is_blob) {
        TRY(blob_check(slot, err));
        return block_cache_file(reader->cache, slot->file, &slot->cached, err);
    }
    TRY(segment_open(&slot->segment, slot->file, reader, err));
    return segment_check(slot, err) && segment_view_make(slot->segment, &reader->excluded, err);
}

/* A segment without a row that the grant covers stays closed: its key is not even unwrapped. */
static bool is_covered(const struct store_reader *reader, const struct store_file_entry *entry)
{
    bool is_covered = entry->is_blob;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        is_covered = is_covered || (entry->summary.table_rows[table] > 0 && grant_covers_table(&reader->grant, (unsigned)table));
    }
    return is_covered;
}

static bool reader_open_files(struct store_reader *reader, struct error *err)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        const struct store_reader_file *slot = &reader->files[i];
        if (!is_covered(reader, &slot->entry)) {
            continue;
        }
        TRY(store_reader_open_file(reader, i, err));
        if (!slot->entry.is_blob) {
            enum omop_scope scope = slot->entry.summary.scope;
            reader->segments[scope][reader->segment_count[scope]++] = slot->segment;
        }
    }
    return true;
}

bool store_reader_open(struct store_reader **out_reader, struct store *store, const struct grant *grant, uint32_t snapshot,
                       struct error *err)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0}, latest = {.number = 0};
    struct crypto_hash hash;
    uint32_t newest;
    TRY(store_snapshot_latest(store, grant, &newest, err));
    if (newest == 0) {
        FAIL(err, NOT_FOUND, "the store is empty: nothing has been loaded yet");
        return error_hint(err, "load data with `emc2 load`");
    }
    snapshot = snapshot ? snapshot : newest;
    TRY(manifest_load(&manifest, store, grant, snapshot, &hash, NULL, err));
    if (snapshot != newest) { /* whoever is excluded now is excluded from every snapshot */
        TRY(manifest_load(&latest, store, grant, newest, &hash, NULL, err));
    }
    TRY(store_reader_begin(&reader, store, grant, &manifest, snapshot != newest ? &latest.excluded : NULL, err));
    TRY(reader_open_files(reader, err));
    TRY(store_reader_hide_dependents(reader, err));
    *out_reader = reader;
    reader = NULL;
    return true;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader) {
        return;
    }
    for (size_t i = 0; i < reader->file_count; i++) {
        segment_close(reader->files[i].segment);
        sealed_close(reader->files[i].file);
    }
    for (int scope = 0; scope < STORE_SCOPE_COUNT; scope++) {
        free(reader->segments[scope]);
    }
    block_cache_destroy(reader->cache);
    person_ids_finish(&reader->excluded);
    free(reader->files);
    free(reader);
}

/* ---- what it holds ---- */
uint32_t store_reader_snapshot(const struct store_reader *reader)
{
    return reader->snapshot;
}

bool store_reader_demand(const struct store_reader *reader, uint32_t actions, struct error *err)
{
    const struct store *store = reader->store;
    return grant_demand(&reader->grant, keyring_governance_public_key(store->keyring), store->store_id, actions, err);
}

size_t store_reader_segment_count(const struct store_reader *reader, enum omop_scope scope)
{
    return reader->segment_count[scope];
}

struct store_segment *store_reader_segment(struct store_reader *reader, enum omop_scope scope, size_t index)
{
    return reader->segments[scope][index];
}

void store_reader_cache_clear(struct store_reader *reader)
{
    block_cache_clear(reader->cache);
}

/* ---- what may be read of it ---- */
/* LOAD sees the keys and persons that new rows must fit to, and nothing that happened. VERIFY reads everything and is given nothing. */
bool store_reader_demand_content(const struct store_reader *reader, enum store_content content, struct error *err)
{
    static const uint32_t allowing[] = {
        [STORE_CONTENT_WORDS] = GRANT_COUNT | GRANT_ROWS | GRANT_EXPORT | GRANT_LOAD,
        [STORE_CONTENT_KEYS] = GRANT_COUNT | GRANT_ROWS | GRANT_EXPORT | GRANT_LOAD,
        [STORE_CONTENT_FACTS] = GRANT_COUNT | GRANT_ROWS | GRANT_EXPORT,
        [STORE_CONTENT_WHO] = GRANT_ROWS | GRANT_EXPORT | GRANT_LOAD,
    };
    return grant_demand_live(&reader->grant, allowing[content], err);
}

static bool table_is_covered(const struct store_reader *reader, int table, struct error *err)
{
    if (table < 0 || table >= OMOP_TABLE_COUNT) {
        return FAIL(err, INVALID_ARGUMENT, "there is no table %d", table);
    }
    if (!grant_covers_table(&reader->grant, (unsigned)table)) {
        FAIL(err, DENIED, "the grant does not cover the table %s", omop_table(table)->name);
        return error_hint(err, "ask whoever governs the store for a grant that covers this table");
    }
    return true;
}

bool store_reader_demand_table(const struct store_reader *reader, int table, struct error *err)
{
    TRY(table_is_covered(reader, table, err));
    const bool is_vocabulary = omop_table(table)->scope == OMOP_VOCABULARY;
    return store_reader_demand_content(reader, is_vocabulary ? STORE_CONTENT_WORDS : STORE_CONTENT_FACTS, err);
}

/* Fields without a fixed meaning that may hold a person_id, and the source's own name of a person, say who as person_id does. */
static enum store_content content_of(int table, int field)
{
    const struct omop_table_info *info = omop_table(table);
    if (info->scope == OMOP_VOCABULARY) {
        return STORE_CONTENT_WORDS;
    }
    bool is_who =
        field == info->person_field || (table == OMOP_TABLE_PERSON && field == OMOP_PERSON_PERSON_SOURCE_VALUE) ||
        (table == OMOP_TABLE_FACT_RELATIONSHIP && (field == OMOP_FACT_RELATIONSHIP_FACT_ID_1 || field == OMOP_FACT_RELATIONSHIP_FACT_ID_2));
    return is_who ? STORE_CONTENT_WHO : field == info->id_field ? STORE_CONTENT_KEYS : STORE_CONTENT_FACTS;
}

bool store_reader_demand_field(const struct store_reader *reader, int table, int field, struct error *err)
{
    TRY(table_is_covered(reader, table, err));
    return store_reader_demand_content(reader, content_of(table, field), err);
}

/* ---- blobs ---- */
static struct store_reader_file *blob_find(struct store_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->file_count; i++) {
        if (reader->files[i].entry.is_blob && strcmp(reader->files[i].entry.name, name) == 0) {
            return &reader->files[i];
        }
    }
    return NULL;
}

bool store_reader_blob(struct store_reader *reader, const char *name, uint64_t *out_length, bool *out_exists, struct error *err)
{
    TRY(store_reader_demand_content(reader, STORE_CONTENT_WORDS, err));
    const struct store_reader_file *blob = blob_find(reader, name);
    *out_exists = blob != NULL;
    *out_length = blob ? blob->entry.blob_length : 0;
    return true;
}

static bool blob_piece(struct store_reader_file *blob, uint64_t block, size_t from, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes = cached_block_peek(blob->cached, block);
    if (bytes) {
        memcpy(out, bytes + from, length);
        return true;
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    TRY(cached_block(blob->cached, block, true, scratch, &bytes, err));
    memcpy(out, bytes + from, length);
    return true;
}

bool store_reader_blob_read(struct store_reader *reader, const char *name, uint64_t offset, void *out, size_t length, struct error *err)
{
    TRY(store_reader_demand_content(reader, STORE_CONTENT_WORDS, err));
    struct store_reader_file *blob = blob_find(reader, name);
    if (!blob) {
        return FAIL(err, NOT_FOUND, "the snapshot has no blob named %s", name);
    }
    if (offset > blob->entry.blob_length || length > blob->entry.blob_length - offset) {
        return FAIL(err, INVALID_ARGUMENT, "the blob %s has %" PRIu64 " bytes, more were asked for", name, blob->entry.blob_length);
    }
    for (size_t done = 0; done < length;) {
        uint64_t block = (offset + done) / STORE_BLOB_BLOCK;
        size_t from = (size_t)((offset + done) % STORE_BLOB_BLOCK);
        size_t piece = STORE_BLOB_BLOCK - from < length - done ? STORE_BLOB_BLOCK - from : length - done;
        TRY(blob_piece(blob, block, from, (uint8_t *)out + done, piece, err));
        done += piece;
    }
    return true;
}
