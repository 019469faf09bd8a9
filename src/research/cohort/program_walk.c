/* SPDX-License-Identifier: EUPL-1.2 */
/* Walking a program, the tables that it reads, and the numbers of a range as they were given. */
#include "research/cohort/program_walk.h"
#include <math.h>

bool range_is_between(const struct cohort_test *test)
{
    return test->comparison == COHORT_BETWEEN || test->comparison == COHORT_NOT_BETWEEN;
}

int64_t range_value(const struct cohort_test *test)
{
    switch (test->comparison) {
    case COHORT_LT:
        return test->high + 1;
    case COHORT_LTE:
        return test->high;
    case COHORT_GT:
        return test->low - 1;
    case COHORT_EQ:
    case COHORT_NOT_EQ:
    case COHORT_GTE:
    case COHORT_BETWEEN:
    case COHORT_NOT_BETWEEN:
        break;
    }
    return test->low;
}

double range_number(const struct cohort_test *test)
{
    switch (test->comparison) {
    case COHORT_LT:
        return nextafter(test->high_number, INFINITY);
    case COHORT_LTE:
        return test->high_number;
    case COHORT_GT:
        return nextafter(test->low_number, -INFINITY);
    case COHORT_EQ:
    case COHORT_NOT_EQ:
    case COHORT_GTE:
    case COHORT_BETWEEN:
    case COHORT_NOT_BETWEEN:
        break;
    }
    return test->low_number;
}

bool range_agrees(const struct cohort_test *test)
{
    bool is_decimal = test->kind == COHORT_TEST_DECIMAL;
    bool has_low = is_decimal ? !isinf(test->low_number) : test->low != INT64_MIN;
    bool has_high = is_decimal ? !isinf(test->high_number) : test->high != INT64_MAX;
    bool is_point =
        is_decimal ? !(test->low_number < test->high_number) && !(test->low_number > test->high_number) : test->low == test->high;
    bool is_negation = test->comparison == COHORT_NOT_EQ || test->comparison == COHORT_NOT_BETWEEN;
    if (is_decimal && (isnan(test->low_number) || isnan(test->high_number))) {
        return false;
    }
    if (test->is_negated != is_negation) {
        return false;
    }
    switch (test->comparison) {
    case COHORT_LT:
    case COHORT_LTE:
        return !has_low && has_high;
    case COHORT_GT:
    case COHORT_GTE:
        return has_low && !has_high;
    case COHORT_EQ:
    case COHORT_NOT_EQ:
        return has_low && has_high && is_point;
    case COHORT_BETWEEN:
    case COHORT_NOT_BETWEEN:
        return has_low && has_high;
    }
    return false;
}

static void visit_group(const struct cohort_group *group, const struct program_visitor *visitor);

static void visit_criterion(const struct cohort_criterion *criterion, const struct program_visitor *visitor)
{
    if (visitor->criterion) {
        visitor->criterion(visitor->context, criterion);
    }
    for (size_t i = 0; visitor->test && i < criterion->test_count; i++) {
        visitor->test(visitor->context, criterion->table, &criterion->tests[i]);
    }
    if (criterion->nested) {
        visit_group(criterion->nested, visitor);
    }
}

static void visit_group(const struct cohort_group *group, const struct program_visitor *visitor)
{
    for (size_t i = 0; i < group->correlated_count; i++) {
        visit_criterion(group->correlated[i].criterion, visitor);
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        const struct cohort_demographic *demographic = &group->demographics[i];
        if (visitor->demographic) {
            visitor->demographic(visitor->context);
        }
        for (size_t t = 0; visitor->test && t < demographic->test_count; t++) {
            visitor->test(visitor->context, OMOP_TABLE_PERSON, &demographic->tests[t]);
        }
    }
    for (size_t i = 0; i < group->group_count; i++) {
        visit_group(&group->groups[i], visitor);
    }
}

void program_visit(const struct cohort_program *program, const struct program_visitor *visitor)
{
    for (size_t i = 0; i < program->primary_count; i++) {
        visit_criterion(&program->primary[i], visitor);
    }
    if (program->additional) {
        visit_group(program->additional, visitor);
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        visit_group(&program->rules[i].group, visitor);
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        visit_criterion(&program->censoring[i], visitor);
    }
}

static uint64_t bit_of(int table)
{
    return UINT64_C(1) << table;
}

static void add_table(void *context, const struct cohort_criterion *criterion)
{
    *(uint64_t *)context |= bit_of(criterion->table);
}

static void add_tables_of_test(void *context, int table, const struct cohort_test *test)
{
    uint64_t *tables = context;
    (void)table;
    switch (test->value.operand) {
    case COHORT_AGE_AT_START:
    case COHORT_AGE_AT_END:
    case COHORT_PERSON:
        *tables |= bit_of(OMOP_TABLE_PERSON);
        break;
    case COHORT_PROVIDER_SPECIALTY:
        *tables |= bit_of(OMOP_TABLE_PROVIDER);
        break;
    case COHORT_VISIT_CONCEPT:
        *tables |= bit_of(OMOP_TABLE_VISIT_OCCURRENCE);
        break;
    case COHORT_PLACE_OF_SERVICE:
        *tables |= bit_of(OMOP_TABLE_CARE_SITE);
        break;
    case COHORT_NOTHING:
    case COHORT_ONE:
    case COHORT_FIELD:
    case COHORT_FIELD_OR_ZERO:
    case COHORT_START:
    case COHORT_END:
    case COHORT_LENGTH:
    case COHORT_RATIO_TO_LOW:
    case COHORT_RATIO_TO_HIGH:
        break;
    }
}

static void add_person(void *context)
{
    *(uint64_t *)context |= bit_of(OMOP_TABLE_PERSON);
}

uint64_t cohort_program_tables(const struct cohort_program *program)
{
    _Static_assert(OMOP_TABLE_COUNT <= 64, "a table is a bit");
    uint64_t tables = bit_of(OMOP_TABLE_OBSERVATION_PERIOD);
    struct program_visitor visitor = {&tables, add_table, add_tables_of_test, add_person};
    program_visit(program, &visitor);
    if (program->exit.kind == COHORT_EXIT_DRUG_ERA) {
        tables |= bit_of(OMOP_TABLE_DRUG_EXPOSURE);
    }
    return tables;
}
