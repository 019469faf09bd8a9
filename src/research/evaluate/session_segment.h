/* SPDX-License-Identifier: EUPL-1.2 */
/* session_segment: one count on one segment: finds what is not kept yet, then counts from what is kept. Private to the session. */
#pragma once
#include "research/evaluate/program_run.h"
#include "research/evaluate/session_kept.h"

/* What is to be counted, for all segments. */
struct session_question {
    const struct program_plan *plan;      /* of the whole program, with the rules that are not counted, too */
    const struct cohort_program *counted; /* with the rules that are, in their order */
    size_t rule_count;
    const unsigned *slots; /* of these rules */
    unsigned exits;        /* their slot */
    struct kept_primary *primary;
    struct kept_qualified *qualified;
};
/* run: of the worker, with program_data of its own; result is empty, and the caller's to finish. */
MUST_CHECK bool session_segment_count(struct segment_run *run, const struct session_question *question, struct store_segment *segment,
                                      size_t index, struct segment_result *result, struct error *err);
