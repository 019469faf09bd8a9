/* SPDX-License-Identifier: EUPL-1.2 */
/* fhir_bench: MB for each second of the processor, one thread, from NDJSON to records, beside simdjson's parse alone and DuckDB's
 * read_ndjson with the same fields (one thread), in one run; then peak memory at two sizes. Each measurement is a process of its own.
 *   fhir_bench DIRECTORY [MEGABYTES]      invented lines are written there; the directory must exist */
#include "base/arena.h"
#include "base/file.h"
#include "base/json_parse.h"
#include "engines/duckdb/duckdb_engine.h"
#include "intake/fhir/fhir.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LINES_OF_A_PERSON = 400, STAYS_OF_A_PERSON = 4, RUNS = 3 };

struct measurement {
    double seconds;
    uint64_t count;
};
typedef bool measured(const char *directory, struct measurement *out, struct error *err);

/* ---- invented lines ---- */
static bool write_lines(const char *path, uint64_t bytes_wanted, bool (*line)(struct buffer *, uint64_t, struct error *), struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 16};
    TRY(file_writer_open(&writer, path, 0600, err));
    for (uint64_t i = 0; file_writer_position(writer) < bytes_wanted; i++) {
        buffer_clear(&text);
        TRY(line(&text, i, err) && file_writer_append(writer, text.data, text.length, err));
    }
    return file_writer_commit(writer, err);
}

static bool line_of_observation(struct buffer *out, uint64_t i, struct error *err)
{
    const unsigned long long person = i / LINES_OF_A_PERSON, stay = i / (LINES_OF_A_PERSON / STAYS_OF_A_PERSON);
    return buffer_append_format(out, err,
                                "{\"resourceType\":\"Observation\",\"id\":\"7132066a-7716-5949-8e9c-%012llx\",\"meta\":{\"versionId\":"
                                "\"1\",\"lastUpdated\":\"2024-02-0"
                                "3T04:05:06.789+01:00\",\"profile\":[\"https://interop.esante.gouv.fr/ig/fhir/eds/StructureDefinition/"
                                "eds-laboratory\"]},\"status\":\"fin"
                                "al\",\"category\":[{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/"
                                "observation-category\",\"code\":\"laboratory\",\"dis"
                                "play\":\"Laboratory\"}]}],\"code\":{\"coding\":[{\"system\":\"http://"
                                "loinc.org\",\"code\":\"%llu-%llu\",\"display\":\"Measured in serum"
                                " or "
                                "plasma\"}],\"text\":\"Measured\"},\"subject\":{\"reference\":\"Patient/"
                                "%llu\"},\"encounter\":{\"reference\":\"Encounter/%llu\"},\"ef"
                                "fectiveDateTime\":\"2024-%02llu-%02lluT0%llu:1%llu:00+01:00\",\"issued\":\"2024-12-31T10:00:00+01:00\","
                                "\"valueQuantity\":{\"value\":%llu"
                                ".%llu,\"unit\":\"umol/L\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"umol/"
                                "L\"},\"referenceRange\":[{\"low\":{\"value\":62},\"hi"
                                "gh\":{\"value\":106}}]}\n",
                                (unsigned long long)i, (unsigned long long)i % 9000 + 100, (unsigned long long)i % 10, person, stay,
                                (unsigned long long)i % 12 + 1, (unsigned long long)i % 28 + 1, (unsigned long long)i % 10,
                                (unsigned long long)i % 10, (unsigned long long)i % 300, (unsigned long long)i % 97);
}

static bool line_of_encounter(struct buffer *out, uint64_t i, struct error *err)
{
    return buffer_append_format(out, err,
                                "{\"resourceType\":\"Encounter\",\"id\":\"%llu\",\"status\":\"finished\",\"class\":{\"code\":\"IMP\"},"
                                "\"subject\":{\"reference\":\"Patient/%ll"
                                "u\"},\"period\":{\"start\":\"2024-01-01T10:00:00+01:00\",\"end\":\"2024-12-31T10:00:00+01:00\"}}\n",
                                (unsigned long long)i, (unsigned long long)i / STAYS_OF_A_PERSON);
}

