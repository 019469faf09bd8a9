/* SPDX-License-Identifier: EUPL-1.2 */
/* What is refused, with its code, path and line, and what is accepted just beside it. */
#include "research/circe/circe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char plain[] = "{\"ConditionOccurrence\":{}}";
static const char window[] = "\"StartWindow\":{\"Start\":{\"Days\":1,\"Coeff\":-1},\"End\":{\"Days\":1}}";
static const char once[] = "\"Occurrence\":{\"Type\":2,\"Count\":1}";

static bool parse(const char *json, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cohort_program *program = NULL;
    TRY(circe_parse(&program, arena, "definition.json", json, strlen(json), err));
    return cohort_program_validate(program, err);
}

static void check(const char *json, enum error_code code, const char *where, const char *why)
{
    struct error err = {0};
    bool is_parsed = parse(json, &err);
    if (!where) {
        if (!is_parsed) {
            fail_msg("%s\nwas refused: %s", json, err.message);
        }
        return;
    }
    if (is_parsed || err.code != code || !strstr(err.message, where) || !strstr(err.message, why)) {
        fail_msg("%s\nwanted %s at %s: %s\nbut %s: %s", json, error_code_name(code), where, why,
                 is_parsed ? "accepted" : error_code_name(err.code), err.message);
    }
    assert_true(err.hint[0]);
}

/* An expression around a list of primary criteria and whatever else. */
static void expression(const char *criteria, const char *rest, enum error_code code, const char *where, const char *why)
{
    char json[4000];
    snprintf(json, sizeof json, "{\"PrimaryCriteria\":{\"CriteriaList\":[%s],\"ObservationWindow\":{}}%s%s}", criteria, rest[0] ? "," : "",
             rest);
    check(json, code, where, why);
}

static void invalid_criterion(const char *criterion, const char *where, const char *why)
{
    expression(criterion, "", ERROR_INVALID_INPUT, where, why);
}

static void unsupported_criterion(const char *criterion, const char *where, const char *why)
{
    expression(criterion, "", ERROR_UNSUPPORTED, where, why);
}

static void accepted_criterion(const char *criterion)
{
    expression(criterion, "", ERROR_INVALID_INPUT, NULL, NULL);
}

static void rest(const char *more, enum error_code code, const char *where, const char *why)
{
    expression(plain, more, code, where, why);
}

/* A group with one correlated criterion of that text. */
static void correlated(const char *more, enum error_code code, const char *where, const char *why)
{
    char group[3000];
    snprintf(group, sizeof group, "\"AdditionalCriteria\":{\"Type\":\"ALL\",\"CriteriaList\":[{%s}]}", more);
    rest(group, code, where, why);
}

static void counted(const char *criterion, const char *occurrence, enum error_code code, const char *where, const char *why)
{
    char more[2500];
    snprintf(more, sizeof more, "\"Criteria\":%s,%s,\"Occurrence\":%s", criterion, window, occurrence);
    correlated(more, code, where, why);
}

static void envelopes(void **state)
{
    (void)state;
    check("", ERROR_INVALID_INPUT, "definition.json", "empty");
    check("[]", ERROR_INVALID_INPUT, "the expression", "an object is wanted");
    check("{\"id\":1,\"expression\":{}}", ERROR_INVALID_INPUT, "expression", "envelope");
    check("{}", ERROR_INVALID_INPUT, "PrimaryCriteria", "there is none");
    check("{\"PrimaryCriteria\":null}", ERROR_INVALID_INPUT, "PrimaryCriteria", "null");
    check("{\"PrimaryCriteria\":{\"ObservationWindow\":{}}}", ERROR_INVALID_INPUT, "PrimaryCriteria.CriteriaList", "at least one");
    check("{\"PrimaryCriteria\":{\"CriteriaList\":[],\"ObservationWindow\":{}}}", ERROR_INVALID_INPUT, "PrimaryCriteria.CriteriaList",
          "at least one");
    check("{\"PrimaryCriteria\":{\"CriteriaList\":null,\"ObservationWindow\":{}}}", ERROR_INVALID_INPUT, "PrimaryCriteria.CriteriaList",
          "null");
    check("{\"PrimaryCriteria\":{\"CriteriaList\":{},\"ObservationWindow\":{}}}", ERROR_INVALID_INPUT, "PrimaryCriteria.CriteriaList",
          "an array is wanted");
    check("{\n\"PrimaryCriteria\":\n{\"CriteriaList\":[{\"Death\":{}}]}}", ERROR_INVALID_INPUT, "line 3, PrimaryCriteria.ObservationWindow",
          "there is none");
    check("\xEF\xBB\xBF{\"PrimaryCriteria\":{\"CriteriaList\":[{\"Death\":{}}],\"ObservationWindow\":{\"PriorDays\":null}}}",
          ERROR_INVALID_INPUT, NULL, NULL);
}

