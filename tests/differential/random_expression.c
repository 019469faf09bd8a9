/* SPDX-License-Identifier: EUPL-1.2 */
/* random_expression: every type of criterion with every attribute that the language page has for it (section 3.1), windows, groups, limits
 * and ends, written from that page and not from the parser. */
#include "random_case.h"
#include <stdio.h>
#include <string.h>

enum { FIRST_DAY = 14610, DEPTH_MAX = 2 };

struct writing {
    struct chance *chance;
    struct arena *arena;
};

/* L list (with CS), X list with CS and Exclude, S selection, i integer, d decimal, D date, T text, C concept set. */
struct attribute {
    char form;
    const char *name;
};
#define CLINICAL                   \
    {'i', "Age"}, {'L', "Gender"}, \
    {                              \
        'D', "OccurrenceStartDate" \
    }
#define WITH_VISIT              \
    {'L', "ProviderSpecialty"}, \
    {                           \
        'L', "VisitType"        \
    }
#define ERA                                                                                              \
    {'i', "AgeAtStart"}, {'i', "AgeAtEnd"}, {'L', "Gender"}, {'D', "EraStartDate"}, {'D', "EraEndDate"}, \
    {                                                                                                    \
        'i', "EraLength"                                                                                 \
    }
#define PERIOD                                                                                \
    {'i', "AgeAtStart"}, {'i', "AgeAtEnd"}, {'D', "PeriodStartDate"}, {'D', "PeriodEndDate"}, \
    {                                                                                         \
        'i', "PeriodLength"                                                                   \
    }
