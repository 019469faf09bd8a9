/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_message: the parts that requests and responses have in common. */
#include "trust/keys/keeper_message.h"
#include <string.h>

static const uint8_t magic[3] = "EMK";
enum { VERSION = 1 };

bool message_refused(struct error *err)
{
    return FAIL(err, INVALID_INPUT, "this is not a message of a keeper");
}

bool message_u8_print(unsigned value, struct buffer *out, struct error *err)
{
    const uint8_t byte = (uint8_t)value;
    return buffer_append(out, &byte, 1, err);
}

bool message_head_print(uint32_t number, enum keeper_kind kind, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err) && message_u8_print(VERSION, out, err));
    return buffer_append_u32(out, number, err) && message_u8_print(kind, out, err);
}

bool message_head_parse(struct cursor *in, uint32_t *out_number, enum keeper_kind *out_kind, struct error *err)
{
    uint8_t found[sizeof magic], version, kind;
    TRY(message_fixed_parse(in, found, sizeof found, err) && cursor_u8(in, &version, err));
    TRY(memcmp(found, magic, sizeof magic) == 0 || message_refused(err));
    if (version != VERSION) {
        FAIL(err, UNSUPPORTED, "the keeper and its client speak different versions (%u and %d)", version, VERSION);
        return error_hint(err, "start the keeper again with the same emc2 as its clients");
    }
    TRY(cursor_u32(in, out_number, err) && cursor_u8(in, &kind, err));
    TRY((kind > 0 && kind < KEEPER_KIND_END) || message_refused(err));
    *out_kind = (enum keeper_kind)kind;
    return true;
}

bool message_fixed_parse(struct cursor *in, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(in, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

bool message_text_print(const char *text, struct buffer *out, struct error *err)
{
    size_t length = strlen(text);
    return buffer_append_u32(out, (uint32_t)length, err) && buffer_append(out, text, length, err);
}

bool message_text_parse(struct cursor *in, char *out, size_t size, struct error *err)
{
    uint32_t length;
    const uint8_t *bytes;
    TRY(cursor_u32(in, &length, err));
    TRY(length < size || message_refused(err));
    TRY(cursor_bytes(in, length, &bytes, err));
    TRY(!memchr(bytes, '\0', length) || message_refused(err));
    memset(out, 0, size);
    memcpy(out, bytes, length);
    return true;
}

bool message_bool_parse(struct cursor *in, bool *out_value, struct error *err)
{
    uint8_t value;
    TRY(cursor_u8(in, &value, err));
    TRY(value < 2 || message_refused(err));
    *out_value = value;
    return true;
}

bool message_domain_parse(struct cursor *in, enum key_domain *out_domain, struct error *err)
{
    uint8_t value;
    TRY(cursor_u8(in, &value, err));
    TRY(value < KEY_DOMAIN_COUNT || message_refused(err));
    *out_domain = (enum key_domain)value;
    return true;
}

bool message_time_parse(struct cursor *in, int64_t *out_seconds, struct error *err)
{
    uint64_t value;
    TRY(cursor_u64(in, &value, err));
    *out_seconds = (int64_t)value;
    return true;
}

bool message_head_of_store_print(const struct key_head *head, struct buffer *out, struct error *err)
{
    TRY(buffer_append_u32(out, head->snapshot, err) && buffer_append(out, head->manifest.bytes, sizeof head->manifest.bytes, err));
    return buffer_append_u64(out, head->log_size, err);
}

bool message_head_of_store_parse(struct cursor *in, struct key_head *out_head, struct error *err)
{
    TRY(cursor_u32(in, &out_head->snapshot, err));
    TRY(message_fixed_parse(in, out_head->manifest.bytes, sizeof out_head->manifest.bytes, err));
    return cursor_u64(in, &out_head->log_size, err);
}

bool message_part_parse(struct cursor *in, struct text *out_part, struct error *err)
{
    const uint8_t *bytes;
    size_t length = in->length - in->position;
    TRY(length <= KEEPER_PART_MAX || message_refused(err));
    TRY(cursor_bytes(in, length, &bytes, err));
    *out_part = (struct text){(const char *)bytes, length};
    return true;
}

bool message_end(const struct cursor *in, struct error *err)
{
    return in->position == in->length || message_refused(err);
}

bool message_grant_print(const struct grant *grant, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, grant->store_id, sizeof grant->store_id, err));
    TRY(message_text_print(grant->project, out, err) && message_text_print(grant->purpose, out, err));
    TRY(message_text_print(grant->holder, out, err));
    TRY(buffer_append_u32(out, grant->actions, err) && buffer_append_u64(out, grant->tables, err));
    TRY(buffer_append_u64(out, (uint64_t)grant->not_before, err) && buffer_append_u64(out, (uint64_t)grant->not_after, err));
    TRY(buffer_append(out, grant->nonce, sizeof grant->nonce, err) && buffer_append(out, grant->issuer, sizeof grant->issuer, err));
    return buffer_append(out, grant->signature, sizeof grant->signature, err);
}

bool message_grant_parse(struct cursor *in, struct grant *out_grant, struct error *err)
{
    struct grant grant;
    TRY(message_fixed_parse(in, grant.store_id, sizeof grant.store_id, err));
    TRY(message_text_parse(in, grant.project, sizeof grant.project, err));
    TRY(message_text_parse(in, grant.purpose, sizeof grant.purpose, err));
    TRY(message_text_parse(in, grant.holder, sizeof grant.holder, err));
    TRY(cursor_u32(in, &grant.actions, err) && cursor_u64(in, &grant.tables, err));
    TRY(message_time_parse(in, &grant.not_before, err) && message_time_parse(in, &grant.not_after, err));
    TRY(message_fixed_parse(in, grant.nonce, sizeof grant.nonce, err));
    TRY(message_fixed_parse(in, grant.issuer, sizeof grant.issuer, err));
    TRY(message_fixed_parse(in, grant.signature, sizeof grant.signature, err));
    *out_grant = grant;
    return true;
}

bool keeper_room_open(struct keeper_room *out_room, struct error *err)
{
    TRY(secret_create(&out_room->memory, KEEPER_MESSAGE_MAX + 1, err)); /* + 1: the NUL byte of a buffer */
    out_room->bytes =
        (struct buffer){.data = secret_bytes(out_room->memory), .capacity = KEEPER_MESSAGE_MAX, .maximum = KEEPER_MESSAGE_MAX};
    return true;
}

void keeper_room_wipe(struct keeper_room *room)
{
    crypto_wipe(room->bytes.data, room->bytes.length);
    buffer_clear(&room->bytes);
}

void keeper_room_close(struct keeper_room *room)
{
    secret_destroy(room->memory);
    *room = (struct keeper_room){0};
}