static void wrappers(void **state)
{
    (void)state;
    const char *at = "line 1, PrimaryCriteria.CriteriaList[0]";
    invalid_criterion("null", at, "an object is wanted");
    invalid_criterion("{}", at, "exactly one key");
    invalid_criterion("{\"Death\":{},\"Specimen\":{}}", at, "exactly one key");
    invalid_criterion("{\"Death\":{},\"Death\":{}}", at, "exactly one key");
    invalid_criterion("{\"death\":{}}", at, "no criterion of this type");
    invalid_criterion("{\"De\\nath\":{}}", at, "no criterion of this type");
    invalid_criterion("{\"Death\":null}", "CriteriaList[0].Death", "an object is wanted");
    unsupported_criterion("{\"LocationRegion\":{\"CodesetId\":1}}", "CriteriaList[0].LocationRegion", "LOCATION_HISTORY");
    rest("\"EndStrategy\":{}", ERROR_INVALID_INPUT, "EndStrategy", "exactly one key");
    rest("\"EndStrategy\":{\"dateOffset\":{}}", ERROR_INVALID_INPUT, "EndStrategy", "DateOffset or CustomEra");
    rest("\"EndStrategy\":{\"CustomEra\":{\"GapDays\":1}}", ERROR_INVALID_INPUT, "EndStrategy.CustomEra.DrugCodesetId", "set of drugs");
    rest("\"EndStrategy\":{\"DateOffset\":{\"DateField\":\"startDate\"}}", ERROR_INVALID_INPUT, "EndStrategy.DateOffset.DateField",
         "StartDate or EndDate");
    rest("\"EndStrategy\":{\"DateOffset\":{}}", ERROR_INVALID_INPUT, NULL, NULL);
}

static void scalars(void **state)
{
    (void)state;
    invalid_criterion("{\"ConditionOccurrence\":{\"CodesetId\":\"All\"}}", "ConditionOccurrence.CodesetId", "32 bits");
    invalid_criterion("{\"ConditionOccurrence\":{\"CodesetId\":true}}", "ConditionOccurrence.CodesetId", "this is true");
    invalid_criterion("{\"ConditionOccurrence\":{\"CodesetId\":2147483648}}", "ConditionOccurrence.CodesetId", "32 bits");
    invalid_criterion("{\"ConditionOccurrence\":{\"First\":\"yes\"}}", "ConditionOccurrence.First", "true or false");
    invalid_criterion("{\"ConditionOccurrence\":{\"First\":0.5}}", "ConditionOccurrence.First", "true or false");
    invalid_criterion("{\"ConditionOccurrence\":{\"ConditionType\":{}}}", "ConditionOccurrence.ConditionType", "an array is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"ConditionType\":[null]}}", "ConditionOccurrence.ConditionType[0]",
                      "an object is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"ConditionType\":[{}]}}", "ConditionType[0].CONCEPT_ID", "a whole number");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":3}}", "ConditionOccurrence.Age", "an object is wanted");
    accepted_criterion(
        "{\"ConditionOccurrence\":{\"CodesetId\":\" 3 \",\"First\":\"TRUE\",\"ConditionType\":null,\"Age\":null,\"first\":[]}}");
    accepted_criterion("{\"ConditionOccurrence\":{\"CodesetId\":3.9,\"First\":1,\"PlaceOfService\":7}}");
    accepted_criterion("{\"Death\":{\"First\":[]}}");
}

