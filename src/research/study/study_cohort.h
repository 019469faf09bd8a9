/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort: entries required, shortened, moved and merged, as CohortConstructor 0.6.2 does. Everything works in place on entries of any
 * cohorts; whoever wants only some cohorts changed parts them before. No result crosses the end of an observation period. */
#pragma once
#include "research/study/study_denominator.h"
#include "research/study/study_profile.h"

/* ---- requirements ---- */
struct study_requirement {
    bool asks_age, asks_sex;   /* else the two below do not count; asked for, they must be known */
    struct study_age_band age; /* to STUDY_AGE_MAX or more: no end */
    enum study_sex sex;
    int32_t prior_days, future_days;
};
/* Is it met on the day? Also false where the day is not observed and days of observation are asked for. */
bool study_requirement_is_met(const struct study_people *people, const struct study_requirement *requirement, int64_t subject,
                              int32_t day_number);
/* Keeps the first-th to last-th entry of each person and cohort by start, from 1; from the end when counted back. */
void study_keep_entries(struct study_entries *entries, struct study_span which, bool counts_back);
/* Keeps entries of so many days, both ends counted. */
void study_keep_durations(struct study_entries *entries, struct study_span days);
/* Drops entries that begin at most so many days after the last one's end in their cohort; 0: none; STUDY_FOREVER: all but the first. */
void study_keep_after_washout(struct study_entries *entries, int32_t days);

/* ---- shortening and moving; what becomes empty is dropped ---- */
void study_trim_days(struct study_entries *entries, struct study_span days);
/* To the first-th to last-th day of each entry, from 1. */
void study_trim_duration(struct study_entries *entries, struct study_span which);
/* To the time at which the requirement holds; future days are asked of the first day that is left. */
void study_trim_demographics(const struct study_people *people, struct study_entries *entries, const struct study_requirement *requirement);
/* Moves a boundary of one entry by days and fits it to its observation period; false: nothing is left, or is_whole and it had to be cut. */
bool study_pad(const struct study_people *people, struct study_entry *entry, bool is_start, int64_t days, bool is_whole);
/* Entries end with their observation period; persistent: and go on in every later one. */
MUST_CHECK bool study_exit_at_observation_end(const struct study_people *people, struct study_entries *entries, bool is_persistent,
                                              struct error *err);

/* ---- merging ---- */
/* Entries of one cohort and person in one observation period become one where the next begins at most `gap` days after the end (0: on
 * it; STUDY_FOREVER: any). */
void study_collapse(const struct study_people *people, struct study_entries *entries, int32_t gap);
/* Days on which all of cohorts 1 .. count are active, as cohort 1; is_apart: days on which only cohort k is, as 1 + k. Entries' cohorts
 * must be 1 .. cohort_count. gap: what is at most so many days apart counts as one stay in all cohorts that occur in it. */
MUST_CHECK bool study_intersect_cohorts(const struct study_people *people, struct study_entries *entries, int cohort_count, int32_t gap,
                                        bool is_apart, struct error *err);
