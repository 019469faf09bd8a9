/* SPDX-License-Identifier: EUPL-1.2 */
/* export: who has which part of a life, in how many files, and what the truth says about it. */
#include "intake/synthesise/export.h"
#include "intake/synthesise/dice.h"
#include "intake/synthesise/rows.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { STREAM_HOLDERS = 61, FORMATS = 5, TRUTH_LINKS = 0, TRUTH_PERSONS, TRUTH_SHEETS };
static const struct sheet_layout truth_layout[TRUTH_SHEETS] = {
    [TRUTH_LINKS] = {"truth/links.csv", "holder,local_id,person"},
    [TRUTH_PERSONS] = {"truth/persons.csv", "person_id,disease,concept_id,first_record_date"},
};
/* In the order of spec/synthesis/centres.csv. */
struct format {
    const struct sheet_layout *layout;
    size_t sheets;
    bool (*write)(const struct export_file *file, size_t first, struct error *err);
};
static const struct format formats[FORMATS] = {
    {export_fhir_layout, EXPORT_FHIR_SHEETS, export_fhir}, {export_omop_layout, EXPORT_OMOP_SHEETS, export_omop},
    {export_fhir_layout, EXPORT_FHIR_SHEETS, export_fhir}, {export_flat_layout, EXPORT_FLAT_SHEETS, export_flat},
    {export_snds_layout, EXPORT_SNDS_SHEETS, export_snds},
};
enum { SHEETS_ALL = 2 * EXPORT_FHIR_SHEETS + EXPORT_OMOP_SHEETS + EXPORT_FLAT_SHEETS + EXPORT_SNDS_SHEETS + TRUTH_SHEETS };
static_assert(FORMATS == SYNTHESIS_CENTRES_COUNT, "each centre of spec/synthesis/centres.csv has a format here");

static struct sheet_layout layout[SHEETS_ALL];
static char paths[SHEETS_ALL][64];
static size_t first_sheet[FORMATS + 1];

static void pmsi_layout(size_t at)
{
    static const struct sheet_layout tables[] = {
        {"B", "ETA_NUM,RSA_NUM,DGN_PAL,DGN_REL,GRG_GHM,AGE_ANN,COD_SEX,ENT_MOD,SOR_MOD,SEJ_NBJ,SOR_ANN,SOR_MOI"},
        {"C", "ETA_NUM,RSA_NUM,NIR_ANO_17,EXE_SOI_DTD,EXE_SOI_DTF,NIR_RET,NAI_RET,SEX_RET,SEJ_RET,FHO_RET"},
        {"D", "ETA_NUM,RSA_NUM,ASS_DGN"},
        {"A", "ETA_NUM,RSA_NUM,CDC_ACT,ACV_ACT,PHA_ACT,ENT_DAT_DEL,NBR_EXE_ACT"}};
    for (unsigned year = 0; year < EXPORT_YEARS; year++) {
        for (size_t t = 0; t < 4; t++, at++) {
            snprintf(paths[at], sizeof paths[at], "holders/%s/T_MCO%02u%s.csv", synthesis_centres[EXPORT_CLAIMS].key,
                     (EXPORT_YEAR_FIRST + year) % 100u, tables[t].path);
            layout[at] = (struct sheet_layout){paths[at], tables[t].header};
        }
    }
}

/* Before main: the files of five holders. */
__attribute__((constructor)) static void layout_make(void)
{
    size_t at = 0;
    for (int f = 0; f < FORMATS; f++) {
        first_sheet[f] = at;
        size_t plain = f == EXPORT_CLAIMS ? sizeof export_snds_layout / sizeof export_snds_layout[0] : formats[f].sheets;
        for (size_t s = 0; s < plain; s++, at++) {
            snprintf(paths[at], sizeof paths[at], "holders/%s/%s", synthesis_centres[f].key, formats[f].layout[s].path);
            layout[at] = (struct sheet_layout){paths[at], formats[f].layout[s].header};
        }
        if (f == EXPORT_CLAIMS) {
            pmsi_layout(at);
            at += 4 * (size_t)EXPORT_YEARS;
        }
    }
    first_sheet[FORMATS] = at;
    for (size_t t = 0; t < TRUTH_SHEETS; t++, at++) {
        layout[at] = truth_layout[t];
    }
    assert(at == SHEETS_ALL);
}

size_t export_sheet_count(void)
{
    return SHEETS_ALL;
}

const struct sheet_layout *export_layout(void)
{
    return layout;
}

/* ---- codes ---- */
const char *export_finess(int holder)
{
    const char *code = synthesis_centres[holder].source_code;
    return code + strlen(code) - 9;
}