static void ranges(void **state)
{
    (void)state;
    const char *age = "ConditionOccurrence.Age";
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{}}}", "ConditionOccurrence.Age.Op", "needs an operator");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"GT\",\"Value\":1}}}", "ConditionOccurrence.Age.Op", "unknown operator");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"!lt\",\"Value\":1}}}", age, "unknown operator");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"gt\"}}}", "ConditionOccurrence.Age.Value", "a number is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"gt\",\"Value\":\"x\"}}}", "ConditionOccurrence.Age.Value",
                      "a number is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"bt\",\"Value\":1}}}", "ConditionOccurrence.Age.Extent",
                      "a number is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"gt\",\"Value\":1e12}}}", "ConditionOccurrence.Age.Value", "32 bits");
    const char *date = "ConditionOccurrence.OccurrenceStartDate.Value";
    invalid_criterion("{\"ConditionOccurrence\":{\"OccurrenceStartDate\":{\"Op\":\"gt\"}}}", date, "a date is wanted");
    invalid_criterion("{\"ConditionOccurrence\":{\"OccurrenceStartDate\":{\"Op\":\"gt\",\"Value\":\"\"}}}", date, "year-month-day");
    invalid_criterion("{\"ConditionOccurrence\":{\"OccurrenceStartDate\":{\"Op\":\"gt\",\"Value\":\"2010-01-01T00:00\"}}}", date,
                      "year-month-day");
    invalid_criterion("{\"ConditionOccurrence\":{\"OccurrenceStartDate\":{\"Op\":\"gt\",\"Value\":\"2010-01\"}}}", date, "year-month-day");
    invalid_criterion("{\"ConditionOccurrence\":{\"OccurrenceStartDate\":{\"Op\":\"gt\",\"Value\":\"2011-02-29\"}}}", date, "no such date");
    invalid_criterion("{\"ConditionOccurrence\":{\"StopReason\":{\"Text\":\"x\"}}}", "ConditionOccurrence.StopReason.Op",
                      "needs an operator");
    invalid_criterion("{\"ConditionOccurrence\":{\"StopReason\":{\"Op\":\"contains\",\"Text\":\"a\\u0000b\"}}}", "StopReason.Text", "NUL");
    unsupported_criterion("{\"ConditionOccurrence\":{\"StopReason\":{\"Op\":\"!eq\",\"Text\":\"x\"}}}", "ConditionOccurrence.StopReason.Op",
                          "negated");
    unsupported_criterion("{\"ConditionOccurrence\":{\"StopReason\":{\"Op\":\"contains\",\"Text\":1.5}}}", "StopReason.Text",
                          "quotation marks");
    accepted_criterion(
        "{\"ConditionOccurrence\":{\"Age\":{\"Op\":\"xbt\",\"Value\":\"1\",\"Extent\":2.5},\"StopReason\":{\"Op\":\"eq\",\"Text\":12}}}");
    rest("\"CensorWindow\":{\"StartDate\":\"\"}", ERROR_INVALID_INPUT, "CensorWindow.StartDate", "year-month-day");
    rest("\"CensorWindow\":{\"StartDate\":null}", ERROR_INVALID_INPUT, NULL, NULL);
}

static void what_the_cdm_lacks(void **state)
{
    (void)state;
    unsupported_criterion("{\"DrugExposure\":{\"EffectiveDrugDose\":{\"Op\":\"gt\",\"Value\":1}}}", "DrugExposure.EffectiveDrugDose",
                          "no such column");
    unsupported_criterion("{\"DrugExposure\":{\"DoseUnit\":[{\"CONCEPT_ID\":1}]}}", "DrugExposure.DoseUnit", "no such column");
    unsupported_criterion("{\"DrugExposure\":{\"DoseUnitCS\":{}}}", "DrugExposure.DoseUnitCS", "no such column");
    unsupported_criterion("{\"VisitOccurrence\":{\"PlaceOfServiceLocation\":1}}", "VisitOccurrence.PlaceOfServiceLocation", "location");
    unsupported_criterion("{\"VisitDetail\":{\"PlaceOfServiceLocation\":1}}", "VisitDetail.PlaceOfServiceLocation", "location");
    unsupported_criterion("{\"Measurement\":{\"Abnormal\":true}}", "Measurement.Abnormal", "ValueAsConcept");
    unsupported_criterion("{\"Measurement\":{\"Abnormal\":true,\"ValueAsConcept\":[]}}", "Measurement.Abnormal", "ValueAsConcept");
    unsupported_criterion("{\"DrugEra\":{\"GapDays\":{\"Op\":\"gt\",\"Value\":1}}}", "DrugEra.GapDays", "EraLength");
    accepted_criterion("{\"Measurement\":{\"Abnormal\":false}},{\"DrugExposure\":{\"DoseUnit\":[]}},{\"Measurement\":{\"Abnormal\":true,"
                       "\"ValueAsConceptCS\":{}}}");
    accepted_criterion("{\"DrugEra\":{\"GapDays\":{},\"EraLength\":{\"Op\":\"gt\",\"Value\":1}}}");
}

