/* SPDX-License-Identifier: EUPL-1.2 */
/* constructs: see constructs.h. A count for each value of each enumeration, and for each choice that is no enumeration. */
#include "constructs.h"
#include <stdio.h>

enum { VALUES_MAX = 16 };
/* Names in the order of the enumeration; a choice has "no" and "yes". */
static struct family {
    const char *name;
    const char *values[VALUES_MAX];
    size_t counts[VALUES_MAX];
} families[] = {
    {"operand",
     {"nothing", "one", "field", "field or zero", "start", "end", "length", "age at start", "age at end", "person", "specialty",
      "visit concept", "place of service", "ratio to low", "ratio to high"},
     {0}},
    {"test", {"integer", "date", "decimal", "text", "concepts", "set", "present", "abnormal"}, {0}},
    {"negated test", {"integer", "date", "decimal", "text", "concepts", "set", "present"}, {0}},
    {"comparison", {"lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt"}, {0}},
    {"end", {"recorded", "or next day", "or supply", "next day"}, {0}},
    {"adjustment", {"start from start", "start from end"}, {0}},
    {"adjustment of end", {"from start", "from end"}, {0}},
    {"criterion",
     {"whole table", "concept set", "source set", "both sets", "first", "user start", "user end", "nested", "empty set", "large set"},
     {0}},
    {"bound", {"days", "period start", "period end", "none"}, {0}},
    {"window", {"start of event", "end of event", "start of index", "end of index", "end window", "visit", "outside period"}, {0}},
    {"count", {"exactly", "at most", "at least"}, {0}},
    {"distinct", {"nothing", "one", "field", "field or zero", "start", "end", "length"}, {0}},
    {"group", {"all", "any", "at least", "at most"}, {0}},
    {"part of group", {"correlated", "demographic", "group", "empty group"}, {0}},
    {"primary limit", {"all", "first", "last"}, {0}},
    {"qualified limit", {"all", "first", "last"}, {0}},
    {"expression limit", {"all", "first", "last"}, {0}},
    {"exit", {"period end", "offset", "drug era"}, {0}},
    {"part of exit", {"offset from end", "supply override", "negative offset", "censoring", "era pad", "censor start", "censor end"}, {0}},
    {"program", {"several primary criteria", "prior days", "post days", "additional", "rules"}, {0}},
};
enum {
    OPERAND,
    TEST,
    NEGATED,
    COMPARISON,
    END,
    ADJUSTMENT,
    ADJUSTMENT_END,
    CRITERION,
    BOUND,
    WINDOW,
    COUNT,
    DISTINCT,
    GROUP,
    GROUP_PART,
    PRIMARY,
    QUALIFIED,
    EXPRESSION,
    EXIT,
    EXIT_PART,
    PROGRAM,
    FAMILIES,
};
static size_t tables[OMOP_TABLE_COUNT];

static void count(int family, int value, bool is_there)
{
    families[family].counts[value] += is_there;
}

static void group_count(const struct cohort_program *program, const struct cohort_group *group);

static void test_count(const struct cohort_test *test)
{
    bool is_range = test->kind == COHORT_TEST_INTEGER || test->kind == COHORT_TEST_DATE || test->kind == COHORT_TEST_DECIMAL;
    count(OPERAND, (int)test->value.operand, test->kind != COHORT_TEST_ABNORMAL);
    count(TEST, (int)test->kind, true);
    count(NEGATED, (int)test->kind, test->is_negated);
    count(COMPARISON, (int)test->comparison, is_range);
}

static void criterion_count(const struct cohort_program *program, const struct cohort_criterion *criterion)
{
    bool by_set = criterion->concept_set != COHORT_NO_SET, by_source = criterion->source_concept_set != COHORT_NO_SET;
    size_t members = by_set ? program->concept_sets[criterion->concept_set].members.count : 1;
    const bool choices[] = {!by_set && !by_source,
                            by_set,
                            by_source,
                            by_set && by_source,
                            criterion->first_only,
                            criterion->has_user_start,
                            criterion->has_user_end,
                            criterion->nested != NULL,
                            members == 0,
                            members > 40};
    for (int i = 0; i < (int)(sizeof choices / sizeof *choices); i++) {
        count(CRITERION, i, choices[i]);
    }
    tables[criterion->table]++;
    count(END, (int)criterion->end_rule, true);
    count(ADJUSTMENT, criterion->adjustment.starts_from_end, criterion->has_adjustment);
    count(ADJUSTMENT_END, criterion->adjustment.ends_from_end, criterion->has_adjustment);
    for (size_t i = 0; i < criterion->test_count; i++) {
        test_count(&criterion->tests[i]);
    }
    if (criterion->nested) {
        group_count(program, criterion->nested);
    }
}

