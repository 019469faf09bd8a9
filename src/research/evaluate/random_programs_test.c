/* SPDX-License-Identifier: EUPL-1.2 */
/* Random correlated criteria over a random population, against a plain reading of the cohort language: row by row, with no order, no merge
 * and no search [3, 4, 5]. Each is run with 1, 2 and 7 threads and must give the same bytes. The seed is in the name of the failing case.
 */
#include "research/evaluate/evaluate_random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { CASES = 400 };

/* ---- the plain reading ---- */
static bool in_set(int set, int concept)
{
    return set == COHORT_NO_SET || members[set][0] == concept || (members[set][1] == concept && concept != 0);
}

/* The rows of a criterion: those with `counts`, with their dates. */
static void plain_rows(const struct plain_person *person, const struct cohort_criterion *criterion, struct plain_event *out)
{
    bool has_first = false;
    for (int i = 0; i < person->count; i++) {
        struct plain_event event = person->events[i];
        event.counts = in_set(criterion->concept_set, event.concept) && !(criterion->first_only && has_first);
        has_first |= event.counts;
        event.end = event.end == ABSENT ? event.start + 1 : event.end;
        if (criterion->has_adjustment) {
            const struct cohort_adjustment *adjustment = &criterion->adjustment;
            int start = (adjustment->starts_from_end ? event.end : event.start) + adjustment->start_offset;
            int end = (adjustment->ends_from_end ? event.end : event.start) + adjustment->end_offset;
            event.start = start;
            event.end = end;
            event.counts &= end >= start;
        }
        out[i] = event;
    }
}

static bool plain_bound(const struct cohort_bound *bound, int index, const struct plain_person *person, int period, int64_t *out_day)
{
    *out_day = bound->kind == COHORT_BOUND_DAYS           ? index + bound->days
               : bound->kind == COHORT_BOUND_PERIOD_START ? person->starts[period]
                                                          : person->ends[period];
    return bound->kind != COHORT_BOUND_NONE;
}

static bool plain_window(const struct cohort_window *window, const struct plain_event *index, const struct plain_event *row,
                         const struct plain_person *person, int period)
{
    int x = window->uses_event_end ? row->end : row->start, i = window->uses_index_end ? index->end : index->start;
    int64_t bound;
    bool is_after = !plain_bound(&window->from, i, person, period, &bound) || x >= bound;
    return is_after && (!plain_bound(&window->to, i, person, period, &bound) || x <= bound);
}

static bool plain_passes(const struct cohort_correlated *item, const struct plain_event *index, const struct plain_event *rows,
                         const struct plain_person *person, int period)
{
    int64_t matches = 0, values = 0, seen[EVENTS];
    for (int i = 0; i < person->count; i++) {
        const struct plain_event *row = &rows[i];
        bool is_observed = item->ignores_observation_period || (person->starts[period] <= row->start && row->start <= person->ends[period]);
        bool is_match = row->counts && is_observed && plain_window(&item->start_window, index, row, person, period) &&
                        (!item->has_end_window || plain_window(&item->end_window, index, row, person, period)) &&
                        (!item->restricts_to_visit || (row->visit == index->visit && row->visit != ABSENT));
        if (!is_match) {
            continue;
        }
        int64_t value = !item->is_distinct ? i : item->distinct.operand == COHORT_START ? row->start : row->visit;
        bool is_new = !item->is_distinct || item->distinct.operand == COHORT_START || row->visit != ABSENT;
        for (int64_t k = 0; k < values; k++) {
            is_new &= seen[k] != value;
        }
        matches++;
        seen[values] = value;
        values += is_new;
    }
    if (matches == 0 && !item->takes_absent) {
        return false;
    }
    return item->count == COHORT_COUNT_EXACTLY   ? values == item->number
           : item->count == COHORT_COUNT_AT_MOST ? values <= item->number
                                                 : values >= item->number;
}

