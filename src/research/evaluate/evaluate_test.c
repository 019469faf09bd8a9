/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate: small populations by hand: grants, limits, exits, collapse, statistics, multiplied keys; and the same result for any number of
 * threads. What single constructs mean is tested against the reference's own vectors (tests/cohorts). */
#include "research/evaluate/evaluate_example.h"
#include "research/evaluate/evaluate_plan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { A, B, DRUG, NOTHING, SETS };
static const int64_t a_members[] = {10, 11}, b_members[] = {20}, drug_members[] = {30};
static struct cohort_concept_set sets[SETS] = {
    {.name = "A", .path = "", .is_resolved = true, .members = {a_members, 2}},
    {.name = "B", .path = "", .is_resolved = true, .members = {b_members, 1}},
    {.name = "drug", .path = "", .is_resolved = true, .members = {drug_members, 1}},
    {.name = "nothing", .path = "", .is_resolved = true, .members = {NULL, 0}},
};
static const struct cohort_window anywhere = {.from = {COHORT_BOUND_NONE, 0}, .to = {COHORT_BOUND_NONE, 0}};

static struct cohort_criterion conditions_of(int set)
{
    return (struct cohort_criterion){.table = OMOP_TABLE_CONDITION_OCCURRENCE,
                                     .concept_set = set,
                                     .source_concept_set = COHORT_NO_SET,
                                     .end_rule = COHORT_END_OR_NEXT_DAY,
                                     .path = ""};
}

static struct cohort_correlated at_least(int64_t number, const struct cohort_criterion *criterion)
{
    return (struct cohort_correlated){.criterion = criterion,
                                      .ignores_observation_period = true,
                                      .start_window = anywhere,
                                      .count = COHORT_COUNT_AT_LEAST,
                                      .number = number,
                                      .takes_absent = number == 0,
                                      .distinct = {COHORT_NOTHING, OMOP_NO_FIELD},
                                      .path = ""};
}

static struct cohort_program program_of(const struct cohort_criterion *primary)
{
    return (struct cohort_program){.name = "test",
                                   .title = "",
                                   .concept_sets = sets,
                                   .concept_set_count = SETS,
                                   .primary = primary,
                                   .primary_count = 1,
                                   .exit = {.kind = COHORT_EXIT_PERIOD_END, .drug_set = COHORT_NO_SET, .path = ""}};
}

/* ---- a population ---- */
static const char periods[] = "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n"
                              "1,1,2010-01-01,2012-12-31\n"
                              "2,2,2010-01-01,2012-12-31\n"
                              "3,2,2011-01-01,2013-12-31\n"
                              "4,4,2010-01-01,2012-12-31\n";
static const char persons[] = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n"
                              "1,8507,1950,0,0\n"
                              "2,8532,1960,0,0\n";
static const char conditions[] = "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_end_date\n"
                                 "1,1,10,2010-02-01,2010-02-05\n"
                                 "2,1,11,2010-02-06,2010-02-07\n"
                                 "3,1,20,2010-03-01,\n"
                                 "4,2,10,2011-06-01,2011-06-02\n"
                                 "5,2,20,2011-07-01,2011-07-02\n"
                                 "6,4,10,2012-01-01,2012-01-02\n"
                                 "7,5,10,2012-01-01,2012-01-02\n";

static void open_population(struct example_store *example, int64_t segments, uint32_t actions)
{
    struct error err = {0};
    bool is_open = example_begin(example, &err) && example_table(example, "person", persons, &err) &&
                   example_table(example, "observation_period", periods, &err) &&
                   example_table(example, "condition_occurrence", conditions, &err) &&
                   example_table(example, "drug_exposure",
                                 "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,days_supply\n"
                                 "1,1,30,2010-02-01,,10\n"
                                 "2,1,30,2010-02-20,2010-02-25,\n"
                                 "3,1,30,2010-05-01,2010-05-02,\n",
                                 &err) &&
                   example_table(example, "death",
                                 "person_id,death_date,cause_concept_id\n1,2010-06-01,20\n1,2010-06-02,20\n4,2012-05-01,20\n", &err) &&
                   example_open(example, segments, actions, &err);
    if (!is_open) {
        fail_msg("%s %s", err.message, err.detail);
    }
}

