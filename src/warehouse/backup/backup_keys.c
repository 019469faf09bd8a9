/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_keys: keys/ on a medium of its own. The copy replaces the one before as a whole: a key that was destroyed in the warehouse must
 * not live on in an older copy (OPR-5). */
#include "base/calendar.h"
#include "warehouse/backup/backup_internal.h"
#include "warehouse/store/store.h"
#include <string.h>

struct keys {
    const char *source, *target; /* directories */
    struct arena *paths;
    struct backup_report report;
    bool has_changed;
};

static const char *path_in(struct keys *keys, const char *directory, const char *name)
{
    return arena_text_format(keys->paths, "%s/%s", directory, name);
}

/* What is being written, and a keeper's socket with its lock. */
static bool is_passed_over(const char *name)
{
    size_t length = strlen(name);
    return (length >= 4 && strcmp(name + length - 4, ".tmp") == 0) || strncmp(name, "keeper.sock", strlen("keeper.sock")) == 0;
}

static bool copy_key(void *context, const char *name, struct error *err)
{
    struct keys *keys = context;
    struct crypto_hash hash;
    uint64_t size;
    if (is_passed_over(name)) {
        return true;
    }
    TRY(backup_copy(path_in(keys, keys->source, name), path_in(keys, keys->target, name), NULL, &size, &hash, err));
    keys->report.copied_files++;
    keys->report.copied_bytes += size;
    return true;
}

/* Several files belong together: when one was replaced meanwhile, the copy is of no use. */
static bool compare_key(void *context, const char *name, struct error *err)
{
    struct keys *keys = context;
    struct crypto_hash own, copy;
    uint64_t own_size, copy_size;
    bool exists;
    if (is_passed_over(name)) {
        return true;
    }
    const char *target = path_in(keys, keys->target, name);
    TRY(file_exists(target, &exists, err));
    if (!exists) {
        keys->has_changed = true;
        return true;
    }
    TRY(backup_stream(path_in(keys, keys->source, name), NULL, NULL, &own_size, &own, err));
    TRY(backup_stream(target, NULL, NULL, &copy_size, &copy, err));
    keys->has_changed |= own_size != copy_size || memcmp(own.bytes, copy.bytes, CRYPTO_HASH_SIZE) != 0;
    return true;
}

static bool remove_if_there(const char *path, struct error *err)
{
    bool exists;
    TRY(file_exists(path, &exists, err));
    return !exists || directory_remove_all(path, err);
}

/* keys.new is written whole; then it takes the place of keys. Interrupted between the two renames, the next run goes on from there. */
static bool replace(struct keys *keys, const char *to, struct error *err)
{
    const char *current = path_in(keys, to, "keys"), *old = path_in(keys, to, "keys.old");
    bool has_current, has_old;
    keys->target = path_in(keys, to, "keys.new");
    TRY(file_exists(current, &has_current, err) && file_exists(old, &has_old, err));
    if (!has_current && has_old) {
        TRY(file_rename_durable(old, current, err));
        has_current = true;
    }
    TRY(remove_if_there(old, err) && remove_if_there(keys->target, err));
    TRY(directory_create(keys->target, BACKUP_DIRECTORY_MODE, err));
    TRY(directory_visit(keys->source, copy_key, keys, err) && directory_visit(keys->source, compare_key, keys, err));
    if (keys->has_changed) {
        FAIL(err, BUSY, "the keys changed while they were copied");
        return error_hint(err, "copy them again; the copy before is still there");
    }
    TRY(!has_current || file_rename_durable(current, old, err));
    return file_rename_durable(keys->target, current, err) && remove_if_there(old, err) && file_sync_directory(to, err);
}

static bool refuse_place(const char *warehouse, const char *to, struct error *err)
{
    bool is_inside, is_around, is_below_backup;
    TRY(backup_is_inside(to, warehouse, &is_inside, err) && backup_is_inside(warehouse, to, &is_around, err));
    if (is_inside || is_around) {
        FAIL(err, DENIED, "the copy of the keys and the warehouse lie one inside the other");
        return error_hint(err, "name a directory on a medium of its own");
    }
    TRY(backup_is_below(to, "backup.json", &is_below_backup, err));
    if (is_below_backup) {
        FAIL(err, DENIED, "the copy of the keys would lie inside a backup of data");
        return error_hint(err, "keep data and keys on different media: who has both needs only the passphrase, or the shares");
    }
    return true;
}

static bool refuse_entry(void *context, const char *name, struct error *err)
{
    (void)context;
    if (strcmp(name, "store.json.tmp") == 0) {
        return true;
    }
    FAIL(err, EXISTS, "the directory for the keys holds something else");
    return error_hint(err, "name a directory that does not exist yet, an empty one, or that of an earlier copy");
}

/* TO/store.json says whose keys these are. */
static bool claim(struct keys *keys, const char *warehouse, const char *to, struct error *err)
{
    const char *own = path_in(keys, warehouse, "store.json"), *theirs = path_in(keys, to, "store.json");
    struct crypto_hash hash, found;
    uint64_t size;
    bool exists;
    TRY(directory_create(to, BACKUP_DIRECTORY_MODE, err) && file_exists(theirs, &exists, err));
    if (!exists) {
        TRY(directory_visit(to, refuse_entry, NULL, err));
        return backup_copy(own, theirs, NULL, &size, &hash, err);
    }
    TRY(backup_stream(own, NULL, NULL, &size, &hash, err) && backup_stream(theirs, NULL, NULL, &size, &found, err));
    if (memcmp(hash.bytes, found.bytes, CRYPTO_HASH_SIZE) != 0) {
        FAIL(err, EXISTS, "the directory holds the keys of another warehouse");
        return error_hint(err, "give each warehouse a directory of its own: the keys there would be lost");
    }
    return true;
}

bool backup_keys(const char *warehouse, const char *to, struct backup_report *out_report, struct error *err)
{
    int64_t start = clock_monotonic_ns();
    CLEANUP(arena) struct arena *paths = arena_create();
    struct keys keys = {.paths = paths};
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    keys.source = path_in(&keys, warehouse, "keys");
    TRY(store_identify(warehouse, store_id, err) && refuse_place(warehouse, to, err));
    TRY(claim(&keys, warehouse, to, err) && replace(&keys, to, err));
    keys.report.files = keys.report.copied_files;
    keys.report.bytes = keys.report.copied_bytes;
    keys.report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    *out_report = keys.report;
    return true;
}