static void concept_sets(void **state)
{
    (void)state;
    rest("\"ConceptSets\":{}", ERROR_INVALID_INPUT, "ConceptSets", "an array is wanted");
    rest("\"ConceptSets\":[null]", ERROR_INVALID_INPUT, "ConceptSets[0]", "an object is wanted");
    rest("\"ConceptSets\":[{\"id\":1}]", ERROR_INVALID_INPUT, "ConceptSets[0].expression", "there is none");
    rest("\"ConceptSets\":[{\"id\":1,\"expression\":{}}]", ERROR_INVALID_INPUT, "ConceptSets[0].expression.items", "there is none");
    rest("\"ConceptSets\":[{\"expression\":{\"items\":[{}]}}]", ERROR_INVALID_INPUT, "ConceptSets[0].expression.items[0].concept",
         "there is none");
    rest("\"ConceptSets\":[{\"expression\":{\"items\":[{\"concept\":{}}]}}]", ERROR_INVALID_INPUT, "items[0].concept.CONCEPT_ID",
         "there is none");
    rest("\"ConceptSets\":[{\"id\":1,\"expression\":{\"items\":[]}},{\"id\":1,\"expression\":{\"items\":[]}}]", ERROR_UNSUPPORTED,
         "ConceptSets[1]", "twice");
    rest("\"ConceptSets\":null", ERROR_INVALID_INPUT, NULL, NULL);
}

static void groups(void **state)
{
    (void)state;
    const char *type = "AdditionalCriteria.Type";
    rest("\"AdditionalCriteria\":{\"DemographicCriteriaList\":[{}]}", ERROR_INVALID_INPUT, type, "type of a group");
    rest("\"AdditionalCriteria\":{\"Type\":\"SOME\",\"DemographicCriteriaList\":[{}]}", ERROR_INVALID_INPUT, type, "type of a group");
    rest("\"AdditionalCriteria\":{\"Type\":\"AT_LEAST\",\"DemographicCriteriaList\":[{}]}", ERROR_INVALID_INPUT, "AdditionalCriteria.Count",
         "need a count");
    rest("\"AdditionalCriteria\":{\"CriteriaList\":null}", ERROR_INVALID_INPUT, "AdditionalCriteria.CriteriaList", "null");
    rest("\"AdditionalCriteria\":{\"DemographicCriteriaList\":null}", ERROR_INVALID_INPUT, "AdditionalCriteria.DemographicCriteriaList",
         "null");
    rest("\"AdditionalCriteria\":{\"Groups\":null}", ERROR_INVALID_INPUT, "AdditionalCriteria.Groups", "null");
    rest("\"AdditionalCriteria\":{\"Type\":\"ALL\",\"Groups\":[{\"Groups\":[null]}]}", ERROR_INVALID_INPUT,
         "AdditionalCriteria.Groups[0].Groups[0]", "an object is wanted");
    rest("\"AdditionalCriteria\":{\"Type\":\"at_least\",\"Count\":\"1\",\"Groups\":[{}]}", ERROR_INVALID_INPUT, NULL, NULL);
    rest("\"AdditionalCriteria\":{}", ERROR_INVALID_INPUT, NULL, NULL);
    invalid_criterion("{\"Death\":{\"CorrelatedCriteria\":{\"Type\":\"ALL\",\"Groups\":7}}}", "Death.CorrelatedCriteria.Groups",
                      "an array is wanted");
}

