/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading attributes by their tables. What the reference cannot do (a column that the CDM lacks) is refused where it is used. */
#include "research/circe/attributes.h"
#include "research/circe/concept_sets.h"
#include "research/circe/ranges.h"

static struct cohort_test test_at(const struct reading *reading, struct node node, const struct attribute *attribute,
                                  enum cohort_test_kind kind)
{
    return (struct cohort_test){
        .kind = kind, .value = attribute->value, .comparison = COHORT_EQ, .set = COHORT_NO_SET, .path = reading_keep(reading, node.path)};
}

static bool refused(const struct reading *reading, struct node node, const struct attribute *attribute, struct error *err)
{
    return attribute->refusal ? reading_refuse(reading, ERROR_UNSUPPORTED, node.path, err, "%s", attribute->refusal) : true;
}

static bool range_attribute_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                                 struct error *err)
{
    struct node range = {0};
    TRY(read_object(reading, object, attribute->name, MAY_BE_ABSENT, &range, err));
    if (!range.json) {
        return true;
    }
    TRY(refused(reading, range, attribute, err));
    struct cohort_test test = test_at(reading, range, attribute, COHORT_TEST_INTEGER);
    switch (attribute->form) {
    case FORM_INTEGER:
        TRY(range_read_integer(reading, range, &test, err));
        break;
    case FORM_DECIMAL:
        test.kind = COHORT_TEST_DECIMAL;
        TRY(range_read_decimal(reading, range, &test, err));
        break;
    case FORM_DATE:
        test.kind = COHORT_TEST_DATE;
        TRY(range_read_date(reading, range, &test, err));
        break;
    case FORM_TEXT:
        test.kind = COHORT_TEST_TEXT;
        TRY(text_filter_read(reading, range, &test, err));
        break;
    case FORM_LIST:
    case FORM_SELECTION:
    case FORM_SET:
        break;
    }
    return test_list_append(tests, test, err);
}

static bool list_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                      struct error *err)
{
    struct node list = {0};
    size_t count = 0;
    bool is_excluded = false;
    TRY(read_array(reading, object, attribute->name, MAY_BE_ABSENT, &list, err));
    if (attribute->twins & WITH_EXCLUDE) {
        TRY(read_bool(reading, object, arena_text_format(reading->scratch, "%sExclude", attribute->name), &is_excluded, err));
    }
    if (!list.json) {
        return true;
    }
    struct cohort_test test = test_at(reading, list, attribute, COHORT_TEST_CONCEPTS);
    test.is_negated = is_excluded;
    TRY(concept_list_read(reading, list, &test, &count, err));
    if (count == 0) {
        return true;
    }
    TRY(refused(reading, list, attribute, err));
    return test_list_append(tests, test, err);
}

/* circe: ConceptSetSelection */
static bool selection_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                           struct error *err)
{
    struct node selection = {0};
    TRY(read_object(reading, object, attribute->name, MAY_BE_ABSENT, &selection, err));
    if (!selection.json) {
        return true;
    }
    TRY(refused(reading, selection, attribute, err));
    struct cohort_test test = test_at(reading, selection, attribute, COHORT_TEST_SET);
    TRY(concept_set_find(reading, selection, "CodesetId", &test.set, err));
    TRY(read_bool(reading, selection, "IsExclusion", &test.is_negated, err));
    if (test.set == COHORT_NO_SET) {
        test.kind = COHORT_TEST_PRESENT;
    }
    return test_list_append(tests, test, err);
}

static bool set_attribute_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                               struct error *err)
{
    struct node node = node_member(reading, object, attribute->name);
    if (node_is_absent(node)) {
        return true;
    }
    TRY(refused(reading, node, attribute, err));
    struct cohort_test test = test_at(reading, node, attribute, COHORT_TEST_SET);
    TRY(concept_set_find(reading, object, attribute->name, &test.set, err));
    return test_list_append(tests, test, err);
}

