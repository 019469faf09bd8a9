/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_response: what a keeper answers, as bytes. Errors keep their code, words and hint on the way. */
#include "trust/keys/keeper_message.h"
#include <assert.h>
#include <string.h>

enum { FACTS_SIZE = KEY_FILE_ID_SIZE + 1 + 1 + 8 };
static_assert(KEEPER_VISIT_ENTRIES * FACTS_SIZE + 64 < KEEPER_MESSAGE_MAX, "the entries of one message fit");

/* ---- failure: the exit code stands for the code, because it stays the same from version to version ---- */
#define EXIT_ROW(name, exit, http) {ERROR_##name, exit},
static const struct {
    enum error_code code;
    uint32_t exit;
} codes[] = {ERROR_CODE_TABLE(EXIT_ROW)};
#undef EXIT_ROW

static bool failure_print(const struct error *failure, struct buffer *out, struct error *err)
{
    TRY(buffer_append_u32(out, (uint32_t)error_exit_code(failure->code), err));
    TRY(message_text_print(failure->message, out, err) && message_text_print(failure->detail, out, err));
    TRY(message_text_print(failure->hint, out, err));
    TRY(message_u8_print((unsigned)failure->context_count, out, err));
    for (int i = 0; i < failure->context_count; i++) {
        TRY(message_text_print(failure->context[i], out, err));
    }
    return true;
}

static bool failure_parse(struct cursor *in, struct error *failure, struct error *err)
{
    uint32_t exit;
    uint8_t count;
    error_clear(failure);
    TRY(cursor_u32(in, &exit, err));
    for (size_t i = 1; i < sizeof codes / sizeof *codes; i++) {
        failure->code = codes[i].exit == exit ? codes[i].code : failure->code;
    }
    TRY(failure->code != ERROR_NONE || message_refused(err));
    TRY(message_text_parse(in, failure->message, sizeof failure->message, err));
    TRY(message_text_parse(in, failure->detail, sizeof failure->detail, err));
    TRY(message_text_parse(in, failure->hint, sizeof failure->hint, err));
    TRY(cursor_u8(in, &count, err));
    TRY(count <= ERROR_CONTEXT_MAX || message_refused(err));
    failure->context_count = count;
    for (int i = 0; i < count; i++) {
        TRY(message_text_parse(in, failure->context[i], sizeof failure->context[i], err));
    }
    failure->source_file = __FILE__;
    failure->source_line = __LINE__;
    return true;
}

