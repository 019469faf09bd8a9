/* SPDX-License-Identifier: EUPL-1.2 */
/* Groups, correlated and demographic criteria, windows and counting (circe: section 5). Defaults that hang on the place, such as the
 * two meanings of an absent UseEventEnd, are settled here. */
#include "research/circe/attributes.h"
#include "research/circe/circe.h"
#include "research/circe/criteria.h"
#include <string.h>

bool group_is_empty(const struct cohort_group *group)
{
    return group->correlated_count + group->demographic_count + group->group_count == 0;
}

/* circe: Window.Endpoint. Without Days the side is unbounded: nothing under IgnoreObservationPeriod, else the end of the period that the
 * sign of Coeff says, whichever side of the window it is. */
static bool bound_read(const struct reading *reading, struct node window, const char *name, bool ignores_period, struct cohort_bound *bound,
                       struct error *err)
{
    struct node node = {0};
    bool has_days = false;
    int days = 0, coefficient = 0;
    TRY(read_object(reading, window, name, MUST_BE_THERE, &node, err));
    TRY(read_optional_days(reading, node, "Days", &has_days, &days, err));
    TRY(read_int(reading, node, "Coeff", &coefficient, err));
    *bound = (struct cohort_bound){.kind = COHORT_BOUND_NONE};
    if (has_days) {
        *bound = (struct cohort_bound){.kind = COHORT_BOUND_DAYS, .days = (int64_t)coefficient * days};
        if (bound->days < -CIRCE_DAYS_MAX || bound->days > CIRCE_DAYS_MAX) {
            return reading_refuse_member(reading, ERROR_LIMIT, node, "Coeff", err,
                                         "with it this is a number of days; the calendar has no two days so far apart");
        }
    } else if (!ignores_period) {
        bound->kind = coefficient == -1 ? COHORT_BOUND_PERIOD_START : COHORT_BOUND_PERIOD_END;
    }
    return true;
}

static bool window_read(const struct reading *reading, struct node node, bool ignores_period, bool is_end_default,
                        struct cohort_window *window, struct error *err)
{
    window->uses_event_end = is_end_default;
    if (!node_is_absent(node_member(reading, node, "UseEventEnd"))) {
        TRY(read_bool(reading, node, "UseEventEnd", &window->uses_event_end, err));
    }
    TRY(read_bool(reading, node, "UseIndexEnd", &window->uses_index_end, err));
    TRY(bound_read(reading, node, "Start", ignores_period, &window->from, err));
    return bound_read(reading, node, "End", ignores_period, &window->to, err);
}

static bool windows_read(const struct reading *reading, struct node node, struct cohort_correlated *correlated, struct error *err)
{
    struct node start = {0}, end = {0};
    bool ignores_period = correlated->ignores_observation_period;
    TRY(read_object(reading, node, "StartWindow", MUST_BE_THERE, &start, err));
    TRY(window_read(reading, start, ignores_period, false, &correlated->start_window, err));
    TRY(read_object(reading, node, "EndWindow", MAY_BE_ABSENT, &end, err));
    correlated->has_end_window = end.json != NULL;
    return end.json ? window_read(reading, end, ignores_period, true, &correlated->end_window, err) : true;
}

/* circe: section 5.2, the table of columns, and section 10, what wrapping in a nested group drops. */
static bool count_column_read(const struct reading *reading, struct node occurrence, const struct criterion_type *type,
                              struct cohort_correlated *correlated, struct error *err)
{
    const char *column = NULL;
    TRY(read_text(reading, occurrence, "CountColumn", &column, err));
    if (column && !criterion_type_is_count_column(text_of(column))) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, occurrence, "CountColumn", err, "there is no such column to count by");
    }
    if (!correlated->is_distinct) {
        return true;
    }
    struct text wanted = column ? text_of(column) : TEXT("DOMAIN_CONCEPT");
    if (!criterion_type_count_column(type, wanted, &correlated->distinct)) {
        return reading_refuse_member(
            reading, ERROR_UNSUPPORTED, occurrence, "CountColumn", err,
            arena_text_format(reading->scratch, "the reference cannot count distinct %s of %s", wanted.data, type->name));
    }
    bool is_wrapped = correlated->criterion->nested != NULL;
    if (is_wrapped && !text_equal(wanted, TEXT("START_DATE")) && !text_equal(wanted, TEXT("END_DATE")) &&
        !text_equal(wanted, TEXT("VISIT_ID"))) {
        return reading_refuse_member(reading, ERROR_UNSUPPORTED, occurrence, "IsDistinct", err,
                                     "on a criterion with a group of its own the reference counts distinct dates and visits only");
    }
    if (type->table == OMOP_TABLE_PAYER_PLAN_PERIOD && correlated->distinct.field == OMOP_PAYER_PLAN_PERIOD_PAYER_CONCEPT_ID) {
        for (size_t i = 0; i < correlated->criterion->test_count; i++) {
            const struct cohort_value *value = &correlated->criterion->tests[i].value;
            if (value->operand == COHORT_FIELD && value->field == OMOP_PAYER_PLAN_PERIOD_PAYER_CONCEPT_ID) {
                return true;
            }
        }
        return reading_refuse_member(reading, ERROR_UNSUPPORTED, occurrence, "IsDistinct", err,
                                     "the reference counts distinct payers only where PayerConcept is given");
    }
    return true;
}

