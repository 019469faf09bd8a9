/* SPDX-License-Identifier: EUPL-1.2 */
/* program_run: one program on one segment, from primary events to rows, in two steps: when several programs ask for the same criterion, it
 * is known after the first step of all of them whose events they can still want. */
#pragma once
#include "research/evaluate/event_table.h"
#include "research/evaluate/segment_result.h"

/* What a program has between its steps. */
struct program_state {
    struct arena *data; /* the caller's; reset by the first step */
    const struct event_list **lists, **loose_lists;
    const uint64_t *universe;
    struct event_table events;
    struct evaluate_work work;
};
/* The primary events, and the persons who have some. result is empty; it is the caller's to finish, also on failure. */
MUST_CHECK bool program_run_begin(struct segment_run *run, const struct program_plan *plan, struct program_state *state,
                                  struct segment_result *result, struct error *err);
/* Everything else. */
MUST_CHECK bool program_run_end(struct segment_run *run, const struct program_plan *plan, struct program_state *state,
                                struct segment_result *result, struct error *err);
/* From here on, only persons with events can matter: criteria look at no others. Worth it when they are few. */
void universe_narrow(struct segment_run *run, const struct event_table *events);
