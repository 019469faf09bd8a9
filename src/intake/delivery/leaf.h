/* SPDX-License-Identifier: EUPL-1.2 */
/* leaf: what a block is in the Merkle tree, which columns hold codes, and the order in which names are signed (private to delivery). */
#pragma once
#include "intake/delivery/delivery.h"
#include "intake/delivery/tree.h"
#include <string.h>

enum { LEAF_SIZE = 4 + CRYPTO_HASH_SIZE };
/* u32 length and SHA-256 of the sealed bytes. */
static inline __attribute__((unused)) void leaf_of(const void *sealed, uint32_t length, uint8_t out_leaf[LEAF_SIZE])
{
    struct crypto_hash hash = crypto_sha256_of(sealed, length);
    memcpy(out_leaf, &length, 4); /* little-endian */
    memcpy(out_leaf + 4, hash.bytes, CRYPTO_HASH_SIZE);
}
/* What is signed has names in the order of their bytes, so that it stays the same when spec/delivery.csv grows. Both begin with -1, give
 * the next one, and -1 after the last. */
static inline __attribute__((unused)) int column_after(uint64_t columns, int last)
{
    int next = -1;
    for (; columns; columns &= columns - 1) {
        int c = __builtin_ctzll(columns);
        const char *name = record_column_name((enum record_column)c);
        if ((last < 0 || strcmp(name, record_column_name((enum record_column)last)) > 0) &&
            (next < 0 || strcmp(name, record_column_name((enum record_column)next)) < 0)) {
            next = c;
        }
    }
    return next;
}
static inline __attribute__((unused)) int table_after(int last)
{
    int next = -1;
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        const char *name = record_table_name((enum record_table)t);
        if ((last < 0 || strcmp(name, record_table_name((enum record_table)last)) > 0) &&
            (next < 0 || strcmp(name, record_table_name((enum record_table)next)) < 0)) {
            next = t;
        }
    }
    return next;
}
