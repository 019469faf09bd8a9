/* SPDX-License-Identifier: EUPL-1.2 */
/* verify: reads every byte of a snapshot. Files are checked in parallel, each by one task; problems are collected for each file and told
 * in the order of the manifest, so that the report is the same for any number of threads. */
#include "warehouse/store/verify.h"
#include "base/file.h"
#include "warehouse/store/certificate.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROBLEMS_TOLD_MAX = 20, READ_STEP = 1 << 20, NAME_MAX_BYTES = 80 };

/* What is wrong with one file. */
struct file_problems {
    char *told[PROBLEMS_TOLD_MAX];
    uint32_t count;
};

struct verify {
    struct store_reader *reader;
    struct file_problems *files; /* for each file of the reader */
    struct progress *progress;
    bool is_quick;
    void (*problem)(void *context, const char *file, const char *what);
    void *context;
    uint32_t problems;
};

/* Errors begin with the name of their file, and so does whoever tells of the problem: once is enough. */
static void tell(struct verify *verify, const char *file, const char *what)
{
    char words[sizeof((struct error *)NULL)->message + sizeof "it"];
    size_t length = strlen(file);
    const char *rest = strncmp(what, file, length) == 0 ? what + length : NULL;
    bool is_sentence = rest && rest[0] == ' ';
    snprintf(words, sizeof words, "%s%s", is_sentence ? "it" : "",
             rest && strncmp(rest, ": ", 2) == 0 ? rest + 2
             : is_sentence                       ? rest
                                                 : what);
    verify->problem(verify->context, file, words);
    verify->problems++;
}

static void file_problem(void *context, const char *what)
{
    struct file_problems *problems = context;
    if (problems->count < PROBLEMS_TOLD_MAX) {
        problems->told[problems->count] = strdup(what);
    }
    problems->count++;
}

/* A failure that is about one file becomes a problem of that file; anything else ends the run. */
static bool becomes_problem(struct file_problems *problems, const struct error *reason, struct error *err)
{
    if (reason->code == ERROR_DENIED || reason->code == ERROR_CANCELLED || reason->code == ERROR_LIMIT || reason->code == ERROR_INTERNAL) {
        if (err) {
            *err = *reason;
        }
        return false;
    }
    file_problem(problems, reason->message);
    return true;
}

/* ---- one file ---- */
static bool hash_descriptor(int descriptor, uint64_t size, const char *path, struct progress *progress, struct crypto_hash *out_hash,
                            struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint8_t *bytes = arena_allocate_raw(scratch, 1, READ_STEP);
    struct crypto_hasher *hasher = crypto_hasher_create();
    bool done = true;
    for (uint64_t at = 0; done && at < size; at += READ_STEP) {
        size_t piece = size - at < READ_STEP ? (size_t)(size - at) : READ_STEP;
        done = task_check(err) && file_read_at(descriptor, at, bytes, piece, path, err);
        if (done) {
            crypto_hasher_add(hasher, bytes, piece);
            progress_add(progress, piece);
        }
    }
    *out_hash = crypto_hasher_finish(hasher);
    return done;
}

static bool bytes_check(struct verify *verify, const struct store_file_entry *entry, struct file_problems *problems, struct error *err)
{
    struct store_path path = store_segment_path(verify->reader->store, entry->file_id);
    struct error reason = {.code = ERROR_INTERNAL};
    struct crypto_hash hash;
    uint64_t size;
    if (!file_size(path.text, &size, &reason)) {
        return becomes_problem(problems, &reason, err);
    }
    if (size != entry->size) {
        file_problem(problems, size < entry->size ? "it is shorter than the manifest says" : "it is longer than the manifest says");
    }
    int descriptor = open(path.text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK); /* a pipe would wait for a writer */
    bool done = descriptor >= 0 && hash_descriptor(descriptor, size, path.text, verify->progress, &hash, &reason);
    if (descriptor < 0) {
        FAIL_ERRNO(&reason, path.text, "it cannot be opened");
    } else {
        close(descriptor);
    }
    if (!done) {
        return becomes_problem(problems, &reason, err);
    }
    if (memcmp(hash.bytes, entry->hash.bytes, sizeof hash.bytes) != 0) {
        file_problem(problems, "its hash is not the one that the manifest names: its bytes were changed");
    }
    return true;
}

