/* SPDX-License-Identifier: EUPL-1.2 */
/* hash: BLAKE2b-256 (RFC 7693) and SHA-256 (FIPS 180-4); keys from keys, and from passphrases by Argon2id (RFC 9106). */
#include "trust/crypto/crypto.h"
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct crypto_hash crypto_hash_of(const void *bytes, size_t length)
{
    struct crypto_hash hash;
    crypto_generichash(hash.bytes, sizeof hash.bytes, bytes, length, NULL, 0);
    return hash;
}

struct crypto_hash crypto_sha256_of(const void *bytes, size_t length)
{
    struct crypto_hash hash;
    crypto_hash_sha256(hash.bytes, bytes, length);
    return hash;
}

void crypto_wide_hash(uint8_t out_hash[CRYPTO_WIDE_HASH_SIZE], const char *personal, const void *bytes, size_t length)
{
    unsigned char padded[crypto_generichash_blake2b_PERSONALBYTES] = {0};
    size_t used = strlen(personal);
    assert(used <= sizeof padded);
    memcpy(padded, personal, used);
    crypto_generichash_blake2b_salt_personal(out_hash, CRYPTO_WIDE_HASH_SIZE, bytes, length, NULL, 0, NULL, padded);
}

struct crypto_hasher {
    crypto_generichash_state state;
};

struct crypto_hasher *crypto_hasher_create(void)
{
    struct crypto_hasher *hasher = aligned_alloc(64, sizeof *hasher); /* the state wants a cache line */
    if (!hasher) {
        abort(); /* like the arena: the process cannot go on without memory */
    }
    crypto_generichash_init(&hasher->state, NULL, 0, CRYPTO_HASH_SIZE);
    return hasher;
}

void crypto_hasher_add(struct crypto_hasher *hasher, const void *bytes, size_t length)
{
    crypto_generichash_update(&hasher->state, bytes, length);
}

struct crypto_hash crypto_hasher_finish(struct crypto_hasher *hasher)
{
    struct crypto_hash hash;
    crypto_generichash_final(&hasher->state, hash.bytes, sizeof hash.bytes);
    free(hasher);
    return hash;
}

/* Lengths go in front of what they measure, little-endian, so that no two (purpose, context) give the same bytes. */
static void hash_add_sized(crypto_generichash_state *state, const void *bytes, size_t length)
{
    uint8_t prefix[8];
    for (unsigned i = 0; i < sizeof prefix; i++) {
        prefix[i] = (uint8_t)((uint64_t)length >> (8 * i));
    }
    crypto_generichash_update(state, prefix, sizeof prefix);
    crypto_generichash_update(state, bytes, length);
}

void crypto_keyed_hash(uint8_t out_hash[CRYPTO_HASH_SIZE], const struct secret *key, const char *purpose, const void *context,
                       size_t context_length)
{
    crypto_generichash_state state;
    assert(secret_length(key) == CRYPTO_KEY_SIZE);
    crypto_generichash_init(&state, secret_view(key), CRYPTO_KEY_SIZE, CRYPTO_HASH_SIZE);
    hash_add_sized(&state, purpose, strlen(purpose));
    hash_add_sized(&state, context, context_length);
    crypto_generichash_final(&state, out_hash, CRYPTO_HASH_SIZE);
    sodium_memzero(&state, sizeof state);
}

bool crypto_derive(struct secret **out_key, const struct secret *key, const char *purpose, const void *context, size_t context_length,
                   struct error *err)
{
    if (secret_length(key) != CRYPTO_KEY_SIZE) {
        return FAIL(err, INTERNAL, "a key is derived from a key of %d bytes only", CRYPTO_KEY_SIZE);
    }
    struct secret *derived;
    TRY(secret_create(&derived, CRYPTO_KEY_SIZE, err));
    crypto_keyed_hash(secret_bytes(derived), key, purpose, context, context_length);
    *out_key = derived;
    return true;
}

bool crypto_passphrase_key(struct secret **out_key, const struct secret *passphrase, const uint8_t salt[CRYPTO_SALT_SIZE],
                           uint32_t memory_kib, uint32_t passes, struct error *err)
{
    if (passes < 1 || memory_kib < 8 || memory_kib > CRYPTO_PASSPHRASE_MEMORY_KIB_MAX || passes > CRYPTO_PASSPHRASE_PASSES_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "argon2id with %u passes over %u KiB is outside what emc2 allows", passes, memory_kib);
    }
    CLEANUP(secret) struct secret *key = NULL;
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    if (crypto_pwhash(secret_bytes(key), CRYPTO_KEY_SIZE, (const char *)secret_view(passphrase), secret_length(passphrase), salt, passes,
                      (size_t)memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        FAIL(err, LIMIT, "the passphrase could not be turned into a key");
        return error_hint(err, "argon2id needs %u MiB of free memory", memory_kib / 1024);
    }
    *out_key = key;
    key = NULL;
    return true;
}

uint64_t crypto_short_hash(const struct secret *key, const void *bytes, size_t length)
{
    assert(secret_length(key) >= crypto_shorthash_siphash24_KEYBYTES);
    uint8_t hash[crypto_shorthash_siphash24_BYTES];
    crypto_shorthash_siphash24(hash, bytes, length, secret_view(key));
    uint64_t number = 0;
    for (int i = 7; i >= 0; i--) { /* little-endian, as the paper's vectors are */
        number = number << 8 | hash[i];
    }
    return number;
}
