/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto: every primitive, named by construction; the only user of libsodium and OpenSSL EVP. Callers never see a nonce length, a mode
 * or a library's error. RGS B1 and SEC-LOG-2: AES-256-GCM at rest, Ed25519, Argon2id, BLAKE2b, SHA-256.
 * Secrets live in guarded, locked, undumped memory (struct secret) and are wiped when they are released. */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

enum {
    CRYPTO_KEY_SIZE = 32,
    CRYPTO_TAG_SIZE = 16,
    CRYPTO_NONCE_SIZE = 12,
    CRYPTO_HASH_SIZE = 32,
    CRYPTO_SIGNATURE_SIZE = 64,
    CRYPTO_PUBLIC_KEY_SIZE = 32,
    CRYPTO_SALT_SIZE = 16,
    CRYPTO_SEAL_OVERHEAD = CRYPTO_NONCE_SIZE + CRYPTO_TAG_SIZE,
    /* Bounds of Argon2id: parameters come from a file that somebody may have changed. */
    CRYPTO_PASSPHRASE_MEMORY_KIB_MAX = 1 << 20,
    CRYPTO_PASSPHRASE_PASSES_MAX = 64,
};

/* Must be called once, before anything else here; safe to call again. Fails when the libraries are missing what we need. */
MUST_CHECK bool crypto_start(struct error *err);
void crypto_random(void *out, size_t length);
bool crypto_equal(const void *a, const void *b, size_t length); /* constant time */
void crypto_wipe(void *bytes, size_t length);

/* A secret of fixed length in guarded pages. */
struct secret;
MUST_CHECK bool secret_create(struct secret **out_secret, size_t length, struct error *err); /* zeroed */
MUST_CHECK bool secret_random(struct secret **out_secret, size_t length, struct error *err);
void secret_destroy(struct secret *secret);
DEFINE_CLEANUP(secret, secret_destroy)
uint8_t *secret_bytes(struct secret *secret);
const uint8_t *secret_view(const struct secret *secret);
size_t secret_length(const struct secret *secret);

/* hash: BLAKE2b-256 (RFC 7693) for our own formats; SHA-256 (FIPS 180-4) where a norm asks for it. */
struct crypto_hash {
    uint8_t bytes[CRYPTO_HASH_SIZE];
};
struct crypto_hash crypto_hash_of(const void *bytes, size_t length);
struct crypto_hash crypto_sha256_of(const void *bytes, size_t length);
struct crypto_hasher; /* streaming BLAKE2b-256 */
struct crypto_hasher *crypto_hasher_create(void);
void crypto_hasher_add(struct crypto_hasher *hasher, const void *bytes, size_t length);
struct crypto_hash crypto_hasher_finish(struct crypto_hasher *hasher); /* frees the hasher */
/* BLAKE2b-512 with a personalisation (up to 16 bytes, zero padded), where hashes are added up: docs/formats/table-hash.md. */
enum { CRYPTO_WIDE_HASH_SIZE = 64 };
void crypto_wide_hash(uint8_t out_hash[CRYPTO_WIDE_HASH_SIZE], const char *personal, const void *bytes, size_t length);
void crypto_hex(char *out, const void *bytes, size_t length); /* 2 * length + 1 bytes, lower case */
/* hex must be 2 * length digits in lower case; anything else returns false and leaves out untouched. */
MUST_CHECK bool crypto_from_hex(void *out, size_t length, const char *hex);

/* derive: a key from a key for one named purpose (keyed BLAKE2b over a length-prefixed label and context). */
MUST_CHECK bool crypto_derive(struct secret **out_key, const struct secret *key, const char *purpose, const void *context,
                              size_t context_length, struct error *err);
/* The same bytes, where they are no key but are given out: a pseudonym under a key. The key has CRYPTO_KEY_SIZE bytes. */
void crypto_keyed_hash(uint8_t out_hash[CRYPTO_HASH_SIZE], const struct secret *key, const char *purpose, const void *context,
                       size_t context_length);
/* SipHash-2-4 under the first 16 bytes of the key: a number for a short text that says nothing without the key. */
uint64_t crypto_short_hash(const struct secret *key, const void *bytes, size_t length);
/* Argon2id (RFC 9106): memory in KiB and passes come from the caller, who stores them beside the salt. */
MUST_CHECK bool crypto_passphrase_key(struct secret **out_key, const struct secret *passphrase, const uint8_t salt[CRYPTO_SALT_SIZE],
                                      uint32_t memory_kib, uint32_t passes, struct error *err);

/* seal/open a short message (keys, manifests): AES-256-GCM with a random nonce in front; sealed is length + CRYPTO_SEAL_OVERHEAD bytes.
 * open fails with CORRUPT and leaves out untouched when key, associated data or bytes differ. */
MUST_CHECK bool crypto_seal(uint8_t *out_sealed, const struct secret *key, const void *bytes, size_t length, const void *associated,
                            size_t associated_length, struct error *err);
MUST_CHECK bool crypto_open(uint8_t *out_bytes, const struct secret *key, const uint8_t *sealed, size_t sealed_length,
                            const void *associated, size_t associated_length, struct error *err);

/* block cipher of segment files: AES-256-GCM, nonce = 96-bit counter of the block; a key is used for one file written once, so that a
 * nonce never repeats. One context per thread, keyed once: re-keying is not paid for each block. `sealed` is length + TAG bytes and may
 * be the same address as the plain bytes. When a block does not open, CORRUPT, and out_bytes is wiped. */
struct crypto_blocks;
MUST_CHECK bool crypto_blocks_create(struct crypto_blocks **out_blocks, const struct secret *key, struct error *err);
void crypto_blocks_destroy(struct crypto_blocks *blocks);
DEFINE_CLEANUP(crypto_blocks, crypto_blocks_destroy)
MUST_CHECK bool crypto_block_seal(struct crypto_blocks *blocks, uint64_t block, const void *associated, size_t associated_length,
                                  const void *bytes, size_t length, uint8_t *out_sealed, struct error *err);
MUST_CHECK bool crypto_block_open(struct crypto_blocks *blocks, uint64_t block, const void *associated, size_t associated_length,
                                  const uint8_t *sealed, size_t sealed_length, uint8_t *out_bytes, struct error *err);

/* Ed25519 (RFC 8032). A signing key is a 32-byte seed in a secret. (crypto_sign itself is a symbol of libsodium.) */
MUST_CHECK bool crypto_signature_make(uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], const struct secret *seed, const void *bytes,
                                      size_t length, struct error *err);
MUST_CHECK bool crypto_public_key(uint8_t out_public_key[CRYPTO_PUBLIC_KEY_SIZE], const struct secret *seed, struct error *err);
bool crypto_signature_valid(const uint8_t signature[CRYPTO_SIGNATURE_SIZE], const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                            const void *bytes, size_t length);

/* Memory for decrypted pages: locked against swap where the limit allows it, excluded from core dumps, wiped on release. */
MUST_CHECK bool crypto_pages_create(void **out_pages, size_t length, struct error *err);
void crypto_pages_destroy(void *pages, size_t length);
/* Called once by the program at start: no core dumps, not dumpable (ptrace, /proc). */
MUST_CHECK bool crypto_process_harden(struct error *err);
