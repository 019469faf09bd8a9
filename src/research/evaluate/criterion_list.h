/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_list: what one domain criterion yields in a segment [3], evaluated once for all its users. */
#pragma once
#include "research/evaluate/segment_run.h"

/* The list lives with the program's run. Once the run has a universe, rows of persons outside it may or may not be there. */
MUST_CHECK bool criterion_list_find(struct segment_run *run, const struct cohort_criterion *criterion, const struct event_list **out_list,
                                    struct error *err);
/* The same in any order, persons and starts only, where that is cheaper: *out_list is NULL where it is not. */
MUST_CHECK bool criterion_list_find_loose(struct segment_run *run, const struct cohort_criterion *criterion,
                                          const struct event_list **out_list, struct error *err);
