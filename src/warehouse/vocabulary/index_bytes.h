/* SPDX-License-Identifier: EUPL-1.2 */
/* index_bytes: the bytes of one index, read piecewise from a blob of the store or from memory (private). Every read is checked against
 * the length, so that a damaged index fails with CORRUPT and nothing else. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct index_bytes {
    bool (*read)(void *context, uint64_t offset, void *out, size_t length, struct error *err);
    void *context;
    uint64_t length; /* 0: there is no such index, and nothing is found in it */
};
MUST_CHECK bool index_bytes_read(const struct index_bytes *bytes, uint64_t offset, void *out, size_t length, struct error *err);
/* Bytes in memory; `memory` is borrowed. */
struct index_bytes index_bytes_of(const struct cursor *memory);

/* Every index begins with 8 letters, a version and six numbers. */
enum { INDEX_NUMBERS = 6, INDEX_HEADER_SIZE = 8 + 8 + INDEX_NUMBERS * 8, INDEX_VERSION = 1 };
MUST_CHECK bool index_header_write(struct buffer *out, const char magic[8], const uint64_t numbers[INDEX_NUMBERS], struct error *err);
MUST_CHECK bool index_header_read(const struct index_bytes *bytes, const char magic[8], uint64_t out_numbers[INDEX_NUMBERS],
                                  struct error *err);
/* `what` is wrong with an index: CORRUPT, with the hint to load the vocabulary again. */
bool index_corrupt(struct error *err, const char *what);

uint64_t u64_at(const uint8_t *bytes); /* little-endian, as buffer_append_u64 writes */
/* Integers of any sign as varints that are short for small ones. */
static inline uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}
static inline int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}
