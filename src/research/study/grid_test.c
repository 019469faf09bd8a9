/* SPDX-License-Identifier: EUPL-1.2 */
/* The grid against the methods that it stands for, one denominator after the other, on random populations cut into chunks; the same for any
 * number of threads. */
#include "research/study/study_grid.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { PERSONS = 400, CHUNKS = 3, DAYS = 4000 };

static uint32_t state_of_random;

static int32_t random_below(int32_t limit)
{
    state_of_random = state_of_random * 1664525U + 1013904223U;
    return (int32_t)((state_of_random >> 8) % (uint32_t)limit);
}

struct population {
    int64_t ids[PERSONS];
    int16_t years[PERSONS];
    int8_t months[PERSONS], days[PERSONS], sexes[PERSONS];
    uint32_t periods[CHUNKS][PERSONS + 1], all_periods[PERSONS + 1];
    int32_t starts[PERSONS * 2], ends[PERSONS * 2];
    struct study_people chunks[CHUNKS], whole;
    struct study_entry outcomes[PERSONS * 3];
    size_t outcome_count;
};

static void populate(struct population *p, uint32_t seed)
{
    uint32_t period = 0;
    memset(p, 0, sizeof *p);
    state_of_random = seed;
    for (int i = 0; i < PERSONS; i++) {
        p->ids[i] = 10 + 3 * i;
        p->years[i] = (int16_t)(random_below(20) == 0 ? 0 : 1930 + random_below(80));
        p->months[i] = (int8_t)random_below(13);
        p->days[i] = (int8_t)random_below(29);
        p->sexes[i] = (int8_t)(random_below(30) == 0 ? STUDY_SEX_NONE : STUDY_SEX_MALE + random_below(2));
        p->all_periods[i] = period;
        int32_t start = 12000 + random_below(DAYS);
        for (int k = random_below(3); k > 0; k--) {
            p->starts[period] = start;
            p->ends[period] = start + random_below(DAYS);
            start = p->ends[period++] + 2 + random_below(200);
        }
        for (int k = random_below(6) - 3; k > 0; k--) {
            int32_t from = 12000 + random_below(2 * DAYS);
            p->outcomes[p->outcome_count++] = (struct study_entry){p->ids[i], 1, from, from + random_below(30), 0};
        }
    }
    p->all_periods[PERSONS] = period;
    study_entries_sort(p->outcomes, p->outcome_count);
    p->whole = (struct study_people){PERSONS, p->ids, p->years, p->months, p->days, p->sexes, p->all_periods, p->starts, p->ends};
    for (int c = 0, from = 0; c < CHUNKS; c++) {
        int to = c + 1 == CHUNKS ? PERSONS : from + 100;
        p->chunks[c] = (struct study_people){(size_t)(to - from), p->ids + from,         p->years + from, p->months + from, p->days + from,
                                             p->sexes + from,     p->all_periods + from, p->starts,       p->ends};
        from = to;
    }
}

static const struct study_age_band ages[] = {{0, 150}, {0, 17}, {18, 64}, {65, 150}, {40, 50}};
enum { AGES = sizeof ages / sizeof *ages };

