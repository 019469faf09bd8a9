/* SPDX-License-Identifier: EUPL-1.2 */
/* export_omop: a hospital that has OMOP already, with the list of its patients' identities beside it. */
#include "intake/synthesise/export.h"
#include <stdio.h>

enum { PERSON, VISIT, CONDITION, DRUG, PROCEDURE, MEASUREMENT, OBSERVATION, DEATH, IDENTITIES, TYPE_EHR = 32817 };
const struct sheet_layout export_omop_layout[EXPORT_OMOP_SHEETS] = {
    [PERSON] = {"person.csv", "person_id,gender_concept_id,year_of_birth,month_of_birth,race_concept_id,ethnicity_concept_id,"
                              "gender_source_value"},
    [VISIT] = {"visit_occurrence.csv",
               "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id"},
    [CONDITION] = {"condition_occurrence.csv", "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
                                               "condition_type_concept_id,visit_occurrence_id,condition_source_value"},
    [DRUG] = {"drug_exposure.csv", "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,"
                                   "drug_type_concept_id,days_supply,visit_occurrence_id,drug_source_value"},
    [PROCEDURE] = {"procedure_occurrence.csv", "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date,"
                                               "procedure_type_concept_id,visit_occurrence_id,procedure_source_value"},
    [MEASUREMENT] = {"measurement.csv", "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id,"
                                        "value_as_number,unit_concept_id,visit_occurrence_id,measurement_source_value,unit_source_value"},
    [OBSERVATION] = {"observation.csv", "observation_id,person_id,observation_concept_id,observation_date,observation_type_concept_id,"
                                        "visit_occurrence_id,observation_source_value"},
    [DEATH] = {"death.csv", "person_id,death_date,death_type_concept_id"},
    [IDENTITIES] = {"identities.csv", "person_id,nir,nir_insured,birth_name,used_name,given_names,birth_date,sex,birth_place,residence,"
                                      "twin_rank"},
};

static int64_t digits(const char *text, int count)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int64_t id_of(const struct export_file *file, size_t event)
{
    return ((int64_t)file->person->life->person + 1) * 16384 + (int64_t)event + 1;
}

static bool person(const struct export_file *file, size_t first, struct error *err)
{
    const struct civil_file *says = &file->says;
    struct sheets *sheets = file->person->sheets;
    char nir[CIVIL_NIR_SIZE + 2] = "";
    if (says->nir[0]) {
        snprintf(nir, sizeof nir, "%s%02u", says->nir, (unsigned)civil_nir_key(says->nir) % 100u);
    }
    int64_t year = digits(says->birth_date, 4), month = digits(says->birth_date + 5, 2);
    int64_t gender = says->sex == 'F' ? 8532 : 8507;
    TRY(sheet_row(sheets, first + PERSON, err, "iiiiiit", file->local_number, gender, year, month, (int64_t)0, (int64_t)0,
                  says->sex == 'F' ? "F" : "M"));
    export_count(file, EXPORT_PERSONS);
    if (file->death_known) {
        export_count(file, EXPORT_DEATHS);
        TRY(sheet_row(sheets, first + DEATH, err, "idi", file->local_number, file->person->life->death.number, (int64_t)TYPE_EHR));
    }
    char rank[2] = {(char)('0' + says->twin_rank % 10), 0};
    return sheet_row(sheets, first + IDENTITIES, err,
                     "ittttttttt"
                     "t",
                     file->local_number, says->is_nir_of_parent ? "" : nir, says->is_nir_of_parent ? nir : "", says->birth_name,
                     says->used_name, says->given, says->birth_date, says->sex == 'F' ? "F" : "M", says->birth_place, says->residence,
                     says->twin_rank > 0 ? rank : "");
}

static bool event_write(const struct export_file *file, size_t first, size_t index, struct error *err)
{
    const struct timeline_event *event = &file->person->timeline->items[index];
    struct sheets *sheets = file->person->sheets;
    int64_t id = id_of(file, index), whom = file->local_number, visit = id_of(file, event->visit), type = TYPE_EHR;
    switch (event->kind) {
    case TIMELINE_VISIT:
        export_count(file, EXPORT_VISITS);
        return sheet_row(sheets, first + VISIT, err, "iiiddi", id, whom, event->concept_id, event->start, event->end, type);
    case TIMELINE_CONDITION:
        export_count(file, EXPORT_CONDITIONS);
        return sheet_row(sheets, first + CONDITION, err, "iiidiit", id, whom, event->concept_id, event->start, type, visit,
                         event->source_code);
    case TIMELINE_DRUG:
        export_count(file, EXPORT_DRUGS);
        return sheet_row(sheets, first + DRUG, err, "iiiddiiit", id, whom, event->concept_id, event->start, event->end, type,
                         (int64_t)event->days_supply, visit, event->source_code);
    case TIMELINE_PROCEDURE:
        export_count(file, EXPORT_PROCEDURES);
        return sheet_row(sheets, first + PROCEDURE, err, "iiidiit", id, whom, event->concept_id, event->start, type, visit,
                         event->source_code);
    case TIMELINE_MEASUREMENT:
        export_count(file, EXPORT_MEASUREMENTS);
        return sheet_row(sheets, first + MEASUREMENT, err, "iiidiniitt", id, whom, event->concept_id, event->start, type, event->value,
                         event->measurement->decimals, event->measurement->unit_concept_id, visit, event->source_code,
                         event->measurement->unit_source);
    case TIMELINE_OBSERVATION:
        export_count(file, EXPORT_OBSERVATIONS);
        return sheet_row(sheets, first + OBSERVATION, err, "iiidiit", id, whom, event->concept_id, event->start, type, visit,
                         event->source_code);
    case TIMELINE_CANCER:
    default:
        return true;
    }
}

bool export_omop(const struct export_file *file, size_t first, struct error *err)
{
    if (!file->in_file) {
        return true;
    }
    TRY(person(file, first, err));
    for (size_t i = 0; i < file->person->timeline->count; i++) {
        TRY(!file->in_file[i] || event_write(file, first, i, err));
    }
    return true;
}
