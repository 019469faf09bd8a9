/* SPDX-License-Identifier: EUPL-1.2 */
/* life: what is true of one synthetic person before anything is recorded: birth, sex, illnesses with their onset, death, observation. */
#pragma once
#include "base/calendar.h"
#include "intake/synthesise/synthesis.h"

enum { LIFE_NEVER = INT32_MAX, LIFE_BIRTH_YEARS = 104 };

struct life {
    uint64_t seed, person;
    bool is_female, is_dead;
    day birth, death, observed_from, observed_to;
    int centre;                             /* position in synthesis_centres of the hospital that the person goes to */
    int32_t onset[SYNTHESIS_CHRONIC_COUNT]; /* day number, or LIFE_NEVER */
    int cancer;                             /* position in synthesis_cancers, or -1 */
    int32_t cancer_onset;
    int64_t cancer_concept; /* how the hospital codes it: the main concept, or another of the same disease */
};

/* The study window of the population: 2014-01-01 to 2023-12-31. */
day life_window_start(void);
day life_window_end(void);
/* How many of the people alive in the window were born in each year, by sex: made once, shared by all persons. */
struct life_births {
    double weights[LIFE_BIRTH_YEARS][2];
    double sum;
};
void life_births_make(struct life_births *out_births);
void life_make(struct life *out_life, const struct life_births *births, uint64_t seed, uint64_t person);
/* The other one of twins; false when the person has none. */
bool life_has_twin(const struct life *life, const struct life_births *births, struct life *out_twin);
double life_age_years(const struct life *life, int32_t day_number);
