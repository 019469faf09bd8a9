/* SPDX-License-Identifier: EUPL-1.2 */
/* nested_group: the rows of a criterion as the event table of a group. Where one key has several rows (overlapping periods, several Death
 * rows of a person, whose id is the person), the reference counts rows, and so do we: the keys go with the table. */
#include "research/evaluate/nested_group.h"
#include "research/evaluate/event_table.h"
#include "research/evaluate/group.h"
#include "research/evaluate/row_values.h"

/* The key of each item of the join: the row, or for Death the person. */
static bool same_key(const struct event_list *list, uint32_t a, uint32_t b)
{
    return a == b || (list->table == OMOP_TABLE_DEATH && list->persons[a] == list->persons[b]);
}

static void keys_find(const struct event_list *list, const struct period_join *join, struct arena *arena, struct event_table *table)
{
    uint32_t *offsets = arena_allocate_raw(arena, join->count + 2, sizeof *offsets);
    size_t keys = 0;
    for (size_t i = 0; i < join->count; i++) {
        if (i == 0 || !same_key(list, join->items[i], join->items[i - 1])) {
            offsets[keys++] = (uint32_t)i;
        }
    }
    offsets[keys] = (uint32_t)join->count;
    table->key_offsets = keys < join->count ? offsets : NULL;
    table->key_count = keys;
}

static bool table_make(struct segment_run *run, const struct event_list *list, const struct period_join *join, unsigned needs,
                       struct arena *arena, struct event_table *out_table, struct error *err)
{
    uint32_t *persons = arena_allocate_raw(arena, join->count + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(arena, join->count + 1, sizeof *starts);
    int32_t *ends = needs & NEED_ENDS ? arena_allocate_raw(arena, join->count + 1, sizeof *ends) : NULL;
    int64_t *visits = needs & NEED_ROWS ? arena_allocate_raw(arena, join->count + 1, sizeof *visits) : NULL;
    const int64_t *row_visits = NULL;
    if (visits) {
        TRY(row_visits_read(run, list, arena, &row_visits, err));
    }
    bool one_per_person = true;
    for (size_t i = 0; i < join->count; i++) {
        uint32_t item = join->items[i];
        persons[i] = list->persons[item];
        starts[i] = list->starts[item];
        if (ends) {
            ends[i] = list->ends[item];
        }
        if (visits) {
            visits[i] = row_visits[item];
        }
        one_per_person &= i == 0 || persons[i] != persons[i - 1];
    }
    *out_table = (struct event_table){join->count,       persons, starts,         ends, join->period_starts,
                                      join->period_ends, visits,  one_per_person, NULL, join->count};
    keys_find(list, join, arena, out_table);
    return true;
}

/* Rows without a period have no key and pass nothing. */
static void rows_mark(const struct period_join *join, const struct event_table *table, const uint8_t *passes, uint8_t *keep)
{
    for (size_t key = 0; key < table->key_count; key++) {
        size_t first = table->key_offsets ? table->key_offsets[key] : key;
        size_t end = table->key_offsets ? table->key_offsets[key + 1] : key + 1;
        for (size_t i = first; i < end; i++) {
            keep[join->items[i]] = passes[key];
        }
    }
}

/* Death rows of one person share their key, also one that lies outside every period. */
static void deaths_mark(const struct event_list *list, uint8_t *keep)
{
    for (size_t i = 1; i < list->count; i++) {
        keep[i] |= list->persons[i] == list->persons[i - 1] && keep[i - 1];
    }
    for (size_t i = list->count; i > 1; i--) {
        keep[i - 2] |= list->persons[i - 1] == list->persons[i - 2] && keep[i - 1];
    }
}

bool nested_group_apply(struct segment_run *run, const struct cohort_group *group, struct arena *arena, struct event_list *list,
                        struct error *err)
{
    if (group->correlated_count + group->demographic_count + group->group_count == 0) {
        return true; /* an empty group is as if absent */
    }
    struct period_join join;
    struct event_table table;
    TRY(period_join_make(run, list, &(struct period_condition){.prior_days = 0}, arena, &join, err));
    TRY(table_make(run, list, &join, group_event_needs(group), arena, &table, err));
    uint8_t *passes = arena_allocate_raw(arena, table.key_count + 1, 1);
    TRY(group_evaluate(run, group, &table, NULL, passes, err));
    uint8_t *keep = ARENA_ARRAY(arena, uint8_t, list->count + 1);
    rows_mark(&join, &table, passes, keep);
    if (list->table == OMOP_TABLE_DEATH) {
        deaths_mark(list, keep);
    }
    event_list_keep(list, keep, arena, list);
    return true;
}