bool attribute_read(struct reading *reading, struct node object, const struct attribute *attribute, struct test_list *tests,
                    struct error *err)
{
    switch (attribute->form) {
    case FORM_INTEGER:
    case FORM_DECIMAL:
    case FORM_DATE:
    case FORM_TEXT:
        return range_attribute_read(reading, object, attribute, tests, err);
    case FORM_SELECTION:
        return selection_read(reading, object, attribute, tests, err);
    case FORM_SET:
        return set_attribute_read(reading, object, attribute, tests, err);
    case FORM_LIST:
        break;
    }
    TRY(list_read(reading, object, attribute, tests, err));
    if (attribute->twins & WITH_SELECTION) {
        struct attribute twin = *attribute;
        twin.name = arena_text_format(reading->scratch, "%sCS", attribute->name);
        TRY(selection_read(reading, object, &twin, tests, err));
    }
    return true;
}

/* circe: the inner query has value_as_concept_id only where a value concept is asked for, and Abnormal needs that column. */
static bool abnormal_read(struct reading *reading, struct node object, struct test_list *tests, struct error *err)
{
    bool is_abnormal = false;
    struct node list = node_member(reading, object, "ValueAsConcept");
    TRY(read_bool(reading, object, "Abnormal", &is_abnormal, err));
    if (!is_abnormal) {
        return true;
    }
    bool has_list = list.json && list.json->kind == JSON_ARRAY && list.json->count > 0;
    if (!has_list && node_is_absent(node_member(reading, object, "ValueAsConceptCS"))) {
        return reading_refuse_member(reading, ERROR_UNSUPPORTED, object, "Abnormal", err,
                                     "the reference fails on Abnormal without ValueAsConcept or ValueAsConceptCS beside it");
    }
    static const struct attribute abnormal = {
        .name = "Abnormal", .form = FORM_DECIMAL, .value = {COHORT_FIELD, OMOP_MEASUREMENT_VALUE_AS_NUMBER}};
    struct cohort_test test = test_at(reading, node_member(reading, object, "Abnormal"), &abnormal, COHORT_TEST_ABNORMAL);
    return test_list_append(tests, test, err);
}

/* circe: DrugEra.GapDays compares gap_days with the range of EraLength. */
static bool gap_days_read(struct reading *reading, struct node object, struct test_list *tests, struct error *err)
{
    struct node gap = {0}, length = {0};
    TRY(read_object(reading, object, "GapDays", MAY_BE_ABSENT, &gap, err));
    if (!gap.json) {
        return true;
    }
    TRY(read_object(reading, object, "EraLength", MAY_BE_ABSENT, &length, err));
    if (!length.json) {
        return reading_refuse(reading, ERROR_UNSUPPORTED, gap.path, err,
                              "the reference compares GapDays with the range of EraLength and fails without one");
    }
    static const struct attribute gap_days = {.name = "GapDays", .form = FORM_INTEGER, .value = {COHORT_FIELD, OMOP_DRUG_ERA_GAP_DAYS}};
    struct cohort_test test = test_at(reading, gap, &gap_days, COHORT_TEST_INTEGER);
    TRY(range_read_integer(reading, length, &test, err));
    return test_list_append(tests, test, err);
}

bool attributes_read(struct reading *reading, struct node criterion, const struct criterion_type *type, struct test_list *tests,
                     struct error *err)
{
    for (const struct attribute *own = type->attributes; own && own->name; own++) {
        TRY(attribute_read(reading, criterion, own, tests, err));
    }
    for (unsigned i = 0; i < COMMON_ATTRIBUTE_COUNT; i++) {
        if (type->common >> i & 1) {
            TRY(attribute_read(reading, criterion, &common_attributes[i], tests, err));
        }
    }
    if (type->flags & TYPE_ABNORMAL) {
        TRY(abnormal_read(reading, criterion, tests, err));
    }
    if (type->flags & TYPE_GAP_DAYS) {
        TRY(gap_days_read(reading, criterion, tests, err));
    }
    return true;
}
