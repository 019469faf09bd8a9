/* SPDX-License-Identifier: EUPL-1.2 */
/* closure: entries that were joined, as disjoint sets with their members, and what forbids a join. Private. */
#pragma once
#include "intake/linkage/linkage.h"

struct closure {
    const struct linkage_entry *entries;
    const uint32_t *locals;   /* NULL, or which person an entry is at its holder: two of one holder are never joined */
    uint32_t *parents, *next; /* next: a ring of the members */
    size_t count;
};
MUST_CHECK bool closure_init(struct closure *closure, const struct linkage_entry *entries, size_t count, struct error *err);
void closure_finish(struct closure *closure);
uint32_t closure_find(struct closure *closure, uint32_t entry); /* the smallest member */
/* False when the two sets contradict one another: *out_why says how. Joining what is joined is true. */
bool closure_join(struct closure *closure, uint32_t a, uint32_t b, enum linkage_conflict *out_why);
