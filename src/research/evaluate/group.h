/* SPDX-License-Identifier: EUPL-1.2 */
/* group: a group of correlated criteria, demographic criteria and sub-groups over an event table [5.4]. */
#pragma once
#include "research/evaluate/event_table.h"

/* passes[k] becomes 1 for the keys that pass, else 0. wanted: only keys with wanted[k] are looked at, the others become 0; NULL: all. */
MUST_CHECK bool group_evaluate(struct segment_run *run, const struct cohort_group *group, const struct event_table *table,
                               const uint8_t *wanted, uint8_t *passes, struct error *err);
