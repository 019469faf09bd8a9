/* SPDX-License-Identifier: EUPL-1.2 */
/* match_window: the conditions of a correlated criterion as two intervals for each event, one for A's start and one for A's end: the
 * observation period, the start window and the end window are intersected in advance [5.1]. */
#pragma once
#include "research/evaluate/event_table.h"

/* Inclusive; low > high: nothing. An interval that tests anything never contains STORE_NO_DAY. */
struct day_interval {
    int64_t low, high;
};
struct match_window {
    const struct cohort_correlated *item;
    bool tests_end; /* otherwise the interval of ends is everything */
};
struct match_window match_window_of(const struct cohort_correlated *item);
/* The intervals for event i. */
void match_window_at(const struct match_window *window, const struct event_table *table, size_t i, struct day_interval *out_starts,
                     struct day_interval *out_ends);
/* The intervals of starts alone for `count` events from `first` on, as day numbers: low > high where nothing lies in them. */
void match_window_starts(const struct match_window *window, const struct event_table *table, size_t first, size_t count, int32_t *out_low,
                         int32_t *out_high);
