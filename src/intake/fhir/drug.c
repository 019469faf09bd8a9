/* SPDX-License-Identifier: EUPL-1.2 */
/* drug: administrations, dispensings, statements, prescriptions and vaccinations. Most hospitals write intent "order" on every request:
 * these are demands, not exposures, and are left unless the holder decides otherwise (keep_orders). */
#include "intake/fhir/fhir_internal.h"
#include <math.h>
#include <string.h>

struct drug {
    const char *subject, *stay, *type;
    struct when when;
    double quantity;
    bool has_quantity;
    struct text unit;
    const struct json *route;
    double days; /* that it is for */
    bool has_days;
};

static bool is_status(const struct line *line, const char *first, const char *second)
{
    struct text status = node_text(line->root, "status");
    return text_equal(status, text_of(first)) || (second && text_equal(status, text_of(second)));
}

/* True when the status says that it took place; else the line is dropped. */
static bool took_place(struct line *line, const char *first, const char *second)
{
    if (is_status(line, first, second)) {
        return true;
    }
    (void)line_drop(line, (int)line->resource, is_status(line, "entered-in-error", NULL) ? OUTCOME_ENTERED_IN_ERROR : OUTCOME_STATUS);
    return false;
}

/* ---- what it is ---- */
static const struct json *contained_code(const struct line *line, struct text reference)
{
    const struct json *contained = json_member(line->root, "contained");
    for (size_t i = 0; i < node_count(contained); i++) {
        const struct json *item = fhir_item(contained, i);
        struct text id = node_text(item, "id");
        if (id.length + 1 == reference.length && memcmp(reference.data + 1, id.data, id.length) == 0) {
            return json_member(item, "code");
        }
    }
    return NULL;
}

static enum record_outcome code_of_reference(struct line *line, const struct json *reference, struct coded *out)
{
    struct text text = node_text(reference, "reference");
    if (text.length > 0 && text.data[0] == '#') {
        const struct json *code = contained_code(line, text);
        return code ? line_code(line, code, RECORD_SYSTEM_RXNORM, "contained.code", out) : OUTCOME_REFERENCE;
    }
    struct text id = line_reference(reference, "Medication");
    const int64_t number = id.length > 0 ? record_number(line->fhir->options->numbers, "Medication", id) : 0;
    if (number == 0 || !references_texts(line->fhir->references, number, &out->system, &out->code)) {
        return OUTCOME_REFERENCE;
    }
    return out->code.length > 0 ? OUTCOME_TAKEN : OUTCOME_NO_CODE;
}

/* R4: medicationCodeableConcept or medicationReference; R5: medication.concept or medication.reference. */
static enum record_outcome code_of_drug(struct line *line, struct coded *out)
{
    if (line->resource == FHIR_IMMUNIZATION) {
        return line_code(line, json_member(line->root, "vaccineCode"), RECORD_SYSTEM_CVX, "vaccineCode", out);
    }
    const struct json *either = json_member(line->root, "medication");
    const struct json *concept = json_member(line->root, "medicationCodeableConcept");
    const struct json *reference = json_member(line->root, "medicationReference");
    concept = concept ? concept : json_member(either, "concept");
    reference = reference ? reference : json_member(either, "reference");
    if (!concept && reference) {
        return code_of_reference(line, reference, out);
    }
    return line_code(line, concept, RECORD_SYSTEM_RXNORM, "medication", out);
}

/* ---- how much, how long ---- */
static void set_quantity(struct drug *drug, const struct json *quantity)
{
    if (!drug->has_quantity && node_number(quantity, "value", &drug->quantity)) {
        struct text code = node_text(quantity, "code");
        drug->has_quantity = true;
        drug->unit = code.length > 0 ? code : node_text(quantity, "unit");
    }
}

