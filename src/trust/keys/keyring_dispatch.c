/* SPDX-License-Identifier: EUPL-1.2 */
/* keyring_dispatch: the functions of a keyring as callers see them, wherever its keys are. */
#include "trust/keys/keyring_internal.h"
#include <stdlib.h>
#include <string.h>

void keyring_close(struct keyring *keyring)
{
    if (keyring) {
        keyring->backend->close(keyring);
        free(keyring);
    }
}

const uint8_t *keyring_store_id(const struct keyring *keyring)
{
    return keyring->store_id;
}

const uint8_t *keyring_governance_public_key(const struct keyring *keyring)
{
    return keyring->public_keys[KEY_TOP_GRANTS];
}

const uint8_t *keyring_manifest_public_key(const struct keyring *keyring)
{
    return keyring->public_keys[KEY_TOP_MANIFESTS];
}

const uint8_t *keyring_log_public_key(const struct keyring *keyring)
{
    return keyring->public_keys[KEY_TOP_LOG];
}

bool keyring_grant_issue(const struct keyring *keyring, struct grant *grant, struct error *err)
{
    return keyring->backend->grant_issue(keyring, grant, err);
}

bool keyring_manifest_sign(const struct keyring *keyring, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                           struct error *err)
{
    return keyring->backend->sign(keyring, KEY_TOP_MANIFESTS, bytes, length, out_signature, err);
}

bool keyring_log_sign(const struct keyring *keyring, const void *bytes, size_t length, uint8_t out_signature[CRYPTO_SIGNATURE_SIZE],
                      struct error *err)
{
    return keyring->backend->sign(keyring, KEY_TOP_LOG, bytes, length, out_signature, err);
}

static bool domain_check(enum key_domain domain, struct error *err)
{
    return (unsigned)domain < KEY_DOMAIN_COUNT ? true : FAIL(err, INVALID_ARGUMENT, "there is no key domain %u", (unsigned)domain);
}

static bool id_check(const struct key_file_id *ids, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        TRY(!key_id_is_reserved(ids[i].bytes) || FAIL(err, DENIED, "a key of pseudonyms is no data key: it never leaves the keys"));
    }
    return true;
}

bool keyring_data_key_create(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                             const uint8_t file_id[KEY_FILE_ID_SIZE], int64_t until, struct secret **out_key, struct error *err)
{
    struct key_facts facts = {.domain = domain, .until = until};
    TRY(domain_check(domain, err));
    memcpy(facts.file_id.bytes, file_id, KEY_FILE_ID_SIZE);
    TRY(id_check(&facts.file_id, 1, err));
    return keyring->backend->create(keyring, grant, &facts, out_key, err);
}

bool keyring_commit(const struct keyring *keyring, struct error *err)
{
    return keyring->backend->commit(keyring, err);
}

bool keyring_data_key_open(const struct keyring *keyring, const struct grant *grant, enum key_domain domain,
                           const uint8_t file_id[KEY_FILE_ID_SIZE], struct secret **out_key, struct error *err)
{
    struct key_file_id id;
    memcpy(id.bytes, file_id, sizeof id.bytes);
    TRY(domain_check(domain, err) && id_check(&id, 1, err));
    return keyring->backend->open(keyring, grant, domain, file_id, out_key, err);
}

bool keyring_data_key_destroy(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                              struct error *err)
{
    return keyring->backend->destroy(keyring, grant, ids, count, err);
}

bool keyring_data_key_forget(const struct keyring *keyring, const struct grant *grant, const struct key_file_id *ids, size_t count,
                             struct error *err)
{
    TRY(id_check(ids, count, err));
    return keyring->backend->forget(keyring, grant, ids, count, err);
}

bool keyring_data_key_visit(const struct keyring *keyring, bool (*visit)(void *context, const struct key_facts *facts, struct error *err),
                            void *context, struct error *err)
{
    return keyring->backend->visit(keyring, visit, context, err);
}

bool keyring_head(const struct keyring *keyring, struct key_head *out_head, struct error *err)
{
    return keyring->backend->head(keyring, out_head, err);
}

bool keyring_head_kept(const struct keyring *keyring, const struct grant *grant, struct buffer *out, struct error *err)
{
    return keyring->backend->head_kept(keyring, grant, out, err);
}

bool keyring_head_set(const struct keyring *keyring, const struct grant *grant, const struct key_head *head, const void *kept,
                      size_t length, struct error *err)
{
    TRY(length <= KEY_KEPT_MAX || FAIL(err, LIMIT, "the keys keep at most %d bytes for the store", KEY_KEPT_MAX));
    return keyring->backend->head_set(keyring, grant, head, (struct text){kept, length}, err);
}

bool keyring_root_begin(const struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    return keyring->backend->root_begin(keyring, new_root, err);
}

bool keyring_root_finish(struct keyring *keyring, const struct secret *new_root, struct error *err)
{
    return keyring->backend->root_finish(keyring, new_root, err);
}
