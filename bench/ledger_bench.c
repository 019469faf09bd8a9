/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_bench: durable entries a second in batches of 1, 100 and 1,000, bytes on disk for an entry, the time of a proof, and entries
 * verified a second. The argument is a directory on the disk to be measured; a log is made and removed in it. */
#include "base/calendar.h"
#include "base/file.h"
#include "trust/ledger/ledger.h"
#include "trust/ledger/ledger_verify.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORDS = 1000, PROOFS = 2000, PATH_SIZE = 4096 };

static struct ledger_record records[RECORDS];

/* A read as a warehouse logs it: grant, program hash, snapshot, counts. */
static bool make_records(struct error *err)
{
    for (size_t i = 0; i < RECORDS; i++) {
        struct crypto_hash hash = crypto_sha256_of(&i, sizeof i);
        struct ledger_opening opening;
        TRY(ledger_record_begin(&records[i], LEDGER_ACT_READ, "operator", 1764000000 + (int64_t)i, err));
        ledger_record_grant(&records[i], &hash);
        ledger_record_object(&records[i], &hash);
        TRY(ledger_record_number(&records[i], "snapshot", 12, err) && ledger_record_number(&records[i], "persons", 100000, err));
        TRY(ledger_record_commit(&records[i], "purpose", TEXT("prevalence of multiple myeloma"), &opening, err));
    }
    return true;
}

static double seconds_since(int64_t started)
{
    return (double)(clock_monotonic_ns() - started) / 1e9;
}

static bool measure_batches(struct ledger *ledger, size_t batch, size_t rounds, struct error *err)
{
    int64_t started = clock_monotonic_ns();
    for (size_t i = 0; i < rounds; i++) {
        TRY(ledger_append_records(ledger, records, batch, NULL, err));
    }
    double seconds = seconds_since(started);
    printf("append, batches of %-5zu %10.0f entries/s  %8.2f ms a batch\n", batch, (double)(batch * rounds) / seconds,
           seconds * 1e3 / (double)rounds);
    return true;
}

struct sum {
    const char *directory;
    uint64_t bytes, files;
};

static bool add_size(void *context, const char *name, struct error *err)
{
    struct sum *sum = context;
    char path[PATH_SIZE];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", sum->directory, name);
    if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode)) {
        struct sum below = {path, 0, 0};
        TRY(directory_visit(path, add_size, &below, err));
        sum->bytes += below.bytes;
        sum->files += below.files;
    } else {
        sum->bytes += (uint64_t)facts.st_size;
        sum->files++;
    }
    return true;
}

static bool measure_reading(const char *directory, const struct note_key *key, struct error *err)
{
    CLEANUP(ledger_view) struct ledger_view *view = NULL;
    struct ledger_verified verified;
    struct merkle_proof proof;
    const struct ledger_verify_options options = {.key = key};
    TRY(ledger_view_open(&view, directory, key, err));
    uint64_t size = ledger_view_checkpoint(view)->size;
    int64_t started = clock_monotonic_ns();
    for (uint64_t i = 0; i < PROOFS; i++) {
        TRY(ledger_view_prove(view, i * 2654435761U % size, &proof, err));
    }
    printf("proof of inclusion, checked %8.3f ms  (%u hashes, random entries of %" PRIu64 ")\n", seconds_since(started) * 1e3 / PROOFS,
           proof.count, size);
    started = clock_monotonic_ns();
    TRY(ledger_verify(directory, &options, &verified, err));
    printf("verify                  %10.0f entries/s\n", (double)size / seconds_since(started));
    struct sum sum = {directory, 0, 0};
    TRY(directory_visit(directory, add_size, &sum, err));
    printf("on disk                 %10.1f bytes an entry, of which %.1f are the entry itself  (%" PRIu64 " files)\n",
           (double)sum.bytes / (double)size, (double)verified.entry_bytes / (double)size, sum.files);
    return true;
}

static bool measure(const char *directory, struct error *err)
{
    CLEANUP(secret) struct secret *seed = NULL;
    CLEANUP(ledger) struct ledger *ledger = NULL;
    struct note_signer signer;
    TRY(crypto_start(err));
    TRY(secret_random(&seed, CRYPTO_KEY_SIZE, err));
    TRY(note_signer_of_seed(&signer, "example.org/bench", NOTE_ED25519, seed, err));
    TRY(make_records(err));
    TRY(ledger_create(directory, &signer, err));
    TRY(ledger_open(&ledger, directory, &signer, 0, err));
    TRY(measure_batches(ledger, 1, 300, err));
    TRY(measure_batches(ledger, 100, 100, err));
    TRY(measure_batches(ledger, 1000, 200, err));
    return measure_reading(directory, &signer.key, err);
}

int main(int argc, char **argv)
{
    struct error err, ignored;
    char directory[PATH_SIZE];
    if (argc != 2) {
        fprintf(stderr, "usage: ledger_bench DIRECTORY (on the disk to be measured)\n");
        return EXIT_FAILURE;
    }
    snprintf(directory, sizeof directory, "%s/ledger_bench.log", argv[1]);
    bool done = measure(directory, &err);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    return directory_remove_all(directory, &ignored) && done ? EXIT_SUCCESS : EXIT_FAILURE;
}
