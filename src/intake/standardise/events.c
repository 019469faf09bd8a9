/* SPDX-License-Identifier: EUPL-1.2 */
/* Conditions, drugs, procedures, devices, measurements, observations: a row for each standard concept of the code, in the table that the
 * concept's domain asks for. What a table has no field for is left out; the record stays whole at its holder. sources.md section 3.1, 3.2
 */
#include "intake/standardise/rows.h"

/* Which field of a table takes what; 0 (which is always the key): none. */
struct event_fields {
    uint8_t concept, start, start_time, end, end_time, verbatim_end, type, source_value, source_concept;
    uint8_t status, status_source, quantity, days_supply, refills, route, route_source, dose_unit, modifier_source;
    uint8_t number, operator, value_concept, value_string, value_source, unit, unit_source, low, high;
    uint8_t qualifier_source, parent_id, parent_field;
};
static const struct event_fields fields_of[OMOP_TABLE_COUNT] = {
    [OMOP_TABLE_CONDITION_OCCURRENCE] = {.concept = OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID,
                                         .start = OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE,
                                         .start_time = OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATETIME,
                                         .end = OMOP_CONDITION_OCCURRENCE_CONDITION_END_DATE,
                                         .type = OMOP_CONDITION_OCCURRENCE_CONDITION_TYPE_CONCEPT_ID,
                                         .source_value = OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_VALUE,
                                         .source_concept = OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_CONCEPT_ID,
                                         .status = OMOP_CONDITION_OCCURRENCE_CONDITION_STATUS_CONCEPT_ID,
                                         .status_source = OMOP_CONDITION_OCCURRENCE_CONDITION_STATUS_SOURCE_VALUE},
    [OMOP_TABLE_DRUG_EXPOSURE] = {.concept = OMOP_DRUG_EXPOSURE_DRUG_CONCEPT_ID,
                                  .start = OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATE,
                                  .start_time = OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_START_DATETIME,
                                  .end = OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_END_DATE,
                                  .verbatim_end = OMOP_DRUG_EXPOSURE_VERBATIM_END_DATE,
                                  .type = OMOP_DRUG_EXPOSURE_DRUG_TYPE_CONCEPT_ID,
                                  .source_value = OMOP_DRUG_EXPOSURE_DRUG_SOURCE_VALUE,
                                  .source_concept = OMOP_DRUG_EXPOSURE_DRUG_SOURCE_CONCEPT_ID,
                                  .quantity = OMOP_DRUG_EXPOSURE_QUANTITY,
                                  .days_supply = OMOP_DRUG_EXPOSURE_DAYS_SUPPLY,
                                  .refills = OMOP_DRUG_EXPOSURE_REFILLS,
                                  .route = OMOP_DRUG_EXPOSURE_ROUTE_CONCEPT_ID,
                                  .route_source = OMOP_DRUG_EXPOSURE_ROUTE_SOURCE_VALUE,
                                  .dose_unit = OMOP_DRUG_EXPOSURE_DOSE_UNIT_SOURCE_VALUE},
    [OMOP_TABLE_PROCEDURE_OCCURRENCE] = {.concept = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_CONCEPT_ID,
                                         .start = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_DATE,
                                         .start_time = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_DATETIME,
                                         .end = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_END_DATE,
                                         .type = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_TYPE_CONCEPT_ID,
                                         .source_value = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_SOURCE_VALUE,
                                         .source_concept = OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_SOURCE_CONCEPT_ID,
                                         .quantity = OMOP_PROCEDURE_OCCURRENCE_QUANTITY,
                                         .modifier_source = OMOP_PROCEDURE_OCCURRENCE_MODIFIER_SOURCE_VALUE},
    [OMOP_TABLE_DEVICE_EXPOSURE] = {.concept = OMOP_DEVICE_EXPOSURE_DEVICE_CONCEPT_ID,
                                    .start = OMOP_DEVICE_EXPOSURE_DEVICE_EXPOSURE_START_DATE,
                                    .start_time = OMOP_DEVICE_EXPOSURE_DEVICE_EXPOSURE_START_DATETIME,
                                    .end = OMOP_DEVICE_EXPOSURE_DEVICE_EXPOSURE_END_DATE,
                                    .type = OMOP_DEVICE_EXPOSURE_DEVICE_TYPE_CONCEPT_ID,
                                    .source_value = OMOP_DEVICE_EXPOSURE_DEVICE_SOURCE_VALUE,
                                    .source_concept = OMOP_DEVICE_EXPOSURE_DEVICE_SOURCE_CONCEPT_ID,
                                    .quantity = OMOP_DEVICE_EXPOSURE_QUANTITY},
    [OMOP_TABLE_MEASUREMENT] = {.concept = OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID,
                                .start = OMOP_MEASUREMENT_MEASUREMENT_DATE,
                                .start_time = OMOP_MEASUREMENT_MEASUREMENT_DATETIME,
                                .type = OMOP_MEASUREMENT_MEASUREMENT_TYPE_CONCEPT_ID,
                                .source_value = OMOP_MEASUREMENT_MEASUREMENT_SOURCE_VALUE,
                                .source_concept = OMOP_MEASUREMENT_MEASUREMENT_SOURCE_CONCEPT_ID,
                                .number = OMOP_MEASUREMENT_VALUE_AS_NUMBER,
                                .operator= OMOP_MEASUREMENT_OPERATOR_CONCEPT_ID,
                                .value_concept = OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID,
                                .value_source = OMOP_MEASUREMENT_VALUE_SOURCE_VALUE,
                                .unit = OMOP_MEASUREMENT_UNIT_CONCEPT_ID,
                                .unit_source = OMOP_MEASUREMENT_UNIT_SOURCE_VALUE,
                                .low = OMOP_MEASUREMENT_RANGE_LOW,
                                .high = OMOP_MEASUREMENT_RANGE_HIGH,
                                .parent_id = OMOP_MEASUREMENT_MEASUREMENT_EVENT_ID,
                                .parent_field = OMOP_MEASUREMENT_MEAS_EVENT_FIELD_CONCEPT_ID},
    [OMOP_TABLE_OBSERVATION] = {.concept = OMOP_OBSERVATION_OBSERVATION_CONCEPT_ID,
                                .start = OMOP_OBSERVATION_OBSERVATION_DATE,
                                .start_time = OMOP_OBSERVATION_OBSERVATION_DATETIME,
                                .type = OMOP_OBSERVATION_OBSERVATION_TYPE_CONCEPT_ID,
                                .source_value = OMOP_OBSERVATION_OBSERVATION_SOURCE_VALUE,
                                .source_concept = OMOP_OBSERVATION_OBSERVATION_SOURCE_CONCEPT_ID,
                                .number = OMOP_OBSERVATION_VALUE_AS_NUMBER,
                                .value_concept = OMOP_OBSERVATION_VALUE_AS_CONCEPT_ID,
                                .value_string = OMOP_OBSERVATION_VALUE_AS_STRING,
                                .value_source = OMOP_OBSERVATION_VALUE_SOURCE_VALUE,
                                .unit = OMOP_OBSERVATION_UNIT_CONCEPT_ID,
                                .unit_source = OMOP_OBSERVATION_UNIT_SOURCE_VALUE,
                                .qualifier_source = OMOP_OBSERVATION_QUALIFIER_SOURCE_VALUE,
                                .parent_id = OMOP_OBSERVATION_OBSERVATION_EVENT_ID,
                                .parent_field = OMOP_OBSERVATION_OBS_EVENT_FIELD_CONCEPT_ID},
};

