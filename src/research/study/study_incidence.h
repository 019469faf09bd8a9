/* SPDX-License-Identifier: EUPL-1.2 */
/* incidence: events and person-time of a denominator, as IncidencePrevalence 1.2.1 (estimateIncidence) counts them.
 *
 * Time at risk begins at the entry, or on the day after the last outcome's end + washout where that is later; it ends at the event, whose
 * day counts, or with the entry. The last outcome is the latest one that began before. Without a washout (STUDY_FOREVER) whoever ever had
 * an outcome is out. Events that are not repeated: see keep_first_event. Somebody censored before the entry, or before the event, is out
 * with all their person-time of it, else the time ends on the day of censoring. */
#pragma once
#include "research/study/study_interval.h"
#include "research/study/study_limits.h"

struct study_stretch { /* at risk, both days included; the event, if any, on the last day */
    int64_t subject;
    int32_t start, end;
    bool has_event, has_history; /* history: an outcome that began before */
    uint32_t row;                /* of the denominator's entry */
};
DEFINE_ARRAY(study_stretches, struct study_stretch)

struct study_risk_request {
    int32_t washout; /* days; STUDY_FOREVER: all history */
    bool is_repeated;
    const struct study_entry *outcomes; /* sorted, one cohort */
    size_t outcome_count;
    const struct study_entry *censors; /* sorted; none: NULL */
    size_t censor_count;
};
/* Denominator sorted, one cohort. Appends stretches by subject and start. */
MUST_CHECK bool study_at_risk(const struct study_entry *denominator, size_t count, const struct study_risk_request *request,
                              struct study_stretches *out_stretches, struct error *err);

struct study_incidence_cell {
    struct study_span span;
    uint64_t persons, events, person_days;
    double person_years, rate;  /* years to 3 decimals; events in 100,000 of these years, to 3 decimals */
    struct study_limits limits; /* exact, 95 %, of the rate; to 3 decimals */
};
/* The time of the study: of all stretches, before they are parted into strata. */
struct study_span study_stretches_range(const struct study_stretch *stretches, size_t count);
/* One cell for each interval at which somebody is at risk, of those that study_intervals cut from the time of the study. In `result`. */
void study_incidence(const struct study_stretch *stretches, size_t count, const struct study_span *spans, size_t span_count,
                     struct arena *result, const struct study_incidence_cell **out_cells, size_t *out_count);
/* Fills years, rate and limits from events and person_days. */
void study_incidence_finish(struct study_incidence_cell *cell);
