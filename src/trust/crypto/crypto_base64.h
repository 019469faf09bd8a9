/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_base64: the standard Base64 of RFC 4648 section 4, with padding, as signed notes write keys, hashes and signatures. Strict: what
 * is read is exactly what would be written. Not for secrets. */
#pragma once
#include "base/text.h"

#define CRYPTO_BASE64_SIZE(length) (((length) + 2) / 3 * 4 + 1) /* with the NUL at the end */

/* Writes CRYPTO_BASE64_SIZE(length) bytes. */
void crypto_base64(char *out, const void *bytes, size_t length);
/* False, with out in any state, unless all of `text` is Base64 of at most `room` bytes. */
MUST_CHECK bool crypto_from_base64(void *out, size_t room, size_t *out_length, struct text text);
