/* SPDX-License-Identifier: EUPL-1.2 */
/* erase: whole files end: those whose authorisation is over, those of an old snapshot, or all. SNC 19.4: at the end of everything each key
 * is destroyed, those of the manifests last, when what they tell is in the certificate. */
#include "base/calendar.h"
#include "warehouse/store/destruction.h"
#include <inttypes.h>
#include <string.h>

struct erasing {
    enum store_erase_what what;
    uint32_t snapshot;
    struct manifest target; /* of ERASE_SNAPSHOT */
    struct key_fact_list facts;
};

static bool is_over(const struct erasing *erasing, const struct store_writer *writer, const struct store_file_entry *entry)
{
    const struct key_facts *key = key_facts_find(&erasing->facts, entry->file_id);
    if (!key || key->is_destroyed) {
        return false;
    }
    switch (erasing->what) {
    case STORE_ERASE_EXPIRED:
        return key->until > 0 && key->until <= clock_unix_seconds();
    case STORE_ERASE_SNAPSHOT:
        return manifest_names(&erasing->target, entry->file_id) && !manifest_names(&writer->latest, entry->file_id);
    case STORE_ERASE_ALL:
        return true;
    }
    return false;
}

static bool select_files(const struct erasing *erasing, struct store_writer *writer, struct error *err)
{
    CLEANUP(named_files_value) struct named_files files = {.items = NULL};
    TRY(erasure_files(writer, &files, err));
    for (size_t i = 0; i < files.count; i++) {
        struct key_file_id id;
        memcpy(id.bytes, files.items[i].entry.file_id, sizeof id.bytes);
        TRY(!is_over(erasing, writer, &files.items[i].entry) || file_ids_append(&writer->destroyed, id, err));
    }
    for (size_t i = 0; i < writer->latest.files.count; i++) {
        const struct store_file_entry *entry = &writer->latest.files.items[i];
        bool is_kept = erasing->what != STORE_ERASE_ALL && !is_over(erasing, writer, entry);
        TRY(!is_kept || store_writer_keep_file(writer, entry, err));
    }
    return true;
}

/* What is left when no file is: manifests. After this nothing of the store can be opened, its past included. */
static bool rest_destroy(const struct store *store, const struct grant *grant, struct error *err)
{
    CLEANUP(key_fact_list_value) struct key_fact_list facts = {.items = NULL};
    struct file_ids ids = {.maximum = SIZE_MAX / sizeof(struct key_file_id)};
    bool done = key_facts_read(store->keyring, &facts, err);
    for (size_t i = 0; done && i < facts.count; i++) {
        done = facts.items[i].is_destroyed || file_ids_append(&ids, facts.items[i].file_id, err);
    }
    done = done && keyring_data_key_destroy(store->keyring, grant, ids.items, ids.count, err);
    done =
        done && (store->head.snapshot == 0 || keyring_head_set(store->keyring, grant, &store->head, NULL, 0, err)); /* whom it excluded */
    file_ids_finish(&ids);
    return done;
}

static bool target_load(struct erasing *erasing, const struct store_writer *writer, struct error *err)
{
    struct crypto_hash hash;
    if (erasing->what != STORE_ERASE_SNAPSHOT) {
        return true;
    }
    if (erasing->snapshot == writer->latest.number) {
        FAIL(err, INVALID_ARGUMENT, "snapshot %" PRIu32 " is the latest: it cannot be erased alone", erasing->snapshot);
        return error_hint(err, "load other data with --replace first, or end the whole warehouse with --all");
    }
    return manifest_load(&erasing->target, writer->store, &writer->grant, erasing->snapshot, &hash, NULL, err);
}

static bool run(struct erasing *erasing, struct store_writer *writer, const char *reason, struct store_erasure *out_erasure,
                struct error *err)
{
    TRY(key_facts_read(writer->store->keyring, &erasing->facts, err));
    TRY(target_load(erasing, writer, err) && select_files(erasing, writer, err));
    TRY(writer->destroyed.count == 0 || erasure_end(writer, reason, out_erasure, err));
    return erasing->what != STORE_ERASE_ALL || rest_destroy(writer->store, &writer->grant, err);
}

bool store_erase(struct store *store, const struct grant *grant, enum store_erase_what what, uint32_t snapshot, const char *reason,
                 struct store_erasure *out_erasure, struct error *err)
{
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    struct erasing erasing = {.what = what, .snapshot = snapshot};
    *out_erasure = (struct store_erasure){.snapshot = 0};
    TRY(erasure_begin(&writer, store, grant, STORE_ACT_ERASE, err));
    bool done = run(&erasing, writer, reason, out_erasure, err);
    key_fact_list_finish(&erasing.facts);
    manifest_finish(&erasing.target);
    return done;
}
