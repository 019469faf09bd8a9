/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_remote: a keyring whose keys are in a keeper. Each function is a request; data keys that come back go from the message, which is
 * in secret memory, into a secret. */
#include "trust/keys/keeper_link.h"
#include "trust/keys/keyring_internal.h"
#include <stdlib.h>
#include <string.h>

static bool key_take(void *context, const struct keeper_response *response, struct error *err)
{
    struct secret **out_key = context;
    struct secret *key = NULL;
    TRY(secret_create(&key, CRYPTO_KEY_SIZE, err));
    memcpy(secret_bytes(key), response->key, CRYPTO_KEY_SIZE);
    *out_key = key;
    return true;
}

static bool grant_take(void *context, const struct keeper_response *response, struct error *err)
{
    (void)err;
    *(struct grant *)context = response->grant;
    return true;
}

static bool signature_take(void *context, const struct keeper_response *response, struct error *err)
{
    (void)err;
    memcpy(context, response->signature, CRYPTO_SIGNATURE_SIZE);
    return true;
}

static bool remote_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_GRANT_ISSUE, .grant = *grant};
    return keeper_link_ask(keyring->link, &request, grant_take, grant, err);
}

/* What does not fit into one message is held by the keeper until the last part comes, with what is asked. */
static bool ask_in_parts(const struct keyring *keyring, struct keeper_request *last, struct text bytes, keeper_take *take, void *context,
                         struct error *err)
{
    size_t at = 0;
    for (; bytes.length - at > KEEPER_PART_MAX; at += KEEPER_PART_MAX) {
        struct keeper_request part = {.kind = KEEPER_HOLD, .offset = at, .part = {bytes.data + at, KEEPER_PART_MAX}};
        TRY(keeper_link_ask(keyring->link, &part, NULL, NULL, err));
    }
    last->offset = at;
    last->part = (struct text){bytes.length > 0 ? bytes.data + at : NULL, bytes.length - at};
    return keeper_link_ask(keyring->link, last, take, context, err);
}

static bool remote_sign(const struct keyring *keyring, enum key_top seed, const void *bytes, size_t length,
                        uint8_t out_signature[CRYPTO_SIGNATURE_SIZE], struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_SIGN, .seed = seed};
    task_lock_take(keyring->link->signing);
    bool done = ask_in_parts(keyring, &request, (struct text){bytes, length}, signature_take, out_signature, err);
    task_lock_give(keyring->link->signing);
    return done;
}

static bool remote_create(const struct keyring *keyring, const struct grant *grant, const struct key_facts *facts, struct secret **out_key,
                          struct error *err)
{
    struct keeper_request request = {
        .kind = KEEPER_CREATE, .grant = *grant, .domain = facts->domain, .file = facts->file_id, .until = facts->until};
    return keeper_link_ask(keyring->link, &request, key_take, out_key, err);
}

static bool remote_commit(const struct keyring *keyring, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_COMMIT};
    return keeper_link_ask(keyring->link, &request, NULL, NULL, err);
}

static bool remote_open(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                        const uint8_t file_id[KEY_FILE_ID_SIZE], struct secret **out_key, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_OPEN, .grant = *grant, .domain = domain};
    memcpy(request.file.bytes, file_id, KEY_FILE_ID_SIZE);
    return keeper_link_ask(keyring->link, &request, key_take, out_key, err);
}

static bool ask_for_ids(const struct keyring *keyring, enum keeper_kind kind, const struct grant *grant, const struct key_file_id *ids,
                        size_t count, struct error *err)
{
    size_t at = 0;
    do { /* at least once, so that the grant is looked at */
        struct keeper_request request = {.kind = kind, .grant = *grant, .ids = ids + at};
        request.id_count = count - at < KEEPER_IDS_MAX ? count - at : KEEPER_IDS_MAX;
        TRY(keeper_link_ask(keyring->link, &request, NULL, NULL, err));
        at += request.id_count;
    } while (at < count);
    return true;
}

static bool remote_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                           struct error *err)
{
    return ask_for_ids(keyring, KEEPER_DESTROY, grant, ids, count, err);
}

static bool remote_forget(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                          struct error *err)
{
    return ask_for_ids(keyring, KEEPER_FORGET, grant, ids, count, err);
}

