/* SPDX-License-Identifier: EUPL-1.2 */
/* backup: making one. What changes is copied before what only grows, and the lists are compared afterwards, so that a backup made while a
 * load runs is a state that the warehouse could have had after a crash. The index comes last. */
#include "warehouse/backup/backup.h"
#include "base/calendar.h"
#include "base/fault.h"
#include "base/lock.h"
#include "warehouse/backup/backup_internal.h"
#include "warehouse/store/store.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS = 5, KEY_MAGIC_SIZE = 8 };
DEFINE_ARRAY(hashes, struct crypto_hash)

struct making {
    const char *warehouse, *to;
    struct backup_index old;    /* on disk */
    struct backup_index before; /* of the attempt before */
    struct backup_index fresh;  /* being made */
    struct arena *arena;
    struct progress *progress;
    struct backup_report report;
    bool has_vanished;  /* a file went away under our hands */
    bool has_older_log; /* a load ended while the log was copied */
};

static const char *path_in(struct making *making, const char *directory, const char *name)
{
    return arena_text_format(making->arena, "%s/%s", directory, name);
}

/* ---- one file ---- */
static const struct backup_file *known_file(const struct making *making, const char *path)
{
    const struct backup_file *known = backup_index_find(&making->before, path);
    return known ? known : backup_index_find(&making->old, path);
}

static bool object_is_there(struct making *making, const struct crypto_hash *hash, uint64_t size, bool *out_is_there, struct error *err)
{
    const char *object = backup_object_path(making->arena, making->to, hash);
    uint64_t found = 0;
    bool exists;
    TRY(file_exists(object, &exists, err) && (!exists || file_size(object, &found, err)));
    *out_is_there = exists && found == size;
    return true;
}

/* Segments and manifests never change: their name and size are enough. Anything else is read. */
static bool is_unchanged(struct making *making, const char *path, const char *source, bool *out_is_unchanged, struct error *err)
{
    const struct backup_file *known = known_file(making, path);
    struct crypto_hash hash;
    uint64_t size;
    bool is_there = false;
    *out_is_unchanged = false;
    TRY(!known || object_is_there(making, &known->hash, known->size, &is_there, err));
    if (!is_there) {
        return true;
    }
    TRY(file_size(source, &size, err));
    if (size == known->size && (strncmp(path, "segments/", 9) == 0 || strncmp(path, "snapshots/", 10) == 0)) {
        *out_is_unchanged = true;
        return true;
    }
    TRY(backup_stream(source, NULL, NULL, &size, &hash, err));
    *out_is_unchanged = size == known->size && memcmp(hash.bytes, known->hash.bytes, CRYPTO_HASH_SIZE) == 0;
    return true;
}

static bool keep_object(struct making *making, const char *incoming, const struct backup_file *file, struct error *err)
{
    const char *object = backup_object_path(making->arena, making->to, &file->hash);
    const char *folder = arena_text_format(making->arena, "%.*s", (int)(strrchr(object, '/') - object), object);
    bool exists, is_there;
    TRY(object_is_there(making, &file->hash, file->size, &is_there, err));
    if (is_there) {
        return file_remove(incoming, err);
    }
    TRY(file_exists(folder, &exists, err));
    if (!exists) {
        TRY(directory_create(folder, BACKUP_DIRECTORY_MODE, err) && file_sync_directory(path_in(making, making->to, "objects"), err));
    }
    return file_rename_durable(incoming, object, err);
}

/* A root key that somebody put beside the data would make the backup readable to whoever has the passphrase. SEC-LOG-3 */
static bool refuse_key(const char *path, const char *source, struct error *err)
{
    /* sealed files, sealed openings of the log, deliveries as they came, the register of holders, objections, persons of holders; of an
     * authority the register of holders, and blinded keys as they came and went */
    static const char data[][KEY_MAGIC_SIZE + 1] = {"EMC2SEAL", "EMC2OPEN", "EMC2DELV", "EMC2HOLD", "EMC2OBJ1",
                                                    "EMC2SUBJ", "EMC2BREG", "EMC2BREQ", "EMC2BRSP"};
    char head[KEY_MAGIC_SIZE] = "";
    bool is_data = false;
    int descriptor = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t got = descriptor >= 0 ? read(descriptor, head, sizeof head) : 0;
    if (descriptor >= 0) {
        close(descriptor);
    }
    for (size_t i = 0; i < sizeof data / sizeof *data; i++) {
        is_data = is_data || memcmp(head, data[i], KEY_MAGIC_SIZE) == 0;
    }
    if (got == KEY_MAGIC_SIZE && strncmp(head, "EMC2", 4) == 0 && !is_data) {
        FAIL(err, DENIED, "%s looks like a file of keys, and keys are never backed up with the data", path);
        return error_hint(err, "keep keys in keys/ only, and copy them with `emc2 key backup`");
    }
    return true;
}

