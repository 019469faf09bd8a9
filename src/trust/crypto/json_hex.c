/* SPDX-License-Identifier: EUPL-1.2 */
/* json_hex: bytes as hexadecimal members of JSON, written and read in one place. */
#include "trust/crypto/crypto_json.h"
#include <assert.h>

bool crypto_named_hex(struct json_writer *writer, const char *name, const void *bytes, size_t length, struct error *err)
{
    char hex[2 * CRYPTO_JSON_MAX + 1];
    assert(length <= CRYPTO_JSON_MAX);
    crypto_hex(hex, bytes, length);
    return json_named_text(writer, name, hex, err);
}

bool crypto_member_hex(const struct json *object, const char *name, void *out, size_t length)
{
    const struct json *member = json_member_text(object, name);
    /* the length, too: behind a NUL in the text there could be more */
    return member && member->text.length == 2 * length && crypto_from_hex(out, length, member->text.data);
}
