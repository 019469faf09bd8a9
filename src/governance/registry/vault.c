/* SPDX-License-Identifier: EUPL-1.2 */
/* vault: see registry_vault.h. Form: kind (8), id of the data key (16), then crypto_seal of the content, bound to store, kind and id. */
#include "base/file.h"
#include "governance/registry/registry_vault.h"
#include <string.h>

enum { KIND_SIZE = 8, HEAD_SIZE = KIND_SIZE + KEY_FILE_ID_SIZE, BOUND_SIZE = HEAD_SIZE + GRANT_STORE_ID_SIZE, FILE_MODE = 0600 };

static void bound_make(const struct vault *vault, const uint8_t *head, uint8_t out[BOUND_SIZE])
{
    memcpy(out, head, HEAD_SIZE);
    memcpy(out + HEAD_SIZE, keyring_store_id(vault->keyring), GRANT_STORE_ID_SIZE);
}

static bool file_take(const struct vault *vault, struct buffer *out, bool *out_exists, struct error *err)
{
    TRY(file_exists(vault->path, out_exists, err));
    if (!*out_exists) {
        return true;
    }
    TRY(file_read_plain(vault->path, out, err));
    if (out->length < HEAD_SIZE + CRYPTO_SEAL_OVERHEAD || memcmp(out->data, vault->kind, KIND_SIZE) != 0) {
        return FAIL(err, CORRUPT, "a sealed file of the warehouse is not what it should be");
    }
    return true;
}

bool vault_read(const struct vault *vault, struct buffer *out, bool *out_exists, struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer file = {.maximum = VAULT_BYTES_MAX};
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t bound[BOUND_SIZE];
    TRY(file_take(vault, &file, out_exists, err));
    if (!*out_exists) {
        return true;
    }
    TRY(keyring_data_key_open(vault->keyring, vault->grant, vault->domain, file.data + KIND_SIZE, &key, err));
    bound_make(vault, file.data, bound);
    size_t length = file.length - HEAD_SIZE - CRYPTO_SEAL_OVERHEAD;
    TRY(buffer_reserve(out, length + 1, err));
    if (!crypto_open(out->data + out->length, key, file.data + HEAD_SIZE, file.length - HEAD_SIZE, bound, sizeof bound, NULL)) {
        FAIL(err, CORRUPT, "a sealed file of the warehouse was changed");
        return error_detail(err, "%s", vault->path);
    }
    out->length += length;
    if (out_hash) {
        *out_hash = crypto_hash_of(file.data, file.length);
    }
    return true;
}

/* The key that the file names, or a new one. */
static bool key_take(const struct vault *vault, uint8_t head[HEAD_SIZE], struct secret **out_key, struct error *err)
{
    CLEANUP(buffer_value) struct buffer file = {.maximum = VAULT_BYTES_MAX};
    bool exists;
    TRY(file_take(vault, &file, &exists, err));
    if (exists) {
        memcpy(head, file.data, HEAD_SIZE);
        return keyring_data_key_open(vault->keyring, vault->grant, vault->domain, head + KIND_SIZE, out_key, err);
    }
    memcpy(head, vault->kind, KIND_SIZE);
    crypto_random(head + KIND_SIZE, KEY_FILE_ID_SIZE);
    TRY(keyring_data_key_create(vault->keyring, vault->grant, vault->domain, head + KIND_SIZE, 0, out_key, err));
    return keyring_commit(vault->keyring, err);
}

bool vault_write(const struct vault *vault, const void *bytes, size_t length, struct crypto_hash *out_hash, struct error *err)
{
    CLEANUP(buffer_value) struct buffer file = {.maximum = VAULT_BYTES_MAX};
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t head[HEAD_SIZE], bound[BOUND_SIZE];
    TRY(key_take(vault, head, &key, err));
    bound_make(vault, head, bound);
    TRY(buffer_append(&file, head, sizeof head, err) && buffer_reserve(&file, length + CRYPTO_SEAL_OVERHEAD, err));
    TRY(crypto_seal(file.data + file.length, key, bytes, length, bound, sizeof bound, err));
    file.length += length + CRYPTO_SEAL_OVERHEAD;
    TRY(file_write_atomic(vault->path, file.data, file.length, FILE_MODE, err));
    if (out_hash) {
        *out_hash = crypto_hash_of(file.data, file.length);
    }
    return true;
}
