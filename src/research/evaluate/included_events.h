/* SPDX-License-Identifier: EUPL-1.2 */
/* included_events: additional criteria and the qualified limit, then the rules and the expression limit [6], with the statistics [9]. */
#pragma once
#include "research/evaluate/event_table.h"
#include "research/evaluate/segment_result.h"

/* Filters `events` down to the qualified ones. */
MUST_CHECK bool qualified_events_keep(struct segment_run *run, struct event_table *events, struct error *err);
/* The same for rules that were evaluated already: bit r of masks[i] says that event i meets rule r of the run's program. */
MUST_CHECK bool included_events_by_masks(struct segment_run *run, struct event_table *events, const uint64_t *masks,
                                         struct segment_result *result, struct error *err);
/* Evaluates every rule over the qualified events, adds to the statistics and the attrition, and filters them down to the included ones. */
MUST_CHECK bool included_events_keep(struct segment_run *run, struct event_table *events, struct segment_result *result, struct error *err);