/* What of a record is looked up once, however many rows it gives. */
struct event {
    struct code_entry code; /* a copy: the table of codes moves when it grows */
    int64_t type, status, route, operator, unit, value;
    bool has_unit, has_value, has_operator;
};

static bool event_value(const struct row_making *making, struct event *event, struct error *err)
{
    const struct record *record = making->record;
    const struct text system = record_text_of(record, COLUMN_VALUE_SYSTEM), code = record_text_of(record, COLUMN_VALUE_CODE);
    const struct code_entry *entry = NULL;
    event->has_value = code.length > 0;
    if (!event->has_value) {
        return true;
    }
    if (!system.length && (text_equal(code, TEXT("true")) || text_equal(code, TEXT("false")))) {
        return codes_list_find(making->standardise->codes, LIST_BOOLEAN, code, &event->value, err);
    }
    TRY(codes_find(making->standardise->codes, system.length ? system : TEXT("VALUE"), code, 0, &entry, err));
    event->value = entry->target_count ? entry->targets[0].concept : 0;
    return true;
}

static bool event_unit(const struct row_making *making, struct event *event, struct error *err)
{
    const struct text unit = record_text_of(making->record, COLUMN_UNIT);
    const struct code_entry *entry = NULL;
    event->has_unit = unit.length > 0;
    if (event->has_unit) {
        TRY(codes_find(making->standardise->codes, TEXT("UCUM"), unit, 0, &entry, err));
        event->unit = entry->target_count ? entry->targets[0].concept : 0;
    }
    return true;
}

