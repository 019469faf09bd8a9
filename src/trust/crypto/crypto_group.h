/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_group: ristretto255 (RFC 9496), the group in which pseudonyms are made: 32-byte elements of prime order and scalars modulo that
 * order. element  canonical encoding; the identity is never accepted, nor given out scalar   32 bytes little-endian, below the order and
 * not zero. A secret one lies in a struct secret; functions that work on many take a pointer into one, because each secret costs pages of
 * its own uniform  64 bytes from a hash (RFC 9380 5.3.1), from which an element or a scalar is made without bias Running time depends
 * neither on scalars nor on uniform bytes. */
#pragma once
#include "base/text.h"
#include "trust/crypto/crypto.h"

enum { CRYPTO_ELEMENT_SIZE = 32, CRYPTO_SCALAR_SIZE = 32, CRYPTO_UNIFORM_SIZE = 64, CRYPTO_TAG_MAX = 128 };

bool crypto_element_valid(const uint8_t element[CRYPTO_ELEMENT_SIZE]);
bool crypto_scalar_valid(const uint8_t scalar[CRYPTO_SCALAR_SIZE]);

/* RFC 9380 5.3.1: expand_message_xmd with SHA-512 to 64 bytes over the parts, one behind the other. tag is the DST, at most CRYPTO_TAG_MAX
 * bytes. */
void crypto_uniform(uint8_t out_uniform[CRYPTO_UNIFORM_SIZE], struct text tag, const struct text *parts, size_t count);
/* Both may give the identity or zero with probability 2^-252; functions below refuse these. */
void crypto_element_from_uniform(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE]);
void crypto_scalar_from_uniform(uint8_t out_scalar[CRYPTO_SCALAR_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE]);

MUST_CHECK bool crypto_scalar_random(struct secret **out_scalar, struct error *err);
/* a/b: what takes x^b to x^a. */
MUST_CHECK bool crypto_scalar_ratio(struct secret **out_scalar, const struct secret *a, const struct secret *b, struct error *err);
/* Each replaced by its inverse, in secret memory: one inversion for all (Montgomery 1987, 10.3.1). INVALID_INPUT, and all zero, when one is
 * zero. `room` holds count scalars and is wiped. */
MUST_CHECK bool crypto_scalars_invert(uint8_t (*scalars)[CRYPTO_SCALAR_SIZE], uint8_t (*room)[CRYPTO_SCALAR_SIZE], size_t count,
                                      struct error *err);

/* element^scalar, and generator^scalar. INVALID_INPUT when the element or the scalar is not valid; out is then untouched. */
MUST_CHECK bool crypto_element_power(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t element[CRYPTO_ELEMENT_SIZE],
                                     const uint8_t scalar[CRYPTO_SCALAR_SIZE], struct error *err);
MUST_CHECK bool crypto_element_generate(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t scalar[CRYPTO_SCALAR_SIZE],
                                        struct error *err);

/* The same bytes for the same key and number, and nobody can tell them from random ones (ChaCha20, RFC 8439, keyed by a key derived for the
 * number): seeds from which many scalars are made again. */
MUST_CHECK bool crypto_random_from(uint8_t *out, size_t length, const struct secret *key, uint64_t number, struct error *err);
