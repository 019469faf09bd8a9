/* SPDX-License-Identifier: EUPL-1.2 */
/* repair: what can be done about each problem that verify finds. It mends nothing by itself: a damaged file comes back from a backup, and
 * here it says which one is the right one. Only what a dead writer left is removed. */
#include "base/file.h"
#include "warehouse/store/manifest.h"
#include "warehouse/store/verify.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ADVICE_MAX = 400, NAME_SIZE = 80 };

struct repair {
    const struct manifest *manifest; /* of the snapshot that is looked at; NULL: it cannot be read */
    void (*advise)(void *context, const char *file, const char *what, const char *advice);
    void *context;
    char last[NAME_SIZE]; /* the file that was told last: its advice is given once */
};

static const struct store_file_entry *entry_of(const struct repair *repair, const char *file)
{
    char hex[2 * KEY_FILE_ID_SIZE + 1];
    for (size_t i = 0; repair->manifest && i < repair->manifest->files.count; i++) {
        crypto_hex(hex, repair->manifest->files.items[i].file_id, KEY_FILE_ID_SIZE);
        if (strncmp(file, "segments/", 9) == 0 && strncmp(file + 9, hex, 2 * KEY_FILE_ID_SIZE) == 0) {
            return &repair->manifest->files.items[i];
        }
    }
    return NULL;
}

static void advise(void *context, const char *file, const char *what)
{
    struct repair *repair = context;
    char advice[ADVICE_MAX] = "", hash[2 * CRYPTO_HASH_SIZE + 1];
    const struct store_file_entry *entry = entry_of(repair, file);
    if (strcmp(file, repair->last) == 0) {
        repair->advise(repair->context, file, what, "");
        return;
    }
    snprintf(repair->last, sizeof repair->last, "%s", file);
    if (entry) {
        crypto_hex(hash, entry->hash.bytes, CRYPTO_HASH_SIZE);
        snprintf(advice, sizeof advice, "put it back from a backup: %" PRIu64 " bytes, BLAKE2b-256 %s", entry->size, hash);
    } else if (strncmp(file, "snapshots/", 10) == 0) {
        snprintf(advice, sizeof advice, "put it back from any backup made after that snapshot: manifests never change");
    } else if (strcmp(file, "store.json") == 0) {
        snprintf(advice, sizeof advice, "put it back from any backup: it never changes");
    } else {
        snprintf(advice, sizeof advice, "restore the warehouse from a backup");
    }
    repair->advise(repair->context, file, what, advice);
}

static void count_only(void *context, const char *file, const char *what)
{
    (void)context;
    (void)file;
    (void)what;
}

/* The newest snapshot without a problem, at or before `number`; 0: none. */
static bool whole_find(struct store *store, const struct grant *grant, uint32_t number, uint32_t *out_whole, struct error *err)
{
    const struct store_verify_listener nobody = {count_only, NULL, false};
    for (*out_whole = number; *out_whole > 0; --*out_whole) {
        struct error reason = {.code = ERROR_INTERNAL};
        uint32_t problems = 0;
        bool done = store_verify_with_threads(store, grant, *out_whole, &nobody, NULL, 0, &problems, &reason);
        if (done && problems == 0) {
            return true;
        }
        if (!done && reason.code != ERROR_ERASED && reason.code != ERROR_CORRUPT && reason.code != ERROR_NOT_FOUND) {
            if (err) {
                *err = reason;
            }
            return false;
        }
    }
    return true;
}

static bool entry_count(void *context, const char *name, struct error *err)
{
    (void)name;
    (void)err;
    ++*(uint32_t *)context;
    return true;
}

static bool files_count(const struct store *store, uint32_t *out_count, struct error *err)
{
    *out_count = 0;
    return directory_visit(store_part_path(store, "segments").text, entry_count, out_count, err) &&
           directory_visit(store_part_path(store, "snapshots").text, entry_count, out_count, err);
}

/* A writer removes what dead ones left, and needs every manifest for that: without one it removes nothing. */
static bool leftovers_remove(struct store *store, const struct grant *grant, uint32_t *out_removed, struct error *err)
{
    uint32_t before, after;
    struct store_writer *writer = NULL;
    TRY(files_count(store, &before, err));
    if (store_writer_open(&writer, store, grant, NULL)) {
        store_writer_close(writer);
    }
    TRY(files_count(store, &after, err));
    *out_removed = before - after;
    return true;
}

bool store_snapshot_repair(struct store *store, const struct grant *grant, uint32_t number,
                           void (*tell)(void *context, const char *file, const char *what, const char *advice), void *context,
                           struct store_repair *out_repair, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    struct repair repair = {.advise = tell, .context = context};
    const struct store_verify_listener listener = {advise, &repair, false};
    struct store_repair found = {.problems = 0};
    struct crypto_hash hash;
    TRY(leftovers_remove(store, grant, &found.leftovers, err));
    if (manifest_load(&manifest, store, grant, number, &hash, NULL, NULL)) {
        repair.manifest = &manifest;
    }
    TRY(store_verify_with_threads(store, grant, number, &listener, NULL, 0, &found.problems, err));
    TRY(found.problems > 0 ? whole_find(store, grant, number, &found.whole, err) : true);
    found.whole = found.problems > 0 ? found.whole : number;
    *out_repair = found;
    return true;
}
