/* SPDX-License-Identifier: EUPL-1.2 */
/* The peer of the three-set question: DuckDB, with well-written SQL, on the table as OMOP is ingested and on a copy in concept order.
 *   duckdb_peer generate DIR PERSONS EVENTS     writes the data set as Parquet
 *   duckdb_peer measure DIR DATABASE THREADS    ingests it into DATABASE, asks, and prints name=value lines */
#include "base/arena.h"
#include "base/calendar.h"
#include "base/file.h"
#include "base/log.h"
#include "engines/duckdb/duckdb_engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 5 };
struct word {
    const char *name, *value;
};

/* The text with every @name@ replaced. */
static char *fill(struct arena *arena, const char *text, const struct word *words)
{
    char *out = arena_text_copy(arena, "");
    for (const char *at; (at = strchr(text, '@'));) {
        const char *end = strchr(at + 1, '@');
        const struct word *word = words;
        while (word->name && (strlen(word->name) != (size_t)(end - at - 1) || strncmp(word->name, at + 1, strlen(word->name)) != 0)) {
            word++;
        }
        out = arena_text_format(arena, "%s%.*s%s", out, (int)(at - text), text, word->name ? word->value : "?");
        text = end + 1;
    }
    return arena_text_format(arena, "%s%s", out, text);
}

static bool read_sql(struct arena *arena, const char *name, const struct word *words, char **out_sql, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
    TRY(file_read(arena_text_format(arena, "bench/three_sets/%s.sql", name), &text, err));
    *out_sql = fill(arena, (const char *)text.data, words);
    return true;
}

/* Statements of a file end with a semicolon at the end of a line. */
static bool run_file(struct engine *engine, struct arena *arena, const char *name, const struct word *words, struct error *err)
{
    char *sql;
    TRY(read_sql(arena, name, words, &sql, err));
    for (char *end; (end = strstr(sql, ";\n")); sql = end + 2) {
        *end = '\0';
        TRY(engine_execute(engine, sql, NULL, 0, err));
    }
    return true;
}

static double seconds_since(int64_t start)
{
    return (double)(clock_monotonic_ns() - start) / 1e9;
}

static bool ask(struct engine *engine, const char *sql, int64_t *out_answer, struct error *err)
{
    CLEANUP(engine_result) struct engine_result *result = NULL;
    struct engine_batch batch;
    TRY(engine_query(&result, engine, sql, NULL, 0, err));
    TRY(engine_result_next(result, &batch, err));
    *out_answer = batch.column[0].i64[0];
    return true;
}

static bool measure_question(struct engine *engine, struct arena *arena, const char *table, const char *label, struct error *err)
{
    const struct word words[] = {{"table", table},      {"a_first", "1010000"}, {"a_last", "1010017"}, {"b_first", "1000500"},
                                 {"b_last", "1000599"}, {"c_first", "1001000"}, {"c_last", "1001139"}, {0}};
    char *sql;
    TRY(read_sql(arena, "question", words, &sql, err));
    double best = 1e9;
    int64_t answer = 0;
    for (int run = 0; run < RUNS; run++) {
        int64_t start = clock_monotonic_ns();
        TRY(ask(engine, sql, &answer, err));
        double taken = seconds_since(start);
        best = taken < best ? taken : best;
    }
    printf("%s_ms=%.2f\n%s_answer=%lld\n", label, best * 1e3, label, (long long)answer);
    return true;
}

static bool measure(const char *directory, const char *database, unsigned threads, struct error *err)
{
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct engine_options options = {.threads = threads, .files_allowed = true};
    const struct word words[] = {{"directory", directory}, {"database", database}, {0}};
    uint64_t size;
    TRY(engine_open(&engine, &options, err));
    int64_t start = clock_monotonic_ns();
    TRY(run_file(engine, arena, "ingest", words, err));
    printf("ingest_seconds=%.2f\n", seconds_since(start));
    TRY(file_size(database, &size, err));
    printf("ingest_bytes=%llu\n", (unsigned long long)size);
    fflush(stdout);
    TRY(measure_question(engine, arena, "condition_occurrence", "ingested", err));
    TRY(run_file(engine, arena, "sort", words, err));
    return measure_question(engine, arena, "condition_by_concept", "sorted", err);
}

static bool generate(const char *directory, const char *persons, const char *events, struct error *err)
{
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(arena) struct arena *arena = arena_create();
    const struct word words[] = {{"directory", directory}, {"persons", persons}, {"events", events}, {0}};
    TRY(engine_open(&engine, &(struct engine_options){.files_allowed = true}, err));
    return run_file(engine, arena, "generate", words, err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    bool done = false;
    if (argc == 5 && strcmp(argv[1], "generate") == 0) {
        done = generate(argv[2], argv[3], argv[4], &err);
    } else if (argc == 5 && strcmp(argv[1], "measure") == 0) {
        done = measure(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10), &err);
    } else {
        FAIL(&err, INVALID_ARGUMENT, "usage: duckdb_peer generate DIR PERSONS EVENTS | measure DIR DATABASE THREADS");
    }
    if (!done) {
        log_error("bench", &err);
    }
    return done ? 0 : 1;
}
