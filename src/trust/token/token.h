/* SPDX-License-Identifier: EUPL-1.2 */
/* token: short secrets sealed under a key that never leaves a PKCS#11 token (a smart card, an HSM, SoftHSM). The only user of the
 * PKCS#11 header; the maker's module is loaded at run time and talks to its own device.
 * The key is AES-256, made in the token, sensitive and not extractable; the cipher is AES-256-GCM (PKCS#11 v2.40 2.12). */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

enum { TOKEN_KEY_ID_SIZE = 16 };
#define TOKEN_SEALED_SIZE(length) (CRYPTO_SEAL_OVERHEAD + (length))

struct token;
/* module: path of the maker's library. label: the token's label, NULL for the only token that is there. DENIED for a wrong PIN. */
MUST_CHECK bool token_open(struct token **out_token, const char *module, const char *label, const struct secret *pin, struct error *err);
void token_close(struct token *token); /* logs out */
DEFINE_CLEANUP(token, token_close)
/* A new key in the token, labelled "emc2", with a random id. */
MUST_CHECK bool token_key_create(struct token *token, uint8_t out_key_id[TOKEN_KEY_ID_SIZE], struct error *err);
/* As crypto_seal and crypto_open: a random nonce, the message, the tag. */
MUST_CHECK bool token_seal(uint8_t *out_sealed, struct token *token, const uint8_t key_id[TOKEN_KEY_ID_SIZE], const void *bytes,
                           size_t length, const void *associated, size_t associated_length, struct error *err);
/* DENIED when the token has no such key; CORRUPT when the bytes do not open. */
MUST_CHECK bool token_open_sealed(uint8_t *out_bytes, struct token *token, const uint8_t key_id[TOKEN_KEY_ID_SIZE], const uint8_t *sealed,
                                  size_t sealed_length, const void *associated, size_t associated_length, struct error *err);