static bool take_file(struct making *making, const char *path, struct error *err)
{
    const char *source = path_in(making, making->warehouse, path), *incoming = path_in(making, making->to, "objects/incoming");
    struct backup_file file = {.path = arena_text_copy(making->fresh.arena, path)};
    bool is_unchanged_file;
    TRY(is_unchanged(making, path, source, &is_unchanged_file, err));
    if (is_unchanged_file) {
        const struct backup_file *known = known_file(making, path);
        file.size = known->size;
        file.hash = known->hash;
    } else {
        TRY(refuse_key(path, source, err));
        TRY(backup_copy(source, incoming, making->progress, &file.size, &file.hash, err) && keep_object(making, incoming, &file, err));
        making->report.copied_files++;
        making->report.copied_bytes += file.size;
    }
    return backup_files_append(&making->fresh.files, file, err);
}

static bool take(struct making *making, const char *path, struct error *err)
{
    struct error reason = {0};
    if (take_file(making, path, &reason)) {
        return true;
    }
    bool exists = true;
    if (reason.code == ERROR_NOT_FOUND && file_exists(path_in(making, making->warehouse, path), &exists, NULL) && !exists) {
        making->has_vanished = true;
        return true;
    }
    *err = reason;
    return error_context(err, "%s", path);
}

/* ---- all files ---- */
/* The checkpoint of the ledger first: what it covers only grows, so the tiles that are copied after it cover it. */
static bool take_rest(struct making *making, struct error *err)
{
    static const char checkpoint[] = "ledger/checkpoint";
    CLEANUP(backup_names) struct backup_names names = {.maximum = BACKUP_FILES_MAX};
    bool exists;
    TRY(file_exists(path_in(making, making->warehouse, checkpoint), &exists, err) && (!exists || take(making, checkpoint, err)));
    TRY(backup_walk(making->warehouse, "", making->arena, &names, err));
    for (size_t i = 0; i < names.count; i++) {
        TRY(strcmp(names.items[i], checkpoint) == 0 || take(making, names.items[i], err));
    }
    return true;
}

/* Manifests before segments: what a listed manifest names is there when segments are listed. */
static bool list_store(struct making *making, struct backup_names *names, struct error *err)
{
    return backup_walk(making->warehouse, "snapshots", making->arena, names, err) &&
           backup_walk(making->warehouse, "segments", making->arena, names, err);
}

static size_t count_snapshots(const struct backup_names *names)
{
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        count += strncmp(names->items[i], "snapshots/", strlen("snapshots/")) == 0;
    }
    return count;
}

static bool is_same_list(const struct backup_names *a, const struct backup_names *b)
{
    for (size_t i = 0; a->count == b->count && i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0) {
            return false;
        }
    }
    return a->count == b->count;
}

static bool all_are_there(struct making *making, const struct backup_names *names, struct error *err)
{
    bool exists = true;
    for (size_t i = 0; exists && i < names->count; i++) {
        TRY(file_exists(path_in(making, making->warehouse, names->items[i]), &exists, err));
    }
    making->has_vanished |= !exists;
    return true;
}

