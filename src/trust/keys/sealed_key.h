/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed_key: 32 secret bytes sealed under a passphrase (Argon2id) or under a key that never leaves a token (private to keys).
 * 84 bytes: 4 Argon2id memory in KiB, 4 passes, 16 salt, 60 sealed (nonce, 32, tag); little-endian. With a token, memory and passes are 0
 * and the salt is the id of the token's key. The caller's associated data come first, these 24 bytes follow in what is authenticated. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "trust/keys/keys_custody.h"

enum { SEALED_KEY_SIZE = 4 + 4 + CRYPTO_SALT_SIZE + KEY_WRAPPED_SIZE, SEALED_KEY_ASSOCIATED_MAX = 256 };

struct sealed_key {
    uint32_t memory_kib, passes;
    uint8_t salt[CRYPTO_SALT_SIZE];
    uint8_t sealed[KEY_WRAPPED_SIZE];
};
bool sealed_key_is_token(const struct sealed_key *sealed);
/* The recommended parameters of a passphrase, and a new salt. */
void sealed_key_begin(struct sealed_key *out_sealed);
/* Seals under a passphrase, with the parameters and the salt that are there. */
MUST_CHECK bool sealed_key_fill(struct sealed_key *sealed, const struct secret *key, const struct secret *passphrase,
                                const void *associated, size_t associated_length, struct error *err);
/* With the recommended parameters, or under a new key of the token. */
MUST_CHECK bool sealed_key_seal(struct sealed_key *out_sealed, const struct secret *key, const struct key_lock *lock,
                                const void *associated, size_t associated_length, struct error *err);
/* what ("the custodian's file") stands in the message. */
MUST_CHECK bool sealed_key_open(struct secret **out_key, const struct sealed_key *sealed, const struct key_lock *lock,
                                const void *associated, size_t associated_length, const char *what, struct error *err);
MUST_CHECK bool sealed_key_print(const struct sealed_key *sealed, struct buffer *out, struct error *err);
/* CORRUPT when the parameters are outside their bounds. */
MUST_CHECK bool sealed_key_take(struct cursor *in, struct sealed_key *out_sealed, struct error *err);
