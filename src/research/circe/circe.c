/* SPDX-License-Identifier: EUPL-1.2 */
/* The whole expression: primary criteria, limits, rules, exit, collapse (circe: sections 1.2, 4, 6, 7, 8). */
#include "research/circe/circe.h"
#include "base/settings.h"
#include "research/circe/concept_sets.h"
#include "research/circe/criteria.h"
#include "research/circe/ranges.h"
#include "research/circe/version.h"
#include <string.h>

/* circe: ResultLimit. "All" and "Last" without case; any other text is First, as in the reference. */
static enum cohort_limit limit_of(const char *type)
{
    struct text text = text_of(type);
    if (text_equal_fold(text, TEXT("ALL"))) {
        return COHORT_LIMIT_ALL;
    }
    return text_equal_fold(text, TEXT("LAST")) ? COHORT_LIMIT_LAST : COHORT_LIMIT_FIRST;
}

/* null_limit: what a Type of null means; NULL: it is refused. */
static bool limit_read(const struct reading *reading, struct node object, const char *name, const enum cohort_limit *null_limit,
                       enum cohort_limit *out_limit, struct error *err)
{
    struct node node = {0};
    const char *type = NULL;
    *out_limit = COHORT_LIMIT_FIRST;
    TRY(read_object(reading, object, name, MAY_LACK, &node, err));
    if (!node.json || !node_member(reading, node, "Type").json) {
        return true;
    }
    TRY(read_text(reading, node, "Type", &type, err));
    if (type) {
        *out_limit = limit_of(type);
        return true;
    }
    if (!null_limit) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, node, "Type", err, "the primary limit is All, First or Last");
    }
    *out_limit = *null_limit;
    return true;
}

static bool primary_read(struct reading *reading, struct node expression, struct cohort_program *program, struct error *err)
{
    struct node primary = {0}, list = {0}, window = {0};
    TRY(read_object(reading, expression, "PrimaryCriteria", MUST_BE_THERE, &primary, err));
    TRY(read_array(reading, primary, "CriteriaList", MAY_LACK, &list, err));
    if (!list.json || list.json->count == 0) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, primary, "CriteriaList", err,
                                     "a cohort needs at least one primary criterion");
    }
    TRY(criteria_read(reading, list, &program->primary, &program->primary_count, err));
    TRY(read_object(reading, primary, "ObservationWindow", MUST_BE_THERE, &window, err));
    TRY(read_days(reading, window, "PriorDays", &program->prior_days, err));
    TRY(read_days(reading, window, "PostDays", &program->post_days, err));
    return limit_read(reading, primary, "PrimaryCriteriaLimit", NULL, &program->primary_limit, err);
}

/* circe: section 6. Without additional criteria the qualified limit counts for nothing. */
static bool qualified_read(struct reading *reading, struct node expression, struct cohort_program *program, struct error *err)
{
    static const enum cohort_limit all = COHORT_LIMIT_ALL;
    struct node node = {0};
    TRY(limit_read(reading, expression, "QualifiedLimit", &all, &program->qualified_limit, err));
    TRY(limit_read(reading, expression, "ExpressionLimit", &all, &program->expression_limit, err));
    TRY(read_object(reading, expression, "AdditionalCriteria", MAY_BE_ABSENT, &node, err));
    if (!node.json) {
        program->qualified_limit = COHORT_LIMIT_ALL;
        return true;
    }
    struct cohort_group *group = ARENA_NEW(reading->result, struct cohort_group);
    TRY(group_read(reading, node, group, err));
    program->additional = group;
    return true;
}

static bool rule_read(struct reading *reading, struct node node, struct cohort_rule *rule, struct error *err)
{
    const char *name = NULL, *description = NULL;
    struct node group = {0};
    TRY(read_text(reading, node, "name", &name, err));
    TRY(read_text(reading, node, "description", &description, err));
    TRY(read_object(reading, node, "expression", MUST_BE_THERE, &group, err));
    rule->name = reading_keep(reading, name);
    rule->description = reading_keep(reading, description);
    rule->path = reading_keep(reading, node.path);
    return group_read(reading, group, &rule->group, err);
}

static bool rules_read(struct reading *reading, struct node expression, struct cohort_program *program, struct error *err)
{
    struct node list = {0}, item = {0};
    TRY(read_array(reading, expression, "InclusionRules", MAY_LACK, &list, err));
    size_t count = list.json ? list.json->count : 0;
    if (count > COHORT_RULES_MAX) {
        return reading_refuse(reading, ERROR_UNSUPPORTED, list.path, err, "%zu inclusion rules; the reference's mask is exact up to %d",
                              count, COHORT_RULES_MAX);
    }
    struct cohort_rule *rules = ARENA_ARRAY(reading->result, struct cohort_rule, count);
    for (size_t i = 0; i < count; i++) {
        TRY(read_item(reading, list, i, &item, err));
        TRY(rule_read(reading, item, &rules[i], err));
    }
    program->rules = rules;
    program->rule_count = count;
    return true;
}

