/* SPDX-License-Identifier: EUPL-1.2 */
/* program_plan: a walk over all criteria of a program that joins equal ones and adds up what their users need. */
#include "research/evaluate/program_plan.h"
#include <assert.h>
#include <stdlib.h>

enum { CRITERIA_MAX = 1 << 20 };

/* ---- needs ---- */
static unsigned tests_event_needs(const struct cohort_test *tests, size_t count)
{
    unsigned needs = 0;
    for (size_t i = 0; i < count; i++) {
        enum cohort_operand operand = tests[i].value.operand;
        if (operand == COHORT_END || operand == COHORT_LENGTH || operand == COHORT_AGE_AT_END) {
            needs |= NEED_ENDS;
        }
    }
    return needs;
}

unsigned group_event_needs(const struct cohort_group *group)
{
    unsigned needs = 0;
    for (size_t i = 0; i < group->correlated_count; i++) {
        const struct cohort_correlated *item = &group->correlated[i];
        if (item->start_window.uses_index_end || (item->has_end_window && item->end_window.uses_index_end)) {
            needs |= NEED_ENDS;
        }
        if (item->restricts_to_visit) {
            needs |= NEED_ROWS;
        }
    }
    for (size_t i = 0; i < group->demographic_count; i++) {
        needs |= tests_event_needs(group->demographics[i].tests, group->demographics[i].test_count);
    }
    for (size_t i = 0; i < group->group_count; i++) {
        needs |= group_event_needs(&group->groups[i]);
    }
    return needs;
}

static bool value_needs_rows(struct cohort_value value)
{
    switch (value.operand) {
    case COHORT_FIELD:
    case COHORT_FIELD_OR_ZERO:
    case COHORT_PROVIDER_SPECIALTY:
    case COHORT_VISIT_CONCEPT:
    case COHORT_PLACE_OF_SERVICE:
    case COHORT_RATIO_TO_LOW:
    case COHORT_RATIO_TO_HIGH:
        return true;
    case COHORT_NOTHING:
    case COHORT_ONE:
    case COHORT_START:
    case COHORT_END:
    case COHORT_LENGTH:
    case COHORT_AGE_AT_START:
    case COHORT_AGE_AT_END:
    case COHORT_PERSON:
        return false;
    }
    return false;
}

/* What a criterion needs for its own steps. */
static unsigned criterion_own_needs(const struct cohort_criterion *criterion)
{
    unsigned needs = tests_event_needs(criterion->tests, criterion->test_count);
    for (size_t i = 0; i < criterion->test_count; i++) {
        if (criterion->tests[i].kind == COHORT_TEST_ABNORMAL || value_needs_rows(criterion->tests[i].value)) {
            needs |= NEED_ROWS;
        }
    }
    if (criterion->concept_set != COHORT_NO_SET && criterion->source_concept_set != COHORT_NO_SET) {
        needs |= NEED_ROWS; /* the two lists are intersected by row */
    }
    if (criterion->has_adjustment || criterion->has_user_start || criterion->has_user_end) {
        needs |= NEED_ENDS;
    }
    if (criterion->nested) {
        needs |= group_event_needs(criterion->nested) | NEED_ROWS; /* keys are record ids [5.5] */
    }
    return needs;
}

static unsigned correlated_needs(const struct cohort_correlated *item)
{
    unsigned needs = 0;
    if (item->start_window.uses_event_end || (item->has_end_window && item->end_window.uses_event_end)) {
        needs |= NEED_ENDS;
    }
    if (item->restricts_to_visit) {
        needs |= NEED_ROWS;
    }
    if (item->is_distinct) {
        bool counts_ends = item->distinct.operand == COHORT_END || item->distinct.operand == COHORT_LENGTH;
        needs |= (counts_ends ? NEED_ENDS : 0U) | (value_needs_rows(item->distinct) ? NEED_ROWS : 0U);
    }
    return needs;
}

/* ---- the walk ---- */
static bool plan_group(struct program_plan *plan, const struct cohort_group *group, struct error *err);

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * UINT64_C(0x9E3779B97F4A7C15) ^ digest >> 29;
}

/* Of what is quickly looked at: different digests, different criteria. */
static uint64_t criterion_digest(const struct cohort_criterion *criterion)
{
    uint64_t digest = mix((uint64_t)criterion->table, (uint64_t)criterion->concept_set);
    digest = mix(digest, (uint64_t)criterion->source_concept_set);
    digest = mix(digest, (uint64_t)criterion->first_only << 1 | (criterion->nested != NULL));
    for (size_t i = 0; i < criterion->test_count; i++) {
        const struct cohort_test *test = &criterion->tests[i];
        digest = mix(digest, (uint64_t)test->kind << 32 | (uint64_t)test->value.operand << 1 | test->is_negated);
        if (test->kind == COHORT_TEST_INTEGER || test->kind == COHORT_TEST_DATE) {
            digest = mix(mix(digest, (uint64_t)test->low), (uint64_t)test->high);
        }
    }
    return digest;
}

