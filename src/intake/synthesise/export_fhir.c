/* SPDX-License-Identifier: EUPL-1.2 */
/* export_fhir: a hospital that exports FHIR R4 bulk NDJSON under the French profiles. As real ones do, it has orders beside what was given,
 * and people without a qualified identity. */
#include "base/json.h"
#include "intake/synthesise/dice.h"
#include "intake/synthesise/export.h"
#include <stdio.h>
#include <string.h>

enum { PATIENT, ENCOUNTER, CONDITION, ADMINISTRATION, REQUEST, PROCEDURE, OBSERVATION, ORGANIZATION };
const struct sheet_layout export_fhir_layout[EXPORT_FHIR_SHEETS] = {
    [PATIENT] = {"Patient.ndjson", NULL},           [ENCOUNTER] = {"Encounter.ndjson", NULL},
    [CONDITION] = {"Condition.ndjson", NULL},       [ADMINISTRATION] = {"MedicationAdministration.ndjson", NULL},
    [REQUEST] = {"MedicationRequest.ndjson", NULL}, [PROCEDURE] = {"Procedure.ndjson", NULL},
    [OBSERVATION] = {"Observation.ndjson", NULL},   [ORGANIZATION] = {"Organization.ndjson", NULL},
};

#define FR_CORE "https://hl7.fr/ig/fhir/core/"
static const char type_system[] = FR_CORE "CodeSystem/fr-core-cs-v2-0203";
static const char insee_extension[] = FR_CORE "StructureDefinition/fr-core-address-insee-code";
static const char birth_place_extension[] = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace";
static const char ins_test_system[] = "urn:oid:1.2.250.1.213.1.4.10";

static bool object_open(struct json_writer *writer, const char *name, struct error *err)
{
    return (!name || json_name(writer, name, err)) && json_begin_object(writer, err);
}

static bool list_open(struct json_writer *writer, const char *name, struct error *err)
{
    return json_name(writer, name, err) && json_begin_array(writer, err);
}

static bool object_close(struct json_writer *writer, struct error *err)
{
    return json_end_object(writer, err);
}

static bool list_close(struct json_writer *writer, struct error *err)
{
    return json_end_array(writer, err);
}

static bool begin(const struct export_file *file, size_t sheet, const char *type, const char *id, struct json_writer *out_writer,
                  struct error *err)
{
    *out_writer = (struct json_writer){.out = &file->person->sheets->buffers[sheet]};
    file->person->sheets->rows[sheet]++;
    return json_begin_object(out_writer, err) && json_named_text(out_writer, "resourceType", type, err) &&
           json_named_text(out_writer, "id", id, err);
}

static bool end(struct json_writer *writer, struct error *err)
{
    return json_end_object(writer, err) && buffer_append(writer->out, "\n", 1, err);
}

static bool reference(struct json_writer *writer, const char *name, const char *type, const char *id, struct error *err)
{
    char target[2 * EXPORT_ID_SIZE];
    snprintf(target, sizeof target, "%s/%s", type, id);
    return object_open(writer, name, err) && json_named_text(writer, "reference", target, err) && object_close(writer, err);
}

static bool coding(struct json_writer *writer, const char *name, const char *system, const char *code, struct error *err)
{
    return object_open(writer, name, err) && list_open(writer, "coding", err) && object_open(writer, NULL, err) &&
           json_named_text(writer, "system", system, err) && json_named_text(writer, "code", code, err) && object_close(writer, err) &&
           list_close(writer, err) && object_close(writer, err);
}

static bool dated(struct json_writer *writer, const char *name, int32_t date, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    day_to_text((day){date}, text);
    return json_named_text(writer, name, text, err);
}

static bool period(struct json_writer *writer, const char *name, int32_t start, int32_t last, struct error *err)
{
    return object_open(writer, name, err) && dated(writer, "start", start, err) && dated(writer, "end", last, err) &&
           object_close(writer, err);
}

