/* SPDX-License-Identifier: EUPL-1.2 */
/* program_plan: what is known of a program before any segment is touched: which criteria are different, and which columns of their rows
 * somebody will ask for. A column that nobody needs is never decrypted. */
#pragma once
#include "base/arena.h"
#include "research/cohort/cohort.h"

enum plan_need {
    NEED_ENDS = 1,
    NEED_ROWS = 2, /* positions in the table: for attributes, record ids and visits */
};
struct planned_criterion {
    const struct cohort_criterion *criterion;
    unsigned needs;
    size_t uses;     /* places of the program */
    uint64_t digest; /* equal criteria have equal ones */
    size_t number;   /* among the criteria that are shared, when they are (shared_lists.h) */
};
struct criterion_place {
    const struct cohort_criterion *criterion;
    size_t position; /* in criteria */
};
DEFINE_ARRAY(planned_criteria, struct planned_criterion)
DEFINE_ARRAY(criterion_places, struct criterion_place)
struct program_plan {
    const struct cohort_program *program;
    struct planned_criteria criteria; /* different ones */
    struct criterion_places places;   /* every criterion of the program, by ascending address */
    unsigned event_needs;             /* of the primary events: NEED_ENDS; NEED_ROWS for their visits */
    uint64_t tables;                  /* cohort_program_tables */
};
void program_plan_finish(struct program_plan *plan);

/* The program is borrowed. event_needs: of the primary events, besides what the program asks for. INVALID_ARGUMENT when a concept set is
 * not resolved. */
MUST_CHECK bool program_plan_make(struct program_plan *plan, const struct cohort_program *program, unsigned event_needs, struct error *err);
size_t program_plan_find(const struct program_plan *plan, const struct cohort_criterion *criterion);
/* What evaluating a group asks of the events that it is evaluated over. */
unsigned group_event_needs(const struct cohort_group *group);
