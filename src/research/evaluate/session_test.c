/* SPDX-License-Identifier: EUPL-1.2 */
/* Random sequences of edits: after each, the session's count equals what evaluate_cohort gives for the definition as it is then; with 1, 2
 * and 7 threads, with room to keep everything and with room for nothing. What an edit does not touch is not evaluated again. */
#include "research/evaluate/evaluate_random_program.h"
#include "research/evaluate/evaluate_session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SEQUENCES = 13, EDITS = 40, RULE_EDITS = 250 };

struct editing {
    struct random_program random;
    unsigned rules[RANDOM_RULES]; /* that are on, in order */
    size_t count;
};

static void rule_toggle(struct editing *editing, unsigned rule)
{
    for (size_t i = 0; i < editing->count; i++) {
        if (editing->rules[i] == rule) {
            memmove(&editing->rules[i], &editing->rules[i + 1], (--editing->count - i) * sizeof editing->rules[0]);
            return;
        }
    }
    editing->rules[editing->count++] = rule;
}

/* Rules only: more of them than a session has room for. */
static void rule_edit(struct editing *editing)
{
    unsigned rule = (unsigned)below(RANDOM_RULES);
    if (editing->count < RANDOM_RULES - 1) {
        rule_toggle(editing, rule);
    } else {
        random_rule(&editing->random, (int)rule);
    }
}

static void edit(struct editing *editing)
{
    unsigned rule = (unsigned)below(RANDOM_RULES), with = (unsigned)below(RANDOM_RULES);
    switch (below(9)) {
    case 0:
        random_rule(&editing->random, (int)rule);
        break;
    case 1:
        editing->random.items[rule][0].start_window = random_window(true);
        break;
    case 2:
        random_events(&editing->random);
        break;
    case 3:
        random_additional(&editing->random);
        break;
    case 4:
        random_end(&editing->random);
        break;
    case 5:
        if (editing->count > 1) {
            unsigned a = rule % (unsigned)editing->count, b = with % (unsigned)editing->count, kept = editing->rules[a];
            editing->rules[a] = editing->rules[b];
            editing->rules[b] = kept;
        }
        break;
    default:
        rule_toggle(editing, rule);
        break;
    }
}

/* The definition as it is, by itself. */
static struct cohort_result *evaluate_alone(const struct editing *editing, struct example_store *example)
{
    struct error err = {0};
    struct cohort_result *result = NULL;
    struct cohort_rule rules[RANDOM_RULES];
    struct cohort_program program = editing->random.program;
    for (size_t i = 0; i < editing->count; i++) {
        rules[i] = editing->random.rules[editing->rules[i]];
    }
    program.rules = rules;
    program.rule_count = editing->count;
    if (!cohort_program_validate(&program, &err) || !evaluate_cohort(&program, example->reader, NULL, &result, &err)) {
        fail_msg("%s", err.message);
    }
    return result;
}

static void check_sequence(struct example_store *example, struct task_pool *pool, int number)
{
    struct error err = {0};
    struct editing editing = {.count = 0};
    struct cohort_session *session;
    const bool is_rules = number == SEQUENCES - 1;
    static const uint64_t bounds[] = {0, 1, 3000000};
    struct cohort_session_options options = {.evaluate.pool = pool, .kept_bytes = is_rules ? 0 : bounds[number / 3 % 3]};
    uint64_t most = 0;
    state_of_random = (uint64_t)number * 1009 + 7;
    random_program_make(&editing.random, RANDOM_RULES);
    assert_true(cohort_session_open(&session, example->reader, &options, &err));
    for (int i = 0; i < (is_rules ? RULE_EDITS : EDITS); i++) {
        struct cohort_result *counted = NULL;
        if (is_rules) {
            rule_edit(&editing);
        } else {
            edit(&editing);
        }
        if (!cohort_session_define(session, &editing.random.program, &err) ||
            !cohort_session_count(session, editing.rules, editing.count, &counted, &err)) {
            fail_msg("sequence %d, edit %d: %s", number, i, err.message);
        }
        struct cohort_result *alone = evaluate_alone(&editing, example);
        if (!random_results_are_same(alone, counted)) {
            fail_msg("sequence %d, edit %d: another count", number, i);
        }
        most = cohort_session_work(session).kept_bytes > most ? cohort_session_work(session).kept_bytes : most;
        cohort_result_destroy(alone);
        cohort_result_destroy(counted);
    }
    assert_true(options.kept_bytes == 0 || most <= options.kept_bytes);
    assert_true(options.kept_bytes != 1 || cohort_session_work(session).dropped > EDITS);
    cohort_session_close(session);
}

