/* SPDX-License-Identifier: EUPL-1.2 */
/* row_filter: the attributes of a criterion, and the demographic criteria, as tests over a list of events [1.3, 3.1, 5.3]. */
#pragma once
#include "research/evaluate/segment_run.h"

/* keep[i] becomes 1 for the events that pass, else 0. Three-valued: a test keeps an event only when it is true. */
MUST_CHECK bool row_filter_apply(struct segment_run *run, const struct event_list *list, const struct cohort_test *test,
                                 struct arena *scratch, uint8_t *keep, struct error *err);
