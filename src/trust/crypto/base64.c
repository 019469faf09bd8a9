/* SPDX-License-Identifier: EUPL-1.2 */
/* base64: the library's codec, in its strict variant (padding demanded, no stray bits, nothing skipped). */
#include "trust/crypto/crypto_base64.h"
#include <sodium.h>

void crypto_base64(char *out, const void *bytes, size_t length)
{
    sodium_bin2base64(out, CRYPTO_BASE64_SIZE(length), bytes, length, sodium_base64_VARIANT_ORIGINAL);
}

bool crypto_from_base64(void *out, size_t room, size_t *out_length, struct text text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        if ((uint8_t)text.data[i] > 0x7F) {
            return false; /* libsodium 1.0.18 takes some of these for digits */
        }
    }
    if (sodium_base642bin(out, room, text.data, text.length, NULL, &length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
        return false;
    }
    *out_length = length;
    return true;
}
