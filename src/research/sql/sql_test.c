/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of research/sql: names and values are quoted, what cannot be said is refused, every table that is made is dropped, and DuckDB gives
 * the rows that were worked out by hand. That all published definitions give the reference's rows is in tests/cohorts, and random ones in
 * tests/differential. */
#include "research/circe/circe.h"
#include "research/evaluate/evaluate_example.h"
#include "research/sql/sql_run.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena *arena;
static struct error err;

static int begin(void **state)
{
    (void)state;
    arena = arena_create();
    err = (struct error){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

#define WHOLE(criteria) "{\"PrimaryCriteria\":{\"CriteriaList\":[" criteria "],\"ObservationWindow\":{}}}"

/* Its sets have the given members. */
static struct cohort_program *program_of(const char *text, const int64_t *members, size_t count)
{
    struct cohort_program *program;
    if (!circe_parse(&program, arena, "test", text, strlen(text), &err)) {
        fail_msg("%s", err.message);
    }
    for (size_t i = 0; members && i < program->concept_set_count; i++) {
        program->concept_sets[i].members = (struct concept_ids){members, count};
        program->concept_sets[i].is_resolved = true;
    }
    return program;
}

static const char *script_of(const struct cohort_program *program, enum sql_dialect dialect, const char *schema)
{
    struct sql_options options = {.dialect = dialect, .schema = schema, .cohort_id = 12, .wants_rows = true};
    struct buffer out = {.maximum = 1 << 24};
    struct sql_script script;
    if (!sql_compile(program, &options, arena, &script, &err) || !sql_script_print(&script, &out, &err)) {
        fail_msg("%s", err.message);
    }
    const char *text = arena_text_copy(arena, (const char *)out.data);
    buffer_finish(&out);
    return text;
}

static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) {
        count++;
    }
    return count;
}

static void names_and_values_are_quoted(void **state)
{
    (void)state;
    const char *text = WHOLE("{\"Observation\":{\"ValueAsString\":{\"Op\":\"contains\",\"Text\":\"it's'; drop table person; --\"}}}");
    const struct cohort_program *program = program_of(text, NULL, 0);
    const char *duckdb = script_of(program, SQL_DUCKDB, NULL), *postgresql = script_of(program, SQL_POSTGRESQL, "a\"b");
    assert_non_null(strstr(duckdb, "like '%it''s''; drop table person; --%')"));
    assert_non_null(strstr(postgresql, "like '%it''s''; drop table person; --%' escape '')"));
    assert_non_null(strstr(postgresql, "\"a\"\"b\".\"observation\""));
    assert_non_null(strstr(duckdb, "cast(12 as bigint) as \"cohort_definition_id\""));
}

static void every_table_is_dropped(void **state)
{
    (void)state;
    static const int64_t members[] = {1, 2, 3};
    const char *text =
        WHOLE("{\"DrugEra\":{\"CodesetId\":1,\"First\":true}},{\"ConditionOccurrence\":{\"CodesetId\":1,\"CorrelatedCriteria\":"
              "{\"Type\":\"ALL\",\"CriteriaList\":[{\"Criteria\":{\"Death\":{}},\"StartWindow\":{\"Start\":{},\"End\":{}},"
              "\"Occurrence\":{\"Type\":0,\"Count\":0}}]}}}");
    const char *script = script_of(program_of(text, members, 3), SQL_POSTGRESQL, "omop");
    size_t made = times(script, "create temporary table \"emc2_");
    assert_true(made >= 6);
    assert_int_equal(times(script, "drop table if exists \"emc2_"), made);
    assert_int_equal(times(script, "create "), made);
    assert_int_equal(times(script, "analyze \"emc2_"), made);
}

static void many_concepts_are_a_table(void **state)
{
    (void)state;
    enum { MANY = 10000 };
    static int64_t members[MANY];
    for (int i = 0; i < MANY; i++) {
        members[i] = 2 * i + 1;
    }
    const char *script = script_of(program_of(WHOLE("{\"ConditionOccurrence\":{\"CodesetId\":1}}"), members, MANY), SQL_DUCKDB, NULL);
    assert_non_null(strstr(script, "in (select \"concept_id\" from \"emc2_concepts_"));
    assert_non_null(strstr(script, "(19999)"));
    assert_int_equal(times(script, "), ("), MANY - 5); /* five statements */
    assert_null(strstr(script, "(1, 3"));
}

