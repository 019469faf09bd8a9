/* SPDX-License-Identifier: EUPL-1.2 */
/* shamir: a secret cut into n shares of which any k give it back and fewer give nothing (Shamir 1979), byte by byte over GF(2^8) with the
 * polynomial of AES (x^8 + x^4 + x^3 + x + 1), as draft-mcgrew-tss and SLIP-39 do. Private to keys.
 * A share says by itself neither whose it is nor whether it is right: keys_custody.h adds that. No table and no branch depends on
 * a secret byte. */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

enum { SHAMIR_SHARES_MAX = 255 };

/* A point of the polynomials: x from 1 to 255 is public, y has as many bytes as the secret. */
struct shamir_share {
    uint8_t x;
    struct secret *y;
};
void shamir_shares_destroy(struct shamir_share *shares, unsigned count); /* the secrets, not the array */

/* out_shares[i].x is i + 1. INVALID_ARGUMENT unless 2 <= threshold <= count <= 255. */
MUST_CHECK bool shamir_split(struct shamir_share *out_shares, unsigned count, unsigned threshold, const struct secret *secret,
                             struct error *err);
/* The value at 0 of the polynomial through these points. Too few or wrong points give another secret, not an error.
 * INVALID_ARGUMENT when an x is 0 or there twice, or the lengths differ. */
MUST_CHECK bool shamir_combine(struct secret **out_secret, const struct shamir_share *shares, unsigned count, struct error *err);

/* For the tests: the value at any x, and the field. */
MUST_CHECK bool shamir_interpolate(struct secret **out_value, uint8_t at, const struct shamir_share *shares, unsigned count,
                                   struct error *err);
uint8_t gf256_multiply(uint8_t a, uint8_t b);
uint8_t gf256_invert(uint8_t a); /* 0 for 0 */
