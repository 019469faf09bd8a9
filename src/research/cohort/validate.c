/* SPDX-License-Identifier: EUPL-1.2 */
/* Every invariant of the header, checked after parsing and before evaluation: a program that breaks one is a fault of ours. */
#include "research/cohort/program_walk.h"

/* What is checked against what. */
struct checking {
    const struct cohort_program *program;
    int depth;
};

static bool broken(const struct checking *checking, const char *path, const char *what, struct error *err)
{
    FAIL(err, INTERNAL, "%s: the cohort program is not sound at %s: %s", checking->program->name, path && path[0] ? path : "the top", what);
    return error_hint(err, "this is a fault of emc2; please report it with the definition");
}

static bool is_set(const struct checking *checking, int set)
{
    return set >= 0 && (size_t)set < checking->program->concept_set_count;
}

static bool is_set_or_none(const struct checking *checking, int set)
{
    return set == COHORT_NO_SET || is_set(checking, set);
}

static bool is_ascending(struct concept_ids ids)
{
    for (size_t i = 1; i < ids.count; i++) {
        if (ids.items[i - 1] >= ids.items[i]) {
            return false;
        }
    }
    return ids.count == 0 || ids.items;
}

static bool sets_check(const struct checking *checking, struct error *err)
{
    for (size_t i = 0; i < checking->program->concept_set_count; i++) {
        const struct cohort_concept_set *set = &checking->program->concept_sets[i];
        if (!set->name || !set->path || (set->item_count > 0 && (!set->items || !set->item_names))) {
            return broken(checking, set->path, "a concept set lacks a part", err);
        }
        if (set->is_undefined && set->item_count > 0) {
            return broken(checking, set->path, "an undefined concept set has items", err);
        }
        if (set->is_resolved && !is_ascending(set->members)) {
            return broken(checking, set->path, "the members of a concept set do not ascend", err);
        }
    }
    return true;
}

/* The type of a value, or -1 when the operand does not exist for this table. */
static int value_type(int table, struct cohort_value value)
{
    switch (value.operand) {
    case COHORT_NOTHING:
    case COHORT_ONE:
    case COHORT_LENGTH:
    case COHORT_AGE_AT_START:
    case COHORT_AGE_AT_END:
    case COHORT_PROVIDER_SPECIALTY:
    case COHORT_VISIT_CONCEPT:
    case COHORT_PLACE_OF_SERVICE:
        return value.field == OMOP_NO_FIELD ? OMOP_INTEGER : -1;
    case COHORT_START:
    case COHORT_END:
        return value.field == OMOP_NO_FIELD ? OMOP_DATE : -1;
    case COHORT_RATIO_TO_LOW:
    case COHORT_RATIO_TO_HIGH:
        return value.field == OMOP_NO_FIELD && table == OMOP_TABLE_MEASUREMENT ? OMOP_FLOAT : -1;
    case COHORT_PERSON:
        table = OMOP_TABLE_PERSON;
        break;
    case COHORT_FIELD:
    case COHORT_FIELD_OR_ZERO:
        break;
    }
    bool is_field = value.field >= 0 && value.field < omop_table(table)->field_count;
    return is_field ? (int)omop_table(table)->fields[value.field].type : -1;
}

static bool test_kind_fits(const struct checking *checking, int table, const struct cohort_test *test)
{
    int type = value_type(table, test->value);
    switch (test->kind) {
    case COHORT_TEST_INTEGER:
        return type == OMOP_INTEGER && range_agrees(test);
    case COHORT_TEST_DATE:
        return type == OMOP_DATE && range_agrees(test);
    case COHORT_TEST_DECIMAL:
        return type == OMOP_FLOAT && range_agrees(test);
    case COHORT_TEST_TEXT:
        return type == OMOP_TEXT && test->pattern.data;
    case COHORT_TEST_CONCEPTS:
        return type == OMOP_INTEGER && test->concepts.count > 0 && is_ascending(test->concepts) && test->concept_names;
    case COHORT_TEST_SET:
        return type == OMOP_INTEGER && is_set(checking, test->set);
    case COHORT_TEST_PRESENT:
        return type == OMOP_INTEGER && test->set == COHORT_NO_SET;
    case COHORT_TEST_ABNORMAL:
        return table == OMOP_TABLE_MEASUREMENT && !test->is_negated;
    }
    return false;
}

