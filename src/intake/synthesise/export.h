/* SPDX-License-Identifier: EUPL-1.2 */
/* export: one life as five holders have it: two hospitals in FHIR, one in OMOP, one in flat files, and the claims base in SNDS tables. Each
 * writer appends to the sheets what its holder knows. Private to synthesise. */
#pragma once
#include "intake/synthesise/civil.h"
#include "intake/synthesise/sheets.h"
#include "intake/synthesise/timeline.h"

enum {
    EXPORT_CLAIMS = SYNTHESIS_CENTRES_COUNT - 1,
    EXPORT_ID_SIZE = 40,
    EXPORT_YEAR_FIRST = 2014,
    EXPORT_YEARS = 10,
};
/* What the truth counts: records that a reader should take. */
enum export_kind {
    EXPORT_PERSONS,
    EXPORT_VISITS,
    EXPORT_CONDITIONS,
    EXPORT_DRUGS,
    EXPORT_PROCEDURES,
    EXPORT_MEASUREMENTS,
    EXPORT_OBSERVATIONS,
    EXPORT_DEATHS,
    EXPORT_KIND_COUNT
};
struct export_counts {
    uint64_t records[SYNTHESIS_CENTRES_COUNT][EXPORT_KIND_COUNT];
};
struct export_person {
    const struct life *life;
    const struct civil *civil;
    const struct civil_noise *noise;
    const struct timeline *timeline;
    struct export_counts *counts;
    uint64_t *cohort_persons; /* of each of the study's cohorts */
    struct sheets *sheets;
};
/* One file of the person at one hospital, and which visits are in it. */
struct export_file {
    const struct export_person *person;
    int holder, copy;
    struct civil_file says;
    int64_t local_number; /* local_id */
    char local_id[EXPORT_ID_SIZE];
    const uint8_t *in_file; /* of each event of the timeline: 1 when it is recorded here */
    bool death_known;
};
static inline void export_count(const struct export_file *file, enum export_kind kind)
{
    file->person->counts->records[file->holder][kind]++;
}

/* Sheets: those of the hospitals in the order of synthesis_centres, of the claims base, of the truth. */
size_t export_sheet_count(void);
const struct sheet_layout *export_layout(void);
enum { EXPORT_FHIR_SHEETS = 8, EXPORT_FLAT_SHEETS = 9, EXPORT_OMOP_SHEETS = 9, EXPORT_SNDS_SHEETS = 8 + 4 * EXPORT_YEARS };
/* truth/persons.csv is the last sheet: its rows are the persons with a blood cancer. */
extern const struct sheet_layout export_fhir_layout[EXPORT_FHIR_SHEETS], export_flat_layout[EXPORT_FLAT_SHEETS],
    export_omop_layout[EXPORT_OMOP_SHEETS], export_snds_layout[8];

/* first: the first sheet of the holder. */
MUST_CHECK bool export_fhir(const struct export_file *file, size_t first, struct error *err);
MUST_CHECK bool export_flat(const struct export_file *file, size_t first, struct error *err);
MUST_CHECK bool export_omop(const struct export_file *file, size_t first, struct error *err);
/* The claims base has everybody. in_file is not used. */
MUST_CHECK bool export_snds(const struct export_file *file, size_t first, struct error *err);

/* truth/links.csv: under which local identifier the holder has the person. */
MUST_CHECK bool export_truth_link(const struct export_file *file, const char *local_id, struct error *err);
/* All holders' files of one person, and the truth. */
MUST_CHECK bool export_write(const struct export_person *person, struct error *err);
/* The code that a holder writes for an event, and its system: the event's own, or a local one where the population has a concept that the
 * code alone does not say. */
struct export_code {
    const char *system; /* name of spec/code_systems.csv, or "LOCAL" */
    char code[24];
};
struct export_code export_code_of(const struct timeline_event *event);
/* 9 digits of a centre's FINESS number. */
const char *export_finess(int holder);
/* An invented, valid 13-digit presentation code (EAN-13 key) for an ATC code, and an act of biology for a LOINC code. */
void export_cip13(const char *atc, char out_cip[14]);
const char *export_nabm(const char *loinc); /* NULL: not an act of biology */
/* What maps the codes of all holders to standard concepts: source_to_concept_map rows. */
MUST_CHECK bool export_maps_write(struct buffer *out, struct error *err);