/* A Duration in days (UCUM: h, d, wk, mo, a). */
static void set_days(struct drug *drug, const struct json *duration)
{
    static const struct {
        const char *unit;
        double days;
    } units[] = {{"d", 1}, {"day", 1}, {"days", 1}, {"wk", 7}, {"mo", 30}, {"a", 365}, {"h", 1.0 / 24}};
    double value;
    struct text code = node_text(duration, "code");
    code = code.length > 0 ? code : node_text(duration, "unit");
    if (!node_number(duration, "value", &value) || !(value > 0 && value < 100000)) {
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (code.length == 0 || text_equal(code, text_of(units[i].unit))) {
            drug->days = ceil(value * units[i].days);
            drug->has_days = true;
            return;
        }
    }
}

static const struct json *instruction_of(const struct line *line)
{
    const struct json *dosage = node_first(json_member(line->root, "dosageInstruction"));
    return dosage ? dosage : node_first(json_member(line->root, "dosage"));
}

static void set_dose(struct drug *drug, const struct json *dosage)
{
    set_quantity(drug, json_member(node_first(json_member(dosage, "doseAndRate")), "doseQuantity"));
    drug->route = drug->route ? drug->route : json_member(dosage, "route");
}

/* ---- resources ---- */
static void read_administration(struct line *line, struct drug *drug)
{
    const struct json *dosage = json_member(line->root, "dosage");
    drug->type = "EHR_ADMINISTRATION";
    line_when(line, line->root, "effectiveDateTime", "effectivePeriod", &drug->when);
    line_when(line, line->root, "occurenceDateTime", "occurencePeriod", &drug->when); /* R5, so spelled */
    set_quantity(drug, json_member(dosage, "dose"));
    drug->route = json_member(dosage, "route");
}

static void read_dispense(struct line *line, struct drug *drug)
{
    drug->type = "EHR_DISPENSING";
    line_when(line, line->root, "whenHandedOver", NULL, &drug->when);
    line_when(line, line->root, "whenPrepared", NULL, &drug->when);
    set_quantity(drug, json_member(line->root, "quantity"));
    set_days(drug, json_member(line->root, "daysSupply"));
    set_dose(drug, instruction_of(line));
}

static void read_statement(struct line *line, struct drug *drug)
{
    const struct json *source = node_first(json_member(line->root, "informationSource"));
    const bool is_told = line_reference(source, "Patient").length > 0 || line_reference(source, "RelatedPerson").length > 0;
    drug->type = is_told ? "PATIENT" : "EHR";
    line_when(line, line->root, "effectiveDateTime", "effectivePeriod", &drug->when);
    set_dose(drug, instruction_of(line));
}

static void read_request(struct line *line, struct drug *drug)
{
    const struct json *supply = json_member(line->root, "dispenseRequest");
    struct when validity = {0};
    drug->type = "EHR_PRESCRIPTION";
    line_when(line, line->root, "authoredOn", NULL, &drug->when);
    set_quantity(drug, json_member(supply, "quantity"));
    set_days(drug, json_member(supply, "expectedSupplyDuration"));
    line_when(line, supply, NULL, "validityPeriod", &validity);
    drug->when.has_end = validity.has_end;
    drug->when.end = validity.end;
    set_dose(drug, instruction_of(line));
}

static void read_immunization(struct line *line, struct drug *drug)
{
    struct text origin = node_code(json_member(line->root, "reportOrigin"));
    const bool is_told = text_equal(origin, TEXT("recall"));
    const bool is_record = text_equal(origin, TEXT("record")) || text_equal(origin, TEXT("school"));
    drug->type = is_told ? "PATIENT" : is_record ? "GOVERNMENT" : "EHR_ADMINISTRATION";
    drug->subject = "patient";
    drug->stay = "encounter";
    line_when(line, line->root, "occurrenceDateTime", NULL, &drug->when);
    set_quantity(drug, json_member(line->root, "doseQuantity"));
    drug->route = json_member(line->root, "route");
}

