/* SPDX-License-Identifier: EUPL-1.2 */
/* timeline: see timeline.h. General practitioners are seen through the claims base, stays and emergencies through the person's hospital. */
#include "intake/synthesise/timeline.h"
#include "intake/synthesise/dice.h"
#include <string.h>

enum {
    STREAM_PRACTICE = 11,
    STREAM_ACUTE = 12,
    STREAM_CHRONIC = 13,
    STREAM_CANCER = 14,
    CLAIMS = SYNTHESIS_CENTRES_COUNT - 1,
    PROCEDURE_MARROW = 4311405, /* a biopsy; of the marrow, says the source code */
    CHEMOTHERAPY_CYCLES = 6,
    CHEMOTHERAPY_DAYS = 21,
    TAKEN_OVER_DAYS = 900,
};

static bool add_visit(struct timeline *timeline, struct timeline_event *visit, struct error *err)
{
    visit->kind = TIMELINE_VISIT;
    visit->visit = (uint32_t)timeline->count;
    return timeline_append(timeline, *visit, err);
}

/* One code, on the first day of the visit. */
static bool add_code(struct timeline *timeline, enum timeline_kind kind, const struct timeline_event *visit, int64_t concept_id,
                     const char *source_code, struct error *err)
{
    struct timeline_event event = {.kind = kind,
                                   .visit = visit->visit,
                                   .start = visit->start,
                                   .end = visit->start,
                                   .concept_id = concept_id,
                                   .source_code = source_code,
                                   .care_site = visit->care_site};
    return timeline_append(timeline, event, err);
}

static bool add_drug(struct timeline *timeline, const struct timeline_event *visit, int32_t start, int days_supply, int64_t concept_id,
                     const char *source_code, struct error *err)
{
    struct timeline_event event = {.kind = TIMELINE_DRUG,
                                   .visit = visit->visit,
                                   .start = start,
                                   .end = start + days_supply,
                                   .concept_id = concept_id,
                                   .source_code = source_code,
                                   .days_supply = days_supply,
                                   .care_site = visit->care_site};
    return timeline_append(timeline, event, err);
}

static bool is_observed(const struct life *life, int32_t date)
{
    return date >= life->observed_from.number && date <= life->observed_to.number;
}

static int32_t not_after(int32_t date, int32_t last)
{
    return date < last ? date : last;
}

static bool measure(struct timeline *timeline, struct dice *dice, const struct timeline_event *visit, int which, double shift,
                    struct error *err)
{
    const struct synthesis_measurement *measurement = &synthesis_measurements[which];
    double value = measurement->mean + measurement->deviation * (dice_normal(dice) + shift);
    double least = measurement->mean / 5;
    struct timeline_event event = {.kind = TIMELINE_MEASUREMENT,
                                   .visit = visit->visit,
                                   .start = visit->start,
                                   .end = visit->start,
                                   .concept_id = measurement->concept_id,
                                   .source_code = measurement->source_code,
                                   .care_site = visit->care_site,
                                   .measurement = measurement,
                                   .value = value > least ? value : least};
    return timeline_append(timeline, event, err);
}

static bool see_practitioner(struct timeline *timeline, int32_t date, struct timeline_event *out_visit, struct error *err)
{
    *out_visit = (struct timeline_event){.start = date, .end = date, .concept_id = TIMELINE_OUTPATIENT, .care_site = CLAIMS};
    return add_visit(timeline, out_visit, err);
}

static bool stay_in_hospital(struct timeline *timeline, const struct life *life, struct dice *dice, int32_t date, int mean_days,
                             int64_t concept_id, struct timeline_event *out_visit, struct error *err)
{
    int32_t end = date + (mean_days > 0 ? (int32_t)dice_poisson(dice, mean_days) : 0);
    *out_visit = (struct timeline_event){
        .start = date, .end = not_after(end, life->observed_to.number), .concept_id = concept_id, .care_site = life->centre};
    return add_visit(timeline, out_visit, err);
}

/* Ordinary consultations: more with age; blood pressure and weight are taken at some of them. */
static bool write_practice(struct timeline *timeline, const struct life *life, struct error *err)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_PRACTICE);
    int32_t length = life->observed_to.number - life->observed_from.number + 1;
    double age = life_age_years(life, life->observed_from.number);
    double rate_per_year = age < 3 ? 3.5 : 1.1 + age / 45;
    unsigned visits = dice_poisson(&dice, rate_per_year * length / 365.25);
    for (unsigned i = 0; i < visits; i++) {
        struct timeline_event visit;
        TRY(see_practitioner(timeline, life->observed_from.number + (int32_t)dice_below(&dice, (uint32_t)length), &visit, err));
        if (age > 18 && dice_unit(&dice) < 0.35) {
            TRY(measure(timeline, &dice, &visit, SYNTHESIS_SYSTOLIC, (age - 50) / 60, err));
        }
        if (dice_unit(&dice) < 0.12) {
            TRY(measure(timeline, &dice, &visit, SYNTHESIS_WEIGHT, life->is_female ? -0.4 : 0.3, err));
        }
    }
    return true;
}

