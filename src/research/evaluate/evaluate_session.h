/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_session: counting while somebody edits a definition. What a count needed is kept: primary and qualified events, which event
 * meets which rule, exit dates, rows of criteria; each under a key of what it depends on (cohort_keys.h). So the next count evaluates only
 * what changed: a rule that was switched on or off, or moved, costs nothing; one that was changed costs itself. Every count is equal to
 * what evaluate_cohort gives for the same program. One caller at a time; a session is bound to its reader's snapshot and grant. */
#pragma once
#include "research/evaluate/evaluate.h"

struct cohort_session;
struct cohort_session_options {
    struct evaluate_options evaluate; /* wants_rows is ignored: a session counts */
    uint64_t kept_bytes;              /* bound of what is kept between counts, the oldest goes first; 0: COHORT_SESSION_BYTES */
};
#define COHORT_SESSION_BYTES ((uint64_t)512 << 20)
MUST_CHECK bool cohort_session_open(struct cohort_session **out_session, struct store_reader *reader,
                                    const struct cohort_session_options *options, struct error *err);
void cohort_session_close(struct cohort_session *session);
DEFINE_CLEANUP(cohort_session, cohort_session_close)

/* The definition as it is now. The program, resolved, is borrowed until the next one is defined or the session is closed. Evaluates
 * nothing. */
MUST_CHECK bool cohort_session_define(struct cohort_session *session, const struct cohort_program *program, struct error *err);
/* Counts with some of the program's rules (positions, each once), in the order given: equal to evaluate_cohort of the program with these
 * rules in this order. The caller destroys the result. */
MUST_CHECK bool cohort_session_count(struct cohort_session *session, const unsigned *rules, size_t rule_count,
                                     struct cohort_result **out_result, struct error *err);

/* What the last count had to do, and what is kept since. */
struct cohort_session_work {
    bool found_primary, found_qualified, found_exits; /* they were not kept */
    unsigned rules_evaluated;
    uint64_t criteria_made, criteria_taken; /* lists of criteria over all segments: made; taken from what was kept */
    uint64_t kept_bytes, dropped;           /* after the count; how many kept things were let go of so far */
};
struct cohort_session_work cohort_session_work(const struct cohort_session *session);
