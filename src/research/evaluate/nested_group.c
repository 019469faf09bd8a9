/* SPDX-License-Identifier: EUPL-1.2 */
/* nested_group: the rows of a criterion as the event table of a group. Where one key has several rows (overlapping periods, several Death
 * rows of a person, whose id is the person, a record id that stands twice), the reference counts rows, and so do we [5.5]. */
#include "research/evaluate/nested_group.h"
#include "research/evaluate/event_table.h"
#include "research/evaluate/group.h"
#include "research/evaluate/row_values.h"
#include <stdlib.h>

/* ---- keys ---- */
struct item_id {
    int64_t id;
    uint32_t item;
};

static int item_id_compare(const void *a, const void *b)
{
    const struct item_id *x = a, *y = b;
    int order = (x->id > y->id) - (x->id < y->id);
    return order ? order : (x->item > y->item) - (x->item < y->item);
}

/* Among the items first .. end - 1 of one person, the first one with the same id is the key of each. Ids usually ascend with time, and then
 * there is nothing to do. */
static bool person_keys(const int64_t *ids, size_t first, size_t end, struct item_id *scratch, uint32_t *keys)
{
    bool ascends = true, has_twins = false;
    for (size_t i = first; i < end; i++) {
        keys[i] = (uint32_t)i;
        scratch[i - first] = (struct item_id){ids[i], (uint32_t)i};
        ascends &= i == first || ids[i - 1] < ids[i];
    }
    if (ascends) {
        return false;
    }
    qsort(scratch, end - first, sizeof *scratch, item_id_compare);
    for (size_t i = 1; i < end - first; i++) {
        if (scratch[i].id == scratch[i - 1].id) {
            keys[scratch[i].item] = keys[scratch[i - 1].item];
            has_twins = true;
        }
    }
    return has_twins;
}

/* keys[i]: the first item of the list with the person and record id of item i. NULL when each item has a key of its own. */
static bool keys_find(struct segment_run *run, const struct event_list *list, struct arena *arena, const uint32_t **out_keys,
                      struct error *err)
{
    const int64_t *ids;
    TRY(row_ids_read(run, list, arena, &ids, err));
    uint32_t *keys = arena_allocate_raw(arena, list->count + 1, sizeof *keys);
    struct item_id *scratch = arena_allocate_raw(arena, list->count + 1, sizeof *scratch);
    bool has_twins = false;
    for (size_t first = 0; first < list->count;) {
        size_t end = first + 1;
        while (end < list->count && list->persons[end] == list->persons[first]) {
            end++;
        }
        has_twins |= person_keys(ids, first, end, scratch, keys);
        first = end;
    }
    *out_keys = has_twins ? keys : NULL;
    return true;
}

/* ---- the event table ---- */
struct keyed_item {
    uint32_t key, item;
    int32_t period_start, period_end;
};

static int keyed_item_compare(const void *a, const void *b)
{
    const struct keyed_item *x = a, *y = b;
    int order = (x->key > y->key) - (x->key < y->key);
    order = order ? order : (x->item > y->item) - (x->item < y->item);
    return order ? order : (x->period_start > y->period_start) - (x->period_start < y->period_start);
}

/* The joined rows, those of one key together; a key is an item of the same person, so persons stay in order. */
static const struct keyed_item *items_sort(const struct period_join *join, const uint32_t *keys, struct arena *arena)
{
    struct keyed_item *items = arena_allocate_raw(arena, join->count + 1, sizeof *items);
    for (size_t i = 0; i < join->count; i++) {
        uint32_t item = join->items[i];
        items[i] = (struct keyed_item){keys ? keys[item] : item, item, join->period_starts[i], join->period_ends[i]};
    }
    if (keys && join->count > 1) {
        qsort(items, join->count, sizeof *items, keyed_item_compare);
    }
    return items;
}

static void offsets_find(const struct keyed_item *items, struct arena *arena, struct event_table *table)
{
    uint32_t *offsets = arena_allocate_raw(arena, table->count + 2, sizeof *offsets);
    table->key_count = 0;
    table->one_per_person = true;
    for (size_t i = 0; i < table->count; i++) {
        if (i == 0 || items[i].key != items[i - 1].key) {
            offsets[table->key_count++] = (uint32_t)i;
        }
        table->one_per_person &= i == 0 || table->persons[i] != table->persons[i - 1];
    }
    offsets[table->key_count] = (uint32_t)table->count;
    table->key_offsets = table->key_count < table->count ? offsets : NULL;
}

static const int64_t *visits_take(const int64_t *visits, const struct keyed_item *items, size_t count, struct arena *arena)
{
    int64_t *out = arena_allocate_raw(arena, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        out[i] = visits[items[i].item];
    }
    return out;
}

static bool table_make(struct segment_run *run, const struct event_list *list, const struct keyed_item *items, size_t count, unsigned needs,
                       struct arena *arena, struct event_table *out_table, struct error *err)
{
    uint32_t *persons = arena_allocate_raw(arena, count + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(arena, count + 1, sizeof *starts), *ends = arena_allocate_raw(arena, count + 1, sizeof *ends);
    int32_t *period_starts = arena_allocate_raw(arena, count + 1, sizeof *period_starts);
    int32_t *period_ends = arena_allocate_raw(arena, count + 1, sizeof *period_ends);
    for (size_t i = 0; i < count; i++) {
        persons[i] = list->persons[items[i].item];
        starts[i] = list->starts[items[i].item];
        ends[i] = needs & NEED_ENDS ? list->ends[items[i].item] : STORE_NO_DAY;
        period_starts[i] = items[i].period_start;
        period_ends[i] = items[i].period_end;
    }
    *out_table = (struct event_table){.count = count,
                                      .persons = persons,
                                      .starts = starts,
                                      .ends = needs & NEED_ENDS ? ends : NULL,
                                      .period_starts = period_starts,
                                      .period_ends = period_ends};
    if (needs & NEED_ROWS) {
        const int64_t *visits;
        TRY(row_visits_read(run, list, arena, &visits, err));
        out_table->visits = visits_take(visits, items, count, arena);
    }
    offsets_find(items, arena, out_table);
    return true;
}

/* A key that passes keeps all its rows, also one that itself lies outside every period; a key with no row inside any passes nothing. */
static void rows_mark(const struct event_list *list, const struct keyed_item *items, const struct event_table *table, const uint32_t *keys,
                      const uint8_t *passes, uint8_t *keep)
{
    for (size_t key = 0; key < table->key_count; key++) {
        keep[items[table->key_offsets ? table->key_offsets[key] : key].key] = passes[key];
    }
    for (size_t i = 0; keys && i < list->count; i++) {
        keep[i] = keep[keys[i]]; /* keys[i] <= i, and the key of a key is itself */
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
    const uint32_t *keys;
    TRY(keys_find(run, list, arena, &keys, err));
    TRY(period_join_make(run, list, &(struct period_condition){.prior_days = 0}, arena, &join, err));
    const struct keyed_item *items = items_sort(&join, keys, arena);
    TRY(table_make(run, list, items, join.count, group_event_needs(group), arena, &table, err));
    uint8_t *passes = arena_allocate_raw(arena, table.key_count + 1, 1);
    TRY(group_evaluate(run, group, &table, NULL, passes, err));
    uint8_t *keep = ARENA_ARRAY(arena, uint8_t, list->count + 1);
    rows_mark(list, items, &table, keys, passes, keep);
    event_list_keep(list, keep, arena, list);
    return true;
}
