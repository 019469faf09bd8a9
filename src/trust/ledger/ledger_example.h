/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_example: for tests only. A log with a fixed key and records that depend on their number alone. */
#pragma once
#include "base/scratch.h"
#include "trust/ledger/ledger.h"
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline __attribute__((unused)) struct secret *example_seed(uint8_t byte)
{
    struct error err;
    struct secret *seed = NULL;
    bool done = secret_create(&seed, CRYPTO_KEY_SIZE, &err);
    assert(done);
    (void)done;
    memset(secret_bytes(seed), byte, CRYPTO_KEY_SIZE);
    return seed;
}

static inline __attribute__((unused)) struct note_signer example_signer(const struct secret *seed, const char *name,
                                                                        enum note_algorithm algorithm)
{
    struct error err;
    struct note_signer signer;
    bool done = note_signer_of_seed(&signer, name, algorithm, seed, &err);
    assert(done);
    (void)done;
    return signer;
}

static inline __attribute__((unused)) struct ledger_record example_record(uint64_t number)
{
    struct error err;
    struct ledger_record record;
    struct crypto_hash object = crypto_sha256_of(&number, sizeof number);
    bool done =
        ledger_record_begin(&record, number % 2 ? LEDGER_ACT_READ : LEDGER_ACT_LOAD, "operator", 1764000000 + (int64_t)number, &err) &&
        ledger_record_number(&record, "number", (int64_t)number, &err);
    assert(done);
    (void)done;
    ledger_record_object(&record, &object);
    return record;
}

/* Appends records first to first + count - 1 in one batch. */
static inline __attribute__((unused)) bool example_append(struct ledger *ledger, uint64_t first, uint64_t count, struct error *err)
{
    CLEANUP(arena) struct arena *batch = arena_create();
    struct ledger_record *records = ARENA_ARRAY(batch, struct ledger_record, count);
    for (uint64_t i = 0; i < count; i++) {
        records[i] = example_record(first + i);
    }
    return ledger_append_records(ledger, records, count, NULL, err);
}

/* A copy without any fsync: tests that need many logs make one with all care, and copy it. */
static inline __attribute__((unused)) void example_copy(const char *from, const char *to)
{
    pid_t process = fork();
    if (process == 0) {
        execlp("cp", "cp", "-r", from, to, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    bool done = process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    assert(done);
    (void)done;
}
