/* SPDX-License-Identifier: EUPL-1.2 */
/* event_merge: several lists of events, each in row order, become one (private to the store). */
#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrays that are not wanted are NULL; persons is always there, rows where rows decide the order. */
struct event_arrays {
    uint32_t *persons, *rows;
    int32_t *starts, *ends;
};
/* Event i of one goes to place `at` of the other, with the arrays that the other has. */
static inline void event_copy(const struct event_arrays *from, size_t i, const struct event_arrays *to, size_t at)
{
    to->persons[at] = from->persons[i];
    if (to->starts) {
        to->starts[at] = from->starts[i];
    }
    if (to->ends) {
        to->ends[at] = from->ends[i];
    }
    if (to->rows) {
        to->rows[at] = from->rows[i];
    }
}
/* The lists stand one after the other; list i ends before list_ends[i]. The array is used up. */
struct event_lists {
    struct event_arrays events;
    size_t *list_ends;
    size_t lists;
    uint32_t person_limit, row_limit; /* every person and row is below */
};
/* By person and day, "no day" last: the row order, when rows and ends are not asked for. */
void events_merge_by_day(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out);
/* By row; and rows alone, in place. False when a row is in two lists, which only a fault in the file explains. */
bool events_merge_by_row(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out);
bool events_merge_rows(const struct event_lists *from, struct arena *scratch);