enum { ATTRIBUTES_MAX = 18 };
static const struct type {
    const char *name, *source;
    const char *count_columns; /* besides START_DATE and END_DATE */
    bool has_set, has_first;
    struct attribute attributes[ATTRIBUTES_MAX];
} types[] = {
    {"ConditionOccurrence",
     "ConditionSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION",
     true,
     true,
     {CLINICAL, WITH_VISIT, {'D', "OccurrenceEndDate"}, {'X', "ConditionType"}, {'T', "StopReason"}, {'L', "ConditionStatus"}}},
    {"DrugExposure",
     "DrugSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION QUANTITY DAYS_SUPPLY REFILLS",
     true,
     true,
     {CLINICAL,
      WITH_VISIT,
      {'D', "OccurrenceEndDate"},
      {'X', "DrugType"},
      {'T', "StopReason"},
      {'i', "Refills"},
      {'d', "Quantity"},
      {'i', "DaysSupply"},
      {'L', "RouteConcept"},
      {'T', "LotNumber"}}},
    {"ProcedureOccurrence",
     "ProcedureSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION QUANTITY",
     true,
     true,
     {CLINICAL, WITH_VISIT, {'X', "ProcedureType"}, {'L', "Modifier"}, {'i', "Quantity"}}},
    {"Measurement",
     "MeasurementSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION VALUE_AS_NUMBER RANGE_LOW RANGE_HIGH",
     true,
     true,
     {CLINICAL,
      WITH_VISIT,
      {'X', "MeasurementType"},
      {'L', "Operator"},
      {'d', "ValueAsNumber"},
      {'L', "ValueAsConcept"},
      {'L', "Unit"},
      {'d', "RangeLow"},
      {'d', "RangeHigh"},
      {'d', "RangeLowRatio"},
      {'d', "RangeHighRatio"}}},
    {"Observation",
     "ObservationSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION VALUE_AS_NUMBER",
     true,
     true,
     {CLINICAL,
      WITH_VISIT,
      {'X', "ObservationType"},
      {'d', "ValueAsNumber"},
      {'T', "ValueAsString"},
      {'L', "ValueAsConcept"},
      {'L', "Qualifier"},
      {'L', "Unit"}}},
    {"DeviceExposure",
     "DeviceSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION QUANTITY",
     true,
     true,
     {CLINICAL, WITH_VISIT, {'D', "OccurrenceEndDate"}, {'X', "DeviceType"}, {'T', "UniqueDeviceId"}, {'i', "Quantity"}}},
    {"VisitOccurrence",
     "VisitSourceConcept",
     "VISIT_ID DOMAIN_CONCEPT DURATION",
     true,
     true,
     {CLINICAL, {'D', "OccurrenceEndDate"}, {'L', "ProviderSpecialty"}, {'X', "VisitType"}, {'i', "VisitLength"}, {'L', "PlaceOfService"}}},
    {"VisitDetail",
     "VisitDetailSourceConcept",
     "DOMAIN_CONCEPT DURATION",
     true,
     true,
     {{'i', "Age"},
      {'S', "GenderCS"},
      {'S', "ProviderSpecialtyCS"},
      {'S', "PlaceOfServiceCS"},
      {'D', "VisitDetailStartDate"},
      {'D', "VisitDetailEndDate"},
      {'S', "VisitDetailTypeCS"},
      {'i', "VisitDetailLength"}}},
    {"Death", "DeathSourceConcept", "VISIT_ID DOMAIN_CONCEPT DURATION", true, false, {CLINICAL, {'X', "DeathType"}}},
    {"Specimen",
     NULL,
     "VISIT_ID DOMAIN_CONCEPT DURATION",
     true,
     true,
     {CLINICAL, {'X', "SpecimenType"}, {'d', "Quantity"}, {'L', "Unit"}, {'L', "AnatomicSite"}, {'L', "DiseaseStatus"}, {'T', "SourceId"}}},
    {"ConditionEra", NULL, "DOMAIN_CONCEPT DURATION ERA_OCCURRENCES", true, true, {ERA, {'i', "OccurrenceCount"}}},
    {"DrugEra", NULL, "VISIT_ID DOMAIN_CONCEPT DURATION ERA_OCCURRENCES GAP_DAYS", true, true, {ERA, {'i', "OccurrenceCount"}}},
    {"DoseEra", NULL, "VISIT_ID DOMAIN_CONCEPT DURATION VALUE_AS_NUMBER UNIT", true, true, {ERA, {'L', "Unit"}, {'d', "DoseValue"}}},
    {"ObservationPeriod", NULL, "VISIT_ID DOMAIN_CONCEPT DURATION", false, true, {PERIOD, {'L', "PeriodType"}}},
    {"PayerPlanPeriod",
     NULL,
     "VISIT_ID",
     false,
     true,
     {PERIOD,
      {'L', "Gender"},
      {'C', "PayerConcept"},
      {'C', "PlanConcept"},
      {'C', "SponsorConcept"},
      {'C', "StopReasonConcept"},
      {'C', "PayerSourceConcept"},
      {'C', "PlanSourceConcept"},
      {'C', "SponsorSourceConcept"},
      {'C', "StopReasonSourceConcept"}}},
};
enum { TYPES = sizeof types / sizeof *types };

static bool once(struct writing *writing, int times)
{
    return chance_once(writing->chance, times);
}

static int below(struct writing *writing, int bound)
{
    return chance_below(writing->chance, bound);
}

static void put(struct writing *writing, struct json *object, const char *name, struct json value)
{
    tree_put(writing->arena, object, name, value);
}

static struct json text(struct writing *writing, const char *words)
{
    return tree_text(writing->arena, words);
}

/* ---- values of attributes ---- */
static int set_id(struct writing *writing)
{
    static const int ids[] = {0, 0, 0, 1, 1, 1, 2, 3, 4, 4, 5, 9}; /* 9 is defined nowhere */
    return ids[below(writing, 12)];
}

static struct json concept_list(struct writing *writing)
{
    struct json list = tree_array();
    int count = 1 + below(writing, 3);
    for (int i = 0; i < count; i++) {
        struct json concept = tree_object();
        put(writing, &concept, "CONCEPT_ID", tree_integer(below(writing, 6)));
        tree_add(writing->arena, &list, concept);
    }
    return list;
}

static struct json selection(struct writing *writing)
{
    struct json value = tree_object();
    if (!once(writing, 3)) {
        put(writing, &value, "CodesetId", tree_integer(set_id(writing)));
    }
    put(writing, &value, "IsExclusion", tree_boolean(once(writing, 2)));
    return value;
}

