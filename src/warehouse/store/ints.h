/* SPDX-License-Identifier: EUPL-1.2 */
/* ints: runs of up to 8192 integers packed in groups of 256 (private to the store; docs/formats/segment.md, "Integers").
 * Three forms, whichever is smallest: one constant; a frame of reference (each group has its smallest value and a width); differences
 * (each group has its first value, and the width of what its steps exceed the smallest step by). All arithmetic is modulo 2^64, so every
 * int64 comes back exactly. Groups are decoded one by one, so reading a few rows does not decode the rest. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "warehouse/store/bitpack.h"
#include <stdint.h>

enum { INTS_RUN = 8192, INTS_GROUPS = INTS_RUN / BITPACK_GROUP };

/* Appends count <= INTS_RUN values. with_unit: they are instants, so look for a common unit (days, hours, minutes, ... of microseconds). */
MUST_CHECK bool ints_encode(struct buffer *out, const int64_t *values, size_t count, bool with_unit, struct error *err);

/* A run taken apart, pointing into the bytes that it was opened from. Every length has been checked: decoding a group cannot fail. */
struct ints {
    size_t count;
    unsigned form;
    unsigned base_bytes;
    uint64_t base, step, unit;
    const uint8_t *bases;
    const uint8_t *widths;
    const uint8_t *packed;
    uint32_t offsets[INTS_GROUPS];
};
/* Reads a run of count <= INTS_RUN values at the cursor, which moves behind it. CORRUPT when it does not fit. */
MUST_CHECK bool ints_open(struct ints *out_ints, struct cursor *cursor, size_t count, struct error *err);
static inline size_t ints_group_count(const struct ints *ints, size_t group)
{
    size_t rest = ints->count - group * BITPACK_GROUP;
    return rest < BITPACK_GROUP ? rest : BITPACK_GROUP;
}
/* The ints_group_count values of a group; as u32 they are taken modulo 2^32 (days, codes). */
/* One value, found without the others of its group unless they are steps. */
int64_t ints_value(const struct ints *ints, size_t i);
void ints_group_i64(const struct ints *ints, size_t group, int64_t *out);
void ints_group_u32(const struct ints *ints, size_t group, uint32_t *out);

/* An array of any length: its count as a varint, then run after run. */
MUST_CHECK bool ints_array_encode(struct buffer *out, const int64_t *values, size_t count, struct error *err);
MUST_CHECK bool ints_array_encode_u32(struct buffer *out, const uint32_t *values, size_t count, struct error *err);
/* CORRUPT unless count is within minimum..maximum. The values are in the arena. */
MUST_CHECK bool ints_array_decode(struct cursor *cursor, size_t minimum, size_t maximum, struct arena *arena, const int64_t **out_values,
                                  size_t *out_count, struct error *err);
MUST_CHECK bool ints_array_decode_u32(struct cursor *cursor, size_t minimum, size_t maximum, struct arena *arena,
                                      const uint32_t **out_values, size_t *out_count, struct error *err);
