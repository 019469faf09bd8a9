/* SPDX-License-Identifier: EUPL-1.2 */
/* Requests and answers: edits that are refused leave what was; counts are those of the definition as it is then, and are entered before
 * they are given out. */
#include "research/circe/circe.h"
#include "research/evaluate/evaluate_example.h"
#include "research/session/session.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct example_store example;
static size_t entered;
static bool log_is_full;

static bool note(void *context, const struct cohort_program *program, const struct cohort_result *result, struct error *err)
{
    (void)context;
    (void)program;
    (void)result;
    entered += !log_is_full;
    return !log_is_full || FAIL(err, IO, "the log cannot be written");
}

static const char definition[] =
    "{\"ConceptSets\":[{\"id\":1,\"name\":\"ten\",\"expression\":{\"items\":[{\"concept\":{\"CONCEPT_ID\":10}}]}},"
    "{\"id\":2,\"name\":\"twenty\",\"expression\":{\"items\":[{\"concept\":{\"CONCEPT_ID\":20}}]}}],"
    "\"PrimaryCriteria\":{\"CriteriaList\":[{\"ConditionOccurrence\":{\"CodesetId\":1}}],\"ObservationWindow\":{\"PriorDays\":0,"
    "\"PostDays\":0},"
    "\"PrimaryCriteriaLimit\":{\"Type\":\"All\"}},\"QualifiedLimit\":{\"Type\":\"First\"},\"ExpressionLimit\":{\"Type\":\"All\"},"
    "\"InclusionRules\":[%s]}";
/* At least one of twenty within so many days after. */
static const char rule_form[] =
    "{\"name\":\"%s\",\"expression\":{\"Type\":\"ALL\",\"CriteriaList\":[{\"Criteria\":{\"ConditionOccurrence\":{\"CodesetId\":2}},"
    "\"StartWindow\":{\"Start\":{\"Days\":0,\"Coeff\":1},\"End\":{\"Days\":%d,\"Coeff\":1}},\"Occurrence\":{\"Type\":2,\"Count\":1}}],"
    "\"DemographicCriteriaList\":[],\"Groups\":[]}}";

static struct session *begin(void)
{
    static const struct session_options options = {.bytes_max = 1 << 20, .enter = note};
    struct error err = {0};
    struct session *session;
    entered = 0;
    log_is_full = false;
    if (!session_open(&session, example.reader, example.vocabulary, &options, &err)) {
        fail_msg("%s", err.message);
    }
    return session;
}

static const char *ask(struct session *session, const char *request)
{
    static struct buffer out;
    struct error err = {0};
    enum session_next next;
    out.maximum = 1 << 20;
    buffer_clear(&out);
    assert_true(session_answer(session, text_of(request), &out, &next, NULL, &err));
    assert_true(out.length > 0 && out.data[out.length - 1] == '\n' &&
                strchr((const char *)out.data, '\n') == (char *)out.data + out.length - 1);
    return (const char *)out.data;
}

static const char *ask_with_rule(struct session *session, const char *before, const char *name, int days)
{
    static char rule[1000], request[4000];
    snprintf(rule, sizeof rule, rule_form, name, days);
    snprintf(request, sizeof request, "%s%s}", before, rule);
    return ask(session, request);
}

#define ASSERT_HAS(answer, part) assert_non_null(strstr((answer), (part)))

static void open_definition(struct session *session)
{
    char request[4000];
    static const char form[] = "{\"do\":\"open\",\"id\":7,\"definition\":%s}";
    snprintf(request, sizeof request, definition, "");
    char whole[5000];
    snprintf(whole, sizeof whole, form, request);
    const char *answer = ask(session, whole);
    ASSERT_HAS(answer, "\"id\":7,\"ok\":true,\"do\":\"open\",\"rules\":0");
}

