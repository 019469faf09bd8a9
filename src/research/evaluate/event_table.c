/* SPDX-License-Identifier: EUPL-1.2 */
/* event_table: keeping some events, and the join with observation periods. */
#include "research/evaluate/event_table.h"

#define KEEP_COLUMN(type, values)                                         \
    do {                                                                  \
        if (values) {                                                     \
            type *out = arena_allocate_raw(arena, kept + 1, sizeof *out); \
            size_t at = 0;                                                \
            for (size_t i = 0; i < table->count; i++) {                   \
                out[at] = (values)[i];                                    \
                at += keep[i];                                            \
            }                                                             \
            (values) = out;                                               \
        }                                                                 \
    } while (0)

void event_table_keep(const struct event_table *table, const uint8_t *keep, struct arena *arena, struct event_table *out_table)
{
    struct event_table kept_table = *table;
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        kept += keep[i];
    }
    KEEP_COLUMN(uint32_t, kept_table.persons);
    KEEP_COLUMN(int32_t, kept_table.starts);
    KEEP_COLUMN(int32_t, kept_table.ends);
    KEEP_COLUMN(int32_t, kept_table.period_starts);
    KEEP_COLUMN(int32_t, kept_table.period_ends);
    KEEP_COLUMN(int64_t, kept_table.visits);
    kept_table.count = kept_table.key_count = kept;
    *out_table = kept_table;
}

size_t event_table_persons(const struct event_table *table)
{
    size_t persons = 0;
    for (size_t i = 0; i < table->count; i++) {
        persons += i == 0 || table->persons[i] != table->persons[i - 1];
    }
    return persons;
}

/* ---- observation periods ---- */
static bool period_contains(const struct listed_periods *periods, uint32_t period, int64_t start, const struct period_condition *condition)
{
    int64_t first = periods->starts[period], last = periods->ends[period];
    return first <= start && start <= last && first + condition->prior_days <= start && start + condition->post_days <= last;
}

/* The periods of the person at i, walking through the list: first .. end - 1. */
struct period_run {
    uint32_t first, end;
};
static inline void period_run_move(struct period_run *at, const struct listed_periods *periods, const struct event_list *list, size_t i)
{
    uint32_t person = list->persons[i];
    if (i == 0 || person != list->persons[i - 1]) {
        at->first = periods->is_gathered ? at->end : periods->offsets[person];
        at->end = at->first + (periods->offsets[person + 1] - periods->offsets[person]);
    }
}

static size_t join_count(const struct listed_periods *periods, const struct event_list *list, const struct period_condition *condition)
{
    size_t count = 0;
    struct period_run at = {0, 0};
    for (size_t i = 0; i < list->count; i++) {
        period_run_move(&at, periods, list, i);
        for (uint32_t period = at.first; period < at.end && list->starts[i] != STORE_NO_DAY; period++) {
            count += period_contains(periods, period, list->starts[i], condition);
        }
    }
    return count;
}

struct period_columns {
    uint32_t *items;
    int32_t *starts, *ends;
};

/* Periods of one row by their dates, as everywhere in the order of events; with `one` only the first. Returns the new count. */
static size_t period_add(struct period_columns *to, size_t count, uint32_t item, int32_t start, int32_t end, bool one)
{
    size_t at = count;
    if (one && count > 0 && to->items[count - 1] == item) {
        bool is_before = start == to->starts[count - 1] && end < to->ends[count - 1];
        to->ends[count - 1] = is_before ? end : to->ends[count - 1];
        return count;
    }
    for (; at > 0 && to->items[at - 1] == item && to->starts[at - 1] == start && to->ends[at - 1] > end; at--) {
        to->ends[at] = to->ends[at - 1];
    }
    to->items[count] = item;
    to->starts[count] = start;
    to->ends[at] = end;
    return count + 1;
}

bool period_join_make(struct segment_run *run, const struct event_list *list, const struct period_condition *condition, struct arena *arena,
                      struct period_join *out_join, struct error *err)
{
    struct listed_periods periods;
    TRY(segment_run_periods(run, list, arena, &periods, err));
    bool may_join_twice = periods.overlap && !condition->first_per_person;
    size_t bound = may_join_twice ? join_count(&periods, list, condition) : list->count;
    struct period_columns to = {arena_allocate_raw(arena, bound + 1, sizeof *to.items),
                                arena_allocate_raw(arena, bound + 1, sizeof *to.starts),
                                arena_allocate_raw(arena, bound + 1, sizeof *to.ends)};
    size_t count = 0;
    uint32_t last_person = UINT32_MAX;
    struct period_run at = {0, 0};
    for (size_t i = 0; i < list->count; i++) {
        uint32_t person = list->persons[i];
        period_run_move(&at, &periods, list, i);
        bool is_done = list->starts[i] == STORE_NO_DAY || (condition->first_per_person && person == last_person);
        for (uint32_t period = is_done ? at.end : at.first; period < at.end; period++) {
            if (period_contains(&periods, period, list->starts[i], condition)) {
                count = period_add(&to, count, (uint32_t)i, periods.starts[period], periods.ends[period], condition->first_per_person);
                last_person = person;
            }
        }
    }
    *out_join = (struct period_join){count, to.items, to.starts, to.ends};
    return true;
}
