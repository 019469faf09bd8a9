/* SPDX-License-Identifier: EUPL-1.2 */
/* clinical: conditions, allergies and procedures. */
#include "intake/fhir/fhir_internal.h"

static bool is_any(struct text text, const char *const *words)
{
    for (; *words; words++) {
        if (text_equal(text, text_of(*words))) {
            return true;
        }
    }
    return false;
}

/* ---- conditions ---- */
/* HL7 diagnosis-role, and the ranks of the PMSI (DP, DR, DAS). */
static const char *status_of(struct text use)
{
    static const struct {
        const char *use, *status;
    } uses[] = {{"AD", "ADMISSION"}, {"DD", "DISCHARGE"},  {"DP", "PRIMARY"},   {"billing", ""}, {"DR", "RELATED"}, {"DAS", "SECONDARY"},
                {"DA", "SECONDARY"}, {"DAD", "SECONDARY"}, {"CM", "SECONDARY"}, {"CC", ""},      {"pre-op", ""},    {"post-op", ""}};
    for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
        if (text_equal(use, text_of(uses[i].use))) {
            return uses[i].status;
        }
    }
    return "";
}

static const char *status_in_stay(const struct line *line)
{
    struct text use, none;
    const int64_t number = record_number(line->fhir->options->numbers, "Condition.use", line->id);
    return references_texts(line->fhir->references, number, &use, &none) ? status_of(use) : "";
}

static bool has_category(const struct line *line, const char *code)
{
    const struct json *categories = json_member(line->root, "category");
    for (size_t i = 0; i < node_count(categories); i++) {
        if (text_equal(node_code(fhir_item(categories, i)), text_of(code))) {
            return true;
        }
    }
    return false;
}

/* Confirmed or not said: a condition. Provisional, differential, refuted: an observation that says so. Else: nothing. */
static const char *qualifier_of(struct text verification)
{
    return text_equal(verification, TEXT("provisional"))    ? "PROVISIONAL"
           : text_equal(verification, TEXT("differential")) ? "DIFFERENTIAL"
           : text_equal(verification, TEXT("refuted"))      ? "REFUTED"
                                                            : "";
}

/* onset > recordedDate > begin of the stay. */
static void condition_when(struct line *line, const struct stay *stay, struct when *when)
{
    line_when(line, line->root, "onsetDateTime", NULL, when);
    struct when onset = {0}, abatement = {0};
    line_when(line, line->root, NULL, "onsetPeriod", &onset);
    if (!when->has_start && onset.has_start) {
        when->start = onset.start;
        when->has_start = true;
    }
    line_when(line, line->root, "recordedDate", NULL, when);
    when_of_stay(when, stay);
    abatement.has_end = line_moment(line, line->root, "abatementDateTime", true, &abatement.end);
    line_when(line, line->root, NULL, "abatementPeriod", &abatement);
    when->has_end = abatement.has_end;
    when->end = abatement.end;
}

bool condition_take(struct line *line, struct error *err)
{
    static const char *const taken[] = {"confirmed", "provisional", "differential", "refuted", NULL};
    struct record record;
    struct when when = {0};
    struct stay stay;
    struct coded coded;
    struct text verification = node_code(json_member(line->root, "verificationStatus"));
    if (verification.length > 0 && !is_any(verification, taken)) {
        const bool is_error = text_equal(verification, TEXT("entered-in-error"));
        return line_drop(line, FHIR_CONDITION, is_error ? OUTCOME_ENTERED_IN_ERROR : OUTCOME_STATUS);
    }
    if (!line_subject(line, "subject")) {
        return true;
    }
    const enum record_outcome outcome = line_code(line, json_member(line->root, "code"), RECORD_SYSTEM_SNOMED, "code", &coded);
    if (outcome != OUTCOME_TAKEN) {
        return line_drop(line, FHIR_CONDITION, outcome);
    }
    line_stay(line, "encounter", &stay);
    condition_when(line, &stay, &when);
    if (!when.has_start) {
        return line_drop(line, FHIR_CONDITION, OUTCOME_NO_DATE);
    }
    const char *qualifier = qualifier_of(verification);
    const bool is_observation = *qualifier != '\0';
    const enum record_table table = is_observation ? RECORD_OBSERVATION : RECORD_CONDITION;
    record_begin_event(line, &record, &(struct event_of_person){table, line_record(line), &stay, &coded, "code", &when});
    if (is_observation) {
        record_set_text(&record, COLUMN_QUALIFIER, text_of(qualifier));
    } else {
        record_set_text(&record, COLUMN_STATUS, text_of(status_in_stay(line)));
    }
    const bool is_problem = has_category(line, "problem-list-item");
    record_set_text(&record, COLUMN_TYPE, is_problem ? TEXT("EHR_PROBLEM_LIST") : TEXT("EHR"));
    return line_take(line, FHIR_CONDITION, &record, err);
}

