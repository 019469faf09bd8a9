/* SPDX-License-Identifier: EUPL-1.2 */
/* root_file: writing, parsing, sealing and opening the file of the root key. */
#include "trust/keys/root_file.h"
#include "base/buffer.h"
#include <string.h>

static const uint8_t magic[8] = "EMC2ROOT";
enum { VERSION = 1, MEMORY_KIB_MIN = 8 };

static void put_u32(uint8_t **at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        *(*at)++ = (uint8_t)(value >> (8 * i));
    }
}

static void put(uint8_t **at, const void *bytes, size_t length)
{
    memcpy(*at, bytes, length);
    *at += length;
}

void root_file_write(const struct root_file *file, uint8_t out_bytes[ROOT_FILE_SIZE])
{
    uint8_t *at = out_bytes;
    put(&at, magic, sizeof magic);
    put_u32(&at, VERSION);
    put(&at, file->store_id, sizeof file->store_id);
    put_u32(&at, file->memory_kib);
    put_u32(&at, file->passes);
    put(&at, file->salt, sizeof file->salt);
    put(&at, file->sealed_root, sizeof file->sealed_root);
}

static bool take(struct cursor *in, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes;
    TRY(cursor_bytes(in, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

bool root_file_parse(struct root_file *out_file, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct root_file file;
    uint8_t found[sizeof magic];
    uint32_t version;
    if (length != ROOT_FILE_SIZE) {
        return FAIL(err, CORRUPT, "a root key file has %d bytes, this one %zu", ROOT_FILE_SIZE, length);
    }
    TRY(take(&in, found, sizeof found, err));
    TRY(cursor_u32(&in, &version, err));
    TRY(take(&in, file.store_id, sizeof file.store_id, err));
    TRY(cursor_u32(&in, &file.memory_kib, err));
    TRY(cursor_u32(&in, &file.passes, err));
    TRY(take(&in, file.salt, sizeof file.salt, err));
    TRY(take(&in, file.sealed_root, sizeof file.sealed_root, err));
    if (memcmp(found, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "this is not a root key file");
    }
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the root key file has version %u, this emc2 reads %d", version, VERSION);
    }
    /* Whoever can change the file must not make us take all the memory of the machine. */
    if (file.memory_kib < MEMORY_KIB_MIN || file.memory_kib > CRYPTO_PASSPHRASE_MEMORY_KIB_MAX || file.passes < 1 ||
        file.passes > CRYPTO_PASSPHRASE_PASSES_MAX) {
        return FAIL(err, CORRUPT, "the root key file asks for more memory or passes than emc2 ever writes");
    }
    *out_file = file;
    return true;
}

bool root_file_seal(struct root_file *file, const struct secret *root, const struct secret *passphrase, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    uint8_t bytes[ROOT_FILE_SIZE];
    TRY(crypto_passphrase_key(&key, passphrase, file->salt, file->memory_kib, file->passes, err));
    root_file_write(file, bytes);
    return crypto_seal(file->sealed_root, key, secret_view(root), CRYPTO_KEY_SIZE, bytes, ROOT_FILE_HEAD_SIZE, err);
}

bool root_file_unseal(const struct root_file *file, const struct secret *passphrase, struct secret **out_root, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL, *root = NULL;
    uint8_t bytes[ROOT_FILE_SIZE];
    TRY(crypto_passphrase_key(&key, passphrase, file->salt, file->memory_kib, file->passes, err));
    TRY(secret_create(&root, CRYPTO_KEY_SIZE, err));
    root_file_write(file, bytes);
    if (!crypto_open(secret_bytes(root), key, file->sealed_root, sizeof file->sealed_root, bytes, ROOT_FILE_HEAD_SIZE, NULL)) {
        FAIL(err, DENIED, "the root key does not open: the passphrase is wrong, or the root key file was changed");
        return error_hint(err, "the two cannot be told apart: try the passphrase again, then put the key file back from a copy");
    }
    *out_root = root;
    root = NULL;
    return true;
}
