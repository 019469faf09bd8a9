/* SPDX-License-Identifier: EUPL-1.2 */
/* hkdf: HKDF-SHA-256 (RFC 5869) over libsodium's HMAC; the library has one of its own only from version 1.0.19 on. */
#include "trust/crypto/envelope.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(CRYPTO_HASH_SIZE == crypto_auth_hmacsha256_BYTES, "HMAC-SHA-256");

void hkdf_extract(uint8_t out_key[CRYPTO_HASH_SIZE], const void *salt, size_t salt_length, const void *material, size_t material_length)
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, salt_length ? salt : (const void *)"", salt_length);
    crypto_auth_hmacsha256_update(&state, material, material_length);
    crypto_auth_hmacsha256_final(&state, out_key);
    sodium_memzero(&state, sizeof state);
}

/* RFC 5869 2.3: T(i) = HMAC(key, T(i-1) | info | i). */
void hkdf_expand(uint8_t *out, size_t length, const uint8_t key[CRYPTO_HASH_SIZE], const void *info, size_t info_length)
{
    assert(length <= (size_t)255 * CRYPTO_HASH_SIZE);
    crypto_auth_hmacsha256_state state;
    uint8_t block[CRYPTO_HASH_SIZE];
    for (size_t done = 0; done < length;) {
        uint8_t number = (uint8_t)(done / sizeof block + 1);
        crypto_auth_hmacsha256_init(&state, key, CRYPTO_HASH_SIZE);
        if (done > 0) {
            crypto_auth_hmacsha256_update(&state, block, sizeof block);
        }
        crypto_auth_hmacsha256_update(&state, info, info_length);
        crypto_auth_hmacsha256_update(&state, &number, 1);
        crypto_auth_hmacsha256_final(&state, block);
        size_t part = length - done < sizeof block ? length - done : sizeof block;
        memcpy(out + done, block, part);
        done += part;
    }
    sodium_memzero(&state, sizeof state);
    sodium_memzero(block, sizeof block);
}