/* ---- status ---- */
static bool status_print(const struct keeper_status *status, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, status->store_id, sizeof status->store_id, err));
    TRY(message_u8_print(status->is_unsealed, out, err) && message_u8_print(status->is_repeated, out, err));
    TRY(message_u8_print(status->is_memory_locked, out, err) && message_text_print(status->custody, out, err));
    TRY(buffer_append_u32(out, status->generation, err) && buffer_append_u32(out, status->threshold, err));
    TRY(buffer_append_u32(out, status->count, err) && message_u8_print(status->holder_count, out, err));
    for (unsigned i = 0; i < status->holder_count; i++) {
        TRY(message_text_print(status->holders[i], out, err));
    }
    TRY(buffer_append_u64(out, (uint64_t)status->since, err) && buffer_append_u64(out, (uint64_t)status->until, err));
    TRY(buffer_append(out, status->governance_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(buffer_append(out, status->manifest_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(buffer_append(out, status->log_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(buffer_append(out, status->offer_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(buffer_append(out, status->nonce, sizeof status->nonce, err));
    return buffer_append_u64(out, status->keys_opened, err) && buffer_append_u64(out, status->keys_made, err);
}

static bool holders_parse(struct cursor *in, struct keeper_status *status, struct error *err)
{
    uint8_t count;
    TRY(cursor_u8(in, &count, err));
    TRY(count <= KEEPER_HOLDERS_MAX || message_refused(err));
    status->holder_count = count;
    for (unsigned i = 0; i < count; i++) {
        TRY(message_text_parse(in, status->holders[i], sizeof status->holders[i], err));
    }
    return true;
}

static bool status_parse(struct cursor *in, struct keeper_status *status, struct error *err)
{
    TRY(message_fixed_parse(in, status->store_id, sizeof status->store_id, err));
    TRY(message_bool_parse(in, &status->is_unsealed, err) && message_bool_parse(in, &status->is_repeated, err));
    TRY(message_bool_parse(in, &status->is_memory_locked, err));
    TRY(message_text_parse(in, status->custody, sizeof status->custody, err));
    TRY(cursor_u32(in, &status->generation, err) && cursor_u32(in, &status->threshold, err) && cursor_u32(in, &status->count, err));
    TRY(holders_parse(in, status, err));
    TRY(message_time_parse(in, &status->since, err) && message_time_parse(in, &status->until, err));
    TRY(message_fixed_parse(in, status->governance_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(message_fixed_parse(in, status->manifest_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(message_fixed_parse(in, status->log_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(message_fixed_parse(in, status->offer_key, CRYPTO_PUBLIC_KEY_SIZE, err));
    TRY(message_fixed_parse(in, status->nonce, sizeof status->nonce, err));
    return cursor_u64(in, &status->keys_opened, err) && cursor_u64(in, &status->keys_made, err);
}

/* ---- entries of the key table ---- */
static bool facts_print(const struct keeper_response *response, struct buffer *out, struct error *err)
{
    TRY(message_u8_print(response->is_last, out, err) && buffer_append_u32(out, (uint32_t)response->fact_count, err));
    for (size_t i = 0; i < response->fact_count; i++) {
        const struct key_facts *facts = &response->facts[i];
        TRY(buffer_append(out, facts->file_id.bytes, sizeof facts->file_id.bytes, err));
        TRY(message_u8_print(facts->domain, out, err) && message_u8_print(facts->is_destroyed, out, err));
        TRY(buffer_append_u64(out, (uint64_t)facts->until, err));
    }
    return true;
}

static bool facts_parse(struct cursor *in, struct keeper_response *response, struct error *err)
{
    uint32_t count;
    TRY(message_bool_parse(in, &response->is_last, err) && cursor_u32(in, &count, err));
    TRY(count <= KEEPER_VISIT_ENTRIES || message_refused(err));
    TRY(count > 0 || response->is_last || message_refused(err)); /* or a client would ask for ever */
    for (uint32_t i = 0; i < count; i++) {
        struct key_facts *facts = &response->facts[i];
        TRY(message_fixed_parse(in, facts->file_id.bytes, sizeof facts->file_id.bytes, err));
        TRY(message_domain_parse(in, &facts->domain, err) && message_bool_parse(in, &facts->is_destroyed, err));
        TRY(message_time_parse(in, &facts->until, err));
    }
    response->fact_count = count;
    return true;
}

/* ---- what is kept with the head ---- */
static bool kept_print(const struct keeper_response *response, struct buffer *out, struct error *err)
{
    return buffer_append_u64(out, response->kept_length, err) && buffer_append(out, response->part.data, response->part.length, err);
}

static bool kept_parse(struct cursor *in, struct keeper_response *response, struct error *err)
{
    TRY(cursor_u64(in, &response->kept_length, err) && message_part_parse(in, &response->part, err));
    bool fits = response->kept_length <= KEY_KEPT_MAX && response->part.length <= response->kept_length;
    return fits || message_refused(err);
}

/* ---- whole ---- */
static bool has_status(enum keeper_kind kind)
{
    return kind == KEEPER_STATUS || kind == KEEPER_OFFER || kind == KEEPER_SEAL;
}

static bool has_key(enum keeper_kind kind)
{
    return kind == KEEPER_CREATE || kind == KEEPER_OPEN;
}

static bool has_computed(enum keeper_kind kind)
{
    return kind == KEEPER_PSEUDONYMISE || kind == KEEPER_PROJECT;
}

bool keeper_response_print(const struct keeper_response *response, struct buffer *out, struct error *err)
{
    TRY(message_head_print(response->number, response->kind, out, err) && message_u8_print(response->is_failure, out, err));
    if (response->is_failure) {
        return failure_print(&response->failure, out, err);
    }
    enum keeper_kind kind = response->kind;
    TRY(!has_status(kind) || status_print(&response->status, out, err));
    TRY(kind != KEEPER_GRANT_ISSUE || message_grant_print(&response->grant, out, err));
    TRY(kind != KEEPER_SIGN || buffer_append(out, response->signature, sizeof response->signature, err));
    TRY(!has_key(kind) || buffer_append(out, response->key, CRYPTO_KEY_SIZE, err));
    TRY(kind != KEEPER_HEAD || message_head_of_store_print(&response->head, out, err));
    TRY(kind != KEEPER_KEPT || kept_print(response, out, err));
    TRY(!has_computed(kind) || buffer_append(out, response->part.data, response->part.length, err));
    return kind != KEEPER_VISIT || facts_print(response, out, err);
}

static bool body_parse(struct keeper_response *response, struct cursor *in, struct error *err)
{
    enum keeper_kind kind = response->kind;
    TRY(!has_status(kind) || status_parse(in, &response->status, err));
    TRY(kind != KEEPER_GRANT_ISSUE || message_grant_parse(in, &response->grant, err));
    TRY(kind != KEEPER_SIGN || message_fixed_parse(in, response->signature, sizeof response->signature, err));
    TRY(!has_key(kind) || cursor_bytes(in, CRYPTO_KEY_SIZE, &response->key, err));
    TRY(kind != KEEPER_HEAD || message_head_of_store_parse(in, &response->head, err));
    TRY(kind != KEEPER_KEPT || kept_parse(in, response, err));
    TRY(!has_computed(kind) || message_part_parse(in, &response->part, err));
    return kind != KEEPER_VISIT || facts_parse(in, response, err);
}

static bool parse(struct keeper_response *response, struct cursor *in, struct error *err)
{
    TRY(message_head_parse(in, &response->number, &response->kind, err) && message_bool_parse(in, &response->is_failure, err));
    TRY(response->is_failure ? failure_parse(in, &response->failure, err) : body_parse(response, in, err));
    return message_end(in, err);
}

bool keeper_response_parse(struct keeper_response *out_response, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct error cause = {0};
    out_response->fact_count = 0;
    if (!parse(out_response, &in, &cause)) {
        return cause.code == ERROR_UNSUPPORTED ? (FAIL(err, UNSUPPORTED, "%s", cause.message), error_hint(err, "%s", cause.hint))
                                               : message_refused(err);
    }
    return true;
}
