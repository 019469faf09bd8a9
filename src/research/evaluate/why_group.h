/* SPDX-License-Identifier: EUPL-1.2 */
/* why_group: the verdict of a group over each event of a person, item by item, with the records that it is about. */
#pragma once
#include "research/evaluate/evaluate_why.h"
#include "research/evaluate/event_table.h"

/* out_groups: one for each event. In `arena`. */
MUST_CHECK bool why_group_tell(struct segment_run *run, const struct cohort_group *group, const struct event_table *events,
                               struct arena *arena, struct why_group *out_groups, struct error *err);
/* A row of a list with its record id; lists have every column. */
MUST_CHECK bool why_records_read(struct segment_run *run, const struct event_list *list, struct arena *arena,
                                 const struct why_record **out_records, struct error *err);
