/* SPDX-License-Identifier: EUPL-1.2 */
/* collapse: events with their exits become the intervals of the cohort: merged with the era pad, trimmed by the censor window [8]. */
#pragma once
#include "research/evaluate/event_table.h"
#include "research/evaluate/segment_result.h"

/* Appends the rows of the segment, in the order of persons and starts, when they are wanted; counts them in any case. Events whose exit
 * is STORE_NO_DAY are dropped. */
MUST_CHECK bool collapse_events(struct segment_run *run, const struct event_table *events, const int32_t *exits,
                                struct segment_result *result, struct error *err);
