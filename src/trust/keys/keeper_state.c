/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_state: sealed and unsealed, and the answer to each kind of message. */
#include "trust/keys/keeper_state.h"
#include "base/calendar.h"
#include "base/log.h"
#include "trust/crypto/crypto_envelope.h"
#include "trust/keys/keyring_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_BY_ALL_MAX = 1 << 27, SESSION_KEYS_MAX = 1 << 20, NS_PER_SECOND = 1000000000 };
static const char transcript_label[16] = "emc2 unseal 1";

void keeper_transcript(const struct keeper_status *status, uint8_t out_transcript[KEEPER_TRANSCRIPT_SIZE])
{
    memcpy(out_transcript, transcript_label, sizeof transcript_label);
    memcpy(out_transcript + sizeof transcript_label, status->store_id, GRANT_STORE_ID_SIZE);
    memcpy(out_transcript + sizeof transcript_label + GRANT_STORE_ID_SIZE, status->nonce, KEEPER_NONCE_SIZE);
}

/* ---- telling ---- */
const char *keeper_act_name(enum keeper_act_kind kind)
{
    static const char *const names[] = {"offer accepted", "offer refused",  "unsealed",     "sealed",        "grant issued",
                                        "keys opened",    "keys destroyed", "peer refused", "pseudonymised", "pseudonym key made"};
    return names[kind];
}

bool keeper_state_tell(const struct keeper_state *state, const struct keeper_session *session, const struct keeper_act *act,
                       struct error *err)
{
    struct keeper_act told = *act;
    told.user = session ? session->user : 0;
    told.process = session ? session->process : 0;
    told.keyring = state->keyring;
    const struct keeper_listener *listener = &state->options.listener;
    return !listener->act || listener->act(listener->context, &told, err);
}

/* For what has happened and cannot be taken back. */
static void tell_anyway(const struct keeper_state *state, const struct keeper_session *session, const struct keeper_act *act)
{
    struct error err;
    if (!keeper_state_tell(state, session, act, &err)) {
        log_error("keeper", &err);
    }
}

static void tell_opened(const struct keeper_state *state, struct keeper_session *session)
{
    if (session->opened > 0) {
        tell_anyway(state, session, &(struct keeper_act){KEEPER_ACT_KEYS_OPENED, .grant = &session->used, .count = session->opened});
    }
    session->opened = 0;
    if (session->pseudonymised > 0) {
        tell_anyway(state, session,
                    &(struct keeper_act){KEEPER_ACT_PSEUDONYMISED, .grant = &session->used, .count = session->pseudonymised});
    }
    session->pseudonymised = 0;
}

/* What is counted is told for each grant. */
static void use(const struct keeper_state *state, struct keeper_session *session, const struct grant *grant)
{
    if (memcmp(session->used.nonce, grant->nonce, sizeof session->used.nonce) != 0) {
        tell_opened(state, session);
    }
    session->used = *grant;
}

/* ---- sessions ---- */
void keeper_session_begin(struct keeper_session *session, uint32_t user, uint32_t process)
{
    *session = (struct keeper_session){.user = user, .process = process};
    session->held.maximum = KEEPER_SIGN_MAX;
    session->pending.maximum = SESSION_KEYS_MAX;
}

static void held_drop(struct keeper_state *state, struct keeper_session *session)
{
    state->held -= session->held.length;
    buffer_finish(&session->held);
}

void keeper_session_end(struct keeper_state *state, struct keeper_session *session)
{
    struct error err;
    if (session->pending.count > 0 && state->keyring &&
        !keyring_data_key_forget(state->keyring, &session->load, session->pending.items, session->pending.count, &err)) {
        log_error("keeper", &err); /* keys without files: they open nothing */
    }
    tell_opened(state, session);
    held_drop(state, session);
    key_file_ids_finish(&session->pending);
}

/* ---- sealed and unsealed ---- */
/* A key of its own for each unsealing: what was sealed to an earlier one opens nothing. */
static bool unsealing_begin(struct keeper_state *state, struct error *err)
{
    struct keeper_status *status = &state->status;
    const struct keeper_share_sink *sink = &state->options.sink;
    struct secret *key = NULL;
    *status = (struct keeper_status){.is_memory_locked = state->options.is_memory_locked, .since = clock_unix_seconds()};
    memcpy(status->store_id, state->options.store_id, sizeof status->store_id);
    snprintf(status->custody, sizeof status->custody, "%s", sink->custody);
    sink->reset(sink->context);
    sink->describe(sink->context, &status->generation, &status->threshold, &status->count);
    crypto_random(status->nonce, sizeof status->nonce);
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err));
    secret_destroy(state->offer_key);
    state->offer_key = key;
    return crypto_envelope_public_key(status->offer_key, key, err);
}