static void correlated_parts(void **state)
{
    (void)state;
    char text[2000];
    correlated("", ERROR_INVALID_INPUT, "AdditionalCriteria.CriteriaList[0].Criteria", "there is none");
    snprintf(text, sizeof text, "\"Criteria\":null,%s,%s", window, once);
    correlated(text, ERROR_INVALID_INPUT, "CriteriaList[0].Criteria", "null");
    snprintf(text, sizeof text, "\"Criteria\":%s,%s", plain, once);
    correlated(text, ERROR_INVALID_INPUT, "CriteriaList[0].StartWindow", "there is none");
    snprintf(text, sizeof text, "\"Criteria\":%s,%s", plain, window);
    correlated(text, ERROR_INVALID_INPUT, "CriteriaList[0].Occurrence", "there is none");
    snprintf(text, sizeof text, "\"Criteria\":%s,\"StartWindow\":{\"Start\":{}},%s", plain, once);
    correlated(text, ERROR_INVALID_INPUT, "CriteriaList[0].StartWindow.End", "there is none");
    snprintf(text, sizeof text, "\"Criteria\":%s,%s,\"EndWindow\":{\"End\":{}},%s", plain, window, once);
    correlated(text, ERROR_INVALID_INPUT, "CriteriaList[0].EndWindow.Start", "there is none");
    snprintf(text, sizeof text, "\"Criteria\":%s,%s,\"EndWindow\":null,%s", plain, window, once);
    correlated(text, ERROR_INVALID_INPUT, NULL, NULL);
    counted(plain, "{\"Type\":3,\"Count\":1}", ERROR_INVALID_INPUT, "CriteriaList[0].Occurrence.Type", "0 exactly");
    counted(plain, "{\"Type\":2,\"Count\":1,\"CountColumn\":\"start_date\"}", ERROR_INVALID_INPUT, "Occurrence.CountColumn",
            "no such column");
    counted(plain, "{}", ERROR_INVALID_INPUT, NULL, NULL);
}

static void counting(void **state)
{
    (void)state;
    static const struct {
        const char *type, *column;
        bool is_counted;
    } pairs[] = {
        {"ConditionOccurrence", "VISIT_ID", true},
        {"ConditionOccurrence", "QUANTITY", false},
        {"ConditionOccurrence", "VISIT_DETAIL_ID", false},
        {"ConditionOccurrence", "DOMAIN_SOURCE_CONCEPT", false},
        {"ConditionEra", "VISIT_ID", false},
        {"VisitDetail", "VISIT_ID", false},
        {"VisitDetail", "END_DATE", true},
        {"DrugEra", "VISIT_ID", true},
        {"DrugEra", "GAP_DAYS", true},
        {"ConditionEra", "GAP_DAYS", false},
        {"ConditionEra", "ERA_OCCURRENCES", true},
        {"DoseEra", "ERA_OCCURRENCES", false},
        {"DoseEra", "UNIT", true},
        {"Measurement", "UNIT", false},
        {"DoseEra", "VALUE_AS_NUMBER", true},
        {"Observation", "VALUE_AS_NUMBER", true},
        {"Observation", "RANGE_LOW", false},
        {"Measurement", "RANGE_HIGH", true},
        {"DrugExposure", "REFILLS", true},
        {"DrugExposure", "DAYS_SUPPLY", true},
        {"DeviceExposure", "QUANTITY", true},
        {"Specimen", "QUANTITY", false},
        {"Death", "DOMAIN_CONCEPT", true},
        {"Death", "DURATION", true},
        {"ObservationPeriod", "DURATION", true},
        {"ObservationPeriod", "DOMAIN_CONCEPT", true},
        {"PayerPlanPeriod", "DURATION", false},
        {"PayerPlanPeriod", "DOMAIN_CONCEPT", false},
        {"PayerPlanPeriod", "START_DATE", true},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char criterion[100], occurrence[200];
        snprintf(criterion, sizeof criterion, "{\"%s\":{}}", pairs[i].type);
        snprintf(occurrence, sizeof occurrence, "{\"Type\":2,\"Count\":1,\"IsDistinct\":true,\"CountColumn\":\"%s\"}", pairs[i].column);
        counted(criterion, occurrence, ERROR_UNSUPPORTED, pairs[i].is_counted ? NULL : "CriteriaList[0].Occurrence", "the reference");
        snprintf(occurrence, sizeof occurrence, "{\"Type\":2,\"Count\":1,\"CountColumn\":\"%s\"}", pairs[i].column);
        counted(criterion, occurrence, ERROR_UNSUPPORTED, NULL, NULL); /* without IsDistinct it counts for nothing */
    }
    counted("{\"PayerPlanPeriod\":{\"PayerConcept\":1}}", "{\"Type\":2,\"IsDistinct\":true}", ERROR_UNSUPPORTED, NULL, NULL);
    const char *nested = "{\"Death\":{\"CorrelatedCriteria\":{\"Type\":\"ALL\",\"Groups\":[{}]}}}";
    counted(nested, "{\"Type\":2,\"IsDistinct\":true}", ERROR_UNSUPPORTED, "Occurrence.IsDistinct", "group of its own");
    counted(nested, "{\"Type\":2,\"IsDistinct\":true,\"CountColumn\":\"VISIT_ID\"}", ERROR_UNSUPPORTED, NULL, NULL);
    counted("{\"Death\":{\"CorrelatedCriteria\":{}}}", "{\"Type\":2,\"IsDistinct\":true}", ERROR_UNSUPPORTED, NULL, NULL);
}