static bool is_digits(struct text text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
    }
    return text.length > 0;
}

static bool event_route(const struct row_making *making, struct event *event, struct error *err)
{
    const struct text route = record_text_of(making->record, COLUMN_ROUTE);
    if (!is_digits(route)) {
        return row_list(making, LIST_ROUTE, COLUMN_ROUTE, &event->route, err);
    }
    const struct code_entry *entry = NULL;
    TRY(codes_find(making->standardise->codes, TEXT("SNOMED"), route, 0, &entry, err));
    event->route = entry->target_count ? entry->targets[0].concept : 0;
    return true;
}

static bool event_read(const struct row_making *making, struct event *event, struct error *err)
{
    const struct record *record = making->record;
    const struct code_entry *entry = NULL;
    TRY(codes_find(making->standardise->codes, record_text_of(record, COLUMN_SYSTEM), record_text_of(record, COLUMN_CODE),
                   record_integer_of(record, COLUMN_CONCEPT), &entry, err));
    event->code = *entry;
    event->type = row_type(record);
    event->has_operator = record_has(record, COLUMN_OPERATOR);
    TRY(row_list(making, LIST_STATUS, COLUMN_STATUS, &event->status, err));
    TRY(row_list(making, LIST_OPERATOR, COLUMN_OPERATOR, &event->operator, err));
    TRY(event_route(making, event, err));
    TRY(event_value(making, event, err));
    making->standardise->counts.codes++;
    making->standardise->counts.mapped += event->code.target_count > 0;
    return event_unit(making, event, err);
}

static void set_text(struct standard_row *row, uint8_t field, const struct record *record, enum record_column column)
{
    if (field && record_has(record, column)) {
        row_set_text(row, field, record->values[column].text);
    }
}

static void set_number(struct standard_row *row, uint8_t field, const struct record *record, enum record_column column)
{
    if (!field || !record_has(record, column)) {
        return;
    }
    const double value = record->values[column].number;
    if (standard_row_type(row->table, field) == OMOP_FLOAT) {
        row_set_number(row, field, value);
    } else if (value >= -1e15 && value <= 1e15) { /* a quantity of procedures or devices is whole */
        row_set_integer(row, field, (int64_t)(value < 0 ? value - 0.5 : value + 0.5));
    }
}

static void set_integer(struct standard_row *row, uint8_t field, const struct record *record, enum record_column column)
{
    if (field && record_has(record, column)) {
        row_set_integer(row, field, record->values[column].integer);
    }
}

/* The CDM demands an end of drug exposures: the end, or the last day of the supply, or the day itself. */
static void set_ends(struct standard_row *row, const struct event_fields *fields, const struct record *record)
{
    const int32_t start = record->values[COLUMN_START].day;
    const bool has_end = record_has(record, COLUMN_END);
    int32_t end = has_end ? record->values[COLUMN_END].day : start;
    if (has_end && fields->verbatim_end) {
        row_set_day(row, fields->verbatim_end, end);
    }
    const int64_t supply = record_integer_of(record, COLUMN_DAYS_SUPPLY);
    if (!has_end && supply > 1 && supply < 3660) {
        end = start + (int32_t)supply - 1;
    }
    if (fields->end && (has_end || row->table == OMOP_TABLE_DRUG_EXPOSURE)) {
        row_set_day(row, fields->end, end);
    }
}

