/* SPDX-License-Identifier: EUPL-1.2 */
/* sign: Ed25519 (RFC 8032). The 64-byte form of the key that the library wants is made for the moment of signing only. */
#include "trust/crypto/crypto.h"
#include <sodium.h>
#include <string.h>

static bool keypair(struct secret **out_pair, uint8_t out_public_key[CRYPTO_PUBLIC_KEY_SIZE], const struct secret *seed, struct error *err)
{
    if (secret_length(seed) != crypto_sign_SEEDBYTES) {
        return FAIL(err, INTERNAL, "a signing key has %u bytes", crypto_sign_SEEDBYTES);
    }
    TRY(secret_create(out_pair, crypto_sign_SECRETKEYBYTES, err));
    crypto_sign_seed_keypair(out_public_key, secret_bytes(*out_pair), secret_view(seed));
    return true;
}

bool crypto_signature_make(uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], const struct secret *seed, const void *bytes, size_t length,
                           struct error *err)
{
    CLEANUP(secret) struct secret *pair = NULL;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    TRY(keypair(&pair, public_key, seed, err));
    crypto_sign_detached(out_signature, NULL, bytes, length, secret_view(pair));
    return true;
}

bool crypto_public_key(uint8_t out_public_key[CRYPTO_PUBLIC_KEY_SIZE], const struct secret *seed, struct error *err)
{
    CLEANUP(secret) struct secret *pair = NULL;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE];
    TRY(keypair(&pair, public_key, seed, err));
    memcpy(out_public_key, public_key, sizeof public_key);
    return true;
}

bool crypto_signature_valid(const uint8_t signature[CRYPTO_SIGNATURE_SIZE], const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                            const void *bytes, size_t length)
{
    return crypto_sign_verify_detached(signature, bytes, length, public_key) == 0;
}
