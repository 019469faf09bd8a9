/* SPDX-License-Identifier: EUPL-1.2 */
/* destruction: keys, then files, then the certificate, in this order, and each step can be done again. The certificate comes last: it is
 * true of what it tells, or it is not there. */
#include "warehouse/store/destruction.h"
#include "base/fault.h"
#include "base/file.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table of keys ---- */
static bool facts_take(void *context, const struct key_facts *facts, struct error *err)
{
    return key_fact_list_append(context, *facts, err);
}

bool key_facts_read(const struct keyring *keyring, struct key_fact_list *out, struct error *err)
{
    out->maximum = SIZE_MAX / sizeof(struct key_facts);
    return keyring_data_key_visit(keyring, facts_take, out, err);
}

static int facts_compare(const void *id, const void *facts)
{
    return memcmp(id, ((const struct key_facts *)facts)->file_id.bytes, KEY_FILE_ID_SIZE);
}

const struct key_facts *key_facts_find(const struct key_fact_list *facts, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    return facts->count ? bsearch(file_id, facts->items, facts->count, sizeof *facts->items, facts_compare) : NULL;
}

/* ---- what snapshots name ---- */
static int named_compare(const void *a, const void *b)
{
    const struct named_file *left = a, *right = b;
    int order = memcmp(left->entry.file_id, right->entry.file_id, KEY_FILE_ID_SIZE);
    return order ? order : (left->snapshot > right->snapshot) - (left->snapshot < right->snapshot);
}

bool erasure_files(struct store_writer *writer, struct named_files *out_files, struct error *err)
{
    out_files->maximum = SIZE_MAX / sizeof *out_files->items;
    for (uint32_t number = 1; number <= writer->latest.number; number++) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        struct crypto_hash hash;
        TRY(manifest_load(&manifest, writer->store, &writer->grant, number, &hash, NULL, err));
        for (size_t i = 0; i < manifest.files.count; i++) {
            TRY(named_files_append(out_files, (struct named_file){manifest.files.items[i], number}, err));
        }
    }
    if (out_files->count) {
        qsort(out_files->items, out_files->count, sizeof *out_files->items, named_compare);
    }
    size_t kept = 0;
    for (size_t i = 0; i < out_files->count; i++) {
        const struct named_file *file = &out_files->items[i];
        bool is_last = i + 1 == out_files->count || memcmp(file[1].entry.file_id, file->entry.file_id, KEY_FILE_ID_SIZE) != 0;
        out_files->items[kept] = *file;
        kept += is_last;
    }
    out_files->count = kept;
    return true;
}

static const struct named_file *named_find(const struct named_files *files, const uint8_t file_id[KEY_FILE_ID_SIZE])
{
    for (size_t i = 0; i < files->count; i++) {
        if (memcmp(files->items[i].entry.file_id, file_id, KEY_FILE_ID_SIZE) == 0) {
            return &files->items[i];
        }
    }
    return NULL;
}

/* ---- the certificate ---- */
static void certificate_path(const struct store *store, uint32_t number, struct store_path *out_path, char out_name[40])
{
    snprintf(out_name, 40, "certificates/%08" PRIu32 ".json", number);
    *out_path = store_part_path(store, out_name);
}

static uint64_t rows_of(const struct segment_summary *summary)
{
    uint64_t rows = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        rows += summary->table_rows[table];
    }
    return rows;
}

/* What was in the destroyed files and is not in those that were written in their place. */
static bool certificate_fill(struct store_writer *writer, struct certificate *certificate, struct error *err)
{
    CLEANUP(named_files_value) struct named_files files = {.items = NULL};
    CLEANUP(key_fact_list_value) struct key_fact_list facts = {.items = NULL};
    CLEANUP(manifest_value) struct manifest before = {.number = 0};
    const struct manifest *manifest = certificate->manifest;
    struct crypto_hash hash;
    TRY(erasure_files(writer, &files, err) && key_facts_read(writer->store->keyring, &facts, err));
    TRY(manifest->number == 1 || manifest_load(&before, writer->store, &writer->grant, manifest->number - 1, &hash, NULL, err));
    certificate->generation = keyring_generation(writer->store->keyring);
    certificate->files.maximum = MANIFEST_FILES_MAX;
    for (size_t i = 0; i < manifest->destroyed.count; i++) {
        const uint8_t *id = manifest->destroyed.items[i].bytes;
        const struct named_file *named = named_find(&files, id);
        const struct key_facts *key = key_facts_find(&facts, id);
        struct certificate_file file = {.destroyed = key && key->is_destroyed ? key->until : 0};
        if (named) {
            file.entry = named->entry;
        }
        memcpy(file.entry.file_id, id, KEY_FILE_ID_SIZE);
        certificate->persons += file.entry.summary.persons;
        certificate->rows += rows_of(&file.entry.summary);
        TRY(certificate_files_append(&certificate->files, file, err));
    }
    for (size_t i = 0; i < manifest->files.count; i++) {
        const struct store_file_entry *entry = &manifest->files.items[i];
        if (!manifest_names(&before, entry->file_id)) {
            certificate->persons -= entry->summary.persons;
            certificate->rows -= rows_of(&entry->summary);
        }
    }
    return true;
}

