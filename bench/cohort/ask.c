/* SPDX-License-Identifier: EUPL-1.2 */
/* Every definition of a directory, asked of a warehouse through the same calls as `emc2 cohort count`:
 *   cohort_ask WAREHOUSE PASSPHRASE_FILE THREADS CACHE_BYTES RUNS DIRECTORY
 * A line each: name persons rows_found compile_ms first_ms decrypting_ms warm_ms scratch_bytes warm_core_ms
 *   first       a reader of its own, opened for it: nothing of the store is in the process yet
 *   decrypting  the cache of decrypted pages is emptied before each run
 *   warm        pages stay in the cache
 *   core        of the processor, all threads together, which says more than the wall on a machine that others use
 * Files are in the system's memory throughout. */
#include "base/log.h"
#include <stdlib.h>
#include <time.h>

enum { DEFINITIONS_MAX = 100000 };
DEFINE_ARRAY(names, char *)

struct figures {
    double compile, first, decrypting, warm, core;
    uint64_t persons, found, scratch;
};
struct bench {
    struct asking asking;
    const char *directory;
    uint64_t cache_bytes;
    unsigned runs;
    struct names names;
};

static bool note_name(void *context, const char *name, struct error *err)
{
    struct bench *bench = context;
    return !strstr(name, ".json") || names_append(&bench->names, arena_text_copy(bench->asking.arena, name), err);
}

static int by_number(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    const size_t left = strlen(x), right = strlen(y);
    return left != right ? (left > right) - (left < right) : strcmp(x, y); /* numbers without leading zeros */
}

static double since(int64_t start)
{
    return (double)(clock_monotonic_ns() - start) / 1e6;
}

static double core_ms(void)
{
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6;
}

static bool ask(struct bench *bench, struct store_reader *reader, const struct cohort_program *program, bool is_cold, unsigned runs,
                double *out_best, struct figures *figures, struct error *err)
{
    *out_best = figures->core = 1e300;
    for (unsigned run = 0; run < runs; run++) {
        CLEANUP(cohort_result) struct cohort_result *result = NULL;
        const struct evaluate_options options = {.pool = bench->asking.pool};
        if (is_cold) {
            store_reader_cache_clear(reader);
        }
        const int64_t start = clock_monotonic_ns();
        const double core = core_ms();
        TRY(evaluate_cohort(program, reader, &options, &result, err));
        const double taken = since(start), spent = core_ms() - core;
        figures->core = spent < figures->core ? spent : figures->core;
        *out_best = taken < *out_best ? taken : *out_best;
        figures->persons = result->persons;
        figures->found = result->work.rows_found;
        figures->scratch = result->work.scratch_peak;
    }
    return true;
}

static bool ask_first(struct bench *bench, const struct cohort_program *program, struct figures *figures, struct error *err)
{
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    TRY(store_reader_open(&reader, bench->asking.store, &bench->asking.grant, 0, err));
    return ask(bench, reader, program, false, 1, &figures->first, figures, err);
}

static bool measure(struct bench *bench, const char *name, struct error *err)
{
    CLEANUP(buffer_value) struct buffer json = {.maximum = 1 << 26};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cohort_program *program;
    struct figures figures = {0};
    TRY(file_read(arena_text_format(arena, "%s/%s", bench->directory, name), &json, err));
    const int64_t start = clock_monotonic_ns();
    TRY(circe_parse(&program, arena, name, json.data, json.length, err));
    TRY(cohort_program_resolve(program, bench->asking.vocabulary, arena, err));
    figures.compile = since(start);
    double ignored;
    TRY(ask_first(bench, program, &figures, err));
    TRY(ask(bench, bench->asking.reader, program, true, bench->runs, &figures.decrypting, &figures, err));
    TRY(ask(bench, bench->asking.reader, program, false, 1, &ignored, &figures, err));
    TRY(ask(bench, bench->asking.reader, program, false, bench->runs, &figures.warm, &figures, err));
    printf("%s %llu %llu %.3f %.3f %.3f %.3f %llu %.3f\n", name, (unsigned long long)figures.persons, (unsigned long long)figures.found,
           figures.compile, figures.first, figures.decrypting, figures.warm, (unsigned long long)figures.scratch, figures.core);
    return fflush(stdout) == 0;
}

static bool run(struct bench *bench, char **argv, struct error *err)
{
    bench->cache_bytes = strtoul(argv[4], NULL, 10);
    bench->runs = (unsigned)strtoul(argv[5], NULL, 10);
    bench->directory = argv[6];
    bench->names.maximum = DEFINITIONS_MAX;
    TRY(asking_open(&bench->asking, argv[1], argv[2], (unsigned)strtoul(argv[3], NULL, 10), bench->cache_bytes, err));
    TRY(directory_visit(bench->directory, note_name, bench, err));
    if (bench->names.count > 0) {
        qsort(bench->names.items, bench->names.count, sizeof *bench->names.items, by_number);
    }
    for (size_t i = 0; i < bench->names.count; i++) {
        TRY(measure(bench, bench->names.items[i], err));
    }
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct bench bench = {0};
    bool done = argc == 7 ? run(&bench, argv, &err)
                          : FAIL(&err, INVALID_ARGUMENT, "usage: cohort_ask WAREHOUSE PASSPHRASE_FILE THREADS CACHE_BYTES RUNS DIRECTORY");
    if (!done) {
        log_error("bench", &err);
    }
    names_finish(&bench.names);
    asking_close(&bench.asking);
    return done ? 0 : 1;
}