void keeper_state_seal(struct keeper_state *state, const struct keeper_session *by, const char *why)
{
    struct error err;
    if (state->keyring) {
        tell_anyway(state, by, &(struct keeper_act){KEEPER_ACT_SEALED, .why = why, .count = state->status.keys_opened});
        keyring_close(state->keyring);
        state->keyring = NULL;
    }
    if (!unsealing_begin(state, &err)) {
        log_error("keeper", &err); /* no memory for one key: offers are refused, and nothing else is lost */
    }
}

void keeper_state_tick(struct keeper_state *state, int64_t now_ns)
{
    const struct keeper_options *options = &state->options;
    if (!state->keyring) {
        return;
    }
    if ((now_ns - state->unsealed_ns) / NS_PER_SECOND >= options->unsealed_seconds_max) {
        keeper_state_seal(state, NULL, "its time is over (keeper_unsealed_seconds_max)");
    } else if ((now_ns - state->used_ns) / NS_PER_SECOND >= options->idle_seconds_max) {
        keeper_state_seal(state, NULL, "nobody used it (keeper_idle_seconds_max)");
    }
}

bool keeper_state_open(struct keeper_state *out_state, const struct keeper_options *options, struct error *err)
{
    *out_state = (struct keeper_state){.options = *options};
    out_state->response = calloc(1, sizeof *out_state->response);
    if (!out_state->response) {
        abort(); /* like the arena */
    }
    return unsealing_begin(out_state, err);
}

void keeper_state_close(struct keeper_state *state)
{
    const struct keeper_share_sink *sink = &state->options.sink;
    if (state->keyring) {
        keeper_state_seal(state, NULL, "the keeper ends");
    }
    sink->reset(sink->context);
    if (sink->release) {
        sink->release(sink->context);
    }
    secret_destroy(state->offer_key);
    free(state->response);
    *state = (struct keeper_state){0};
}

static void status_unsealed(struct keeper_state *state)
{
    struct keeper_status *status = &state->status;
    const struct keyring *keyring = state->keyring;
    status->is_unsealed = true;
    status->since = clock_unix_seconds();
    status->until = status->since + state->options.unsealed_seconds_max;
    state->unsealed_ns = state->used_ns = clock_monotonic_ns();
    memcpy(status->governance_key, keyring_governance_public_key(keyring), sizeof status->governance_key);
    memcpy(status->manifest_key, keyring_manifest_public_key(keyring), sizeof status->manifest_key);
    memcpy(status->log_key, keyring_log_public_key(keyring), sizeof status->log_key);
}

/* A ceremony, a reshare or a rotation that was killed after the new custody was stored: until it is ended, the old root opens the table,
 * too. */
static bool change_end(struct keyring *keyring, const struct custody *custody, struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL;
    enum root_change left;
    TRY(keyring_root_changing(keyring, &left, err));
    if (left != ROOT_CHANGE_STORED) {
        return true;
    }
    TRY(custody->root_unseal(custody->context, &root, err));
    return keyring_root_finish(keyring, root, err);
}

static bool unseal(struct keeper_state *state, struct error *err)
{
    const struct keeper_share_sink *sink = &state->options.sink;
    struct custody custody = sink->custody_of(sink->context);
    CLEANUP(keyring) struct keyring *keyring = NULL;
    TRY(keyring_open(&keyring, &custody, state->options.directory, state->options.store_id, err));
    TRY(change_end(keyring, &custody, err));
    state->keyring = keyring;
    keyring = NULL;
    sink->reset(sink->context); /* the offers have done their work */
    status_unsealed(state);
    return true;
}

