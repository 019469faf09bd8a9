/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_envelope: sealing to a public key. Who seals needs no secret, and only the holder of the X25519 key opens: HPKE in base mode,
 * one message (RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM). It says nothing about who sealed. */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

enum { CRYPTO_ENVELOPE_OVERHEAD = CRYPTO_PUBLIC_KEY_SIZE + CRYPTO_TAG_SIZE };

/* An X25519 key (RFC 7748) is 32 random bytes in a secret; this is its public half. */
MUST_CHECK bool crypto_envelope_public_key(uint8_t out_public_key[CRYPTO_PUBLIC_KEY_SIZE], const struct secret *key, struct error *err);

/* purpose is HPKE's info: a message sealed for one purpose opens for no other. out_sealed has length + CRYPTO_ENVELOPE_OVERHEAD bytes.
 * INVALID_INPUT when the public key is a point of low order, with which anybody would know the secret (RFC 7748 6.1). */
MUST_CHECK bool crypto_envelope_seal(uint8_t *out_sealed, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], const char *purpose,
                                     const void *associated, size_t associated_length, const void *bytes, size_t length, struct error *err);
/* CORRUPT when key, purpose, associated data or bytes differ; out_bytes then holds nothing of the message. */
MUST_CHECK bool crypto_envelope_open(uint8_t *out_bytes, const struct secret *key, const char *purpose, const void *associated,
                                     size_t associated_length, const uint8_t *sealed, size_t sealed_length, struct error *err);