static const char *operator_word(struct writing *writing)
{
    static const char *const words[] = {"lt", "lte", "eq", "!eq", "gt", "gte", "bt", "!bt"};
    return words[below(writing, 8)];
}

static struct json number_range(struct writing *writing, const char *name, bool is_decimal)
{
    static const double numbers[] = {0, 0.5, 1, 1.0005, 1.001, 1.2345, 1.23456, 2, -1, -0.0005, 0.00001, 1000000.001};
    bool is_age = strncmp(name, "Age", 3) == 0, is_length = strstr(name, "Length") != NULL;
    int base = is_age ? 15 : 0, span = is_age ? 8 : is_length ? 60 : 5;
    struct json range = tree_object();
    put(writing, &range, "Op", text(writing, operator_word(writing)));
    for (int i = 0; i < 2; i++) {
        struct json value = is_decimal ? tree_number(numbers[below(writing, 12)]) : tree_integer(base + below(writing, span));
        put(writing, &range, i ? "Extent" : "Value", value);
    }
    return range;
}

static struct json date_range(struct writing *writing)
{
    static const int spans[] = {6, 60, 400};
    struct json range = tree_object();
    put(writing, &range, "Op", text(writing, operator_word(writing)));
    put(writing, &range, "Value", tree_date(writing->arena, FIRST_DAY + below(writing, spans[below(writing, 3)])));
    put(writing, &range, "Extent", tree_date(writing->arena, FIRST_DAY + below(writing, 400)));
    return range;
}

static struct json text_filter(struct writing *writing)
{
    static const char *const words[] = {"startsWith", "contains", "endsWith", "!startsWith", "!contains", "!endsWith", "eq"};
    static const char *const texts[] = {"a", "b", "%", "_", "c", "abc", "\xC3\xA9", "a_c", "\\", "'", "t's", ""};
    struct json filter = tree_object();
    put(writing, &filter, "Op", text(writing, words[below(writing, 7)]));
    put(writing, &filter, "Text", text(writing, texts[below(writing, 12)]));
    return filter;
}

static void attribute_put(struct writing *writing, struct json *criterion, const struct attribute *attribute)
{
    char *name = arena_text_copy(writing->arena, attribute->name);
    bool is_list = attribute->form == 'L' || attribute->form == 'X';
    if (json_member(criterion, name)) {
        return;
    }
    if (is_list && once(writing, 3)) {
        put(writing, criterion, arena_text_format(writing->arena, "%sCS", name), selection(writing));
        return;
    }
    switch (attribute->form) {
    case 'X':
        put(writing, criterion, arena_text_format(writing->arena, "%sExclude", name), tree_boolean(once(writing, 2)));
        put(writing, criterion, name, concept_list(writing));
        return;
    case 'L':
        put(writing, criterion, name, concept_list(writing));
        return;
    case 'S':
        put(writing, criterion, name, selection(writing));
        return;
    case 'D':
        put(writing, criterion, name, date_range(writing));
        return;
    case 'T':
        put(writing, criterion, name, text_filter(writing));
        return;
    case 'C':
        put(writing, criterion, name, tree_integer(set_id(writing)));
        return;
    default:
        put(writing, criterion, name, number_range(writing, name, attribute->form == 'd'));
    }
}

/* ---- criteria ---- */
static struct json random_group(struct writing *writing, int depth);

static struct json adjustment(struct writing *writing)
{
    struct json value = tree_object();
    put(writing, &value, "StartWith", text(writing, once(writing, 2) ? "START_DATE" : "END_DATE"));
    put(writing, &value, "EndWith", text(writing, once(writing, 3) ? "START_DATE" : "END_DATE"));
    put(writing, &value, "StartOffset", tree_integer(below(writing, 30) - 10));
    put(writing, &value, "EndOffset", tree_integer(below(writing, 40)));
    return value;
}

static struct json user_period(struct writing *writing)
{
    struct json value = tree_object();
    int32_t start = FIRST_DAY + below(writing, 60);
    if (!once(writing, 4)) {
        put(writing, &value, "StartDate", tree_date(writing->arena, start));
    }
    if (!once(writing, 3)) {
        put(writing, &value, "EndDate", tree_date(writing->arena, start + below(writing, 60)));
    }
    return value;
}