static bool certificate_write(struct store_writer *writer, const struct manifest *manifest, const struct crypto_hash *hash,
                              struct store_erasure *out_erasure, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = CERTIFICATE_BYTES_MAX};
    struct certificate certificate = {.manifest = manifest, .manifest_hash = *hash};
    struct store_path path;
    char name[40];
    certificate_path(writer->store, manifest->number, &path, name);
    bool done = directory_create(store_part_path(writer->store, "certificates").text, 0700, err) &&
                file_sync_directory(writer->store->directory, err) && certificate_fill(writer, &certificate, err) &&
                certificate_print(&certificate, writer->store->keyring, &text, err) && fault_point("store_certificate", err) &&
                file_write_atomic(path.text, text.data, text.length, 0600, err);
    *out_erasure = (struct store_erasure){
        .snapshot = manifest->number, .files = certificate.files.count, .persons = certificate.persons, .rows = certificate.rows};
    for (size_t i = 0; i < certificate.files.count; i++) {
        out_erasure->bytes += certificate.files.items[i].entry.size;
    }
    memcpy(out_erasure->certificate, name, sizeof name);
    certificate_files_finish(&certificate.files);
    return done;
}

/* ---- destroying ---- */
static bool keys_destroy(struct store_writer *writer, const struct manifest *manifest, struct error *err)
{
    CLEANUP(key_fact_list_value) struct key_fact_list facts = {.items = NULL};
    bool is_live = false;
    TRY(key_facts_read(writer->store->keyring, &facts, err));
    for (size_t i = 0; i < manifest->destroyed.count; i++) {
        const struct key_facts *key = key_facts_find(&facts, manifest->destroyed.items[i].bytes);
        is_live = is_live || (key && !key->is_destroyed);
    }
    TRY(fault_point("store_destroy", err));
    return !is_live ||
           keyring_data_key_destroy(writer->store->keyring, &writer->grant, manifest->destroyed.items, manifest->destroyed.count, err);
}

static bool files_remove(const struct store_writer *writer, const struct manifest *manifest, struct error *err)
{
    bool any = false;
    for (size_t i = 0; i < manifest->destroyed.count; i++) {
        struct store_path path = store_segment_path(writer->store, manifest->destroyed.items[i].bytes);
        bool exists;
        TRY(file_exists(path.text, &exists, err));
        TRY(!exists || file_remove(path.text, err));
        any = any || exists;
    }
    return !any || file_sync_directory(store_part_path(writer->store, "segments").text, err);
}

static bool destroy(struct store_writer *writer, const struct manifest *manifest, const struct crypto_hash *hash,
                    struct store_erasure *out_erasure, struct error *err)
{
    return keys_destroy(writer, manifest, err) && files_remove(writer, manifest, err) &&
           certificate_write(writer, manifest, hash, out_erasure, err);
}

static bool leftovers_destroy(struct store_writer *writer, struct error *err)
{
    for (uint32_t number = 1; number <= writer->latest.number; number++) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        struct crypto_hash hash;
        struct store_erasure erasure;
        struct store_path path;
        char name[40];
        bool exists = true;
        TRY(manifest_load(&manifest, writer->store, &writer->grant, number, &hash, NULL, err));
        certificate_path(writer->store, number, &path, name);
        TRY(manifest.destroyed.count == 0 || file_exists(path.text, &exists, err));
        TRY(exists || destroy(writer, &manifest, &hash, &erasure, err));
    }
    return true;
}

bool erasure_begin(struct store_writer **out_writer, struct store *store, const struct grant *grant, enum store_act act, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    TRY(grant_demand(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_ERASE, err));
    TRY(store_writer_open(&writer, store, grant, err));
    TRY(leftovers_destroy(writer, err));
    writer->act = act;
    *out_writer = writer;
    writer = NULL;
    return true;
}

bool erasure_end(struct store_writer *writer, const char *reason, struct store_erasure *out_erasure, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    const struct store_snapshot_note note = {.label = reason};
    struct crypto_hash hash;
    uint32_t number;
    TRY(store_writer_commit(writer, &note, &number, err));
    TRY(manifest_load(&manifest, writer->store, &writer->grant, number, &hash, NULL, err));
    manifest_finish(&writer->latest);
    writer->latest = (struct manifest){.number = number};
    return destroy(writer, &manifest, &hash, out_erasure, err);
}