/* Every byte of a sealed file is compared when it is opened, or authenticated by a tag, under a key that is this file's alone: nobody
 * without the keys can change one unseen. What is left for the hash is a file that somebody with the keys wrote in its place. */
static bool size_check(struct verify *verify, const struct store_file_entry *entry, struct file_problems *problems, struct error *err)
{
    struct store_path path = store_segment_path(verify->reader->store, entry->file_id);
    struct error reason = {.code = ERROR_INTERNAL};
    uint64_t size;
    if (!file_size(path.text, &size, &reason)) {
        return becomes_problem(problems, &reason, err);
    }
    if (size != entry->size) {
        file_problem(problems, size < entry->size ? "it is shorter than the manifest says" : "it is longer than the manifest says");
    }
    progress_add(verify->progress, size);
    return true;
}

static bool blocks_check(struct sealed_file *file, struct file_problems *problems, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct error reason = {.code = ERROR_INTERNAL};
    for (uint64_t i = 0; i < sealed_block_count(file); i++) {
        struct arena_mark mark = arena_mark_take(scratch);
        uint8_t *bytes = arena_allocate_raw(scratch, 1, sealed_block_length(file, i) + (size_t)SEALED_PADDING);
        TRY(task_check(err));
        if (!sealed_read(file, i, bytes, &reason)) {
            TRY(becomes_problem(problems, &reason, err));
        }
        arena_mark_release(scratch, mark);
    }
    return true;
}

static bool file_verify(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    struct verify *verify = context;
    struct store_reader_file *slot = &verify->reader->files[index];
    struct file_problems *problems = &verify->files[index];
    struct error reason = {.code = ERROR_INTERNAL};
    TRY(verify->is_quick ? size_check(verify, &slot->entry, problems, err) : bytes_check(verify, &slot->entry, problems, err));
    if (!store_reader_open_file(verify->reader, index, &reason)) {
        return becomes_problem(problems, &reason, err);
    }
    TRY(blocks_check(slot->file, problems, err));
    /* With a block that does not open, everything that needs it would be told again. */
    if (!verify->is_quick && slot->segment && problems->count == 0 && !segment_verify(slot->segment, file_problem, problems, &reason)) {
        return becomes_problem(problems, &reason, err);
    }
    return true;
}

static bool file_tell(void *context, size_t index, struct error *err)
{
    (void)err;
    struct verify *verify = context;
    const struct file_problems *problems = &verify->files[index];
    char name[NAME_MAX_BYTES], hex[2 * KEY_FILE_ID_SIZE + 1];
    crypto_hex(hex, verify->reader->files[index].entry.file_id, KEY_FILE_ID_SIZE);
    snprintf(name, sizeof name, "segments/%s.sealed", hex);
    for (uint32_t i = 0; i < problems->count && i < PROBLEMS_TOLD_MAX; i++) {
        tell(verify, name, problems->told[i] ? problems->told[i] : "damaged");
    }
    if (problems->count > PROBLEMS_TOLD_MAX) {
        tell(verify, name, "and more of the same");
    }
    return true;
}

/* ---- the store's own files ---- */
static bool identity_verify(struct verify *verify, const struct store *store, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 12};
    struct file_problems problems = {.count = 0};
    struct error reason = {.code = ERROR_INTERNAL};
    if (!file_read_plain(store_part_path(store, "store.json").text, &bytes, &reason)) {
        TRY(becomes_problem(&problems, &reason, err));
    }
    struct crypto_hash hash = crypto_hash_of(bytes.data, bytes.length);
    if (memcmp(hash.bytes, store->identity_hash.bytes, sizeof hash.bytes) != 0) {
        tell(verify, "store.json", "it is not as emc2 wrote it");
    }
    for (uint32_t i = 0; i < problems.count; i++) {
        free(problems.told[i]);
    }
    return true;
}

