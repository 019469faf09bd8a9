/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto: starting the libraries, random bytes, comparing, wiping, hexadecimal, and the hardening of the process. */
#include "trust/crypto/crypto.h"
#include "trust/crypto/aes_gcm.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static_assert(CRYPTO_KEY_SIZE == crypto_generichash_BYTES, "a derived key is one BLAKE2b-256");
static_assert(CRYPTO_SALT_SIZE == crypto_pwhash_SALTBYTES, "the salt of Argon2id");
static_assert(CRYPTO_SIGNATURE_SIZE == crypto_sign_BYTES && CRYPTO_PUBLIC_KEY_SIZE == crypto_sign_PUBLICKEYBYTES, "Ed25519");

bool crypto_start(struct error *err)
{
    if (sodium_init() < 0) {
        FAIL(err, INTERNAL, "the cryptographic library could not start");
        return error_hint(err, "libsodium needs a working source of random numbers (getrandom or /dev/urandom)");
    }
    return aes_gcm_start(err);
}

void crypto_random(void *out, size_t length)
{
    randombytes_buf(out, length);
}

bool crypto_equal(const void *a, const void *b, size_t length)
{
    return sodium_memcmp(a, b, length) == 0;
}

void crypto_wipe(void *bytes, size_t length)
{
    sodium_memzero(bytes, length);
}

void crypto_hex(char *out, const void *bytes, size_t length)
{
    sodium_bin2hex(out, 2 * length + 1, bytes, length);
}

bool crypto_from_hex(void *out, size_t length, const char *hex)
{
    if (strlen(hex) != 2 * length || strspn(hex, "0123456789abcdef") != 2 * length) {
        return false;
    }
    return sodium_hex2bin(out, length, hex, 2 * length, NULL, NULL, NULL) == 0;
}

bool crypto_process_harden(struct error *err)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return FAIL_ERRNO(err, "", "core dumps could not be switched off");
    }
    return true;
}