static void counts_are_those_of_the_definition_after_every_edit(void **state)
{
    static const unsigned threads[] = {1, 2, 7};
    for (int number = 0; number < SEQUENCES; number++) {
        struct task_pool *pool;
        struct error err;
        assert_true(task_pool_create(&pool, threads[number % 3], &err));
        check_sequence(*state, pool, number);
        task_pool_destroy(pool);
    }
}

static struct cohort_session_work count_now(struct cohort_session *session, const struct editing *editing)
{
    struct error err = {0};
    struct cohort_result *result = NULL;
    if (!cohort_session_define(session, &editing->random.program, &err) ||
        !cohort_session_count(session, editing->rules, editing->count, &result, &err)) {
        fail_msg("%s", err.message);
    }
    cohort_result_destroy(result);
    return cohort_session_work(session);
}

static void only_what_changed_is_evaluated(void **state)
{
    struct example_store *example = *state;
    struct error err = {0};
    struct editing editing = {.rules = {0, 1, 2, 3}, .count = 4};
    struct cohort_session *session;
    state_of_random = 77;
    random_program_make(&editing.random, 6);
    editing.random.program.exit.kind = COHORT_EXIT_PERIOD_END;
    editing.random.program.exit.offset = 0;
    assert_true(cohort_session_open(&session, example->reader, NULL, &err));
    struct cohort_session_work work = count_now(session, &editing);
    assert_true(work.found_primary && work.found_qualified && work.found_exits && work.rules_evaluated == 4 && work.criteria_made > 0);
    rule_toggle(&editing, 1); /* off */
    work = count_now(session, &editing);
    assert_false(work.found_primary || work.found_qualified || work.found_exits);
    assert_true(work.rules_evaluated == 0 && work.criteria_made == 0);
    rule_toggle(&editing, 1); /* on again, behind the others */
    work = count_now(session, &editing);
    assert_true(work.rules_evaluated == 0 && work.criteria_made == 0);
    editing.random.items[2][0].number++;
    work = count_now(session, &editing);
    assert_true(work.rules_evaluated == 1 && work.criteria_made == 0); /* the rows of its criterion are there */
    rule_toggle(&editing, 5);
    assert_int_equal(count_now(session, &editing).rules_evaluated, 1);
    editing.random.program.censoring_count = 1 - editing.random.program.censoring_count;
    work = count_now(session, &editing);
    assert_true(work.found_exits && work.rules_evaluated == 0 && !work.found_qualified);
    editing.random.program.prior_days += 1;
    work = count_now(session, &editing);
    assert_true(work.found_primary && work.rules_evaluated == 5);
    editing.random.program.prior_days -= 1;
    work = count_now(session, &editing);
    assert_false(work.found_primary || work.rules_evaluated > 0);
    cohort_session_close(session);
}

static void what_cannot_be_counted_is_refused(void **state)
{
    struct example_store *example = *state;
    struct error err = {0};
    struct random_program random;
    struct cohort_session *session;
    struct cohort_result *result = NULL;
    static const unsigned twice[] = {1, 1}, beyond[] = {2};
    random_program_make(&random, 2);
    assert_true(cohort_session_open(&session, example->reader, NULL, &err));
    assert_false(cohort_session_count(session, NULL, 0, &result, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(cohort_session_define(session, &random.program, &err));
    assert_false(cohort_session_count(session, twice, 2, &result, &err));
    assert_false(cohort_session_count(session, beyond, 1, &result, &err));
    assert_null(result);
    cohort_session_close(session);
}

static int store_make(void **state)
{
    static struct example_store example;
    struct error err;
    state_of_random = 31;
    population_make();
    *state = &example;
    return example_begin(&example, &err) && population_write(&example, &err) ? 0 : -1;
}

static int store_end(void **state)
{
    example_end(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_those_of_the_definition_after_every_edit),
        cmocka_unit_test(only_what_changed_is_evaluated),
        cmocka_unit_test(what_cannot_be_counted_is_refused),
    };
    return cmocka_run_group_tests(tests, store_make, store_end);
}
