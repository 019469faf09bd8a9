/* SPDX-License-Identifier: EUPL-1.2 */
/* tree: see tree.h. Two complete subtrees of one size become one, as a carry goes through a binary counter. */
#include "intake/delivery/tree.h"

bool tree_add(struct tree *tree, const void *leaf, size_t length, struct error *err)
{
    if (tree->count + 1 >= UINT64_C(1) << MERKLE_SIZE_BITS_MAX) {
        return FAIL(err, LIMIT, "a delivery has fewer than 2^%d blocks", MERKLE_SIZE_BITS_MAX);
    }
    struct crypto_hash hash = merkle_leaf(leaf, length);
    unsigned level = 0;
    for (; tree->count >> level & 1; level++) {
        hash = merkle_node(&tree->edge[level], &hash);
    }
    tree->edge[level] = hash;
    tree->count++;
    return true;
}

struct crypto_hash tree_root(const struct tree *tree)
{
    if (tree->count == 0) {
        return crypto_sha256_of("", 0); /* RFC 6962 2.1 */
    }
    unsigned level = (unsigned)__builtin_ctzll(tree->count);
    struct crypto_hash root = tree->edge[level];
    for (level++; level < MERKLE_SIZE_BITS_MAX; level++) {
        if (tree->count >> level & 1) {
            root = merkle_node(&tree->edge[level], &root);
        }
    }
    return root;
}
