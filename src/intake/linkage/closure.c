/* SPDX-License-Identifier: EUPL-1.2 */
/* closure: union by the smallest member, so that roots are the same whatever the order of equal joins; members are compared pair by pair,
 * because a contradiction between any two is one of the whole. */
#include "intake/linkage/closure.h"
#include <stdlib.h>

bool closure_init(struct closure *closure, const struct linkage_entry *entries, size_t count, struct error *err)
{
    uint32_t *parents = malloc((count + 1) * sizeof *parents), *next = malloc((count + 1) * sizeof *next);
    if (!parents || !next) {
        free(parents);
        free(next);
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    for (size_t i = 0; i < count; i++) {
        parents[i] = next[i] = (uint32_t)i;
    }
    *closure = (struct closure){.entries = entries, .parents = parents, .next = next, .count = count};
    return true;
}

void closure_finish(struct closure *closure)
{
    free(closure->parents);
    free(closure->next);
    *closure = (struct closure){0};
}

uint32_t closure_find(struct closure *closure, uint32_t entry)
{
    uint32_t *parents = closure->parents;
    while (parents[entry] != entry) {
        parents[entry] = parents[parents[entry]];
        entry = parents[entry];
    }
    return entry;
}

static bool sexes_differ(const struct linkage_entry *a, const struct linkage_entry *b)
{
    return (a->sex == 'M' && b->sex == 'F') || (a->sex == 'F' && b->sex == 'M');
}

static bool births_differ(const struct linkage_entry *a, const struct linkage_entry *b)
{
    const bool years = a->birth_year && b->birth_year && a->birth_year != b->birth_year;
    const bool months = a->birth_month && b->birth_month && a->birth_month != b->birth_month;
    return years || months;
}

static bool entries_contradict(const struct closure *closure, uint32_t x, uint32_t y, enum linkage_conflict *out_why)
{
    const struct linkage_entry *a = &closure->entries[x], *b = &closure->entries[y];
    const uint64_t own_a = a->tokens[IDENTITY_KEY_NIR - 1], own_b = b->tokens[IDENTITY_KEY_NIR - 1];
    if (closure->locals && a->holder == b->holder && closure->locals[x] != closure->locals[y]) {
        *out_why = LINKAGE_CONFLICT_HOLDER;
    } else if (own_a && own_b && own_a != own_b) {
        *out_why = LINKAGE_CONFLICT_NIR;
    } else if (sexes_differ(a, b) && births_differ(a, b)) {
        *out_why = LINKAGE_CONFLICT_BIRTH;
    } else if (a->twin_rank && b->twin_rank && a->twin_rank != b->twin_rank) {
        *out_why = LINKAGE_CONFLICT_TWIN;
    } else {
        return false;
    }
    return true;
}

static bool sets_contradict(const struct closure *closure, uint32_t a, uint32_t b, enum linkage_conflict *out_why)
{
    uint32_t x = a;
    do {
        uint32_t y = b;
        do {
            if (entries_contradict(closure, x, y, out_why)) {
                return true;
            }
            y = closure->next[y];
        } while (y != b);
        x = closure->next[x];
    } while (x != a);
    return false;
}

bool closure_join(struct closure *closure, uint32_t a, uint32_t b, enum linkage_conflict *out_why)
{
    const uint32_t root_a = closure_find(closure, a), root_b = closure_find(closure, b);
    if (root_a == root_b) {
        return true;
    }
    if (sets_contradict(closure, root_a, root_b, out_why)) {
        return false;
    }
    const uint32_t next = closure->next[root_a]; /* two rings become one */
    closure->next[root_a] = closure->next[root_b];
    closure->next[root_b] = next;
    if (root_a < root_b) {
        closure->parents[root_b] = root_a;
    } else {
        closure->parents[root_a] = root_b;
    }
    return true;
}