struct export_code export_code_of(const struct timeline_event *event)
{
    struct export_code code = {.system = "CIM10"};
    snprintf(code.code, sizeof code.code, "%s", event->source_code);
    if (event->kind == TIMELINE_DRUG) {
        code.system = "ATC";
    } else if (event->kind == TIMELINE_MEASUREMENT) {
        code.system = "LOINC";
    } else if (event->kind == TIMELINE_PROCEDURE) {
        code.system = "CCAM";
    } else {
        for (int i = 0; i < SYNTHESIS_CANCERS_COUNT; i++) {
            const struct synthesis_cancer *cancer = &synthesis_cancers[i];
            if (strcmp(cancer->source_code, event->source_code) == 0 && cancer->concept_id != event->concept_id) {
                code.system = "LOCAL";
                snprintf(code.code, sizeof code.code, "L%lld", (long long)event->concept_id);
            }
        }
    }
    return code;
}

void export_cip13(const char *atc, char out_cip[14])
{
    uint64_t hash = 1469598103934665603u;
    for (const char *p = atc; *p; p++) {
        hash = (hash ^ (unsigned char)*p) * 1099511628211u;
    }
    snprintf(out_cip, 14, "34009%07u", (unsigned)(hash % 10000000u));
    unsigned sum = 0;
    for (int i = 0; i < 12; i++) {
        sum += (unsigned)(out_cip[i] - '0') * (i % 2 == 0 ? 1 : 3);
    }
    out_cip[12] = (char)('0' + (10 - sum % 10) % 10);
    out_cip[13] = 0;
}

const char *export_nabm(const char *loinc)
{
    static const struct {
        const char *loinc, *nabm;
    } acts[] = {{"4548-4", "1577"}, {"14647-2", "0580"}, {"14682-9", "0592"}, {"718-7", "1104"}, {"6690-2", "1104"}, {"777-3", "1104"}};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (strcmp(acts[i].loinc, loinc) == 0) {
            return acts[i].nabm;
        }
    }
    return NULL;
}

/* ---- maps ---- */
static bool map_row(struct buffer *out, const char *system, const char *code, int64_t concept_id, struct error *err)
{
    return buffer_append_format(out, err, "%s,0,%s,,%lld,,1970-01-01,2099-12-31,\n", code, system, (long long)concept_id);
}

static bool map_drug(struct buffer *out, const char *atc, int64_t concept_id, struct error *err)
{
    char cip[14];
    if (concept_id == 0 || strstr((const char *)out->data, atc)) {
        return true; /* several illnesses are treated alike */
    }
    export_cip13(atc, cip);
    return map_row(out, "ATC", atc, concept_id, err) && map_row(out, "CIP13", cip, concept_id, err);
}

static bool map_cancers(struct buffer *out, struct error *err)
{
    for (int i = 0; i < SYNTHESIS_CANCERS_COUNT; i++) {
        const struct synthesis_cancer *cancer = &synthesis_cancers[i];
        TRY(map_row(out, "CIM10", cancer->source_code, cancer->concept_id, err));
        TRY(map_drug(out, cancer->drug_source_code, cancer->drug_concept_id, err));
        for (int k = cancer->others_first; k < cancer->others_first + cancer->others_count; k++) {
            char code[24];
            int64_t concept = synthesis_cohort_concepts[k];
            snprintf(code, sizeof code, "L%lld", (long long)concept);
            TRY(concept == cancer->concept_id ||
                (map_row(out, "LOCAL:urn:oid:2.999.100", code, concept, err) && map_row(out, "CIM10", code, concept, err)));
        }
    }
    return true;
}

bool export_maps_write(struct buffer *out, struct error *err)
{
    TRY(buffer_append_text(out,
                           "source_code,source_concept_id,source_vocabulary_id,source_code_description,target_concept_id,"
                           "target_vocabulary_id,valid_start_date,valid_end_date,invalid_reason\n",
                           err));
    for (int i = 0; i < SYNTHESIS_CHRONIC_COUNT; i++) {
        TRY(map_row(out, "CIM10", synthesis_chronic[i].source_code, synthesis_chronic[i].concept_id, err));
        TRY(map_drug(out, synthesis_chronic[i].drug_source_code, synthesis_chronic[i].drug_concept_id, err));
    }
    for (int i = 0; i < SYNTHESIS_ACUTE_COUNT; i++) {
        TRY(map_row(out, "CIM10", synthesis_acute[i].source_code, synthesis_acute[i].concept_id, err));
        TRY(map_drug(out, synthesis_acute[i].drug_source_code, synthesis_acute[i].drug_concept_id, err));
    }
    TRY(map_cancers(out, err));
    for (int i = 0; i < SYNTHESIS_MEASUREMENTS_COUNT; i++) {
        const struct synthesis_measurement *measurement = &synthesis_measurements[i];
        const char *act = export_nabm(measurement->source_code);
        TRY(map_row(out, "LOINC", measurement->source_code, measurement->concept_id, err));
        TRY(map_row(out, "UCUM", measurement->unit_source, measurement->unit_concept_id, err));
        TRY(!act || (strcmp(act, "1104") == 0 && i != SYNTHESIS_HAEMOGLOBIN) || map_row(out, "NABM", act, measurement->concept_id, err));
    }
    return map_row(out, "CCAM", "FEHB001", 4311405, err);
}