static struct json random_criterion(struct writing *writing, int depth, const struct type **out_type)
{
    const struct type *type = &types[below(writing, TYPES)];
    struct json criterion = tree_object(), wrapper = tree_object();
    int count = 0, wanted = once(writing, 2) ? 0 : 1 + below(writing, 2);
    while (count < ATTRIBUTES_MAX && type->attributes[count].name) {
        count++;
    }
    if (type->has_set && !once(writing, 4)) {
        put(writing, &criterion, "CodesetId", tree_integer(set_id(writing)));
    }
    if (type->has_first && once(writing, 4)) {
        put(writing, &criterion, "First", tree_boolean(true));
    }
    if (type->source && once(writing, 8)) {
        put(writing, &criterion, type->source, tree_integer(once(writing, 2) ? 4 : set_id(writing)));
    }
    for (int i = 0; i < wanted; i++) {
        attribute_put(writing, &criterion, &type->attributes[below(writing, count)]);
    }
    if (strcmp(type->name, "Measurement") == 0 && once(writing, 6)) {
        attribute_put(writing, &criterion, &(struct attribute){'L', "ValueAsConcept"});
        put(writing, &criterion, "Abnormal", tree_boolean(true));
    }
    if (strcmp(type->name, "DrugEra") == 0 && once(writing, 6)) {
        attribute_put(writing, &criterion, &(struct attribute){'i', "EraLength"});
        attribute_put(writing, &criterion, &(struct attribute){'i', "GapDays"});
    }
    if (!type->has_set && once(writing, 3)) {
        put(writing, &criterion, "UserDefinedPeriod", user_period(writing));
    }
    if (once(writing, 6)) {
        put(writing, &criterion, "DateAdjustment", adjustment(writing));
    }
    if (depth < DEPTH_MAX && once(writing, 5)) {
        put(writing, &criterion, "CorrelatedCriteria", random_group(writing, depth + 1));
    }
    put(writing, &wrapper, type->name, criterion);
    *out_type = type;
    return wrapper;
}

/* ---- groups ---- */
static struct json endpoint(struct writing *writing, int usual)
{
    struct json value = tree_object();
    int coefficient = once(writing, 4) ? below(writing, 3) - 1 : usual;
    static const int spans[] = {1, 10, 60, 400};
    if (!once(writing, 3)) {
        put(writing, &value, "Days", tree_integer(once(writing, 40) ? 1000000000 : below(writing, spans[below(writing, 4)])));
    }
    put(writing, &value, "Coeff", tree_integer(coefficient));
    return value;
}

static struct json window(struct writing *writing)
{
    struct json value = tree_object();
    put(writing, &value, "Start", endpoint(writing, -1));
    put(writing, &value, "End", endpoint(writing, 1));
    if (once(writing, 3)) {
        put(writing, &value, "UseIndexEnd", tree_boolean(once(writing, 2)));
    }
    if (once(writing, 3)) {
        put(writing, &value, "UseEventEnd", tree_boolean(once(writing, 2)));
    }
    return value;
}

static const char *count_column(struct writing *writing, const struct type *type)
{
    char *columns = arena_text_format(writing->arena, "START_DATE END_DATE %s", type->count_columns);
    int count = 1;
    for (const char *at = columns; *at; at++) {
        count += *at == ' ';
    }
    char *word = columns;
    for (int i = below(writing, count); i > 0; i--) {
        word = strchr(word, ' ') + 1;
    }
    word[strcspn(word, " ")] = '\0';
    return word;
}

