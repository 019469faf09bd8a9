/* SPDX-License-Identifier: EUPL-1.2 */
/* voprf: RFC 9497 with ristretto255 and SHA-512. The names of the values are those of the RFC, so that it can be read beside it. */
#include "trust/crypto/voprf.h"
#include "trust/crypto/multiply.h"
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* RFC 9497 3.1, 4.1: contextString = "OPRFV1-" | mode | "-" | identifier. */
static const uint8_t context_strings[2][28] = {"OPRFV1-\x00-ristretto255-SHA512", "OPRFV1-\x01-ristretto255-SHA512"};
enum { CONTEXT_SIZE = 7 + 1 + 1 + 19, SHA512_SIZE = 64 };
static_assert(sizeof context_strings[0] == CONTEXT_SIZE, "without a NUL");

struct tag {
    char bytes[CRYPTO_TAG_MAX];
    size_t length;
};

static struct tag tag_of(const char *name, enum crypto_voprf_mode mode)
{
    struct tag tag = {.length = strlen(name)};
    memcpy(tag.bytes, name, tag.length);
    memcpy(tag.bytes + tag.length, context_strings[mode], CONTEXT_SIZE);
    tag.length += CONTEXT_SIZE;
    return tag;
}

static void hash_to_scalar(uint8_t out_scalar[CRYPTO_SCALAR_SIZE], const struct tag *tag, const struct text *parts, size_t count)
{
    uint8_t uniform[CRYPTO_UNIFORM_SIZE];
    crypto_uniform(uniform, (struct text){tag->bytes, tag->length}, parts, count);
    crypto_scalar_from_uniform(out_scalar, uniform);
    sodium_memzero(uniform, sizeof uniform);
}

static struct text bytes_of(const void *bytes, size_t length)
{
    return (struct text){bytes, length};
}

bool crypto_voprf_key_derive(struct secret **out_key, enum crypto_voprf_mode mode, const struct secret *seed, struct text info,
                             struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    const struct tag tag = tag_of("DeriveKeyPair", mode);
    const uint8_t length[2] = {(uint8_t)(info.length >> 8), (uint8_t)info.length};
    uint8_t counter = 0;
    const struct text parts[] = {bytes_of(secret_view(seed), secret_length(seed)), bytes_of(length, 2), info, bytes_of(&counter, 1)};
    assert(info.length <= UINT16_MAX);
    TRY(crypto_start(err));
    TRY(secret_create(&key, CRYPTO_SCALAR_SIZE, err));
    do {
        hash_to_scalar(secret_bytes(key), &tag, parts, 4);
    } while (!crypto_scalar_valid(secret_view(key)) && ++counter > 0);
    if (!crypto_scalar_valid(secret_view(key))) {
        return FAIL(err, INTERNAL, "no key can be made of this seed");
    }
    *out_key = key;
    key = NULL;
    return true;
}

bool crypto_voprf_public_key(uint8_t out_public_key[CRYPTO_ELEMENT_SIZE], const struct secret *key, struct error *err)
{
    return crypto_element_generate(out_public_key, secret_view(key), err);
}

void crypto_voprf_input(uint8_t out_uniform[CRYPTO_UNIFORM_SIZE], enum crypto_voprf_mode mode, const struct text *parts, size_t count)
{
    const struct tag tag = tag_of("HashToGroup-", mode);
    crypto_uniform(out_uniform, (struct text){tag.bytes, tag.length}, parts, count);
}

bool crypto_voprf_blind(uint8_t out_blinded[CRYPTO_ELEMENT_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE],
                        const uint8_t blind[CRYPTO_SCALAR_SIZE], struct error *err)
{
    uint8_t element[CRYPTO_ELEMENT_SIZE];
    crypto_element_from_uniform(element, uniform);
    bool done = crypto_element_power(out_blinded, element, blind, err); /* RFC 9497 3.3.1: fails for the identity */
    sodium_memzero(element, sizeof element);
    return done;
}

/* ---- proofs ---- */
struct composites {
    uint8_t m[CRYPTO_ELEMENT_SIZE], z[CRYPTO_ELEMENT_SIZE];
};
static const uint8_t element_length[2] = {0, CRYPTO_ELEMENT_SIZE};

