/* SPDX-License-Identifier: EUPL-1.2 */
/* group: item by item, a whole event table at a time. Where keys are unique, an item is asked only about the events that it can still
 * decide, so what is decided early saves the criteria that come later. */
#include "research/evaluate/group.h"
#include "research/evaluate/correlated.h"
#include "research/evaluate/row_filter.h"
#include <string.h>

/* ---- demographic criteria [5.3] ---- */
static bool person_exists(struct segment_run *run, const struct event_table *table, uint8_t *keep, struct error *err)
{
    const uint32_t *offsets;
    TRY(segment_run_offsets(run, OMOP_TABLE_PERSON, &offsets, err));
    for (size_t i = 0; i < table->count; i++) {
        keep[i] = offsets[table->persons[i]] < offsets[table->persons[i] + 1];
    }
    return true;
}

static bool demographic_evaluate(struct segment_run *run, const struct cohort_demographic *item, const struct event_table *table,
                                 uint8_t *passes, struct error *err)
{
    struct event_list events = {
        .table = -1, .count = table->count, .persons = table->persons, .starts = table->starts, .ends = table->ends};
    uint8_t *keep = arena_allocate_raw(run->scratch, table->count + 1, 1);
    uint8_t *one = arena_allocate_raw(run->scratch, table->count + 1, 1);
    TRY(person_exists(run, table, keep, err));
    for (size_t i = 0; i < item->test_count; i++) {
        TRY(row_filter_apply(run, &events, &item->tests[i], run->scratch, one, err));
        for (size_t k = 0; k < table->count; k++) {
            keep[k] &= one[k];
        }
    }
    for (size_t key = 0; key < table->key_count; key++) {
        size_t first = table->key_offsets ? table->key_offsets[key] : key;
        size_t end = table->key_offsets ? table->key_offsets[key + 1] : key + 1;
        passes[key] = 0;
        for (size_t i = first; i < end; i++) {
            passes[key] |= keep[i]; /* any row of the key, once */
        }
    }
    return true;
}

/* ---- the group ---- */
struct tally {
    const struct cohort_group *group;
    const struct event_table *table;
    int64_t items;
    uint32_t *met; /* by key: items that pass */
    uint8_t *open; /* by key: not decided yet */
    size_t open_count;
};

static bool is_open(const struct tally *tally, int64_t met, int64_t asked)
{
    switch (tally->group->kind) {
    case COHORT_ALL:
        return met == asked;
    case COHORT_ANY:
        return met == 0;
    case COHORT_AT_LEAST_ITEMS:
        return met < tally->group->number;
    case COHORT_AT_MOST_ITEMS:
        return met <= tally->group->number;
    }
    return true;
}

/* Adds what an item gave; `asked` items have been asked so far. Keys with several rows stay open: their sums are of rows, not of events. */
static void tally_add(struct tally *tally, const uint8_t *passes, int64_t asked)
{
    size_t open_count = 0;
    bool closes = !tally->table->key_offsets;
    for (size_t key = 0; key < tally->table->key_count; key++) {
        if (tally->open[key]) {
            tally->met[key] += passes[key];
            tally->open[key] = !closes || is_open(tally, tally->met[key], asked);
            open_count += tally->open[key];
        }
    }
    tally->open_count = open_count;
}

static void tally_finish(const struct tally *tally, const uint8_t *wanted, uint8_t *passes)
{
    const struct cohort_group *group = tally->group;
    const struct event_table *table = tally->table;
    for (size_t key = 0; key < table->key_count; key++) {
        int64_t rows = table->key_offsets ? table->key_offsets[key + 1] - table->key_offsets[key] : 1;
        int64_t met = (int64_t)tally->met[key] * rows; /* the reference joins rows, not keys [5.5] */
        bool is_met = false;
        switch (group->kind) {
        case COHORT_ALL:
            is_met = met == tally->items;
            break;
        case COHORT_ANY:
            is_met = met > 0;
            break;
        case COHORT_AT_LEAST_ITEMS:
            is_met = met >= group->number;
            break;
        case COHORT_AT_MOST_ITEMS:
            is_met = met <= group->number;
            break;
        }
        passes[key] = is_met && (!wanted || wanted[key]);
    }
}

static bool group_is_empty(const struct cohort_group *group)
{
    return group->correlated_count + group->demographic_count + group->group_count == 0;
}

/* Sub-groups; an empty one counts as often as the key has rows. */
static bool sub_group_evaluate(struct segment_run *run, const struct cohort_group *group, struct tally *tally, uint8_t *passes,
                               struct error *err)
{
    const uint32_t *offsets = tally->table->key_offsets;
    if (!group_is_empty(group)) {
        return group_evaluate(run, group, tally->table, tally->open, passes, err);
    }
    memset(passes, 1, tally->table->key_count);
    for (size_t key = 0; offsets && key < tally->table->key_count; key++) {
        tally->met[key] += offsets[key + 1] - offsets[key] - 1; /* the last one is added with the others */
    }
    return true;
}

static bool items_evaluate(struct segment_run *run, struct tally *tally, uint8_t *passes, struct error *err)
{
    const struct cohort_group *group = tally->group;
    int64_t asked = 0;
    for (size_t i = 0; i < group->demographic_count && tally->open_count > 0; i++) {
        TRY(demographic_evaluate(run, &group->demographics[i], tally->table, passes, err));
        tally_add(tally, passes, ++asked);
    }
    for (size_t i = 0; i < group->correlated_count && tally->open_count > 0; i++) {
        TRY(correlated_evaluate(run, &group->correlated[i], tally->table, tally->open, passes, err));
        tally_add(tally, passes, ++asked);
    }
    for (size_t i = 0; i < group->group_count && tally->open_count > 0; i++) {
        TRY(sub_group_evaluate(run, &group->groups[i], tally, passes, err));
        tally_add(tally, passes, ++asked);
    }
    return true;
}

bool group_evaluate(struct segment_run *run, const struct cohort_group *group, const struct event_table *table, const uint8_t *wanted,
                    uint8_t *passes, struct error *err)
{
    if (group_is_empty(group)) {
        for (size_t key = 0; key < table->key_count; key++) {
            passes[key] = !wanted || wanted[key];
        }
        return true;
    }
    struct arena_mark mark = arena_mark_take(run->scratch);
    struct tally tally = {.group = group, .table = table};
    tally.items = (int64_t)(group->correlated_count + group->demographic_count + group->group_count);
    tally.met = ARENA_ARRAY(run->scratch, uint32_t, table->key_count + 1);
    tally.open = arena_allocate_raw(run->scratch, table->key_count + 1, 1);
    for (size_t key = 0; key < table->key_count; key++) {
        tally.open[key] = !wanted || wanted[key];
        tally.open_count += tally.open[key];
    }
    uint8_t *item_passes = arena_allocate_raw(run->scratch, table->key_count + 1, 1);
    TRY(items_evaluate(run, &tally, item_passes, err));
    tally_finish(&tally, wanted, passes);
    arena_mark_release(run->scratch, mark);
    return true;
}