/* ---- Patient ---- */
static bool identifier(struct json_writer *writer, const char *use, const char *type, const char *system, const char *value,
                       struct error *err)
{
    return object_open(writer, NULL, err) && json_named_text(writer, "use", use, err) && coding(writer, "type", type_system, type, err) &&
           (!system || json_named_text(writer, "system", system, err)) && json_named_text(writer, "value", value, err) &&
           object_close(writer, err);
}

static bool identifiers(struct json_writer *writer, const struct export_file *file, struct error *err)
{
    char local_system[64], nir[CIVIL_NIR_SIZE + 2];
    snprintf(local_system, sizeof local_system, "urn:oid:2.999.%d", file->holder + 1); /* 2.999: the arc for examples */
    TRY(list_open(writer, "identifier", err) && identifier(writer, "usual", "PI", local_system, file->local_id, err));
    if (file->says.nir[0]) {
        snprintf(nir, sizeof nir, "%s%02u", file->says.nir, (unsigned)civil_nir_key(file->says.nir) % 100u);
        TRY(file->says.is_qualified ? identifier(writer, "official", "INS-NIR-TEST", ins_test_system, nir, err)
                                    : identifier(writer, "secondary", "NSS", NULL, nir, err));
    }
    return list_close(writer, err);
}

static bool insee_code(struct json_writer *writer, const char *place, struct error *err)
{
    return list_open(writer, "extension", err) && object_open(writer, NULL, err) && json_named_text(writer, "url", insee_extension, err) &&
           object_open(writer, "valueCoding", err) && json_named_text(writer, "code", place, err) && object_close(writer, err) &&
           object_close(writer, err) && list_close(writer, err);
}

static bool birth_place(struct json_writer *writer, const struct export_file *file, struct error *err)
{
    if (!file->says.birth_place[0]) {
        return true;
    }
    return list_open(writer, "extension", err) && object_open(writer, NULL, err) &&
           json_named_text(writer, "url", birth_place_extension, err) && object_open(writer, "valueAddress", err) &&
           insee_code(writer, file->says.birth_place, err) && object_close(writer, err) && object_close(writer, err) &&
           list_close(writer, err);
}

static bool names(struct json_writer *writer, const struct export_file *file, struct error *err)
{
    const struct civil_file *says = &file->says;
    TRY(list_open(writer, "name", err) && object_open(writer, NULL, err) && json_named_text(writer, "use", "official", err) &&
        json_named_text(writer, "family", says->birth_name, err) && list_open(writer, "given", err));
    for (const char *p = says->given; *p;) {
        size_t length = strcspn(p, ",");
        TRY(json_text(writer, (struct text){p, length}, err));
        p += length;
        p += *p ? 2 : 0;
    }
    TRY(list_close(writer, err) && object_close(writer, err));
    if (says->used_name[0]) {
        TRY(object_open(writer, NULL, err) && json_named_text(writer, "use", "usual", err) &&
            json_named_text(writer, "family", says->used_name, err) && list_open(writer, "given", err) &&
            json_text(writer, text_of(says->first_given), err) && list_close(writer, err) && object_close(writer, err));
    }
    return list_close(writer, err);
}

static bool patient(const struct export_file *file, size_t first, struct error *err)
{
    struct json_writer writer;
    const struct civil_file *says = &file->says;
    TRY(begin(file, first + PATIENT, "Patient", file->local_id, &writer, err));
    TRY(birth_place(&writer, file, err) && identifiers(&writer, file, err) && names(&writer, file, err));
    TRY(json_named_text(&writer, "gender", says->sex == 'F' ? "female" : "male", err) &&
        json_named_text(&writer, "birthDate", says->birth_date, err));
    TRY(list_open(&writer, "address", err) && object_open(&writer, NULL, err) && insee_code(&writer, says->residence, err) &&
        json_named_text(&writer, "use", "home", err) && object_close(&writer, err) && list_close(&writer, err));
    if (says->twin_rank > 0) {
        TRY(json_name(&writer, "multipleBirthInteger", err) && json_i64(&writer, says->twin_rank, err));
    }
    if (file->death_known) {
        TRY(dated(&writer, "deceasedDateTime", file->person->life->death.number, err));
        export_count(file, EXPORT_DEATHS);
    }
    export_count(file, EXPORT_PERSONS);
    return end(&writer, err);
}

