/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_voprf: a function of an input under the key of another, who does not see the input (RFC 9497, suite ristretto255-SHA512).
 *   who asks: blind ── element ──> who has the key: evaluate, prove (one proof for a batch) ──> who asks: verify, unblind
 * What is unblinded is H(input)^key, the same for everybody who asks for the same input; finalize makes RFC 9497's output of it. */
#pragma once
#include "trust/crypto/crypto_group.h"

enum crypto_voprf_mode { CRYPTO_OPRF = 0, CRYPTO_VOPRF = 1 };
enum { CRYPTO_PROOF_SIZE = 2 * CRYPTO_SCALAR_SIZE, CRYPTO_BATCH_MAX = 65535, CRYPTO_VOPRF_OUTPUT_SIZE = 64, CRYPTO_PROOF_CONTEXT_MAX = 64 };

/* DeriveKeyPair (3.2.1). */
MUST_CHECK bool crypto_voprf_key_derive(struct secret **out_key, enum crypto_voprf_mode mode, const struct secret *seed, struct text info,
                                        struct error *err);
MUST_CHECK bool crypto_voprf_public_key(uint8_t out_public_key[CRYPTO_ELEMENT_SIZE], const struct secret *key, struct error *err);

/* HashToGroup up to its uniform bytes, over the parts of the input one behind the other: what is kept of an input until it is blinded. As
 * secret as the input. */
void crypto_voprf_input(uint8_t out_uniform[CRYPTO_UNIFORM_SIZE], enum crypto_voprf_mode mode, const struct text *parts, size_t count);
/* Blind (3.3.1): `blind` is a scalar, random and used once. */
MUST_CHECK bool crypto_voprf_blind(uint8_t out_blinded[CRYPTO_ELEMENT_SIZE], const uint8_t uniform[CRYPTO_UNIFORM_SIZE],
                                   const uint8_t blind[CRYPTO_SCALAR_SIZE], struct error *err);
/* BlindEvaluate is crypto_element_power(out, blinded, key); unblinding is crypto_element_power(out, evaluated, 1/blind). */

/* GenerateProof (2.2.1, with ComputeCompositesFast): that every evaluated[i] is blinded[i]^key with the key of public_key. context binds
 * the proof to what it was made for; with an empty context it is RFC 9497's, byte by byte. 1 to CRYPTO_BATCH_MAX elements. */
struct crypto_batch {
    const uint8_t (*blinded)[CRYPTO_ELEMENT_SIZE];
    const uint8_t (*evaluated)[CRYPTO_ELEMENT_SIZE];
    size_t count;
    struct text context;
};
MUST_CHECK bool crypto_voprf_prove(uint8_t out_proof[CRYPTO_PROOF_SIZE], const struct crypto_batch *batch, const struct secret *key,
                                   const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err);
/* VerifyProof (2.2.2). DENIED when it does not hold; INVALID_INPUT when an element is none. */
MUST_CHECK bool crypto_voprf_verify(const struct crypto_batch *batch, const uint8_t proof[CRYPTO_PROOF_SIZE],
                                    const uint8_t public_key[CRYPTO_ELEMENT_SIZE], struct error *err);
/* Finalize (3.3.1), of what was unblinded. */
void crypto_voprf_finalize(uint8_t out_output[CRYPTO_VOPRF_OUTPUT_SIZE], struct text input, const uint8_t unblinded[CRYPTO_ELEMENT_SIZE]);