/* ---- offers ---- */
static bool offer_take(struct keeper_state *state, const struct keeper_session *session, struct text sealed,
                       char out_holder[KEEPER_HOLDER_SIZE], uint32_t *out_index, struct error *err)
{
    const struct keeper_share_sink *sink = &state->options.sink;
    struct keeper_status *status = &state->status;
    uint8_t transcript[KEEPER_TRANSCRIPT_SIZE];
    keeper_transcript(status, transcript);
    struct keeper_offer offer = {sealed.data, sealed.length, state->offer_key, transcript, sizeof transcript};
    TRY(sink->offer(sink->context, &offer, out_holder, out_index, &status->is_repeated, err));
    sink->describe(sink->context, &status->generation, &status->threshold, &status->count);
    if (!status->is_repeated && status->holder_count < KEEPER_HOLDERS_MAX) {
        memcpy(status->holders[status->holder_count++], out_holder, KEEPER_HOLDER_SIZE);
    }
    TRY(sink->missing(sink->context) > 0 || unseal(state, err));
    TRY(keeper_state_tell(state, session, &(struct keeper_act){KEEPER_ACT_OFFER_ACCEPTED, .who = out_holder, .index = *out_index}, err));
    struct keeper_act act = {KEEPER_ACT_UNSEALED, .who = out_holder, .index = *out_index, .count = status->holder_count};
    return !state->keyring || keeper_state_tell(state, session, &act, err);
}

static bool answer_offer(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                         struct secret **out_key, struct error *err)
{
    (void)out_key;
    const struct keeper_share_sink *sink = &state->options.sink;
    char holder[KEEPER_HOLDER_SIZE] = "";
    uint32_t index = 0;
    if (state->keyring) {
        state->status.is_repeated = true;
        return true;
    }
    state->status.is_repeated = false;
    if (!offer_take(state, session, request->part, holder, &index, err)) {
        struct keeper_act act = {KEEPER_ACT_OFFER_REFUSED, .who = holder[0] ? holder : NULL, .index = index, .why = err->message};
        tell_anyway(state, session, &act);
        if (state->keyring) {
            keeper_state_seal(state, NULL, "it could not be written down that it was unsealed");
        } else if (sink->missing(sink->context) == 0) {
            keeper_state_seal(state, NULL, NULL); /* all offers together open nothing: begin anew */
        }
        return false;
    }
    return true;
}

/* ---- the rest ---- */
static bool sealed_says(const struct keeper_state *state, struct error *err)
{
    const struct keeper_share_sink *sink = &state->options.sink;
    const struct keeper_status *status = &state->status;
    if (status->threshold > 1) {
        FAIL(err, DENIED, "the keeper is sealed: it has %u of %u shares", status->threshold - sink->missing(sink->context),
             status->threshold);
        return error_hint(err, "each custodian unseals with `emc2 key unseal --share FILE --custodian FILE`");
    }
    FAIL(err, DENIED, "the keeper is sealed");
    return error_hint(err, "unseal it with `emc2 key unseal`");
}

static bool answer_grant(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                         struct secret **out_key, struct error *err)
{
    (void)out_key;
    state->response->grant = request->grant;
    TRY(keyring_grant_issue(state->keyring, &state->response->grant, err));
    return keeper_state_tell(state, session, &(struct keeper_act){KEEPER_ACT_GRANT_ISSUED, .grant = &state->response->grant}, err);
}

/* offset: what the client believes is held. Parts of two sequences, or of one that was cut off, are never signed together. */
static bool hold(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request, struct error *err)
{
    if (request->offset == 0) {
        held_drop(state, session);
    }
    if (request->offset != session->held.length) {
        return FAIL(err, INVALID_ARGUMENT, "parts of what is to be signed are missing");
    }
    if (request->part.length > HELD_BY_ALL_MAX - state->held) {
        return FAIL(err, BUSY, "the keeper holds too much that waits to be signed");
    }
    session->held.maximum = KEEPER_SIGN_MAX;
    TRY(buffer_append(&session->held, request->part.data, request->part.length, err));
    state->held += request->part.length;
    return true;
}

static bool answer_hold(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    (void)out_key;
    return hold(state, session, request, err);
}

static bool answer_sign(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    (void)out_key;
    TRY(hold(state, session, request, err));
    uint8_t *signature = state->response->signature;
    const struct buffer *held = &session->held;
    bool done = request->seed == KEY_TOP_LOG ? keyring_log_sign(state->keyring, held->data, held->length, signature, err)
                                             : keyring_manifest_sign(state->keyring, held->data, held->length, signature, err);
    held_drop(state, session);
    return done;
}

static bool answer_create(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                          struct secret **out_key, struct error *err)
{
    TRY(key_file_ids_reserve(&session->pending, 1, err));
    TRY(keyring_data_key_create(state->keyring, &request->grant, request->domain, request->file.bytes, request->until, out_key, err));
    session->load = request->grant;
    state->status.keys_made++;
    return key_file_ids_append(&session->pending, request->file, err);
}

