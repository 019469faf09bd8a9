/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_plan: a cohort program as the steps of its evaluation: each different criterion once, with how its rows are found and how many
 * are expected, then what is done with them. Read only: nothing can be changed through it. With what each step really did, when it was run
 * (EXPLAIN ANALYZE of a database). */
#pragma once
#include "research/evaluate/evaluate.h"

enum plan_step_kind { PLAN_CRITERION, PLAN_PRIMARY, PLAN_ADDITIONAL, PLAN_RULE, PLAN_EXIT, PLAN_COLLAPSE, PLAN_STEP_KINDS };
enum plan_access {
    PLAN_BY_CONCEPT, /* the postings of the concepts of one field */
    PLAN_BY_BOTH,    /* of the concepts and of the source concepts, intersected */
    PLAN_WHOLE_TABLE,
    PLAN_NO_ACCESS, /* not a criterion */
};

/* Summed over segments and threads. */
struct plan_step_work {
    uint64_t segments;   /* in which the step was not left out */
    uint64_t rows_found; /* by concept, before anything is asked of them */
    uint64_t rows_kept;  /* what the step yielded: rows of a criterion, events, rows of the cohort */
    int64_t ns;          /* without the steps that it waited for */
    uint64_t pages, decrypted_pages, decrypted_bytes;
};
struct plan_step {
    enum plan_step_kind kind;
    const char *path;                         /* in the definition */
    const char *name;                         /* of a rule; else "" */
    const struct cohort_criterion *criterion; /* of PLAN_CRITERION */
    enum plan_access access;
    size_t concepts; /* of the sets by which rows are found */
    size_t uses;     /* places of the program that share the step */
    uint64_t estimated_found, estimated_kept;
    struct plan_step_work actual; /* when the plan was run */
};
struct cohort_plan {
    const struct cohort_program *program;
    size_t count;
    struct plan_step *steps;    /* criteria first, as they were met; then the others, in the order of evaluation */
    uint64_t persons, segments; /* of the snapshot */
    bool is_run;
    int64_t wall_ns;
};

/* The steps with what is expected of them, by the lengths of postings; the program must be resolved and outlive the plan, which lives in
 * the arena. Nothing is decrypted but directories of concepts. Demands what counting demands. */
MUST_CHECK bool cohort_plan_make(struct cohort_plan **out_plan, const struct cohort_program *program, struct store_reader *reader,
                                 struct arena *arena, struct error *err);
/* Counts the cohort, and fills in what each step did. */
MUST_CHECK bool cohort_plan_run(struct cohort_plan *plan, struct store_reader *reader, const struct evaluate_options *options,
                                struct cohort_result **out_result, struct error *err);
/* For people. */
MUST_CHECK bool cohort_plan_print(const struct cohort_plan *plan, enum cohort_language language, struct buffer *out, struct error *err);
const char *plan_step_kind_name(enum plan_step_kind kind); /* "criterion", ... */
const char *plan_access_name(enum plan_access access);     /* "postings", ... */
