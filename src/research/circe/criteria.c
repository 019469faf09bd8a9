/* SPDX-License-Identifier: EUPL-1.2 */
/* One criterion: the parts that are not attribute tests, by the table of its type. */
#include "research/circe/criteria.h"
#include "research/circe/attributes.h"
#include "research/circe/concept_sets.h"
#include "research/circe/ranges.h"
#include <string.h>

static void tests_keep(const struct test_list *tests, const struct reading *reading, struct cohort_criterion *criterion)
{
    struct cohort_test *kept = ARENA_ARRAY(reading->result, struct cohort_test, tests->count);
    if (tests->count > 0) {
        memcpy(kept, tests->items, tests->count * sizeof *kept);
    }
    criterion->tests = kept;
    criterion->test_count = tests->count;
}

static bool date_field_read(const struct reading *reading, struct node object, const char *name, bool is_end_absent, bool *out_is_end,
                            struct error *err)
{
    const char *text = NULL;
    TRY(read_text(reading, object, name, &text, err));
    if (!text && !node_member(reading, object, name).json) {
        *out_is_end = is_end_absent;
        return true;
    }
    if (!text || (strcmp(text, "START_DATE") != 0 && strcmp(text, "END_DATE") != 0)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, object, name, err, "this is START_DATE or END_DATE");
    }
    *out_is_end = strcmp(text, "END_DATE") == 0;
    return true;
}

/* circe: DateAdjustment; read everywhere, without effect for Specimen */
static bool adjustment_read(const struct reading *reading, struct node object, const struct criterion_type *type,
                            struct cohort_criterion *criterion, struct error *err)
{
    struct node node = {0};
    struct cohort_adjustment adjustment = {0};
    TRY(read_object(reading, object, "DateAdjustment", MAY_BE_ABSENT, &node, err));
    if (!node.json) {
        return true;
    }
    TRY(date_field_read(reading, node, "StartWith", false, &adjustment.starts_from_end, err));
    TRY(date_field_read(reading, node, "EndWith", true, &adjustment.ends_from_end, err));
    TRY(read_days(reading, node, "StartOffset", &adjustment.start_offset, err));
    TRY(read_days(reading, node, "EndOffset", &adjustment.end_offset, err));
    if (type->flags & TYPE_ADJUSTS_IN_PLACE) {
        adjustment.starts_from_end = false;
        adjustment.ends_from_end = true;
    }
    criterion->has_adjustment = (type->flags & TYPE_ADJUSTMENT) != 0;
    criterion->adjustment = criterion->has_adjustment ? adjustment : (struct cohort_adjustment){0};
    return true;
}

static bool user_period_read(const struct reading *reading, struct node object, struct cohort_criterion *criterion, struct error *err)
{
    struct node node = {0};
    TRY(read_object(reading, object, "UserDefinedPeriod", MAY_BE_ABSENT, &node, err));
    if (node.json) {
        TRY(date_read(reading, node, "StartDate", &criterion->has_user_start, &criterion->user_start, err));
        TRY(date_read(reading, node, "EndDate", &criterion->has_user_end, &criterion->user_end, err));
    }
    return true;
}

static bool nested_read(struct reading *reading, struct node object, struct cohort_criterion *criterion, struct error *err)
{
    struct node node = {0};
    TRY(read_object(reading, object, "CorrelatedCriteria", MAY_BE_ABSENT, &node, err));
    if (!node.json) {
        return true;
    }
    struct cohort_group *group = ARENA_NEW(reading->result, struct cohort_group);
    TRY(group_read(reading, node, group, err));
    criterion->nested = group_is_empty(group) ? NULL : group;
    return true;
}

static bool sets_of_criterion_read(struct reading *reading, struct node object, const struct criterion_type *type,
                                   struct cohort_criterion *criterion, struct error *err)
{
    bool ignored_has = false;
    int ignored = 0;
    criterion->concept_set = criterion->source_concept_set = COHORT_NO_SET;
    if (type->flags & TYPE_CONCEPT_SET) {
        TRY(concept_set_find(reading, object, "CodesetId", &criterion->concept_set, err));
    }
    if (type->source_concept) {
        TRY(concept_set_find(reading, object, type->source_concept, &criterion->source_concept_set, err));
    }
    if (type->ignored_source_concept) {
        TRY(read_optional_int(reading, object, type->ignored_source_concept, &ignored_has, &ignored, err));
    }
    return true;
}

static bool body_read(struct reading *reading, struct node object, const struct criterion_type *type, struct cohort_criterion *criterion,
                      struct test_list *tests, struct error *err)
{
    criterion->table = type->table;
    criterion->end_rule = type->end_rule;
    criterion->path = reading_keep(reading, object.path);
    TRY(sets_of_criterion_read(reading, object, type, criterion, err));
    if (type->flags & TYPE_FIRST) {
        TRY(read_bool(reading, object, "First", &criterion->first_only, err));
    }
    TRY(adjustment_read(reading, object, type, criterion, err));
    TRY(attributes_read(reading, object, type, tests, err));
    tests_keep(tests, reading, criterion);
    if (type->flags & TYPE_USER_PERIOD) {
        TRY(user_period_read(reading, object, criterion, err));
    }
    return nested_read(reading, object, criterion, err);
}

bool criterion_read(struct reading *reading, struct node wrapper, struct cohort_criterion *criterion,
                    const struct criterion_type **out_type, struct error *err)
{
    struct text name = {0};
    struct node object = {0};
    TRY(reading_count_part(reading, wrapper, err));
    TRY(read_wrapper(reading, wrapper, "a criterion", &name, &object, err));
    const struct criterion_type *type = criterion_type_find(name);
    if (!type) {
        return reading_refuse(reading, ERROR_INVALID_INPUT, wrapper.path, err, "there is no criterion of this type (case counts)");
    }
    if (type->refusal) {
        return reading_refuse(reading, ERROR_UNSUPPORTED, object.path, err, "%s", type->refusal);
    }
    reading->cdm_minor = type->cdm_minor > reading->cdm_minor ? type->cdm_minor : reading->cdm_minor;
    struct test_list tests = {.maximum = TESTS_MAX};
    bool is_read = body_read(reading, object, type, criterion, &tests, err);
    test_list_finish(&tests);
    TRY(is_read);
    if (out_type) {
        *out_type = type;
    }
    return true;
}

bool criteria_read(struct reading *reading, struct node array, const struct cohort_criterion **out_criteria, size_t *out_count,
                   struct error *err)
{
    struct cohort_criterion *criteria = ARENA_ARRAY(reading->result, struct cohort_criterion, array.json->count);
    for (size_t i = 0; i < array.json->count; i++) {
        TRY(criterion_read(reading, node_item(reading, array, i), &criteria[i], NULL, err));
    }
    *out_criteria = criteria;
    *out_count = array.json->count;
    return true;
}