static bool date_offset_read(const struct reading *reading, struct node node, struct cohort_exit *exit, struct error *err)
{
    const char *field = NULL;
    exit->kind = COHORT_EXIT_OFFSET;
    TRY(read_days(reading, node, "Offset", &exit->offset, err));
    TRY(read_text(reading, node, "DateField", &field, err));
    if (!field && !node_member(reading, node, "DateField").json) {
        field = "StartDate";
    }
    if (!field || (strcmp(field, "StartDate") != 0 && strcmp(field, "EndDate") != 0)) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, node, "DateField", err, "this is StartDate or EndDate");
    }
    exit->from_end = strcmp(field, "EndDate") == 0;
    return true;
}

static bool custom_era_read(struct reading *reading, struct node node, struct cohort_exit *exit, struct error *err)
{
    exit->kind = COHORT_EXIT_DRUG_ERA;
    TRY(concept_set_find(reading, node, "DrugCodesetId", &exit->drug_set, err));
    if (exit->drug_set == COHORT_NO_SET) {
        return reading_refuse_member(reading, ERROR_INVALID_INPUT, node, "DrugCodesetId", err, "a custom era needs a set of drugs");
    }
    TRY(read_days(reading, node, "GapDays", &exit->gap_days, err));
    TRY(read_days(reading, node, "Offset", &exit->offset, err));
    return read_optional_days(reading, node, "DaysSupplyOverride", &exit->has_supply_override, &exit->supply_override, err);
}

static bool exit_read(struct reading *reading, struct node expression, struct cohort_exit *exit, struct error *err)
{
    struct node wrapper = {0}, node = {0};
    struct text name = {0};
    *exit = (struct cohort_exit){.kind = COHORT_EXIT_PERIOD_END, .drug_set = COHORT_NO_SET, .path = ""};
    TRY(read_object(reading, expression, "EndStrategy", MAY_BE_ABSENT, &wrapper, err));
    if (!wrapper.json) {
        return true;
    }
    TRY(read_wrapper(reading, wrapper, "an end strategy", &name, &node, err));
    exit->path = reading_keep(reading, node.path);
    if (text_equal(name, TEXT("DateOffset"))) {
        return date_offset_read(reading, node, exit, err);
    }
    if (text_equal(name, TEXT("CustomEra"))) {
        return custom_era_read(reading, node, exit, err);
    }
    return reading_refuse(reading, ERROR_INVALID_INPUT, wrapper.path, err, "an end strategy is DateOffset or CustomEra");
}

static bool end_read(struct reading *reading, struct node expression, struct cohort_program *program, struct error *err)
{
    struct node list = {0}, collapse = {0}, censor = {0};
    const char *type = NULL;
    TRY(exit_read(reading, expression, &program->exit, err));
    TRY(read_array(reading, expression, "CensoringCriteria", MAY_BE_ABSENT, &list, err));
    if (list.json) {
        TRY(criteria_read(reading, list, &program->censoring, &program->censoring_count, err));
    }
    TRY(read_object(reading, expression, "CollapseSettings", MAY_LACK, &collapse, err));
    if (collapse.json) {
        TRY(read_text(reading, collapse, "CollapseType", &type, err));
        if (type && strcmp(type, "ERA") != 0) {
            return reading_refuse_member(reading, ERROR_INVALID_INPUT, collapse, "CollapseType", err, "the only collapse type is ERA");
        }
        TRY(read_days(reading, collapse, "EraPad", &program->era_pad, err));
    }
    TRY(read_object(reading, expression, "CensorWindow", MAY_BE_ABSENT, &censor, err));
    if (censor.json) {
        TRY(date_read(reading, censor, "StartDate", &program->has_censor_start, &program->censor_start, err));
        TRY(date_read(reading, censor, "EndDate", &program->has_censor_end, &program->censor_end, err));
    }
    return true;
}

static bool expression_read(struct reading *reading, struct node expression, struct cohort_program *program, struct error *err)
{
    const char *title = NULL;
    if (!json_member(expression.json, "PrimaryCriteria") && json_member(expression.json, "expression")) {
        reading_refuse(reading, ERROR_INVALID_INPUT, "expression", err, "this is an envelope around a cohort expression");
        return error_hint(err, "give the expression alone: what stands in the member expression");
    }
    TRY(concept_sets_read(reading, expression, err));
    TRY(read_text(reading, expression, "Title", &title, err));
    program->title = reading_keep(reading, title);
    TRY(primary_read(reading, expression, program, err));
    TRY(qualified_read(reading, expression, program, err));
    TRY(rules_read(reading, expression, program, err));
    TRY(end_read(reading, expression, program, err));
    return version_check(reading, expression, err);
}

