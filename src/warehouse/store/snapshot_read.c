/* SPDX-License-Identifier: EUPL-1.2 */
/* snapshot_read: what a snapshot holds, in numbers, without the persons that are excluded; and whether it can be opened at all. */
#include "base/calendar.h"
#include "warehouse/store/manifest.h"
#include <stdio.h>
#include <string.h>

/* Whether the key of each file is there. */
static bool keys_check(const struct store *store, const struct grant *grant, const struct manifest *manifest, bool *out_is_closed,
                       struct error *err)
{
    for (size_t i = 0; i < manifest->files.count; i++) {
        CLEANUP(secret) struct secret *key = NULL;
        const struct store_file_entry *file = &manifest->files.items[i];
        struct error reason = {.code = ERROR_INTERNAL};
        if (keyring_data_key_open(store->keyring, grant, file->domain, file->file_id, &key, &reason)) {
            continue;
        }
        if (reason.code == ERROR_DENIED) {
            if (err) {
                *err = reason;
            }
            return false;
        }
        *out_is_closed = *out_is_closed || reason.code == ERROR_ERASED; /* a missing or damaged key is for verify to tell */
    }
    return true;
}

bool store_erased_error(const struct store *store, const struct grant *grant, uint32_t snapshot, const uint8_t file_id[KEY_FILE_ID_SIZE],
                        struct error *err)
{
    struct snapshot_numbers numbers = {.maximum = 0};
    bool done = manifest_list(store, &numbers, NULL);
    for (size_t i = 0; done && i < numbers.count; i++) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        struct crypto_hash hash;
        char day_text[INSTANT_TEXT_SIZE];
        bool is_there = numbers.items[i] > snapshot && manifest_load(&manifest, store, grant, numbers.items[i], &hash, NULL, NULL);
        for (size_t k = 0; is_there && k < manifest.destroyed.count; k++) {
            if (memcmp(manifest.destroyed.items[k].bytes, file_id, KEY_FILE_ID_SIZE) == 0) {
                instant_to_text((instant){manifest.created * 1000000}, day_text);
                FAIL(err, ERASED, "snapshot %u was closed by the %s of %.10s (snapshot %u): data of it were destroyed", snapshot,
                     manifest.act == STORE_ACT_COMPACT ? "compaction" : "erasure", day_text, manifest.number);
                error_hint(err, "use snapshot %u or a later one; certificates/%08u.json tells what was destroyed", manifest.number,
                           manifest.number);
                done = false;
            }
        }
    }
    snapshot_numbers_finish(&numbers);
    return false;
}

static void add(struct store_snapshot *snapshot, const struct segment_summary *summary)
{
    snapshot->persons += summary->persons;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        snapshot->table_rows[table] += summary->table_rows[table];
        snapshot->rows += summary->table_rows[table];
    }
}

/* Only segments in which somebody could be excluded are opened. */
static bool count(struct store_reader *reader, struct store_snapshot *snapshot, struct error *err)
{
    TRY(store_reader_hide_dependents(reader, err));
    for (size_t i = 0; i < reader->file_count; i++) {
        struct store_reader_file *slot = &reader->files[i];
        struct segment_summary summary = slot->entry.summary;
        if (store_entry_meets(&slot->entry, &reader->excluded)) {
            TRY(store_reader_open_file(reader, i, err));
        }
        if (slot->segment) {
            summary.persons = store_segment_persons(slot->segment);
            for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
                summary.table_rows[table] = store_segment_rows(slot->segment, table);
            }
        }
        add(snapshot, &summary);
    }
    return true;
}

bool store_snapshot_read(struct store *store, const struct grant *grant, uint32_t number, struct store_snapshot *out_snapshot,
                         struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0}, latest = {.number = 0};
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct store_snapshot snapshot = {.number = number};
    struct crypto_hash hash;
    uint32_t newest;
    TRY(manifest_load(&manifest, store, grant, number, &snapshot.manifest_hash, NULL, err));
    TRY(store_snapshot_latest(store, grant, &newest, err));
    TRY(manifest_load(&latest, store, grant, newest, &hash, NULL, err));
    snapshot.created = manifest.created;
    snapshot.act = manifest.act;
    snapshot.excluded = latest.excluded.count;
    snprintf(snapshot.label, sizeof snapshot.label, "%s", manifest.label);
    for (size_t i = 0; i < manifest.files.count; i++) {
        snapshot.bytes += manifest.files.items[i].size;
        snapshot.segments += !manifest.files.items[i].is_blob;
    }
    TRY(keys_check(store, grant, &manifest, &snapshot.is_closed, err));
    if (!snapshot.is_closed) {
        TRY(store_reader_begin(&reader, store, grant, &manifest, &latest.excluded, err));
        TRY(count(reader, &snapshot, err));
    }
    *out_snapshot = snapshot;
    return true;
}
