/* SPDX-License-Identifier: EUPL-1.2 */
/* root_file: the bytes of a file that holds the root key, sealed under a key made from a passphrase (private to keys).
 * 8 "EMC2ROOT", 4 version, 16 store id, then a sealed key (sealed_key.h), never under a token; little-endian. Written description:
 * docs/formats/root-key.md. */
#pragma once
#include "base/error.h"
#include "trust/keys/sealed_key.h"

enum { ROOT_FILE_HEAD_SIZE = 8 + 4 + GRANT_STORE_ID_SIZE, ROOT_FILE_SIZE = ROOT_FILE_HEAD_SIZE + SEALED_KEY_SIZE };

struct root_file {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct sealed_key key;
};

/* CORRUPT unless the bytes are exactly such a file with parameters in their bounds; UNSUPPORTED for a later version. */
MUST_CHECK bool root_file_parse(struct root_file *out_file, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool root_file_print(const struct root_file *file, struct buffer *out, struct error *err);
/* With the parameters and the salt that are there (sealed_key_begin). */
MUST_CHECK bool root_file_seal(struct root_file *file, const struct secret *root, const struct secret *passphrase, struct error *err);
MUST_CHECK bool root_file_unseal(const struct root_file *file, const struct secret *passphrase, struct secret **out_root,
                                 struct error *err);
