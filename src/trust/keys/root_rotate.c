/* SPDX-License-Identifier: EUPL-1.2 */
/* root_rotate: a new root key for a warehouse with a passphrase, in three durable steps: the key table opens under both roots; the file of
 * the root key is replaced; the key table opens under the new root alone. After each of them the passphrase opens what is there. */
#include "base/fault.h"
#include "base/file.h"
#include "trust/keys/keys.h"
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

/* The custody for a root that is at hand. */
static bool root_copy(void *context, struct secret **out_root, struct error *err)
{
    const struct secret *root = context;
    TRY(secret_create(out_root, secret_length(root), err));
    memcpy(secret_bytes(*out_root), secret_view(root), secret_length(root));
    return true;
}

static bool root_of(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *passphrase,
                    struct secret **out_root, struct error *err)
{
    struct custody custody;
    TRY(custody_passphrase_open(&custody, path, store_id, passphrase, err));
    bool done = custody.root_unseal(custody.context, out_root, err);
    custody_release(&custody);
    return done;
}

static bool root_file_replace(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root,
                              const struct secret *passphrase, struct error *err)
{
    char beside[PATH_SIZE];
    bool is_left_over;
    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside) {
        return FAIL(err, INVALID_ARGUMENT, "the path of the keys is too long");
    }
    TRY(file_exists(beside, &is_left_over, err));
    TRY(!is_left_over || file_remove(beside, err));
    TRY(custody_passphrase_create(beside, store_id, root, passphrase, err));
    return file_rename_durable(beside, path, err);
}

static bool change(struct keyring *keyring, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *passphrase,
                   struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL;
    TRY(secret_random(&root, CRYPTO_KEY_SIZE, err));
    TRY(fault_point("root_begin", err) && keyring_root_begin(keyring, root, err));
    TRY(fault_point("root_store", err) && root_file_replace(path, store_id, root, passphrase, err));
    return fault_point("root_finish", err) && keyring_root_finish(keyring, root, err);
}

bool root_rotate_passphrase(const char *path, const char *directory, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                            const struct secret *passphrase, bool *out_resumed, struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL;
    CLEANUP(keyring) struct keyring *keyring = NULL;
    enum root_change left;
    TRY(root_of(path, store_id, passphrase, &root, err));
    const struct custody custody = {"passphrase", root_copy, NULL, root};
    TRY(keyring_open(&keyring, &custody, directory, store_id, err));
    TRY(keyring_root_changing(keyring, &left, err));
    if (left == ROOT_CHANGE_STORED) {
        TRY(keyring_root_finish(keyring, root, err));
    } else {
        TRY(change(keyring, path, store_id, passphrase, err));
    }
    *out_resumed = left == ROOT_CHANGE_STORED;
    return true;
}
