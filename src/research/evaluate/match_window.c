/* SPDX-License-Identifier: EUPL-1.2 */
/* match_window: bounds of windows. A comparison with a date that is NULL is not true, so an index without an end has an empty interval
 * where its end is asked for. */
#include "research/evaluate/match_window.h"

static bool window_tests(const struct cohort_window *window)
{
    return window->from.kind != COHORT_BOUND_NONE || window->to.kind != COHORT_BOUND_NONE;
}

struct match_window match_window_of(const struct cohort_correlated *item)
{
    bool start_window = item->start_window.uses_event_end && window_tests(&item->start_window);
    bool end_window = item->has_end_window && item->end_window.uses_event_end && window_tests(&item->end_window);
    return (struct match_window){item, start_window || end_window};
}

static void interval_narrow_low(struct day_interval *interval, int64_t low)
{
    interval->low = low > interval->low ? low : interval->low;
}

static void interval_narrow_high(struct day_interval *interval, int64_t high)
{
    interval->low = interval->low == INT64_MIN ? (int64_t)STORE_NO_DAY + 1 : interval->low; /* NULL is not below anything */
    interval->high = high < interval->high ? high : interval->high;
}

/* False for a bound that compares nothing; a bound on a NULL date empties the interval. */
static bool bound_at(const struct cohort_bound *bound, bool uses_index_end, const struct event_table *table, size_t i,
                     struct day_interval *interval, int64_t *out_day)
{
    int32_t index = uses_index_end ? table->ends[i] : table->starts[i];
    switch (bound->kind) {
    case COHORT_BOUND_NONE:
        return false;
    case COHORT_BOUND_PERIOD_START:
        *out_day = table->period_starts[i];
        return true;
    case COHORT_BOUND_PERIOD_END:
        *out_day = table->period_ends[i];
        return true;
    case COHORT_BOUND_DAYS:
        *out_day = index + bound->days;
        if (index == STORE_NO_DAY) {
            *interval = (struct day_interval){INT64_MAX, INT64_MIN};
            return false;
        }
        return true;
    }
    return false;
}

static void window_narrow(const struct cohort_window *window, const struct event_table *table, size_t i, struct day_interval *starts,
                          struct day_interval *ends)
{
    struct day_interval *interval = window->uses_event_end ? ends : starts;
    int64_t bound;
    if (bound_at(&window->from, window->uses_index_end, table, i, interval, &bound)) {
        interval_narrow_low(interval, bound > STORE_NO_DAY ? bound : (int64_t)STORE_NO_DAY + 1);
    }
    if (bound_at(&window->to, window->uses_index_end, table, i, interval, &bound)) {
        interval_narrow_high(interval, bound);
    }
}

void match_window_at(const struct match_window *window, const struct event_table *table, size_t i, struct day_interval *out_starts,
                     struct day_interval *out_ends)
{
    struct day_interval starts = {INT64_MIN, INT64_MAX}, ends = {INT64_MIN, INT64_MAX};
    const struct cohort_correlated *item = window->item;
    if (!item->ignores_observation_period) {
        starts = (struct day_interval){table->period_starts[i], table->period_ends[i]};
    }
    window_narrow(&item->start_window, table, i, &starts, &ends);
    if (item->has_end_window) {
        window_narrow(&item->end_window, table, i, &starts, &ends);
    }
    *out_starts = starts;
    *out_ends = ends;
}

static int32_t held(int64_t day_number)
{
    return day_number < INT32_MIN ? INT32_MIN : day_number > INT32_MAX ? INT32_MAX : (int32_t)day_number;
}

void match_window_starts(const struct match_window *window, const struct event_table *table, size_t first, size_t count, int32_t *out_low,
                         int32_t *out_high)
{
    for (size_t i = 0; i < count; i++) {
        struct day_interval starts, ends;
        match_window_at(window, table, first + i, &starts, &ends);
        bool is_empty = starts.low > starts.high;
        out_low[i] = is_empty ? INT32_MAX : held(starts.low);
        out_high[i] = is_empty ? INT32_MIN : held(starts.high);
    }
}
