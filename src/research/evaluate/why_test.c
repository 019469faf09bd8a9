/* SPDX-License-Identifier: EUPL-1.2 */
/* Why says of every person what the cohort says: over random programs, whoever it calls in has the rows of the cohort, and nobody else has
 * any. Items agree with their groups, and counts of records with the verdicts. */
#include "research/evaluate/evaluate_random_program.h"
#include "research/evaluate/evaluate_why.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PROGRAMS = 30, STRIDE = 7 };
static struct example_store example;
static size_t seen_steps[WHY_KEPT + 1];

static void check_item(const struct why_item *item)
{
    const struct cohort_correlated *correlated = item->correlated;
    if (!correlated || correlated->is_distinct) {
        return;
    }
    int64_t found = (int64_t)item->found;
    bool is_met = correlated->count == COHORT_COUNT_EXACTLY   ? found == correlated->number
                  : correlated->count == COHORT_COUNT_AT_MOST ? found <= correlated->number
                                                              : found >= correlated->number;
    is_met = is_met && (found > 0 || correlated->takes_absent);
    if (is_met != item->is_met) {
        fail_msg("%d records found of %d, and that is %s", (int)found, (int)correlated->number, item->is_met ? "met" : "not met");
    }
}

static void check_group(const struct why_group *group)
{
    size_t met = 0;
    for (size_t i = 0; i < group->item_count; i++) {
        met += group->items[i].is_met;
        check_item(&group->items[i]);
    }
    bool is_met = group->group->kind == COHORT_ALL              ? met == group->item_count
                  : group->group->kind == COHORT_ANY            ? met > 0
                  : group->group->kind == COHORT_AT_LEAST_ITEMS ? (int64_t)met >= group->group->number
                                                                : (int64_t)met <= group->group->number;
    assert_int_equal(is_met, group->is_met);
}

static void check_events(const struct cohort_program *program, const struct cohort_why *why)
{
    for (size_t i = 0; i < why->event_count; i++) {
        const struct why_event *event = &why->events[i];
        size_t met = 0;
        seen_steps[event->lost]++;
        if (event->additional) {
            check_group(event->additional);
            assert_int_equal(event->additional->is_met, event->lost > WHY_ADDITIONAL);
        }
        for (size_t r = 0; event->rules && r < program->rule_count; r++) {
            check_group(&event->rules[r]);
            met += event->rules[r].is_met;
        }
        assert_int_equal(event->rules != NULL, event->lost >= WHY_RULES);
        assert_true(!event->rules || (met == program->rule_count) == (event->lost > WHY_RULES));
    }
}

static void check_program(const struct cohort_program *program, int number)
{
    struct error err = {0};
    struct cohort_result *result = NULL;
    struct evaluate_options options = {.wants_rows = true};
    if (!cohort_program_validate(program, &err) || !evaluate_cohort(program, example.reader, &options, &result, &err)) {
        fail_msg("%s", err.message);
    }
    size_t at = 0;
    for (int64_t person = 1; person <= PERSONS; person++) {
        size_t first = at;
        while (at < result->rows.count && result->rows.persons[at] == person) {
            at++;
        }
        if (population[person - 1].count == 0 || (person % STRIDE != number % STRIDE && at == first)) {
            continue;
        }
        CLEANUP(arena) struct arena *arena = arena_create();
        struct cohort_why why;
        if (!evaluate_why(program, example.reader, person, arena, &why, &err)) {
            fail_msg("program %d, person %d: %s", number, (int)person, err.message);
        }
        bool same = why.is_in == (at > first) && why.row_count == at - first;
        for (size_t i = 0; same && i < why.row_count; i++) {
            same = why.rows[i].start == result->rows.starts[first + i] && why.rows[i].end == result->rows.ends[first + i];
        }
        if (!same) {
            fail_msg("program %d: person %d has other rows", number, (int)person);
        }
        check_events(program, &why);
    }
    cohort_result_destroy(result);
}

static void why_says_what_the_cohort_says(void **state)
{
    (void)state;
    static struct random_program random;
    for (int number = 0; number < PROGRAMS; number++) {
        state_of_random = (uint64_t)number * 31 + 3;
        random_program_make(&random, below(4));
        check_program(&random.program, number);
    }
    for (int step = 0; step <= WHY_KEPT; step++) {
        if (seen_steps[step] == 0) {
            fail_msg("nothing was lost to: %s", why_step_name((enum why_step)step));
        }
    }
}

static void who_is_not_there_is_not_found(void **state)
{
    (void)state;
    static struct random_program random;
    struct error err = {0};
    struct cohort_why why;
    CLEANUP(arena) struct arena *arena = arena_create();
    random_program_make(&random, 1);
    assert_false(evaluate_why(&random.program, example.reader, 100000, arena, &why, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void who_may_only_count_is_refused(void **state)
{
    (void)state;
    static struct random_program random;
    struct error err = {0};
    struct cohort_why why;
    struct grant grant = example.grant;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    grant.actions = GRANT_COUNT;
    random_program_make(&random, 1);
    assert_true(keyring_grant_issue(example.keyring, &grant, &err) && store_reader_open(&reader, example.store, &grant, 0, &err));
    assert_false(evaluate_why(&random.program, reader, 1, arena, &why, &err));
    assert_int_equal(err.code, ERROR_DENIED);
}

static int store_make(void **state)
{
    struct error err;
    (void)state;
    state_of_random = 2031;
    population_make();
    return example_begin(&example, &err) && population_write(&example, &err) ? 0 : -1;
}

static int store_end(void **state)
{
    (void)state;
    example_end(&example);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_says_what_the_cohort_says),
        cmocka_unit_test(who_is_not_there_is_not_found),
        cmocka_unit_test(who_may_only_count_is_refused),
    };
    return cmocka_run_group_tests(tests, store_make, store_end);
}
