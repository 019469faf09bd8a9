/* SPDX-License-Identifier: EUPL-1.2 */
/* A session of counting, measured: session_bench WAREHOUSE PASSPHRASE_FILE DEFINITION.json REQUESTS THREADS CALLERS
 * The requests are answered as `emc2 cohort session` answers them, without the log (which costs the same whatever is counted). Then CALLERS
 * sessions at once, each with one request at a time, on THREADS threads, every caller on one. Prints name=value lines, milliseconds. */
#include "../asking.h"
#include "research/session/session.h"
#include <inttypes.h>
#include <stdlib.h>

enum { REQUESTS_MAX = 1000, CACHE_BYTES = 1 << 30, ROUNDS = 20 };

struct request {
    const char *kind, *text;
};
struct bench {
    struct asking asking;
    struct buffer definition, lines;
    struct request requests[REQUESTS_MAX];
    size_t request_count;
    size_t bytes_max;
};

static int time_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void times_print(const char *name, double *times, size_t count)
{
    if (count > 0) {
        qsort(times, count, sizeof *times, time_compare);
        printf("%s_best_ms=%.2f\n%s_median_ms=%.2f\n%s_p95_ms=%.2f\n%s_worst_ms=%.2f\n", name, times[0], name, times[count / 2], name,
               times[count * 95 / 100], name, times[count - 1]);
    }
}

/* A line is "KIND REQUEST". */
static bool requests_read(struct bench *bench, const char *path, struct error *err)
{
    TRY(file_read(path, &bench->lines, err));
    for (char *line = (char *)bench->lines.data; line && *line && bench->request_count < REQUESTS_MAX;) {
        char *end = strchr(line, '\n'), *blank = strchr(line, ' ');
        if (!end || !blank) {
            break;
        }
        *end = *blank = '\0';
        bench->requests[bench->request_count++] = (struct request){line, blank + 1};
        line = end + 1;
    }
    return bench->request_count > 0 || FAIL(err, INVALID_INPUT, "%s has no requests", path);
}

static bool ask(struct session *session, const char *request, double *out_ms, struct error *err)
{
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 26};
    enum session_next next;
    struct error refused;
    int64_t begun = clock_monotonic_ns();
    TRY(session_answer(session, text_of(request), &out, &next, &refused, err));
    *out_ms = (double)(clock_monotonic_ns() - begun) / 1e6;
    return !*refused.message || FAIL(err, INVALID_INPUT, "%s", refused.message);
}

static bool session_begin(struct bench *bench, struct task_pool *pool, uint64_t kept_bytes, struct session **out_session, double *out_ms,
                          struct error *err)
{
    CLEANUP(buffer_value) struct buffer open = {.maximum = bench->bytes_max};
    struct session_options options = {.counting = {.evaluate.pool = pool, .kept_bytes = kept_bytes}, .bytes_max = bench->bytes_max};
    TRY(buffer_append_text(&open, "{\"do\":\"open\",\"count\":true,\"definition\":", err));
    TRY(buffer_append(&open, bench->definition.data, bench->definition.length, err) && buffer_append_text(&open, "}", err));
    TRY(session_open(out_session, bench->asking.reader, bench->asking.vocabulary, &options, err));
    return ask(*out_session, (const char *)open.data, out_ms, err);
}

static bool measure_one(struct bench *bench, struct error *err)
{
    static const char *const kinds[] = {"toggle", "window", "order", "matrix"};
    CLEANUP(session) struct session *session = NULL;
    double times[REQUESTS_MAX], first;
    TRY(session_begin(bench, bench->asking.pool, 0, &session, &first, err));
    printf("first_count_ms=%.2f\n", first);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        size_t count = 0;
        for (size_t i = 0; i < bench->request_count; i++) {
            if (strcmp(bench->requests[i].kind, kinds[k]) == 0) {
                TRY(ask(session, bench->requests[i].text, &times[count++], err));
            }
        }
        times_print(kinds[k], times, count);
    }
    return true;
}