/* ComputeComposites: the seed from which the weights of a batch come. */
static void seed_of(uint8_t out_seed[SHA512_SIZE], const struct crypto_batch *batch, const uint8_t public_key[CRYPTO_ELEMENT_SIZE])
{
    struct tag tag = tag_of("Seed-", CRYPTO_VOPRF);
    crypto_hash_sha512_state state;
    if (batch->context.length > 0) {
        memcpy(tag.bytes + tag.length, batch->context.data, batch->context.length);
        tag.length += batch->context.length;
    }
    const uint8_t tag_length[2] = {0, (uint8_t)tag.length};
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, element_length, 2);
    crypto_hash_sha512_update(&state, public_key, CRYPTO_ELEMENT_SIZE);
    crypto_hash_sha512_update(&state, tag_length, 2);
    crypto_hash_sha512_update(&state, (const uint8_t *)tag.bytes, tag.length);
    crypto_hash_sha512_final(&state, out_seed);
}

static void weight_of(uint8_t out_weight[CRYPTO_SCALAR_SIZE], const struct tag *tag, const uint8_t seed[SHA512_SIZE],
                      const struct crypto_batch *batch, size_t at)
{
    static const uint8_t seed_length[2] = {0, SHA512_SIZE};
    const uint8_t index[2] = {(uint8_t)(at >> 8), (uint8_t)at};
    const struct text parts[] = {bytes_of(seed_length, 2),
                                 bytes_of(seed, SHA512_SIZE),
                                 bytes_of(index, 2),
                                 bytes_of(element_length, 2),
                                 bytes_of(batch->blinded[at], CRYPTO_ELEMENT_SIZE),
                                 bytes_of(element_length, 2),
                                 bytes_of(batch->evaluated[at], CRYPTO_ELEMENT_SIZE),
                                 TEXT("Composite")};
    hash_to_scalar(out_weight, tag, parts, 8);
}

/* The weighted products of both lists; key NULL: z like m, as who has no key must do; otherwise z = m^key. Weights and elements are public.
 */
static bool compose_with(struct composites *out, const struct crypto_batch *batch, uint8_t (*weights)[CRYPTO_SCALAR_SIZE],
                         const struct secret *key, struct error *err)
{
    const uint8_t(*weights_view)[CRYPTO_SCALAR_SIZE] = (const uint8_t(*)[CRYPTO_SCALAR_SIZE])weights;
    struct composites sums;
    TRY(multiply_public(sums.m, batch->blinded, weights_view, batch->count, err));
    TRY(key ? crypto_element_power(sums.z, sums.m, secret_view(key), err)
            : multiply_public(sums.z, batch->evaluated, weights_view, batch->count, err));
    *out = sums;
    return true;
}

static bool compose(struct composites *out, const struct crypto_batch *batch, const struct secret *key,
                    const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    const struct tag tag = tag_of("HashToScalar-", CRYPTO_VOPRF);
    uint8_t seed[SHA512_SIZE], (*weights)[CRYPTO_SCALAR_SIZE] = calloc(batch->count, sizeof *weights);
    if (!weights) {
        abort(); /* like the arena */
    }
    seed_of(seed, batch, public_key);
    for (size_t i = 0; i < batch->count; i++) {
        weight_of(weights[i], &tag, seed, batch, i);
    }
    bool done = compose_with(out, batch, weights, key, err);
    free(weights);
    return done;
}

static void challenge_of(uint8_t out_challenge[CRYPTO_SCALAR_SIZE], const uint8_t public_key[CRYPTO_ELEMENT_SIZE],
                         const struct composites *composites, const uint8_t t2[CRYPTO_ELEMENT_SIZE], const uint8_t t3[CRYPTO_ELEMENT_SIZE])
{
    const struct tag tag = tag_of("HashToScalar-", CRYPTO_VOPRF);
    const uint8_t *elements[] = {public_key, composites->m, composites->z, t2, t3};
    struct text parts[2 * 5 + 1];
    for (size_t i = 0; i < 5; i++) {
        parts[2 * i] = bytes_of(element_length, 2);
        parts[2 * i + 1] = bytes_of(elements[i], CRYPTO_ELEMENT_SIZE);
    }
    parts[10] = TEXT("Challenge");
    hash_to_scalar(out_challenge, &tag, parts, 11);
}

static bool batch_check(const struct crypto_batch *batch, const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    assert(batch->context.length <= CRYPTO_PROOF_CONTEXT_MAX);
    if (batch->count < 1 || batch->count > CRYPTO_BATCH_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a proof is over 1 to %d elements", CRYPTO_BATCH_MAX);
    }
    return crypto_element_valid(public_key) || FAIL(err, INVALID_INPUT, "32 bytes are no public key of the group");
}