static void the_rest(void **state)
{
    (void)state;
    static const char *const not_null[] = {"QualifiedLimit", "ExpressionLimit", "InclusionRules", "CollapseSettings"};
    for (size_t i = 0; i < sizeof not_null / sizeof not_null[0]; i++) {
        char text[60];
        snprintf(text, sizeof text, "\"%s\":null", not_null[i]);
        rest(text, ERROR_INVALID_INPUT, not_null[i], "null");
    }
    check("{\"PrimaryCriteria\":{\"CriteriaList\":[{\"Death\":{}}],\"ObservationWindow\":{},\"PrimaryCriteriaLimit\":{\"Type\":null}}}",
          ERROR_INVALID_INPUT, "PrimaryCriteria.PrimaryCriteriaLimit.Type", "primary limit");
    rest("\"InclusionRules\":[{\"name\":\"x\"}]", ERROR_INVALID_INPUT, "InclusionRules[0].expression", "there is none");
    rest("\"InclusionRules\":[{\"name\":[],\"expression\":{}}]", ERROR_INVALID_INPUT, "InclusionRules[0].name", "a text is wanted");
    rest("\"CollapseSettings\":{\"CollapseType\":\"era\"}", ERROR_INVALID_INPUT, "CollapseSettings.CollapseType", "ERA");
    rest("\"CensoringCriteria\":[{}]", ERROR_INVALID_INPUT, "CensoringCriteria[0]", "exactly one key");
    rest("\"QualifiedLimit\":{\"Type\":null},\"CensoringCriteria\":null,\"AdditionalCriteria\":null,\"EndStrategy\":null",
         ERROR_INVALID_INPUT, NULL, NULL);
    char many[2000] = "\"InclusionRules\":[";
    for (int i = 0; i < 54; i++) {
        snprintf(many + strlen(many), sizeof many - strlen(many), "%s{\"expression\":{}}", i > 0 ? "," : "");
    }
    snprintf(many + strlen(many), sizeof many - strlen(many), "]");
    rest(many, ERROR_UNSUPPORTED, "InclusionRules", "54 inclusion rules");
}

