/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_receipt: what the warehouse signs when it took a delivery, for the holder to keep: whose, which, the root of what was taken,
 * rows, when. docs/formats/receipt.md. It says that the bytes of that root were taken, not what became of each row. */
#pragma once
#include "base/buffer.h"
#include "intake/delivery/delivery.h"

enum { RECEIPT_BYTES_MAX = 1 << 16, RECEIPT_STORE_SIZE = 16 };

struct receipt {
    uint8_t store_id[RECEIPT_STORE_SIZE];
    char holder[DELIVERY_NAME_SIZE];
    uint64_t sequence;
    int64_t taken; /* Unix seconds */
    struct crypto_hash root, agreement;
    uint64_t rows[RECORD_TABLE_COUNT], subjects;
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]; /* that it says it was signed with */
};
struct receipt_signer {
    bool (*sign)(void *context, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err);
    void *context;
};
void receipt_of(struct receipt *out_receipt, const struct delivery_head *head);
/* The signed JSON. */
MUST_CHECK bool receipt_print(const struct receipt *receipt, const struct receipt_signer *signer, struct buffer *out, struct error *err);
/* public_key NULL: the one that it names, so that only its wholeness is shown. INVALID_INPUT: it is no receipt; DENIED: it is not signed
 * with this key, or was altered. */
MUST_CHECK bool receipt_verify(struct receipt *out_receipt, const void *bytes, size_t length, const uint8_t *public_key, struct error *err);
