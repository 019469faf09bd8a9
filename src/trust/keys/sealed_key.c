/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed_key: see sealed_key.h. A wrong passphrase and a changed file give the same failure of the tag, and the message says so. */
#include "trust/keys/sealed_key.h"
#include "trust/token/token.h"
#include <assert.h>
#include <string.h>

/* RFC 9106 section 4, second recommended option: 64 MiB, 3 passes (one lane here, which is what libsodium does). */
enum { MEMORY_KIB = 1 << 16, PASSES = 3, MEMORY_KIB_MIN = 8, PARAMETERS_SIZE = SEALED_KEY_SIZE - KEY_WRAPPED_SIZE };
static_assert((int)TOKEN_KEY_ID_SIZE == (int)CRYPTO_SALT_SIZE && (int)TOKEN_SEALED_SIZE(CRYPTO_KEY_SIZE) == (int)KEY_WRAPPED_SIZE,
              "one layout for both locks");

bool sealed_key_is_token(const struct sealed_key *sealed)
{
    return sealed->memory_kib == 0;
}

bool sealed_key_print(const struct sealed_key *sealed, struct buffer *out, struct error *err)
{
    TRY(buffer_append_u32(out, sealed->memory_kib, err));
    TRY(buffer_append_u32(out, sealed->passes, err));
    TRY(buffer_append(out, sealed->salt, sizeof sealed->salt, err));
    return buffer_append(out, sealed->sealed, sizeof sealed->sealed, err);
}

bool sealed_key_take(struct cursor *in, struct sealed_key *out_sealed, struct error *err)
{
    struct sealed_key found;
    const uint8_t *salt, *sealed;
    TRY(cursor_u32(in, &found.memory_kib, err));
    TRY(cursor_u32(in, &found.passes, err));
    TRY(cursor_bytes(in, sizeof found.salt, &salt, err));
    TRY(cursor_bytes(in, sizeof found.sealed, &sealed, err));
    /* Whoever can change the file must not make us take all the memory of the machine. */
    bool is_passphrase = found.memory_kib >= MEMORY_KIB_MIN && found.memory_kib <= CRYPTO_PASSPHRASE_MEMORY_KIB_MAX && found.passes >= 1 &&
                         found.passes <= CRYPTO_PASSPHRASE_PASSES_MAX;
    if (!is_passphrase && !(found.memory_kib == 0 && found.passes == 0)) {
        return FAIL(err, CORRUPT, "the file asks for more memory or passes than emc2 ever writes");
    }
    memcpy(found.salt, salt, sizeof found.salt);
    memcpy(found.sealed, sealed, sizeof found.sealed);
    *out_sealed = found;
    return true;
}

/* What the tag covers: the caller's bytes, then the parameters. */
static bool associate(struct buffer *out, const struct sealed_key *sealed, const void *associated, size_t length, struct error *err)
{
    TRY(buffer_append(out, associated, length, err));
    TRY(sealed_key_print(sealed, out, err));
    out->length -= KEY_WRAPPED_SIZE;
    return true;
}

void sealed_key_begin(struct sealed_key *out_sealed)
{
    *out_sealed = (struct sealed_key){.memory_kib = MEMORY_KIB, .passes = PASSES};
    crypto_random(out_sealed->salt, sizeof out_sealed->salt);
}

bool sealed_key_fill(struct sealed_key *sealed, const struct secret *key, const struct secret *passphrase, const void *associated,
                     size_t associated_length, struct error *err)
{
    CLEANUP(buffer_value) struct buffer all = {.maximum = SEALED_KEY_ASSOCIATED_MAX + SEALED_KEY_SIZE};
    CLEANUP(secret) struct secret *wrapping = NULL;
    TRY(associate(&all, sealed, associated, associated_length, err));
    TRY(crypto_passphrase_key(&wrapping, passphrase, sealed->salt, sealed->memory_kib, sealed->passes, err));
    return crypto_seal(sealed->sealed, wrapping, secret_view(key), CRYPTO_KEY_SIZE, all.data, all.length, err);
}

bool sealed_key_seal(struct sealed_key *out_sealed, const struct secret *key, const struct key_lock *lock, const void *associated,
                     size_t associated_length, struct error *err)
{
    struct sealed_key made = {0};
    if (lock->token) {
        CLEANUP(buffer_value) struct buffer all = {.maximum = SEALED_KEY_ASSOCIATED_MAX + SEALED_KEY_SIZE};
        TRY(token_key_create(lock->token, made.salt, err));
        TRY(associate(&all, &made, associated, associated_length, err));
        TRY(token_seal(made.sealed, lock->token, made.salt, secret_view(key), CRYPTO_KEY_SIZE, all.data, all.length, err));
    } else {
        sealed_key_begin(&made);
        TRY(sealed_key_fill(&made, key, lock->passphrase, associated, associated_length, err));
    }
    *out_sealed = made;
    return true;
}

static bool lock_check(const struct sealed_key *sealed, const struct key_lock *lock, const char *what, struct error *err)
{
    if (sealed_key_is_token(sealed) == (lock->token != NULL)) {
        return true;
    }
    FAIL(err, INVALID_ARGUMENT, sealed_key_is_token(sealed) ? "%s is sealed under a token" : "%s is sealed under a passphrase", what);
    return error_hint(err, sealed_key_is_token(sealed) ? "name the token's module with --pkcs11-module" : "leave --pkcs11-module out");
}

bool sealed_key_open(struct secret **out_key, const struct sealed_key *sealed, const struct key_lock *lock, const void *associated,
                     size_t associated_length, const char *what, struct error *err)
{
    CLEANUP(buffer_value) struct buffer all = {.maximum = SEALED_KEY_ASSOCIATED_MAX + SEALED_KEY_SIZE};
    CLEANUP(secret) struct secret *wrapping = NULL, *key = NULL;
    TRY(lock_check(sealed, lock, what, err));
    TRY(associate(&all, sealed, associated, associated_length, err));
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    if (lock->token) {
        TRY(token_open_sealed(secret_bytes(key), lock->token, sealed->salt, sealed->sealed, sizeof sealed->sealed, all.data, all.length,
                              err));
    } else {
        TRY(crypto_passphrase_key(&wrapping, lock->passphrase, sealed->salt, sealed->memory_kib, sealed->passes, err));
        if (!crypto_open(secret_bytes(key), wrapping, sealed->sealed, sizeof sealed->sealed, all.data, all.length, NULL)) {
            FAIL(err, DENIED, "%s does not open: the passphrase is wrong, or the file was changed", what);
            return error_hint(err, "the two cannot be told apart: try the passphrase again, then put the file back from a copy");
        }
    }
    *out_key = key;
    key = NULL;
    return true;
}
