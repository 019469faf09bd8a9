/* SPDX-License-Identifier: EUPL-1.2 */
/* encounter: stays and contacts, the stays in units that they are made of (Encounter.location with a period), and places of care. */
#include "intake/fhir/fhir_internal.h"
#include <string.h>

/* FHIR R4: EncounterStatus; R5: completed, discharged, discontinued. */
enum visit_outcome encounter_outcome(const struct json *root)
{
    struct text status = node_text(root, "status");
    static const char *const finished[] = {"finished", "completed", "discharged"};
    static const char *const unfinished[] = {"arrived", "triaged", "in-progress", "onleave", "on-hold"};
    for (size_t i = 0; i < sizeof finished / sizeof finished[0]; i++) {
        if (text_equal(status, text_of(finished[i]))) {
            return VISIT_TAKEN;
        }
    }
    for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
        if (text_equal(status, text_of(unfinished[i]))) {
            return VISIT_UNFINISHED;
        }
    }
    return text_equal(status, TEXT("entered-in-error")) ? VISIT_ERROR : VISIT_STATUS;
}

void encounter_when(struct line *line, struct when *when)
{
    line_when(line, line->root, NULL, "period", when);
    line_when(line, line->root, NULL, "actualPeriod", when); /* R5 */
}

/* R4: one Coding; R5: CodeableConcepts. */
struct text encounter_class_code(const struct json *root)
{
    const struct json *class = node_first(json_member(root, "class"));
    struct text code = node_text(class, "code");
    return code.length > 0 ? code : node_code(class);
}

static const char *class_of(struct text code)
{
    static const struct {
        const char *code, *class;
    } classes[] = {{"IMP", "IMP"},    {"ACUTE", "IMP"}, {"NONAC", "IMP"}, {"AMB", "AMB"}, {"EMER", "EMER"},
                   {"OBSENC", "OBS"}, {"VR", "TELE"},   {"HH", "HOME"},   {"SS", "AMB"}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (text_equal(code, text_of(classes[i].code))) {
            return classes[i].class;
        }
    }
    return "OTHER";
}

bool encounter_class_is_inpatient(struct text code)
{
    return text_equal(text_of(class_of(code)), TEXT("IMP"));
}

/* R4: hospitalization; R5: admission. */
static const struct json *hospitalization_of(const struct json *root)
{
    const struct json *node = json_member(root, "hospitalization");
    return node ? node : json_member(root, "admission");
}

struct text encounter_discharge(const struct json *root)
{
    return node_code(json_member(hospitalization_of(root), "dischargeDisposition"));
}

/* Where an export marks no stay as in-patient (MIMIC), or this one has no class: a hospitalization over a night is one, unless it is the
 * emergency department's own, or part of another. */
static const char *class_derived(const struct line *line, struct text code, const struct when *when)
{
    const char *class = class_of(code);
    const bool may_be = !line->fhir->has_inpatient || code.length == 0;
    const bool over_night = when->has_end && when->end.day.number > when->start.day.number;
    const char *name = line->piece->file->name;
    if (!may_be || !over_night || encounter_class_is_inpatient(code) || json_member(line->root, "partOf") ||
        !hospitalization_of(line->root) || strstr(name, "EncounterED")) {
        return class;
    }
    return text_equal(code, TEXT("EMER")) ? "EMERIMP" : "IMP";
}

static struct text place_of_reference(const struct line *line, const struct json *reference, const char *type)
{
    struct text id = line_reference(reference, type), first = {"", 0}, second;
    if (id.length > 0) {
        (void)references_texts(line->fhir->references, record_number(line->fhir->options->numbers, type, id), &first, &second);
    }
    return first;
}

/* The attending professional's specialty, else that of the first who has one. Never who it is: EMC2-09. */
static struct text specialty_of(const struct line *line)
{
    const struct json *participants = json_member(line->root, "participant");
    struct text found = {"", 0};
    for (size_t i = 0; i < node_count(participants); i++) {
        const struct json *participant = fhir_item(participants, i), *person = json_member(participant, "individual");
        person = person ? person : json_member(participant, "actor"); /* R5 */
        struct text specialty = place_of_reference(line, person, "PractitionerRole");
        specialty = specialty.length > 0 ? specialty : place_of_reference(line, person, "Practitioner");
        const bool attends = text_equal(node_code(node_first(json_member(participant, "type"))), TEXT("ATND"));
        if (specialty.length > 0 && (found.length == 0 || attends)) {
            found = specialty;
        }
        if (attends && specialty.length > 0) {
            break;
        }
    }
    return found;
}

static void begin_visit(struct line *line, struct record *record, int64_t number, int64_t parent, const char *class,
                        const struct when *when)
{
    record_begin(record, RECORD_VISIT);
    record_set_integer(record, COLUMN_SUBJECT, line->subject);
    record_set_integer(record, COLUMN_RECORD, number);
    if (parent) {
        record_set_integer(record, COLUMN_PARENT, parent);
    }
    record_set_text(record, COLUMN_CLASS, text_of(class));
    record_when(record, when);
    record_set_text(record, COLUMN_TYPE, TEXT("EHR"));
}

