/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_passphrase: the root key in a file sealed under a passphrase, for one operator on one machine. */
#include "base/file.h"
#include "trust/keys/root_file.h"
#include <stdlib.h>
#include <string.h>

enum { PASSPHRASE_MAX = 4096, KEY_FILE_MODE = 0600 };

struct custody_passphrase {
    struct root_file file;
    struct secret *passphrase;
    char *path;
};

static bool at_path(const char *path, struct error *err)
{
    return error_context(err, "root key file %s", path);
}

static bool passphrase_check(const struct secret *passphrase, struct error *err)
{
    size_t length = secret_length(passphrase);
    if (length == 0 || length > PASSPHRASE_MAX) {
        FAIL(err, INVALID_ARGUMENT, "a passphrase has 1 to %d bytes", PASSPHRASE_MAX);
        return error_hint(err, "five or more random words are easy to keep and hard to guess");
    }
    return true;
}

static bool root_file_read(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], struct root_file *out_file, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = ROOT_FILE_SIZE + 1};
    struct root_file file;
    if (!file_read_plain(path, &bytes, err) || !root_file_parse(&file, bytes.data, bytes.length, err)) {
        return at_path(path, err);
    }
    if (memcmp(file.store_id, store_id, GRANT_STORE_ID_SIZE) != 0) {
        FAIL(err, CORRUPT, "the root key file belongs to another store, or was changed");
        error_hint(err, "use the key file that was made together with this store");
        return at_path(path, err);
    }
    *out_file = file;
    return true;
}

static bool root_file_store(const char *path, const struct root_file *file, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = ROOT_FILE_SIZE};
    TRY(root_file_print(file, &bytes, err));
    return file_write_atomic(path, bytes.data, bytes.length, KEY_FILE_MODE, err);
}

static void root_file_begin(struct root_file *file, const uint8_t store_id[GRANT_STORE_ID_SIZE])
{
    memcpy(file->store_id, store_id, sizeof file->store_id);
    sealed_key_begin(&file->key);
}

bool custody_passphrase_create(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *root,
                               const struct secret *passphrase, struct error *err)
{
    bool exists;
    TRY(passphrase_check(passphrase, err));
    TRY(file_exists(path, &exists, err));
    if (exists) {
        FAIL(err, EXISTS, "there is a root key file already");
        error_hint(err, "a root key is never overwritten: everything sealed under it would be lost");
        return at_path(path, err);
    }
    struct root_file file;
    root_file_begin(&file, store_id);
    TRY(root_file_seal(&file, root, passphrase, err));
    return root_file_store(path, &file, err);
}

static bool root_unseal(void *context, struct secret **out_root, struct error *err)
{
    const struct custody_passphrase *custody = context;
    return root_file_unseal(&custody->file, custody->passphrase, out_root, err) ? true : at_path(custody->path, err);
}

static void release(void *context)
{
    struct custody_passphrase *custody = context;
    secret_destroy(custody->passphrase);
    free(custody->path);
    free(custody);
}

bool custody_passphrase_open(struct custody *out_custody, const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                             const struct secret *passphrase, struct error *err)
{
    struct root_file file;
    struct secret *copy;
    TRY(passphrase_check(passphrase, err));
    TRY(root_file_read(path, store_id, &file, err));
    TRY(secret_create(&copy, secret_length(passphrase), err));
    memcpy(secret_bytes(copy), secret_view(passphrase), secret_length(passphrase));
    struct custody_passphrase *custody = malloc(sizeof *custody);
    char *path_copy = strdup(path);
    if (!custody || !path_copy) {
        abort(); /* like the arena: no memory left for a few bytes */
    }
    *custody = (struct custody_passphrase){file, copy, path_copy};
    *out_custody = (struct custody){"passphrase", root_unseal, release, custody};
    return true;
}

bool custody_passphrase_change(const char *path, const uint8_t store_id[GRANT_STORE_ID_SIZE], const struct secret *old_passphrase,
                               const struct secret *new_passphrase, struct error *err)
{
    struct root_file old_file, new_file;
    CLEANUP(secret) struct secret *root = NULL;
    TRY(passphrase_check(old_passphrase, err));
    TRY(passphrase_check(new_passphrase, err));
    TRY(root_file_read(path, store_id, &old_file, err));
    if (!root_file_unseal(&old_file, old_passphrase, &root, err)) {
        return at_path(path, err);
    }
    root_file_begin(&new_file, store_id);
    TRY(root_file_seal(&new_file, root, new_passphrase, err));
    return root_file_store(path, &new_file, err);
}

void custody_release(struct custody *custody)
{
    if (custody->release) {
        custody->release(custody->context);
    }
    *custody = (struct custody){.name = NULL};
}