static struct json random_correlated(struct writing *writing, int depth)
{
    struct json value = tree_object(), occurrence = tree_object();
    const struct type *type;
    put(writing, &value, "Criteria", random_criterion(writing, depth, &type));
    put(writing, &value, "StartWindow", window(writing));
    if (once(writing, 4)) {
        put(writing, &value, "EndWindow", window(writing));
    }
    put(writing, &occurrence, "Type", tree_integer(below(writing, 3)));
    put(writing, &occurrence, "Count", tree_integer(below(writing, once(writing, 4) ? 4 : 2)));
    if (once(writing, 3)) {
        put(writing, &occurrence, "IsDistinct", tree_boolean(true));
        put(writing, &occurrence, "CountColumn", text(writing, count_column(writing, type)));
    }
    put(writing, &value, "Occurrence", occurrence);
    put(writing, &value, "RestrictVisit", tree_boolean(once(writing, 6)));
    put(writing, &value, "IgnoreObservationPeriod", tree_boolean(once(writing, 3)));
    return value;
}

static struct json random_demographic(struct writing *writing)
{
    static const struct attribute attributes[] = {{'i', "Age"},
                                                  {'L', "Gender"},
                                                  {'L', "Race"},
                                                  {'L', "Ethnicity"},
                                                  {'S', "GenderCS"},
                                                  {'S', "RaceCS"},
                                                  {'S', "EthnicityCS"},
                                                  {'D', "OccurrenceStartDate"},
                                                  {'D', "OccurrenceEndDate"}};
    struct json value = tree_object();
    for (int i = below(writing, 3); i > 0; i--) {
        const struct attribute *attribute = &attributes[below(writing, 9)];
        if (attribute->form == 'L') {
            put(writing, &value, attribute->name, concept_list(writing));
        } else {
            attribute_put(writing, &value, attribute);
        }
    }
    return value;
}

static struct json random_group(struct writing *writing, int depth)
{
    static const char *const kinds[] = {"ALL", "ALL", "ANY", "AT_LEAST", "AT_MOST"};
    struct json group = tree_object(), criteria = tree_array(), demographics = tree_array(), groups = tree_array();
    put(writing, &group, "Type", text(writing, kinds[below(writing, 5)]));
    put(writing, &group, "Count", tree_integer(below(writing, 3)));
    for (int i = once(writing, 6) ? 0 : 1 + below(writing, 2); i > 0; i--) {
        tree_add(writing->arena, &criteria, random_correlated(writing, depth));
    }
    if (once(writing, 3)) {
        tree_add(writing->arena, &demographics, random_demographic(writing));
    }
    if (depth < DEPTH_MAX && once(writing, 4)) {
        tree_add(writing->arena, &groups, random_group(writing, depth + 1));
    }
    put(writing, &group, "CriteriaList", criteria);
    put(writing, &group, "DemographicCriteriaList", demographics);
    put(writing, &group, "Groups", groups);
    return group;
}

/* ---- the whole ---- */
static struct json limit(struct writing *writing)
{
    static const char *const words[] = {"All", "All", "First", "Last"};
    struct json value = tree_object();
    put(writing, &value, "Type", text(writing, words[below(writing, 4)]));
    return value;
}

static struct json concept_set(struct writing *writing, int id, const int *concepts, int count)
{
    struct json set = tree_object(), expression = tree_object(), items = tree_array();
    for (int i = 0; i < count; i++) {
        struct json item = tree_object(), concept = tree_object();
        put(writing, &concept, "CONCEPT_ID", tree_integer(concepts[i]));
        put(writing, &item, "concept", concept);
        put(writing, &item, "isExcluded", tree_boolean(id == 5 && i == 2));
        tree_add(writing->arena, &items, item);
    }
    put(writing, &expression, "items", items);
    put(writing, &set, "id", tree_integer(id));
    put(writing, &set, "name", text(writing, "set"));
    put(writing, &set, "expression", expression);
    return set;
}

static struct json concept_sets(struct writing *writing)
{
    int many[56];
    for (int i = 0; i < 56; i++) {
        many[i] = i + 2; /* more than a list holds: it becomes a table */
    }
    struct json sets = tree_array();
    tree_add(writing->arena, &sets, concept_set(writing, 0, (const int[]){1, 2}, 2));
    tree_add(writing->arena, &sets, concept_set(writing, 1, (const int[]){0, 3, 4, 5}, 4));
    tree_add(writing->arena, &sets, concept_set(writing, 2, (const int[]){5}, 1));
    tree_add(writing->arena, &sets, concept_set(writing, 3, NULL, 0));
    tree_add(writing->arena, &sets, concept_set(writing, 4, many, 56));
    tree_add(writing->arena, &sets, concept_set(writing, 5, (const int[]){1, 3, 3}, 3));
    return sets;
}

