/* SPDX-License-Identifier: EUPL-1.2 */
/* Random programs together in one passage give what each gives alone, with 1, 2 and 7 threads; what they have in common is evaluated once.
 */
#include "research/evaluate/evaluate_random_program.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 25, TOGETHER = 8 };

static bool rows_are_same(const struct cohort_rows *x, const struct cohort_rows *y)
{
    return x->count == y->count && (x->count == 0 || (memcmp(x->persons, y->persons, x->count * sizeof *x->persons) == 0 &&
                                                      memcmp(x->starts, y->starts, x->count * sizeof *x->starts) == 0 &&
                                                      memcmp(x->ends, y->ends, x->count * sizeof *x->ends) == 0));
}

static void run_round(struct example_store *example, struct task_pool *pool, struct random_program *randoms, uint64_t *taken)
{
    struct error err = {0};
    const struct cohort_program *programs[TOGETHER];
    struct cohort_result *together[TOGETHER];
    struct evaluate_options options = {.pool = pool, .wants_rows = true};
    for (int i = 0; i < TOGETHER; i++) {
        programs[i] = &randoms[i].program;
        if (!cohort_program_validate(programs[i], &err)) {
            fail_msg("%s", err.message);
        }
    }
    if (!evaluate_cohorts(programs, TOGETHER, example->reader, &options, together, &err)) {
        fail_msg("%s", err.message);
    }
    for (int i = 0; i < TOGETHER; i++) {
        struct cohort_result *alone = NULL;
        assert_true(evaluate_cohort(programs[i], example->reader, &options, &alone, &err));
        assert_true(random_results_are_same(alone, together[i]) && rows_are_same(&alone->rows, &together[i]->rows));
        assert_int_equal(alone->work.criteria_taken, 0);
        *taken += together[i]->work.criteria_taken;
        cohort_result_destroy(alone);
        cohort_result_destroy(together[i]);
    }
}

static void programs_together_give_what_each_gives_alone(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 7};
    static struct random_program randoms[TOGETHER];
    struct example_store example;
    struct task_pool *pool;
    struct error err = {0};
    state_of_random = 5;
    population_make();
    if (!example_begin(&example, &err) || !population_write(&example, &err)) {
        fail_msg("%s", err.message);
    }
    uint64_t taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        state_of_random = (uint64_t)round * 77 + 1;
        for (int i = 0; i < TOGETHER; i++) {
            random_program_make(&randoms[i], below(5));
        }
        assert_true(task_pool_create(&pool, threads[round % 3], &err));
        run_round(&example, pool, randoms, &taken);
        task_pool_destroy(pool);
    }
    assert_true(taken > ROUNDS); /* few of so many random criteria are equal */
    example_end(&example);
}

/* The same definition four times: every list is made once a segment, and three times taken. */
static void what_is_common_is_evaluated_once(void **state)
{
    (void)state;
    static struct random_program random;
    struct example_store example;
    struct error err = {0};
    state_of_random = 9;
    population_make();
    if (!example_begin(&example, &err) || !population_write(&example, &err)) {
        fail_msg("%s", err.message);
    }
    state_of_random = 4;
    random_program_make(&random, 3);
    const struct cohort_program *programs[4] = {&random.program, &random.program, &random.program, &random.program};
    struct cohort_result *results[4];
    assert_true(evaluate_cohorts(programs, 4, example.reader, NULL, results, &err));
    assert_true(results[0]->work.criteria_made > 0);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(results[i]->work.criteria_made, 0);
        assert_true(results[i]->work.criteria_taken >= results[0]->work.criteria_made);
        assert_int_equal(results[i]->work.rows_found, 0);
    }
    for (int i = 0; i < 4; i++) {
        cohort_result_destroy(results[i]);
    }
    example_end(&example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_together_give_what_each_gives_alone),
        cmocka_unit_test(what_is_common_is_evaluated_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