/* ---- events ---- */
static const char *uri_of(const char *system)
{
    static const struct {
        const char *name, *uri;
    } uris[] = {{"CIM10", "http://hl7.org/fhir/sid/icd-10"},
                {"ATC", "http://www.whocc.no/atc"},
                {"LOINC", "http://loinc.org"},
                {"CCAM", "https://mos.esante.gouv.fr/NOS/CCAM"}};
    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        if (strcmp(system, uris[i].name) == 0) {
            return uris[i].uri;
        }
    }
    return "urn:oid:2.999.100";
}

static void event_id(const struct export_file *file, size_t event, char out_id[EXPORT_ID_SIZE])
{
    struct dice dice =
        dice_of(file->person->life->seed, file->person->life->person, (uint32_t)(1000 + 10 * event) + (uint32_t)file->holder);
    snprintf(out_id, EXPORT_ID_SIZE, "%016llx%08x", (unsigned long long)dice_next(&dice), (unsigned)event);
}

static bool encounter(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct json_writer writer;
    char id[EXPORT_ID_SIZE];
    event_id(file, index, id);
    const char *class = event->concept_id == TIMELINE_INPATIENT ? "IMP" : event->concept_id == TIMELINE_EMERGENCY ? "EMER" : "AMB";
    TRY(begin(file, first + ENCOUNTER, "Encounter", id, &writer, err) && json_named_text(&writer, "status", "finished", err));
    TRY(object_open(&writer, "class", err) && json_named_text(&writer, "system", "http://terminology.hl7.org/CodeSystem/v3-ActCode", err) &&
        json_named_text(&writer, "code", class, err) && object_close(&writer, err));
    TRY(reference(&writer, "subject", "Patient", file->local_id, err) && period(&writer, "period", event->start, event->end, err));
    TRY(reference(&writer, "serviceProvider", "Organization", export_finess(file->holder), err));
    export_count(file, EXPORT_VISITS);
    return end(&writer, err);
}

/* What all the others have: the code, the person, the stay. */
static bool coded(const struct export_file *file, struct json_writer *writer, const struct timeline_event *event, const char *name,
                  const char *subject, const char *context, struct error *err)
{
    char visit[EXPORT_ID_SIZE];
    struct export_code code = export_code_of(event);
    event_id(file, event->visit, visit);
    return coding(writer, name, uri_of(code.system), code.code, err) && reference(writer, subject, "Patient", file->local_id, err) &&
           reference(writer, context, "Encounter", visit, err);
}

static bool condition(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct json_writer writer;
    char id[EXPORT_ID_SIZE];
    event_id(file, index, id);
    TRY(begin(file, first + CONDITION, "Condition", id, &writer, err) &&
        coding(&writer, "verificationStatus", "http://terminology.hl7.org/CodeSystem/condition-ver-status", "confirmed", err));
    TRY(coded(file, &writer, event, "code", "subject", "encounter", err));
    TRY(index % 3 == 0 || dated(&writer, "recordedDate", event->start, err)); /* some have no date: the stay has it */
    export_count(file, EXPORT_CONDITIONS);
    return end(&writer, err);
}

static bool drug(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct json_writer writer;
    char id[EXPORT_ID_SIZE];
    event_id(file, index, id);
    TRY(begin(file, first + REQUEST, "MedicationRequest", id, &writer, err) && json_named_text(&writer, "status", "active", err) &&
        json_named_text(&writer, "intent", "order", err) &&
        coded(file, &writer, event, "medicationCodeableConcept", "subject", "encounter", err) &&
        dated(&writer, "authoredOn", event->start, err) && end(&writer, err));
    TRY(begin(file, first + ADMINISTRATION, "MedicationAdministration", id, &writer, err) &&
        json_named_text(&writer, "status", "completed", err) &&
        coded(file, &writer, event, "medicationCodeableConcept", "subject", "context", err) &&
        period(&writer, "effectivePeriod", event->start, event->end, err));
    export_count(file, EXPORT_DRUGS);
    return end(&writer, err);
}

