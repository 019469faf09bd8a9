/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_result: what one program gives for one segment, until it is merged with the other segments in their order. */
#pragma once
#include "research/evaluate/evaluate.h"

/* Events by mask: open addressing, because few masks occur and the mask is a sparse number. */
struct mask_slot {
    uint64_t mask, count; /* count 0: free */
};
struct mask_table {
    struct mask_slot *slots;
    size_t capacity, used; /* capacity: a power of two, or 0 */
};
MUST_CHECK bool mask_table_add(struct mask_table *table, uint64_t mask, uint64_t count, struct error *err);
void mask_table_finish(struct mask_table *table);

struct cohort_row {
    uint32_t person; /* ordinal */
    int32_t start, end;
};
DEFINE_ARRAY(cohort_row_list, struct cohort_row)

struct segment_result {
    struct cohort_row_list rows;
    struct mask_table masks[COHORT_STATISTICS_MODES];
    struct cohort_remaining primary, qualified, included, cohort;
    struct cohort_remaining after_rule[COHORT_RULES_MAX];
    uint64_t censored_persons;
    struct evaluate_work work;
};
void segment_result_finish(struct segment_result *result);
