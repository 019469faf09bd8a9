/* SPDX-License-Identifier: EUPL-1.2 */
/* candidates: the pairs of entries that share a token, each once, with what they agree in. Blocks are made space by space: partition by the
 * token's first bits, sort, take the pairs of each run of equal tokens. Private. */
#pragma once
#include "intake/linkage/linkage.h"

struct candidate {
    uint32_t a, b;    /* indices of entries, a < b */
    uint32_t pattern; /* comparison_pattern; later its place in the table of patterns */
};
struct candidates {
    struct candidate *items; /* ascending (a, b) */
    size_t count;
    uint64_t blocks_skipped, entries_in_skipped_blocks;
};
MUST_CHECK bool candidates_make(struct candidates *out, const struct linkage_entry *entries, size_t count, unsigned block_max,
                                struct task_pool *pool, struct error *err);
void candidates_finish(struct candidates *candidates);