/* ---- allergies ---- */
/* The kind of allergy or intolerance (SNOMED CT); what it is to is its value. */
static const char *allergy_code(bool is_intolerance, struct text category)
{
    if (text_equal(category, TEXT("medication"))) {
        return is_intolerance ? "59037007" : "416098002";
    }
    if (text_equal(category, TEXT("food"))) {
        return is_intolerance ? "235719002" : "414285001";
    }
    if (text_equal(category, TEXT("environment")) && !is_intolerance) {
        return "426232007";
    }
    return is_intolerance ? "782197009" : "419199007";
}

bool allergy_take(struct line *line, struct error *err)
{
    static const char *const left[] = {"refuted", "unconfirmed", NULL};
    struct record record;
    struct when when = {0};
    struct stay stay;
    struct coded substance;
    struct text verification = node_code(json_member(line->root, "verificationStatus"));
    if (text_equal(verification, TEXT("entered-in-error")) || is_any(verification, left)) {
        return line_drop(line, FHIR_ALLERGY_INTOLERANCE, is_any(verification, left) ? OUTCOME_STATUS : OUTCOME_ENTERED_IN_ERROR);
    }
    if (!line_subject(line, "patient")) {
        return true;
    }
    const enum record_outcome outcome = line_code(line, json_member(line->root, "code"), RECORD_SYSTEM_SNOMED, "code", &substance);
    if (outcome != OUTCOME_TAKEN) {
        return line_drop(line, FHIR_ALLERGY_INTOLERANCE, outcome);
    }
    line_stay(line, "encounter", &stay);
    line_when(line, line->root, "onsetDateTime", "onsetPeriod", &when);
    line_when(line, line->root, "recordedDate", NULL, &when);
    when_of_stay(&when, &stay);
    if (!when.has_start) {
        return line_drop(line, FHIR_ALLERGY_INTOLERANCE, OUTCOME_NO_DATE);
    }
    const bool is_intolerance = text_equal(node_text(line->root, "type"), TEXT("intolerance"));
    const struct json *category = node_first(json_member(line->root, "category"));
    const char *code = allergy_code(is_intolerance, category && category->kind == JSON_STRING ? category->text : TEXT(""));
    const struct coded kind = {TEXT("SNOMED"), text_of(code)};
    record_begin_event(line, &record, &(struct event_of_person){RECORD_OBSERVATION, line_record(line), &stay, &kind, "code", &when});
    record_text(line, &record, COLUMN_VALUE_SYSTEM, substance.system, "code");
    record_text(line, &record, COLUMN_VALUE_CODE, substance.code, "code");
    record_set_text(&record, COLUMN_QUALIFIER, is_intolerance ? TEXT("INTOLERANCE") : TEXT("ALLERGY"));
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return line_take(line, FHIR_ALLERGY_INTOLERANCE, &record, err);
}

/* ---- procedures ---- */
enum { CCAM_CODE = 7 };

/* A CCAM code may have activity, phase and association behind it, between dots (EDSClaimRSS: NZFA010...01.). */
static void split_ccam(struct line *line, struct record *record, struct coded *coded, char modifier[RECORD_CODE_SIZE])
{
    size_t length = 0;
    if (!text_equal(coded->system, TEXT("CCAM")) || coded->code.length <= CCAM_CODE) {
        return;
    }
    for (size_t i = CCAM_CODE; i < coded->code.length; i++) {
        const char byte = coded->code.data[i];
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z')) {
            modifier[length++] = byte;
        }
    }
    record_text(line, record, COLUMN_CODE, (struct text){coded->code.data, CCAM_CODE}, "code");
    record_set_text(record, COLUMN_MODIFIER, (struct text){modifier, length});
}

bool procedure_take(struct line *line, struct error *err)
{
    char modifier[RECORD_CODE_SIZE];
    struct record record;
    struct when when = {0};
    struct stay stay;
    struct coded coded;
    struct text status = node_text(line->root, "status");
    if (!text_equal(status, TEXT("completed"))) {
        const bool is_error = text_equal(status, TEXT("entered-in-error"));
        return line_drop(line, FHIR_PROCEDURE, is_error ? OUTCOME_ENTERED_IN_ERROR : OUTCOME_STATUS);
    }
    if (!line_subject(line, "subject")) {
        return true;
    }
    const enum record_outcome outcome = line_code(line, json_member(line->root, "code"), RECORD_SYSTEM_SNOMED, "code", &coded);
    if (outcome != OUTCOME_TAKEN) {
        return line_drop(line, FHIR_PROCEDURE, outcome);
    }
    line_stay(line, "encounter", &stay);
    line_when(line, line->root, "performedDateTime", "performedPeriod", &when);
    line_when(line, line->root, "occurrenceDateTime", "occurrencePeriod", &when); /* R5 */
    when_of_stay(&when, &stay);
    if (!when.has_start) {
        return line_drop(line, FHIR_PROCEDURE, OUTCOME_NO_DATE);
    }
    record_begin_event(line, &record, &(struct event_of_person){RECORD_PROCEDURE, line_record(line), &stay, &coded, "code", &when});
    split_ccam(line, &record, &coded, modifier);
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return line_take(line, FHIR_PROCEDURE, &record, err);
}
