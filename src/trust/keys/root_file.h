/* SPDX-License-Identifier: EUPL-1.2 */
/* root_file: the bytes of a file that holds the root key, sealed under a key made from a passphrase (private to keys).
 * 8 "EMC2ROOT", 4 version, 16 store id, 4 Argon2id memory in KiB, 4 passes, 16 salt, 60 sealed root (nonce, 32, tag); little-endian. All
 * that stands before the sealed root is its associated data. Written description: docs/formats/root-key.md. */
#pragma once
#include "base/error.h"
#include "trust/keys/keys.h"

enum {
    ROOT_FILE_HEAD_SIZE = 8 + 4 + GRANT_STORE_ID_SIZE + 4 + 4 + CRYPTO_SALT_SIZE,
    ROOT_FILE_SIZE = ROOT_FILE_HEAD_SIZE + KEY_WRAPPED_SIZE
};

struct root_file {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint32_t memory_kib, passes;
    uint8_t salt[CRYPTO_SALT_SIZE];
    uint8_t sealed_root[KEY_WRAPPED_SIZE];
};

/* CORRUPT unless the bytes are exactly such a file with parameters in their bounds; UNSUPPORTED for a later version. */
MUST_CHECK bool root_file_parse(struct root_file *out_file, const void *bytes, size_t length, struct error *err);
void root_file_write(const struct root_file *file, uint8_t out_bytes[ROOT_FILE_SIZE]);
MUST_CHECK bool root_file_seal(struct root_file *file, const struct secret *root, const struct secret *passphrase, struct error *err);
MUST_CHECK bool root_file_unseal(const struct root_file *file, const struct secret *passphrase, struct secret **out_root,
                                 struct error *err);
