/* SPDX-License-Identifier: EUPL-1.2 */
/* crypto_json: keys, hashes and signatures as members of JSON, in lower-case hexadecimal. */
#pragma once
#include "base/json.h"
#include "trust/crypto/crypto.h"

enum { CRYPTO_JSON_MAX = 64 }; /* bytes: a signature */

MUST_CHECK bool crypto_named_hex(struct json_writer *writer, const char *name, const void *bytes, size_t length, struct error *err);
/* False, and out untouched, when the member is not there or is not 2 * length digits. */
MUST_CHECK bool crypto_member_hex(const struct json *object, const char *name, void *out, size_t length);
