/* SPDX-License-Identifier: EUPL-1.2 */
/* edge: appending to the right edge of a tree, and its root. */
#include "trust/ledger/edge.h"

bool edge_append(struct edge *edge, const struct crypto_hash *leaf, edge_full full, void *context, struct error *err)
{
    struct crypto_hash hash = *leaf;
    if ((edge->size + 1) >> MERKLE_SIZE_BITS_MAX != 0) {
        return FAIL(err, LIMIT, "the log is full");
    }
    edge->size++;
    for (int level = 0; level < TILE_LEVELS; level++) {
        edge->hashes[level][edge->widths[level]++] = hash;
        if (edge->widths[level] < TILE_WIDTH) {
            return true;
        }
        uint64_t index = tile_count_in(level, edge->size) - 1;
        TRY(full(context, (struct tile){level, index, TILE_WIDTH}, edge->hashes[level], err));
        hash = merkle_fold(edge->hashes[level], TILE_WIDTH);
        edge->widths[level] = 0;
    }
    return true;
}

/* The complete subtrees whose root makes up the tree's all lie in unfinished tiles. */
static bool edge_node(void *context, unsigned level, uint64_t index, struct crypto_hash *out_hash, struct error *err)
{
    const struct edge *edge = context;
    unsigned inside = level % TILE_HEIGHT, tile_level = level / TILE_HEIGHT;
    unsigned first = (unsigned)((index << inside) % TILE_WIDTH);
    if (first + (1U << inside) > edge->widths[tile_level]) {
        return FAIL(err, INTERNAL, "a hash left of the edge was asked for");
    }
    *out_hash = merkle_fold(edge->hashes[tile_level] + first, 1U << inside);
    return true;
}

bool edge_root(const struct edge *edge, struct crypto_hash *out_root, struct error *err)
{
    union {
        const struct edge *kept;
        void *context;
    } borrowed = {edge};
    struct merkle_source source = {edge_node, borrowed.context};
    return merkle_root(&source, edge->size, out_root, err);
}