static bool occurrence_read(const struct reading *reading, struct node node, const struct criterion_type *type,
                            struct cohort_correlated *correlated, struct error *err)
{
    static const enum cohort_count kinds[] = {COHORT_COUNT_EXACTLY, COHORT_COUNT_AT_MOST, COHORT_COUNT_AT_LEAST};
    struct node occurrence = {0};
    int kind = 0, count = 0;
    TRY(read_object(reading, node, "Occurrence", reading->is_occurrence_optional ? MAY_BE_ABSENT : MUST_BE_THERE, &occurrence, err));
    correlated->distinct = (struct cohort_value){COHORT_NOTHING, OMOP_NO_FIELD};
    if (!occurrence.json) {
        correlated->count = COHORT_COUNT_AT_LEAST;
        correlated->number = 1;
        return true;
    }
    TRY(read_int(reading, occurrence, "Type", &kind, err));
    TRY(read_int(reading, occurrence, "Count", &count, err));
    TRY(read_bool(reading, occurrence, "IsDistinct", &correlated->is_distinct, err));
    if (kind < 0 || kind > 2) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, occurrence, "Type", err, "this is 0 exactly, 1 at most, or 2 at least");
    }
    correlated->count = kinds[kind];
    correlated->number = count;
    correlated->takes_absent = correlated->count == COHORT_COUNT_AT_MOST || count == 0;
    return count_column_read(reading, occurrence, type, correlated, err);
}

bool correlated_read(struct reading *reading, struct node node, struct cohort_correlated *correlated, struct error *err)
{
    const struct criterion_type *type = NULL;
    struct node wrapper = {0};
    struct cohort_criterion *criterion = ARENA_NEW(reading->result, struct cohort_criterion);
    TRY(read_object(reading, node, "Criteria", MUST_BE_THERE, &wrapper, err));
    TRY(criterion_read(reading, wrapper, criterion, &type, err));
    correlated->criterion = criterion;
    correlated->path = reading_keep(reading, node.path);
    TRY(read_bool(reading, node, "IgnoreObservationPeriod", &correlated->ignores_observation_period, err));
    TRY(read_bool(reading, node, "RestrictVisit", &correlated->restricts_to_visit, err));
    TRY(windows_read(reading, node, correlated, err));
    return occurrence_read(reading, node, type, correlated, err);
}

/* circe: DemographicCriteria. RaceCS and EthnicityCS test the gender, as the reference does. */
static bool demographic_read(struct reading *reading, struct node node, struct cohort_demographic *demographic, struct error *err)
{
    TRY(reading_count_part(reading, node, err));
    static const struct attribute attributes[] = {
        {"Age", FORM_INTEGER, 0, {COHORT_AGE_AT_START, OMOP_NO_FIELD}, NULL},
        {"Gender", FORM_LIST, WITH_SELECTION, {COHORT_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID}, NULL},
        {"Race", FORM_LIST, 0, {COHORT_PERSON, OMOP_PERSON_RACE_CONCEPT_ID}, NULL},
        {"RaceCS", FORM_SELECTION, 0, {COHORT_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID}, NULL},
        {"Ethnicity", FORM_LIST, 0, {COHORT_PERSON, OMOP_PERSON_ETHNICITY_CONCEPT_ID}, NULL},
        {"EthnicityCS", FORM_SELECTION, 0, {COHORT_PERSON, OMOP_PERSON_GENDER_CONCEPT_ID}, NULL},
        {"OccurrenceStartDate", FORM_DATE, 0, {COHORT_START, OMOP_NO_FIELD}, NULL},
        {"OccurrenceEndDate", FORM_DATE, 0, {COHORT_END, OMOP_NO_FIELD}, NULL},
    };
    enum { COUNT = sizeof attributes / sizeof attributes[0] };
    struct test_list tests = {.maximum = TESTS_MAX};
    bool is_read = true;
    for (size_t i = 0; is_read && i < COUNT; i++) {
        is_read = attribute_read(reading, node, &attributes[i], &tests, err);
    }
    struct cohort_test *kept = ARENA_ARRAY(reading->result, struct cohort_test, tests.count);
    if (tests.count > 0) {
        memcpy(kept, tests.items, tests.count * sizeof *kept);
    }
    *demographic = (struct cohort_demographic){kept, tests.count, reading_keep(reading, node.path)};
    test_list_finish(&tests);
    return is_read;
}

