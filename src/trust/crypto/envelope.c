/* SPDX-License-Identifier: EUPL-1.2 */
/* envelope: HPKE (RFC 9180) in base mode for one message. The names of the values are those of the RFC, so that it can be read beside it.
 */
#include "trust/crypto/envelope.h"
#include "trust/crypto/aes_gcm.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(CRYPTO_PUBLIC_KEY_SIZE == crypto_scalarmult_BYTES && CRYPTO_KEY_SIZE == crypto_scalarmult_SCALARBYTES, "X25519");

/* RFC 9180 7: the identifiers of DHKEM(X25519, HKDF-SHA256) = 0x0020, HKDF-SHA256 = 1, AES-256-GCM = 2. */
static const uint8_t kem_suite[] = {'K', 'E', 'M', 0x00, 0x20};
static const uint8_t hpke_suite[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x02};
static const uint8_t version_label[] = {'H', 'P', 'K', 'E', '-', 'v', '1'};
enum { LABELED_MAX = 256, PURPOSE_MAX = 128 };

struct suite {
    const uint8_t *id;
    size_t length;
};
static const struct suite kem = {kem_suite, sizeof kem_suite}, hpke = {hpke_suite, sizeof hpke_suite};

struct labeled {
    uint8_t bytes[LABELED_MAX];
    size_t length;
};

static void labeled_add(struct labeled *labeled, const void *bytes, size_t length)
{
    assert(length <= sizeof labeled->bytes - labeled->length);
    if (length > 0) {
        memcpy(labeled->bytes + labeled->length, bytes, length);
        labeled->length += length;
    }
}

/* RFC 9180 4: LabeledExtract. */
static void labeled_extract(uint8_t out[CRYPTO_HASH_SIZE], struct suite suite, const uint8_t *salt, size_t salt_length, const char *label,
                            const void *material, size_t length)
{
    struct labeled in = {.length = 0};
    labeled_add(&in, version_label, sizeof version_label);
    labeled_add(&in, suite.id, suite.length);
    labeled_add(&in, label, strlen(label));
    labeled_add(&in, material, length);
    hkdf_extract(out, salt, salt_length, in.bytes, in.length);
    sodium_memzero(&in, sizeof in);
}

/* RFC 9180 4: LabeledExpand. */
static void labeled_expand(uint8_t *out, size_t out_length, struct suite suite, const uint8_t key[CRYPTO_HASH_SIZE], const char *label,
                           const void *info, size_t length)
{
    struct labeled in = {.length = 0};
    const uint8_t size[2] = {(uint8_t)(out_length >> 8), (uint8_t)out_length};
    labeled_add(&in, size, sizeof size);
    labeled_add(&in, version_label, sizeof version_label);
    labeled_add(&in, suite.id, suite.length);
    labeled_add(&in, label, strlen(label));
    labeled_add(&in, info, length);
    hkdf_expand(out, out_length, key, in.bytes, in.length);
}

static bool key_check(const struct secret *key, struct error *err)
{
    TRY(crypto_start(err));
    return secret_length(key) == CRYPTO_KEY_SIZE ? true : FAIL(err, INTERNAL, "an X25519 key has %d bytes", CRYPTO_KEY_SIZE);
}

bool crypto_envelope_public_key(uint8_t out_public_key[CRYPTO_PUBLIC_KEY_SIZE], const struct secret *key, struct error *err)
{
    TRY(key_check(key, err));
    crypto_scalarmult_base(out_public_key, secret_view(key));
    return true;
}

bool envelope_agree(struct secret **out_shared, const struct secret *key, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                    struct error *err)
{
    CLEANUP(secret) struct secret *shared = NULL;
    TRY(key_check(key, err));
    TRY(secret_create(&shared, CRYPTO_KEY_SIZE, err));
    if (crypto_scalarmult(secret_bytes(shared), secret_view(key), public_key) != 0) { /* RFC 7748 6.1: all zero */
        FAIL(err, INVALID_INPUT, "this is not a public key: it is a point of low order");
        return error_hint(err,
                          "ask its owner for the file once more: it was damaged, or somebody wants what is sealed to it to be readable");
    }
    *out_shared = shared;
    shared = NULL;
    return true;
}