/* ---- hostile definitions: a clear refusal by path and line ---- */
static void days_beyond_the_calendar(void **state)
{
    (void)state;
    check("{\n\"PrimaryCriteria\":{\"CriteriaList\":[{\"Death\":{}}],\n\"ObservationWindow\":{\n\"PriorDays\":1000000000}}}", ERROR_LIMIT,
          "definition.json, line 4, PrimaryCriteria.ObservationWindow.PriorDays", "number of days");
    rest("\"EndStrategy\":{\"DateOffset\":{\"Offset\":-3652059}}", ERROR_LIMIT, "EndStrategy.DateOffset.Offset", "number of days");
    rest("\"EndStrategy\":{\"DateOffset\":{\"Offset\":-3652058}}", ERROR_LIMIT, NULL, NULL);
    rest("\"EndStrategy\":{\"CustomEra\":{\"DrugCodesetId\":0,\"GapDays\":2000000000}}", ERROR_LIMIT, "EndStrategy.CustomEra.GapDays",
         "days");
    rest("\"EndStrategy\":{\"CustomEra\":{\"DrugCodesetId\":0,\"DaysSupplyOverride\":2000000000}}", ERROR_LIMIT,
         "EndStrategy.CustomEra.DaysSupplyOverride", "days");
    rest("\"CollapseSettings\":{\"EraPad\":1000000000}", ERROR_LIMIT, "CollapseSettings.EraPad", "days");
    expression("{\"Death\":{\"DateAdjustment\":{\"EndOffset\":1000000000}}}", "", ERROR_LIMIT,
               "PrimaryCriteria.CriteriaList[0].Death.DateAdjustment.EndOffset", "days");
    char more[1000];
    static const char far[] =
        "\"Criteria\":{\"Death\":{}},%s,\"StartWindow\":{\"Start\":{\"Days\":%s,\"Coeff\":%s},\"End\":{\"Days\":1,\"Coeff\":1}}";
    snprintf(more, sizeof more, far, once, "1000000000", "-1");
    correlated(more, ERROR_LIMIT, "AdditionalCriteria.CriteriaList[0].StartWindow.Start.Days", "days");
    snprintf(more, sizeof more, far, once, "3000", "-3000");
    correlated(more, ERROR_LIMIT, "AdditionalCriteria.CriteriaList[0].StartWindow.Start.Coeff", "days");
    snprintf(more, sizeof more, far, once, "3652058", "-1");
    correlated(more, ERROR_LIMIT, NULL, NULL);
}

/* `before`, then `part` so many times with commas between, then `after`. */
static void repeated(const char *before, const char *part, size_t times, const char *after, enum error_code code, const char *where,
                     const char *why)
{
    const size_t length = strlen(part);
    CLEANUP(arena) struct arena *arena = arena_create();
    char *json = arena_allocate_raw(arena, strlen(before) + times * (length + 1) + strlen(after) + 1, 1);
    size_t at = strlen(before);
    memcpy(json, before, at);
    for (size_t i = 0; i < times; i++) {
        memcpy(json + at, part, length);
        at += length;
        json[at++] = ',';
    }
    memcpy(json + at - 1, after, strlen(after) + 1);
    check(json, code, where, why);
}

static void too_many_parts(void **state)
{
    (void)state;
    static const char start[] = "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[";
    repeated(start, "{\"Death\":{}}\n", 10000, "]}}", ERROR_LIMIT, NULL, NULL);
    repeated(start, "{\"Death\":{}}\n", 20000, "]}}", ERROR_LIMIT, "line 10001, PrimaryCriteria.CriteriaList[10000]", "at most 10000");
    static const char rules[] = "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"Death\":{}}]},\n\"InclusionRules\":[";
    repeated(rules, "{\"expression\":{}}", 100000, "]}", ERROR_UNSUPPORTED, "line 2, InclusionRules", "100000 inclusion rules");
    static const char groups[] =
        "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"Death\":{}}]},\"AdditionalCriteria\":{\"Groups\":[";
    repeated(groups, "{}", 20000, "]}}", ERROR_LIMIT, "AdditionalCriteria.Groups[9998]", "at most 10000");
    static const char people[] =
        "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"Death\":{}}]},\"AdditionalCriteria\":{"
        "\"DemographicCriteriaList\":[";
    repeated(people, "{}", 20000, "]}}", ERROR_LIMIT, "AdditionalCriteria.DemographicCriteriaList[9998]", "at most 10000");
}

