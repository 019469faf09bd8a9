/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_certificate: a key pair for TLS that nobody vouches for: an Ed25519 seed, a self-signed certificate (RFC 5280, RFC 8410) that
 * carries its public key, and the pin by which the other side knows it: SHA-256 of the SubjectPublicKeyInfo (RFC 7469 2.4). */
#pragma once
#include "base/buffer.h"
#include "trust/crypto/crypto.h"

enum { CRYPTO_PIN_SIZE = CRYPTO_HASH_SIZE };

/* Appends the certificate as PEM. name stands in it for people; nothing is decided by it. from, until: Unix seconds. */
MUST_CHECK bool crypto_certificate_make(struct buffer *out_pem, const struct secret *seed, const char *name, int64_t from, int64_t until,
                                        struct error *err);
/* The private key as PEM (PKCS #8), for a library that wants it so; ended by a NUL. */
MUST_CHECK bool crypto_certificate_key(struct secret **out_pem, const struct secret *seed, struct error *err);
/* The pin follows from the public key of the seed (crypto_public_key). */
void crypto_certificate_pin(uint8_t out_pin[CRYPTO_PIN_SIZE], const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]);
