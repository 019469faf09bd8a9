/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_same: do two criteria of one program yield the same rows? Definitions repeat themselves: a criterion that stands in five rules
 * is evaluated once. Only what changes rows is compared, as in the canonical print. */
#pragma once
#include "research/cohort/cohort.h"

/* Of what is quickly looked at: different digests, different criteria. */
uint64_t criterion_digest(const struct cohort_criterion *criterion);
bool criterion_is_same(const struct cohort_criterion *a, const struct cohort_criterion *b);