struct page {
    struct key_facts *facts;
    size_t count;
    bool is_last;
};

static bool page_take(void *context, const struct keeper_response *response, struct error *err)
{
    (void)err;
    struct page *page = context;
    memcpy(page->facts, response->facts, response->fact_count * sizeof *page->facts);
    page->count = response->fact_count;
    page->is_last = response->is_last;
    return true;
}

/* The link is free while visit runs: it may ask for something itself. */
static bool visit_pages(const struct keyring *keyring, struct page *page,
                        bool (*visit)(void *context, const struct key_facts *facts, struct error *err), void *context, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_VISIT, .is_from_start = true};
    do {
        TRY(keeper_link_ask(keyring->link, &request, page_take, page, err));
        for (size_t i = 0; i < page->count; i++) {
            TRY(visit(context, &page->facts[i], err));
        }
        if (page->count > 0) {
            request.file = page->facts[page->count - 1].file_id;
        }
        request.is_from_start = false;
    } while (!page->is_last);
    return true;
}

static bool remote_visit(const struct keyring *keyring, bool (*visit)(void *context, const struct key_facts *facts, struct error *err),
                         void *context, struct error *err)
{
    struct page page = {.facts = calloc(KEEPER_VISIT_ENTRIES, sizeof *page.facts)};
    if (!page.facts) {
        abort(); /* like the arena */
    }
    bool done = visit_pages(keyring, &page, visit, context, err);
    free(page.facts);
    return done;
}

static bool head_take(void *context, const struct keeper_response *response, struct error *err)
{
    (void)err;
    *(struct key_head *)context = response->head;
    return true;
}

static bool remote_head(const struct keyring *keyring, struct key_head *out_head, struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_HEAD};
    return keeper_link_ask(keyring->link, &request, head_take, out_head, err);
}

struct kept_parts {
    struct buffer *out;
    uint64_t at, length; /* length: as the first part said */
};

static bool kept_take(void *context, const struct keeper_response *response, struct error *err)
{
    struct kept_parts *parts = context;
    parts->length = parts->at == 0 ? response->kept_length : parts->length;
    bool fits = response->kept_length == parts->length && response->part.length <= parts->length - parts->at &&
                (response->part.length > 0 || parts->at == parts->length);
    TRY(fits || FAIL(err, BUSY, "what the keys keep for the store was changed while it was read"));
    parts->at += response->part.length;
    return buffer_append(parts->out, response->part.data, response->part.length, err);
}

static bool remote_head_kept(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err)
{
    struct kept_parts parts = {.out = out};
    do {
        struct keeper_request request = {.kind = KEEPER_KEPT, .grant = *grant, .offset = parts.at};
        TRY(keeper_link_ask(keyring->link, &request, kept_take, &parts, err));
    } while (parts.at < parts.length);
    return true;
}

static bool remote_head_set(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, struct text kept,
                            struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_HEAD_SET, .grant = *grant, .head = *head};
    task_lock_take(keyring->link->signing);
    bool done = ask_in_parts(keyring, &request, kept, NULL, NULL, err);
    task_lock_give(keyring->link->signing);
    return done;
}

static bool remote_reserved_create(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *id,
                                   struct error *err)
{
    struct keeper_request request = {.kind = KEEPER_RESERVED, .grant = *grant, .file = *id};
    return keeper_link_ask(keyring->link, &request, NULL, NULL, err);
}

struct computed {
    uint8_t *out;
    size_t length;
};

static bool computed_take(void *context, const struct keeper_response *response, struct error *err)
{
    const struct computed *computed = context;
    TRY(response->part.length == computed->length || message_refused(err));
    memcpy(computed->out, response->part.data, computed->length);
    return true;
}

static bool remote_pseudonymise(const struct keyring *keyring, const struct grant *grant, const struct key_batch *batch, struct error *err)
{
    size_t at = 0;
    do { /* at least once, so that the grant is looked at */
        size_t count = batch->count - at < KEEPER_ELEMENTS_MAX ? batch->count - at : KEEPER_ELEMENTS_MAX;
        struct keeper_request request = {.kind = KEEPER_PSEUDONYMISE, .grant = *grant, .epochs = {batch->from, batch->to}};
        struct computed computed = {(uint8_t *)(batch->out + at), count * CRYPTO_ELEMENT_SIZE};
        request.part = (struct text){(const char *)(batch->elements + at), count * CRYPTO_ELEMENT_SIZE};
        TRY(keeper_link_ask(keyring->link, &request, computed_take, &computed, err));
        at += count;
    } while (at < batch->count);
    return true;
}

