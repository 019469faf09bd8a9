/* SPDX-License-Identifier: EUPL-1.2 */
/* merkle: the published vectors of Certificate Transparency (transparency-dev/merkle, proof/verify_test.go), then every proof of every
 * tree of 0 to 300 entries, and what must not verify. */
#include "trust/ledger/ledger_merkle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { TREE_MAX = 300 };

/* A source that holds every leaf and folds on demand. */
struct plain_tree {
    uint64_t size;
    struct crypto_hash leaves[TREE_MAX + 1];
};

static bool plain_node(void *context, unsigned level, uint64_t index, struct crypto_hash *out_hash, struct error *err)
{
    const struct plain_tree *tree = context;
    uint64_t first = index << level, count = UINT64_C(1) << level;
    assert_true(count <= 256 && first + count <= tree->size);
    (void)err;
    *out_hash = merkle_fold(tree->leaves + first, (unsigned)count);
    return true;
}

static struct crypto_hash from_hex(const char *hex)
{
    struct crypto_hash hash;
    assert_true(crypto_from_hex(hash.bytes, sizeof hash.bytes, hex));
    return hash;
}

/* MTH by its definition in RFC 6962 2.1, written again without any of the module's recursion helpers. */
static struct crypto_hash mth(const struct crypto_hash *leaves, uint64_t n)
{
    if (n == 0) {
        return crypto_sha256_of("", 0);
    }
    if (n == 1) {
        return leaves[0];
    }
    uint64_t k = 1;
    while (k * 2 < n) {
        k *= 2;
    }
    struct crypto_hash left = mth(leaves, k), right = mth(leaves + k, n - k);
    return merkle_node(&left, &right);
}

static const char *const published_leaves[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
static const char *const published_roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

static struct plain_tree published_tree(void)
{
    struct plain_tree tree = {.size = 8};
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[16];
        size_t length = strlen(published_leaves[i]) / 2;
        assert_true(length == 0 || crypto_from_hex(bytes, length, published_leaves[i]));
        tree.leaves[i] = merkle_leaf(bytes, length);
    }
    return tree;
}

static void published_roots_agree(void **state)
{
    (void)state;
    struct error err;
    struct plain_tree tree = published_tree();
    struct merkle_source source = {plain_node, &tree};
    struct crypto_hash root, empty = from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(merkle_root(&source, 0, &root, &err));
    assert_true(merkle_equal(&root, &empty));
    for (uint64_t size = 1; size <= 8; size++) {
        struct crypto_hash expected = from_hex(published_roots[size - 1]);
        assert_true(merkle_root(&source, size, &root, &err));
        assert_true(merkle_equal(&root, &expected));
    }
}

