/* SPDX-License-Identifier: EUPL-1.2 */
/* backup_restore: reading a backup: all of it to verify, and into a new directory to restore. */
#include "base/calendar.h"
#include "warehouse/backup/backup_internal.h"
#include <string.h>

/* ---- verify ---- */
struct verifying {
    const struct backup_index *index;
    const char *from;
    const char **problems; /* by file: what is wrong, or NULL */
    struct progress *progress;
    void (*problem)(void *context, const char *file, const char *what);
    void *context;
    uint64_t found;
};

static bool verify_file(void *context, size_t i, unsigned worker, struct error *err)
{
    struct verifying *verifying = context;
    const struct backup_file *file = &verifying->index->files.items[i];
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct error reason = {0};
    struct crypto_hash hash;
    uint64_t size;
    (void)worker;
    if (backup_stream(backup_object_path(scratch, verifying->from, &file->hash), NULL, verifying->progress, &size, &hash, &reason)) {
        bool is_same = size == file->size && memcmp(hash.bytes, file->hash.bytes, CRYPTO_HASH_SIZE) == 0;
        verifying->problems[i] = is_same ? NULL : "its bytes were changed";
        return true;
    }
    if (reason.code == ERROR_CANCELLED) {
        *err = reason;
        return false;
    }
    verifying->problems[i] = reason.code == ERROR_NOT_FOUND ? "it is missing" : "it cannot be read";
    return true;
}

static bool tell_problem(void *context, size_t i, struct error *err)
{
    struct verifying *verifying = context;
    (void)err;
    if (verifying->problems[i]) {
        verifying->found++;
        verifying->problem(verifying->context, verifying->index->files.items[i].path, verifying->problems[i]);
    }
    return true;
}

static struct backup_report report_of(const struct backup_index *index, int64_t start)
{
    struct backup_report report = {.files = index->files.count};
    for (size_t i = 0; i < index->files.count; i++) {
        report.bytes += index->files.items[i].size;
        report.gone += index->files.items[i].is_gone;
    }
    report.seconds = (double)(clock_monotonic_ns() - start) / 1e9;
    return report;
}

bool backup_verify(const char *from, struct task_pool *pool, bool quiet, void (*problem)(void *context, const char *file, const char *what),
                   void *context, uint64_t *out_problems, struct backup_report *out_report, struct error *err)
{
    int64_t start = clock_monotonic_ns();
    CLEANUP(backup_index_value) struct backup_index index = {0};
    CLEANUP(arena) struct arena *scratch = arena_create();
    backup_index_init(&index);
    TRY(backup_index_read(&index, from, err));
    struct verifying verifying = {.index = &index, .from = from, .problem = problem, .context = context};
    verifying.problems = ARENA_ARRAY(scratch, const char *, index.files.count + 1);
    verifying.progress = progress_begin("verify", report_of(&index, start).bytes, "bytes", quiet);
    const struct task_set set = {.count = index.files.count, .run = verify_file, .merge = tell_problem, .context = &verifying};
    bool done = task_pool_run(pool, &set, err);
    progress_end(verifying.progress);
    TRY(done);
    *out_problems = verifying.found;
    *out_report = report_of(&index, start);
    return true;
}

/* ---- restore ---- */
struct restoring {
    const struct backup_index *index;
    const char *from, *keys, *to; /* to: the partial directory */
    struct arena *paths;
    struct progress *progress;
};

/* The directories that a path of the warehouse needs. */
static bool make_folders(struct restoring *restoring, const char *path, struct error *err)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *folder = arena_text_format(restoring->paths, "%s/%.*s", restoring->to, (int)(slash - path), path);
        TRY(directory_create(folder, BACKUP_DIRECTORY_MODE, err));
    }
    return true;
}