static bool plan_criterion(struct program_plan *plan, const struct cohort_criterion *criterion, unsigned needs, struct error *err)
{
    needs |= criterion_own_needs(criterion);
    if ((needs & NEED_ENDS) && criterion->end_rule == COHORT_END_OR_SUPPLY) {
        needs |= NEED_ROWS; /* days of supply */
    }
    size_t position = 0;
    const uint64_t digest = criterion_digest(criterion);
    while (position < plan->criteria.count && (plan->criteria.items[position].digest != digest ||
                                               !cohort_criterion_is_same(plan->criteria.items[position].criterion, criterion))) {
        position++;
    }
    if (position == plan->criteria.count) {
        TRY(planned_criteria_append(&plan->criteria, (struct planned_criterion){.criterion = criterion, .digest = digest}, err));
    }
    plan->criteria.items[position].needs |= needs;
    plan->criteria.items[position].uses++;
    TRY(criterion_places_append(&plan->places, (struct criterion_place){criterion, position}, err));
    return criterion->nested ? plan_group(plan, criterion->nested, err) : true;
}

static bool plan_group(struct program_plan *plan, const struct cohort_group *group, struct error *err)
{
    for (size_t i = 0; i < group->correlated_count; i++) {
        TRY(plan_criterion(plan, group->correlated[i].criterion, correlated_needs(&group->correlated[i]), err));
    }
    for (size_t i = 0; i < group->group_count; i++) {
        TRY(plan_group(plan, &group->groups[i], err));
    }
    return true;
}

static unsigned program_event_needs(const struct cohort_program *program)
{
    unsigned needs = program->additional ? group_event_needs(program->additional) : 0;
    for (size_t i = 0; i < program->rule_count; i++) {
        needs |= group_event_needs(&program->rules[i].group);
    }
    if (program->exit.kind == COHORT_EXIT_OFFSET && program->exit.from_end) {
        needs |= NEED_ENDS;
    }
    return needs;
}

/* Ties of the primary order are broken by end and visit [4.1]; with one criterion the record id decides before them. */
static bool plan_primary(struct program_plan *plan, struct error *err)
{
    const struct cohort_program *program = plan->program;
    for (size_t i = 0; i < program->primary_count; i++) {
        const struct cohort_criterion *criterion = &program->primary[i];
        bool needs_order = program->primary_count > 1 || (criterion->has_adjustment && criterion->adjustment.starts_from_end) ||
                           program->primary_limit == COHORT_LIMIT_LAST || criterion->table == OMOP_TABLE_DEATH;
        TRY(plan_criterion(plan, criterion, plan->event_needs | (needs_order ? NEED_ENDS | NEED_ROWS : 0U), err));
    }
    return true;
}

static int place_compare(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct criterion_place *)a)->criterion, y = (uintptr_t)((const struct criterion_place *)b)->criterion;
    return (x > y) - (x < y);
}

static bool check_resolved(const struct cohort_program *program, struct error *err)
{
    for (size_t i = 0; i < program->concept_set_count; i++) {
        if (!program->concept_sets[i].is_resolved) {
            return FAIL(err, INVALID_ARGUMENT, "concept set %zu of the program is not resolved", i);
        }
    }
    return true;
}

bool program_plan_make(struct program_plan *plan, const struct cohort_program *program, unsigned event_needs, struct error *err)
{
    *plan = (struct program_plan){.program = program, .criteria.maximum = CRITERIA_MAX, .places.maximum = CRITERIA_MAX};
    TRY(check_resolved(program, err));
    plan->event_needs = program_event_needs(program) | event_needs;
    plan->tables = cohort_program_tables(program);
    TRY(plan_primary(plan, err));
    if (program->additional) {
        TRY(plan_group(plan, program->additional, err));
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        TRY(plan_group(plan, &program->rules[i].group, err));
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        TRY(plan_criterion(plan, &program->censoring[i], 0, err));
    }
    if (plan->places.count > 0) {
        qsort(plan->places.items, plan->places.count, sizeof *plan->places.items, place_compare);
    }
    return true;
}

void program_plan_finish(struct program_plan *plan)
{
    planned_criteria_finish(&plan->criteria);
    criterion_places_finish(&plan->places);
}

size_t program_plan_find(const struct program_plan *plan, const struct cohort_criterion *criterion)
{
    struct criterion_place key = {.criterion = criterion};
    const struct criterion_place *place = bsearch(&key, plan->places.items, plan->places.count, sizeof key, place_compare);
    assert(place && "every criterion of the program is planned");
    return place->position;
}