static struct cohort_result *evaluate(struct example_store *example, const struct cohort_program *program)
{
    struct error err = {0};
    struct cohort_result *result = NULL;
    struct evaluate_options options = {.wants_rows = true};
    if (!cohort_program_validate(program, &err) || !evaluate_cohort(program, example->reader, &options, &result, &err)) {
        fail_msg("%s", err.message);
    }
    return result;
}

static void assert_row(const struct cohort_result *result, size_t i, int64_t person, const char *start, const char *end)
{
    char text[DAY_TEXT_SIZE];
    assert_true(i < result->rows.count);
    assert_int_equal(result->rows.persons[i], person);
    day_to_text((day){result->rows.starts[i]}, text);
    assert_string_equal(text, start);
    day_to_text((day){result->rows.ends[i]}, text);
    assert_string_equal(text, end);
}

/* ---- tests ---- */
static void overlapping_periods_make_an_event_each(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 2, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A);
    struct cohort_program program = program_of(&primary);
    CLEANUP(cohort_result) struct cohort_result *result = evaluate(&example, &program);
    assert_int_equal(result->attrition.primary.events, 5); /* two of person 1, one in each period of person 2, one of person 4 */
    assert_int_equal(result->attrition.primary.persons, 3);
    assert_int_equal(result->rows.count, 3);
    assert_row(result, 0, 1, "2010-02-01", "2012-12-31");
    assert_row(result, 1, 2, "2011-06-01", "2013-12-31");
    assert_row(result, 2, 4, "2012-01-01", "2012-12-31"); /* without a PERSON row, who is not asked for */
    example_end(&example);
}

static void collapse_wants_a_shared_day_or_a_pad(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A);
    struct cohort_program program = program_of(&primary);
    program.exit = (struct cohort_exit){.kind = COHORT_EXIT_OFFSET, .from_end = true, .drug_set = COHORT_NO_SET, .path = ""};
    struct cohort_result *result = evaluate(&example, &program);
    assert_row(result, 0, 1, "2010-02-01", "2010-02-05");
    assert_row(result, 1, 1, "2010-02-06", "2010-02-07");
    cohort_result_destroy(result);
    program.era_pad = 1;
    result = evaluate(&example, &program);
    assert_row(result, 0, 1, "2010-02-01", "2010-02-07");
    cohort_result_destroy(result);
    example_end(&example);
}

static void exit_before_the_start_vanishes_and_censoring_rescues(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A), censor = conditions_of(B);
    struct cohort_program program = program_of(&primary);
    program.exit = (struct cohort_exit){.kind = COHORT_EXIT_OFFSET, .offset = -10, .drug_set = COHORT_NO_SET, .path = ""};
    struct cohort_result *result = evaluate(&example, &program);
    assert_int_equal(result->rows.count, 0);
    assert_int_equal(result->attrition.included.persons, 3);
    cohort_result_destroy(result);
    program.censoring = &censor;
    program.censoring_count = 1;
    result = evaluate(&example, &program);
    assert_int_equal(result->rows.count, 2);
    assert_row(result, 0, 1, "2010-02-01", "2010-03-01");
    assert_row(result, 1, 2, "2011-06-01", "2011-07-01");
    cohort_result_destroy(result);
    program.has_censor_end = true;
    assert_true(day_from_text(TEXT("2010-12-31"), &program.censor_end));
    result = evaluate(&example, &program);
    assert_int_equal(result->rows.count, 1);
    assert_int_equal(result->attrition.censored_persons, 1);
    cohort_result_destroy(result);
    example_end(&example);
}

/* The offset widens the merging gap: 10 days of supply end on the 11th, 9 days before the next exposure. */
static void drug_era_offset_widens_the_gap(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A);
    struct cohort_program program = program_of(&primary);
    program.primary_limit = COHORT_LIMIT_FIRST;
    program.exit = (struct cohort_exit){.kind = COHORT_EXIT_DRUG_ERA, .drug_set = DRUG, .gap_days = 5, .path = ""};
    struct cohort_result *result = evaluate(&example, &program);
    assert_row(result, 0, 1, "2010-02-01", "2010-02-11");
    cohort_result_destroy(result);
    program.exit.offset = 4;
    result = evaluate(&example, &program);
    assert_row(result, 0, 1, "2010-02-01", "2010-03-01");
    assert_row(result, 1, 2, "2011-06-01", "2012-12-31"); /* outside every era: the default */
    cohort_result_destroy(result);
    example_end(&example);
}

