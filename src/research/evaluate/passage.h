/* SPDX-License-Identifier: EUPL-1.2 */
/* passage: several programs on one segment. Criteria that are the same in several programs are evaluated once, for the persons of all the
 * programs that can still ask: first the primary events of every program are found, then the rest of each. */
#pragma once
#include "research/evaluate/program_run.h"
#include "research/evaluate/shared_lists.h"

struct passage_worker {
    struct program_state *states; /* by program */
    struct shared_lists lists;
    struct passage *passage;
    size_t current; /* the program at work */
};
struct passage {
    struct program_plan *plans;
    size_t program_count;
    struct shared_criteria criteria; /* only when there are several programs */
    uint64_t *users;                 /* by number of the criterion: bits of the programs that have it */
    size_t user_words;
    struct passage_worker *workers;
    unsigned worker_count;
};
/* The plans are borrowed; their needs become those of everybody. */
MUST_CHECK bool passage_prepare(struct passage *passage, struct program_plan *plans, size_t program_count, unsigned worker_count,
                                struct error *err);
void passage_finish(struct passage *passage);
/* run has begun its segment. results: one for each program. */
MUST_CHECK bool passage_run(struct passage *passage, unsigned worker, struct segment_run *run, struct segment_result *results,
                            struct error *err);