static bool tests_check(const struct checking *checking, int table, const struct cohort_test *tests, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!tests[i].path || !test_kind_fits(checking, table, &tests[i])) {
            return broken(checking, tests[i].path, "a test does not fit what it looks at", err);
        }
    }
    return true;
}

static bool is_domain_table(int table)
{
    static const int tables[] = {
        OMOP_TABLE_CONDITION_OCCURRENCE,
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
        OMOP_TABLE_PAYER_PLAN_PERIOD,
    };
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (tables[i] == table) {
            return true;
        }
    }
    return false;
}

static bool group_check(struct checking *checking, const struct cohort_group *group, struct error *err);

static bool is_empty(const struct cohort_group *group)
{
    return group->correlated_count + group->demographic_count + group->group_count == 0;
}

static bool criterion_check(struct checking *checking, const struct cohort_criterion *criterion, struct error *err)
{
    if (!criterion->path || !is_domain_table(criterion->table)) {
        return broken(checking, criterion->path, "a criterion has no table of the language", err);
    }
    const struct omop_table_info *table = omop_table(criterion->table);
    if (!is_set_or_none(checking, criterion->concept_set) || !is_set_or_none(checking, criterion->source_concept_set) ||
        (criterion->concept_set != COHORT_NO_SET && table->concept_field == OMOP_NO_FIELD) ||
        (criterion->source_concept_set != COHORT_NO_SET && table->source_concept_field == OMOP_NO_FIELD)) {
        return broken(checking, criterion->path, "a criterion asks for a concept set that it cannot have", err);
    }
    bool has_end = table->end_field != OMOP_NO_FIELD;
    bool is_supply = criterion->end_rule == COHORT_END_OR_SUPPLY;
    if (has_end != (criterion->end_rule != COHORT_END_NEXT_DAY) || is_supply != (criterion->table == OMOP_TABLE_DRUG_EXPOSURE)) {
        return broken(checking, criterion->path, "the end of a row is not that of its table", err);
    }
    bool is_period = criterion->table == OMOP_TABLE_OBSERVATION_PERIOD || criterion->table == OMOP_TABLE_PAYER_PLAN_PERIOD;
    if ((criterion->has_user_start || criterion->has_user_end) && !is_period) {
        return broken(checking, criterion->path, "only periods can be user-defined", err);
    }
    TRY(tests_check(checking, criterion->table, criterion->tests, criterion->test_count, err));
    if (criterion->nested && is_empty(criterion->nested)) {
        return broken(checking, criterion->path, "an empty nested group was kept", err);
    }
    return criterion->nested ? group_check(checking, criterion->nested, err) : true;
}

static bool is_bound(struct cohort_bound bound)
{
    return (unsigned)bound.kind <= COHORT_BOUND_NONE && (bound.kind == COHORT_BOUND_DAYS || bound.days == 0);
}

static bool correlated_check(struct checking *checking, const struct cohort_correlated *correlated, struct error *err)
{
    if (!correlated->path || !correlated->criterion) {
        return broken(checking, correlated->path, "a correlated criterion lacks its criterion", err);
    }
    if (!is_bound(correlated->start_window.from) || !is_bound(correlated->start_window.to) || !is_bound(correlated->end_window.from) ||
        !is_bound(correlated->end_window.to)) {
        return broken(checking, correlated->path, "a window has a bound of no kind", err);
    }
    bool takes_absent = correlated->count == COHORT_COUNT_AT_MOST || correlated->number == 0;
    if ((unsigned)correlated->count > COHORT_COUNT_AT_LEAST || correlated->takes_absent != takes_absent) {
        return broken(checking, correlated->path, "the counting of a correlated criterion contradicts itself", err);
    }
    bool is_value = value_type(correlated->criterion->table, correlated->distinct) >= 0;
    if (!is_value || (!correlated->is_distinct && correlated->distinct.operand != COHORT_NOTHING)) {
        return broken(checking, correlated->path, "there is no such value to count", err);
    }
    return criterion_check(checking, correlated->criterion, err);
}

