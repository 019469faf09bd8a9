/* SPDX-License-Identifier: EUPL-1.2 */
/* plan_estimate: how many rows and events are expected, from the lengths of postings and rules of thumb for the rest. Only for people and
 * for the order of work: no result depends on it. */
#pragma once
#include "research/evaluate/evaluate_plan.h"
#include "research/evaluate/program_plan.h"

struct estimate {
    double found, kept; /* rows of a criterion */
};
struct estimates {
    const struct program_plan *plan;
    double persons, rows_all[OMOP_TABLE_COUNT];
    struct estimate *criteria; /* by position in the plan */
    bool *is_known;
};
/* Everything of `estimates` lives in the arena. */
MUST_CHECK bool estimates_make(struct estimates *estimates, const struct program_plan *plan, struct store_reader *reader,
                               struct arena *arena, struct error *err);
/* The share of events that a group is expected to keep: 0..1. */
double estimate_group(const struct estimates *estimates, const struct cohort_group *group);
double estimate_primary(const struct estimates *estimates); /* events */
/* Persons that have at least one of so many rows. */
double estimate_persons(const struct estimates *estimates, double rows);
