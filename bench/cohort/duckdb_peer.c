/* SPDX-License-Identifier: EUPL-1.2 */
/* The peer of the part cohort: DuckDB.
 *   cohort_duckdb_peer script THREADS FILE.sql                 runs statements, each ending with a semicolon at the end of a line
 *   cohort_duckdb_peer ask THREADS RUNS SETUP.sql FILE.sql...  SETUP once; then each file RUNS times, of which the fastest is printed:
 *                                                              name=milliseconds rows, a line each; a file that fails: name=failed */
#include "base/arena.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "engines/duckdb/duckdb_engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool statements_read(struct arena *arena, const char *path, char **out_sql, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 28};
    TRY(file_read(path, &text, err));
    *out_sql = arena_text_format(arena, "%.*s\n", (int)text.length, (const char *)text.data);
    return true;
}

static char *statement_end(char *sql)
{
    return strstr(sql, ";\n");
}

/* All statements but the last for their effect; of the last the rows are counted. */
static bool statements_run(struct engine *engine, const char *sql, uint64_t *out_rows, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    char *at = arena_text_copy(arena, sql), *last = NULL;
    for (char *end; (end = statement_end(at)); at = end + 2) {
        *end = '\0';
        TRY(!last || engine_execute(engine, last, NULL, 0, err));
        last = at;
    }
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch = {0};
    *out_rows = 0;
    TRY(!last || engine_query(&result, engine, last, NULL, 0, err));
    do {
        TRY(!last || engine_result_next(result, &batch, err));
        *out_rows += batch.rows;
    } while (batch.rows > 0);
    return true;
}

static bool script(struct engine *engine, const char *path, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    char *at = NULL;
    TRY(statements_read(arena, path, &at, err));
    for (char *end; (end = statement_end(at)); at = end + 2) {
        *end = '\0';
        TRY(engine_execute(engine, at, NULL, 0, err));
    }
    return true;
}

static bool ask_one(struct engine *engine, const char *path, unsigned long runs, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const char *name = strrchr(path, '/');
    char *sql = NULL;
    double best = 1e300;
    uint64_t rows = 0;
    name = name ? name + 1 : path;
    TRY(statements_read(arena, path, &sql, err));
    for (unsigned long run = 0; run < runs; run++) {
        const int64_t start = clock_monotonic_ns();
        if (!statements_run(engine, sql, &rows, err)) {
            printf("%s=failed %s\n", name, err->detail);
            error_clear(err);
            return true;
        }
        const double taken = (double)(clock_monotonic_ns() - start) / 1e6;
        best = taken < best ? taken : best;
    }
    printf("%s=%.3f %llu\n", name, best, (unsigned long long)rows);
    return fflush(stdout) == 0;
}

static bool ask(struct engine *engine, int argc, char **argv, struct error *err)
{
    TRY(script(engine, argv[4], err));
    for (int i = 5; i < argc; i++) {
        TRY(ask_one(engine, argv[i], strtoul(argv[3], NULL, 10), err));
    }
    return true;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    CLEANUP(engine) struct engine *engine = NULL;
    bool done = false;
    if (argc == 4 && strcmp(argv[1], "script") == 0) {
        struct engine_options options = {.threads = (unsigned)strtoul(argv[2], NULL, 10), .files_allowed = true};
        done = engine_open(&engine, &options, &err) && script(engine, argv[3], &err);
    } else if (argc > 5 && strcmp(argv[1], "ask") == 0) {
        struct engine_options options = {.threads = (unsigned)strtoul(argv[2], NULL, 10), .files_allowed = true};
        done = engine_open(&engine, &options, &err) && ask(engine, argc, argv, &err);
    } else {
        FAIL(&err, INVALID_ARGUMENT, "usage: cohort_duckdb_peer script THREADS FILE | ask THREADS RUNS SETUP FILE...");
    }
    if (!done) {
        log_error("bench", &err);
    }
    return done ? 0 : 1;
}
