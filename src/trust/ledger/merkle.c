/* SPDX-License-Identifier: EUPL-1.2 */
/* merkle: hashes, roots and proofs. The making of proofs follows the recursion of RFC 6962 word by word; the checking follows the
 * loops of RFC 9162, which need no recursion and no tree. */
#include "trust/ledger/ledger_merkle.h"
#include <assert.h>
#include <string.h>

enum { LEAF_PREFIX = 0, NODE_PREFIX = 1 };

struct crypto_hash merkle_leaf(const void *entry, size_t length)
{
    uint8_t bytes[1 + MERKLE_LEAF_BYTES_MAX];
    assert(length <= MERKLE_LEAF_BYTES_MAX);
    bytes[0] = LEAF_PREFIX;
    if (length > 0) {
        memcpy(bytes + 1, entry, length);
    }
    return crypto_sha256_of(bytes, 1 + length);
}

struct crypto_hash merkle_node(const struct crypto_hash *left, const struct crypto_hash *right)
{
    uint8_t bytes[1 + 2 * CRYPTO_HASH_SIZE];
    bytes[0] = NODE_PREFIX;
    memcpy(bytes + 1, left->bytes, CRYPTO_HASH_SIZE);
    memcpy(bytes + 1 + CRYPTO_HASH_SIZE, right->bytes, CRYPTO_HASH_SIZE);
    return crypto_sha256_of(bytes, sizeof bytes);
}

bool merkle_equal(const struct crypto_hash *a, const struct crypto_hash *b)
{
    return memcmp(a->bytes, b->bytes, CRYPTO_HASH_SIZE) == 0; /* nothing secret */
}

struct crypto_hash merkle_fold(const struct crypto_hash *hashes, unsigned count)
{
    struct crypto_hash row[256];
    assert(count >= 1 && count <= 256 && (count & (count - 1)) == 0);
    memcpy(row, hashes, count * sizeof *hashes);
    for (; count > 1; count /= 2) {
        for (unsigned i = 0; i < count / 2; i++) {
            row[i] = merkle_node(&row[2 * i], &row[2 * i + 1]);
        }
    }
    return row[0];
}

/* The largest power of two below n, for n of 2 and more: as an exponent. */
static unsigned split_level(uint64_t n)
{
    return 63U - (unsigned)__builtin_clzll(n - 1);
}

/* MTH(D[first : first + count]), where first is a multiple of the power of two that is count or above it: so RFC 6962 splits. */
static bool subtree(const struct merkle_source *source, uint64_t first, uint64_t count, struct crypto_hash *out_hash, struct error *err)
{
    if ((count & (count - 1)) == 0) {
        unsigned level = (unsigned)__builtin_ctzll(count);
        return source->node(source->context, level, first >> level, out_hash, err);
    }
    struct crypto_hash left, right;
    uint64_t split = UINT64_C(1) << split_level(count);
    TRY(subtree(source, first, split, &left, err));
    TRY(subtree(source, first + split, count - split, &right, err));
    *out_hash = merkle_node(&left, &right);
    return true;
}

static bool size_check(uint64_t size, struct error *err)
{
    return size >> MERKLE_SIZE_BITS_MAX == 0 || FAIL(err, LIMIT, "a log has fewer than 2^%d entries", MERKLE_SIZE_BITS_MAX);
}

bool merkle_root(const struct merkle_source *source, uint64_t size, struct crypto_hash *out_root, struct error *err)
{
    TRY(size_check(size, err));
    if (size == 0) {
        *out_root = crypto_sha256_of("", 0);
        return true;
    }
    return subtree(source, 0, size, out_root, err);
}

static bool add(struct merkle_proof *proof, const struct merkle_source *source, uint64_t first, uint64_t count, struct error *err)
{
    TRY(subtree(source, first, count, &proof->hashes[proof->count], err));
    proof->count++;
    return true;
}

static bool path(const struct merkle_source *source, uint64_t index, uint64_t first, uint64_t count, struct merkle_proof *proof,
                 struct error *err)
{
    if (count == 1) {
        return true;
    }
    uint64_t split = UINT64_C(1) << split_level(count);
    if (index < split) {
        return path(source, index, first, split, proof, err) && add(proof, source, first + split, count - split, err);
    }
    return path(source, index - split, first + split, count - split, proof, err) && add(proof, source, first, split, err);
}

