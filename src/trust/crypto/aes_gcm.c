/* SPDX-License-Identifier: EUPL-1.2 */
/* aes_gcm: AES-256-GCM (NIST SP 800-38D) through OpenSSL EVP. Short messages with a random nonce, and the blocks of sealed files: there a
 * context is keyed once and each block changes only the nonce, so that the key schedule and the GHASH tables are not made again. */
#include "trust/crypto/aes_gcm.h"
#include "trust/crypto/crypto.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* The only process-wide state: an immutable, reference-counted description, set once before any thread starts. */
static EVP_CIPHER *cipher;

static bool engine_failed(struct error *err, const char *what)
{
    char words[160];
    ERR_error_string_n(ERR_get_error(), words, sizeof words);
    ERR_clear_error();
    FAIL(err, INTERNAL, "%s failed inside the cryptographic library", what);
    return error_detail(err, "%s", words);
}

bool aes_gcm_start(struct error *err)
{
    if (!cipher) {
        cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    }
    return cipher ? true : engine_failed(err, "looking up AES-256-GCM");
}

struct message {
    const uint8_t *nonce;
    const void *associated;
    size_t associated_length;
    const uint8_t *bytes;
    size_t length;
};

static bool is_too_long(const struct message *message)
{
    return message->length > INT_MAX - CRYPTO_SEAL_OVERHEAD || message->associated_length > INT_MAX;
}

/* context is keyed; out may be the same address as bytes. */
static bool gcm_seal(EVP_CIPHER_CTX *context, const struct message *message, uint8_t *out_bytes, uint8_t *out_tag, struct error *err)
{
    int written = 0, rest = 0;
    if (is_too_long(message)) {
        return FAIL(err, LIMIT, "a message of %zu bytes is too long to be sealed at once", message->length);
    }
    if (EVP_EncryptInit_ex2(context, NULL, NULL, message->nonce, NULL) != 1 ||
        (message->associated_length &&
         EVP_EncryptUpdate(context, NULL, &written, message->associated, (int)message->associated_length) != 1) ||
        (message->length && EVP_EncryptUpdate(context, out_bytes, &written, message->bytes, (int)message->length) != 1) ||
        EVP_EncryptFinal_ex(context, out_tag, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_SIZE, out_tag) != 1) {
        return engine_failed(err, "sealing");
    }
    return true;
}

/* False when it does not open; out_bytes then holds nothing of the message. */
static bool gcm_open(EVP_CIPHER_CTX *context, const struct message *message, const uint8_t *tag, uint8_t *out_bytes)
{
    int written = 0, rest = 0;
    uint8_t expected[CRYPTO_TAG_SIZE], nothing[CRYPTO_TAG_SIZE];
    memcpy(expected, tag, sizeof expected); /* the library wants it writable */
    if (is_too_long(message) || EVP_DecryptInit_ex2(context, NULL, NULL, message->nonce, NULL) != 1 ||
        (message->associated_length &&
         EVP_DecryptUpdate(context, NULL, &written, message->associated, (int)message->associated_length) != 1) ||
        (message->length && EVP_DecryptUpdate(context, out_bytes, &written, message->bytes, (int)message->length) != 1) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_SIZE, expected) != 1 ||
        EVP_DecryptFinal_ex(context, nothing, &rest) != 1) {
        ERR_clear_error();
        crypto_wipe(out_bytes, message->length); /* bytes that were decrypted before the tag was known to be wrong */
        return false;
    }
    return true;
}