static int compare_paths(const void *a, const void *b)
{
    const struct backup_file *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static void sort_files(struct backup_files *files)
{
    if (files->count > 0) {
        qsort(files->items, files->count, sizeof *files->items, compare_paths);
    }
}

/* The log is copied before the manifests, and may lack the last of them, as after a crash; but a warehouse whose log lacks two does not
 * open (store.h). So no snapshot may come while the log is copied. */
static bool attempt(struct making *making, bool *out_is_settled, struct error *err)
{
    CLEANUP(backup_names) struct backup_names names = {.maximum = BACKUP_FILES_MAX}, after = {.maximum = BACKUP_FILES_MAX};
    CLEANUP(backup_names) struct backup_names before = {.maximum = BACKUP_FILES_MAX};
    making->has_vanished = false;
    TRY(backup_walk(making->warehouse, "snapshots", making->arena, &before, err));
    TRY(take_rest(making, err) && list_store(making, &names, err));
    making->has_older_log = count_snapshots(&names) > before.count;
    for (size_t i = 0; i < names.count; i++) {
        TRY(take(making, names.items[i], err));
    }
    sort_files(&making->fresh.files);
    TRY(list_store(making, &after, err));
    *out_is_settled = !making->has_vanished && !making->has_older_log && is_same_list(&names, &after);
    return *out_is_settled || all_are_there(making, &names, err);
}

static bool copy_all(struct making *making, struct error *err)
{
    bool is_settled = false;
    for (int i = 0; i < ATTEMPTS && !is_settled; i++) {
        backup_index_finish(&making->before);
        making->before = making->fresh;
        backup_index_init(&making->fresh);
        TRY(attempt(making, &is_settled, err));
    }
    if (making->has_older_log) {
        FAIL(err, BUSY, "loads ended while the log of the warehouse was copied, %d times", ATTEMPTS);
        return error_hint(err, "make the backup again when fewer loads run; the one before is whole");
    }
    if (making->has_vanished) {
        FAIL(err, BUSY, "files of the warehouse went away while they were copied, %d times", ATTEMPTS);
        return error_hint(err, "make the backup again when no compaction or erasure runs; the one before is whole");
    }
    return true;
}

/* ---- the index, and what it no longer names ---- */
static bool add_gone(struct making *making, bool prune, struct error *err)
{
    size_t count = making->fresh.files.count;
    for (size_t i = 0; !prune && i < making->old.files.count; i++) {
        struct backup_file file = making->old.files.items[i];
        struct backup_index current = making->fresh;
        current.files.count = count; /* the sorted part */
        if (!backup_index_find(&current, file.path)) {
            file.path = arena_text_copy(making->fresh.arena, file.path);
            file.is_gone = true;
            making->report.gone++;
            TRY(backup_files_append(&making->fresh.files, file, err));
        }
    }
    sort_files(&making->fresh.files);
    return true;
}

static bool publish(struct making *making, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = BACKUP_INDEX_MAX};
    making->fresh.made = clock_unix_seconds();
    memcpy(making->fresh.store_id, making->old.store_id, sizeof making->fresh.store_id);
    for (size_t i = 0; i < making->fresh.files.count; i++) {
        making->report.files++;
        making->report.bytes += making->fresh.files.items[i].size;
    }
    TRY(backup_index_print(&making->fresh, &text, err) && fault_point("backup_index", err));
    return file_write_atomic(path_in(making, making->to, "backup.json"), text.data, text.length, BACKUP_FILE_MODE, err);
}

struct sweep {
    struct making *making;
    struct hashes named; /* ascending */
    const char *folder, *prefix;
};

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, CRYPTO_HASH_SIZE);
}

static bool sweep_object(void *context, const char *name, struct error *err)
{
    const struct sweep *sweep = context;
    struct making *making = sweep->making;
    struct crypto_hash hash;
    const char *hex = arena_text_format(making->arena, "%s%s", sweep->prefix, name);
    bool is_named = strlen(hex) == 2 * CRYPTO_HASH_SIZE && crypto_from_hex(hash.bytes, CRYPTO_HASH_SIZE, hex) &&
                    bsearch(&hash, sweep->named.items, sweep->named.count, CRYPTO_HASH_SIZE, compare_hashes);
    if (is_named) {
        return true;
    }
    making->report.removed++;
    return file_remove(path_in(making, sweep->folder, name), err);
}

static bool sweep_folder(void *context, const char *name, struct error *err)
{
    struct sweep sweep = *(const struct sweep *)context;
    if (strlen(name) != 2) { /* what an interrupted copy left */
        return file_remove(path_in(sweep.making, sweep.folder, name), err);
    }
    sweep.folder = path_in(sweep.making, sweep.folder, name);
    sweep.prefix = name;
    return directory_visit(sweep.folder, sweep_object, &sweep, err);
}