static void window_count(const struct cohort_window *window)
{
    count(BOUND, (int)window->from.kind, true);
    count(BOUND, (int)window->to.kind, true);
    count(WINDOW, window->uses_event_end, true);
    count(WINDOW, 2 + window->uses_index_end, true);
}

static void correlated_count(const struct cohort_program *program, const struct cohort_correlated *item)
{
    window_count(&item->start_window);
    if (item->has_end_window) {
        window_count(&item->end_window);
    }
    count(WINDOW, 4, item->has_end_window);
    count(WINDOW, 5, item->restricts_to_visit);
    count(WINDOW, 6, item->ignores_observation_period);
    count(COUNT, (int)item->count, true);
    count(DISTINCT, (int)item->distinct.operand, item->is_distinct);
    count(OPERAND, (int)item->distinct.operand, item->is_distinct);
    criterion_count(program, item->criterion);
}

static void group_count(const struct cohort_program *program, const struct cohort_group *group)
{
    bool is_empty = group->correlated_count + group->demographic_count + group->group_count == 0;
    count(GROUP, (int)group->kind, true);
    count(GROUP_PART, 3, is_empty);
    for (size_t i = 0; i < group->correlated_count; i++) {
        count(GROUP_PART, 0, true);
        correlated_count(program, &group->correlated[i]);
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        count(GROUP_PART, 1, true);
        for (size_t k = 0; k < group->demographics[i].test_count; k++) {
            test_count(&group->demographics[i].tests[k]);
        }
    }
    for (size_t i = 0; i < group->group_count; i++) {
        count(GROUP_PART, 2, true);
        group_count(program, &group->groups[i]);
    }
}

void constructs_count(const struct cohort_program *program)
{
    const struct cohort_exit *exit_rule = &program->exit;
    bool is_offset = exit_rule->kind == COHORT_EXIT_OFFSET;
    const bool exits[] = {is_offset && exit_rule->from_end,
                          exit_rule->has_supply_override,
                          exit_rule->offset<0, program->censoring_count> 0,
                          program->era_pad > 0,
                          program->has_censor_start,
                          program->has_censor_end};
    const bool wholes[] = {program->primary_count > 1, program->prior_days > 0, program->post_days > 0, program->additional != NULL,
                           program->rule_count > 0};
    for (int i = 0; i < (int)(sizeof exits / sizeof *exits); i++) {
        count(EXIT_PART, i, exits[i]);
    }
    for (int i = 0; i < (int)(sizeof wholes / sizeof *wholes); i++) {
        count(PROGRAM, i, wholes[i]);
    }
    count(PRIMARY, (int)program->primary_limit, true);
    count(QUALIFIED, (int)program->qualified_limit, true);
    count(EXPRESSION, (int)program->expression_limit, true);
    count(EXIT, (int)exit_rule->kind, true);
    for (size_t i = 0; i < program->primary_count; i++) {
        criterion_count(program, &program->primary[i]);
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        group_count(program, &program->rules[i].group);
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        criterion_count(program, &program->censoring[i]);
    }
    if (program->additional) {
        group_count(program, program->additional);
    }
}

size_t constructs_print(void)
{
    static const int language[] = {OMOP_TABLE_CONDITION_OCCURRENCE,
                                   OMOP_TABLE_DRUG_EXPOSURE,
                                   OMOP_TABLE_PROCEDURE_OCCURRENCE,
                                   OMOP_TABLE_MEASUREMENT,
                                   OMOP_TABLE_OBSERVATION,
                                   OMOP_TABLE_DEVICE_EXPOSURE,
                                   OMOP_TABLE_VISIT_OCCURRENCE,
                                   OMOP_TABLE_VISIT_DETAIL,
                                   OMOP_TABLE_DEATH,
                                   OMOP_TABLE_SPECIMEN,
                                   OMOP_TABLE_CONDITION_ERA,
                                   OMOP_TABLE_DRUG_ERA,
                                   OMOP_TABLE_DOSE_ERA,
                                   OMOP_TABLE_OBSERVATION_PERIOD,
                                   OMOP_TABLE_PAYER_PLAN_PERIOD};
    size_t never = 0;
    printf("criteria of");
    for (size_t i = 0; i < sizeof language / sizeof *language; i++) {
        printf(" %s %zu%s", omop_table(language[i])->name, tables[language[i]], i + 1 < sizeof language / sizeof *language ? "," : "\n");
        never += tables[language[i]] == 0;
    }
    for (int f = 0; f < FAMILIES; f++) {
        printf("%s:", families[f].name);
        for (int v = 0; v < VALUES_MAX && families[f].values[v]; v++) {
            printf("%s %s %zu", v ? "," : "", families[f].values[v], families[f].counts[v]);
            never += families[f].counts[v] == 0;
        }
        printf("\n");
    }
    return never;
}
