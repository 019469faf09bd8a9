/* SPDX-License-Identifier: EUPL-1.2 */
/* result_merge: the results of segments, added up in the order of segments into what the caller gets. */
#pragma once
#include "research/evaluate/segment_result.h"

struct result_merge;
struct result_merge *result_merge_create(const struct cohort_program *program);
void result_merge_destroy(struct result_merge *merge);
/* person_ids by ordinal, as the segment has them; NULL when the segment has no rows. */
MUST_CHECK bool result_merge_add(struct result_merge *merge, const struct segment_result *segment, const int64_t *person_ids,
                                 struct error *err);
/* Puts rows and statistics into their order. The result stays with `merge`, which cohort_result_destroy releases from then on. */
MUST_CHECK bool result_merge_finish(struct result_merge *merge, struct cohort_result **out_result, struct error *err);