bool envelope_shared_secret(struct secret **out_shared, const struct secret *key, const uint8_t other_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                            const uint8_t ephemeral_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                            const uint8_t recipient_public_key[CRYPTO_PUBLIC_KEY_SIZE], struct error *err)
{
    CLEANUP(secret) struct secret *dh = NULL, *eae_prk = NULL, *shared = NULL;
    uint8_t kem_context[2 * CRYPTO_PUBLIC_KEY_SIZE];
    memcpy(kem_context, ephemeral_public_key, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(kem_context + CRYPTO_PUBLIC_KEY_SIZE, recipient_public_key, CRYPTO_PUBLIC_KEY_SIZE);
    TRY(envelope_agree(&dh, key, other_public_key, err));
    TRY(secret_create(&eae_prk, CRYPTO_HASH_SIZE, err));
    TRY(secret_create(&shared, CRYPTO_HASH_SIZE, err));
    labeled_extract(secret_bytes(eae_prk), kem, NULL, 0, "eae_prk", secret_view(dh), CRYPTO_KEY_SIZE);
    labeled_expand(secret_bytes(shared), CRYPTO_HASH_SIZE, kem, secret_view(eae_prk), "shared_secret", kem_context, sizeof kem_context);
    *out_shared = shared;
    shared = NULL;
    return true;
}

/* RFC 9180 5.1: KeySchedule in base mode; the nonce of the only message is the base nonce. */
static bool key_schedule(struct secret **out_key, uint8_t out_nonce[CRYPTO_NONCE_SIZE], const struct secret *shared, const char *purpose,
                         struct error *err)
{
    CLEANUP(secret) struct secret *secret = NULL, *key = NULL;
    uint8_t context[1 + 2 * CRYPTO_HASH_SIZE] = {0x00}; /* mode_base */
    assert(strlen(purpose) <= PURPOSE_MAX);
    TRY(secret_create(&secret, CRYPTO_HASH_SIZE, err));
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    labeled_extract(context + 1, hpke, NULL, 0, "psk_id_hash", NULL, 0);
    labeled_extract(context + 1 + CRYPTO_HASH_SIZE, hpke, NULL, 0, "info_hash", purpose, strlen(purpose));
    labeled_extract(secret_bytes(secret), hpke, secret_view(shared), CRYPTO_HASH_SIZE, "secret", NULL, 0);
    labeled_expand(secret_bytes(key), CRYPTO_KEY_SIZE, hpke, secret_view(secret), "key", context, sizeof context);
    labeled_expand(out_nonce, CRYPTO_NONCE_SIZE, hpke, secret_view(secret), "base_nonce", context, sizeof context);
    *out_key = key;
    key = NULL;
    return true;
}

bool envelope_seal_from(uint8_t *out_sealed, const struct secret *ephemeral, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                        const struct envelope_text *text, struct error *err)
{
    CLEANUP(secret) struct secret *shared = NULL, *key = NULL;
    uint8_t enc[CRYPTO_PUBLIC_KEY_SIZE], nonce[CRYPTO_NONCE_SIZE];
    TRY(crypto_envelope_public_key(enc, ephemeral, err));
    TRY(envelope_shared_secret(&shared, ephemeral, public_key, enc, public_key, err));
    TRY(key_schedule(&key, nonce, shared, text->purpose, err));
    TRY(aes_gcm_seal(out_sealed + sizeof enc, key, nonce, text->bytes, text->length, text->associated, text->associated_length, err));
    memcpy(out_sealed, enc, sizeof enc);
    return true;
}

bool crypto_envelope_seal(uint8_t *out_sealed, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], const char *purpose,
                          const void *associated, size_t associated_length, const void *bytes, size_t length, struct error *err)
{
    CLEANUP(secret) struct secret *ephemeral = NULL;
    const struct envelope_text text = {purpose, associated, associated_length, bytes, length};
    TRY(crypto_start(err));
    TRY(secret_random(&ephemeral, CRYPTO_KEY_SIZE, err));
    return envelope_seal_from(out_sealed, ephemeral, public_key, &text, err);
}

bool crypto_envelope_open(uint8_t *out_bytes, const struct secret *key, const char *purpose, const void *associated,
                          size_t associated_length, const uint8_t *sealed, size_t sealed_length, struct error *err)
{
    CLEANUP(secret) struct secret *shared = NULL, *message_key = NULL;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE], nonce[CRYPTO_NONCE_SIZE];
    if (sealed_length < CRYPTO_ENVELOPE_OVERHEAD) {
        return FAIL(err, CORRUPT, "a sealed envelope is cut short");
    }
    TRY(crypto_envelope_public_key(public_key, key, err));
    if (!envelope_shared_secret(&shared, key, sealed, sealed, public_key, NULL)) { /* a low-order point in place of the sender's key */
        return FAIL(err, CORRUPT, "a sealed envelope does not open: its bytes are not the right ones");
    }
    TRY(key_schedule(&message_key, nonce, shared, purpose, err));
    return aes_gcm_open(out_bytes, message_key, nonce, sealed + CRYPTO_PUBLIC_KEY_SIZE, sealed_length - CRYPTO_PUBLIC_KEY_SIZE, associated,
                        associated_length, err);
}
