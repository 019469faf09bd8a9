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
    VISIT_INPATIENT = 9201,
    VISIT_OUTPATIENT = 9202,
    VISIT_EMERGENCY = 9203,
    CLAIMS = SYNTHESIS_CENTRES_COUNT - 1,
    PROCEDURE_MARROW = 4311405, /* a biopsy; of the marrow, says the source code */
    CHEMOTHERAPY_CYCLES = 6,
    CHEMOTHERAPY_DAYS = 21,
    TAKEN_OVER_DAYS = 900,
};

static bool is_observed(const struct life *life, int32_t date)
{
    return date >= life->observed_from.number && date <= life->observed_to.number;
}

static int32_t not_after(int32_t date, int32_t last)
{
    return date < last ? date : last;
}

static bool measure(struct rows *rows, const struct life *life, struct dice *dice, const struct rows_visit *visit, int which, double shift,
                    struct error *err)
{
    const struct synthesis_measurement *measurement = &synthesis_measurements[which];
    double value = measurement->mean + measurement->deviation * (dice_normal(dice) + shift);
    double least = measurement->mean / 5;
    return rows_measurement(rows, life, visit, measurement, value > least ? value : least, err);
}

static bool see_practitioner(struct rows *rows, const struct life *life, int32_t date, struct rows_visit *out_visit, struct error *err)
{
    *out_visit = (struct rows_visit){.start = date, .end = date, .concept_id = VISIT_OUTPATIENT, .care_site = CLAIMS};
    return rows_visit(rows, life, out_visit, err);
}

static bool stay_in_hospital(struct rows *rows, const struct life *life, struct dice *dice, int32_t date, int mean_days, int64_t concept_id,
                             struct rows_visit *out_visit, struct error *err)
{
    int32_t end = date + (mean_days > 0 ? (int32_t)dice_poisson(dice, mean_days) : 0);
    *out_visit = (struct rows_visit){
        .start = date, .end = not_after(end, life->observed_to.number), .concept_id = concept_id, .care_site = life->centre};
    return rows_visit(rows, life, out_visit, err);
}

/* Ordinary consultations: more with age; blood pressure and weight are taken at some of them. */
static bool write_practice(struct rows *rows, const struct life *life, struct error *err)
{
    struct dice dice = dice_of(life->seed, life->person, STREAM_PRACTICE);
    int32_t length = life->observed_to.number - life->observed_from.number + 1;
    double age = life_age_years(life, life->observed_from.number);
    double rate_per_year = age < 3 ? 3.5 : 1.1 + age / 45;
    unsigned visits = dice_poisson(&dice, rate_per_year * length / 365.25);
    for (unsigned i = 0; i < visits; i++) {
        struct rows_visit visit;
        TRY(see_practitioner(rows, life, life->observed_from.number + (int32_t)dice_below(&dice, (uint32_t)length), &visit, err));
        if (age > 18 && dice_unit(&dice) < 0.35) {
            TRY(measure(rows, life, &dice, &visit, SYNTHESIS_SYSTOLIC, (age - 50) / 60, err));
        }
        if (dice_unit(&dice) < 0.12) {
            TRY(measure(rows, life, &dice, &visit, SYNTHESIS_WEIGHT, life->is_female ? -0.4 : 0.3, err));
        }
    }
    return true;
}

static bool write_acute_episode(struct rows *rows, const struct life *life, struct dice *dice, const struct synthesis_acute *acute,
                                int32_t date, struct error *err)
{
    struct rows_visit visit;
    bool is_emergency = dice_unit(dice) < acute->emergency_share;
    bool is_treated = dice_unit(dice) < acute->drug_share;
    if (is_emergency) {
        TRY(stay_in_hospital(rows, life, dice, date, 1, VISIT_EMERGENCY, &visit, err));
        TRY(measure(rows, life, dice, &visit, SYNTHESIS_LEUCOCYTES, 0.8, err));
    } else {
        TRY(see_practitioner(rows, life, date, &visit, err));
    }
    TRY(rows_condition(rows, life, &visit, acute->concept_id, acute->source_code, err));
    if (is_treated && acute->drug_concept_id != 0) {
        TRY(rows_drug(rows, life, &visit, date, acute->days_supply, acute->drug_concept_id, acute->drug_source_code, err));
    }
    return true;
}

static bool write_acute(struct rows *rows, const struct life *life, struct error *err)
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
                    TRY(write_acute_episode(rows, life, &dice, acute, date, err));
                }
            }
        }
    }
    return true;
}