static bool answer_open(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    TRY(keyring_data_key_open(state->keyring, &request->grant, request->domain, request->file.bytes, out_key, err));
    use(state, session, &request->grant); /* another grant than before: what was opened under that one is told first */
    const struct keeper_listener *listener = &state->options.listener;
    if (session->opened == 0 && listener->ready && !listener->ready(listener->context, state->keyring, err)) {
        secret_destroy(*out_key);
        *out_key = NULL;
        return false;
    }
    session->opened++;
    state->status.keys_opened++;
    return true;
}

static bool answer_commit(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                          struct secret **out_key, struct error *err)
{
    (void)request;
    (void)out_key;
    TRY(keyring_commit(state->keyring, err));
    session->pending.count = 0;
    return true;
}

static bool answer_destroy(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                           struct secret **out_key, struct error *err)
{
    (void)out_key;
    TRY(keyring_data_key_destroy(state->keyring, &request->grant, request->ids, request->id_count, err));
    struct keeper_act act = {KEEPER_ACT_KEYS_DESTROYED, .grant = &request->grant, .count = request->id_count};
    return keeper_state_tell(state, session, &act, err);
}

struct page {
    struct keeper_response *response;
    const struct key_file_id *after; /* NULL: from the start */
};

static bool page_add(void *context, const struct key_facts *facts, struct error *err)
{
    (void)err;
    struct page *page = context;
    struct keeper_response *response = page->response;
    if (page->after && memcmp(facts->file_id.bytes, page->after->bytes, KEY_FILE_ID_SIZE) <= 0) {
        return true;
    }
    if (response->fact_count == KEEPER_VISIT_ENTRIES) {
        response->is_last = false;
    } else {
        response->facts[response->fact_count++] = *facts;
    }
    return true;
}

static bool answer_visit(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                         struct secret **out_key, struct error *err)
{
    (void)session;
    (void)out_key;
    struct page page = {state->response, request->is_from_start ? NULL : &request->file};
    state->response->fact_count = 0;
    state->response->is_last = true;
    return keyring_data_key_visit(state->keyring, page_add, &page, err);
}

static bool answer_head(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    (void)session;
    (void)request;
    (void)out_key;
    return keyring_head(state->keyring, &state->response->head, err);
}

static bool answer_kept(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    (void)session;
    (void)out_key;
    struct buffer *kept = &state->kept;
    kept->maximum = KEY_KEPT_MAX;
    TRY(keyring_head_kept(state->keyring, &request->grant, kept, err));
    TRY(request->offset <= kept->length || FAIL(err, INVALID_ARGUMENT, "the keys keep less than that for the store"));
    size_t left = kept->length - (size_t)request->offset;
    state->response->kept_length = kept->length;
    state->response->part = (struct text){(const char *)kept->data + request->offset, left < KEEPER_PART_MAX ? left : KEEPER_PART_MAX};
    return true;
}

static bool answer_head_set(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                            struct secret **out_key, struct error *err)
{
    (void)out_key;
    TRY(hold(state, session, request, err));
    bool done = keyring_head_set(state->keyring, &request->grant, &request->head, session->held.data, session->held.length, err);
    held_drop(state, session);
    return done;
}

static bool answer_forget(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                          struct secret **out_key, struct error *err)
{
    (void)session;
    (void)out_key;
    return keyring_data_key_forget(state->keyring, &request->grant, request->ids, request->id_count, err);
}

static bool answer_reserved(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                            struct secret **out_key, struct error *err)
{
    (void)out_key;
    TRY(keyring_reserved_create(state->keyring, &request->grant, &request->file, err));
    return keeper_state_tell(state, session, &(struct keeper_act){KEEPER_ACT_PSEUDONYM_KEY, .grant = &request->grant}, err);
}

/* Room for what is computed; it lives until the response is printed. */
static bool computed_room(struct keeper_state *state, const struct keeper_request *request, size_t unit_in, size_t unit_out,
                          size_t *out_count, struct error *err)
{
    size_t count = request->part.length / unit_in;
    if (request->part.length % unit_in != 0 || count > KEEPER_ELEMENTS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a message asks for at most %d pseudonyms", KEEPER_ELEMENTS_MAX);
    }
    state->kept.maximum = (size_t)KEEPER_ELEMENTS_MAX * CRYPTO_ELEMENT_SIZE + 1;
    TRY(buffer_reserve(&state->kept, count * unit_out + 1, err));
    state->response->part = (struct text){(const char *)state->kept.data, count * unit_out};
    *out_count = count;
    return true;
}

