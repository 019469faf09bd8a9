/* SPDX-License-Identifier: EUPL-1.2 */
/* event_list: the rows of one criterion in one segment, in columns, in row order: by person ordinal, then recorded start, then record id.
 * A column that nobody asks for is NULL. Everything that is done with such lists is a linear pass, a merge or a search in a sorted
 * run, because row order is time order. */
#pragma once
#include "base/arena.h"
#include "warehouse/store/store.h"

struct event_list {
    int table; /* enum omop_table; -1 for events that are no rows of a table */
    size_t count;
    const uint32_t *persons;
    const int32_t *starts;    /* as the criterion yields them; STORE_NO_DAY: NULL */
    const int32_t *ends;      /* NULL unless needed */
    const uint32_t *rows;     /* NULL unless needed */
    const int32_t *sort_days; /* NULL: the same as starts */
    bool is_ascending;        /* starts ascend within a person and none is NULL */
};

/* The events that keep[i] (0 or 1) marks, in new arrays. */
void event_list_keep(const struct event_list *list, const uint8_t *keep, struct arena *arena, struct event_list *out_list);
/* The first event of each person: row order is what First is defined by [3]. */
void event_list_first(const struct event_list *list, struct arena *arena, struct event_list *out_list);
void event_list_copy(const struct event_list *list, struct arena *arena, struct event_list *out_list);
bool event_list_check_ascending(const struct event_list *list);

/* First position at or after `from` whose person is not before `person`: galloping, so that a pass over many persons is a merge. */
static inline size_t persons_seek(const uint32_t *persons, size_t count, size_t from, uint32_t person)
{
    size_t step = 1, low = from;
    while (low < count && persons[low] < person) {
        from = low + 1;
        low += step;
        step *= 2;
    }
    size_t high = low < count ? low : count;
    while (from < high) {
        size_t middle = from + (high - from) / 2;
        if (persons[middle] < person) {
            from = middle + 1;
        } else {
            high = middle;
        }
    }
    return from;
}

/* The run of one person in a list that is walked in the order of persons. */
struct person_run {
    size_t first, end;
};
static inline void person_run_move(struct person_run *run, const struct event_list *list, uint32_t person)
{
    if (run->first < run->end && list->persons[run->first] == person) {
        return;
    }
    run->first = persons_seek(list->persons, list->count, run->end, person);
    run->end = run->first;
    while (run->end < list->count && list->persons[run->end] == person) {
        run->end++;
    }
}

/* First position in first .. end - 1 whose start is not before `day_number`; the list ascends. */
static inline size_t starts_seek(const int32_t *starts, size_t first, size_t end, int64_t day_number)
{
    while (end - first > 8) {
        size_t middle = first + (end - first) / 2;
        if (starts[middle] < day_number) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    while (first < end && starts[first] < day_number) {
        first++;
    }
    return first;
}
