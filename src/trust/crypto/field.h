/* SPDX-License-Identifier: EUPL-1.2 */
/* field: integers modulo 2^255 - 19 as five limbs of 51 bits, for multiply.c. Private to crypto.
 * Bounds: what field_multiply, field_square and field_carry give has limbs below 2^51 + 2^13 ("reduced"); field_subtract wants its second
 * operand reduced; products take limbs below 2^54, which a sum or a difference of two reduced values keeps. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { FIELD_LIMBS = 5, FIELD_BITS = 51 };
#define FIELD_MASK ((UINT64_C(1) << FIELD_BITS) - 1)
struct field {
    uint64_t limb[FIELD_LIMBS];
};
typedef unsigned __int128 field_wide;

static inline struct field field_add(const struct field *a, const struct field *b)
{
    struct field sum;
    for (int i = 0; i < FIELD_LIMBS; i++) {
        sum.limb[i] = a->limb[i] + b->limb[i];
    }
    return sum;
}

/* a + 2p - b */
static inline struct field field_subtract(const struct field *a, const struct field *b)
{
    struct field difference;
    difference.limb[0] = a->limb[0] + UINT64_C(0xfffffffffffda) - b->limb[0];
    for (int i = 1; i < FIELD_LIMBS; i++) {
        difference.limb[i] = a->limb[i] + UINT64_C(0xffffffffffffe) - b->limb[i];
    }
    return difference;
}

static inline struct field field_carry_wide(const field_wide wide[FIELD_LIMBS])
{
    struct field out;
    field_wide carry = 0;
    for (int i = 0; i < FIELD_LIMBS; i++) {
        field_wide sum = wide[i] + carry;
        out.limb[i] = (uint64_t)sum & FIELD_MASK;
        carry = sum >> FIELD_BITS;
    }
    field_wide first = (field_wide)out.limb[0] + carry * 19; /* 2^255 = 19 */
    out.limb[0] = (uint64_t)first & FIELD_MASK;
    out.limb[1] += (uint64_t)(first >> FIELD_BITS);
    return out;
}

static inline struct field field_multiply(const struct field *a, const struct field *b)
{
    const uint64_t *x = a->limb, *y = b->limb;
    const uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
    const field_wide wide[FIELD_LIMBS] = {
        (field_wide)x[0] * y[0] + (field_wide)x[1] * y4 + (field_wide)x[2] * y3 + (field_wide)x[3] * y2 + (field_wide)x[4] * y1,
        (field_wide)x[0] * y[1] + (field_wide)x[1] * y[0] + (field_wide)x[2] * y4 + (field_wide)x[3] * y3 + (field_wide)x[4] * y2,
        (field_wide)x[0] * y[2] + (field_wide)x[1] * y[1] + (field_wide)x[2] * y[0] + (field_wide)x[3] * y4 + (field_wide)x[4] * y3,
        (field_wide)x[0] * y[3] + (field_wide)x[1] * y[2] + (field_wide)x[2] * y[1] + (field_wide)x[3] * y[0] + (field_wide)x[4] * y4,
        (field_wide)x[0] * y[4] + (field_wide)x[1] * y[3] + (field_wide)x[2] * y[2] + (field_wide)x[3] * y[1] + (field_wide)x[4] * y[0],
    };
    return field_carry_wide(wide);
}

static inline struct field field_square(const struct field *a)
{
    const uint64_t *x = a->limb;
    const uint64_t x0 = 2 * x[0], x1 = 2 * x[1], x3 = 19 * x[3], x4 = 19 * x[4];
    const field_wide wide[FIELD_LIMBS] = {
        (field_wide)x[0] * x[0] + (field_wide)x1 * x4 + (field_wide)(2 * x[2]) * x3,
        (field_wide)x0 * x[1] + (field_wide)(2 * x[2]) * x4 + (field_wide)x[3] * x3,
        (field_wide)x0 * x[2] + (field_wide)x[1] * x[1] + (field_wide)(2 * x[3]) * x4,
        (field_wide)x0 * x[3] + (field_wide)x1 * x[2] + (field_wide)x[4] * x4,
        (field_wide)x0 * x[4] + (field_wide)x1 * x[3] + (field_wide)x[2] * x[2],
    };
    return field_carry_wide(wide);
}

static inline struct field field_carry(const struct field *a)
{
    field_wide wide[FIELD_LIMBS];
    for (int i = 0; i < FIELD_LIMBS; i++) {
        wide[i] = a->limb[i];
    }
    return field_carry_wide(wide);
}

static inline struct field field_negate(const struct field *a) /* of a reduced value; the result is reduced */
{
    static const struct field zero = {{0}};
    struct field negative = field_subtract(&zero, a);
    return field_carry(&negative);
}

/* The one form of a value: below p, little-endian. */
static inline void field_to_bytes(uint8_t out[32], const struct field *a)
{
    struct field value = field_carry(a);
    uint64_t *x = value.limb, quotient = 19;
    for (int i = 0; i < FIELD_LIMBS; i++) { /* 1 when the value is at least p */
        quotient = (x[i] + quotient) >> FIELD_BITS;
    }
    x[0] += 19 * quotient;
    for (int i = 0; i + 1 < FIELD_LIMBS; i++) {
        x[i + 1] += x[i] >> FIELD_BITS;
        x[i] &= FIELD_MASK;
    }
    x[4] &= FIELD_MASK;
    const uint64_t words[4] = {x[0] | x[1] << 51, x[1] >> 13 | x[2] << 38, x[2] >> 26 | x[3] << 25, x[3] >> 39 | x[4] << 12};
    for (int i = 0; i < 32; i++) {
        out[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
    }
}

/* The highest bit does not count. */
static inline struct field field_from_bytes(const uint8_t bytes[32])
{
    uint64_t words[4] = {0};
    for (int i = 0; i < 32; i++) {
        words[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
    }
    return (struct field){{words[0] & FIELD_MASK, (words[0] >> 51 | words[1] << 13) & FIELD_MASK,
                           (words[1] >> 38 | words[2] << 26) & FIELD_MASK, (words[2] >> 25 | words[3] << 39) & FIELD_MASK,
                           words[3] >> 12 & FIELD_MASK}};
}

static inline bool field_equal(const struct field *a, const struct field *b)
{
    uint8_t x[32], y[32];
    field_to_bytes(x, a);
    field_to_bytes(y, b);
    return memcmp(x, y, sizeof x) == 0;
}

static inline bool field_is_negative(const struct field *a) /* RFC 9496 3.1: odd */
{
    uint8_t bytes[32];
    field_to_bytes(bytes, a);
    return bytes[0] & 1;
}

static inline struct field field_absolute(const struct field *a)
{
    return field_is_negative(a) ? field_negate(a) : *a;
}
