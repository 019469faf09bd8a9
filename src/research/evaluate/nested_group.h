/* SPDX-License-Identifier: EUPL-1.2 */
/* nested_group: the group on a criterion [5.5]: it filters the rows after all attributes and First. */
#pragma once
#include "research/evaluate/segment_run.h"

/* Keeps the rows of the list that pass. A row outside every observation period is dropped, always. */
MUST_CHECK bool nested_group_apply(struct segment_run *run, const struct cohort_group *group, struct arena *arena, struct event_list *list,
                                   struct error *err);
