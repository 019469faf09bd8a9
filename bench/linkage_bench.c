/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_bench: quality, time and memory of linkage over invented persons with known truth.
 *   linkage_bench PERSONS [THREADS [two]]      two: two sources that have everybody, and nothing else is measured
 * LINKAGE_WITHOUT=kind in the environment: as if there were no such kind of key (what is it worth?); LINKAGE_PATTERNS=1: every pattern. */
#include "base/calendar.h"
#include "intake/identity/identity_keys.h"
#include "intake/linkage/candidates.h"
#include "intake/linkage/linkage_internal.h"
#include "intake/linkage/linkage_rehearsal.h"
#include "intake/linkage/linkage_report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { BLOCK_MAX = 60 }; /* as linkage.c */

static double seconds_since(int64_t start_ns)
{
    return (double)(clock_monotonic_ns() - start_ns) / 1e9;
}

/* Of all threads: other programs may be running. */
static double processor_seconds(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

enum { PATTERNS = 1 << (4 * FIELD_COUNT) };

/* How many of each pattern's pairs between holders are of one person. */
static uint32_t *patterns_true(const struct rehearsal *rehearsal, struct task_pool *pool, struct error *err)
{
    struct candidates candidates = {0};
    uint32_t *right = calloc(PATTERNS, sizeof *right);
    if (right && candidates_make(&candidates, rehearsal->entries, rehearsal->count, BLOCK_MAX, pool, err)) {
        for (size_t i = 0; i < candidates.count; i++) {
            const struct candidate *candidate = &candidates.items[i];
            const bool is_between = rehearsal->entries[candidate->a].holder != rehearsal->entries[candidate->b].holder;
            right[candidate->pattern] += is_between && rehearsal->truth[candidate->a] == rehearsal->truth[candidate->b];
        }
        candidates_finish(&candidates);
    }
    return right;
}

static void patterns_print(const struct rehearsal *rehearsal, const struct linkage_result *result, struct task_pool *pool)
{
    struct error err;
    uint32_t *right = patterns_true(rehearsal, pool, &err);
    for (size_t i = 0; i < result->model->pattern_count && i < 400; i++) {
        const struct model_pattern *pattern = &result->model->patterns[i];
        if (pattern->count + pattern->count_within < 20) {
            continue;
        }
        printf("   %2u %u %u %u %u  w %7.2f p %.6f within %.6f  %9llu (%9u true) %8llu %s%s\n", pattern_level(pattern->pattern, 0),
               pattern_level(pattern->pattern, 1), pattern_level(pattern->pattern, 2), pattern_level(pattern->pattern, 3),
               pattern_level(pattern->pattern, 4), pattern->weight, pattern->probability, pattern->probability_within,
               (unsigned long long)pattern->count, right ? right[pattern->pattern] : 0, (unsigned long long)pattern->count_within,
               pattern->is_taken ? "T" : "", pattern->is_taken_within ? "W" : "");
    }
    free(right);
}

/* Forgets the tokens of the kind that LINKAGE_WITHOUT names; says how many tokens a person has. */
static void tokens_thin(struct rehearsal *rehearsal)
{
    const char *without = getenv("LINKAGE_WITHOUT");
    uint64_t tokens = 0;
    for (size_t i = 0; i < rehearsal->count; i++) {
        for (unsigned kind = 1; kind <= IDENTITY_KEY_KINDS; kind++) {
            uint64_t *token = &rehearsal->entries[i].tokens[kind - 1];
            if (without && strcmp(without, identity_key_name((enum identity_key_kind)kind)) == 0) {
                *token = 0;
            }
            tokens += *token != 0;
        }
    }
    printf("%.2f keys an entry%s%s: ", (double)tokens / (double)rehearsal->count, without ? " without " : "", without ? without : "");
}

static bool measure(uint32_t persons, unsigned threads, bool claims_have_names, bool without_numbers, bool is_two, struct error *err)
{
    struct rehearsal_options options = {.seed = 20260101, .persons = persons, .centres = is_two ? 1 : 4, .presence = is_two ? 1 : 0.4};
    linkage_rehearsal_noise(&options.noise);
    options.claims_have_names = claims_have_names;
    struct rehearsal rehearsal;
    int64_t start = clock_monotonic_ns();
    TRY(linkage_rehearsal_make(&rehearsal, &options, err));
    tokens_thin(&rehearsal);
    const double made = seconds_since(start);
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    TRY(task_pool_create(&pool, threads, err));
    const struct linkage_options how = {.pool = pool, .without_numbers = without_numbers};
    CLEANUP(linkage_result) struct linkage_result *result = NULL;
    start = clock_monotonic_ns();
    const double processor = processor_seconds();
    TRY(linkage_run(&result, rehearsal.entries, rehearsal.count, NULL, &how, err));
    const double took = seconds_since(start), core = processor_seconds() - processor;
    struct linkage_quality quality;
    TRY(linkage_quality_of(&quality, result, rehearsal.truth, err));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%u persons, %zu entries, claims with%s names, with%s numbers: precision %.5f recall %.5f F1 %.5f; %.1f s, %.1f s of a core "
           "(made in %.1f s), "
           "peak so far %ld MB\n",
           persons, rehearsal.count, claims_have_names ? "" : "out", without_numbers ? "out" : "", quality.precision, quality.recall,
           quality.f1, took, core, made, usage.ru_maxrss / 1024);
    const struct linkage_counts *counts = &result->counts;
    printf("  pairs %llu within %llu taken %llu within %llu twins %llu ambiguous %llu conflicts %llu %llu %llu %llu skipped %llu/%llu\n",
           (unsigned long long)counts->pairs, (unsigned long long)counts->pairs_within, (unsigned long long)counts->taken,
           (unsigned long long)counts->taken_within, (unsigned long long)counts->twin_pairs, (unsigned long long)counts->ambiguous_pairs,
           (unsigned long long)counts->conflicts[0], (unsigned long long)counts->conflicts[1], (unsigned long long)counts->conflicts[2],
           (unsigned long long)counts->conflicts[3], (unsigned long long)counts->blocks_skipped,
           (unsigned long long)counts->entries_in_skipped_blocks);
    if (getenv("LINKAGE_PATTERNS")) {
        patterns_print(&rehearsal, result, pool);
    }
    linkage_rehearsal_finish(&rehearsal);
    return true;
}

int main(int argc, char **argv)
{
    struct error err;
    int64_t persons = 0, threads = 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    const bool is_two = argc > 3 && strcmp(argv[3], "two") == 0;
    if (argc < 2 || !text_to_i64(text_of(argv[1]), &persons) || (argc > 2 && !text_to_i64(text_of(argv[2]), &threads))) {
        fprintf(stderr, "usage: linkage_bench PERSONS [THREADS [two]]\n");
        return EXIT_FAILURE;
    }
    const bool done = measure((uint32_t)persons, (unsigned)threads, true, false, is_two, &err) &&
                      (is_two || (measure((uint32_t)persons, (unsigned)threads, false, false, false, &err) &&
                                  measure((uint32_t)persons, (unsigned)threads, true, true, false, &err)));
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
    }
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