static bool procedure(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct json_writer writer;
    char id[EXPORT_ID_SIZE];
    event_id(file, index, id);
    TRY(begin(file, first + PROCEDURE, "Procedure", id, &writer, err) && json_named_text(&writer, "status", "completed", err) &&
        coded(file, &writer, event, "code", "subject", "encounter", err) && dated(&writer, "performedDateTime", event->start, err));
    export_count(file, EXPORT_PROCEDURES);
    return end(&writer, err);
}

static bool quantity(struct json_writer *writer, const char *name, double value, const struct synthesis_measurement *measurement,
                     struct error *err)
{
    char text[TEXT_NUMBER_SIZE];
    snprintf(text, sizeof text, "%.*f", measurement->decimals, value);
    double rounded = value;
    bool is_number = text_to_double(text_of(text), &rounded);
    return is_number && object_open(writer, name, err) && json_name(writer, "value", err) && json_double(writer, rounded, err) &&
           json_named_text(writer, "system", "http://unitsofmeasure.org", err) &&
           json_named_text(writer, "code", measurement->unit_source, err) && object_close(writer, err);
}

static bool observation(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct json_writer writer;
    char id[EXPORT_ID_SIZE];
    event_id(file, index, id);
    TRY(begin(file, first + OBSERVATION, "Observation", id, &writer, err) && json_named_text(&writer, "status", "final", err));
    if (event->kind == TIMELINE_MEASUREMENT) {
        bool is_vital = event->measurement == &synthesis_measurements[SYNTHESIS_SYSTOLIC] ||
                        event->measurement == &synthesis_measurements[SYNTHESIS_WEIGHT];
        TRY(list_open(&writer, "category", err) &&
            coding(&writer, NULL, "http://terminology.hl7.org/CodeSystem/observation-category", is_vital ? "vital-signs" : "laboratory",
                   err) &&
            list_close(&writer, err));
    }
    TRY(coded(file, &writer, event, "code", "subject", "encounter", err) && dated(&writer, "effectiveDateTime", event->start, err));
    if (event->kind == TIMELINE_MEASUREMENT) {
        TRY(quantity(&writer, "valueQuantity", event->value, event->measurement, err));
        if (event->measurement->high > 0) {
            TRY(list_open(&writer, "referenceRange", err) && object_open(&writer, NULL, err) &&
                quantity(&writer, "low", event->measurement->low, event->measurement, err) &&
                quantity(&writer, "high", event->measurement->high, event->measurement, err) && object_close(&writer, err) &&
                list_close(&writer, err));
        }
    }
    export_count(file, event->kind == TIMELINE_MEASUREMENT ? EXPORT_MEASUREMENTS : EXPORT_OBSERVATIONS);
    return end(&writer, err);
}

bool export_fhir(const struct export_file *file, size_t first, struct error *err)
{
    if (file->person->life->person == 0) { /* the hospital itself is in its export, once */
        struct json_writer writer;
        TRY(begin(file, first + ORGANIZATION, "Organization", export_finess(file->holder), &writer, err));
        TRY(list_open(&writer, "identifier", err) &&
            identifier(&writer, "official", "FINEG", "https://finess.esante.gouv.fr", export_finess(file->holder), err) &&
            list_close(&writer, err) && end(&writer, err));
    }
    if (!file->in_file) {
        return true;
    }
    TRY(patient(file, first, err));
    for (size_t i = 0; i < file->person->timeline->count; i++) {
        if (!file->in_file[i]) {
            continue;
        }
        switch (file->person->timeline->items[i].kind) {
        case TIMELINE_VISIT:
            TRY(encounter(file, first, i, err));
            break;
        case TIMELINE_CONDITION:
            TRY(condition(file, first, i, err));
            break;
        case TIMELINE_DRUG:
            TRY(drug(file, first, i, err));
            break;
        case TIMELINE_PROCEDURE:
            TRY(procedure(file, first, i, err));
            break;
        case TIMELINE_MEASUREMENT:
        case TIMELINE_OBSERVATION:
            TRY(observation(file, first, i, err));
            break;
        case TIMELINE_CANCER:
        default:
            break;
        }
    }
    return true;
}