/* Persons 1 to 4 have a ten on day 0 of 2020; a twenty after 5, 15, 25 days, and none. */
static void a_definition_is_edited_and_counted(void **state)
{
    (void)state;
    CLEANUP(session) struct session *session = begin();
    open_definition(session);
    ASSERT_HAS(ask(session, "{\"do\":\"count\"}"), "\"persons\":4");
    ASSERT_HAS(ask_with_rule(session, "{\"do\":\"add\",\"count\":true,\"json\":", "soon", 10), "\"rule\":0");
    const char *answer = ask(session, "{\"do\":\"count\"}");
    ASSERT_HAS(answer, "\"persons\":1");
    ASSERT_HAS(answer, "{\"step\":\"soon\",\"persons\":1,\"events\":1}");
    ASSERT_HAS(answer, "\"rules\":0,\"criteria\":0"); /* nothing was evaluated again */
    ASSERT_HAS(ask_with_rule(session, "{\"do\":\"replace\",\"rule\":0,\"count\":true,\"json\":", "later", 20), "\"persons\":2");
    ASSERT_HAS(ask_with_rule(session, "{\"do\":\"add\",\"count\":true,\"json\":", "soon", 10), "\"persons\":1");
    answer = ask(session, "{\"do\":\"order\",\"rules\":[1,0],\"count\":true}");
    ASSERT_HAS(answer, "{\"step\":\"soon\",\"persons\":1,\"events\":1},{\"step\":\"later\"");
    ASSERT_HAS(ask(session, "{\"do\":\"rule\",\"rule\":1,\"on\":false,\"count\":true}"), "\"persons\":2");
    ASSERT_HAS(ask(session, "{\"do\":\"rule\",\"rule\":1,\"on\":true}"), "\"ok\":true");
    answer = ask(session, "{\"do\":\"matrix\"}");
    ASSERT_HAS(answer, "\"masks\":[{\"mask\":\"0\",\"count\":2},{\"mask\":\"2\",\"count\":1},{\"mask\":\"3\",\"count\":1}]");
    ASSERT_HAS(ask(session, "{\"do\":\"remove\",\"rule\":0,\"count\":true}"), "\"persons\":1");
    ASSERT_HAS(ask(session,
                   "{\"do\":\"set\",\"member\":\"PrimaryCriteria\",\"count\":true,\"json\":{\"CriteriaList\":[{\"ConditionOccurrence\":"
                   "{\"CodesetId\":2}}],\"ObservationWindow\":{},\"PrimaryCriteriaLimit\":{\"Type\":\"All\"}}}"),
               "\"persons\":3");
}

static void what_is_wrong_is_answered_and_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(session) struct session *session = begin();
    ASSERT_HAS(ask(session, "{\"do\":\"count\"}"), "\"ok\":false,\"error\":\"INVALID_INPUT\"");
    open_definition(session);
    ask_with_rule(session, "{\"do\":\"add\",\"json\":", "soon", 10);
    const char *answer = ask(
        session, "{\"do\":\"replace\",\"id\":\"x\",\"rule\":0,\"json\":{\"name\":\"r\",\"expression\":{\"Type\":\"ALL\",\"CriteriaList\":"
                 "[{\"Criteria\":{\"Birth\":{}},\"StartWindow\":{\"Start\":{},\"End\":{}},\"Occurrence\":{\"Type\":2,\"Count\":1}}]}}}");
    ASSERT_HAS(answer, "\"id\":\"x\",\"ok\":false");
    ASSERT_HAS(answer, "InclusionRules[0].expression.CriteriaList[0].Criteria");
    static const char *const wrong[] = {"",
                                        "[]",
                                        "{\"do\":\"fly\"}",
                                        "{\"do\":\"open\"}",
                                        "{\"do\":\"rule\",\"rule\":1,\"on\":true}",
                                        "{\"do\":\"rule\",\"rule\":0,\"on\":1}",
                                        "{\"do\":\"order\",\"rules\":[0,0]}",
                                        "{\"do\":\"order\",\"rules\":[1]}",
                                        "{\"do\":\"remove\",\"rule\":-1}",
                                        "{\"do\":\"set\",\"member\":\"InclusionRules\",\"json\":[]}",
                                        "{\"do\":\"set\",\"member\":\"PrimaryCriteria\",\"json\":{}}",
                                        "{\"do\":\"open\",\"definition\":{\"PrimaryCriteria\":3}}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ASSERT_HAS(ask(session, wrong[i]), "\"ok\":false");
    }
    ASSERT_HAS(ask(session, "{\"do\":\"count\"}"), "\"persons\":1");
}

static void counts_are_entered_before_they_are_given(void **state)
{
    (void)state;
    CLEANUP(session) struct session *session = begin();
    open_definition(session);
    ask(session, "{\"do\":\"count\"}");
    ask(session, "{\"do\":\"matrix\"}");
    assert_int_equal(entered, 1); /* the same program */
    ask_with_rule(session, "{\"do\":\"add\",\"count\":true,\"json\":", "soon", 10);
    assert_int_equal(entered, 2);
    ask(session, "{\"do\":\"rule\",\"rule\":0,\"on\":false,\"count\":true}");
    assert_int_equal(entered, 2); /* the first one again */
    log_is_full = true;
    ask_with_rule(session, "{\"do\":\"add\",\"json\":", "never", 1);
    const char *answer = ask(session, "{\"do\":\"count\"}");
    ASSERT_HAS(answer, "\"ok\":false,\"error\":\"IO\"");
    assert_null(strstr(answer, "persons"));
}

