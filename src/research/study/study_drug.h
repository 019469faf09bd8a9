/* SPDX-License-Identifier: EUPL-1.2 */
/* drug: what was taken during an entry, as DrugUtilisation 1.2.0 counts it; eras of exposure; the share of persons still covered. */
#pragma once
#include "research/study/study_limits.h"
#include "research/study/study_profile.h"

struct study_exposure {
    int64_t subject;
    int32_t start, end;
    double quantity;   /* NaN: not known */
    double daily_dose; /* NaN: not known */
};
/* By subject, start, end. */
void study_exposures_sort(struct study_exposure *exposures, size_t count);

/* A row of drug_strength; NaN: null. */
struct study_strength {
    double amount, numerator, denominator;
    bool is_per_hour; /* the denominator is in hours */
};
/* Quantity of an amount, or of a numerator (a concentration), by days; a rate by the hour does not depend on the quantity. NaN: unknown. */
double study_daily_dose(const struct study_strength *strength, double quantity, int32_t days);

struct study_drug_use {
    uint32_t exposures, eras;
    int32_t days_exposed, days_prescribed; /* in eras, gaps counted; sum over exposures; both within the days asked for */
    int32_t days_to_exposure;              /* -1: none */
    int32_t initial_duration;              /* of the first exposures, whole; -1: none */
    double initial_quantity, cumulative_quantity, initial_daily_dose, cumulative_dose;
};
/* Exposures of the subject that begin within the days, or (incident false) that overlap them. Eras join what is at most gap days apart. */
struct study_drug_use study_drug_use(const struct study_exposure *exposures, size_t count, int64_t subject, struct study_span days,
                                     int32_t gap, bool is_incident);

struct study_covered {
    int32_t days;
    uint64_t covered, observed;
    double share; /* per cent, 2 decimals, as the limits (Wilson) */
    struct study_limits limits;
};
/* For each day from the first entry of each person: how many of those still observed are in an entry; up to the longest time, or
 * follow_up. Entries sorted, one cohort. In `result`. */
void study_proportion_covered(const struct study_people *people, const struct study_entry *entries, size_t count, int32_t follow_up,
                              struct arena *result, const struct study_covered **out_days, size_t *out_count);