/* Marks the starts of the events that pass, by person. The earliest event of all is found by start, then position. */
static void plain_cohort(const struct cohort_program *program, bool *starts_of_person, int p)
{
    const struct plain_person *person = &population[p];
    struct plain_event index[EVENTS], rows[EVENTS];
    const struct cohort_correlated *item = &program->additional->correlated[0];
    int best = -1, best_period = 0;
    plain_rows(person, &program->primary[0], index);
    plain_rows(person, item->criterion, rows);
    for (int i = 0; i < person->count; i++) {
        for (int period = 0; period < person->periods; period++) {
            int start = index[i].start;
            bool is_primary = index[i].counts && person->starts[period] + program->prior_days <= start && start <= person->ends[period];
            if (!is_primary) {
                continue;
            }
            if (program->primary_limit == COHORT_LIMIT_ALL) {
                starts_of_person[start + 100] |= plain_passes(item, &index[i], rows, person, period);
            } else if (best < 0 || start < index[best].start) {
                best = i;
                best_period = period;
            }
        }
    }
    if (best >= 0) {
        starts_of_person[index[best].start + 100] = plain_passes(item, &index[best], rows, person, best_period);
    }
}

/* ---- comparing ---- */
static bool results_are_same(const struct cohort_result *a, const struct cohort_result *b)
{
    const struct cohort_rows *x = &a->rows, *y = &b->rows;
    return x->count == y->count && memcmp(&a->attrition.primary, &b->attrition.primary, sizeof a->attrition.primary) == 0 &&
           (x->count == 0 ||
            (memcmp(x->persons, y->persons, x->count * sizeof *x->persons) == 0 &&
             memcmp(x->starts, y->starts, x->count * sizeof *x->starts) == 0 && memcmp(x->ends, y->ends, x->count * sizeof *x->ends) == 0));
}

static size_t check_against_plain(const struct cohort_program *program, const struct cohort_result *result, int number)
{
    size_t at = 0;
    for (int p = 0; p < PERSONS; p++) {
        bool starts[2 * DAYS + EVENTS * 60 + 400] = {false};
        plain_cohort(program, starts, p);
        for (size_t i = 0; i < sizeof starts; i++) {
            if (!starts[i]) {
                continue;
            }
            bool is_there =
                at < result->rows.count && result->rows.persons[at] == p + 1 && result->rows.starts[at] == (int32_t)i - 100 + FIRST_DAY;
            if (!is_there) {
                fail_msg("case %d: person %d should enter on day %d", number, p + 1, (int)i - 100);
            }
            at++;
        }
    }
    if (at != result->rows.count) {
        fail_msg("case %d: %zu rows, not %zu", number, result->rows.count, at);
    }
    return at;
}

static size_t run_case(struct example_store *example, struct task_pool *const pools[3], int number)
{
    struct error err = {0};
    state_of_random = (uint64_t)number + 1;
    struct cohort_criterion primary = random_criterion(), rows = random_criterion();
    struct cohort_correlated item = random_item(&rows);
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = &item, .correlated_count = 1, .path = ""};
    struct cohort_program program = {.name = "random",
                                     .title = "",
                                     .concept_sets = sets,
                                     .concept_set_count = SETS,
                                     .primary = &primary,
                                     .primary_count = 1,
                                     .prior_days = below(3) ? 0 : 50,
                                     .primary_limit = below(2) ? COHORT_LIMIT_ALL : COHORT_LIMIT_FIRST,
                                     .additional = &group,
                                     .exit = {.kind = COHORT_EXIT_OFFSET, .drug_set = COHORT_NO_SET, .path = ""}};
    struct cohort_result *results[3] = {NULL};
    for (int i = 0; i < 3; i++) {
        struct evaluate_options options = {.pool = pools[i], .wants_rows = true};
        if (!cohort_program_validate(&program, &err) || !evaluate_cohort(&program, example->reader, &options, &results[i], &err)) {
            fail_msg("case %d: %s", number, err.message);
        }
        assert_true(results_are_same(results[0], results[i]));
    }
    size_t found = check_against_plain(&program, results[0], number);
    for (int i = 0; i < 3; i++) {
        cohort_result_destroy(results[i]);
    }
    return found;
}

static void random_programs_give_the_plain_rows(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 7};
    struct example_store example;
    struct task_pool *pools[3];
    struct error err = {0};
    size_t found = 0;
    state_of_random = 2026;
    population_make();
    if (!example_begin(&example, &err) || !population_write(&example, &err)) {
        fail_msg("%s", err.message);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(task_pool_create(&pools[i], threads[i], &err));
    }
    for (int number = 0; number < CASES; number++) {
        found += run_case(&example, pools, number);
    }
    assert_true(found > 1000); /* a comparison of empty cohorts would show nothing */
    for (int i = 0; i < 3; i++) {
        task_pool_destroy(pools[i]);
    }
    example_end(&example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_give_the_plain_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
