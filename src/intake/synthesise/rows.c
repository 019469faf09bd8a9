/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: see rows.h. Only the columns that mean something here are written; the reader takes absent columns as NULL. */
#include "intake/synthesise/rows.h"
#include "intake/synthesise/synthesise.h"
#include <assert.h>
#include <stdio.h>

enum { PERSON_RECORDS_MAX = 8192, TYPE_EHR = 32817, TYPE_CLAIM = 32810, CONCEPT_MALE = 8507, CONCEPT_FEMALE = 8532 };

static const struct sheet_layout layout[ROWS_TABLE_COUNT] = {
    [ROWS_PERSON] = {"person.csv",
                     "person_id,gender_concept_id,year_of_birth,month_of_birth,race_concept_id,ethnicity_concept_id,location_id,"
                     "care_site_id,person_source_value,gender_source_value"},
    [ROWS_OBSERVATION_PERIOD] = {"observation_period.csv", "observation_period_id,person_id,observation_period_start_date,"
                                                           "observation_period_end_date,period_type_concept_id"},
    [ROWS_VISIT] = {"visit_occurrence.csv", "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,"
                                            "visit_type_concept_id,care_site_id"},
    [ROWS_CONDITION] = {"condition_occurrence.csv", "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,"
                                                    "condition_type_concept_id,visit_occurrence_id,condition_source_value"},
    [ROWS_DRUG] = {"drug_exposure.csv", "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_end_date,"
                                        "drug_type_concept_id,days_supply,visit_occurrence_id,drug_source_value"},
    [ROWS_MEASUREMENT] = {"measurement.csv", "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_type_concept_id,"
                                             "value_as_number,unit_concept_id,range_low,range_high,visit_occurrence_id,"
                                             "measurement_source_value,unit_source_value"},
    [ROWS_PROCEDURE] = {"procedure_occurrence.csv", "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date,"
                                                    "procedure_type_concept_id,visit_occurrence_id,procedure_source_value"},
    [ROWS_OBSERVATION] = {"observation.csv", "observation_id,person_id,observation_concept_id,observation_date,observation_type_concept_id,"
                                             "visit_occurrence_id,observation_source_value"},
    [ROWS_DEATH] = {"death.csv", "person_id,death_date,death_type_concept_id"},
    [ROWS_TRUTH] = {"truth/persons.csv", "person_id,disease,concept_id,first_record_date"},
};

const struct sheet_layout *rows_layout(void)
{
    return layout;
}

static int64_t person_id(const struct life *life)
{
    return (int64_t)life->person + 1;
}

static int64_t next_id(struct rows *rows, const struct life *life)
{
    if (rows->next_id / PERSON_RECORDS_MAX != person_id(life)) {
        rows->next_id = person_id(life) * PERSON_RECORDS_MAX;
    }
    rows->next_id++;
    assert(rows->next_id / PERSON_RECORDS_MAX == person_id(life)); /* nobody has 8,191 records in ten years */
    return rows->next_id;
}

static bool is_hospital(const struct timeline_event *event)
{
    return synthesis_centres[event->care_site].share > 0;
}

static int64_t type_of(const struct timeline_event *event)
{
    return is_hospital(event) ? TYPE_EHR : TYPE_CLAIM;
}

static bool write_person(struct rows *rows, const struct life *life, struct error *err)
{
    int year, month, day_of_month;
    day_to_civil(life->birth, &year, &month, &day_of_month);
    const struct synthesis_centre *centre = &synthesis_centres[life->centre];
    char source[40];
    snprintf(source, sizeof source, "SYN-%llu-%06llu", (unsigned long long)life->seed, (unsigned long long)person_id(life));
    /* EMC2-10: month and year of birth, no day. */
    TRY(sheet_row(&rows->sheets, ROWS_PERSON, err, "iiiiiiiitt", person_id(life),
                  (int64_t)(life->is_female ? CONCEPT_FEMALE : CONCEPT_MALE), (int64_t)year, (int64_t)month, (int64_t)0, (int64_t)0,
                  centre->care_site_id, centre->care_site_id, source, life->is_female ? "2" : "1"));
    TRY(sheet_row(&rows->sheets, ROWS_OBSERVATION_PERIOD, err, "iiddi", next_id(rows, life), person_id(life), life->observed_from.number,
                  life->observed_to.number, (int64_t)TYPE_CLAIM));
    if (life->is_dead) {
        TRY(sheet_row(&rows->sheets, ROWS_DEATH, err, "idi", person_id(life), life->death.number, (int64_t)TYPE_CLAIM));
    }
    return true;
}

