/* SPDX-License-Identifier: EUPL-1.2 */
/* A program made by hand: it is sound, each broken invariant is found, its print holds what changes rows and nothing else. */
#include "research/cohort/cohort_keys.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Everything that the tests change, in one place. */
struct sample {
    struct concept_set_item items[2];
    const char *item_names[2];
    struct cohort_concept_set sets[2];
    struct cohort_test tests[1];
    struct cohort_criterion primary[1], inner[1];
    struct cohort_correlated correlated[1];
    struct cohort_demographic demographics[1];
    struct cohort_rule rules[1];
    struct cohort_program program;
};

static void sample_make(struct sample *s)
{
    static const struct cohort_value nothing = {COHORT_NOTHING, OMOP_NO_FIELD};
    memset(s, 0, sizeof *s);
    s->items[0] = (struct concept_set_item){.concept = {10}, .include_descendants = true};
    s->items[1] = (struct concept_set_item){.concept = {20}, .is_excluded = true};
    s->item_names[0] = "Ten";
    s->item_names[1] = "";
    s->sets[0] = (struct cohort_concept_set){.id = 4, .name = "unused", .path = "ConceptSets[0]"};
    s->sets[1] = (struct cohort_concept_set){
        .id = 5, .name = "Tens", .items = s->items, .item_names = s->item_names, .item_count = 2, .path = "ConceptSets[1]"};
    s->tests[0] = (struct cohort_test){.kind = COHORT_TEST_INTEGER,
                                       .value = {COHORT_AGE_AT_START, OMOP_NO_FIELD},
                                       .comparison = COHORT_GTE,
                                       .low = 18,
                                       .high = INT64_MAX,
                                       .set = COHORT_NO_SET,
                                       .path = "age"};
    s->primary[0] = (struct cohort_criterion){.table = OMOP_TABLE_CONDITION_OCCURRENCE,
                                              .concept_set = 1,
                                              .source_concept_set = COHORT_NO_SET,
                                              .end_rule = COHORT_END_OR_NEXT_DAY,
                                              .path = "primary"};
    s->inner[0] = (struct cohort_criterion){
        .table = OMOP_TABLE_VISIT_OCCURRENCE, .concept_set = COHORT_NO_SET, .source_concept_set = COHORT_NO_SET, .path = "inner"};
    s->correlated[0] = (struct cohort_correlated){
        .criterion = s->inner, .count = COHORT_COUNT_AT_LEAST, .number = 1, .distinct = nothing, .path = "correlated"};
    s->demographics[0] = (struct cohort_demographic){s->tests, 1, "demographic"};
    s->rules[0] = (struct cohort_rule){.name = "rule",
                                       .description = "",
                                       .group = {.kind = COHORT_ANY,
                                                 .correlated = s->correlated,
                                                 .correlated_count = 1,
                                                 .demographics = s->demographics,
                                                 .demographic_count = 1,
                                                 .path = "group"},
                                       .path = "rule"};
    s->program = (struct cohort_program){.name = "sample",
                                         .title = "",
                                         .concept_sets = s->sets,
                                         .concept_set_count = 2,
                                         .primary = s->primary,
                                         .primary_count = 1,
                                         .rules = s->rules,
                                         .rule_count = 1,
                                         .exit = {.drug_set = COHORT_NO_SET, .path = ""}};
}

static struct crypto_hash hash_of(const struct sample *s)
{
    struct error err = {0};
    struct crypto_hash hash;
    assert_true(cohort_program_hash(&s->program, &hash, &err));
    return hash;
}

static void a_sound_program_passes(void **state)
{
    (void)state;
    struct error err = {0};
    struct sample s;
    sample_make(&s);
    if (!cohort_program_validate(&s.program, &err)) {
        fail_msg("%s", err.message);
    }
    uint64_t wanted = UINT64_C(1) << OMOP_TABLE_OBSERVATION_PERIOD | UINT64_C(1) << OMOP_TABLE_CONDITION_OCCURRENCE |
                      UINT64_C(1) << OMOP_TABLE_VISIT_OCCURRENCE | UINT64_C(1) << OMOP_TABLE_PERSON;
    assert_true(cohort_program_tables(&s.program) == wanted);
    s.tests[0].value.operand = COHORT_START;
    s.rules[0].group.demographic_count = 0;
    assert_true(cohort_program_tables(&s.program) == (wanted & ~(UINT64_C(1) << OMOP_TABLE_PERSON)));
}

