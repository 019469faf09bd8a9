/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_request: what a client asks, as bytes. */
#include "trust/keys/keeper_message.h"
#include <assert.h>
#include <string.h>

static_assert(sizeof(struct key_file_id) == KEY_FILE_ID_SIZE && _Alignof(struct key_file_id) == 1, "ids stand in a message as they are");
static_assert(KEEPER_IDS_MAX * KEY_FILE_ID_SIZE + 2048 < KEEPER_MESSAGE_MAX, "the ids of one message fit");

static bool has_grant(enum keeper_kind kind)
{
    return kind == KEEPER_GRANT_ISSUE || kind == KEEPER_CREATE || kind == KEEPER_OPEN || kind == KEEPER_DESTROY || kind == KEEPER_FORGET ||
           kind == KEEPER_KEPT || kind == KEEPER_HEAD_SET || kind == KEEPER_RESERVED || kind == KEEPER_PSEUDONYMISE ||
           kind == KEEPER_PROJECT;
}

static bool has_part(enum keeper_kind kind)
{
    return kind == KEEPER_OFFER || kind == KEEPER_HOLD || kind == KEEPER_SIGN || kind == KEEPER_HEAD_SET || kind == KEEPER_PSEUDONYMISE ||
           kind == KEEPER_PROJECT;
}

static bool has_offset(enum keeper_kind kind)
{
    return kind == KEEPER_HOLD || kind == KEEPER_SIGN || kind == KEEPER_KEPT || kind == KEEPER_HEAD_SET;
}

static bool has_domain(enum keeper_kind kind)
{
    return kind == KEEPER_CREATE || kind == KEEPER_OPEN;
}

static bool has_file(enum keeper_kind kind)
{
    return has_domain(kind) || kind == KEEPER_VISIT || kind == KEEPER_RESERVED;
}

static bool has_ids(enum keeper_kind kind)
{
    return kind == KEEPER_DESTROY || kind == KEEPER_FORGET;
}

bool keeper_request_print(const struct keeper_request *request, struct buffer *out, struct error *err)
{
    enum keeper_kind kind = request->kind;
    TRY(message_head_print(request->number, kind, out, err));
    TRY(!has_grant(kind) || message_grant_print(&request->grant, out, err));
    TRY(kind != KEEPER_SIGN || message_u8_print(request->seed, out, err));
    TRY(kind != KEEPER_HEAD_SET || message_head_of_store_print(&request->head, out, err));
    TRY(!has_offset(kind) || buffer_append_u64(out, request->offset, err));
    TRY(kind != KEEPER_PSEUDONYMISE ||
        (buffer_append_u32(out, request->epochs[0], err) && buffer_append_u32(out, request->epochs[1], err)));
    TRY(!has_part(kind) || buffer_append(out, request->part.data, request->part.length, err));
    TRY(!has_domain(kind) || message_u8_print(request->domain, out, err));
    TRY(kind != KEEPER_VISIT || message_u8_print(request->is_from_start, out, err));
    if (has_file(kind)) {
        TRY(buffer_append(out, request->file.bytes, sizeof request->file.bytes, err));
    }
    TRY(kind != KEEPER_CREATE || buffer_append_u64(out, (uint64_t)request->until, err));
    if (has_ids(kind)) {
        TRY(buffer_append_u32(out, (uint32_t)request->id_count, err));
        TRY(buffer_append(out, request->ids, request->id_count * sizeof *request->ids, err));
    }
    return true;
}

/* Only what a client may have signed: grants are issued by KEEPER_GRANT_ISSUE, which sees what they say. */
static bool seed_parse(struct cursor *in, enum key_top *out_seed, struct error *err)
{
    uint8_t seed;
    TRY(cursor_u8(in, &seed, err));
    TRY(seed == KEY_TOP_MANIFESTS || seed == KEY_TOP_LOG || message_refused(err));
    *out_seed = (enum key_top)seed;
    return true;
}

static bool ids_parse(struct cursor *in, struct keeper_request *request, struct error *err)
{
    uint32_t count;
    const uint8_t *bytes;
    TRY(cursor_u32(in, &count, err));
    TRY(count <= KEEPER_IDS_MAX || message_refused(err));
    TRY(cursor_bytes(in, (size_t)count * KEY_FILE_ID_SIZE, &bytes, err));
    request->ids = (const struct key_file_id *)(const void *)bytes;
    request->id_count = count;
    return true;
}

static bool parse(struct keeper_request *request, struct cursor *in, struct error *err)
{
    TRY(message_head_parse(in, &request->number, &request->kind, err));
    enum keeper_kind kind = request->kind;
    TRY(!has_grant(kind) || message_grant_parse(in, &request->grant, err));
    TRY(kind != KEEPER_SIGN || seed_parse(in, &request->seed, err));
    TRY(kind != KEEPER_HEAD_SET || message_head_of_store_parse(in, &request->head, err));
    TRY(!has_offset(kind) || cursor_u64(in, &request->offset, err));
    TRY(kind != KEEPER_PSEUDONYMISE || (cursor_u32(in, &request->epochs[0], err) && cursor_u32(in, &request->epochs[1], err)));
    TRY(!has_part(kind) || message_part_parse(in, &request->part, err));
    TRY(!has_domain(kind) || message_domain_parse(in, &request->domain, err));
    TRY(kind != KEEPER_VISIT || message_bool_parse(in, &request->is_from_start, err));
    if (has_file(kind)) {
        TRY(message_fixed_parse(in, request->file.bytes, sizeof request->file.bytes, err));
    }
    TRY(kind != KEEPER_CREATE || message_time_parse(in, &request->until, err));
    TRY(!has_ids(kind) || ids_parse(in, request, err));
    return message_end(in, err);
}

bool keeper_request_parse(struct keeper_request *out_request, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct keeper_request request = {.number = 0};
    struct error cause = {0};
    if (!parse(&request, &in, &cause)) {
        return cause.code == ERROR_UNSUPPORTED ? (FAIL(err, UNSUPPORTED, "%s", cause.message), error_hint(err, "%s", cause.hint))
                                               : message_refused(err);
    }
    *out_request = request;
    return true;
}
