/* SPDX-License-Identifier: EUPL-1.2 */
/* multiply: a product of many powers, in a fraction of the time that the powers take one by one. NOT in constant time: for elements and
 * exponents that everybody may know (the weights of a proof), never for a secret. Private to crypto. */
#pragma once
#include "trust/crypto/crypto_group.h"

/* out = product of elements[i]^scalars[i]; 32 zeros for the identity. INVALID_INPUT when an element is none, or is the identity. Scalars
 * are below the order. */
MUST_CHECK bool multiply_public(uint8_t out_element[CRYPTO_ELEMENT_SIZE], const uint8_t (*elements)[CRYPTO_ELEMENT_SIZE],
                                const uint8_t (*scalars)[CRYPTO_SCALAR_SIZE], size_t count, struct error *err);