/* Each changes a sound sample into one that is not. */
static void no_primary(struct sample *s)
{
    s->program.primary_count = 0;
}
static void limit_without_group(struct sample *s)
{
    s->program.qualified_limit = COHORT_LIMIT_FIRST;
}
static void set_out_of_range(struct sample *s)
{
    s->primary[0].concept_set = 2;
}
static void wrong_table(struct sample *s)
{
    s->primary[0].table = OMOP_TABLE_NOTE;
}
static void wrong_end(struct sample *s)
{
    s->primary[0].end_rule = COHORT_END_NEXT_DAY;
}
static void wrong_user_period(struct sample *s)
{
    s->primary[0].has_user_end = true;
}
static void source_set_without_field(struct sample *s)
{
    s->primary[0].table = OMOP_TABLE_CONDITION_ERA;
    s->primary[0].end_rule = COHORT_END_RECORDED;
    s->primary[0].source_concept_set = 1;
}
static void wrong_comparison(struct sample *s)
{
    s->tests[0].comparison = COHORT_LT;
}
static void wrong_negation(struct sample *s)
{
    s->tests[0].is_negated = true;
}
static void wrong_operand(struct sample *s)
{
    s->tests[0].value.operand = COHORT_LENGTH;
}
static void field_out_of_range(struct sample *s)
{
    s->tests[0].value = (struct cohort_value){COHORT_PERSON, OMOP_PERSON_FIELD_COUNT};
}
static void text_of_a_number(struct sample *s)
{
    s->tests[0].kind = COHORT_TEST_TEXT;
    s->tests[0].pattern = TEXT("x");
}
static void empty_group_of_a_kind(struct sample *s)
{
    s->rules[0].group.correlated_count = s->rules[0].group.demographic_count = 0;
}
static void absent_contradiction(struct sample *s)
{
    s->correlated[0].takes_absent = true;
}
static void days_of_no_bound(struct sample *s)
{
    s->correlated[0].start_window.from = (struct cohort_bound){COHORT_BOUND_NONE, 3};
}
static void distinct_without_need(struct sample *s)
{
    s->correlated[0].distinct.operand = COHORT_START;
}
static void members_out_of_order(struct sample *s)
{
    static const int64_t members[] = {3, 3};
    s->sets[1].is_resolved = true;
    s->sets[1].members = (struct concept_ids){members, 2};
}
static void era_without_set(struct sample *s)
{
    s->program.exit.kind = COHORT_EXIT_DRUG_ERA;
}
static void too_many_rules(struct sample *s)
{
    s->program.rule_count = COHORT_RULES_MAX + 1;
}

