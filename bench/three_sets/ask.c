/* SPDX-License-Identifier: EUPL-1.2 */
/* The three-set question asked of an emc2 store, through the same calls as `emc2 cohort count`:
 *   ask WAREHOUSE PASSPHRASE_FILE DEFINITION.json THREADS
 * cold: every run decrypts what it touches (the cache of decrypted pages is emptied before); warm: pages stay in the cache. Both read files
 * that the system has in memory. Prints name=value lines. */
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "research/circe/circe.h"
#include "research/evaluate/evaluate.h"
#include "trust/keys/keys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 11, CACHE_BYTES = 1 << 30 };

struct bench {
    struct custody custody;
    struct keyring *keyring;
    struct store *store;
    struct store_reader *reader;
    struct vocabulary *vocabulary;
    struct task_pool *pool;
    struct arena *arena;
    struct cohort_program *program;
};

static bool open_keys(struct bench *bench, const char *directory, const char *passphrase_file, uint8_t store_id[GRANT_STORE_ID_SIZE],
                      struct error *err)
{
    CLEANUP(buffer_value) struct buffer line = {.maximum = 4096};
    CLEANUP(secret) struct secret *passphrase = NULL;
    TRY(file_read(passphrase_file, &line, err));
    size_t length = strcspn((const char *)line.data, "\n");
    TRY(secret_create(&passphrase, length, err));
    memcpy(secret_bytes(passphrase), line.data, length);
    TRY(store_identify(directory, store_id, err));
    TRY(custody_passphrase_open(&bench->custody, arena_text_format(bench->arena, "%s/keys/root.sealed", directory), store_id, passphrase,
                                err));
    return keyring_open(&bench->keyring, &bench->custody, arena_text_format(bench->arena, "%s/keys", directory), store_id, err);
}

static bool open_store(struct bench *bench, const char *directory, const char *passphrase_file, struct error *err)
{
    struct grant grant = {.actions = GRANT_COUNT | GRANT_ROWS, .tables = UINT64_MAX};
    struct store_options options = {.cache_bytes = CACHE_BYTES};
    TRY(open_keys(bench, directory, passphrase_file, grant.store_id, err));
    TRY(store_open(&bench->store, directory, bench->keyring, &options, err));
    grant.not_before = clock_unix_seconds() - 60;
    grant.not_after = clock_unix_seconds() + 3600;
    snprintf(grant.project, sizeof grant.project, "bench");
    TRY(keyring_grant_issue(bench->keyring, &grant, err));
    TRY(store_reader_open(&bench->reader, bench->store, &grant, 0, err));
    return vocabulary_open(&bench->vocabulary, bench->reader, err);
}

static bool measure(struct bench *bench, bool is_cold, const char *label, struct error *err)
{
    double times[RUNS], best = 1e9;
    uint64_t persons = 0, touched = 0;
    for (int run = 0; run < RUNS; run++) {
        CLEANUP(cohort_result) struct cohort_result *result = NULL;
        struct evaluate_options options = {.pool = bench->pool};
        if (is_cold) {
            store_reader_cache_clear(bench->reader);
        }
        int64_t start = clock_monotonic_ns();
        TRY(evaluate_cohort(bench->program, bench->reader, &options, &result, err));
        times[run] = (double)(clock_monotonic_ns() - start) / 1e6;
        best = times[run] < best ? times[run] : best;
        persons = result->persons;
        touched = result->work.rows_found;
    }
    printf("%s_ms=%.2f\n%s_persons=%llu\n%s_touched=%llu\n", label, best, label, (unsigned long long)persons, label,
           (unsigned long long)touched);
    return true;
}

static bool run(struct bench *bench, char **argv, struct error *err)
{
    CLEANUP(buffer_value) struct buffer json = {.maximum = 1 << 24};
    TRY(crypto_start(err));
    TRY(task_pool_create(&bench->pool, (unsigned)strtoul(argv[4], NULL, 10), err));
    TRY(open_store(bench, argv[1], argv[2], err));
    TRY(file_read(argv[3], &json, err));
    TRY(circe_parse(&bench->program, bench->arena, "three sets", json.data, json.length, err));
    TRY(cohort_program_resolve(bench->program, bench->vocabulary, bench->arena, err));
    return measure(bench, true, "cold", err) && measure(bench, false, "warm", err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct bench bench = {.arena = arena_create()};
    bool done =
        argc == 5 ? run(&bench, argv, &err) : FAIL(&err, INVALID_ARGUMENT, "usage: ask WAREHOUSE PASSPHRASE_FILE DEFINITION THREADS");
    if (!done) {
        log_error("bench", &err);
    }
    vocabulary_close(bench.vocabulary);
    store_reader_close(bench.reader);
    store_close(bench.store);
    keyring_close(bench.keyring);
    custody_release(&bench.custody);
    task_pool_destroy(bench.pool);
    arena_destroy(bench.arena);
    return done ? 0 : 1;
}