static EVP_CIPHER_CTX *context_keyed(const struct secret *key, bool is_sealing)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done = 0;
    if (context) {
        done = is_sealing ? EVP_EncryptInit_ex2(context, cipher, secret_view(key), NULL, NULL)
                          : EVP_DecryptInit_ex2(context, cipher, secret_view(key), NULL, NULL);
    }
    if (done != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

static bool key_check(const struct secret *key, struct error *err)
{
    TRY(aes_gcm_start(err));
    return secret_length(key) == CRYPTO_KEY_SIZE ? true : FAIL(err, INTERNAL, "a key of AES-256 has %d bytes", CRYPTO_KEY_SIZE);
}

bool aes_gcm_seal(uint8_t *out_sealed, const struct secret *key, const uint8_t nonce[CRYPTO_NONCE_SIZE], const void *bytes, size_t length,
                  const void *associated, size_t associated_length, struct error *err)
{
    TRY(key_check(key, err));
    EVP_CIPHER_CTX *context = context_keyed(key, true);
    if (!context) {
        return engine_failed(err, "sealing");
    }
    struct message message = {nonce, associated, associated_length, bytes, length};
    bool done = gcm_seal(context, &message, out_sealed, out_sealed + length, err);
    EVP_CIPHER_CTX_free(context); /* wipes the key schedule */
    return done;
}

bool crypto_seal(uint8_t *out_sealed, const struct secret *key, const void *bytes, size_t length, const void *associated,
                 size_t associated_length, struct error *err)
{
    uint8_t nonce[CRYPTO_NONCE_SIZE];
    randombytes_buf(nonce, sizeof nonce);
    TRY(aes_gcm_seal(out_sealed + sizeof nonce, key, nonce, bytes, length, associated, associated_length, err));
    memcpy(out_sealed, nonce, sizeof nonce);
    return true;
}

bool aes_gcm_open(uint8_t *out_bytes, const struct secret *key, const uint8_t nonce[CRYPTO_NONCE_SIZE], const uint8_t *sealed,
                  size_t sealed_length, const void *associated, size_t associated_length, struct error *err)
{
    TRY(key_check(key, err));
    if (sealed_length < CRYPTO_TAG_SIZE) {
        return FAIL(err, CORRUPT, "a sealed message is cut short");
    }
    size_t length = sealed_length - CRYPTO_TAG_SIZE;
    struct message message = {nonce, associated, associated_length, sealed, length};
    struct secret *plain; /* not into out_bytes at once: it stays untouched when the tag is wrong */
    TRY(secret_create(&plain, length, err));
    EVP_CIPHER_CTX *context = context_keyed(key, false);
    bool done = context && gcm_open(context, &message, sealed + length, secret_bytes(plain));
    if (done) {
        memcpy(out_bytes, secret_view(plain), length);
    }
    EVP_CIPHER_CTX_free(context);
    secret_destroy(plain);
    return done ? true : FAIL(err, CORRUPT, "a sealed message does not open: its key or its bytes are not the right ones");
}

bool crypto_open(uint8_t *out_bytes, const struct secret *key, const uint8_t *sealed, size_t sealed_length, const void *associated,
                 size_t associated_length, struct error *err)
{
    if (sealed_length < CRYPTO_SEAL_OVERHEAD) {
        return FAIL(err, CORRUPT, "a sealed message is cut short");
    }
    return aes_gcm_open(out_bytes, key, sealed, sealed + CRYPTO_NONCE_SIZE, sealed_length - CRYPTO_NONCE_SIZE, associated,
                        associated_length, err);
}

struct crypto_blocks {
    EVP_CIPHER_CTX *sealing, *opening;
};

bool crypto_blocks_create(struct crypto_blocks **out_blocks, const struct secret *key, struct error *err)
{
    TRY(key_check(key, err));
    CLEANUP(crypto_blocks) struct crypto_blocks *blocks = calloc(1, sizeof *blocks);
    if (blocks) {
        blocks->sealing = context_keyed(key, true);
        blocks->opening = context_keyed(key, false);
    }
    if (!blocks || !blocks->sealing || !blocks->opening) {
        return engine_failed(err, "keying a cipher");
    }
    *out_blocks = blocks;
    blocks = NULL;
    return true;
}

void crypto_blocks_destroy(struct crypto_blocks *blocks)
{
    if (blocks) {
        EVP_CIPHER_CTX_free(blocks->sealing);
        EVP_CIPHER_CTX_free(blocks->opening);
        free(blocks);
    }
}

/* The nonce is the number of the block, 96 bits, little-endian. */
static void block_nonce(uint8_t out_nonce[CRYPTO_NONCE_SIZE], uint64_t block)
{
    memset(out_nonce, 0, CRYPTO_NONCE_SIZE);
    for (unsigned i = 0; i < sizeof block; i++) {
        out_nonce[i] = (uint8_t)(block >> (8 * i));
    }
}

bool crypto_block_seal(struct crypto_blocks *blocks, uint64_t block, const void *associated, size_t associated_length, const void *bytes,
                       size_t length, uint8_t *out_sealed, struct error *err)
{
    uint8_t nonce[CRYPTO_NONCE_SIZE];
    block_nonce(nonce, block);
    struct message message = {nonce, associated, associated_length, bytes, length};
    return gcm_seal(blocks->sealing, &message, out_sealed, out_sealed + length, err);
}

bool crypto_block_open(struct crypto_blocks *blocks, uint64_t block, const void *associated, size_t associated_length,
                       const uint8_t *sealed, size_t sealed_length, uint8_t *out_bytes, struct error *err)
{
    if (sealed_length < CRYPTO_TAG_SIZE) {
        return FAIL(err, CORRUPT, "a sealed block is cut short");
    }
    uint8_t nonce[CRYPTO_NONCE_SIZE];
    block_nonce(nonce, block);
    size_t length = sealed_length - CRYPTO_TAG_SIZE;
    struct message message = {nonce, associated, associated_length, sealed, length};
    if (!gcm_open(blocks->opening, &message, sealed + length, out_bytes)) {
        return FAIL(err, CORRUPT, "a sealed block does not open: its key or its bytes are not the right ones");
    }
    return true;
}
