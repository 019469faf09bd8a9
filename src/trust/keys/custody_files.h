/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_files: the bytes of a custodian's file and of a share file (private to keys). Integers little-endian; a name is its length in
 * one byte, then its letters. Written description: docs/formats/custody.md.
 *   custodian  8 "EMC2CUST", 4 version, name, 32 public key, 84 sealed key (sealed_key.h)
 *   share      8 "EMC2SHAR", 4 version, 16 store id, 16 ceremony, 4 generation, 1 threshold, 1 count, 1 index, name, 32 recipient's public
 *              key, 96 envelope of the share (32) and its blinding (16)
 * All that stands before the sealed part is associated with it. */
#pragma once
#include "trust/crypto/crypto_envelope.h"
#include "trust/keys/keys_custody.h"
#include "trust/keys/sealed_key.h"

enum { SHARE_SEALED_SIZE = SHARE_CONTENT_SIZE + CRYPTO_ENVELOPE_OVERHEAD };

struct custodian_file {
    struct custodian custodian;
    struct sealed_key key;
};
MUST_CHECK bool custodian_file_parse(struct custodian_file *out_file, const void *bytes, size_t length, struct error *err);
/* head: what comes before the sealed key. */
MUST_CHECK bool custodian_file_print_head(const struct custodian *custodian, struct buffer *out, struct error *err);

struct share_file {
    struct share_head head;
    uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t sealed[SHARE_SEALED_SIZE];
};
MUST_CHECK bool share_file_parse(struct share_file *out_file, const void *bytes, size_t length, struct error *err);
MUST_CHECK bool share_file_print_head(const struct share_head *head, const uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE], struct buffer *out,
                                      struct error *err);
/* A share at rest, for the ceremony. */
MUST_CHECK bool share_file_seal(struct buffer *out_file, const struct share *share, const uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE],
                                struct error *err);

bool custodian_name_is_good(struct text name);
/* Name as length and letters; take checks it. */
MUST_CHECK bool custodian_name_print(const char *name, struct buffer *out, struct error *err);
MUST_CHECK bool custodian_name_take(struct cursor *in, char out_name[CUSTODIAN_NAME_SIZE], struct error *err);
