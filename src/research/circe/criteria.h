/* SPDX-License-Identifier: EUPL-1.2 */
/* criteria: domain criteria, and the groups that combine and nest them (circe: sections 3 and 5). */
#pragma once
#include "research/circe/criterion_type.h"
#include "research/circe/reading.h"

/* A wrapper {"Type": {...}}. out_type may be NULL. */
MUST_CHECK bool criterion_read(struct reading *reading, struct node wrapper, struct cohort_criterion *criterion,
                               const struct criterion_type **out_type, struct error *err);
/* Every item of an array of criteria. */
MUST_CHECK bool criteria_read(struct reading *reading, struct node array, const struct cohort_criterion **out_criteria, size_t *out_count,
                              struct error *err);
MUST_CHECK bool correlated_read(struct reading *reading, struct node node, struct cohort_correlated *correlated, struct error *err);
MUST_CHECK bool group_read(struct reading *reading, struct node node, struct cohort_group *group, struct error *err);
bool group_is_empty(const struct cohort_group *group);