/* False: the line is dropped. */
static bool request_counts(struct line *line)
{
    struct text intent = node_text(line->root, "intent");
    const bool is_order = text_equal(intent, TEXT("order")) || text_equal(intent, TEXT("original-order"));
    if (!text_equal(intent, TEXT("instance-order")) && !(is_order && line->fhir->options->keep_orders)) {
        (void)line_drop(line, FHIR_MEDICATION_REQUEST, OUTCOME_ORDER_ONLY);
        return false;
    }
    if (node_is_true(line->root, "doNotPerform")) {
        (void)line_drop(line, FHIR_MEDICATION_REQUEST, OUTCOME_STATUS);
        return false;
    }
    return took_place(line, "active", "completed");
}

static bool drug_counts(struct line *line)
{
    switch ((int)line->resource) {
    case FHIR_MEDICATION_REQUEST:
        return request_counts(line);
    case FHIR_MEDICATION_ADMINISTRATION:
        return took_place(line, "completed", "in-progress");
    case FHIR_MEDICATION_STATEMENT:
        return is_status(line, "recorded", NULL) || took_place(line, "completed", "active"); /* recorded: R5 */
    default:
        return took_place(line, "completed", NULL);
    }
}

static void read_drug(struct line *line, struct drug *drug)
{
    switch ((int)line->resource) {
    case FHIR_MEDICATION_REQUEST:
        read_request(line, drug);
        return;
    case FHIR_MEDICATION_ADMINISTRATION:
        read_administration(line, drug);
        return;
    case FHIR_MEDICATION_DISPENSE:
        read_dispense(line, drug);
        return;
    case FHIR_MEDICATION_STATEMENT:
        read_statement(line, drug);
        return;
    default:
        read_immunization(line, drug);
        return;
    }
}

static void finish_when(struct line *line, struct drug *drug, const struct stay *stay)
{
    struct when *when = &drug->when;
    when_of_stay(when, stay);
    if (line->resource == FHIR_MEDICATION_STATEMENT) {
        line_when(line, line->root, "dateAsserted", NULL, when);
    }
}

static void set_details(struct line *line, struct record *record, const struct drug *drug)
{
    double refills;
    if (drug->has_quantity) {
        record_set_number(record, COLUMN_QUANTITY, drug->quantity);
        record_text(line, record, COLUMN_UNIT, drug->unit, "quantity.unit");
    }
    if (drug->has_days) {
        record_set_integer(record, COLUMN_DAYS_SUPPLY, (int64_t)drug->days);
    }
    if (node_number(json_member(line->root, "dispenseRequest"), "numberOfRepeatsAllowed", &refills) && refills >= 0 && refills < 10000) {
        record_set_integer(record, COLUMN_REFILLS, (int64_t)refills);
    }
    record_text(line, record, COLUMN_ROUTE, node_code(drug->route), "route");
}

bool drug_take(struct line *line, struct error *err)
{
    struct drug drug = {.subject = "subject", .stay = json_member(line->root, "context") ? "context" : "encounter"};
    struct coded coded;
    struct stay stay;
    struct record record;
    if (!drug_counts(line)) {
        return true;
    }
    read_drug(line, &drug);
    if (!line_subject(line, drug.subject)) {
        return true;
    }
    const enum record_outcome outcome = code_of_drug(line, &coded);
    if (outcome != OUTCOME_TAKEN) {
        return line_drop(line, (int)line->resource, outcome);
    }
    line_stay(line, drug.stay, &stay);
    finish_when(line, &drug, &stay);
    if (!drug.when.has_start) {
        return line_drop(line, (int)line->resource, OUTCOME_NO_DATE);
    }
    record_begin_event(line, &record, &(struct event_of_person){RECORD_DRUG, line_record(line), &stay, &coded, "medication", &drug.when});
    set_details(line, &record, &drug);
    record_set_text(&record, COLUMN_TYPE, text_of(drug.type));
    return line_take(line, (int)line->resource, &record, err);
}
