/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_merkle: the Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1 is the same tree), with SHA-256.
 *   MTH(D[n])  root of the first n entries      leaf  SHA-256(0x00 || entry)      node  SHA-256(0x01 || left || right)
 * Whoever makes proofs asks a `merkle_source` for the hashes of complete subtrees; whoever checks them needs only the proof. */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

enum {
    MERKLE_SIZE_BITS_MAX = 48, /* a tree has fewer than 2^48 entries */
    MERKLE_PROOF_MAX = MERKLE_SIZE_BITS_MAX + 1,
    MERKLE_LEAF_BYTES_MAX = 65535, /* an entry's length has 16 bits on disk */
};

struct merkle_proof {
    unsigned count;
    struct crypto_hash hashes[MERKLE_PROOF_MAX];
};

struct crypto_hash merkle_leaf(const void *entry, size_t length); /* length is at most MERKLE_LEAF_BYTES_MAX */
struct crypto_hash merkle_node(const struct crypto_hash *left, const struct crypto_hash *right);
bool merkle_equal(const struct crypto_hash *a, const struct crypto_hash *b);
/* The root of count hashes of complete subtrees of one size; count is 1, 2, 4, ... 256. */
struct crypto_hash merkle_fold(const struct crypto_hash *hashes, unsigned count);

/* Where hashes come from. Node (level, index) is MTH(D[index * 2^level : (index + 1) * 2^level]); it is asked only for nodes whose
 * entries are all there. What it gives need not be true: a proof made of false hashes does not verify. */
struct merkle_source {
    bool (*node)(void *context, unsigned level, uint64_t index, struct crypto_hash *out_hash, struct error *err);
    void *context;
};
MUST_CHECK bool merkle_root(const struct merkle_source *source, uint64_t size, struct crypto_hash *out_root, struct error *err);
/* RFC 6962 2.1.1: that entry `index` is in the tree of `size`. INVALID_ARGUMENT when index is not below size. */
MUST_CHECK bool merkle_inclusion_prove(const struct merkle_source *source, uint64_t index, uint64_t size, struct merkle_proof *out_proof,
                                       struct error *err);
/* RFC 6962 2.1.2: that the tree of `size` begins with the tree of `earlier`. INVALID_ARGUMENT when earlier is above size. */
MUST_CHECK bool merkle_consistency_prove(const struct merkle_source *source, uint64_t earlier, uint64_t size,
                                         struct merkle_proof *out_proof, struct error *err);

/* RFC 9162 2.1.3.2 and 2.1.4.2. The empty tree is consistent with each tree, by an empty proof. */
bool merkle_inclusion_valid(uint64_t index, uint64_t size, const struct crypto_hash *leaf, const struct merkle_proof *proof,
                            const struct crypto_hash *root);
bool merkle_consistency_valid(uint64_t earlier, uint64_t size, const struct merkle_proof *proof, const struct crypto_hash *earlier_root,
                              const struct crypto_hash *root);