static void too_many_concepts(void **state)
{
    (void)state;
    static const char set[] =
        "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"Death\":{}}]},\"ConceptSets\":[{\"id\":0,\n"
        "\"expression\":{\"items\":[";
    repeated(set, "{\"concept\":{\"CONCEPT_ID\":1}}", 100000, "]}}]}", ERROR_LIMIT, NULL, NULL);
    repeated(set, "{\"concept\":{\"CONCEPT_ID\":1}}", 200000, "]}}]}", ERROR_LIMIT, "line 2, ConceptSets[0].expression.items",
             "200000 concepts");
    static const char list[] = "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"Death\":{\"Gender\":[";
    repeated(list, "{\"CONCEPT_ID\":1}", 200000, "]}}]}}", ERROR_LIMIT, "PrimaryCriteria.CriteriaList[0].Death.Gender", "200000 concepts");
    static const char text[] = "{\"PrimaryCriteria\":{\"ObservationWindow\":{},\"CriteriaList\":[{\"ConditionOccurrence\":{\"StopReason\":"
                               "{\"Op\":\"contains\",\"Text\":\"";
    repeated(text, "%", 100000, "\"}}}]}}", ERROR_LIMIT, "ConditionOccurrence.StopReason.Text", "too long");
}

static void too_deep(void **state)
{
    (void)state;
    static const char start[] = "{\"AdditionalCriteria\":";
    static const char group[] = "{\n\"Groups\":[";
    enum { DEPTH = 10000 };
    CLEANUP(arena) struct arena *arena = arena_create();
    char *json = arena_allocate_raw(arena, sizeof start + DEPTH * (sizeof group + 2) + 2, 1), *at = json;
    at += snprintf(at, sizeof start, "%s", start);
    for (int i = 0; i < DEPTH; i++) {
        at += snprintf(at, sizeof group, "%s", group);
    }
    for (int i = 0; i < DEPTH; i++) {
        at += snprintf(at, 3, "]}");
    }
    snprintf(at, 2, "}");
    check(json, ERROR_LIMIT, "definition.json, line 33, AdditionalCriteria.Groups[0].Groups[0].Groups[0]", "deeper than 64");
    memset(json, '[', DEPTH);
    json[DEPTH] = '\0';
    check(json, ERROR_LIMIT, "definition.json, line 1, [0][0][0]", "deeper than 64");
}

static void versions(void **state)
{
    (void)state;
    static const char *const included[] = {">=5.0.0", " >= 4.2", ">=5.0", ">4", ">=5"};
    static const char *const excluded[] = {">=5.3.0", ">=6.0.0", "5.0.0", "<=6.0", "=5.0", "^5.0.0", ">5.0"};
    static const char *const malformed[] = {"", "five", ">=", ">=5.", ">=5.0 <6", ">=5.0.0.0"};
    char text[100];
    for (size_t i = 0; i < sizeof included / sizeof included[0]; i++) {
        snprintf(text, sizeof text, "\"cdmVersionRange\":\"%s\"", included[i]);
        rest(text, ERROR_INVALID_INPUT, NULL, NULL);
    }
    for (size_t i = 0; i < sizeof excluded / sizeof excluded[0]; i++) {
        snprintf(text, sizeof text, "\"cdmVersionRange\":\"%s\"", excluded[i]);
        rest(text, ERROR_INVALID_INPUT, "cdmVersionRange", "does not include");
    }
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        snprintf(text, sizeof text, "\"cdmVersionRange\":\"%s\"", malformed[i]);
        rest(text, ERROR_INVALID_INPUT, "cdmVersionRange", "is written like");
    }
    expression("{\"PayerPlanPeriod\":{}}", "\"cdmVersionRange\":\">=5.3.0\"", ERROR_INVALID_INPUT, NULL, NULL);
    expression("{\"PayerPlanPeriod\":{}}", "\"cdmVersionRange\":\">=5.4.0\"", ERROR_INVALID_INPUT, "cdmVersionRange", "from 5.3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes),
        cmocka_unit_test(wrappers),
        cmocka_unit_test(scalars),
        cmocka_unit_test(ranges),
        cmocka_unit_test(what_the_cdm_lacks),
        cmocka_unit_test(concept_sets),
        cmocka_unit_test(groups),
        cmocka_unit_test(correlated_parts),
        cmocka_unit_test(counting),
        cmocka_unit_test(the_rest),
        cmocka_unit_test(days_beyond_the_calendar),
        cmocka_unit_test(too_many_parts),
        cmocka_unit_test(too_many_concepts),
        cmocka_unit_test(too_deep),
        cmocka_unit_test(versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