/* [5.5]: k rows of one key multiply what their group counts, so that ALL fails for k = 2 and a zero count stays zero. */
static void multiplied_keys(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion b = conditions_of(B), none = conditions_of(NOTHING), primary = conditions_of(A);
    struct cohort_correlated items[] = {at_least(1, &b), at_least(1, &none)};
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = items, .correlated_count = 1, .path = ""};
    struct cohort_program program = program_of(&primary);
    primary.nested = &group;
    struct cohort_result *result = evaluate(&example, &program);
    assert_int_equal(result->rows.count, 1); /* person 2 lies in two periods: 2 is not 1 */
    assert_row(result, 0, 1, "2010-02-01", "2012-12-31");
    cohort_result_destroy(result);
    group.kind = COHORT_ANY;
    result = evaluate(&example, &program);
    assert_int_equal(result->persons, 2);
    cohort_result_destroy(result);
    group = (struct cohort_group){.kind = COHORT_ALL, .correlated = items, .correlated_count = 2, .path = ""};
    result = evaluate(&example, &program);
    assert_int_equal(result->persons, 1); /* one of two items, twice */
    assert_int_equal(result->rows.persons[0], 2);
    cohort_result_destroy(result);
    example_end(&example);
}

/* Two Death rows of a person share their key, so counts are of both, and they pass or fail together. */
static void deaths_share_a_key(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion a = conditions_of(A), b = conditions_of(B), primary = conditions_of(A);
    struct cohort_criterion death = {.table = OMOP_TABLE_DEATH,
                                     .concept_set = COHORT_NO_SET,
                                     .source_concept_set = COHORT_NO_SET,
                                     .end_rule = COHORT_END_NEXT_DAY,
                                     .path = ""};
    struct cohort_correlated inner = at_least(2, &b), outer = at_least(2, &death);
    struct cohort_group inner_group = {.kind = COHORT_ANY, .correlated = &inner, .correlated_count = 1, .path = ""};
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = &outer, .correlated_count = 1, .path = ""};
    struct cohort_program program = program_of(&primary);
    death.nested = &inner_group;
    program.additional = &group;
    struct cohort_result *result = evaluate(&example, &program);
    assert_int_equal(result->persons, 1); /* one B of person 1, seen from two deaths: 2 */
    assert_int_equal(result->rows.persons[0], 1);
    cohort_result_destroy(result);
    inner.number = 3;
    result = evaluate(&example, &program);
    assert_int_equal(result->persons, 0);
    cohort_result_destroy(result);
    inner.criterion = &a; /* two A of person 1, twice */
    result = evaluate(&example, &program);
    assert_int_equal(result->persons, 1);
    cohort_result_destroy(result);
    example_end(&example);
}

static void statistics_of_rules(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 3, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A), b = conditions_of(B);
    struct cohort_correlated item = at_least(1, &b);
    struct cohort_demographic somebody = {.path = ""};
    struct cohort_rule rules[] = {
        {.name = "known", .description = "", .path = "", .group = {.demographics = &somebody, .demographic_count = 1, .path = ""}},
        {.name = "B", .description = "", .path = "", .group = {.correlated = &item, .correlated_count = 1, .path = ""}},
    };
    struct cohort_program program = program_of(&primary);
    program.rules = rules;
    program.rule_count = 2;
    program.expression_limit = COHORT_LIMIT_FIRST;
    CLEANUP(cohort_result) struct cohort_result *result = evaluate(&example, &program);
    const struct cohort_statistics *all = &result->statistics[COHORT_ALL_EVENTS], *best = &result->statistics[COHORT_BEST_EVENTS];
    assert_int_equal(all->mask_count, 2); /* person 4 has neither a PERSON row nor B */
    assert_int_equal(all->masks[0].mask, 0);
    assert_int_equal(all->masks[1].count, 4);
    assert_int_equal(all->rules[1].person_count, 4);
    assert_int_equal(all->rules[1].gain_count, 0);
    assert_int_equal(best->rules[0].person_total, 3);
    assert_int_equal(best->final_count, 2);
    assert_int_equal(result->attrition.after_rule[0].events, 4);
    assert_int_equal(result->attrition.after_rule[1].persons, 2);
    assert_int_equal(result->attrition.included.events, 2);
    example_end(&example);
}