static bool part_read(struct reading *reading, enum circe_part part, struct node node, struct cohort_program *program, struct error *err)
{
    struct cohort_group *group = ARENA_NEW(reading->result, struct cohort_group);
    reading->is_occurrence_optional = part == CIRCE_CORRELATED;
    program->exit = (struct cohort_exit){.kind = COHORT_EXIT_PERIOD_END, .drug_set = COHORT_NO_SET, .path = ""};
    if (part == CIRCE_CRITERION) {
        struct cohort_criterion *criterion = ARENA_NEW(reading->result, struct cohort_criterion);
        program->primary = criterion;
        program->primary_count = 1;
        return criterion_read(reading, node, criterion, NULL, err);
    }
    program->additional = group;
    if (part == CIRCE_GROUP) {
        return group_read(reading, node, group, err);
    }
    struct cohort_correlated *correlated = ARENA_NEW(reading->result, struct cohort_correlated);
    *group = (struct cohort_group){.kind = COHORT_ALL, .correlated = correlated, .correlated_count = 1, .path = ""};
    return correlated_read(reading, node, correlated, err);
}

/* What json_parse refused for its depth is told by its path, too. */
static bool refuse_depth(const struct reading *reading, struct error *err)
{
    char path[120];
    unsigned line = json_line_of_depth(reading->bytes, reading->length, path, sizeof path);
    if (line > 0) {
        error_set(err, ERROR_LIMIT, __FILE__, __LINE__, "%s, line %u, %s%s: values are nested deeper than %d levels", reading->name, line,
                  path, strlen(path) + 1 == sizeof path ? "..." : "", JSON_DEPTH_MAX);
        (void)error_hint(err, "correct the definition, or export it from ATLAS again");
    }
    return false;
}

/* part NULL: the whole expression. */
static bool document_read(struct reading *reading, const enum circe_part *part, struct cohort_program *program, struct error *err)
{
    const struct json *root = NULL;
    if (!json_parse(&root, reading->scratch, reading->name, reading->bytes, reading->length, err)) {
        return refuse_depth(reading, err);
    }
    struct node node = {root, ""};
    if (root->kind != JSON_OBJECT) {
        return reading_refuse(reading, ERROR_INVALID_INPUT, "", err, "an object is wanted here, this is %s", json_kind_name(root->kind));
    }
    program->name = reading_keep(reading, reading->name);
    program->title = "";
    TRY(part ? part_read(reading, *part, node, program, err) : expression_read(reading, node, program, err));
    program->concept_set_count = reading->sets.count;
    program->concept_sets = ARENA_ARRAY(reading->result, struct cohort_concept_set, reading->sets.count);
    if (reading->sets.count > 0) {
        memcpy(program->concept_sets, reading->sets.items, reading->sets.count * sizeof *reading->sets.items);
    }
    return true;
}

static bool parse(struct cohort_program **out_program, const enum circe_part *part, struct arena *arena, const char *name,
                  const void *bytes, size_t length, struct error *err)
{
    struct settings settings;
    settings_defaults(&settings);
    if (length > (uint64_t)settings_get(&settings, SETTING_JSON_BYTES_MAX)) {
        return FAIL(err, LIMIT, "%s is larger than a JSON document may be", name);
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct reading reading = {.name = name,
                              .bytes = bytes,
                              .length = length,
                              .result = arena,
                              .scratch = scratch,
                              .sets = {.maximum = CONCEPT_SETS_MAX},
                              .keys = {.maximum = CONCEPT_SETS_MAX}};
    struct cohort_program *program = ARENA_NEW(arena, struct cohort_program);
    bool is_read = document_read(&reading, part, program, err);
    concept_set_list_finish(&reading.sets);
    concept_set_keys_finish(&reading.keys);
    if (is_read) {
        *out_program = program;
    }
    return is_read;
}

bool circe_parse(struct cohort_program **out_program, struct arena *arena, const char *name, const void *bytes, size_t length,
                 struct error *err)
{
    return parse(out_program, NULL, arena, name, bytes, length, err);
}

bool circe_parse_part(struct cohort_program **out_program, enum circe_part part, struct arena *arena, const char *name, const void *bytes,
                      size_t length, struct error *err)
{
    return parse(out_program, &part, arena, name, bytes, length, err);
}
