/* SPDX-License-Identifier: EUPL-1.2 */
/* shamir: see shamir.h. Multiplication is eight shifts and masked additions, inversion the 254th power: the same steps for every value. */
#include "trust/keys/shamir.h"
#include <string.h>

uint8_t gf256_multiply(uint8_t a, uint8_t b)
{
    unsigned x = a, product = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        product ^= x & (0u - ((unsigned)b >> bit & 1u));
        x = (x << 1) ^ (0x11bu & (0u - (x >> 7 & 1u)));
    }
    return (uint8_t)product;
}

/* a^254 = a^-1, since a^255 = 1 for every a but 0. 254 = 2 + 4 + ... + 128. */
uint8_t gf256_invert(uint8_t a)
{
    uint8_t power = a, inverse = 1;
    for (unsigned bit = 1; bit < 8; bit++) {
        power = gf256_multiply(power, power);
        inverse = gf256_multiply(inverse, power);
    }
    return inverse;
}

void shamir_shares_destroy(struct shamir_share *shares, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        secret_destroy(shares[i].y);
        shares[i].y = NULL;
    }
}

/* coefficients: those of x^1 to x^(threshold - 1), one row of `length` bytes each. Horner's rule. */
static void evaluate(uint8_t *out, uint8_t x, const uint8_t *secret, const uint8_t *coefficients, unsigned threshold, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        uint8_t value = 0;
        for (unsigned degree = threshold - 1; degree > 0; degree--) {
            value = gf256_multiply(value ^ coefficients[(degree - 1) * length + i], x);
        }
        out[i] = value ^ secret[i];
    }
}

bool shamir_split(struct shamir_share *out_shares, unsigned count, unsigned threshold, const struct secret *secret, struct error *err)
{
    if (threshold < 2 || threshold > count || count > SHAMIR_SHARES_MAX) {
        FAIL(err, INVALID_ARGUMENT, "%u shares of which %u are needed cannot be", count, threshold);
        return error_hint(err, "at least 2 are needed, and no more than there are");
    }
    size_t length = secret_length(secret);
    CLEANUP(secret) struct secret *coefficients = NULL;
    TRY(secret_random(&coefficients, (threshold - 1) * length, err));
    struct shamir_share shares[SHAMIR_SHARES_MAX] = {0};
    for (unsigned i = 0; i < count; i++) {
        shares[i].x = (uint8_t)(i + 1);
        if (!secret_create(&shares[i].y, length, err)) {
            shamir_shares_destroy(shares, i);
            return false;
        }
        evaluate(secret_bytes(shares[i].y), shares[i].x, secret_view(secret), secret_view(coefficients), threshold, length);
    }
    memcpy(out_shares, shares, count * sizeof *shares);
    return true;
}

static bool points_check(const struct shamir_share *shares, unsigned count, struct error *err)
{
    bool seen[SHAMIR_SHARES_MAX + 1] = {true}; /* x = 0 would be the secret itself */
    for (unsigned i = 0; i < count; i++) {
        if (seen[shares[i].x] || secret_length(shares[i].y) != secret_length(shares[0].y)) {
            return FAIL(err, INVALID_ARGUMENT, "share %u is there twice, or is of another kind", shares[i].x);
        }
        seen[shares[i].x] = true;
    }
    return count > 0 ? true : FAIL(err, INVALID_ARGUMENT, "there is no share to combine");
}

bool shamir_interpolate(struct secret **out_value, uint8_t at, const struct shamir_share *shares, unsigned count, struct error *err)
{
    CLEANUP(secret) struct secret *value = NULL;
    TRY(points_check(shares, count, err));
    size_t length = secret_length(shares[0].y);
    TRY(secret_create(&value, length, err));
    for (unsigned i = 0; i < count; i++) {
        uint8_t above = 1, below = 1; /* Lagrange: the product of (at - xj) / (xi - xj); only the public x are in it */
        for (unsigned j = 0; j < count; j++) {
            if (j != i) {
                above = gf256_multiply(above, at ^ shares[j].x);
                below = gf256_multiply(below, shares[i].x ^ shares[j].x);
            }
        }
        uint8_t weight = gf256_multiply(above, gf256_invert(below));
        for (size_t k = 0; k < length; k++) {
            secret_bytes(value)[k] ^= gf256_multiply(secret_view(shares[i].y)[k], weight);
        }
    }
    *out_value = value;
    value = NULL;
    return true;
}

bool shamir_combine(struct secret **out_secret, const struct shamir_share *shares, unsigned count, struct error *err)
{
    return shamir_interpolate(out_secret, 0, shares, count, err);
}