/* Few masks are counted by themselves, many in the table: a rule that stands several times says the same in both. */
static void many_rules_count_as_few(void **state)
{
    (void)state;
    struct example_store example;
    open_population(&example, 3, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A), b = conditions_of(B);
    struct cohort_correlated item = at_least(1, &b);
    struct cohort_rule rules[9];
    for (size_t i = 0; i < 9; i++) {
        rules[i] = (struct cohort_rule){
            .name = "B", .description = "", .path = "", .group = {.correlated = &item, .correlated_count = 1, .path = ""}};
    }
    struct cohort_program program = program_of(&primary);
    program.rules = rules;
    program.rule_count = 1;
    CLEANUP(cohort_result) struct cohort_result *few = evaluate(&example, &program);
    program.rule_count = 9;
    CLEANUP(cohort_result) struct cohort_result *many = evaluate(&example, &program);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        const struct cohort_statistics *a = &few->statistics[mode], *b9 = &many->statistics[mode];
        assert_int_equal(a->mask_count, 2);
        assert_int_equal(b9->mask_count, 2);
        assert_int_equal(b9->masks[1].mask, 511);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(a->masks[i].count, b9->masks[i].count);
        }
        assert_int_equal(a->final_count, b9->final_count);
    }
    example_end(&example);
}

/* More persons than there are slots of 16 bits; so many that nobody is left out beforehand. Every third has a B, in the month after A. */
static void more_events_than_slots(void **state)
{
    (void)state;
    enum { MANY = 66000 };
    struct example_store example;
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer period = {.maximum = 1 << 24}, condition = {.maximum = 1 << 24};
    bool done =
        buffer_append_text(&period, "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n", &err) &&
        buffer_append_text(&condition, "condition_occurrence_id,person_id,condition_concept_id,condition_start_date\n", &err);
    for (int i = 1; i <= MANY && done; i++) {
        done = buffer_append_format(&period, &err, "%d,%d,2010-01-01,2012-12-31\n", i, i) &&
               buffer_append_format(&condition, &err, "%d,%d,10,2011-02-0%d\n", i, i, 1 + i % 9) &&
               (i % 3 || buffer_append_format(&condition, &err, "%d,%d,20,2011-02-2%d\n", MANY + i, i, i % 9));
    }
    done = done && example_begin(&example, &err) && example_table(&example, "observation_period", (const char *)period.data, &err) &&
           example_table(&example, "condition_occurrence", (const char *)condition.data, &err) &&
           example_open(&example, 1, GRANT_ROWS, &err);
    if (!done) {
        fail_msg("%s", err.message);
    }
    struct cohort_criterion primary = conditions_of(A), b = conditions_of(B);
    struct cohort_correlated item = at_least(1, &b);
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = &item, .correlated_count = 1, .path = ""};
    struct cohort_program program = program_of(&primary);
    program.additional = &group;
    CLEANUP(cohort_result) struct cohort_result *result = evaluate(&example, &program);
    assert_int_equal(result->attrition.primary.events, MANY);
    assert_int_equal(result->rows.count, MANY / 3);
    for (size_t i = 0; i < result->rows.count; i++) {
        assert_int_equal(result->rows.persons[i], 3 * (i + 1));
    }
    example_end(&example);
}

