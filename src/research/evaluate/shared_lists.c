/* SPDX-License-Identifier: EUPL-1.2 */
/* shared_lists: a table by number. Few criteria are different (hundreds in a study), so a key is sought by a pass over all. */
#include "research/evaluate/shared_lists.h"
#include <stdlib.h>
#include <string.h>

/* ---- numbers ---- */
static size_t number_of(const struct shared_criteria *criteria, const struct crypto_hash *key)
{
    size_t number = 0;
    while (number < criteria->count && memcmp(&criteria->items[number].key, key, sizeof *key) != 0) {
        number++;
    }
    return number;
}

bool shared_criteria_number(struct shared_criteria *criteria, struct program_plan *plan, struct cohort_keys *keys, uint64_t use,
                            struct error *err)
{
    for (size_t i = 0; i < plan->criteria.count; i++) {
        struct planned_criterion *planned = &plan->criteria.items[i];
        struct shared_criterion added = {.needs = 0};
        TRY(cohort_criterion_key(keys, planned->criterion, &added.key, err));
        planned->number = number_of(criteria, &added.key);
        if (planned->number == criteria->count) {
            TRY(shared_criteria_append(criteria, added, err));
        }
        criteria->items[planned->number].needs |= planned->needs;
        criteria->items[planned->number].last_use = use;
    }
    return true;
}

void shared_criteria_settle(const struct shared_criteria *criteria, struct program_plan *plan)
{
    for (size_t i = 0; i < plan->criteria.count; i++) {
        plan->criteria.items[i].needs = criteria->items[plan->criteria.items[i].number].needs;
    }
}

/* ---- lists ---- */
bool shared_lists_reserve(struct shared_lists *lists, size_t count, struct error *err)
{
    if (count <= lists->count) {
        return true;
    }
    struct shared_list *items = realloc(lists->items, count * sizeof *items);
    if (!items) {
        return FAIL(err, LIMIT, "no memory left for the criteria of a segment");
    }
    memset(items + lists->count, 0, (count - lists->count) * sizeof *items);
    lists->items = items;
    lists->count = count;
    return true;
}

void shared_list_drop(struct shared_list *list)
{
    arena_destroy(list->arena);
    arena_destroy(list->loose_arena);
    *list = (struct shared_list){.arena = NULL};
}

void shared_lists_finish(struct shared_lists *lists)
{
    for (size_t i = 0; i < lists->count; i++) {
        shared_list_drop(&lists->items[i]);
    }
    free(lists->items);
    lists->items = NULL;
    lists->count = 0;
}

uint64_t shared_list_bytes(const struct shared_list *list)
{
    return (list->arena ? arena_bytes_reserved(list->arena) : 0) + (list->loose_arena ? arena_bytes_reserved(list->loose_arena) : 0);
}

const struct event_list *shared_list_find(struct segment_run *run, const struct planned_criterion *planned, bool is_loose)
{
    if (!run->shared) {
        return NULL;
    }
    const struct shared_list *kept = &run->shared->items[planned->number];
    const struct event_list *list = is_loose ? kept->loose : (kept->needs & planned->needs) == planned->needs ? kept->list : NULL;
    run->work.criteria_taken += list != NULL;
    return list;
}

void shared_list_begin(struct segment_run *run, const struct planned_criterion *planned, bool is_loose, struct shared_making *out_making)
{
    *out_making = (struct shared_making){run->program_data, run->universe};
    run->work.criteria_made++;
    if (!run->shared) {
        return;
    }
    struct shared_lists *shared = run->shared;
    struct shared_list *kept = &shared->items[planned->number];
    struct arena **arena = is_loose ? &kept->loose_arena : &kept->arena;
    arena_destroy(*arena); /* one with fewer columns, or one that could not be made */
    *arena = run->program_data = arena_create();
    if (is_loose) {
        kept->loose = NULL;
    } else {
        kept->list = NULL;
    }
    if (shared->universe) {
        run->universe = shared->universe(shared->context, run, planned->number);
    }
}

void shared_list_end(struct segment_run *run, const struct planned_criterion *planned, bool is_loose, const struct shared_making *making,
                     const struct event_list *list)
{
    run->program_data = making->program_data;
    run->universe = making->universe;
    if (!run->shared || !list) {
        return;
    }
    struct shared_list *kept = &run->shared->items[planned->number];
    if (is_loose) {
        kept->loose = list;
    } else {
        kept->list = list;
        kept->needs = planned->needs;
    }
    run->shared_bytes += arena_bytes_reserved(is_loose ? kept->loose_arena : kept->arena);
}
