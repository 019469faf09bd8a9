/* SPDX-License-Identifier: EUPL-1.2 */
/* group: ristretto255 over libsodium; hashing to uniform bytes (RFC 9380 5.3.1, SHA-512). */
#include "trust/crypto/crypto_group.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(CRYPTO_ELEMENT_SIZE == crypto_core_ristretto255_BYTES && CRYPTO_SCALAR_SIZE == crypto_core_ristretto255_SCALARBYTES &&
                  CRYPTO_UNIFORM_SIZE == crypto_core_ristretto255_HASHBYTES &&
                  CRYPTO_UNIFORM_SIZE == crypto_core_ristretto255_NONREDUCEDSCALARBYTES && CRYPTO_UNIFORM_SIZE == crypto_hash_sha512_BYTES,
              "ristretto255 with SHA-512");

/* RFC 9496 4.3.1: s is below p, so the highest bit is 0. libsodium 1.0.18 does not look at it, and would take two encodings for one
 * element. */
static bool has_highest_bit(const uint8_t element[CRYPTO_ELEMENT_SIZE])
{
    return element[CRYPTO_ELEMENT_SIZE - 1] >> 7;
}

/* The library takes the identity for a point like others. */
bool crypto_element_valid(const uint8_t element[CRYPTO_ELEMENT_SIZE])
{
    return !has_highest_bit(element) && !sodium_is_zero(element, CRYPTO_ELEMENT_SIZE) &&
           crypto_core_ristretto255_is_valid_point(element) == 1;
}

bool crypto_scalar_valid(const uint8_t scalar[CRYPTO_SCALAR_SIZE])
{
    uint8_t wide[CRYPTO_UNIFORM_SIZE] = {0}, reduced[CRYPTO_SCALAR_SIZE];
    memcpy(wide, scalar, CRYPTO_SCALAR_SIZE);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    bool is_valid = sodium_memcmp(reduced, scalar, sizeof reduced) == 0 && !sodium_is_zero(scalar, CRYPTO_SCALAR_SIZE);
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(reduced, sizeof reduced);
    return is_valid;
}

/* RFC 9380 5.3.1 with one block of output: b_0 = H(Z_pad | msg | 0x0040 | 0x00 | DST'), b_1 = H(b_0 | 0x01 | DST'). */
void crypto_uniform(uint8_t out_uniform[CRYPTO_UNIFORM_SIZE], struct text tag, const struct text *parts, size_t count)
{
    static const uint8_t pad[128] = {0}, length[3] = {0, CRYPTO_UNIFORM_SIZE, 0}, one = 1;
    const uint8_t tag_length = (uint8_t)tag.length;
    uint8_t first[CRYPTO_UNIFORM_SIZE];
    crypto_hash_sha512_state state;
    assert(tag.length > 0 && tag.length <= CRYPTO_TAG_MAX);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, pad, sizeof pad);
    for (size_t i = 0; i < count; i++) {
        crypto_hash_sha512_update(&state, (const uint8_t *)parts[i].data, parts[i].length);
    }
    crypto_hash_sha512_update(&state, length, sizeof length);
    crypto_hash_sha512_update(&state, (const uint8_t *)tag.data, tag.length);
    crypto_hash_sha512_update(&state, &tag_length, 1);
    crypto_hash_sha512_final(&state, first);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, first, sizeof first);
    crypto_hash_sha512_update(&state, &one, 1);
    crypto_hash_sha512_update(&state, (const uint8_t *)tag.data, tag.length);
    crypto_hash_sha512_update(&state, &tag_length, 1);
    crypto_hash_sha512_final(&state, out_uniform);
    sodium_memzero(first, sizeof first);
    sodium_memzero(&state, sizeof state);
}

void crypto_element_from_uniform(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE])
{
    crypto_core_ristretto255_from_hash(out_element, uniform);
}

void crypto_scalar_from_uniform(uint8_t out_scalar[CRYPTO_SCALAR_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE])
{
    crypto_core_ristretto255_scalar_reduce(out_scalar, uniform);
}