static bool remote_project_pseudonyms(const struct keyring *keyring, const struct grant *grant, const uint64_t *persons, size_t count,
                                      uint8_t (*out)[KEY_PROJECT_PSEUDONYM_SIZE], struct error *err)
{
    uint8_t numbers[KEEPER_ELEMENTS_MAX][8];
    size_t at = 0;
    do {
        size_t part = count - at < KEEPER_ELEMENTS_MAX ? count - at : KEEPER_ELEMENTS_MAX;
        for (size_t i = 0; i < part; i++) {
            key_person_bytes(numbers[i], persons[at + i]);
        }
        struct keeper_request request = {
            .kind = KEEPER_PROJECT, .grant = *grant, .part = {(const char *)numbers, part * sizeof numbers[0]}};
        struct computed computed = {(uint8_t *)(out + at), part * KEY_PROJECT_PSEUDONYM_SIZE};
        TRY(keeper_link_ask(keyring->link, &request, computed_take, &computed, err));
        at += part;
    } while (at < count);
    return true;
}

static bool root_refused(struct error *err)
{
    FAIL(err, UNSUPPORTED, "a keeper does not change its root key");
    return error_hint(err, "seal it with `emc2 key seal`, then change the root key, then unseal it");
}

static bool remote_root_begin(const struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    (void)keyring;
    (void)new_root;
    return root_refused(err);
}

static bool remote_root_finish(struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    (void)keyring;
    (void)new_root;
    return root_refused(err);
}

static void remote_close(struct keyring *keyring)
{
    keeper_link_close(keyring->link);
}

static const struct keyring_backend remote_backend = {
    remote_grant_issue,  remote_sign,
    remote_create,       remote_commit,
    remote_open,         remote_destroy,
    remote_forget,       remote_visit,
    remote_head,         remote_head_kept,
    remote_head_set,     remote_reserved_create,
    remote_pseudonymise, remote_project_pseudonyms,
    remote_root_begin,   remote_root_finish,
    remote_close,
};

static bool facts_check(const struct keeper_status *status, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    if (memcmp(status->store_id, store_id, GRANT_STORE_ID_SIZE) != 0) {
        FAIL(err, INVALID_ARGUMENT, "the keeper holds the keys of another warehouse");
        return error_hint(err, "name the socket of the right one with --keeper");
    }
    if (!status->is_unsealed) {
        if (status->threshold > 1) {
            FAIL(err, DENIED, "the keeper is sealed: it has %u of %u shares", status->holder_count, status->threshold);
            return error_hint(err, "each custodian unseals with `emc2 key unseal --share FILE --custodian FILE`");
        }
        FAIL(err, DENIED, "the keeper is sealed");
        return error_hint(err, "unseal it with `emc2 key unseal`");
    }
    return true;
}

bool keyring_connect(struct keyring **out_keyring, const char *socket_path, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(keeper_link) struct keeper_link *link = NULL;
    struct keeper_status status;
    TRY(keeper_link_open(&link, socket_path, err));
    TRY(keeper_link_status(link, &status, err));
    TRY(facts_check(&status, store_id, err));
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (!keyring) {
        abort(); /* like the arena */
    }
    keyring->backend = &remote_backend;
    memcpy(keyring->store_id, store_id, sizeof keyring->store_id);
    memcpy(keyring->public_keys[KEY_TOP_GRANTS], status.governance_key, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(keyring->public_keys[KEY_TOP_MANIFESTS], status.manifest_key, CRYPTO_PUBLIC_KEY_SIZE);
    memcpy(keyring->public_keys[KEY_TOP_LOG], status.log_key, CRYPTO_PUBLIC_KEY_SIZE);
    keyring->link = link;
    link = NULL;
    *out_keyring = keyring;
    return true;
}
