/* SPDX-License-Identifier: EUPL-1.2 */
/* registry_vault: a small file of a warehouse that is sealed as a whole under a data key of one domain, and replaced as a whole
 * (docs/formats/vault.md). What it holds is known to whoever opens the warehouse under a grant, and cannot be changed by anybody else. */
#pragma once
#include "base/buffer.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"

enum { VAULT_BYTES_MAX = 1 << 28 };
struct vault {
    const char *path;
    char kind[9]; /* 8 letters: what the file is */
    enum key_domain domain;
    const struct keyring *keyring;
    const struct grant *grant;
};
/* Appends what it holds; *out_exists false when there is no file. out_hash (NULL is fine): BLAKE2b-256 of the file. */
MUST_CHECK bool vault_read(const struct vault *vault, struct buffer *out, bool *out_exists, struct crypto_hash *out_hash,
                           struct error *err);
/* Durable when it returns. */
MUST_CHECK bool vault_write(const struct vault *vault, const void *bytes, size_t length, struct crypto_hash *out_hash, struct error *err);