bool voprf_prove_from(uint8_t out_proof[CRYPTO_PROOF_SIZE], const struct crypto_batch *batch, const struct secret *key,
                      const uint8_t public_key[CRYPTO_ELEMENT_SIZE], const struct secret *random_scalar, struct error *err)
{
    CLEANUP(secret) struct secret *product = NULL;
    struct composites composites;
    uint8_t t2[CRYPTO_ELEMENT_SIZE], t3[CRYPTO_ELEMENT_SIZE], *c = out_proof, *s = out_proof + CRYPTO_SCALAR_SIZE;
    TRY(batch_check(batch, public_key, err));
    TRY(secret_create(&product, CRYPTO_SCALAR_SIZE, err));
    TRY(compose(&composites, batch, key, public_key, err));
    TRY(crypto_element_generate(t2, secret_view(random_scalar), err));
    TRY(crypto_element_power(t3, composites.m, secret_view(random_scalar), err));
    challenge_of(c, public_key, &composites, t2, t3);
    crypto_core_ristretto255_scalar_mul(secret_bytes(product), c, secret_view(key));
    crypto_core_ristretto255_scalar_sub(s, secret_view(random_scalar), secret_view(product));
    return true;
}

bool crypto_voprf_prove(uint8_t out_proof[CRYPTO_PROOF_SIZE], const struct crypto_batch *batch, const struct secret *key,
                        const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    CLEANUP(secret) struct secret *random_scalar = NULL;
    TRY(crypto_start(err));
    TRY(crypto_scalar_random(&random_scalar, err));
    return voprf_prove_from(out_proof, batch, key, public_key, random_scalar, err);
}

static bool proof_refused(struct error *err)
{
    FAIL(err, DENIED, "the proof does not hold: the elements were not evaluated with the key of this public key");
    return error_hint(err, "nothing of this answer may be used; ask the authority which key it used");
}

/* a^s * b^c; false for what a true proof never has. */
static bool commitment_of(uint8_t out[CRYPTO_ELEMENT_SIZE], const uint8_t *a, const uint8_t *s, const uint8_t *b, const uint8_t *c)
{
    uint8_t first[CRYPTO_ELEMENT_SIZE], second[CRYPTO_ELEMENT_SIZE];
    TRY(a ? crypto_element_power(first, a, s, NULL) : crypto_element_generate(first, s, NULL));
    TRY(crypto_element_power(second, b, c, NULL));
    return crypto_core_ristretto255_add(out, first, second) == 0;
}

bool crypto_voprf_verify(const struct crypto_batch *batch, const uint8_t proof[CRYPTO_PROOF_SIZE],
                         const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err)
{
    struct composites composites;
    uint8_t t2[CRYPTO_ELEMENT_SIZE], t3[CRYPTO_ELEMENT_SIZE], expected[CRYPTO_SCALAR_SIZE];
    const uint8_t *c = proof, *s = proof + CRYPTO_SCALAR_SIZE;
    TRY(crypto_start(err));
    TRY(batch_check(batch, public_key, err));
    TRY(compose(&composites, batch, NULL, public_key, err));
    TRY((commitment_of(t2, NULL, s, public_key, c) && commitment_of(t3, composites.m, s, composites.z, c)) || proof_refused(err));
    challenge_of(expected, public_key, &composites, t2, t3);
    return crypto_equal(expected, c, sizeof expected) || proof_refused(err);
}

/* ---- the output of RFC 9497 ---- */
void crypto_voprf_finalize(uint8_t out_output[CRYPTO_VOPRF_OUTPUT_SIZE], struct text input, const uint8_t unblinded[CRYPTO_ELEMENT_SIZE])
{
    const uint8_t length[2] = {(uint8_t)(input.length >> 8), (uint8_t)input.length};
    crypto_hash_sha512_state state;
    assert(input.length <= UINT16_MAX);
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, length, 2);
    crypto_hash_sha512_update(&state, (const uint8_t *)input.data, input.length);
    crypto_hash_sha512_update(&state, element_length, 2);
    crypto_hash_sha512_update(&state, unblinded, CRYPTO_ELEMENT_SIZE);
    crypto_hash_sha512_update(&state, (const uint8_t *)"Finalize", 8);
    crypto_hash_sha512_final(&state, out_output);
    sodium_memzero(&state, sizeof state);
}
