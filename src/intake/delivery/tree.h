/* SPDX-License-Identifier: EUPL-1.2 */
/* tree: the root of the Merkle tree of RFC 6962 over leaves that come one after the other, in the memory of its right edge (private to
 * delivery). The hashes are those of trust/ledger. */
#pragma once
#include "trust/ledger/ledger_merkle.h"

struct tree {
    uint64_t count;
    struct crypto_hash edge[MERKLE_SIZE_BITS_MAX]; /* edge[i]: the complete subtree of 2^i leaves, where bit i of count is set */
};
/* LIMIT when the tree is full. */
MUST_CHECK bool tree_add(struct tree *tree, const void *leaf, size_t length, struct error *err);
struct crypto_hash tree_root(const struct tree *tree);
