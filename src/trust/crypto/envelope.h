/* SPDX-License-Identifier: EUPL-1.2 */
/* envelope: the parts of an envelope, for its tests against the vectors of their norms (private to crypto). */
#pragma once
#include "trust/crypto/crypto_envelope.h"

/* HKDF-SHA-256 (RFC 5869). expand: at most 255 * 32 bytes. */
void hkdf_extract(uint8_t out_key[CRYPTO_HASH_SIZE], const void *salt, size_t salt_length, const void *material, size_t material_length);
void hkdf_expand(uint8_t *out, size_t length, const uint8_t key[CRYPTO_HASH_SIZE], const void *info, size_t info_length);

/* X25519 (RFC 7748 5): INVALID_INPUT when the result is zero. */
MUST_CHECK bool envelope_agree(struct secret **out_shared, const struct secret *key, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                               struct error *err);
/* The shared secret of DHKEM (RFC 9180 4.1), from either side. */
MUST_CHECK bool envelope_shared_secret(struct secret **out_shared, const struct secret *key,
                                       const uint8_t other_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                                       const uint8_t ephemeral_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                                       const uint8_t recipient_public_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err);

struct envelope_text {
    const char *purpose;
    const void *associated;
    size_t associated_length;
    const void *bytes;
    size_t length;
};
/* crypto_envelope_seal with a given ephemeral key. */
MUST_CHECK bool envelope_seal_from(uint8_t *out_sealed, const struct secret *ephemeral, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                                   const struct envelope_text *text, struct error *err);
