/* SPDX-License-Identifier: EUPL-1.2 */
/* share: a custodian's share at rest (sealed to the custodian's key) and on its way to the keeper (sealed to the keeper's key of one
 * unsealing). The two have one layout and differ in the purpose of the envelope, so that neither opens in place of the other. */
#include "base/buffer.h"
#include "trust/keys/custody_files.h"
#include <string.h>

static const uint8_t magic[8] = "EMC2SHAR";
enum { VERSION = 1 };
static const char purpose_rest[] = "emc2 share at rest 1", purpose_keeper[] = "emc2 share to keeper 1";

void share_finish(struct share *share)
{
    secret_destroy(share->content);
    share->content = NULL;
}

bool share_file_print_head(const struct share_head *head, const uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE], struct buffer *out,
                           struct error *err)
{
    const uint8_t numbers[3] = {head->threshold, head->count, head->index};
    TRY(buffer_append(out, magic, sizeof magic, err));
    TRY(buffer_append_u32(out, VERSION, err));
    TRY(buffer_append(out, head->store_id, sizeof head->store_id, err));
    TRY(buffer_append(out, head->ceremony, sizeof head->ceremony, err));
    TRY(buffer_append_u32(out, head->generation, err));
    TRY(buffer_append(out, numbers, sizeof numbers, err));
    TRY(custodian_name_print(head->custodian, out, err));
    return buffer_append(out, recipient, CRYPTO_PUBLIC_KEY_SIZE, err);
}

static bool take(struct cursor *in, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(in, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

bool share_file_parse(struct share_file *out_file, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct share_file file = {0};
    uint8_t found[sizeof magic];
    uint32_t version;
    TRY(take(&in, found, sizeof found, err));
    if (memcmp(found, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "this is not a share file");
    }
    TRY(cursor_u32(&in, &version, err));
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the share file has version %u, this emc2 reads %d", version, VERSION);
    }
    TRY(take(&in, file.head.store_id, sizeof file.head.store_id, err));
    TRY(take(&in, file.head.ceremony, sizeof file.head.ceremony, err));
    TRY(cursor_u32(&in, &file.head.generation, err));
    TRY(cursor_u8(&in, &file.head.threshold, err));
    TRY(cursor_u8(&in, &file.head.count, err));
    TRY(cursor_u8(&in, &file.head.index, err));
    TRY(custodian_name_take(&in, file.head.custodian, err));
    TRY(take(&in, file.recipient, sizeof file.recipient, err));
    TRY(take(&in, file.sealed, sizeof file.sealed, err));
    if (in.position != length || file.head.threshold < 2 || file.head.threshold > file.head.count || file.head.index < 1 ||
        file.head.index > file.head.count || file.head.count > CUSTODIANS_MAX) {
        return FAIL(err, CORRUPT, "the share file is not what a ceremony wrote");
    }
    *out_file = file;
    return true;
}

bool share_identify(struct share_head *out_head, const void *file, size_t length, struct error *err)
{
    struct share_file parsed;
    TRY(share_file_parse(&parsed, file, length, err));
    *out_head = parsed.head;
    return true;
}

/* What the envelope covers: the head of the file, then the transcript. */
static bool associate(struct buffer *all, const void *transcript, size_t length, struct error *err)
{
    if (length > SHARE_TRANSCRIPT_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a transcript has at most %d bytes", SHARE_TRANSCRIPT_MAX);
    }
    return length == 0 || buffer_append(all, transcript, length, err);
}

static bool envelope_seal(struct buffer *out, const struct share *share, const uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE],
                          const char *purpose, const void *transcript, size_t transcript_length, struct error *err)
{
    CLEANUP(buffer_value) struct buffer head = {.maximum = SHARE_FILE_MAX + SHARE_TRANSCRIPT_MAX};
    uint8_t sealed[SHARE_SEALED_SIZE];
    TRY(share_file_print_head(&share->head, recipient, &head, err));
    size_t head_length = head.length;
    TRY(associate(&head, transcript, transcript_length, err));
    TRY(crypto_envelope_seal(sealed, recipient, purpose, head.data, head.length, secret_view(share->content), SHARE_CONTENT_SIZE, err));
    TRY(buffer_append(out, head.data, head_length, err));
    return buffer_append(out, sealed, sizeof sealed, err);
}

static bool envelope_open(struct share *out_share, const void *file, size_t length, const struct secret *key, const char *purpose,
                          const void *transcript, size_t transcript_length, struct error *err)
{
    struct share_file parsed;
    uint8_t own[CRYPTO_PUBLIC_KEY_SIZE];
    CLEANUP(buffer_value) struct buffer head = {.maximum = SHARE_FILE_MAX + SHARE_TRANSCRIPT_MAX};
    CLEANUP(secret) struct secret *content = NULL;
    TRY(share_file_parse(&parsed, file, length, err));
    TRY(crypto_envelope_public_key(own, key, err));
    if (!crypto_equal(own, parsed.recipient, sizeof own)) {
        FAIL(err, DENIED, "the share of %s is not sealed to this key", parsed.head.custodian);
        return error_hint(err, "use the custodian's file that belongs to this share file");
    }
    TRY(share_file_print_head(&parsed.head, parsed.recipient, &head, err));
    TRY(associate(&head, transcript, transcript_length, err));
    TRY(secret_create(&content, SHARE_CONTENT_SIZE, err));
    if (!crypto_envelope_open(secret_bytes(content), key, purpose, head.data, head.length, parsed.sealed, sizeof parsed.sealed, NULL)) {
        FAIL(err, DENIED, "the share of %s does not open: it was changed", parsed.head.custodian);
        return error_hint(err, "use another copy of the share file, or the recovery sheet");
    }
    *out_share = (struct share){parsed.head, content};
    content = NULL;
    return true;
}

bool share_file_seal(struct buffer *out_file, const struct share *share, const uint8_t recipient[CRYPTO_PUBLIC_KEY_SIZE], struct error *err)
{
    return envelope_seal(out_file, share, recipient, purpose_rest, NULL, 0, err);
}

bool share_open(struct share *out_share, const void *file, size_t length, const struct secret *custodian_key, struct error *err)
{
    return envelope_open(out_share, file, length, custodian_key, purpose_rest, NULL, 0, err);
}

bool share_reseal(struct buffer *out_message, const struct share *share, const uint8_t keeper_public_key[CRYPTO_PUBLIC_KEY_SIZE],
                  const void *transcript, size_t transcript_length, struct error *err)
{
    return envelope_seal(out_message, share, keeper_public_key, purpose_keeper, transcript, transcript_length, err);
}

bool share_receive(struct share *out_share, const void *message, size_t length, const struct secret *keeper_key, const void *transcript,
                   size_t transcript_length, struct error *err)
{
    return envelope_open(out_share, message, length, keeper_key, purpose_keeper, transcript, transcript_length, err);
}
