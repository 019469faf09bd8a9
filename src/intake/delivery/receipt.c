/* SPDX-License-Identifier: EUPL-1.2 */
/* receipt: printed in one form; what is read is printed again and compared, so that nothing stands in it that was not signed. */
#include "base/json.h"
#include "intake/delivery/delivery_receipt.h"
#include "intake/delivery/leaf.h"
#include "trust/crypto/crypto_json.h"

enum { VERSION = 1, HEX_SIZE = 2 * CRYPTO_HASH_SIZE + 1, HEX_SIGNATURE = 2 * CRYPTO_SIGNATURE_SIZE + 1 };
static const char format[] = "emc2 receipt";
static const char sign_label[16] = "emc2 receipt 1";

void receipt_of(struct receipt *out_receipt, const struct delivery_head *head)
{
    *out_receipt = (struct receipt){.sequence = head->sequence, .root = head->root, .agreement = head->agreement};
    memcpy(out_receipt->holder, head->holder, sizeof out_receipt->holder);
    out_receipt->subjects = head->subjects;
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        out_receipt->rows[i] = head->tables[i].rows;
    }
}

/* signature NULL: what is signed. */
static bool print(const struct receipt *receipt, const uint8_t *signature, struct buffer *out, struct error *err)
{
    struct json_writer json = {.out = out, .indented = true};
    TRY(json_begin_object(&json, err) && json_named_text(&json, "format", format, err) && json_named_u64(&json, "version", VERSION, err));
    TRY(crypto_named_hex(&json, "store_id", receipt->store_id, sizeof receipt->store_id, err));
    TRY(json_named_text(&json, "holder", receipt->holder, err) && json_named_u64(&json, "sequence", receipt->sequence, err));
    TRY(json_named_u64(&json, "taken", (uint64_t)receipt->taken, err));
    TRY(crypto_named_hex(&json, "root", receipt->root.bytes, CRYPTO_HASH_SIZE, err));
    TRY(crypto_named_hex(&json, "agreement", receipt->agreement.bytes, CRYPTO_HASH_SIZE, err));
    TRY(json_name(&json, "rows", err) && json_begin_object(&json, err));
    for (int t = -1; (t = table_after(t)) >= 0;) {
        TRY(receipt->rows[t] == 0 || json_named_u64(&json, record_table_name((enum record_table)t), receipt->rows[t], err));
    }
    TRY(json_end_object(&json, err) && json_named_u64(&json, "subjects", receipt->subjects, err));
    TRY(crypto_named_hex(&json, "public_key", receipt->public_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(!signature || crypto_named_hex(&json, "signature", signature, CRYPTO_SIGNATURE_SIZE, err));
    return json_end_object(&json, err);
}

static bool signed_bytes(const struct receipt *receipt, struct buffer *out, struct error *err)
{
    return buffer_append(out, sign_label, sizeof sign_label, err) && print(receipt, NULL, out, err);
}

bool receipt_print(const struct receipt *receipt, const struct receipt_signer *signer, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = RECEIPT_BYTES_MAX};
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    TRY(signed_bytes(receipt, &bytes, err) && signer->sign(signer->context, bytes.data, bytes.length, signature, err));
    return print(receipt, signature, out, err) && buffer_append_text(out, "\n", err);
}

/* ---- reading ---- */
static bool wrong(struct error *err)
{
    return FAIL(err, INVALID_INPUT, "this is not a receipt of a delivery, or it was altered");
}

static bool hex_take(const struct json *root, const char *name, uint8_t *out, size_t length, struct error *err)
{
    return crypto_member_hex(root, name, out, length) || wrong(err);
}

static bool number_take(const struct json *root, const char *name, uint64_t *out, struct error *err)
{
    const struct json *value = json_member(root, name);
    if (!value || value->kind != JSON_INTEGER || value->integer < 0) {
        return wrong(err);
    }
    *out = (uint64_t)value->integer;
    return true;
}

static bool rows_take(const struct json *root, struct receipt *receipt, struct error *err)
{
    const struct json *rows = json_member(root, "rows");
    TRY((rows && rows->kind == JSON_OBJECT) || wrong(err));
    for (int t = 0; t < RECORD_TABLE_COUNT; t++) {
        const char *name = record_table_name((enum record_table)t);
        TRY(!json_member(rows, name) || number_take(rows, name, &receipt->rows[t], err));
    }
    return true;
}

static bool take(const struct json *root, struct receipt *receipt, uint8_t signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    const struct json *holder = json_member(root, "holder");
    uint64_t taken = 0;
    TRY(hex_take(root, "store_id", receipt->store_id, sizeof receipt->store_id, err));
    TRY((holder && holder->kind == JSON_STRING && delivery_holder_name_is_valid(holder->text) &&
         text_copy(receipt->holder, sizeof receipt->holder, holder->text)) ||
        wrong(err));
    TRY(number_take(root, "sequence", &receipt->sequence, err) && number_take(root, "taken", &taken, err));
    receipt->taken = (int64_t)taken;
    TRY(hex_take(root, "root", receipt->root.bytes, CRYPTO_HASH_SIZE, err));
    TRY(hex_take(root, "agreement", receipt->agreement.bytes, CRYPTO_HASH_SIZE, err) && rows_take(root, receipt, err));
    TRY(number_take(root, "subjects", &receipt->subjects, err));
    TRY(hex_take(root, "public_key", receipt->public_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    return hex_take(root, "signature", signature, CRYPTO_SIGNATURE_SIZE, err);
}

bool receipt_verify(struct receipt *out_receipt, const void *bytes, size_t length, const uint8_t *public_key, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(buffer_value) struct buffer again = {.maximum = RECEIPT_BYTES_MAX}, is_signed = {.maximum = RECEIPT_BYTES_MAX};
    struct receipt receipt = {.sequence = 0};
    uint8_t signature[CRYPTO_SIGNATURE_SIZE];
    const struct json *root;
    TRY(length <= RECEIPT_BYTES_MAX / 2 || wrong(err));
    TRY(crypto_start(err) && json_parse(&root, scratch, "the receipt", bytes, length, err) && take(root, &receipt, signature, err));
    TRY(print(&receipt, signature, &again, err) && buffer_append_text(&again, "\n", err) && signed_bytes(&receipt, &is_signed, err));
    TRY((again.length == length && memcmp(again.data, bytes, length) == 0) || wrong(err));
    if (public_key && memcmp(public_key, receipt.public_key, CRYPTO_PUBLIC_KEY_SIZE) != 0) {
        return FAIL(err, DENIED, "the receipt is signed with another key than that of the warehouse");
    }
    if (!crypto_signature_valid(signature, receipt.public_key, is_signed.data, is_signed.length)) {
        return FAIL(err, DENIED, "the signature of the receipt does not fit: it was altered");
    }
    *out_receipt = receipt;
    return true;
}
