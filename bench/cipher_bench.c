/* SPDX-License-Identifier: EUPL-1.2 */
/* cipher_bench: what verifying a warehouse costs beside reading its files through the cipher, which is the least it can cost. The files are
 * decrypted block by block, one worker a file; then the latest snapshot is verified with the same number of threads. */
#include "base/arena.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/task.h"
#include "warehouse/store/sealed.h"
#include "warehouse/store/store.h"
#include "warehouse/store/verify.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 4096, PATH_SIZE = 4096 };

struct bench {
    struct arena *arena;
    const char *segments;
    const char *paths[FILES_MAX];
    size_t count;
    uint64_t bytes;
    struct keyring *keyring;
    struct custody custody;
    struct store *store;
    struct grant grant;
};

static bool path_take(void *context, const char *name, struct error *err)
{
    struct bench *bench = context;
    uint64_t size;
    if (bench->count == FILES_MAX) {
        return FAIL(err, LIMIT, "too many files");
    }
    const char *path = arena_text_format(bench->arena, "%s/%s", bench->segments, name);
    TRY(file_size(path, &size, err));
    bench->bytes += size;
    bench->paths[bench->count++] = path;
    return true;
}

static bool warehouse_open(struct bench *bench, const char *directory, const char *passphrase_file, struct error *err)
{
    CLEANUP(buffer_value) struct buffer line = {.maximum = PATH_SIZE};
    CLEANUP(secret) struct secret *passphrase = NULL;
    const char *keys = arena_text_format(bench->arena, "%s/keys", directory);
    TRY(crypto_start(err) && file_read(passphrase_file, &line, err));
    size_t length = strcspn((const char *)line.data, "\n");
    TRY(secret_create(&passphrase, length, err));
    memcpy(secret_bytes(passphrase), line.data, length);
    bench->grant = (struct grant){.actions = GRANT_VERIFY, .tables = UINT64_MAX, .not_before = clock_unix_seconds() - 60};
    bench->grant.not_after = clock_unix_seconds() + 3600;
    TRY(store_identify(directory, bench->grant.store_id, err));
    TRY(custody_passphrase_open(&bench->custody, arena_text_format(bench->arena, "%s/root.sealed", keys), bench->grant.store_id, passphrase,
                                err));
    TRY(keyring_open(&bench->keyring, &bench->custody, keys, bench->grant.store_id, err));
    TRY(keyring_grant_issue(bench->keyring, &bench->grant, err));
    return store_open(&bench->store, directory, bench->keyring, NULL, err);
}

static bool file_decrypt(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker;
    const struct bench *bench = context;
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    CLEANUP(buffer_value) struct buffer room = {.maximum = 1 << 27};
    TRY(sealed_open(&file, bench->paths[index], bench->keyring, &bench->grant, NULL, err));
    for (uint64_t block = 0; block < sealed_block_count(file); block++) {
        TRY(buffer_reserve(&room, sealed_block_length(file, block) + (size_t)SEALED_PADDING, err));
        TRY(sealed_read(file, block, room.data, err));
    }
    return true;
}

static void no_problem(void *context, const char *file, const char *what)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", file, what);
}

static bool measure(struct bench *bench, unsigned threads, struct error *err)
{
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    const struct store_verify_listener quick = {no_problem, NULL, true}, deep = {no_problem, NULL, false};
    const struct task_set set = {bench->count, file_decrypt, NULL, bench};
    uint32_t problems;
    TRY(task_pool_create(&pool, threads, err));
    TRY(task_pool_run(pool, &set, err)); /* the files come into the memory of the system */
    int64_t start = clock_monotonic_ns();
    TRY(task_pool_run(pool, &set, err));
    double cipher = (double)(clock_monotonic_ns() - start) / 1e9;
    start = clock_monotonic_ns();
    TRY(store_verify_with_threads(bench->store, &bench->grant, 0, &quick, NULL, threads, &problems, err));
    double verify = (double)(clock_monotonic_ns() - start) / 1e9;
    uint32_t more;
    start = clock_monotonic_ns();
    TRY(store_verify_with_threads(bench->store, &bench->grant, 0, &deep, NULL, threads, &more, err));
    printf("sealed_bytes=%llu\ncipher_seconds=%.3f\nverify_seconds=%.3f\ndeep_seconds=%.3f\n", (unsigned long long)bench->bytes, cipher,
           verify, (double)(clock_monotonic_ns() - start) / 1e9);
    return problems + more == 0 || FAIL(err, CORRUPT, "the warehouse has problems");
}

int main(int argc, char **argv)
{
    struct error err = {.message = ""};
    struct bench bench = {.arena = arena_create()};
    if (argc != 4) {
        fprintf(stderr, "usage: cipher_bench WAREHOUSE PASSPHRASE-FILE THREADS\n");
        return EXIT_FAILURE;
    }
    bench.segments = arena_text_format(bench.arena, "%s/segments", argv[1]);
    bool done = warehouse_open(&bench, argv[1], argv[2], &err) && directory_visit(bench.segments, path_take, &bench, &err) &&
                measure(&bench, (unsigned)strtoul(argv[3], NULL, 10), &err);
    if (!done) {
        fprintf(stderr, "cipher_bench: %s\n", err.message);
    }
    store_close(bench.store);
    keyring_close(bench.keyring);
    custody_release(&bench.custody);
    arena_destroy(bench.arena);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
