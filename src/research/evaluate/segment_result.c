/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_result: the table of masks. */
#include "research/evaluate/segment_result.h"
#include <stdlib.h>

static size_t slot_of(const struct mask_table *table, uint64_t mask)
{
    size_t at = (size_t)((mask * 0x9E3779B97F4A7C15U) >> 20) & (table->capacity - 1);
    while (table->slots[at].count > 0 && table->slots[at].mask != mask) {
        at = (at + 1) & (table->capacity - 1);
    }
    return at;
}

static bool table_grow(struct mask_table *table, struct error *err)
{
    struct mask_table larger = {.capacity = table->capacity ? table->capacity * 2 : 64, .used = table->used};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) {
        return FAIL(err, LIMIT, "no memory left for the inclusion statistics");
    }
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].count > 0) {
            larger.slots[slot_of(&larger, table->slots[i].mask)] = table->slots[i];
        }
    }
    free(table->slots);
    *table = larger;
    return true;
}

bool mask_table_add(struct mask_table *table, uint64_t mask, uint64_t count, struct error *err)
{
    if (count == 0) {
        return true;
    }
    if (table->used * 2 >= table->capacity) {
        TRY(table_grow(table, err));
    }
    struct mask_slot *slot = &table->slots[slot_of(table, mask)];
    table->used += slot->count == 0;
    slot->mask = mask;
    slot->count += count;
    return true;
}

void mask_table_finish(struct mask_table *table)
{
    free(table->slots);
    *table = (struct mask_table){.capacity = 0};
}

void segment_result_finish(struct segment_result *result)
{
    cohort_row_list_finish(&result->rows);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        mask_table_finish(&result->masks[mode]);
    }
}
