/* SPDX-License-Identifier: EUPL-1.2 */
/* exit_dates: the end of each included event: the earliest usable candidate [7]. */
#pragma once
#include "research/evaluate/event_table.h"

/* Every event has at least the end of its period as a candidate, unless a date offset replaces it; one without any gets STORE_NO_DAY. In
 * run->program_data. */
MUST_CHECK bool exit_dates_find(struct segment_run *run, const struct event_table *events, const int32_t **out_exits, struct error *err);
