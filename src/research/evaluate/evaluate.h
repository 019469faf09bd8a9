/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate: runs cohort programs over the store, natively, one task a segment, and gives exactly the rows of the reference (OHDSI
 * Circe). Numbers in brackets, [5.1], are sections of the description of the cohort language (cohort-language.md).
 *
 * Words. primary, qualified, included events: what is left after the observation period, window and primary limit [4]; after the
 * additional criteria and the qualified limit; after the rules and the expression limit [6]. row: one interval of a person in the cohort.
 * Nothing crosses persons, so results are merged in the order of segments and are the same for any number of threads. */
#pragma once
#include "base/error.h"
#include "base/task.h"
#include "research/cohort/cohort.h"
#include "warehouse/store/store.h"
#include <stddef.h>
#include <stdint.h>

struct cohort_plan;
struct evaluate_options {
    struct task_pool *pool;              /* borrowed; NULL: the calling thread alone */
    bool wants_rows;                     /* rows too, not only counts: demands GRANT_ROWS; counts are content with GRANT_COUNT */
    uint64_t scratch_bytes;              /* bound of the working memory of one worker, LIMIT beyond it; 0: none */
    bool (*is_cancelled)(void *context); /* asked from any worker, between steps; NULL: only task_cancelled is asked */
    void *cancel_context;
    struct cohort_plan *plan; /* what each step does is added up there (evaluate_plan.h); for one program at a time; NULL: nowhere */
};

/* The rows of the cohort, in columns, by ascending person_id, then start; intervals of one person are disjoint [8]. */
struct cohort_rows {
    size_t count;
    const int64_t *persons; /* person_id */
    const int32_t *starts;  /* day numbers, both included */
    const int32_t *ends;
};

/* ---- inclusion statistics [9]: of qualified events; nothing when the program has no rule ---- */
enum cohort_statistics_mode { COHORT_ALL_EVENTS, COHORT_BEST_EVENTS, COHORT_STATISTICS_MODES };
struct cohort_mask_count {
    uint64_t mask; /* bit r: rule r is met */
    uint64_t count;
};
struct cohort_rule_count {
    uint64_t person_count; /* events of the mode that meet the rule */
    uint64_t gain_count;   /* that meet every rule but this one */
    uint64_t person_total; /* events of the mode */
};
struct cohort_statistics {
    size_t mask_count;
    const struct cohort_mask_count *masks; /* inclusion_result: ascending, those that occur only */
    const struct cohort_rule_count *rules; /* inclusion_stats: one for each rule of the program, in order */
    uint64_t base_count, final_count;      /* all events of the mode; those with every rule met */
};

/* ---- attrition: what is left after each step, in the order of the program ---- */
struct cohort_remaining {
    uint64_t events;
    uint64_t persons; /* with at least one of them */
};
struct cohort_attrition {
    struct cohort_remaining primary;
    struct cohort_remaining qualified;
    size_t rule_count;
    const struct cohort_remaining *after_rule; /* [r]: events that meet the rules 0 .. r, all of them */
    struct cohort_remaining included;          /* after the expression limit */
    struct cohort_remaining cohort;            /* events: rows of the cohort */
    uint64_t censored_persons;                 /* in the collapsed cohort, but not in the censor window */
};

/* Work done, summed over segments and workers, so more than wall time with several threads. Not part of the result: it varies. */
enum evaluate_step {
    EVALUATE_CRITERIA, /* finding and testing the rows of criteria, with their nested groups */
    EVALUATE_PRIMARY,
    EVALUATE_ADDITIONAL,
    EVALUATE_RULES,
    EVALUATE_EXIT, /* exit dates and censoring */
    EVALUATE_COLLAPSE,
    EVALUATE_STEP_COUNT,
};
const char *evaluate_step_name(enum evaluate_step step); /* "criteria", ... */
struct evaluate_work {
    int64_t step_ns[EVALUATE_STEP_COUNT];
    int64_t wall_ns;
    uint64_t criteria;                      /* different criteria of the program */
    uint64_t criteria_made, criteria_taken; /* lists of them that were made here; that another program had made in this segment already */
    uint64_t rows_found;                    /* by concept, before First and attributes */
    uint64_t rows_kept;                     /* that the criteria yielded */
    uint64_t scratch_peak;                  /* bytes, of the worker that needed most */
};

struct cohort_result {
    struct cohort_rows rows; /* count 0 and no arrays without wants_rows; the number of rows is attrition.cohort.events */
    uint64_t persons;        /* attrition.cohort.persons */
    struct cohort_attrition attrition;
    struct cohort_statistics statistics[COHORT_STATISTICS_MODES];
    struct evaluate_work work;
};
void cohort_result_destroy(struct cohort_result *result);
DEFINE_CLEANUP(cohort_result, cohort_result_destroy)

/* Concept sets must be resolved (cohort_program_resolve). options NULL: counts only, one thread. The caller destroys the result.
 * DENIED when the reader's grant does not allow it or does not cover a table that the program reads, CANCELLED, LIMIT, INVALID_ARGUMENT
 * for a program that is not resolved. */
MUST_CHECK bool evaluate_cohort(const struct cohort_program *program, struct store_reader *reader, const struct evaluate_options *options,
                                struct cohort_result **out_result, struct error *err);
/* Several programs in one passage over the segments. Criteria that are equal in several programs are evaluated once.
 * out_results has room for count; all of them or, on failure, none are filled. */
MUST_CHECK bool evaluate_cohorts(const struct cohort_program *const *programs, size_t count, struct store_reader *reader,
                                 const struct evaluate_options *options, struct cohort_result **out_results, struct error *err);
/* What of the above is asked of the reader's grant, but the tables: DENIED. */
MUST_CHECK bool evaluate_demand(const struct cohort_program *program, const struct store_reader *reader, bool wants_rows,
                                struct error *err);