static bool take_unit_stay(struct line *line, const struct json *location, size_t index, const char *class, struct error *err)
{
    struct record record;
    struct when when = {0};
    line->out->seen[PLACE_UNIT_STAY]++;
    line_when(line, location, NULL, "period", &when);
    if (!when.has_start) {
        return line_drop(line, PLACE_UNIT_STAY, OUTCOME_NO_DATE);
    }
    char id[512];
    const int length = snprintf(id, sizeof id, "%.*s#%zu", (int)(line->id.length < 400 ? line->id.length : 400), line->id.data, index);
    const int64_t number = record_number(line->fhir->options->numbers, "Encounter.location", (struct text){id, (size_t)length});
    begin_visit(line, &record, number, line_record(line), class, &when);
    record_text(line, &record, COLUMN_CARE_SITE, place_of_reference(line, json_member(location, "location"), "Location"), "location");
    return line_take(line, PLACE_UNIT_STAY, &record, err);
}

static bool take_unit_stays(struct line *line, const char *class, struct error *err)
{
    const struct json *locations = json_member(line->root, "location");
    for (size_t i = 0; i < node_count(locations); i++) {
        TRY(take_unit_stay(line, fhir_item(locations, i), i, class, err));
    }
    return true;
}

bool encounter_take(struct line *line, struct error *err)
{
    struct record record;
    struct when when = {0};
    const enum visit_outcome outcome = encounter_outcome(line->root);
    if (outcome == VISIT_STATUS || outcome == VISIT_ERROR) {
        return line_drop(line, FHIR_ENCOUNTER, outcome == VISIT_ERROR ? OUTCOME_ENTERED_IN_ERROR : OUTCOME_STATUS);
    }
    if (!line_subject(line, "subject")) {
        return true;
    }
    encounter_when(line, &when);
    if (!when.has_start) {
        return line_drop(line, FHIR_ENCOUNTER, OUTCOME_NO_DATE);
    }
    const char *class = class_derived(line, encounter_class_code(line->root), &when);
    if (!when.has_end && !text_equal(text_of(class), TEXT("IMP"))) { /* of an in-patient who is still there it is the day of the export */
        when.end = when.start;
        when.has_end = true;
    }
    struct stay part_of;
    line_stay(line, "partOf", &part_of);
    begin_visit(line, &record, line_record(line), part_of.number, class, &when);
    const struct json *hospitalization = hospitalization_of(line->root);
    record_text(line, &record, COLUMN_ADMITTED_FROM, node_code(json_member(hospitalization, "admitSource")), "admitSource");
    record_text(line, &record, COLUMN_DISCHARGED_TO, encounter_discharge(line->root), "dischargeDisposition");
    struct text site = place_of_reference(line, json_member(line->root, "serviceProvider"), "Organization");
    const struct json *location = json_member(node_first(json_member(line->root, "location")), "location");
    record_text(line, &record, COLUMN_CARE_SITE, site.length > 0 ? site : place_of_reference(line, location, "Location"),
                "serviceProvider");
    record_text(line, &record, COLUMN_SPECIALTY, specialty_of(line), "participant");
    return line_take(line, FHIR_ENCOUNTER, &record, err) && take_unit_stays(line, class, err);
}

/* ---- places ---- */
/* FINESS where there is one; else the holder's own number for the place. */
struct text place_name(const struct json *root, struct text id)
{
    const struct json *identifiers = json_member(root, "identifier");
    struct text found = {"", 0};
    for (size_t i = 0; i < node_count(identifiers); i++) {
        const struct json *identifier = fhir_item(identifiers, i);
        struct text system = node_text(identifier, "system"), value = text_trim(node_text(identifier, "value"));
        if (text_equal(system, TEXT("https://finess.esante.gouv.fr")) || text_equal(system, TEXT("urn:oid:1.2.250.1.71.4.2.2"))) {
            return value;
        }
        if (found.length == 0) {
            found = value;
        }
    }
    return found.length > 0 ? found : id;
}

bool place_take(struct line *line, struct error *err)
{
    struct record record;
    record_begin(&record, RECORD_CARE_SITE);
    record_text(line, &record, COLUMN_CARE_SITE, place_name(line->root, line->id), "identifier");
    const struct json *kind = json_member(line->root, line->resource == FHIR_LOCATION ? "physicalType" : "type");
    record_text(line, &record, COLUMN_CLASS, node_code(node_first(kind)), "type");
    const struct json *address = node_first(json_member(line->root, "address"));
    record_text(line, &record, COLUMN_RESIDENCE, node_text(address, "postalCode"), "address");
    return line_take(line, (int)line->resource, &record, err);
}
