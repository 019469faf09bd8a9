/* SPDX-License-Identifier: EUPL-1.2 */
/* The three-set question asked of an emc2 store, through the same calls as `emc2 cohort count`:
 *   ask WAREHOUSE PASSPHRASE_FILE DEFINITION.json THREADS
 * cold: every run decrypts what it touches (the cache of decrypted pages is emptied before); warm: pages stay in the cache. Both read files
 * that the system has in memory. Prints name=value lines. */
#include "base/log.h"
#include <stdlib.h>

enum { RUNS = 11, CACHE_BYTES = 1 << 30 };

struct bench {
    struct asking asking;
    struct cohort_program *program;
};

static bool measure(struct bench *bench, bool is_cold, const char *label, struct error *err)
{
    double times[RUNS], best = 1e9;
    uint64_t persons = 0, touched = 0;
    for (int run = 0; run < RUNS; run++) {
        CLEANUP(cohort_result) struct cohort_result *result = NULL;
        struct evaluate_options options = {.pool = bench->asking.pool};
        if (is_cold) {
            store_reader_cache_clear(bench->asking.reader);
        }
        int64_t start = clock_monotonic_ns();
        TRY(evaluate_cohort(bench->program, bench->asking.reader, &options, &result, err));
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
    struct asking *asking = &bench->asking;
    TRY(asking_open(asking, argv[1], argv[2], (unsigned)strtoul(argv[4], NULL, 10), CACHE_BYTES, err));
    TRY(file_read(argv[3], &json, err));
    TRY(circe_parse(&bench->program, asking->arena, "three sets", json.data, json.length, err));
    TRY(cohort_program_resolve(bench->program, asking->vocabulary, asking->arena, err));
    return measure(bench, true, "cold", err) && measure(bench, false, "warm", err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct bench bench = {0};
    bool done =
        argc == 5 ? run(&bench, argv, &err) : FAIL(&err, INVALID_ARGUMENT, "usage: ask WAREHOUSE PASSPHRASE_FILE DEFINITION THREADS");
    if (!done) {
        log_error("bench", &err);
    }
    asking_close(&bench.asking);
    return done ? 0 : 1;
}
