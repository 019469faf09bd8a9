/* SPDX-License-Identifier: EUPL-1.2 */
/* voprf: the proof from a given random scalar, for the vectors of RFC 9497. Private to crypto. */
#pragma once
#include "trust/crypto/crypto_voprf.h"

MUST_CHECK bool voprf_prove_from(uint8_t out_proof[CRYPTO_PROOF_SIZE], const struct crypto_batch *batch, const struct secret *key,
                                 const uint8_t public_key[CRYPTO_ELEMENT_SIZE], const struct secret *random_scalar, struct error *err);