static void set_values(struct standard_row *row, const struct event_fields *fields, const struct record *record, const struct event *event)
{
    set_number(row, fields->number, record, COLUMN_VALUE);
    set_number(row, fields->low, record, COLUMN_LOW);
    set_number(row, fields->high, record, COLUMN_HIGH);
    set_text(row, fields->value_source, record, COLUMN_VALUE_CODE);
    set_text(row, fields->value_string ? fields->value_string : fields->value_source, record, COLUMN_VALUE_TEXT);
    set_text(row, fields->unit_source, record, COLUMN_UNIT);
    set_text(row, fields->qualifier_source, record, COLUMN_QUALIFIER);
    if (fields->operator&& event->has_operator) {
        row_set_integer(row, fields->operator, event->operator);
    }
    if (fields->unit && event->has_unit) {
        row_set_integer(row, fields->unit, event->unit);
    }
    if (fields->value_concept && (event->has_value || event->code.value)) {
        row_set_integer(row, fields->value_concept, event->has_value ? event->value : event->code.value);
    }
    if (fields->parent_id && record_has(record, COLUMN_PARENT)) {
        row->parent = record->values[COLUMN_PARENT].integer;
        row_set_integer(row, fields->parent_field,
                        row->table == OMOP_TABLE_MEASUREMENT ? STANDARD_FIELD_MEASUREMENT : STANDARD_FIELD_OBSERVATION);
    }
}

static void set_drug(struct standard_row *row, const struct event_fields *fields, const struct record *record, const struct event *event)
{
    set_integer(row, fields->days_supply, record, COLUMN_DAYS_SUPPLY);
    set_integer(row, fields->refills, record, COLUMN_REFILLS);
    set_text(row, fields->route_source, record, COLUMN_ROUTE);
    set_text(row, fields->dose_unit, record, COLUMN_UNIT);
    if (fields->route && record_has(record, COLUMN_ROUTE)) {
        row_set_integer(row, fields->route, event->route);
    }
}

static void event_row(struct row_making *making, const struct event *event, int table, int64_t concept)
{
    const struct record *record = making->record;
    const struct event_fields *fields = &fields_of[table];
    struct standard_row *row = row_begin(making, table);
    row->visit = record_integer_of(record, COLUMN_VISIT);
    row_set_integer(row, fields->concept, concept);
    row_set_when(row, fields->start, fields->start_time, record, COLUMN_START, COLUMN_START_TIME);
    set_ends(row, fields, record);
    row_set_integer(row, fields->type, event->type);
    set_text(row, fields->source_value, record, COLUMN_CODE);
    row_set_integer(row, fields->source_concept, event->code.source);
    set_number(row, fields->quantity, record, COLUMN_QUANTITY);
    set_text(row, fields->modifier_source, record, COLUMN_MODIFIER);
    if (fields->status && record_has(record, COLUMN_STATUS)) {
        row_set_integer(row, fields->status, event->status);
        set_text(row, fields->status_source, record, COLUMN_STATUS);
    }
    set_drug(row, fields, record, event);
    set_values(row, fields, record, event);
}

bool rows_event(struct row_making *making, int table_of_kind, struct error *err)
{
    struct event event = {0};
    TRY(event_read(making, &event, err));
    for (size_t i = 0; i < event.code.target_count && making->count < STANDARD_ROWS_MAX; i++) {
        const struct code_target *target = &event.code.targets[i];
        event_row(making, &event, target->table >= 0 ? target->table : table_of_kind, target->concept);
    }
    if (!event.code.target_count) {
        event_row(making, &event, table_of_kind, 0);
    }
    return true;
}
