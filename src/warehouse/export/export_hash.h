/* SPDX-License-Identifier: EUPL-1.2 */
/* export_hash: one canonical hash for each table, which does not depend on the order of rows, on segments, on threads or on the format that
 * the table travelled in. So two hosts can say that they hold the same data (SNC 19.1.h-i). Written description:
 * docs/formats/table-hash.md. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/task.h"
#include "trust/crypto/crypto.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"

struct export_hash {
    uint64_t rows;
    uint8_t sum[CRYPTO_WIDE_HASH_SIZE]; /* little-endian: the hashes of all rows, added modulo 2^512 */
};
struct export_hashes {
    struct export_hash tables[OMOP_TABLE_COUNT];
    uint64_t rows; /* of all tables */
    double seconds;
};

/* Reads every row of every table. DENIED unless the reader's grant allows GRANT_ROWS. */
MUST_CHECK bool export_hashes_compute(struct store_reader *reader, struct task_pool *pool, bool quiet, struct export_hashes *out_hashes,
                                      struct error *err);
/* hashes.json, appended. */
MUST_CHECK bool export_hashes_print(const struct export_hashes *hashes, struct buffer *out, struct error *err);
/* What export_hashes_print wrote; `name` stands in errors. Tables that are not named have no rows. INVALID_INPUT, UNSUPPORTED. */
MUST_CHECK bool export_hashes_parse(struct export_hashes *out_hashes, const char *name, const void *bytes, size_t length,
                                    struct error *err);
bool export_hash_equal(const struct export_hash *a, const struct export_hash *b);
/* Adds one row of values to the hash of its table: vectors of every field, by position. `row` has the form's bytes afterwards. */
MUST_CHECK bool export_hash_add(struct export_hash *hash, const struct store_vector *columns, int fields, size_t position,
                                struct buffer *row, struct error *err);