static bool line_of_patient(struct buffer *out, uint64_t i, struct error *err)
{
    return buffer_append_format(
        out, err,
        "{\"resourceType\":\"Patient\",\"id\":\"%llu\",\"gender\":\"female\",\"birthDate\":\"1950-03-04\",\"name\":[{\"family\":\"A%"
        "llu\",\"given\":[\"B\"]}]}\n",
        (unsigned long long)i, (unsigned long long)i);
}

/* As many stays and persons as the observations refer to, and some more. */
static bool generate(const char *directory, uint64_t megabytes, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    const uint64_t bytes = megabytes * 1000000, lines = bytes / 900;
    TRY(write_lines(arena_text_format(arena, "%s/Observation.ndjson", directory), bytes, line_of_observation, err));
    TRY(write_lines(arena_text_format(arena, "%s/Encounter.ndjson", directory), lines / 100 * 190 + 400, line_of_encounter, err));
    return write_lines(arena_text_format(arena, "%s/Patient.ndjson", directory), lines / LINES_OF_A_PERSON * 130 + 400, line_of_patient,
                       err);
}

/* ---- measured ---- */
/* Of the processor, not of the wall: other programs may be running. */
static int64_t processor_ns(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool count_record(void *context, const struct record *record, struct error *err)
{
    (void)record, (void)err;
    ++*(uint64_t *)context;
    return true;
}

static bool measure_reader(const char *directory, struct measurement *out, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    CLEANUP(record_numbers) struct record_numbers *numbers = NULL;
    TRY(crypto_start(err) && secret_random(&key, CRYPTO_KEY_SIZE, err) && record_numbers_create(&numbers, key, err));
    const struct reader_options options = {.numbers = numbers};
    for (int run = 0; run < RUNS; run++) {
        CLEANUP(tally) struct tally *tally = tally_create();
        uint64_t count = 0;
        const struct reader_sink sink = {.record = count_record, .context = &count};
        const int64_t started = processor_ns();
        TRY(fhir_read(directory, &options, &sink, tally, err));
        const double seconds = (double)(processor_ns() - started) / 1e9;
        out->seconds = run == 0 || seconds < out->seconds ? seconds : out->seconds;
        out->count = count;
    }
    return true;
}

static bool measure_once(const char *directory, struct measurement *out, struct error *err)
{
    return measure_reader(directory, out, err); /* for its memory */
}

/* simdjson alone over the lines, nothing taken: what reading can cost at least. */
static uint64_t parse_alone(struct json_parser *parser, const uint8_t *bytes, size_t length)
{
    uint64_t count = 0;
    for (const uint8_t *at = bytes, *end = bytes + length; at < end;) {
        const uint8_t *found = memchr(at, '\n', (size_t)(end - at));
        const size_t line = (size_t)((found ? found : end) - at);
        count += json_parser_check(parser, at, line) == JSON_OUTCOME_PARSED;
        at += line + 1;
    }
    return count;
}

static bool measure_bare(const char *directory, struct measurement *out, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = SIZE_MAX / 2};
    TRY(file_read(arena_text_format(arena, "%s/Observation.ndjson", directory), &bytes, err));
    TRY(buffer_reserve(&bytes, JSON_PADDING, err));
    for (int run = 0; run < RUNS; run++) {
        const int64_t started = processor_ns();
        struct json_parser *parser = json_parser_create();
        out->count = parse_alone(parser, bytes.data, bytes.length);
        json_parser_destroy(parser);
        const double seconds = (double)(processor_ns() - started) / 1e9;
        out->seconds = run == 0 || seconds < out->seconds ? seconds : out->seconds;
    }
    return true;
}

