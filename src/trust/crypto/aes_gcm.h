/* SPDX-License-Identifier: EUPL-1.2 */
/* aes_gcm: the cipher that OpenSSL looks up once for the whole process, and one message under a nonce that the caller derives together
 * with a key of its own (private to crypto). */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

MUST_CHECK bool aes_gcm_start(struct error *err);
/* sealed: length + CRYPTO_TAG_SIZE bytes. open: CORRUPT when key, nonce, associated data or bytes differ; out_bytes is then untouched. */
MUST_CHECK bool aes_gcm_seal(uint8_t *out_sealed, const struct secret *key, const uint8_t nonce[CRYPTO_NONCE_SIZE], const void *bytes,
                             size_t length, const void *associated, size_t associated_length, struct error *err);
MUST_CHECK bool aes_gcm_open(uint8_t *out_bytes, const struct secret *key, const uint8_t nonce[CRYPTO_NONCE_SIZE], const uint8_t *sealed,
                             size_t sealed_length, const void *associated, size_t associated_length, struct error *err);