static bool starts_with_fold(struct text text, struct text prefix)
{
    return text.length >= prefix.length && text_equal_fold((struct text){text.data, prefix.length}, prefix);
}

/* circe: CriteriaGroup.Type, compared without case; AT_...LEAST is at least, any other AT_... at most. */
static bool group_kind_read(const struct reading *reading, struct node node, struct cohort_group *group, struct error *err)
{
    const char *word = NULL;
    bool has_count = false;
    int count = 0;
    TRY(read_text(reading, node, "Type", &word, err));
    TRY(read_optional_int(reading, node, "Count", &has_count, &count, err));
    group->kind = COHORT_ALL;
    if (group_is_empty(group)) {
        return true;
    }
    struct text type = word ? text_of(word) : TEXT("");
    if (text_equal_fold(type, TEXT("ALL"))) {
        return true;
    }
    if (text_equal_fold(type, TEXT("ANY"))) {
        group->kind = COHORT_ANY;
        return true;
    }
    if (!starts_with_fold(type, TEXT("AT_"))) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, node, "Type", err,
                                     "the type of a group is ALL, ANY, AT_LEAST or AT_MOST");
    }
    if (!has_count) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, node, "Count", err, "AT_LEAST and AT_MOST need a count");
    }
    group->kind = text_ends_with_fold(type, TEXT("LEAST")) ? COHORT_AT_LEAST_ITEMS : COHORT_AT_MOST_ITEMS;
    group->number = count;
    return true;
}

static bool group_items_read(struct reading *reading, struct node node, struct cohort_group *group, struct error *err)
{
    struct node list = {0}, item = {0};
    TRY(read_array(reading, node, "CriteriaList", MAY_LACK, &list, err));
    group->correlated_count = list.json ? list.json->count : 0;
    struct cohort_correlated *correlated = ARENA_ARRAY(reading->result, struct cohort_correlated, group->correlated_count);
    group->correlated = correlated;
    for (size_t i = 0; i < group->correlated_count; i++) {
        TRY(read_item(reading, list, i, &item, err));
        TRY(correlated_read(reading, item, &correlated[i], err));
    }
    TRY(read_array(reading, node, "DemographicCriteriaList", MAY_LACK, &list, err));
    group->demographic_count = list.json ? list.json->count : 0;
    struct cohort_demographic *demographics = ARENA_ARRAY(reading->result, struct cohort_demographic, group->demographic_count);
    group->demographics = demographics;
    for (size_t i = 0; i < group->demographic_count; i++) {
        TRY(read_item(reading, list, i, &item, err));
        TRY(demographic_read(reading, item, &demographics[i], err));
    }
    TRY(read_array(reading, node, "Groups", MAY_LACK, &list, err));
    group->group_count = list.json ? list.json->count : 0;
    struct cohort_group *groups = ARENA_ARRAY(reading->result, struct cohort_group, group->group_count);
    group->groups = groups;
    for (size_t i = 0; i < group->group_count; i++) {
        TRY(read_item(reading, list, i, &item, err));
        TRY(group_read(reading, item, &groups[i], err));
    }
    return true;
}

bool group_read(struct reading *reading, struct node node, struct cohort_group *group, struct error *err)
{
    TRY(reading_count_part(reading, node, err));
    group->path = reading_keep(reading, node.path);
    TRY(group_items_read(reading, node, group, err));
    return group_kind_read(reading, node, group, err);
}
