/* SPDX-License-Identifier: EUPL-1.2 */
/* correlated: one correlated criterion over an event table: how many rows A lie in the windows of each event, and does that number pass
 * [5.1, 5.2]. */
#pragma once
#include "research/evaluate/event_table.h"

/* passes[k] becomes 0 or 1 for the keys with open[k]; the others are not looked at. */
MUST_CHECK bool correlated_evaluate(struct segment_run *run, const struct cohort_correlated *item, const struct event_table *table,
                                    const uint8_t *open, uint8_t *passes, struct error *err);