bool merkle_inclusion_prove(const struct merkle_source *source, uint64_t index, uint64_t size, struct merkle_proof *out_proof,
                            struct error *err)
{
    struct merkle_proof proof = {0};
    TRY(size_check(size, err));
    if (index >= size) {
        return FAIL(err, INVALID_ARGUMENT, "there is no entry %llu among %llu", (unsigned long long)index, (unsigned long long)size);
    }
    TRY(path(source, index, 0, size, &proof, err));
    *out_proof = proof;
    return true;
}

/* SUBPROOF(earlier, D[first : first + count], is_known) of RFC 6962 2.1.2. */
static bool subproof(const struct merkle_source *source, uint64_t earlier, uint64_t first, uint64_t count, bool is_known,
                     struct merkle_proof *proof, struct error *err)
{
    if (earlier == count) {
        return is_known || add(proof, source, first, count, err);
    }
    uint64_t split = UINT64_C(1) << split_level(count);
    if (earlier <= split) {
        return subproof(source, earlier, first, split, is_known, proof, err) && add(proof, source, first + split, count - split, err);
    }
    return subproof(source, earlier - split, first + split, count - split, false, proof, err) && add(proof, source, first, split, err);
}

bool merkle_consistency_prove(const struct merkle_source *source, uint64_t earlier, uint64_t size, struct merkle_proof *out_proof,
                              struct error *err)
{
    struct merkle_proof proof = {0};
    TRY(size_check(size, err));
    if (earlier > size) {
        return FAIL(err, INVALID_ARGUMENT, "a log of %llu entries does not begin with one of %llu", (unsigned long long)size,
                    (unsigned long long)earlier);
    }
    TRY(earlier == 0 || subproof(source, earlier, 0, size, true, &proof, err));
    *out_proof = proof;
    return true;
}

bool merkle_inclusion_valid(uint64_t index, uint64_t size, const struct crypto_hash *leaf, const struct merkle_proof *proof,
                            const struct crypto_hash *root)
{
    if (index >= size) {
        return false;
    }
    uint64_t fn = index, sn = size - 1; /* the names of RFC 9162 2.1.3.2 */
    struct crypto_hash r = *leaf;
    for (unsigned i = 0; i < proof->count; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) == 1 || fn == sn) {
            r = merkle_node(&proof->hashes[i], &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = merkle_node(&r, &proof->hashes[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && merkle_equal(&r, root);
}

/* RFC 9162 2.1.4.2 steps 3 to 8, with the first hash of the path given apart: it is the earlier root where that is a complete tree. */
static bool consistency_walk(uint64_t fn, uint64_t sn, const struct crypto_hash *first, const struct crypto_hash *rest, unsigned count,
                             const struct crypto_hash *earlier_root, const struct crypto_hash *root)
{
    struct crypto_hash fr = *first, sr = *first;
    for (; (fn & 1) == 1; fn >>= 1) {
        sn >>= 1;
    }
    for (unsigned i = 0; i < count; i++) {
        if (sn == 0) {
            return false;
        }
        if ((fn & 1) == 1 || fn == sn) {
            fr = merkle_node(&rest[i], &fr);
            sr = merkle_node(&rest[i], &sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_node(&sr, &rest[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && merkle_equal(&fr, earlier_root) && merkle_equal(&sr, root);
}

bool merkle_consistency_valid(uint64_t earlier, uint64_t size, const struct merkle_proof *proof, const struct crypto_hash *earlier_root,
                              const struct crypto_hash *root)
{
    if (earlier > size) {
        return false;
    }
    if (earlier == size) {
        return proof->count == 0 && merkle_equal(earlier_root, root);
    }
    if (earlier == 0) {
        return proof->count == 0;
    }
    if (proof->count == 0) {
        return false;
    }
    bool is_complete = (earlier & (earlier - 1)) == 0;
    const struct crypto_hash *first = is_complete ? earlier_root : &proof->hashes[0];
    unsigned used = is_complete ? 0 : 1;
    return consistency_walk(earlier - 1, size - 1, first, proof->hashes + used, proof->count - used, earlier_root, root);
}