static bool demographic_check(const struct checking *checking, const struct cohort_demographic *demographic, struct error *err)
{
    for (size_t i = 0; i < demographic->test_count; i++) {
        enum cohort_operand operand = demographic->tests[i].value.operand;
        if (operand != COHORT_START && operand != COHORT_END && operand != COHORT_AGE_AT_START && operand != COHORT_PERSON) {
            return broken(checking, demographic->path, "a demographic criterion looks at something else", err);
        }
    }
    return tests_check(checking, OMOP_TABLE_PERSON, demographic->tests, demographic->test_count, err);
}

static bool group_items_check(struct checking *checking, const struct cohort_group *group, struct error *err)
{
    for (size_t i = 0; i < group->correlated_count; i++) {
        TRY(correlated_check(checking, &group->correlated[i], err));
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        TRY(demographic_check(checking, &group->demographics[i], err));
    }
    for (size_t i = 0; i < group->group_count; i++) {
        TRY(group_check(checking, &group->groups[i], err));
    }
    return true;
}

static bool group_check(struct checking *checking, const struct cohort_group *group, struct error *err)
{
    if (!group->path || (unsigned)group->kind > COHORT_AT_MOST_ITEMS || (is_empty(group) && group->kind != COHORT_ALL)) {
        return broken(checking, group->path, "a group is of no kind", err);
    }
    if (checking->depth == PROGRAM_DEPTH_MAX) {
        return broken(checking, group->path, "groups are nested too deep", err);
    }
    checking->depth++;
    TRY(group_items_check(checking, group, err));
    checking->depth--;
    return true;
}

static bool exit_check(const struct checking *checking, const struct cohort_exit *exit, struct error *err)
{
    bool is_era = exit->kind == COHORT_EXIT_DRUG_ERA;
    if ((unsigned)exit->kind > COHORT_EXIT_DRUG_ERA || !exit->path || is_era != is_set(checking, exit->drug_set)) {
        return broken(checking, exit->path, "the exit is of no kind, or has no set of drugs", err);
    }
    return true;
}

static bool limits_check(const struct checking *checking, struct error *err)
{
    const struct cohort_program *program = checking->program;
    if ((unsigned)program->primary_limit > COHORT_LIMIT_LAST || (unsigned)program->qualified_limit > COHORT_LIMIT_LAST ||
        (unsigned)program->expression_limit > COHORT_LIMIT_LAST) {
        return broken(checking, "", "a limit is of no kind", err);
    }
    if (!program->additional && program->qualified_limit != COHORT_LIMIT_ALL) {
        return broken(checking, "", "the qualified limit counts only with additional criteria", err);
    }
    return program->rule_count <= COHORT_RULES_MAX ? true : broken(checking, "", "there are too many inclusion rules", err);
}

bool cohort_program_validate(const struct cohort_program *program, struct error *err)
{
    struct checking checking = {program, 0};
    if (!program->name || !program->title || (program->primary_count == 0 && !program->additional)) {
        return broken(&checking, "", "there is no name, title or criterion", err);
    }
    TRY(sets_check(&checking, err));
    TRY(limits_check(&checking, err));
    TRY(exit_check(&checking, &program->exit, err));
    for (size_t i = 0; i < program->primary_count; i++) {
        TRY(criterion_check(&checking, &program->primary[i], err));
    }
    if (program->additional) {
        TRY(group_check(&checking, program->additional, err));
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        if (!program->rules[i].name || !program->rules[i].description || !program->rules[i].path) {
            return broken(&checking, program->rules[i].path, "a rule lacks a part", err);
        }
        TRY(group_check(&checking, &program->rules[i].group, err));
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        TRY(criterion_check(&checking, &program->censoring[i], err));
    }
    return true;
}