struct vector {
    uint64_t first, second; /* index from 0 and size, or earlier and size */
    unsigned count;
    const char *hashes[3];
};
static const struct vector published_inclusion[] = {
    {0, 1, 0, {NULL}},
    {0,
     8,
     3,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {5,
     8,
     3,
     {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {2, 3, 1, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
    {1,
     5,
     3,
     {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
};
static const struct vector published_consistency[] = {
    {1, 1, 0, {NULL}},
    {1,
     8,
     3,
     {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
    {6,
     8,
     3,
     {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
    {2,
     5,
     2,
     {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}},
    {6,
     7,
     3,
     {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
      "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
};

static void assert_proof(const struct merkle_proof *proof, const struct vector *vector)
{
    assert_int_equal(proof->count, vector->count);
    for (unsigned i = 0; i < vector->count; i++) {
        struct crypto_hash expected = from_hex(vector->hashes[i]);
        assert_true(merkle_equal(&proof->hashes[i], &expected));
    }
}

static void published_proofs_agree(void **state)
{
    (void)state;
    struct error err;
    struct plain_tree tree = published_tree();
    struct merkle_source source = {plain_node, &tree};
    struct merkle_proof proof;
    for (size_t i = 0; i < sizeof published_inclusion / sizeof *published_inclusion; i++) {
        const struct vector *v = &published_inclusion[i];
        struct crypto_hash root = from_hex(published_roots[v->second - 1]);
        assert_true(merkle_inclusion_prove(&source, v->first, v->second, &proof, &err));
        assert_proof(&proof, v);
        assert_true(merkle_inclusion_valid(v->first, v->second, &tree.leaves[v->first], &proof, &root));
    }
    for (size_t i = 0; i < sizeof published_consistency / sizeof *published_consistency; i++) {
        const struct vector *v = &published_consistency[i];
        struct crypto_hash before = from_hex(published_roots[v->first - 1]), root = from_hex(published_roots[v->second - 1]);
        assert_true(merkle_consistency_prove(&source, v->first, v->second, &proof, &err));
        assert_proof(&proof, v);
        assert_true(merkle_consistency_valid(v->first, v->second, &proof, &before, &root));
    }
}

static struct plain_tree numbered_tree(uint64_t size)
{
    struct plain_tree tree = {.size = size};
    for (uint64_t i = 0; i < size; i++) {
        tree.leaves[i] = merkle_leaf(&i, sizeof i);
    }
    return tree;
}

/* The changes of the published negative cases: wrong index or size, a bit, one hash more or fewer. */
static void assert_changed_inclusion_fails(uint64_t index, uint64_t size, const struct crypto_hash *leaf, const struct merkle_proof *proof,
                                           const struct crypto_hash *root)
{
    struct merkle_proof changed = *proof;
    assert_false(merkle_inclusion_valid(index + 1, size, leaf, proof, root));
    assert_false(merkle_inclusion_valid(index ^ 2, size, leaf, proof, root));
    assert_false(merkle_inclusion_valid(index, size * 2, leaf, proof, root));
    assert_false(size > 1 && merkle_inclusion_valid(index, size / 2, leaf, proof, root));
    changed.hashes[changed.count++] = *root;
    assert_false(merkle_inclusion_valid(index, size, leaf, &changed, root));
    if (proof->count > 0) {
        changed = *proof;
        changed.count--;
        assert_false(merkle_inclusion_valid(index, size, leaf, &changed, root));
        changed = *proof;
        changed.hashes[index % proof->count].bytes[3] ^= 8;
        assert_false(merkle_inclusion_valid(index, size, leaf, &changed, root));
    }
}

static void every_inclusion_proof(void **state)
{
    (void)state;
    struct error err;
    struct plain_tree tree = numbered_tree(TREE_MAX);
    struct merkle_source source = {plain_node, &tree};
    for (uint64_t size = 1; size <= TREE_MAX; size++) {
        struct crypto_hash root, by_definition = mth(tree.leaves, size);
        assert_true(merkle_root(&source, size, &root, &err));
        assert_true(merkle_equal(&root, &by_definition));
        for (uint64_t index = 0; index<size; index += size> 64 && index > 8 && index < size - 8 ? 7 : 1) {
            struct merkle_proof proof;
            assert_true(merkle_inclusion_prove(&source, index, size, &proof, &err));
            assert_true(merkle_inclusion_valid(index, size, &tree.leaves[index], &proof, &root));
            if (index % 5 == 0) {
                assert_changed_inclusion_fails(index, size, &tree.leaves[index], &proof, &root);
            }
        }
    }
}

static void assert_changed_consistency_fails(uint64_t earlier, uint64_t size, const struct merkle_proof *proof,
                                             const struct crypto_hash *before, const struct crypto_hash *root)
{
    struct merkle_proof changed = *proof;
    assert_false(merkle_consistency_valid(earlier + 1, size, proof, before, root));
    assert_false(merkle_consistency_valid(earlier, size * 2, proof, before, root));
    assert_false(merkle_consistency_valid(earlier, size, proof, root, before));
    changed.hashes[changed.count++] = *root;
    assert_false(merkle_consistency_valid(earlier, size, &changed, before, root));
    changed = *proof;
    changed.count--;
    assert_false(merkle_consistency_valid(earlier, size, &changed, before, root));
    changed = *proof;
    changed.hashes[earlier % proof->count].bytes[3] ^= 16;
    assert_false(merkle_consistency_valid(earlier, size, &changed, before, root));
}

static void every_consistency_proof(void **state)
{
    (void)state;
    struct error err;
    struct plain_tree tree = numbered_tree(TREE_MAX);
    struct merkle_source source = {plain_node, &tree};
    struct crypto_hash roots[TREE_MAX + 1];
    for (uint64_t size = 0; size <= TREE_MAX; size++) {
        assert_true(merkle_root(&source, size, &roots[size], &err));
        for (uint64_t earlier = 0; earlier <= size; earlier += size > 64 && earlier > 8 && earlier < size - 9 ? 7 : 1) {
            struct merkle_proof proof;
            assert_true(merkle_consistency_prove(&source, earlier, size, &proof, &err));
            assert_true(merkle_consistency_valid(earlier, size, &proof, &roots[earlier], &roots[size]));
            if (earlier > 0 && earlier < size && earlier % 5 == 0) {
                assert_changed_consistency_fails(earlier, size, &proof, &roots[earlier], &roots[size]);
            }
        }
    }
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct error err;
    struct plain_tree tree = numbered_tree(3);
    struct merkle_source source = {plain_node, &tree};
    struct merkle_proof proof, empty = {0};
    struct crypto_hash root;
    assert_true(merkle_root(&source, 3, &root, &err));
    assert_false(merkle_inclusion_prove(&source, 3, 3, &proof, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_false(merkle_consistency_prove(&source, 4, 3, &proof, &err));
    assert_false(merkle_root(&source, UINT64_C(1) << MERKLE_SIZE_BITS_MAX, &root, &err));
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_false(merkle_inclusion_valid(0, 0, &root, &empty, &root));
    assert_false(merkle_consistency_valid(4, 3, &empty, &root, &root));
    assert_false(merkle_consistency_valid(1, 3, &empty, &root, &root));
}

int main(void)
{
    struct error err;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_roots_agree),   cmocka_unit_test(published_proofs_agree), cmocka_unit_test(every_inclusion_proof),
        cmocka_unit_test(every_consistency_proof), cmocka_unit_test(nonsense_is_refused),
    };
    return crypto_start(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