static void what_cannot_be_said_is_refused(void **state)
{
    (void)state;
    struct sql_options options = {.wants_rows = true};
    struct sql_script script = {.count = 7};
    struct cohort_program *program = program_of(WHOLE("{\"Observation\":{\"CodesetId\":1}}"), NULL, 0);
    assert_false(sql_compile(program, &options, arena, &script, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    program = program_of(WHOLE("{\"Observation\":{\"ValueAsString\":{\"Op\":\"contains\",\"Text\":\"a\"}}}"), NULL, 0);
    struct cohort_criterion criterion = program->primary[0];
    struct cohort_test test = criterion.tests[0];
    test.pattern = TEXT("a\0b");
    criterion.tests = &test;
    program->primary = &criterion;
    assert_false(sql_compile(program, &options, arena, &script, &err));
    assert_int_equal(err.code, ERROR_UNSUPPORTED);
    assert_int_equal(script.count, 7);
}

/* ---- on an engine ---- */
static const char periods[] = "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n"
                              "1,1,2010-01-01,2010-12-31\n2,2,2010-01-01,2010-12-31\n";
static const char conditions[] = "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_end_date\n"
                                 "1,1,7,2010-02-01,2010-02-05\n2,1,7,2010-02-05,\n3,1,7,2010-02-08,2010-02-09\n4,2,8,2010-03-01,\n"
                                 "5,2,7,2011-03-01,\n";

static void duckdb_gives_the_rows(void **state)
{
    (void)state;
    static const int64_t members[] = {7};
    struct example_store example;
    struct engine *engine = NULL;
    struct cohort_result result;
    /* each event to its end; those that touch are one: 1 to 6 February, and 8 to 9 */
    const char *text = "{\"PrimaryCriteria\":{\"CriteriaList\":[{\"ConditionOccurrence\":{\"CodesetId\":1}}],\"ObservationWindow\":{},"
                       "\"PrimaryCriteriaLimit\":{\"Type\":\"All\"}},\"ExpressionLimit\":{\"Type\":\"All\"},"
                       "\"EndStrategy\":{\"DateOffset\":{\"DateField\":\"EndDate\",\"Offset\":0}}}";
    const struct cohort_program *program = program_of(text, members, 1);
    bool done = example_begin(&example, &err) && example_table(&example, "observation_period", periods, &err) &&
                example_table(&example, "condition_occurrence", conditions, &err) && example_open(&example, 2, GRANT_ROWS, &err) &&
                engine_open(&engine, &(struct engine_options){.threads = 1}, &err) &&
                sql_load_duckdb(engine, example.reader, cohort_program_tables(program), &err);
    struct sql_server server = sql_server_duckdb(engine);
    done = done && sql_run(program, &server, SQL_WANTS_ROWS | SQL_WANTS_ATTRITION, arena, &result, &err);
    if (!done) {
        fail_msg("%s %s", err.message, err.detail);
    }
    day first;
    assert_true(day_from_civil(2010, 2, 1, &first));
    assert_int_equal(result.rows.count, 2);
    assert_int_equal(result.rows.persons[0], 1);
    assert_int_equal(result.rows.starts[0], first.number);
    assert_int_equal(result.rows.ends[0], first.number + 5);
    assert_int_equal(result.rows.starts[1], first.number + 7);
    assert_int_equal(result.rows.ends[1], first.number + 8);
    assert_int_equal(result.attrition.primary.events, 3);
    assert_int_equal(result.attrition.cohort.persons, 1);
    /* again: nothing of the first run is in the way */
    assert_true(sql_run(program, &server, 0, arena, &result, &err));
    assert_int_equal(result.rows.count, 0);
    engine_close(engine);
    example_end(&example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_and_values_are_quoted, begin, end),
        cmocka_unit_test_setup_teardown(every_table_is_dropped, begin, end),
        cmocka_unit_test_setup_teardown(many_concepts_are_a_table, begin, end),
        cmocka_unit_test_setup_teardown(what_cannot_be_said_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(duckdb_gives_the_rows, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