/* The cell of one denominator by the plain methods. */
static void compare_denominator(const struct population *p, const struct study_grid *grid, int sex, size_t age, const uint64_t *numerators,
                                const struct study_incidence_cell *risks, const struct study_risk_request *risk, struct arena *arena)
{
    struct error err = {0};
    struct study_entries entries = {.maximum = 10000};
    struct study_stretches stretches = {.maximum = 10000};
    const struct study_denominator_request request = {.study = grid->request->study};
    const struct study_denominator_spec spec = {ages[age], (enum study_sex)sex, grid->request->prior_days, {0, STUDY_FOREVER}};
    const struct study_prevalence_request prevalence = {.interval = grid->request->interval,
                                                        .is_point = grid->request->is_point,
                                                        .outcomes = p->outcomes,
                                                        .outcome_count = p->outcome_count};
    const struct study_prevalence_cell *shares;
    const struct study_incidence_cell *rates;
    size_t rate_count, next = 0;
    assert_true(study_denominator(&p->whole, &request, &spec, 1, &entries, &err));
    study_prevalence(entries.items, entries.count, &prevalence, grid->spans, grid->span_count, arena, &shares);
    assert_true(study_at_risk(entries.items, entries.count, risk, &stretches, &err));
    study_incidence(stretches.items, stretches.count, grid->spans, grid->span_count, arena, &rates, &rate_count);
    for (size_t s = 0; s < grid->span_count; s++) {
        size_t at = study_grid_index(grid, sex, age, s);
        assert_int_equal(grid->cells[at].persons, shares[s].denominator);
        assert_int_equal(numerators[at], shares[s].numerator);
        bool has_risk = next < rate_count && rates[next].span.first == grid->spans[s].first;
        assert_int_equal(risks[at].persons, has_risk ? rates[next].persons : 0);
        assert_int_equal(risks[at].person_days, has_risk ? rates[next].person_days : 0);
        assert_int_equal(risks[at].events, has_risk ? rates[next].events : 0);
        next += has_risk;
    }
    study_entries_finish(&entries);
    study_stretches_finish(&stretches);
}

static void compare_grid(const struct population *p, struct study_grid_request request, struct study_risk_request risk,
                         struct task_pool *pool)
{
    struct error err = {0};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct study_grid grid;
    const uint64_t *numerators;
    const struct study_incidence_cell *risks;
    assert_true(study_grid_count(p->chunks, CHUNKS, &request, pool, arena, &grid, &err));
    assert_true(study_grid_prevalence(&grid, p->outcomes, p->outcome_count, pool, arena, &numerators, &err));
    assert_true(study_grid_incidence(&grid, &risk, pool, arena, &risks, &err));
    for (int sex = 0; sex < STUDY_GRID_SEXES; sex++) {
        for (size_t age = 0; age < AGES; age++) {
            compare_denominator(p, &grid, sex, age, numerators, risks, &risk, arena);
        }
    }
}

static void equals_the_plain_methods(void **state)
{
    (void)state;
    struct error err = {0};
    static struct population population;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    assert_true(task_pool_create(&pool, 3, &err));
    for (uint32_t seed = 1; seed <= 6; seed++) {
        populate(&population, seed);
        struct study_grid_request request = {.study = {13000, 18000 + (int32_t)seed},
                                             .ages = ages,
                                             .age_count = AGES,
                                             .prior_days = seed % 2 ? 0 : 365,
                                             .interval = (enum study_interval)(seed % 5)};
        struct study_risk_request risk = {.washout = seed % 3 ? 30 * (int32_t)seed : STUDY_FOREVER,
                                          .is_repeated = seed % 2 == 0,
                                          .outcomes = population.outcomes,
                                          .outcome_count = population.outcome_count};
        compare_grid(&population, request, risk, seed % 2 ? pool : NULL);
        if (request.interval != STUDY_OVERALL) {
            request.is_point = true;
            compare_grid(&population, request, risk, pool);
        }
    }
}

static void reports_whole_intervals_only(void **state)
{
    (void)state;
    struct error err = {0};
    static struct population population;
    CLEANUP(arena) struct arena *arena = arena_create();
    struct study_grid grid;
    populate(&population, 9);
    const struct study_grid_request request = {
        .study = {13000, 18000}, .ages = ages, .age_count = AGES, .interval = STUDY_YEARS, .is_complete = true};
    assert_true(study_grid_count(population.chunks, CHUNKS, &request, NULL, arena, &grid, &err));
    assert_false(study_grid_is_reported(&grid, 0, 0, 0)); /* cut by the study's first day */
    assert_true(study_grid_is_reported(&grid, 0, 0, 1));
    assert_false(study_grid_count(population.chunks, CHUNKS, &(struct study_grid_request){.study = {1, 0}}, NULL, arena, &grid, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_plain_methods),
        cmocka_unit_test(reports_whole_intervals_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