bool crypto_scalar_random(struct secret **out_scalar, struct error *err)
{
    struct secret *scalar;
    TRY(secret_create(&scalar, CRYPTO_SCALAR_SIZE, err));
    crypto_core_ristretto255_scalar_random(secret_bytes(scalar)); /* never zero */
    *out_scalar = scalar;
    return true;
}

static bool scalar_refused(struct error *err)
{
    return FAIL(err, INVALID_INPUT, "a number is no exponent of the group: it is zero, or not below the order");
}

bool crypto_scalar_ratio(struct secret **out_scalar, const struct secret *a, const struct secret *b, struct error *err)
{
    CLEANUP(secret) struct secret *ratio = NULL;
    TRY(secret_create(&ratio, CRYPTO_SCALAR_SIZE, err));
    if (!crypto_scalar_valid(secret_view(a)) || crypto_core_ristretto255_scalar_invert(secret_bytes(ratio), secret_view(b)) != 0) {
        return scalar_refused(err);
    }
    crypto_core_ristretto255_scalar_mul(secret_bytes(ratio), secret_view(ratio), secret_view(a));
    *out_scalar = ratio;
    ratio = NULL;
    return true;
}

bool crypto_scalars_invert(uint8_t (*scalars)[CRYPTO_SCALAR_SIZE], uint8_t (*room)[CRYPTO_SCALAR_SIZE], size_t count, struct error *err)
{
    uint8_t product[CRYPTO_SCALAR_SIZE] = {1}, one[CRYPTO_SCALAR_SIZE];
    for (size_t i = 0; i < count; i++) { /* room[i]: the product of all before i */
        memcpy(room[i], product, sizeof product);
        crypto_core_ristretto255_scalar_mul(product, product, scalars[i]);
    }
    bool is_inverted = crypto_core_ristretto255_scalar_invert(product, product) == 0;
    for (size_t i = is_inverted ? count : 0; i-- > 0;) {
        crypto_core_ristretto255_scalar_mul(one, product, room[i]);
        crypto_core_ristretto255_scalar_mul(product, product, scalars[i]);
        memcpy(scalars[i], one, sizeof one);
    }
    sodium_memzero(room, count * sizeof *room);
    sodium_memzero(product, sizeof product);
    sodium_memzero(one, sizeof one);
    if (!is_inverted) {
        sodium_memzero(scalars, count * sizeof *scalars);
        return scalar_refused(err);
    }
    return true;
}

bool crypto_element_power(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t element[CRYPTO_ELEMENT_SIZE],
                          const uint8_t scalar[CRYPTO_SCALAR_SIZE], struct error *err)
{
    uint8_t power[CRYPTO_ELEMENT_SIZE];
    if (!crypto_scalar_valid(scalar)) {
        return scalar_refused(err);
    }
    /* It refuses what is no canonical encoding; with a scalar that is not zero only the identity gives the identity. */
    if (has_highest_bit(element) || crypto_scalarmult_ristretto255(power, scalar, element) != 0) {
        return FAIL(err, INVALID_INPUT, "32 bytes are no element of the group, or are its identity");
    }
    memcpy(out_element, power, sizeof power);
    return true;
}

bool crypto_element_generate(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t scalar[CRYPTO_SCALAR_SIZE], struct error *err)
{
    if (!crypto_scalar_valid(scalar) || crypto_scalarmult_ristretto255_base(out_element, scalar) != 0) {
        return scalar_refused(err);
    }
    return true;
}

bool crypto_random_from(uint8_t *out, size_t length, const struct secret *key, uint64_t number, struct error *err)
{
    CLEANUP(secret) struct secret *seed = NULL;
    uint8_t context[8];
    for (size_t i = 0; i < sizeof context; i++) {
        context[i] = (uint8_t)(number >> (8 * i));
    }
    TRY(crypto_derive(&seed, key, "emc2 random from 1", context, sizeof context, err));
    randombytes_buf_deterministic(out, length, secret_view(seed)); /* ChaCha20 with a constant nonce: the seed is used once */
    return true;
}
