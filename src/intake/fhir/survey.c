/* SPDX-License-Identifier: EUPL-1.2 */
/* survey: the first pass. Lines whose text cannot be of a resource that others refer to are not parsed; what is no JSON is for the second
 * pass to report. Workers note what they found in the piece's block; the merging thread puts it into the references. */
#include "intake/fhir/fhir_internal.h"
#include <stdio.h>
#include <string.h>

struct note {
    int64_t number;
    uint64_t value;
    uint32_t first, second; /* lengths of the texts behind the note */
    bool has_texts, is_inpatient;
};

bool survey_is_wanted(enum fhir_resource resource)
{
    return resource == FHIR_PATIENT || resource == FHIR_ENCOUNTER || resource == FHIR_MEDICATION || resource == FHIR_ORGANIZATION ||
           resource == FHIR_LOCATION || resource == FHIR_PRACTITIONER || resource == FHIR_PRACTITIONER_ROLE;
}

/* Whether the line may be of such a resource: a name behind a "resourceType" says so, or there is no plain "resourceType" at all. */
static bool may_be_wanted(const char *bytes, size_t length)
{
    static const struct text key = {"\"resourceType\"", 14};
    static const char *const names[] = {"Patient\"", "Encounter\"", "Medication\"", "Organization\"", "Location\"", "Practitioner"};
    const char *end = bytes + length;
    bool is_found = false;
    for (const char *at = bytes; (at = memmem(at, (size_t)(end - at), key.data, key.length));) {
        is_found = true;
        at += key.length;
        while (at < end && (*at == ' ' || *at == '\t' || *at == ':')) {
            at++;
        }
        const struct text rest = {at + (at < end), (size_t)(end - at - (at < end))};
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            if (text_starts_with(rest, text_of(names[i]))) {
                return true;
            }
        }
    }
    return !is_found;
}

static bool add_note(struct line *line, struct note note, struct text first, struct text second, struct error *err)
{
    struct buffer *entries = &line->out->entries;
    note.first = (uint32_t)first.length;
    note.second = (uint32_t)second.length;
    TRY(buffer_append(entries, &note, sizeof note, err));
    return buffer_append(entries, first.data, first.length, err) && buffer_append(entries, second.data, second.length, err);
}

static bool note_texts(struct line *line, const char *what, struct text id, struct text first, struct text second, struct error *err)
{
    const struct note note = {.number = record_number(line->fhir->options->numbers, what, id), .has_texts = true};
    return add_note(line, note, first, second, err);
}

static bool note_value(struct line *line, int64_t number, uint64_t value, struct error *err)
{
    return add_note(line, (struct note){.number = number, .value = value}, TEXT(""), TEXT(""), err);
}

static uint64_t pack(const struct moment *moment, uint64_t bits)
{
    return (uint64_t)(uint32_t)moment->day.number << 32 | (uint64_t)(uint32_t)moment->seconds << 8 | bits |
           (moment->has_time ? STAY_HAS_TIME : 0);
}

/* Encounter.diagnosis: what the diagnosis was for, kept under the number of the condition. */
static bool survey_diagnoses(struct line *line, struct error *err)
{
    const struct json *diagnoses = json_member(line->root, "diagnosis");
    for (size_t i = 0; i < node_count(diagnoses); i++) {
        const struct json *diagnosis = fhir_item(diagnoses, i);
        struct text id = line_reference(json_member(diagnosis, "condition"), "Condition");
        struct text use = node_code(node_first(json_member(diagnosis, "use")));
        if (id.length > 0 && use.length > 0) {
            TRY(note_texts(line, "Condition.use", id, use, TEXT(""), err));
        }
    }
    return true;
}

static bool survey_encounter(struct line *line, struct error *err)
{
    struct when when = {0};
    encounter_when(line, &when);
    const enum visit_outcome outcome = encounter_outcome(line->root);
    const bool is_taken = when.has_start && (outcome == VISIT_TAKEN || outcome == VISIT_UNFINISHED);
    const uint64_t bits = (when.has_start ? STAY_HAS_START : 0) | (is_taken ? STAY_TAKEN : 0);
    struct note note = {.number = line_record(line), .value = pack(&when.start, bits)};
    note.is_inpatient = is_taken && !json_member(line->root, "partOf") && encounter_class_is_inpatient(encounter_class_code(line->root));
    TRY(add_note(line, note, TEXT(""), TEXT(""), err));
    struct text discharge = encounter_discharge(line->root);
    struct text person = line_reference(json_member(line->root, "subject"), "Patient");
    const bool is_death = text_equal(discharge, TEXT("exp")) || text_equal(discharge, TEXT("9")); /* HL7, and the PMSI's SOR_MOD */
    if (is_taken && when.has_end && is_death && person.length > 0) {
        TRY(note_value(line, record_number(line->fhir->options->numbers, "Encounter.exp", person), pack(&when.end, STAY_HAS_START), err));
    }
    return survey_diagnoses(line, err);
}

static bool survey_role(struct line *line, struct error *err)
{
    struct text specialty = node_code(node_first(json_member(line->root, "specialty")));
    struct text practitioner = line_reference(json_member(line->root, "practitioner"), "Practitioner");
    TRY(specialty.length == 0 || note_texts(line, "PractitionerRole", line->id, specialty, TEXT(""), err));
    return specialty.length == 0 || practitioner.length == 0 || note_texts(line, "Practitioner", practitioner, specialty, TEXT(""), err);
}