static void why_needs_rows_and_tells_them(void **state)
{
    (void)state;
    CLEANUP(session) struct session *counting = begin(), *telling = NULL;
    CLEANUP(store_reader) struct store_reader *reader = NULL;
    static const struct session_options options = {.bytes_max = 1 << 20};
    struct error err = {0};
    struct grant grant = example.grant;
    open_definition(counting);
    ASSERT_HAS(ask(counting, "{\"do\":\"why\",\"person\":2}"), "\"error\":\"DENIED\"");
    grant.actions = GRANT_COUNT | GRANT_ROWS;
    assert_true(keyring_grant_issue(example.keyring, &grant, &err) && store_reader_open(&reader, example.store, &grant, 0, &err));
    assert_true(session_open(&telling, reader, example.vocabulary, &options, &err));
    open_definition(telling);
    ask_with_rule(telling, "{\"do\":\"add\",\"json\":", "soon", 10);
    const char *answer = ask(telling, "{\"do\":\"why\",\"person\":2,\"language\":\"fr\"}");
    ASSERT_HAS(answer, "\"in\":false,\"events\":[{\"record\":{\"table\":\"condition_occurrence\",\"record\":2,\"start\":\"2020-01-01\"");
    ASSERT_HAS(answer, "\"step\":\"rules\"");
    ASSERT_HAS(answer, "\"count\":\"at least\",\"wanted\":1,\"found\":0,\"from\":\"2020-01-01\",\"until\":\"2020-01-11\",\"records\":[]");
    ASSERT_HAS(answer, "La personne n'est PAS dans la cohorte.");
    answer = ask(telling, "{\"do\":\"why\",\"person\":1}");
    ASSERT_HAS(
        answer,
        "\"found\":1,\"from\":\"2020-01-01\",\"until\":\"2020-01-11\",\"records\":[{\"table\":\"condition_occurrence\",\"record\":5,");
    ASSERT_HAS(answer, "In the cohort from 2020-01-01 until 2021-12-31");
    ASSERT_HAS(ask(telling, "{\"do\":\"why\",\"person\":9}"), "\"error\":\"NOT_FOUND\"");
}

static void closing_is_told(void **state)
{
    (void)state;
    CLEANUP(session) struct session *session = begin();
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1000};
    struct error err, refused;
    enum session_next next;
    assert_true(session_answer(session, text_of("{\"do\":\"nothing\"}"), &out, &next, &refused, &err));
    assert_true(next == SESSION_GOES_ON && refused.code == ERROR_INVALID_INPUT);
    assert_true(session_answer(session, text_of("{\"do\":\"close\"}"), &out, &next, &refused, &err));
    assert_true(next == SESSION_CLOSED && !*refused.message);
}

static int store_make(void **state)
{
    struct error err = {0};
    (void)state;
    bool done =
        example_begin(&example, &err) &&
        example_table(
            &example, "concept",
            "concept_id,concept_name,domain_id,vocabulary_id,concept_class_id,standard_concept,concept_code,valid_start_date,"
            "valid_end_date\n10,ten,Condition,x,x,S,10,1970-01-01,2099-12-31\n20,twenty,Condition,x,x,S,20,1970-01-01,2099-12-31\n",
            &err) &&
        example_table(&example, "observation_period",
                      "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n"
                      "1,1,2019-01-01,2021-12-31\n2,2,2019-01-01,2021-12-31\n3,3,2019-01-01,2021-12-31\n4,4,2019-01-01,2021-12-31\n",
                      &err) &&
        example_table(&example, "condition_occurrence",
                      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date\n"
                      "1,1,10,2020-01-01\n2,2,10,2020-01-01\n3,3,10,2020-01-01\n4,4,10,2020-01-01\n"
                      "5,1,20,2020-01-06\n6,2,20,2020-01-16\n7,3,20,2020-01-26\n",
                      &err) &&
        example_open(&example, 2, GRANT_COUNT, &err);
    if (!done) {
        print_error("%s\n", err.message);
    }
    return done ? 0 : -1;
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
        cmocka_unit_test(a_definition_is_edited_and_counted),
        cmocka_unit_test(what_is_wrong_is_answered_and_changes_nothing),
        cmocka_unit_test(counts_are_entered_before_they_are_given),
        cmocka_unit_test(why_needs_rows_and_tells_them),
        cmocka_unit_test(closing_is_told),
    };
    return cmocka_run_group_tests(tests, store_make, store_end);
}