static bool restore_file(struct restoring *restoring, const struct backup_file *file, struct error *err)
{
    struct crypto_hash hash;
    uint64_t size;
    const char *object = backup_object_path(restoring->paths, restoring->from, &file->hash);
    const char *target = arena_text_format(restoring->paths, "%s/%s", restoring->to, file->path);
    TRY(make_folders(restoring, file->path, err));
    TRY(backup_copy(object, target, restoring->progress, &size, &hash, err));
    if (size != file->size || memcmp(hash.bytes, file->hash.bytes, CRYPTO_HASH_SIZE) != 0) {
        FAIL(err, CORRUPT, "%s is not what was backed up: its bytes were changed", file->path);
        return error_hint(err, "`emc2 backup verify` names every damaged file; restore from another copy");
    }
    return true;
}

static bool restore_key(void *context, const char *name, struct error *err)
{
    struct restoring *restoring = context;
    struct crypto_hash hash;
    uint64_t size;
    const char *source = arena_text_format(restoring->paths, "%s/keys/%s", restoring->keys, name);
    return backup_copy(source, arena_text_format(restoring->paths, "%s/keys/%s", restoring->to, name), NULL, &size, &hash, err);
}

/* The copy of keys says whose keys they are by a copy of store.json. */
static bool restore_keys(struct restoring *restoring, struct error *err)
{
    const struct backup_file *identity = backup_index_find(restoring->index, "store.json");
    struct crypto_hash hash;
    uint64_t size;
    TRY(backup_stream(arena_text_format(restoring->paths, "%s/store.json", restoring->keys), NULL, NULL, &size, &hash, err));
    if (!identity || memcmp(hash.bytes, identity->hash.bytes, CRYPTO_HASH_SIZE) != 0) {
        FAIL(err, DENIED, "these are the keys of another warehouse");
        return error_hint(err, "name the directory that `emc2 key backup` wrote for this one");
    }
    TRY(directory_create(arena_text_format(restoring->paths, "%s/keys", restoring->to), BACKUP_DIRECTORY_MODE, err));
    return directory_visit(arena_text_format(restoring->paths, "%s/keys", restoring->keys), restore_key, restoring, err);
}

static bool restore_all(struct restoring *restoring, struct error *err)
{
    TRY(directory_create(restoring->to, BACKUP_DIRECTORY_MODE, err));
    for (size_t i = 0; i < restoring->index->files.count; i++) {
        TRY(restore_file(restoring, &restoring->index->files.items[i], err));
    }
    /* A store without segments or snapshots has the empty directories all the same. */
    TRY(make_folders(restoring, "segments/", err) && make_folders(restoring, "snapshots/", err));
    return !restoring->keys || restore_keys(restoring, err);
}

static bool refuse_existing(const char *to, const char *partial, struct error *err)
{
    bool exists;
    TRY(file_exists(to, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "the directory to restore into exists already");
        error_detail(err, "%s", to);
        return error_hint(err, "name a directory that does not exist yet: nothing is ever overwritten");
    }
    TRY(file_exists(partial, &exists, err));
    return !exists || directory_remove_all(partial, err);
}

/* What a failed restore left. Always false; an error here would only hide the first one. */
static bool discard(const char *partial)
{
    bool is_gone = directory_remove_all(partial, NULL);
    return is_gone && false;
}

bool backup_restore(const char *from, const char *keys, const char *to, bool quiet, struct backup_report *out_report, struct error *err)
{
    int64_t start = clock_monotonic_ns();
    CLEANUP(backup_index_value) struct backup_index index = {0};
    CLEANUP(arena) struct arena *paths = arena_create();
    const char *partial = arena_text_format(paths, "%s.partial", to);
    backup_index_init(&index);
    TRY(backup_index_read(&index, from, err) && refuse_existing(to, partial, err));
    struct restoring restoring = {.index = &index, .from = from, .keys = keys, .to = partial, .paths = paths};
    restoring.progress = progress_begin("restore", report_of(&index, start).bytes, "bytes", quiet);
    bool done = restore_all(&restoring, err) && file_rename_durable(partial, to, err);
    progress_end(restoring.progress);
    if (!done) {
        return discard(partial);
    }
    *out_report = report_of(&index, start);
    return true;
}