/* The code of a medication; of one without a code and with a single ingredient, that of the ingredient. */
static bool survey_medication(struct line *line, struct error *err)
{
    struct coded coded = {{"", 0}, {"", 0}};
    const struct json *code = json_member(line->root, "code"), *ingredients = json_member(line->root, "ingredient");
    if (!code && node_count(ingredients) == 1) {
        const struct json *item = json_member(node_first(ingredients), "itemCodeableConcept");
        code = item ? item : json_member(json_member(node_first(ingredients), "item"), "concept");
    }
    if (line_code(line, code, RECORD_SYSTEM_RXNORM, "code", &coded) != OUTCOME_TAKEN) {
        coded = (struct coded){{"", 0}, {"", 0}};
    }
    return note_texts(line, "Medication", line->id, coded.system, coded.code, err);
}

static bool survey_line(struct line *line, struct error *err)
{
    line->id = node_text(line->root, "id");
    line->resource = fhir_resource_find(node_text(line->root, "resourceType"));
    if (line->id.length == 0) {
        return true;
    }
    if (line->resource == FHIR_PATIENT) {
        return note_value(line, record_subject(line->fhir->options->numbers, line->id), 0, err);
    }
    if (line->resource == FHIR_ENCOUNTER) {
        return survey_encounter(line, err);
    }
    if (line->resource == FHIR_MEDICATION) {
        return survey_medication(line, err);
    }
    if (line->resource == FHIR_ORGANIZATION || line->resource == FHIR_LOCATION) {
        return note_texts(line, fhir_place_name((int)line->resource), line->id, place_name(line->root, line->id), TEXT(""), err);
    }
    return line->resource != FHIR_PRACTITIONER_ROLE || survey_role(line, err);
}

static bool run_piece(void *context, const struct lines_piece *piece, unsigned worker, struct error *err)
{
    const struct fhir *fhir = context;
    struct output *out = &fhir->outputs[piece->slot];
    struct line line = {.fhir = fhir, .out = out, .piece = piece};
    struct error ignored;
    output_begin(out);
    for (const char *at = piece->bytes, *end = at + piece->length; at < end;) {
        const char *found = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((found ? found : end) - at);
        line.room_used = 0;
        if (length > 0 && may_be_wanted(at, length) &&
            json_reader_parse(fhir->readers[worker], &line.root, piece->file->name, at, length, &ignored)) {
            TRY(survey_line(&line, err));
        }
        at += length + 1;
    }
    return true;
}

static bool merge_piece(void *context, const struct lines_piece *piece, struct error *err)
{
    struct fhir *fhir = context;
    const struct buffer *entries = &fhir->outputs[piece->slot].entries;
    for (size_t at = 0; at < entries->length;) {
        struct note note;
        memcpy(&note, entries->data + at, sizeof note);
        const char *texts = (const char *)entries->data + at + sizeof note;
        fhir->has_inpatient = fhir->has_inpatient || note.is_inpatient;
        if (note.has_texts) {
            TRY(references_add_texts(fhir->references, note.number, (struct text){texts, note.first},
                                     (struct text){texts + note.first, note.second}, err));
        } else {
            TRY(references_add(fhir->references, note.number, note.value, err));
        }
        at += sizeof note + note.first + note.second;
    }
    return true;
}

static bool pass_over(void *context, const struct lines_file *file, uint64_t line, const char *words, struct error *err)
{
    (void)context, (void)file, (void)line, (void)words, (void)err;
    return true; /* the second pass says it */
}

/* The resource that a file is named for: the longest that its name begins with, behind "Mimic" where MIMIC has it. */
static enum fhir_resource resource_of_name(const char *name)
{
    const char *leaf = strrchr(name, '/');
    struct text text = text_of(leaf ? leaf + 1 : name);
    const struct text prefix = TEXT("Mimic");
    if (text_starts_with(text, prefix)) {
        text = (struct text){text.data + prefix.length, text.length - prefix.length};
    }
    enum fhir_resource best = FHIR_RESOURCE_COUNT;
    size_t best_length = 0;
    for (int i = 0; i < FHIR_RESOURCE_COUNT; i++) {
        struct text resource = text_of(fhir_place_name(i));
        if (resource.length > best_length && text_starts_with(text, resource)) {
            best = (enum fhir_resource)i;
            best_length = resource.length;
        }
    }
    return best;
}

bool survey_run(struct fhir *fhir, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct lines_file *files = ARENA_ARRAY(scratch, struct lines_file, fhir->file_count);
    size_t count = 0;
    for (size_t i = 0; i < fhir->file_count; i++) {
        const enum fhir_resource resource = resource_of_name(fhir->files[i].name);
        fhir->is_surveyed[i] = resource == FHIR_RESOURCE_COUNT || survey_is_wanted(resource);
        if (fhir->is_surveyed[i]) {
            files[count++] = fhir->files[i];
        }
    }
    const struct lines_work work = {.files = files,
                                    .file_count = count,
                                    .line_bytes_max = fhir->line_bytes_max,
                                    .pool = fhir->options->pool,
                                    .run = run_piece,
                                    .merge = merge_piece,
                                    .broken = pass_over,
                                    .context = fhir};
    return lines_run(&work, err);
}
