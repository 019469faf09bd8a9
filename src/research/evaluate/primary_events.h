/* SPDX-License-Identifier: EUPL-1.2 */
/* primary_events: the union of the primary criteria, each row with every observation period that holds it and its window, in the order
 * of event ids, under the primary limit [4]. */
#pragma once
#include "research/evaluate/event_table.h"

MUST_CHECK bool primary_events_find(struct segment_run *run, struct event_table *out_events, struct error *err);