static void counts_need_no_grant_for_rows(void **state)
{
    (void)state;
    struct example_store example;
    struct error err = {0};
    open_population(&example, 1, GRANT_COUNT);
    struct cohort_criterion primary = conditions_of(A);
    struct cohort_program program = program_of(&primary);
    struct evaluate_options options = {.wants_rows = true};
    struct cohort_result *result = NULL;
    assert_false(evaluate_cohort(&program, example.reader, &options, &result, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    assert_null(result);
    assert_true(evaluate_cohort(&program, example.reader, NULL, &result, &err));
    assert_int_equal(result->persons, 3);
    assert_int_equal(result->rows.count, 0);
    assert_null(result->rows.persons);
    cohort_result_destroy(result);
    example_end(&example);
}

/* Deaths beside conditions are ordered by person ids, which COUNT does not give: refused, not guessed. Deaths alone are counted. */
static void deaths_beside_others_need_a_grant_for_rows(void **state)
{
    (void)state;
    struct example_store example;
    struct error err = {0};
    struct cohort_result *result = NULL;
    struct cohort_criterion primary[] = {conditions_of(COHORT_NO_SET), conditions_of(COHORT_NO_SET)};
    primary[0].table = OMOP_TABLE_DEATH;
    primary[0].end_rule = COHORT_END_NEXT_DAY;
    struct cohort_program program = program_of(primary);
    open_population(&example, 1, GRANT_COUNT);
    assert_true(evaluate_cohort(&program, example.reader, NULL, &result, &err));
    assert_int_equal(result->attrition.primary.persons, 2);
    cohort_result_destroy(result);
    program.primary_count = 2;
    assert_false(evaluate_cohort(&program, example.reader, NULL, &result, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    example_end(&example);
    open_population(&example, 1, GRANT_ROWS);
    assert_true(evaluate_cohort(&program, example.reader, NULL, &result, &err));
    assert_int_equal(result->attrition.primary.persons, 3);
    cohort_result_destroy(result);
    example_end(&example);
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void what_cannot_go_on_says_why(void **state)
{
    (void)state;
    struct example_store example;
    struct error err = {0};
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion primary = conditions_of(A);
    struct cohort_program program = program_of(&primary);
    struct cohort_result *result = NULL;
    struct evaluate_options stopped = {.is_cancelled = always}, narrow = {.scratch_bytes = 1};
    assert_false(evaluate_cohort(&program, example.reader, &stopped, &result, &err));
    assert_int_equal(err.code, ERROR_CANCELLED);
    assert_false(evaluate_cohort(&program, example.reader, &narrow, &result, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    sets[A].is_resolved = false;
    assert_false(evaluate_cohort(&program, example.reader, NULL, &result, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    sets[A].is_resolved = true;
    assert_null(result);
    example_end(&example);
}

static void a_plan_tells_what_was_expected_and_what_was_done(void **state)
{
    (void)state;
    struct example_store example;
    struct error err = {0};
    open_population(&example, 1, GRANT_ROWS);
    struct cohort_criterion primary[] = {conditions_of(A), conditions_of(A)}; /* equal: found once */
    struct cohort_program program = program_of(primary);
    program.primary_count = 2;
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    struct cohort_plan *plan;
    assert_true(cohort_plan_make(&plan, &program, example.reader, arena, &err));
    assert_false(plan->is_run);
    assert_int_equal(plan->count, 5); /* the criterion, entry, additional, exit, collapse */
    assert_int_equal(plan->steps[0].uses, 2);
    assert_int_equal(plan->steps[0].access, PLAN_BY_CONCEPT);
    assert_true(cohort_plan_run(plan, example.reader, NULL, &result, &err));
    assert_true(plan->is_run);
    assert_true(plan->steps[0].actual.rows_found > 0);
    assert_int_equal(plan->steps[0].estimated_found, plan->steps[0].actual.rows_found); /* postings know their length */
    assert_int_equal(plan->steps[0].actual.rows_found, result->work.rows_found);
    assert_int_equal(plan->steps[0].actual.rows_kept, result->work.rows_kept);
    assert_int_equal(plan->steps[1].actual.rows_kept, result->attrition.primary.events);
    assert_int_equal(plan->steps[4].actual.rows_kept, result->attrition.cohort.events);
    assert_true(cohort_plan_print(plan, COHORT_FRENCH, &out, &err));
    assert_true(out.length > 0);
    example_end(&example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_periods_make_an_event_each),
        cmocka_unit_test(collapse_wants_a_shared_day_or_a_pad),
        cmocka_unit_test(exit_before_the_start_vanishes_and_censoring_rescues),
        cmocka_unit_test(drug_era_offset_widens_the_gap),
        cmocka_unit_test(multiplied_keys),
        cmocka_unit_test(deaths_share_a_key),
        cmocka_unit_test(statistics_of_rules),
        cmocka_unit_test(deaths_beside_others_need_a_grant_for_rows),
        cmocka_unit_test(many_rules_count_as_few),
        cmocka_unit_test(more_events_than_slots),
        cmocka_unit_test(counts_need_no_grant_for_rows),
        cmocka_unit_test(what_cannot_go_on_says_why),
        cmocka_unit_test(a_plan_tells_what_was_expected_and_what_was_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
