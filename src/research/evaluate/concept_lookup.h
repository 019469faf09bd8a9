/* SPDX-License-Identifier: EUPL-1.2 */
/* concept_lookup: from the id of a provider or a care site to the concept of its specialty or place of service. These tables have no
 * person, so they are read once for all segments and only shared afterwards. */
#pragma once
#include "base/arena.h"
#include "warehouse/store/store.h"

struct concept_entry {
    int64_t id, concept;
    bool is_known; /* the concept is not NULL */
};
struct concept_lookup {
    const struct concept_entry *items; /* by ascending id */
    size_t count;
};
/* Reads `field` of every row of `table` (scope SHARED) with the table's id field. */
MUST_CHECK bool concept_lookup_read(struct store_reader *reader, int table, int field, struct arena *arena,
                                    struct concept_lookup *out_lookup, struct error *err);
/* NULL when there is no such id. */
const struct concept_entry *concept_lookup_find(const struct concept_lookup *lookup, int64_t id);