/* The whole definition, evaluated anew with everything warm: what a count costs without a session. */
static bool measure_evaluation(struct bench *bench, struct error *err)
{
    struct cohort_program *program;
    double times[5];
    TRY(circe_parse(&program, bench->asking.arena, "bench", bench->definition.data, bench->definition.length, err));
    TRY(cohort_program_resolve(program, bench->asking.vocabulary, bench->asking.arena, err));
    for (size_t i = 0; i < 5; i++) {
        CLEANUP(cohort_result) struct cohort_result *result = NULL;
        struct evaluate_options options = {.pool = bench->asking.pool};
        TRY(evaluate_cohort(program, bench->asking.reader, &options, &result, err));
        times[i] = (double)result->work.wall_ns / 1e6;
        if (i == 0) {
            printf("persons=%" PRIu64 "\nprimary_events=%" PRIu64 "\n", result->persons, result->attrition.primary.events);
        }
    }
    times_print("evaluation", times, 5);
    return true;
}

/* ---- callers at once ---- */
struct callers {
    struct bench *bench;
    struct session **sessions;
    const char *request;
    int64_t begun; /* of the round: all ask at this moment */
    double *times; /* of the round, by caller */
    size_t count;
};

static bool caller_begin(void *context, size_t index, unsigned worker, struct error *err)
{
    struct callers *callers = context;
    double ms;
    (void)worker;
    return session_begin(callers->bench, NULL, (uint64_t)64 << 20, &callers->sessions[index], &ms, err);
}

static bool caller_ask(void *context, size_t index, unsigned worker, struct error *err)
{
    struct callers *callers = context;
    double ms;
    (void)worker;
    TRY(ask(callers->sessions[index], callers->request, &ms, err));
    callers->times[index] = (double)(clock_monotonic_ns() - callers->begun) / 1e6;
    return true;
}

static bool rounds_run(struct callers *callers, struct error *err)
{
    double *all = ARENA_ARRAY(callers->bench->asking.arena, double, callers->count *ROUNDS);
    int64_t begun = clock_monotonic_ns();
    for (size_t round = 0; round < ROUNDS; round++) {
        struct task_set set = {callers->count, caller_ask, NULL, callers};
        callers->request = callers->bench->requests[round].text;
        callers->times = all + round * callers->count;
        callers->begun = clock_monotonic_ns();
        TRY(task_pool_run(callers->bench->asking.pool, &set, err));
    }
    double seconds = (double)(clock_monotonic_ns() - begun) / 1e9;
    times_print("callers_toggle", all, callers->count * ROUNDS);
    printf("callers=%zu\ncallers_per_second=%.1f\n", callers->count, (double)(callers->count * ROUNDS) / seconds);
    return true;
}

static bool measure_callers(struct bench *bench, size_t count, struct error *err)
{
    struct callers callers = {.bench = bench, .count = count};
    callers.sessions = ARENA_ARRAY(bench->asking.arena, struct session *, count);
    struct task_set set = {count, caller_begin, NULL, &callers};
    bool done = task_pool_run(bench->asking.pool, &set, err) && rounds_run(&callers, err);
    for (size_t i = 0; i < count; i++) {
        session_close(callers.sessions[i]);
    }
    return done;
}

static bool run(struct bench *bench, char **argv, struct error *err)
{
    unsigned threads = (unsigned)strtoul(argv[5], NULL, 10);
    size_t callers = strtoul(argv[6], NULL, 10);
    TRY(file_read(argv[3], &bench->definition, err) && requests_read(bench, argv[4], err));
    TRY(asking_open(&bench->asking, argv[1], argv[2], threads, CACHE_BYTES, err));
    TRY(measure_one(bench, err) && measure_evaluation(bench, err));
    return callers == 0 || measure_callers(bench, callers, err);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.definition.maximum = 1 << 26, .lines.maximum = 1 << 26, .bytes_max = 1 << 26};
    struct error err = {0};
    if (argc != 7 || !run(&bench, argv, &err)) {
        fprintf(stderr, "%s %s\n", err.message, err.detail);
        return 1;
    }
    asking_close(&bench.asking);
    buffer_finish(&bench.definition);
    buffer_finish(&bench.lines);
    return 0;
}
