/* SPDX-License-Identifier: EUPL-1.2 */
/* map_index: from a standard concept to the source concepts that map to it: the valid 'Maps to' rows of concept_relationship, turned round
 * (private). Look-ups in ascending order of target read each block once. */
#pragma once
#include "base/arena.h"
#include "warehouse/vocabulary/index_bytes.h"

struct map_pair {
    int64_t target, source;
};
MUST_CHECK bool map_index_build(const struct map_pair *pairs, size_t count, struct arena *scratch, struct buffer *out, struct error *err);

DEFINE_ARRAY(id_list, int64_t)
/* Appends the sources of every target (ascending, distinct), in the order of the targets; a source may come twice. */
MUST_CHECK bool map_index_find(const struct index_bytes *bytes, const int64_t *targets, size_t count, struct id_list *out,
                               struct error *err);