/* Loads the manifests up to `number`; each must name the one before it. out_manifest is that of `number`, *out_is_there tells. */
static bool chain_verify(struct verify *verify, struct store *store, const struct grant *grant, uint32_t number,
                         struct manifest *out_manifest, bool *out_is_there, struct error *err)
{
    struct crypto_hash hash, previous = {{0}};
    bool has_previous = false;
    *out_is_there = false;
    for (uint32_t i = 1; i <= number; i++) {
        CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
        struct error reason = {.code = ERROR_INTERNAL};
        struct file_problems problems = {.count = 0};
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "snapshots/%08" PRIu32 ".manifest", i);
        TRY(task_check(err));
        if (!manifest_load(&manifest, store, grant, i, &hash, NULL, &reason)) {
            TRY(becomes_problem(&problems, &reason, err));
            tell(verify, name, problems.told[0] ? problems.told[0] : "damaged");
            free(problems.told[0]);
            has_previous = false;
            continue;
        }
        if (i == 1
                ? manifest.has_previous
                : has_previous && (!manifest.has_previous || memcmp(manifest.previous_hash.bytes, previous.bytes, sizeof previous) != 0)) {
            tell(verify, name, "it does not follow the snapshot before it");
        }
        previous = hash;
        has_previous = true;
        if (i == number) {
            manifest_move(out_manifest, &manifest);
            *out_is_there = true;
        }
    }
    return true;
}

/* ---- certificates of erasure ---- */
struct certificates {
    struct verify *verify;
    const struct store *store;
};

static bool certificate_verify(void *context, const char *name, struct error *err)
{
    const struct certificates *certificates = context;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = CERTIFICATE_BYTES_MAX};
    struct file_problems problems = {.count = 0};
    struct error reason = {.code = ERROR_INTERNAL};
    struct store_certificate certificate = {.snapshot = 0};
    char part[NAME_MAX_BYTES], expected[NAME_MAX_BYTES];
    snprintf(part, sizeof part, "certificates/%.60s", name);
    if (strlen(name) > 4 && strcmp(name + strlen(name) - 4, ".tmp") == 0) {
        return true; /* left by an erasure that was stopped: the next one writes it anew */
    }
    const uint8_t *key = keyring_manifest_public_key(certificates->store->keyring);
    bool is_read = file_read(store_part_path(certificates->store, part).text, &bytes, &reason) &&
                   store_certificate_read(bytes.data, bytes.length, key, &certificate, NULL, NULL, &reason);
    snprintf(expected, sizeof expected, "certificates/%08" PRIu32 ".json", certificate.snapshot);
    if (!is_read) {
        TRY(becomes_problem(&problems, &reason, err));
        tell(certificates->verify, part, problems.told[0] ? problems.told[0] : "damaged");
        free(problems.told[0]);
    } else if (strcmp(part, expected) != 0) {
        tell(certificates->verify, part, "it is the certificate of another snapshot");
    }
    return true;
}

static bool certificates_verify(struct verify *verify, const struct store *store, struct error *err)
{
    struct certificates certificates = {verify, store};
    struct store_path path = store_part_path(store, "certificates");
    bool exists;
    TRY(file_exists(path.text, &exists, err));
    return !exists || directory_visit(path.text, certificate_verify, &certificates, err);
}

/* Each file has a key. A snapshot with an erased file is closed, and there is nothing to verify. */
static bool keys_verify(struct verify *verify, const struct store *store, const struct grant *grant, const struct manifest *manifest,
                        struct error *err)
{
    for (size_t i = 0; i < manifest->files.count; i++) {
        CLEANUP(secret) struct secret *key = NULL;
        const struct store_file_entry *entry = &manifest->files.items[i];
        struct error reason = {.code = ERROR_INTERNAL};
        struct file_problems problems = {.count = 0};
        char name[NAME_MAX_BYTES], hex[2 * KEY_FILE_ID_SIZE + 1];
        if (keyring_data_key_open(store->keyring, grant, entry->domain, entry->file_id, &key, &reason)) {
            continue;
        }
        if (reason.code == ERROR_ERASED) {
            if (err) {
                *err = reason;
            }
            return store_erased_error(store, grant, manifest->number, entry->file_id, err);
        }
        TRY(becomes_problem(&problems, &reason, err));
        crypto_hex(hex, entry->file_id, KEY_FILE_ID_SIZE);
        snprintf(name, sizeof name, "segments/%s.sealed", hex);
        tell(verify, name, problems.told[0] ? problems.told[0] : "it has no key");
        free(problems.told[0]);
    }
    return true;
}

