/* SPDX-License-Identifier: EUPL-1.2 */
/* event_table: P, the events over which a group is evaluated [5]: each with the observation period joined to it. In the order of
 * persons; within a person in the order of event ids. */
#pragma once
#include "research/evaluate/segment_run.h"

struct event_table {
    size_t count;
    const uint32_t *persons;
    const int32_t *starts; /* never NULL dates: they lie in a period */
    const int32_t *ends;   /* NULL unless needed */
    const int32_t *period_starts, *period_ends;
    const int64_t *visits; /* NULL unless needed; NO_VISIT */
    bool one_per_person;
    /* Rows that share a key (person, event id) stand together: those of key k are key_offsets[k] .. key_offsets[k + 1] - 1. NULL: each row
     * has its own key, as always at the outer levels [5.5]. */
    const uint32_t *key_offsets;
    size_t key_count;
};

void event_table_keep(const struct event_table *table, const uint8_t *keep, struct arena *arena, struct event_table *out_table);
size_t event_table_persons(const struct event_table *table); /* how many different ones */

/* Events of a list, each with every observation period that contains its start [4]. */
struct period_join {
    size_t count;
    const uint32_t *items; /* positions in the list, ascending */
    const int32_t *period_starts, *period_ends;
};
struct period_condition {
    int prior_days, post_days; /* start and start + post_days lie in the period, start - prior_days too */
    bool first_per_person;     /* only the first of each person that has a period */
};
MUST_CHECK bool period_join_make(struct segment_run *run, const struct event_list *list, const struct period_condition *condition,
                                 struct arena *arena, struct period_join *out_join, struct error *err);