static bool write_measurement(struct rows *rows, const struct life *life, const struct timeline_event *event, int64_t visit,
                              struct error *err)
{
    const struct synthesis_measurement *measurement = event->measurement;
    int decimals = measurement->decimals;
    int64_t id = next_id(rows, life);
    if (measurement->high > 0) {
        return sheet_row(&rows->sheets, ROWS_MEASUREMENT, err, "iiidininnitt", id, person_id(life), event->concept_id, event->start,
                         type_of(event), event->value, decimals, measurement->unit_concept_id, measurement->low, decimals,
                         measurement->high, decimals, visit, event->source_code, measurement->unit_source);
    }
    return sheet_row(&rows->sheets, ROWS_MEASUREMENT, err, "iiidini--itt", id, person_id(life), event->concept_id, event->start,
                     type_of(event), event->value, decimals, measurement->unit_concept_id, visit, event->source_code,
                     measurement->unit_source);
}

static bool cohort_has(const struct synthesis_cohort *cohort, int64_t concept_id)
{
    for (int c = cohort->first; c < cohort->first + cohort->count; c++) {
        if (synthesis_cohort_concepts[c] == concept_id) {
            return true;
        }
    }
    return false;
}

void rows_cohorts_count(uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT], int64_t concept_id)
{
    for (int i = 0; i < SYNTHESIS_COHORTS_COUNT; i++) {
        cohort_persons[i] += cohort_has(&synthesis_cohorts[i], concept_id);
    }
}

bool synthesise_cohort_has(struct text cohort, int64_t concept_id)
{
    for (int i = 0; i < SYNTHESIS_COHORTS_COUNT; i++) {
        if (text_equal(cohort, text_of(synthesis_cohorts[i].name))) {
            return cohort_has(&synthesis_cohorts[i], concept_id);
        }
    }
    return false;
}

static bool write_truth(struct rows *rows, const struct life *life, const struct timeline_event *event, struct error *err)
{
    rows_cohorts_count(rows->cohort_persons, event->concept_id);
    return sheet_row(&rows->sheets, ROWS_TRUTH, err, "itid", person_id(life), synthesis_cancers[life->cancer].key, event->concept_id,
                     event->start);
}

static bool write_event(struct rows *rows, const struct life *life, const struct timeline_event *event, int64_t visit, struct error *err)
{
    switch (event->kind) {
    case TIMELINE_VISIT:
        return sheet_row(&rows->sheets, ROWS_VISIT, err, "iiiddii", visit, person_id(life), event->concept_id, event->start, event->end,
                         type_of(event), synthesis_centres[event->care_site].care_site_id);
    case TIMELINE_CONDITION:
        return sheet_row(&rows->sheets, ROWS_CONDITION, err, "iiidiit", next_id(rows, life), person_id(life), event->concept_id,
                         event->start, type_of(event), visit, event->source_code);
    case TIMELINE_DRUG:
        return sheet_row(&rows->sheets, ROWS_DRUG, err, "iiiddiiit", next_id(rows, life), person_id(life), event->concept_id, event->start,
                         event->end, (int64_t)TYPE_CLAIM, (int64_t)event->days_supply, visit, event->source_code);
    case TIMELINE_MEASUREMENT:
        return write_measurement(rows, life, event, visit, err);
    case TIMELINE_PROCEDURE:
        return sheet_row(&rows->sheets, ROWS_PROCEDURE, err, "iiidiit", next_id(rows, life), person_id(life), event->concept_id,
                         event->start, type_of(event), visit, event->source_code);
    case TIMELINE_OBSERVATION:
        return sheet_row(&rows->sheets, ROWS_OBSERVATION, err, "iiidiit", next_id(rows, life), person_id(life), event->concept_id,
                         event->start, type_of(event), visit, event->source_code);
    case TIMELINE_CANCER:
    default:
        return write_truth(rows, life, event, err);
    }
}

bool rows_write(struct rows *rows, const struct life *life, const struct timeline *timeline, struct error *err)
{
    int64_t visits[TIMELINE_EVENTS_MAX]; /* the record id of each visit, by its place in the timeline */
    TRY(write_person(rows, life, err));
    for (size_t i = 0; i < timeline->count; i++) {
        const struct timeline_event *event = &timeline->items[i];
        if (event->kind == TIMELINE_VISIT) {
            visits[i] = next_id(rows, life);
        }
        TRY(write_event(rows, life, event, visits[event->visit], err));
    }
    return true;
}