/* ---- all of it ---- */
static bool files_verify(struct verify *verify, unsigned threads, struct error *err)
{
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    size_t count = verify->reader->file_count;
    verify->files = calloc(count + 1, sizeof *verify->files);
    if (!verify->files) {
        return FAIL(err, LIMIT, "no memory left to verify the snapshot");
    }
    struct task_set set = {count, file_verify, file_tell, verify};
    bool done = task_pool_create(&pool, threads, err) && task_pool_run(pool, &set, err);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < PROBLEMS_TOLD_MAX; j++) {
            free(verify->files[i].told[j]);
        }
    }
    free(verify->files);
    return done;
}

static bool manifest_verify(struct verify *verify, struct store *store, const struct grant *grant, const struct manifest *manifest,
                            unsigned threads, struct error *err)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    struct error reason = {.code = ERROR_INTERNAL};
    uint64_t bytes = 0;
    TRY(store_reader_begin(&reader, store, grant, manifest, NULL, err));
    verify->reader = reader;
    for (size_t i = 0; i < reader->file_count; i++) {
        bytes += reader->files[i].entry.size;
    }
    progress_total(verify->progress, bytes);
    uint32_t before = verify->problems;
    TRY(files_verify(verify, threads, err));
    if (!verify->is_quick && verify->problems == before && !store_reader_check_persons(reader, &reason)) {
        struct file_problems problems = {.count = 0};
        TRY(reason.code == ERROR_EXISTS || becomes_problem(&problems, &reason, err));
        free(problems.told[0]);
        tell(verify, "segments", reason.code == ERROR_EXISTS ? "a person is in two segments" : reason.message);
    }
    return true;
}

bool store_verify_with_threads(struct store *store, const struct grant *grant, uint32_t number,
                               const struct store_verify_listener *listener, struct progress *progress, unsigned threads,
                               uint32_t *out_problems, struct error *err)
{
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0};
    struct store uncached = *store; /* what is read once is not worth keeping */
    struct verify verify = {
        .problem = listener->problem, .context = listener->context, .progress = progress, .is_quick = listener->is_quick};
    bool is_there;
    uncached.options.cache_bytes = 0;
    TRY(grant_demand(grant, keyring_governance_public_key(store->keyring), store->store_id, GRANT_VERIFY, err));
    if (number == 0) {
        TRY(store_snapshot_latest(store, grant, &number, err));
    }
    if (number == 0) {
        FAIL(err, NOT_FOUND, "the store is empty: there is no snapshot to verify");
        return error_hint(err, "load data with `emc2 load`");
    }
    TRY(identity_verify(&verify, store, err));
    TRY(chain_verify(&verify, store, grant, number, &manifest, &is_there, err));
    TRY(certificates_verify(&verify, store, err));
    if (is_there) {
        TRY(keys_verify(&verify, store, grant, &manifest, err));
        TRY(manifest_verify(&verify, &uncached, grant, &manifest, threads, err));
    }
    *out_problems = verify.problems;
    return true;
}

bool store_snapshot_verify(struct store *store, const struct grant *grant, uint32_t number,
                           void (*problem)(void *context, const char *file, const char *what), void *context, struct progress *progress,
                           uint32_t *out_problems, struct error *err)
{
    struct store_verify_listener listener = {problem, context, false};
    return store_verify_with_threads(store, grant, number, &listener, progress, 0, out_problems, err);
}

bool store_snapshot_check(struct store *store, const struct grant *grant, uint32_t number,
                          void (*problem)(void *context, const char *file, const char *what), void *context, struct progress *progress,
                          uint32_t *out_problems, struct error *err)
{
    struct store_verify_listener listener = {problem, context, true};
    return store_verify_with_threads(store, grant, number, &listener, progress, 0, out_problems, err);
}