/* The index is durable by now: what it does not name is not needed by any backup. */
static bool sweep_objects(struct making *making, struct error *err)
{
    struct sweep sweep = {.making = making, .named.maximum = BACKUP_FILES_MAX, .folder = path_in(making, making->to, "objects")};
    bool done = true;
    for (size_t i = 0; done && i < making->fresh.files.count; i++) {
        done = hashes_append(&sweep.named, making->fresh.files.items[i].hash, err);
    }
    if (done && sweep.named.count > 0) {
        qsort(sweep.named.items, sweep.named.count, CRYPTO_HASH_SIZE, compare_hashes);
        done = directory_visit(sweep.folder, sweep_folder, &sweep, err);
    }
    hashes_finish(&sweep.named);
    return done;
}

/* ---- where to ---- */
static bool refuse_place(const char *warehouse, const char *to, struct error *err)
{
    bool is_inside, is_around, has_keys;
    TRY(backup_is_inside(to, warehouse, &is_inside, err) && backup_is_inside(warehouse, to, &is_around, err));
    if (is_inside || is_around) {
        FAIL(err, DENIED, "the backup and the warehouse lie one inside the other");
        return error_hint(err, "name a directory on another disk, best on another machine");
    }
    TRY(backup_is_below(to, "store.json", &has_keys, err)); /* a copy of keys says by its store.json whose they are */
    if (has_keys) {
        FAIL(err, DENIED, "the backup would lie inside a warehouse or a copy of keys");
        return error_hint(err, "keep data and keys on different media: who has both can read everything");
    }
    return true;
}

static bool refuse_foreign(void *context, const char *name, struct error *err)
{
    (void)context;
    if (strcmp(name, "objects") == 0 || strcmp(name, "lock") == 0 || strcmp(name, "backup.json.tmp") == 0) {
        return true;
    }
    FAIL(err, EXISTS, "the directory of the backup holds something else");
    return error_hint(err, "name a directory that does not exist yet, an empty one, or that of an earlier backup");
}

static bool open_place(struct making *making, struct error *err)
{
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    bool exists;
    TRY(store_identify(making->warehouse, store_id, err) && refuse_place(making->warehouse, making->to, err));
    TRY(directory_create(making->to, BACKUP_DIRECTORY_MODE, err));
    TRY(file_exists(path_in(making, making->to, "backup.json"), &exists, err));
    if (exists) {
        TRY(backup_index_read(&making->old, making->to, err));
    } else {
        TRY(directory_visit(making->to, refuse_foreign, NULL, err));
        memcpy(making->old.store_id, store_id, sizeof store_id);
    }
    if (memcmp(making->old.store_id, store_id, sizeof store_id) != 0) {
        FAIL(err, EXISTS, "the directory holds the backup of another warehouse");
        return error_hint(err, "give each warehouse a directory of its own");
    }
    return directory_create(path_in(making, making->to, "objects"), BACKUP_DIRECTORY_MODE, err) && file_sync_directory(making->to, err);
}

static bool make_locked(struct making *making, const struct backup_options *options, struct error *err)
{
    making->progress = progress_begin("backup", 0, "bytes", options->quiet);
    bool done = copy_all(making, err);
    progress_end(making->progress);
    return done && add_gone(making, options->prune, err) && publish(making, err) && sweep_objects(making, err);
}

static bool make(struct making *making, const struct backup_options *options, struct error *err)
{
    CLEANUP(lock) struct lock lock = {0};
    TRY(open_place(making, err));
    const struct lock_place place = {.path = path_in(making, making->to, "lock"),
                                     .busy = "another backup is being made into this directory",
                                     .unusable = "the lock of the backup cannot be opened"};
    TRY(lock_take(&lock, &place, 0, err));
    return make_locked(making, options, err);
}

bool backup_make(const char *warehouse, const char *to, const struct backup_options *options, struct backup_report *out_report,
                 struct error *err)
{
    int64_t start = clock_monotonic_ns();
    struct making making = {.warehouse = warehouse, .to = to, .arena = arena_create()};
    backup_index_init(&making.old);
    backup_index_init(&making.before);
    backup_index_init(&making.fresh);
    bool done = make(&making, options, err);
    if (done) {
        making.report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
        *out_report = making.report;
    }
    backup_index_finish(&making.old);
    backup_index_finish(&making.before);
    backup_index_finish(&making.fresh);
    arena_destroy(making.arena);
    return done;
}