static bool write_acute_episode(struct timeline *timeline, const struct life *life, struct dice *dice, const struct synthesis_acute *acute,
                                int32_t date, struct error *err)
{
    struct timeline_event visit;
    bool is_emergency = dice_unit(dice) < acute->emergency_share;
    bool is_treated = dice_unit(dice) < acute->drug_share;
    if (is_emergency) {
        TRY(stay_in_hospital(timeline, life, dice, date, 1, TIMELINE_EMERGENCY, &visit, err));
        TRY(measure(timeline, dice, &visit, SYNTHESIS_LEUCOCYTES, 0.8, err));
    } else {
        TRY(see_practitioner(timeline, date, &visit, err));
    }
    TRY(add_code(timeline, TIMELINE_CONDITION, &visit, acute->concept_id, acute->source_code, err));
    if (is_treated && acute->drug_concept_id != 0) {
        TRY(add_drug(timeline, &visit, date, acute->days_supply, acute->drug_concept_id, acute->drug_source_code, err));
    }
    return true;
}

static bool write_acute(struct timeline *timeline, const struct life *life, struct error *err)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_ACUTE);
    for (int32_t year = life->observed_from.number; year <= life->observed_to.number; year += 365) {
        double age = life_age_years(life, year);
        for (int i = 0; i < SYNTHESIS_ACUTE_COUNT; i++) {
            const struct synthesis_acute *acute = &synthesis_acute[i];
            double rate = age < 16 ? acute->rate_child : age < 65 ? acute->rate_adult : acute->rate_elderly;
            unsigned episodes = dice_poisson(&dice, rate);
            for (unsigned e = 0; e < episodes; e++) {
                int32_t date = year + (int32_t)dice_below(&dice, 365);
                if (is_observed(life, date)) {
                    TRY(write_acute_episode(timeline, life, &dice, acute, date, err));
                }
            }
        }
    }
    return true;
}

static bool write_renewals(struct timeline *timeline, const struct life *life, struct dice *dice, const struct synthesis_chronic *illness,
                           int32_t from, struct error *err)
{
    struct timeline_event visit = {0};
    int32_t last_visit = INT32_MIN / 2;
    for (int32_t date = from; date <= life->observed_to.number; date += illness->days_supply) {
        if (dice_unit(dice) >= illness->adherence) {
            continue;
        }
        if (date - last_visit > 180) {
            TRY(see_practitioner(timeline, date, &visit, err));
            last_visit = date;
            if (dice_unit(dice) < 0.3) {
                TRY(add_code(timeline, TIMELINE_CONDITION, &visit, illness->concept_id, illness->source_code, err));
            }
            if (illness->measurement >= 0 && dice_unit(dice) < 0.7) {
                TRY(measure(timeline, dice, &visit, illness->measurement, 0.5, err));
            }
        }
        TRY(add_drug(timeline, &visit, date, illness->days_supply, illness->drug_concept_id, illness->drug_source_code, err));
    }
    return true;
}

static bool write_chronic(struct timeline *timeline, const struct life *life, struct error *err)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_CHRONIC);
    for (int i = 0; i < SYNTHESIS_CHRONIC_COUNT; i++) {
        const struct synthesis_chronic *illness = &synthesis_chronic[i];
        bool is_stay = dice_unit(&dice) < illness->hospital_share;
        int32_t delay = (int32_t)dice_below(&dice, 200);
        if (life->onset[i] == LIFE_NEVER) {
            continue;
        }
        /* An illness older than the observation is first recorded when the person is next seen. */
        int32_t first = life->onset[i] > life->observed_from.number ? life->onset[i] : life->observed_from.number + delay;
        if (!is_observed(life, first)) {
            continue;
        }
        struct timeline_event visit;
        if (is_stay && first == life->onset[i]) {
            TRY(stay_in_hospital(timeline, life, &dice, first, 6, TIMELINE_INPATIENT, &visit, err));
            TRY(measure(timeline, &dice, &visit, SYNTHESIS_HAEMOGLOBIN, -0.3, err));
            TRY(measure(timeline, &dice, &visit, SYNTHESIS_CREATININE, 0.2, err));
        } else {
            TRY(see_practitioner(timeline, first, &visit, err));
        }
        TRY(add_code(timeline, TIMELINE_CONDITION, &visit, illness->concept_id, illness->source_code, err));
        TRY(write_renewals(timeline, life, &dice, illness, first, err));
    }
    return true;
}

