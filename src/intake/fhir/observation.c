/* SPDX-License-Identifier: EUPL-1.2 */
/* observation: laboratory results and vital signs as measurements, all else as observations; components as rows of their own, linked to
 * the row that they are part of. */
#include "intake/fhir/fhir_internal.h"
#include <stdio.h>
#include <string.h>

enum { VALUE_TEXT_MAX = 60 }; /* what is longer is prose: EMC2-02 */

struct value {
    bool has_number, is_prose, is_absent;
    double number;
    const char *operator; /* "" or one of <, <=, >=, > */
    struct text unit, text;
    struct coded coded;
    char room[128];
};

static const char *operator_of(struct text comparator)
{
    static const char *const operators[] = {"<", "<=", ">=", ">"};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (text_equal(comparator, text_of(operators[i]))) {
            return operators[i];
        }
    }
    return "";
}

static struct text unit_of(const struct json *quantity)
{
    struct text code = text_trim(node_text(quantity, "code"));
    return code.length > 0 ? code : text_trim(node_text(quantity, "unit"));
}

static void read_quantity(const struct json *quantity, struct value *value)
{
    value->has_number = node_number(quantity, "value", &value->number);
    value->operator= operator_of(node_text(quantity, "comparator"));
    value->unit = unit_of(quantity);
}

static void read_text(struct text text, struct value *value)
{
    value->text = text_trim(text);
    value->is_prose = value->text.length > VALUE_TEXT_MAX;
}

/* 1:128 */
static void read_ratio(const struct json *ratio, struct value *value)
{
    double above = 0, below = 1;
    if (node_number(json_member(ratio, "numerator"), "value", &above) && node_number(json_member(ratio, "denominator"), "value", &below)) {
        const int length = snprintf(value->room, sizeof value->room, "%.15g:%.15g", above, below);
        value->text = (struct text){value->room, (size_t)length};
    }
}

static void read_moment(struct line *line, const struct json *object, struct value *value)
{
    struct moment moment;
    if (line_moment(line, object, "valueDateTime", false, &moment)) {
        day_to_text(moment.day, value->room);
        value->text = (struct text){value->room, DAY_TEXT_SIZE - 1};
    }
}

static void read_concept(struct line *line, const struct json *concept, struct value *value)
{
    if (line_code(line, concept, RECORD_SYSTEM_SNOMED, "valueCodeableConcept", &value->coded) != OUTCOME_TAKEN) {
        value->coded = (struct coded){{"", 0}, {"", 0}};
        read_text(node_text(concept, "text"), value);
    }
}

/* value[x] of an observation or a component. */
static void read_value(struct line *line, const struct json *object, struct value *value)
{
    const struct json *node;
    value->operator= "";
    value->unit = value->text = value->coded.system = value->coded.code = (struct text){"", 0};
    if ((node = json_member(object, "valueQuantity"))) {
        read_quantity(node, value);
    } else if ((node = json_member(object, "valueCodeableConcept"))) {
        read_concept(line, node, value);
    } else if ((node = json_member(object, "valueString")) && node->kind == JSON_STRING) {
        read_text(node->text, value);
    } else if ((node = json_member(object, "valueInteger"))) {
        value->has_number = node_number(object, "valueInteger", &value->number);
    } else if ((node = json_member(object, "valueBoolean"))) {
        value->text = node->kind == JSON_TRUE ? TEXT("true") : TEXT("false");
    } else if ((node = json_member(object, "valueRatio"))) {
        read_ratio(node, value);
    } else if ((node = json_member(object, "valueDateTime"))) {
        read_moment(line, object, value);
    } else if (json_member(object, "valueSampledData") || json_member(object, "valueAttachment")) {
        value->is_prose = true;
    }
    value->is_absent =
        json_member(object, "dataAbsentReason") && !value->has_number && value->text.length == 0 && value->coded.code.length == 0;
}

/* The range that says it is the normal one, or does not say what it is. */
static const struct json *normal_range(const struct json *object)
{
    const struct json *ranges = json_member(object, "referenceRange");
    for (size_t i = 0; i < node_count(ranges); i++) {
        const struct json *range = fhir_item(ranges, i);
        struct text kind = node_code(json_member(range, "type"));
        if (kind.length == 0 || text_equal(kind, TEXT("normal"))) {
            return range;
        }
    }
    return NULL;
}

static void set_measurement(struct line *line, struct record *record, const struct json *object, const struct value *value)
{
    double bound;
    (void)line;
    record_set_text(record, COLUMN_OPERATOR, text_of(value->operator));
    if (value->has_number) {
        record_set_number(record, COLUMN_VALUE, value->number);
    }
    record_set_text(record, COLUMN_VALUE_TEXT, value->text);
    const struct json *range = normal_range(object);
    if (node_number(json_member(range, "low"), "value", &bound)) {
        record_set_number(record, COLUMN_LOW, bound);
    }
    if (node_number(json_member(range, "high"), "value", &bound)) {
        record_set_number(record, COLUMN_HIGH, bound);
    }
}

