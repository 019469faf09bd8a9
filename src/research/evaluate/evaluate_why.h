/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_why: why one person is in a cohort or not, step by step. Every verdict is the one of evaluate_cohort, because the same steps are
 * taken, with nobody but this person; the records beside it are those that the verdict is about. Demands GRANT_ROWS. */
#pragma once
#include "research/evaluate/evaluate.h"

enum { WHY_RECORDS_MAX = 5 };
struct why_record {
    int table; /* enum omop_table */
    int64_t id;
    int32_t start, end; /* as the criterion yields them; STORE_NO_DAY: none */
};

/* ---- a group, over one event ---- */
struct why_group;
struct why_item { /* exactly one of the three is set */
    const struct cohort_correlated *correlated;
    const struct cohort_demographic *demographic;
    const struct why_group *group;
    bool is_met;
    /* of a correlated criterion: its records in the windows, how many, and the first of them; where starts had to lie, as day numbers */
    uint64_t found;
    size_t record_count;
    struct why_record records[WHY_RECORDS_MAX];
    int64_t from, to; /* INT64_MIN, INT64_MAX: no bound; from > to: nothing can lie there */
};
struct why_group {
    const struct cohort_group *group;
    bool is_met;
    size_t item_count;
    const struct why_item *items;
};

/* ---- an event ---- */
enum why_step {                      /* where it was lost */
                WHY_NO_PERIOD,       /* it starts in no observation period */
                WHY_WINDOW,          /* too near to the beginning or the end of its period */
                WHY_PRIMARY_LIMIT,   /* another event was the first or the last */
                WHY_ADDITIONAL,      /* the additional criteria are not met */
                WHY_QUALIFIED_LIMIT, /* they are, but another event was the first or the last */
                WHY_RULES,           /* a rule is not met */
                WHY_EXPRESSION_LIMIT,
                WHY_NO_EXIT, /* no end date at or after its start */
                WHY_KEPT,    /* it makes a row, or a part of one */
};
const char *why_step_name(enum why_step step); /* "kept", ... */
struct why_event {
    struct why_record record;
    enum why_step lost;
    int32_t period_start, period_end;   /* from WHY_PRIMARY_LIMIT on */
    const struct why_group *additional; /* from WHY_ADDITIONAL on, where the program has one */
    const struct why_group *rules;      /* from WHY_RULES on: one for each rule */
    int32_t exit;                       /* WHY_KEPT */
    bool is_censored;                   /* a censoring event made the exit earlier */
};
struct cohort_why {
    bool is_in;
    size_t event_count; /* candidates: rows of the primary criteria, once for each period that may be theirs */
    const struct why_event *events;
    size_t row_count; /* of the cohort */
    const struct why_row {
        int32_t start, end;
    } * rows;
};

/* Everything lives in `arena` or in the program. NOT_FOUND when the snapshot has no such person. */
MUST_CHECK bool evaluate_why(const struct cohort_program *program, struct store_reader *reader, int64_t person_id, struct arena *arena,
                             struct cohort_why *out_why, struct error *err);