static bool write_renewals(struct rows *rows, const struct life *life, struct dice *dice, const struct synthesis_chronic *illness,
                           int32_t from, struct error *err)
{
    struct rows_visit visit = {0};
    int32_t last_visit = INT32_MIN / 2;
    for (int32_t date = from; date <= life->observed_to.number; date += illness->days_supply) {
        if (dice_unit(dice) >= illness->adherence) {
            continue;
        }
        if (date - last_visit > 180) {
            TRY(see_practitioner(rows, life, date, &visit, err));
            last_visit = date;
            if (dice_unit(dice) < 0.3) {
                TRY(rows_condition(rows, life, &visit, illness->concept_id, illness->source_code, err));
            }
            if (illness->measurement >= 0 && dice_unit(dice) < 0.7) {
                TRY(measure(rows, life, dice, &visit, illness->measurement, 0.5, err));
            }
        }
        TRY(rows_drug(rows, life, &visit, date, illness->days_supply, illness->drug_concept_id, illness->drug_source_code, err));
    }
    return true;
}

static bool write_chronic(struct rows *rows, const struct life *life, struct error *err)
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
        struct rows_visit visit;
        if (is_stay && first == life->onset[i]) {
            TRY(stay_in_hospital(rows, life, &dice, first, 6, VISIT_INPATIENT, &visit, err));
            TRY(measure(rows, life, &dice, &visit, SYNTHESIS_HAEMOGLOBIN, -0.3, err));
            TRY(measure(rows, life, &dice, &visit, SYNTHESIS_CREATININE, 0.2, err));
        } else {
            TRY(see_practitioner(rows, life, first, &visit, err));
        }
        TRY(rows_condition(rows, life, &visit, illness->concept_id, illness->source_code, err));
        TRY(write_renewals(rows, life, &dice, illness, first, err));
    }
    return true;
}

static bool write_chemotherapy(struct rows *rows, const struct life *life, struct dice *dice, const struct synthesis_cancer *cancer,
                               int32_t from, struct error *err)
{
    for (int cycle = 0; cycle < CHEMOTHERAPY_CYCLES; cycle++) {
        int32_t date = from + cycle * CHEMOTHERAPY_DAYS + (int32_t)dice_below(dice, 3);
        if (!is_observed(life, date)) {
            break;
        }
        struct rows_visit visit;
        TRY(stay_in_hospital(rows, life, dice, date, 0, VISIT_OUTPATIENT, &visit, err));
        TRY(rows_drug(rows, life, &visit, date, 1, cancer->drug_concept_id, cancer->drug_source_code, err));
        TRY(measure(rows, life, dice, &visit, SYNTHESIS_LEUCOCYTES, -1.2, err));
        TRY(measure(rows, life, dice, &visit, SYNTHESIS_PLATELETS, -1.0, err));
        TRY(measure(rows, life, dice, &visit, SYNTHESIS_HAEMOGLOBIN, -1.1, err));
    }
    return true;
}

static bool write_follow_up(struct rows *rows, const struct life *life, struct dice *dice, const struct synthesis_cancer *cancer,
                            int32_t from, struct error *err)
{
    for (int32_t date = from; is_observed(life, date); date += 120 + (int32_t)dice_below(dice, 120)) {
        struct rows_visit visit;
        TRY(stay_in_hospital(rows, life, dice, date, 0, VISIT_OUTPATIENT, &visit, err));
        /* Hospitals write the same illness as a condition or, more rarely, as an observation ("history of"): the study asks for both. */
        if (dice_unit(dice) < 0.85) {
            TRY(rows_condition(rows, life, &visit, life->cancer_concept, cancer->source_code, err));
        } else {
            TRY(rows_observation(rows, life, &visit, life->cancer_concept, cancer->source_code, err));
        }
        TRY(measure(rows, life, dice, &visit, SYNTHESIS_HAEMOGLOBIN, -0.4, err));
    }
    return true;
}

static bool write_cancer(struct rows *rows, const struct life *life, struct error *err)
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
    struct rows_visit visit;
    TRY(stay_in_hospital(rows, life, &dice, first, is_new ? 9 : 0, is_new ? VISIT_INPATIENT : VISIT_OUTPATIENT, &visit, err));
    TRY(rows_condition(rows, life, &visit, life->cancer_concept, cancer->source_code, err));
    TRY(rows_truth(rows, life, first, err));
    TRY(measure(rows, life, &dice, &visit, SYNTHESIS_LEUCOCYTES, 2.5, err));
    TRY(measure(rows, life, &dice, &visit, SYNTHESIS_PLATELETS, -1.5, err));
    if (is_new) {
        TRY(rows_procedure(rows, life, &visit, PROCEDURE_MARROW, "FEHB001", err));
        TRY(write_chemotherapy(rows, life, &dice, cancer, first + 10, err));
    }
    return write_follow_up(rows, life, &dice, cancer, first + 150, err);
}

bool timeline_write(struct rows *rows, const struct life *life, struct error *err)
{
    TRY(rows_person(rows, life, err));
    TRY(write_practice(rows, life, err));
    TRY(write_acute(rows, life, err));
    TRY(write_chronic(rows, life, err));
    return write_cancer(rows, life, err);
}
