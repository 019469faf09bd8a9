/* SPDX-License-Identifier: EUPL-1.2 */
/* shared_lists: the rows of a criterion, kept for everybody who asks for the same criterion: other programs of one passage, or later states
 * of one definition. Criteria are the same when their keys are (cohort_keys.h). Each list lives in an arena of its own, so that it can be
 * let go of alone. What is kept is of one segment; numbers are the same for all segments. */
#pragma once
#include "research/cohort/cohort_keys.h"
#include "research/evaluate/segment_run.h"

/* ---- numbers: for all segments ---- */
struct shared_criterion {
    struct crypto_hash key;
    unsigned needs;    /* of everybody who asked so far: lists are made with these columns */
    uint64_t last_use; /* 1, 2, ...: the plan that took part last */
};
DEFINE_ARRAY(shared_criteria, struct shared_criterion)
/* Gives every criterion of the plan its number, and adds up needs. `use` is written as last_use. */
MUST_CHECK bool shared_criteria_number(struct shared_criteria *criteria, struct program_plan *plan, struct cohort_keys *keys, uint64_t use,
                                       struct error *err);
/* To be called for each plan when all are numbered: takes the needs of everybody. */
void shared_criteria_settle(const struct shared_criteria *criteria, struct program_plan *plan);

/* ---- lists of one segment ---- */
struct shared_list {
    struct arena *arena, *loose_arena; /* NULL: not there */
    const struct event_list *list, *loose;
    unsigned needs; /* that the list was made with */
};
struct shared_lists {
    struct shared_list *items; /* by number */
    size_t count;
    /* Whose events a list must have, at least: bits of persons, NULL for everybody's. Asked when the list is made. */
    const uint64_t *(*universe)(void *context, const struct segment_run *run, size_t number);
    void *context;
};
/* Room for `count` numbers. */
MUST_CHECK bool shared_lists_reserve(struct shared_lists *lists, size_t count, struct error *err);
void shared_list_drop(struct shared_list *list);
void shared_lists_finish(struct shared_lists *lists);
uint64_t shared_list_bytes(const struct shared_list *list);

/* NULL when it is not there with every column that is needed. */
const struct event_list *shared_list_find(struct segment_run *run, const struct planned_criterion *planned, bool is_loose);
/* Between the two the run makes a list that is to be kept: in an arena and for persons of its own. `list` NULL: it could not be made. */
struct shared_making {
    struct arena *program_data;
    const uint64_t *universe;
};
void shared_list_begin(struct segment_run *run, const struct planned_criterion *planned, bool is_loose, struct shared_making *out_making);
void shared_list_end(struct segment_run *run, const struct planned_criterion *planned, bool is_loose, const struct shared_making *making,
                     const struct event_list *list);
