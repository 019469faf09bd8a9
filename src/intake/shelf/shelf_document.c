/* SPDX-License-Identifier: EUPL-1.2 */
/* Small sealed files that are replaced as a whole: each begins with its own file id, by which its key is forgotten when it is replaced. */
#include "base/file.h"
#include "intake/shelf/shelf_index.h"
#include "warehouse/store/store_sealed.h"
#include <stdio.h>
#include <string.h>

enum { PIECE = 1 << 20 };

bool shelf_path_make(struct shelf_path *out_path, const struct shelf_place *place, const char *name, struct error *err)
{
    const int length =
        snprintf(out_path->text, sizeof out_path->text, "%s/shelves%s%s", place->directory, name ? "/" : "", name ? name : "");
    return (length > 0 && length < SHELF_PATH_SIZE) || FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
}

static bool read_blocks(struct sealed_file *file, struct buffer *out, struct error *err)
{
    for (uint64_t block = 0; block < sealed_block_count(file); block++) {
        const uint32_t length = sealed_block_length(file, block);
        TRY(buffer_reserve(out, length + SEALED_PADDING, err));
        TRY(sealed_read(file, block, out->data + out->length, err));
        out->length += length;
    }
    return true;
}

static bool read_whole(const struct shelf_place *place, const char *name, struct buffer *out, struct error *err)
{
    struct shelf_path path = {.text = ""};
    bool exists = false;
    TRY(shelf_path_make(&path, place, name, err) && file_exists(path.text, &exists, err));
    if (!exists) {
        return true;
    }
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    TRY(sealed_open(&file, path.text, place->keyring, place->grant, NULL, err));
    TRY(read_blocks(file, out, err));
    if (sealed_domain(file) != KEY_DOMAIN_GOVERNANCE || out->length < KEY_FILE_ID_SIZE) {
        return FAIL(err, CORRUPT, "shelves/%s is another file", name);
    }
    return true;
}

bool shelf_document_exists(const struct shelf_place *place, const char *name, bool *out_exists, struct error *err)
{
    struct shelf_path path = {.text = ""};
    return shelf_path_make(&path, place, name, err) && file_exists(path.text, out_exists, err);
}

bool shelf_document_read(const struct shelf_place *place, const char *name, struct buffer *out, struct error *err)
{
    CLEANUP(buffer_value) struct buffer whole = {.maximum = SHELF_DOCUMENT_MAX};
    TRY(read_whole(place, name, &whole, err));
    return !whole.length || buffer_append(out, whole.data + KEY_FILE_ID_SIZE, whole.length - KEY_FILE_ID_SIZE, err);
}

static bool write_blocks(struct sealed_writer *writer, const uint8_t *id, const struct buffer *bytes, struct error *err)
{
    uint64_t block = 0;
    TRY(sealed_writer_append(writer, id, KEY_FILE_ID_SIZE, &block, err));
    for (size_t at = 0; at < bytes->length; at += PIECE) {
        const size_t length = bytes->length - at < PIECE ? bytes->length - at : PIECE;
        TRY(sealed_writer_append(writer, bytes->data + at, length, &block, err));
    }
    return true;
}

bool shelf_document_write(const struct shelf_place *place, const char *name, const struct buffer *bytes, struct error *err)
{
    CLEANUP(buffer_value) struct buffer old = {.maximum = SHELF_DOCUMENT_MAX};
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    uint8_t id[KEY_FILE_ID_SIZE];
    struct key_file_id old_id;
    struct shelf_path path = {.text = ""};
    struct crypto_hash hash;
    uint64_t size = 0;
    TRY(read_whole(place, name, &old, err));
    crypto_random(id, sizeof id);
    TRY(shelf_path_make(&path, place, name, err));
    TRY(sealed_writer_open(&writer, path.text, place->keyring, place->grant, KEY_DOMAIN_GOVERNANCE, id, 0, err));
    TRY(write_blocks(writer, id, bytes, err));
    TRY(keyring_commit(place->keyring, err)); /* the keys of all files that it may name are durable before it is there */
    TRY(sealed_writer_commit(writer, &size, &hash, err));
    if (old.length) { /* a failure here changes nothing of what counts */
        memcpy(old_id.bytes, old.data, sizeof old_id.bytes);
        (void)!keyring_data_key_forget(place->keyring, place->grant, &old_id, 1, NULL);
    }
    return true;
}

bool shelf_document_erase(const struct shelf_place *place, const char *name, struct error *err)
{
    CLEANUP(buffer_value) struct buffer old = {.maximum = SHELF_DOCUMENT_MAX};
    struct key_file_id id;
    struct shelf_path path;
    TRY(read_whole(place, name, &old, err));
    if (!old.length) {
        return true;
    }
    memcpy(id.bytes, old.data, sizeof id.bytes);
    TRY(keyring_data_key_forget(place->keyring, place->grant, &id, 1, err));
    return shelf_path_make(&path, place, name, err) && file_remove(path.text, err);
}