/* An observation has no operator: a number that is only a bound would be wrong as a value, so it is text. */
static void set_observation(struct record *record, struct value *value)
{
    if (value->has_number && *value->operator) {
        const int length = snprintf(value->room, sizeof value->room, "%s%.15g", value->operator, value->number);
        value->text = (struct text){value->room, (size_t)length};
    } else if (value->has_number) {
        record_set_number(record, COLUMN_VALUE, value->number);
    }
    record_set_text(record, COLUMN_VALUE_TEXT, value->text);
}

/* A panel has no value of its own, but those of its components. */
static bool has_present_component(const struct json *object)
{
    const struct json *components = json_member(object, "component");
    for (size_t i = 0; i < node_count(components); i++) {
        if (!json_member(fhir_item(components, i), "dataAbsentReason")) {
            return true;
        }
    }
    return false;
}

struct row {
    int place;
    bool is_measurement, is_laboratory;
    int64_t number, parent;
    const struct stay *stay;
    const struct when *when;
};

static bool take_row(struct line *line, const struct json *object, const struct row *row, struct error *err)
{
    struct record record;
    struct coded coded;
    struct value value = {.has_number = false};
    const enum record_outcome outcome = line_code(line, json_member(object, "code"), RECORD_SYSTEM_LOINC, "code", &coded);
    if (outcome != OUTCOME_TAKEN) {
        return line_drop(line, row->place, outcome);
    }
    read_value(line, object, &value);
    if (value.is_absent && !has_present_component(object)) {
        return line_drop(line, row->place, OUTCOME_NO_VALUE);
    }
    if (value.is_prose) {
        return line_drop(line, row->place, OUTCOME_FREE_TEXT);
    }
    const enum record_table table = row->is_measurement ? RECORD_MEASUREMENT : RECORD_OBSERVATION;
    record_begin_event(line, &record, &(struct event_of_person){table, row->number, row->stay, &coded, "code", row->when});
    if (row->parent) {
        record_set_integer(&record, COLUMN_PARENT, row->parent);
    }
    if (row->is_measurement) {
        set_measurement(line, &record, object, &value);
    } else {
        set_observation(&record, &value);
    }
    record_text(line, &record, COLUMN_UNIT, value.unit, "valueQuantity.unit");
    record_text(line, &record, COLUMN_VALUE_SYSTEM, value.coded.system, "valueCodeableConcept");
    record_text(line, &record, COLUMN_VALUE_CODE, value.coded.code, "valueCodeableConcept");
    record_set_text(&record, COLUMN_TYPE, row->is_laboratory ? TEXT("LABORATORY") : TEXT("EHR"));
    return line_take(line, row->place, &record, err);
}

static bool take_components(struct line *line, struct row row, struct error *err)
{
    const struct json *components = json_member(line->root, "component");
    row.parent = row.number;
    row.place = PLACE_COMPONENT;
    for (size_t i = 0; i < node_count(components); i++) {
        char id[512];
        const int length = snprintf(id, sizeof id, "%.*s#%zu", (int)(line->id.length < 400 ? line->id.length : 400), line->id.data, i);
        row.number = record_number(line->fhir->options->numbers, "Observation.component", (struct text){id, (size_t)length});
        line->out->seen[PLACE_COMPONENT]++;
        TRY(take_row(line, fhir_item(components, i), &row, err));
    }
    return true;
}

static void read_category(const struct line *line, struct row *row)
{
    const struct json *categories = json_member(line->root, "category");
    for (size_t i = 0; i < node_count(categories); i++) {
        struct text code = node_code(fhir_item(categories, i));
        row->is_laboratory = row->is_laboratory || text_equal(code, TEXT("laboratory"));
        row->is_measurement = row->is_measurement || row->is_laboratory || text_equal(code, TEXT("vital-signs"));
    }
}

bool observation_take(struct line *line, struct error *err)
{
    struct text status = node_text(line->root, "status");
    struct stay stay;
    struct when when = {0};
    if (!text_equal(status, TEXT("final")) && !text_equal(status, TEXT("amended")) && !text_equal(status, TEXT("corrected"))) {
        const bool is_error = text_equal(status, TEXT("entered-in-error"));
        return line_drop(line, FHIR_OBSERVATION, is_error ? OUTCOME_ENTERED_IN_ERROR : OUTCOME_STATUS);
    }
    if (!line_subject(line, "subject")) {
        return true;
    }
    line_stay(line, "encounter", &stay);
    line_when(line, line->root, "effectiveDateTime", "effectivePeriod", &when);
    line_when(line, line->root, "effectiveInstant", NULL, &when);
    line_when(line, line->root, "issued", NULL, &when);
    when_of_stay(&when, &stay);
    if (!when.has_start) {
        return line_drop(line, FHIR_OBSERVATION, OUTCOME_NO_DATE);
    }
    struct row row = {.place = FHIR_OBSERVATION, .number = line_record(line), .stay = &stay, .when = &when};
    read_category(line, &row);
    const uint32_t before = line->out->outcomes[FHIR_OBSERVATION][OUTCOME_TAKEN];
    TRY(take_row(line, line->root, &row, err));
    const bool has_parent = line->out->outcomes[FHIR_OBSERVATION][OUTCOME_TAKEN] > before;
    row.number = has_parent ? row.number : 0; /* components of a row that was left stand alone */
    return take_components(line, row, err);
}
