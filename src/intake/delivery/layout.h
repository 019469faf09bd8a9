/* SPDX-License-Identifier: EUPL-1.2 */
/* layout: what stands at both ends of a delivery's file (private to delivery; docs/formats/delivery.md). The head binds holder, recipient
 * and content key; the tail has the manifest and its signature. */
#pragma once
#include "base/arena.h"
#include "intake/delivery/delivery.h"
#include "trust/crypto/crypto_envelope.h"

enum {
    LAYOUT_VERSION = 1,
    LAYOUT_ID_SIZE = 16,
    LAYOUT_BOUND_SIZE = 8 + 4 + 2 * CRYPTO_PUBLIC_KEY_SIZE + LAYOUT_ID_SIZE + 4, /* of the head, before the sealed content key */
    LAYOUT_HEAD_SIZE = LAYOUT_BOUND_SIZE + CRYPTO_KEY_SIZE + CRYPTO_ENVELOPE_OVERHEAD,
    LAYOUT_TAIL_SIZE = CRYPTO_SIGNATURE_SIZE + 4 + 8,
};
#define LAYOUT_CONTENT_PURPOSE "emc2 delivery content key 1"

struct layout_head {
    uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE], recipient[CRYPTO_PUBLIC_KEY_SIZE];
    uint8_t id[LAYOUT_ID_SIZE];
    uint32_t intake_epoch;
    uint8_t sealed_key[CRYPTO_KEY_SIZE + CRYPTO_ENVELOPE_OVERHEAD];
};
/* Seals the content key to head->recipient, and writes all of it. */
MUST_CHECK bool layout_head_seal(struct layout_head *head, const struct secret *content_key, uint8_t out_bytes[LAYOUT_HEAD_SIZE],
                                 struct error *err);
MUST_CHECK bool layout_head_parse(struct layout_head *out_head, const uint8_t bytes[LAYOUT_HEAD_SIZE], struct error *err);
/* DENIED when the intake key does not open it. */
MUST_CHECK bool layout_head_open(const struct layout_head *head, const uint8_t bytes[LAYOUT_HEAD_SIZE], const struct secret *intake_key,
                                 struct secret **out_content_key, struct error *err);

/* ---- the manifest ---- */
/* Canonical JSON: there is one form, and only that is read. head_hash: BLAKE2b-256 of the head's bytes. */
MUST_CHECK bool delivery_manifest_print(const struct delivery_head *head, const struct crypto_hash *head_hash, struct buffer *out,
                                        struct error *err);
MUST_CHECK bool delivery_manifest_parse(struct delivery_head *out_head, struct crypto_hash *out_head_hash, const void *bytes, size_t length,
                                        struct error *err);
MUST_CHECK bool manifest_sign(const void *manifest, size_t length, const struct secret *seed, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                              struct error *err);
bool manifest_signature_valid(const void *manifest, size_t length, const uint8_t signature[CRYPTO_SIGNATURE_SIZE],
                              const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE]);
void layout_tail_print(const uint8_t signature[CRYPTO_SIGNATURE_SIZE], size_t manifest_length, uint8_t out_bytes[LAYOUT_TAIL_SIZE]);

/* ---- both ends of a file ---- */
/* An open file with its ends read; nothing of it verified but that head and manifest are of one file, and where things lie. */
struct layout_file {
    int descriptor;
    const char *name; /* the last part of the path, for messages; borrowed */
    uint64_t size, blocks_end;
    uint8_t head_bytes[LAYOUT_HEAD_SIZE];
    struct crypto_hash head_hash;
    struct layout_head head;
    struct buffer manifest_bytes;
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    struct delivery_head manifest;
};
MUST_CHECK bool layout_file_open(struct layout_file *out_file, const char *path, struct error *err);
void layout_file_close(struct layout_file *file); /* one that was zeroed is fine */
static inline __attribute__((unused)) void layout_file_value_cleanup(struct layout_file *file)
{
    layout_file_close(file);
}
/* DENIED unless the manifest is signed by this holder. */
MUST_CHECK bool layout_file_authenticate(const struct layout_file *file, const uint8_t holder_key[CRYPTO_PUBLIC_KEY_SIZE],
                                         struct error *err);
