/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_same: structural comparison of criteria, tests and groups. Concept sets are compared by position: two sets with the same
 * members are merely not recognised, which costs time and nothing else. */
#include "research/cohort/cohort.h"
#include <string.h>

static bool value_is_same(struct cohort_value a, struct cohort_value b)
{
    return a.operand == b.operand && a.field == b.field;
}

static bool bounds_are_same(const struct cohort_test *a, const struct cohort_test *b)
{
    return a->low == b->low && a->high == b->high && a->low_number >= b->low_number && a->low_number <= b->low_number &&
           a->high_number >= b->high_number && a->high_number <= b->high_number;
}

static bool test_is_same(const struct cohort_test *a, const struct cohort_test *b)
{
    if (a->kind != b->kind || !value_is_same(a->value, b->value) || a->is_negated != b->is_negated) {
        return false;
    }
    switch (a->kind) {
    case COHORT_TEST_INTEGER:
    case COHORT_TEST_DATE:
    case COHORT_TEST_DECIMAL:
        return bounds_are_same(a, b);
    case COHORT_TEST_TEXT:
        return text_equal(a->pattern, b->pattern);
    case COHORT_TEST_CONCEPTS:
        return a->concepts.count == b->concepts.count &&
               memcmp(a->concepts.items, b->concepts.items, a->concepts.count * sizeof *a->concepts.items) == 0;
    case COHORT_TEST_SET:
        return a->set == b->set;
    case COHORT_TEST_PRESENT:
    case COHORT_TEST_ABNORMAL:
        return true;
    }
    return false;
}

static bool tests_are_same(const struct cohort_test *a, size_t a_count, const struct cohort_test *b, size_t b_count)
{
    bool is_same = a_count == b_count;
    for (size_t i = 0; is_same && i < a_count; i++) {
        is_same = test_is_same(&a[i], &b[i]);
    }
    return is_same;
}

static bool bound_is_same(struct cohort_bound a, struct cohort_bound b)
{
    return a.kind == b.kind && (a.kind != COHORT_BOUND_DAYS || a.days == b.days);
}

static bool window_is_same(const struct cohort_window *a, const struct cohort_window *b)
{
    return a->uses_event_end == b->uses_event_end && a->uses_index_end == b->uses_index_end && bound_is_same(a->from, b->from) &&
           bound_is_same(a->to, b->to);
}

static bool correlated_is_same(const struct cohort_correlated *a, const struct cohort_correlated *b)
{
    return a->ignores_observation_period == b->ignores_observation_period && a->restricts_to_visit == b->restricts_to_visit &&
           a->has_end_window == b->has_end_window && a->count == b->count && a->number == b->number && a->takes_absent == b->takes_absent &&
           a->is_distinct == b->is_distinct && value_is_same(a->distinct, b->distinct) &&
           window_is_same(&a->start_window, &b->start_window) && (!a->has_end_window || window_is_same(&a->end_window, &b->end_window)) &&
           cohort_criterion_is_same(a->criterion, b->criterion);
}

static bool group_is_same(const struct cohort_group *a, const struct cohort_group *b)
{
    bool is_same = a->kind == b->kind && a->number == b->number && a->correlated_count == b->correlated_count &&
                   a->demographic_count == b->demographic_count && a->group_count == b->group_count;
    for (size_t i = 0; is_same && i < a->correlated_count; i++) {
        is_same = correlated_is_same(&a->correlated[i], &b->correlated[i]);
    }
    for (size_t i = 0; is_same && i < a->demographic_count; i++) {
        is_same = tests_are_same(a->demographics[i].tests, a->demographics[i].test_count, b->demographics[i].tests,
                                 b->demographics[i].test_count);
    }
    for (size_t i = 0; is_same && i < a->group_count; i++) {
        is_same = group_is_same(&a->groups[i], &b->groups[i]);
    }
    return is_same;
}

static bool dates_are_same(const struct cohort_criterion *a, const struct cohort_criterion *b)
{
    const struct cohort_adjustment *x = &a->adjustment, *y = &b->adjustment;
    if (a->end_rule != b->end_rule || a->has_adjustment != b->has_adjustment || a->has_user_start != b->has_user_start ||
        a->has_user_end != b->has_user_end) {
        return false;
    }
    if (a->has_adjustment && (x->starts_from_end != y->starts_from_end || x->ends_from_end != y->ends_from_end ||
                              x->start_offset != y->start_offset || x->end_offset != y->end_offset)) {
        return false;
    }
    return (!a->has_user_start || a->user_start.number == b->user_start.number) &&
           (!a->has_user_end || a->user_end.number == b->user_end.number);
}

bool cohort_criterion_is_same(const struct cohort_criterion *a, const struct cohort_criterion *b)
{
    if (a == b) {
        return true;
    }
    return a->table == b->table && a->concept_set == b->concept_set && a->source_concept_set == b->source_concept_set &&
           a->first_only == b->first_only && dates_are_same(a, b) && tests_are_same(a->tests, a->test_count, b->tests, b->test_count) &&
           !a->nested == !b->nested && (!a->nested || group_is_same(a->nested, b->nested));
}