static bool measure_peer(const char *directory, struct measurement *out, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(engine) struct engine *engine = NULL;
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 16};
    TRY(file_read("bench/fhir/peer.sql", &text, err));
    char *at = strstr((char *)text.data, "@directory@");
    const char *sql =
        arena_text_format(arena, "%.*s%s%s", (int)(at - (char *)text.data), (char *)text.data, directory, at + strlen("@directory@"));
    const struct engine_options options = {.threads = 1, .files_allowed = true};
    TRY(engine_open(&engine, &options, err));
    for (int run = 0; run < RUNS; run++) {
        CLEANUP(engine_result) struct engine_result *result = NULL;
        struct engine_batch batch;
        const int64_t started = processor_ns();
        TRY(engine_query(&result, engine, sql, NULL, 0, err) && engine_result_next(result, &batch, err));
        const double seconds = (double)(processor_ns() - started) / 1e9;
        out->seconds = run == 0 || seconds < out->seconds ? seconds : out->seconds;
        out->count = (uint64_t)batch.column[0].i64[0];
    }
    return true;
}

/* Runs it in a process of its own; *out_memory in MB. */
static bool run_apart(measured *measure, const char *directory, struct measurement *out, double *out_memory, struct error *err)
{
    int ends[2], status = 0;
    struct rusage usage = {0};
    if (pipe(ends) != 0) {
        return FAIL_ERRNO(err, "pipe", "cannot measure");
    }
    const pid_t child = fork();
    if (child == 0) {
        struct measurement measurement = {0};
        const bool done = measure(directory, &measurement, err);
        if (!done) {
            fprintf(stderr, "%s: %s\n", err->message, err->detail);
        }
        const bool told = write(ends[1], &measurement, sizeof measurement) == (ssize_t)sizeof measurement;
        _exit(done && told ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    close(ends[1]);
    const bool heard = read(ends[0], out, sizeof *out) == (ssize_t)sizeof *out;
    close(ends[0]);
    const bool ended = wait4(child, &status, 0, &usage) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    *out_memory = (double)usage.ru_maxrss / 1000;
    return (heard && ended) || FAIL(err, INTERNAL, "a measurement failed");
}

static bool measure_all(const char *directory, uint64_t megabytes, struct error *err)
{
    static const struct {
        const char *name;
        measured *measure;
    } rows[] = {{"NDJSON to records", measure_reader}, {"simdjson, parse alone", measure_bare}, {"DuckDB, read_ndjson", measure_peer}};
    struct measurement measurement;
    double memory, first = 0;
    TRY(generate(directory, megabytes, err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        TRY(run_apart(rows[i].measure, directory, &measurement, &memory, err));
        first = i == 0 ? measurement.seconds : first;
        printf("%-24s %8.1f MB/s   %5.2f x of the first   %9llu rows   peak %7.1f MB\n", rows[i].name,
               (double)megabytes / measurement.seconds, first / measurement.seconds, (unsigned long long)measurement.count, memory);
    }
    for (int large = 0; large < 2; large++) {
        const uint64_t size = large ? megabytes : megabytes / 8;
        TRY(generate(directory, size, err) && run_apart(measure_once, directory, &measurement, &memory, err));
        printf("%-24s %8llu MB of lines: peak %7.1f MB\n", "memory", (unsigned long long)size, memory);
    }
    return true;
}

int main(int argc, char **argv)
{
    struct error err;
    int64_t megabytes = 200;
    const bool is_number = argc < 3 || text_to_i64(text_of(argv[2]), &megabytes);
    if (argc < 2 || !is_number || megabytes < 8) {
        fprintf(stderr, "usage: fhir_bench DIRECTORY [MEGABYTES, 8 or more]\n");
        return EXIT_FAILURE;
    }
    error_clear(&err);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!measure_all(argv[1], (uint64_t)megabytes, &err)) {
        fprintf(stderr, "%s: %s\n", err.message, err.detail);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