static struct json end_strategy(struct writing *writing)
{
    struct json strategy = tree_object(), value = tree_object();
    bool is_era = once(writing, 2);
    put(writing, &value, "Offset", tree_integer(below(writing, 40) - (once(writing, 4) ? 20 : 0)));
    if (is_era) {
        put(writing, &value, "DrugCodesetId", tree_integer(set_id(writing)));
        put(writing, &value, "GapDays", tree_integer(below(writing, 30)));
        if (once(writing, 3)) {
            put(writing, &value, "DaysSupplyOverride", tree_integer(below(writing, 30)));
        }
    } else {
        put(writing, &value, "DateField", text(writing, once(writing, 2) ? "StartDate" : "EndDate"));
    }
    put(writing, &strategy, is_era ? "CustomEra" : "DateOffset", value);
    return strategy;
}

static struct json primary_criteria(struct writing *writing)
{
    struct json primary = tree_object(), criteria = tree_array(), days = tree_object();
    const struct type *type;
    for (int i = 1 + below(writing, 2); i > 0; i--) {
        tree_add(writing->arena, &criteria, random_criterion(writing, 0, &type));
    }
    put(writing, &days, "PriorDays", tree_integer(once(writing, 4) ? below(writing, 60) : 0));
    put(writing, &days, "PostDays", tree_integer(once(writing, 4) ? below(writing, 60) : 0));
    put(writing, &primary, "CriteriaList", criteria);
    put(writing, &primary, "ObservationWindow", days);
    put(writing, &primary, "PrimaryCriteriaLimit", limit(writing));
    return primary;
}

static void ends_put(struct writing *writing, struct json *expression)
{
    static const int pads[] = {0, 0, 1, 30};
    struct json censoring = tree_array(), collapse = tree_object(), window_dates = tree_object();
    const struct type *type;
    if (!once(writing, 3)) {
        put(writing, expression, "EndStrategy", end_strategy(writing));
    }
    if (once(writing, 4)) {
        tree_add(writing->arena, &censoring, random_criterion(writing, 1, &type));
        put(writing, expression, "CensoringCriteria", censoring);
    }
    put(writing, &collapse, "CollapseType", text(writing, "ERA"));
    put(writing, &collapse, "EraPad", tree_integer(pads[below(writing, 4)]));
    put(writing, expression, "CollapseSettings", collapse);
    if (once(writing, 5)) {
        put(writing, &window_dates, "StartDate", tree_date(writing->arena, FIRST_DAY + below(writing, 30)));
    }
    if (once(writing, 5)) {
        put(writing, &window_dates, "EndDate", tree_date(writing->arena, FIRST_DAY + 20 + below(writing, 200)));
    }
    put(writing, expression, "CensorWindow", window_dates);
}

struct json random_expression(struct chance *chance, struct arena *arena)
{
    struct writing writing = {chance, arena};
    struct json expression = tree_object(), rules = tree_array();
    put(&writing, &expression, "ConceptSets", concept_sets(&writing));
    put(&writing, &expression, "PrimaryCriteria", primary_criteria(&writing));
    if (once(&writing, 3)) {
        put(&writing, &expression, "AdditionalCriteria", random_group(&writing, 0));
    }
    put(&writing, &expression, "QualifiedLimit", limit(&writing));
    for (int i = once(&writing, 2) ? 0 : 1 + below(&writing, 3); i > 0; i--) {
        struct json rule = tree_object();
        put(&writing, &rule, "name", text(&writing, "rule"));
        put(&writing, &rule, "expression", random_group(&writing, 0));
        tree_add(arena, &rules, rule);
    }
    put(&writing, &expression, "InclusionRules", rules);
    put(&writing, &expression, "ExpressionLimit", limit(&writing));
    ends_put(&writing, &expression);
    return expression;
}