/* ---- one person ---- */
static bool is_at(const struct timeline_event *visit, const struct life *life, int holder, int second, bool is_in_second)
{
    return visit->care_site == life->centre && holder == (is_in_second ? second : life->centre);
}

/* Marks the events of the holder's file number `copy`; false when there is none. */
static bool mark(const struct export_person *person, int holder, int copy, bool has_copies, uint8_t marks[TIMELINE_EVENTS_MAX])
{
    struct dice dice = dice_of(person->life->seed, person->life->person, STREAM_HOLDERS);
    bool goes_elsewhere = dice_unit(&dice) < person->noise->shares[NOISE_SECOND_CENTRE];
    int second = (int)dice_below(&dice, EXPORT_CLAIMS);
    bool any = false;
    for (size_t i = 0; i < person->timeline->count; i++) {
        const struct timeline_event *event = &person->timeline->items[i];
        if (event->kind == TIMELINE_VISIT) {
            bool is_in_second = goes_elsewhere && dice_unit(&dice) < 0.5;
            bool is_in_copy = dice_unit(&dice) < 0.5;
            marks[i] = is_at(event, person->life, holder, second, is_in_second) && (!has_copies || is_in_copy == (copy == 1));
        } else {
            marks[i] = marks[event->visit];
        }
        any = any || marks[i];
    }
    return any;
}

bool export_truth_link(const struct export_file *file, const char *local_id, struct error *err)
{
    return sheet_row(file->person->sheets, first_sheet[FORMATS] + TRUTH_LINKS, err, "tti", synthesis_centres[file->holder].key, local_id,
                     (int64_t)file->person->life->person + 1);
}

static bool hospital(const struct export_person *person, int holder, struct error *err)
{
    uint8_t marks[TIMELINE_EVENTS_MAX];
    struct dice dice = dice_of(person->life->seed, person->life->person, (uint32_t)(STREAM_HOLDERS + 1 + holder));
    bool has_copies = dice_unit(&dice) < person->noise->shares[NOISE_DOUBLE_FILE];
    bool death_unknown = dice_unit(&dice) < person->noise->shares[NOISE_DEATH_UNKNOWN];
    for (int copy = 0; copy < (has_copies ? 2 : 1); copy++) {
        struct export_file file = {.person = person, .holder = holder, .copy = copy};
        /* a number that says nothing: a permutation of the persons, other in each hospital */
        uint64_t mixed = (person->life->person * 2 + (uint64_t)copy) * 2654435761u + (uint64_t)holder * 977u;
        file.local_number = (int64_t)(1000000000u + (mixed & 0xffffffffffu));
        snprintf(file.local_id, sizeof file.local_id, "%lld", (long long)file.local_number);
        if (!mark(person, holder, copy, has_copies, marks)) {
            TRY(person->life->person != 0 || formats[holder].write(&file, first_sheet[holder], err));
            continue;
        }
        file.in_file = marks;
        file.death_known = person->life->is_dead && !death_unknown;
        civil_file_make(&file.says, person->civil, person->life, person->noise, holder, copy);
        TRY(formats[holder].write(&file, first_sheet[holder], err) && export_truth_link(&file, file.local_id, err));
    }
    return true;
}

static bool truth_person(const struct export_person *person, struct error *err)
{
    for (size_t i = 0; i < person->timeline->count; i++) {
        const struct timeline_event *event = &person->timeline->items[i];
        if (event->kind == TIMELINE_CANCER) {
            rows_cohorts_count(person->cohort_persons, event->concept_id);
            TRY(sheet_row(person->sheets, first_sheet[FORMATS] + TRUTH_PERSONS, err, "itid", (int64_t)person->life->person + 1,
                          synthesis_cancers[person->life->cancer].key, event->concept_id, event->start));
        }
    }
    return true;
}

bool export_write(const struct export_person *person, struct error *err)
{
    for (int holder = 0; holder < EXPORT_CLAIMS; holder++) {
        TRY(hospital(person, holder, err));
    }
    struct export_file claims = {.person = person, .holder = EXPORT_CLAIMS};
    civil_file_make(&claims.says, person->civil, person->life, person->noise, EXPORT_CLAIMS, 0);
    TRY(export_snds(&claims, first_sheet[EXPORT_CLAIMS], err));
    return truth_person(person, err);
}