static bool write_chemotherapy(struct timeline *timeline, const struct life *life, struct dice *dice, const struct synthesis_cancer *cancer,
                               int32_t from, struct error *err)
{
    for (int cycle = 0; cycle < CHEMOTHERAPY_CYCLES; cycle++) {
        int32_t date = from + cycle * CHEMOTHERAPY_DAYS + (int32_t)dice_below(dice, 3);
        if (!is_observed(life, date)) {
            break;
        }
        struct timeline_event visit;
        TRY(stay_in_hospital(timeline, life, dice, date, 0, TIMELINE_OUTPATIENT, &visit, err));
        TRY(add_drug(timeline, &visit, date, 1, cancer->drug_concept_id, cancer->drug_source_code, err));
        TRY(measure(timeline, dice, &visit, SYNTHESIS_LEUCOCYTES, -1.2, err));
        TRY(measure(timeline, dice, &visit, SYNTHESIS_PLATELETS, -1.0, err));
        TRY(measure(timeline, dice, &visit, SYNTHESIS_HAEMOGLOBIN, -1.1, err));
    }
    return true;
}

static bool write_follow_up(struct timeline *timeline, const struct life *life, struct dice *dice, const struct synthesis_cancer *cancer,
                            int32_t from, struct error *err)
{
    for (int32_t date = from; is_observed(life, date); date += 120 + (int32_t)dice_below(dice, 120)) {
        struct timeline_event visit;
        TRY(stay_in_hospital(timeline, life, dice, date, 0, TIMELINE_OUTPATIENT, &visit, err));
        /* Hospitals write the same illness as a condition or, more rarely, as an observation ("history of"): the study asks for both. */
        if (dice_unit(dice) < 0.85) {
            TRY(add_code(timeline, TIMELINE_CONDITION, &visit, life->cancer_concept, cancer->source_code, err));
        } else {
            TRY(add_code(timeline, TIMELINE_OBSERVATION, &visit, life->cancer_concept, cancer->source_code, err));
        }
        TRY(measure(timeline, dice, &visit, SYNTHESIS_HAEMOGLOBIN, -0.4, err));
    }
    return true;
}

static bool write_cancer(struct timeline *timeline, const struct life *life, struct error *err)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_CANCER);
    int32_t delay = (int32_t)dice_below(&dice, 90);
    int64_t days_before = (int64_t)life->observed_from.number - life->cancer_onset;
    /* Who fell ill long before the window is followed elsewhere by then: only recent cases are taken over by the hospitals' new files. */
    if (life->cancer < 0 || life->cancer_onset == LIFE_NEVER || days_before > TAKEN_OVER_DAYS) {
        return true;
    }
    const struct synthesis_cancer *cancer = &synthesis_cancers[life->cancer];
    bool is_new = days_before < 0;
    int32_t first = is_new ? life->cancer_onset : life->observed_from.number + delay;
    if (!is_observed(life, first)) {
        return true;
    }
    struct timeline_event visit;
    TRY(stay_in_hospital(timeline, life, &dice, first, is_new ? 9 : 0, is_new ? TIMELINE_INPATIENT : TIMELINE_OUTPATIENT, &visit, err));
    TRY(add_code(timeline, TIMELINE_CONDITION, &visit, life->cancer_concept, cancer->source_code, err));
    TRY(add_code(timeline, TIMELINE_CANCER, &visit, life->cancer_concept, cancer->source_code, err));
    TRY(measure(timeline, &dice, &visit, SYNTHESIS_LEUCOCYTES, 2.5, err));
    TRY(measure(timeline, &dice, &visit, SYNTHESIS_PLATELETS, -1.5, err));
    if (is_new) {
        TRY(add_code(timeline, TIMELINE_PROCEDURE, &visit, PROCEDURE_MARROW, "FEHB001", err));
        TRY(write_chemotherapy(timeline, life, &dice, cancer, first + 10, err));
    }
    return write_follow_up(timeline, life, &dice, cancer, first + 150, err);
}

bool timeline_make(struct timeline *timeline, const struct life *life, struct error *err)
{
    timeline->count = 0;
    timeline->maximum = TIMELINE_EVENTS_MAX;
    TRY(write_practice(timeline, life, err));
    TRY(write_acute(timeline, life, err));
    TRY(write_chronic(timeline, life, err));
    return write_cancer(timeline, life, err);
}