static bool answer_pseudonymise(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                                struct secret **out_key, struct error *err)
{
    (void)out_key;
    uint8_t elements[KEEPER_ELEMENTS_MAX][CRYPTO_ELEMENT_SIZE];
    struct key_batch batch = {.from = request->epochs[0], .to = request->epochs[1]};
    TRY(computed_room(state, request, CRYPTO_ELEMENT_SIZE, CRYPTO_ELEMENT_SIZE, &batch.count, err));
    memcpy(elements, request->part.data, request->part.length);
    batch.elements = (const uint8_t(*)[CRYPTO_ELEMENT_SIZE])elements;
    batch.out = (uint8_t(*)[CRYPTO_ELEMENT_SIZE])state->kept.data;
    TRY(keyring_batch(state->keyring, &request->grant, &batch, err));
    use(state, session, &request->grant);
    session->pseudonymised += batch.count;
    return true;
}

static bool answer_project(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                           struct secret **out_key, struct error *err)
{
    (void)out_key;
    uint64_t persons[KEEPER_ELEMENTS_MAX];
    size_t count;
    struct cursor in = {(const uint8_t *)request->part.data, request->part.length, 0};
    TRY(computed_room(state, request, 8, KEY_PROJECT_PSEUDONYM_SIZE, &count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(cursor_u64(&in, &persons[i], err));
    }
    uint8_t(*out)[KEY_PROJECT_PSEUDONYM_SIZE] = (uint8_t(*)[KEY_PROJECT_PSEUDONYM_SIZE])state->kept.data;
    TRY(keyring_project_pseudonyms(state->keyring, &request->grant, persons, count, out, err));
    use(state, session, &request->grant);
    session->pseudonymised += count;
    return true;
}

static bool answer_status(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                          struct secret **out_key, struct error *err)
{
    (void)state;
    (void)session;
    (void)request;
    (void)out_key;
    (void)err;
    return true;
}

static bool answer_seal(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                        struct secret **out_key, struct error *err)
{
    (void)request;
    (void)out_key;
    (void)err;
    tell_opened(state, session);
    keeper_state_seal(state, session, "asked for");
    return true;
}

static const struct {
    bool needs_keys;
    bool (*answer)(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                   struct secret **out_key, struct error *err);
} answers[KEEPER_KIND_END] = {
    [KEEPER_STATUS] = {false, answer_status},    [KEEPER_OFFER] = {false, answer_offer},
    [KEEPER_SEAL] = {false, answer_seal},        [KEEPER_GRANT_ISSUE] = {true, answer_grant},
    [KEEPER_HOLD] = {true, answer_hold},         [KEEPER_SIGN] = {true, answer_sign},
    [KEEPER_CREATE] = {true, answer_create},     [KEEPER_OPEN] = {true, answer_open},
    [KEEPER_COMMIT] = {true, answer_commit},     [KEEPER_HEAD] = {true, answer_head},
    [KEEPER_KEPT] = {true, answer_kept},         [KEEPER_HEAD_SET] = {true, answer_head_set},
    [KEEPER_RESERVED] = {true, answer_reserved}, [KEEPER_PSEUDONYMISE] = {true, answer_pseudonymise},
    [KEEPER_PROJECT] = {true, answer_project},   [KEEPER_DESTROY] = {true, answer_destroy},
    [KEEPER_FORGET] = {true, answer_forget},     [KEEPER_VISIT] = {true, answer_visit},
};

static bool answer(struct keeper_state *state, struct keeper_session *session, const struct keeper_request *request,
                   struct secret **out_key, struct error *err)
{
    if (answers[request->kind].needs_keys) {
        TRY(state->keyring || sealed_says(state, err));
        state->used_ns = clock_monotonic_ns();
    }
    return answers[request->kind].answer(state, session, request, out_key, err);
}

bool keeper_state_answer(struct keeper_state *state, struct keeper_session *session, const void *bytes, size_t length, struct buffer *out,
                         struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct keeper_request request;
    struct keeper_response *response = state->response;
    TRY(keeper_request_parse(&request, bytes, length, err));
    response->number = request.number;
    response->kind = request.kind;
    error_clear(&response->failure);
    response->is_failure = !answer(state, session, &request, &key, &response->failure);
    response->key = key ? secret_view(key) : NULL;
    response->status = state->status;
    response->status.is_repeated = state->status.is_repeated && request.kind == KEEPER_OFFER;
    bool done = keeper_response_print(response, out, err);
    buffer_finish(&state->kept);
    return done;
}
