/* SPDX-License-Identifier: EUPL-1.2 */
/* root_file: writing, parsing, sealing and opening the file of the root key. */
#include "trust/keys/root_file.h"
#include <string.h>

static const uint8_t magic[8] = "EMC2ROOT";
enum { VERSION = 1 };

static bool head_print(const struct root_file *file, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err) && buffer_append_u32(out, VERSION, err));
    return buffer_append(out, file->store_id, sizeof file->store_id, err);
}

bool root_file_print(const struct root_file *file, struct buffer *out, struct error *err)
{
    return head_print(file, out, err) && sealed_key_print(&file->key, out, err);
}

static bool head_parse(struct root_file *file, struct cursor *in, struct error *err)
{
    const uint8_t *found, *store_id;
    uint32_t version;
    TRY(cursor_bytes(in, sizeof magic, &found, err) && cursor_u32(in, &version, err));
    TRY(cursor_bytes(in, sizeof file->store_id, &store_id, err));
    if (memcmp(found, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "this is not a root key file");
    }
    if (version != VERSION) {
        return FAIL(err, UNSUPPORTED, "the root key file has version %u, this emc2 reads %d", version, VERSION);
    }
    memcpy(file->store_id, store_id, sizeof file->store_id);
    return true;
}

bool root_file_parse(struct root_file *out_file, const void *bytes, size_t length, struct error *err)
{
    struct cursor in = {bytes, length, 0};
    struct root_file file;
    if (length != ROOT_FILE_SIZE) {
        return FAIL(err, CORRUPT, "a root key file has %d bytes, this one %zu", ROOT_FILE_SIZE, length);
    }
    TRY(head_parse(&file, &in, err) && sealed_key_take(&in, &file.key, err));
    if (sealed_key_is_token(&file.key)) {
        return FAIL(err, CORRUPT, "the root key file names no memory and no passes, which emc2 never writes");
    }
    *out_file = file;
    return true;
}

bool root_file_seal(struct root_file *file, const struct secret *root, const struct secret *passphrase, struct error *err)
{
    CLEANUP(buffer_value) struct buffer head = {.maximum = ROOT_FILE_HEAD_SIZE};
    TRY(head_print(file, &head, err));
    return sealed_key_fill(&file->key, root, passphrase, head.data, head.length, err);
}

bool root_file_unseal(const struct root_file *file, const struct secret *passphrase, struct secret **out_root, struct error *err)
{
    CLEANUP(buffer_value) struct buffer head = {.maximum = ROOT_FILE_HEAD_SIZE};
    const struct key_lock lock = {.passphrase = passphrase};
    TRY(head_print(file, &head, err));
    return sealed_key_open(out_root, &file->key, &lock, head.data, head.length, "the root key", err);
}
