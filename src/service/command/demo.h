/* SPDX-License-Identifier: EUPL-1.2 */
/* demo: the parts of the demonstration: what it found, and the page that shows it. Private to command. */
#pragma once
#include "base/arena.h"
#include "research/study/study_yearly.h"
#include "service/command/demo_cohorts.h"
#include "service/command/warehouse.h"

enum { DEMO_RULES_MAX = 16, DEMO_YEAR_FIRST = 2015, DEMO_YEAR_LAST = 2023, DEMO_AGE_COUNT = 4, DEMO_PRIOR_DAYS = 365 };

/* Between a cohort and the planted truth (demo_truth.c). */
struct demo_difference {
    uint64_t planted, lives;            /* planted, and of these found in the cohort: lives, not persons */
    uint64_t missed_links, wrong_links; /* persons too many or too few because of them */
    uint64_t unexplained;
};
struct demo_cohort_result {
    uint64_t persons, rows, truth;
    double milliseconds;
    struct prevalence_cohort members;
    struct demo_difference difference; /* when the links are known */
};
struct demo_step {
    const char *name, *name_fr;
    uint64_t persons;
};
struct demo {
    struct invocation *in;
    const char *directory, *population, *warehouse_directory;
    bool is_existing; /* the warehouse is not made here */
    uint64_t persons, seed;
    double seconds_population, seconds_load, seconds_cohorts;
    struct warehouse warehouse;
    struct vocabulary *vocabulary;
    struct store_snapshot snapshot;
    struct demo_cohort_result cohorts[DEMO_COHORT_COUNT];
    struct demo_step steps[DEMO_RULES_MAX];
    int step_count;
    /* Cells of the cohorts named in shown, as prevalence_yearly orders them. */
    int shown[DEMO_COHORT_COUNT], shown_count;
    const struct prevalence_cell *cells;
};
extern const struct study_age_band demo_ages[DEMO_AGE_COUNT];

/* links: CSV of holder, subject, person: who each entry of the warehouse is. Says which links explain the differences; INTERNAL when
 * something else does. */
MUST_CHECK bool demo_truth_explain(struct demo *demo, const char *links, struct error *err);
/* Writes directory/report.html: one page that fetches nothing. */
MUST_CHECK bool demo_report_write(const struct demo *demo, struct error *err);
