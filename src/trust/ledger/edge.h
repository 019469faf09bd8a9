/* SPDX-License-Identifier: EUPL-1.2 */
/* edge: the right edge of a tree in memory: the unfinished tile of each level. It is all that an append needs. Private to ledger. */
#pragma once
#include "trust/ledger/ledger_tile.h"

struct edge {
    uint64_t size;
    unsigned widths[TILE_LEVELS]; /* 0 to 255 */
    struct crypto_hash hashes[TILE_LEVELS][TILE_WIDTH];
};
/* Called with each tile that became full, lowest level first. */
typedef bool (*edge_full)(void *context, struct tile tile, const struct crypto_hash hashes[TILE_WIDTH], struct error *err);
MUST_CHECK bool edge_append(struct edge *edge, const struct crypto_hash *leaf, edge_full full, void *context, struct error *err);
MUST_CHECK bool edge_root(const struct edge *edge, struct crypto_hash *out_root, struct error *err);
