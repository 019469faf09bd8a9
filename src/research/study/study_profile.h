/* SPDX-License-Identifier: EUPL-1.2 */
/* profile: what is known of a person on a day, as PatientProfiles 1.5.0 defines it: age, observation before and after, records of others
 * around the day (intersections). Windows are days from the index day, both included; +-STUDY_FOREVER: open. */
#pragma once
#include "research/study/study.h"

struct study_birth_rule {
    int missing_month, missing_day; /* for what is not known; 0: 1 */
    bool impose_month, impose_day;  /* also for what is known */
};
/* The day on which they turn `age`, 0: the day of birth; STUDY_NO_DAY when the year is not known. A day that the month has not is the first
 * of the next month: 29 February turns on 1 March. */
int32_t study_birthday(const struct study_people *people, size_t person, const struct study_birth_rule *rule, int age);
/* Completed years by the calendar; may be negative. */
int study_age(int32_t birth, int32_t day_number);

/* The observation period that contains the day; {STUDY_NO_DAY, STUDY_NO_DAY}: none. */
struct study_span study_observation(const struct study_people *people, int64_t subject, int32_t day_number);
/* Window around a day as days; open ends stay open. */
struct study_span study_window(int32_t day_number, struct study_span window);
/* Is any day of the window (is_whole: every day) in the observation period that contains the index day? */
bool study_is_observed(const struct study_people *people, int64_t subject, int32_t day_number, struct study_span window, bool is_whole);

struct study_intersection {
    bool is_known;      /* false: the window lies wholly outside the observation period of the index day */
    uint32_t count;     /* targets that overlap the window */
    size_t first, last; /* index of the first and last of them, by start; count > 0 */
};
struct study_intersect_request {
    const struct study_entry *targets; /* sorted */
    size_t target_count;
    struct study_span window;
    bool in_observation;   /* only targets in the observation period of the index day */
    bool starts_in_window; /* their start lies in the window; else they overlap it */
};
/* last_day: nothing after it counts; STUDY_FOREVER. */
struct study_intersection study_intersect(const struct study_people *people, const struct study_intersect_request *request, int64_t subject,
                                          int32_t day_number, int32_t last_day);
