/* SPDX-License-Identifier: EUPL-1.2 */
/* What incidence and prevalence of ten years by sex and age cost: the grid over persons in memory, on one thread and on all. Wall time.
 * Usage: study_bench [persons in thousands]. */
#include "research/study/study_grid.h"
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 1 << 17, FIRST_DAY = 14610 /* 2010-01-01 */, LAST_DAY = 18261 /* 2019-12-31 */ };

static uint64_t state = 7;
static int32_t next_below(int32_t limit)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int32_t)((state >> 33) % (uint64_t)limit);
}

static bool demand(bool done, const struct error *err)
{
    if (!done) {
        fprintf(stderr, "study_bench: %s\n", err->message);
        exit(1);
    }
    return true;
}

static struct study_people make_chunk(size_t first, size_t count, struct arena *arena)
{
    int64_t *ids = ARENA_ARRAY(arena, int64_t, count);
    int16_t *years = ARENA_ARRAY(arena, int16_t, count);
    int8_t *months = ARENA_ARRAY(arena, int8_t, count), *days = ARENA_ARRAY(arena, int8_t, count),
           *sexes = ARENA_ARRAY(arena, int8_t, count);
    uint32_t *periods = ARENA_ARRAY(arena, uint32_t, count + 1);
    int32_t *starts = ARENA_ARRAY(arena, int32_t, count), *ends = ARENA_ARRAY(arena, int32_t, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = (int64_t)(first + i + 1);
        years[i] = (int16_t)(1920 + next_below(95));
        months[i] = (int8_t)(1 + next_below(12));
        days[i] = (int8_t)(1 + next_below(28));
        sexes[i] = (int8_t)(STUDY_SEX_MALE + next_below(2));
        periods[i] = (uint32_t)i;
        starts[i] = FIRST_DAY - 1500 + next_below(3000);
        ends[i] = starts[i] + next_below(5000);
    }
    periods[count] = (uint32_t)count;
    return (struct study_people){count, ids, years, months, days, sexes, periods, starts, ends};
}

static void run(const struct study_people *chunks, size_t chunk_count, const struct study_entry *outcomes, size_t count,
                struct task_pool *pool)
{
    static const struct study_age_band ages[] = {{0, 150}, {0, 9},   {10, 19}, {20, 29}, {30, 39}, {40, 49},
                                                 {50, 59}, {60, 69}, {70, 79}, {80, 89}, {90, 150}};
    const struct study_grid_request request = {.study = {FIRST_DAY, LAST_DAY},
                                               .ages = ages,
                                               .age_count = sizeof ages / sizeof *ages,
                                               .prior_days = 365,
                                               .interval = STUDY_YEARS,
                                               .is_complete = true};
    const struct study_risk_request risk = {.washout = STUDY_FOREVER, .outcomes = outcomes, .outcome_count = count};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct error err = {0};
    struct study_grid grid;
    const uint64_t *numerators;
    const struct study_incidence_cell *cells;
    int64_t start = clock_monotonic_ns();
    demand(study_grid_count(chunks, chunk_count, &request, pool, arena, &grid, &err), &err);
    int64_t counted = clock_monotonic_ns();
    demand(study_grid_prevalence(&grid, outcomes, count, pool, arena, &numerators, &err), &err);
    int64_t shared = clock_monotonic_ns();
    demand(study_grid_incidence(&grid, &risk, pool, arena, &cells, &err), &err);
    int64_t done = clock_monotonic_ns();
    printf("%u threads: denominators %.0f ms, prevalence %.0f ms, incidence %.0f ms (all, 2015: %llu at risk, %llu events)\n",
           pool ? task_pool_threads(pool) : 1, (double)(counted - start) / 1e6, (double)(shared - counted) / 1e6,
           (double)(done - shared) / 1e6, (unsigned long long)cells[5].persons, (unsigned long long)cells[5].events);
}

int main(int argc, char **argv)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    struct error err = {0};
    int64_t thousands = 1000;
    if (argc > 1 && (!text_to_i64(text_of(argv[1]), &thousands) || thousands < 1 || thousands > 100000)) {
        fprintf(stderr, "study_bench: persons in thousands, 1 to 100000\n");
        return 2;
    }
    size_t persons = (size_t)thousands * 1000, chunk_count = (persons + CHUNK - 1) / CHUNK, count = 0;
    struct study_people *chunks = ARENA_ARRAY(arena, struct study_people, chunk_count);
    struct study_entry *outcomes = ARENA_ARRAY(arena, struct study_entry, persons / 10 + 1);
    for (size_t c = 0; c < chunk_count; c++) {
        size_t first = c * CHUNK;
        chunks[c] = make_chunk(first, persons - first < CHUNK ? persons - first : CHUNK, arena);
    }
    for (size_t p = 1; p <= persons && count < persons / 10; p += 10) {
        int32_t start = FIRST_DAY + next_below(LAST_DAY - FIRST_DAY);
        outcomes[count++] = (struct study_entry){(int64_t)p, 1, start, start + next_below(300), 0};
    }
    demand(task_pool_create(&pool, 0, &err), &err);
    printf("%zu persons, %zu with the outcome, 10 years, 3 sexes, 11 age groups\n", persons, count);
    run(chunks, chunk_count, outcomes, count, NULL);
    run(chunks, chunk_count, outcomes, count, pool);
    return 0;
}