static void each_broken_invariant_is_found(void **state)
{
    (void)state;
    static const struct {
        void (*change)(struct sample *s);
        const char *where;
    } cases[] = {
        {no_primary, "the top"},
        {limit_without_group, "the top"},
        {too_many_rules, "the top"},
        {era_without_set, "the top"},
        {set_out_of_range, "primary"},
        {wrong_table, "primary"},
        {wrong_end, "primary"},
        {wrong_user_period, "primary"},
        {source_set_without_field, "primary"},
        {wrong_comparison, "age"},
        {wrong_negation, "age"},
        {wrong_operand, "demographic"},
        {field_out_of_range, "age"},
        {text_of_a_number, "age"},
        {empty_group_of_a_kind, "group"},
        {absent_contradiction, "correlated"},
        {days_of_no_bound, "correlated"},
        {distinct_without_need, "correlated"},
        {members_out_of_order, "ConceptSets[1]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        struct sample s;
        sample_make(&s);
        cases[i].change(&s);
        if (cohort_program_validate(&s.program, &err) || err.code != ERROR_INTERNAL || !strstr(err.message, cases[i].where)) {
            fail_msg("case %zu was not found at %s: %s", i, cases[i].where, err.message);
        }
    }
}

static void the_print_is_canonical(void **state)
{
    (void)state;
    static const char wanted[] = "emc2 cohort program 1\n"
                                 "primary all prior 0 post 0\n"
                                 "  condition_occurrence set 1 end recorded-or-next-day\n"
                                 "rule any\n"
                                 "  at-least 1\n"
                                 "    window event start index start +0 +0\n"
                                 "    visit_occurrence end recorded\n"
                                 "  demographic\n"
                                 "    test age-at-start gte 18\n"
                                 "included all\n"
                                 "exit period-end\n"
                                 "collapse 0\n"
                                 "set 1\n"
                                 "  include 10 descendants\n"
                                 "  exclude 20\n";
    struct error err = {0};
    struct sample s;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    sample_make(&s);
    assert_true(cohort_program_print(&s.program, &out, &err));
    assert_string_equal((const char *)out.data, wanted);
}

static void the_hash_is_of_what_changes_rows(void **state)
{
    (void)state;
    struct sample s, other;
    sample_make(&s);
    sample_make(&other);
    struct crypto_hash hash = hash_of(&s);
    other.program.name = other.program.title = other.rules[0].name = other.sets[1].name = other.item_names[0] = "otherwise";
    other.primary[0].path = "elsewhere";
    other.items[0] = s.items[1];
    other.items[1] = s.items[0];
    struct crypto_hash same = hash_of(&other);
    assert_memory_equal(&hash, &same, sizeof hash);
    other.tests[0].low = 19;
    same = hash_of(&other);
    assert_memory_not_equal(&hash, &same, sizeof hash);
    sample_make(&other);
    other.items[0].include_mapped = true;
    same = hash_of(&other);
    assert_memory_not_equal(&hash, &same, sizeof hash);
}

static struct crypto_hash key_of(const struct cohort_program *program, enum cohort_part part)
{
    CLEANUP(cohort_keys) struct cohort_keys *keys = cohort_keys_create(program);
    struct crypto_hash key;
    struct error err;
    assert_true(cohort_part_key(keys, part, &key, &err));
    return key;
}

/* A set counts by its members, wherever it stands and whatever made them; what the part does not say does not count. */
static void keys_of_parts_are_of_what_they_give(void **state)
{
    (void)state;
    static const int64_t members[] = {10, 11, 12};
    struct sample s, other;
    sample_make(&s);
    sample_make(&other);
    s.sets[1].members = (struct concept_ids){members, 3};
    other.sets[0].members = (struct concept_ids){members, 3};
    other.primary[0].concept_set = 0;
    other.tests[0].low = 30; /* of the rule */
    struct crypto_hash a = key_of(&s.program, COHORT_PART_PRIMARY), b = key_of(&other.program, COHORT_PART_PRIMARY);
    assert_memory_equal(&a, &b, sizeof a);
    other.sets[0].members.count = 2;
    b = key_of(&other.program, COHORT_PART_PRIMARY);
    assert_memory_not_equal(&a, &b, sizeof a);
    b = key_of(&s.program, COHORT_PART_EXITS);
    assert_memory_not_equal(&a, &b, sizeof a);
    CLEANUP(cohort_keys) struct cohort_keys *keys = cohort_keys_create(&s.program), *others = cohort_keys_create(&other.program);
    struct error err;
    assert_true(cohort_group_key(keys, &s.rules[0].group, &a, &err) && cohort_group_key(others, &other.rules[0].group, &b, &err));
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_true(cohort_criterion_key(keys, &s.inner[0], &a, &err) && cohort_criterion_key(others, &other.inner[0], &b, &err));
    assert_memory_equal(&a, &b, sizeof a);
}

static void sizes_of_sets_are_told(void **state)
{
    (void)state;
    static const int64_t members[] = {10, 11, 12};
    struct error err = {0};
    struct sample s;
    CLEANUP(buffer_value) struct buffer before = {.maximum = 1 << 16}, after = {.maximum = 1 << 16};
    sample_make(&s);
    assert_true(cohort_program_explain(&s.program, NULL, COHORT_ENGLISH, &before, &err));
    assert_non_null(strstr((const char *)before.data, "condition in “Tens” (2 items)"));
    s.sets[1].is_resolved = true;
    s.sets[1].members = (struct concept_ids){members, 3};
    assert_true(cohort_program_explain(&s.program, NULL, COHORT_FRENCH, &after, &err));
    assert_non_null(strstr((const char *)after.data, "affection dans « Tens » (3 concepts)"));
}

static void like_is_that_of_sql(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *value;
        bool is_like;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"%", "", true},
        {"%", "abc", true},
        {"_", "", false},
        {"_", "é", true},
        {"__", "é", false},
        {"a%", "abc", true},
        {"a%", "Abc", false},
        {"%c", "abcc", true},
        {"%bc%", "aabcd", true},
        {"%b_d%", "abcdabxd", true},
        {"%ab", "aab", true},
        {"%ab", "aabb", false},
        {"a_c", "abc", true},
        {"a\\%", "a\\x", true},
        {"%a%b%c%", "xxaxxbxxcxx", true},
        {"%a%b%c%", "xxaxxcxxbxx", false},
        {"%%a%%", "a", true},
        {"é%", "énorme", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (cohort_text_is_like(text_of(cases[i].pattern), text_of(cases[i].value)) != cases[i].is_like) {
            fail_msg("\"%s\" like \"%s\" is wrong", cases[i].value, cases[i].pattern);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_program_passes),
        cmocka_unit_test(each_broken_invariant_is_found),
        cmocka_unit_test(the_print_is_canonical),
        cmocka_unit_test(the_hash_is_of_what_changes_rows),
        cmocka_unit_test(keys_of_parts_are_of_what_they_give),
        cmocka_unit_test(sizes_of_sets_are_told),
        cmocka_unit_test(like_is_that_of_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
