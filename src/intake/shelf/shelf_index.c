/* SPDX-License-Identifier: EUPL-1.2 */
/* The index: printed, parsed, sealed, replaced as a whole. */
#include "intake/shelf/shelf_index.h"
#include "base/file.h"
#include "warehouse/store/store_sealed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[16] = "emc2 shelves 1\n";
enum { INDEX_BYTES_MAX = 1 << 26 };

void shelf_index_finish(struct shelf_index *index)
{
    for (size_t i = 0; i < index->entries.count; i++) {
        free(index->entries.items[i].files);
    }
    shelf_entries_finish(&index->entries);
}

bool shelf_path_make(struct shelf_path *out_path, const struct shelf_place *place, const char *name, struct error *err)
{
    const int length =
        snprintf(out_path->text, sizeof out_path->text, "%s/shelves%s%s", place->directory, name ? "/" : "", name ? name : "");
    return (length > 0 && length < SHELF_PATH_SIZE) || FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
}

/* ---- bytes ---- */
static bool print_entry(const struct shelf_entry *entry, struct buffer *out, struct error *err)
{
    const struct shelf_head *head = &entry->delivery.head;
    const size_t length = strlen(head->holder);
    TRY(buffer_append_varint(out, length, err) && buffer_append(out, head->holder, length, err));
    TRY(buffer_append_varint(out, head->sequence, err) && buffer_append_varint(out, head->is_full, err));
    TRY(buffer_append_u64(out, (uint64_t)head->made, err) && buffer_append_u64(out, (uint64_t)entry->delivery.taken, err));
    TRY(buffer_append(out, head->root.bytes, CRYPTO_HASH_SIZE, err));
    TRY(buffer_append_varint(out, entry->file_count, err));
    for (size_t i = 0; i < entry->file_count; i++) {
        const struct shelf_file *file = &entry->files[i];
        const char *name = file->table < OMOP_TABLE_COUNT           ? omop_table(file->table)->name
                           : file->table == STANDARD_TABLE_DELETION ? "deletion"
                                                                    : "token";
        TRY(buffer_append_varint(out, strlen(name), err) && buffer_append_text(out, name, err));
        TRY(buffer_append_varint(out, file->rows, err) && buffer_append_varint(out, file->bytes, err));
        TRY(buffer_append(out, file->id, KEY_FILE_ID_SIZE, err) && buffer_append(out, file->hash.bytes, CRYPTO_HASH_SIZE, err));
    }
    return true;
}

bool shelf_index_print(const struct shelf_index *index, struct buffer *out, struct error *err)
{
    TRY(buffer_append(out, magic, sizeof magic, err) && buffer_append(out, index->own_id, KEY_FILE_ID_SIZE, err));
    TRY(buffer_append_varint(out, index->entries.count, err));
    for (size_t i = 0; i < index->entries.count; i++) {
        TRY(print_entry(&index->entries.items[i], out, err));
    }
    return true;
}

static bool take_bytes(struct cursor *cursor, void *out, size_t length, struct error *err)
{
    const uint8_t *bytes = NULL;
    TRY(cursor_bytes(cursor, length, &bytes, err));
    memcpy(out, bytes, length);
    return true;
}

static bool parse_file(struct cursor *cursor, struct shelf_file *file, struct error *err)
{
    uint64_t length = 0;
    const uint8_t *name = NULL;
    TRY(cursor_varint(cursor, &length, err) && cursor_bytes(cursor, length < 64 ? (size_t)length : 64, &name, err));
    const struct text text = {(const char *)name, (size_t)length};
    file->table = length >= 64                         ? -1
                  : text_equal(text, TEXT("deletion")) ? STANDARD_TABLE_DELETION
                  : text_equal(text, TEXT("token"))    ? SHELF_FILE_TOKENS
                                                       : omop_table_find(text);
    if (file->table < 0) {
        return FAIL(err, CORRUPT, "the index of the shelves names a table that there is not");
    }
    TRY(cursor_varint(cursor, &file->rows, err) && cursor_varint(cursor, &file->bytes, err));
    return take_bytes(cursor, file->id, KEY_FILE_ID_SIZE, err) && take_bytes(cursor, file->hash.bytes, CRYPTO_HASH_SIZE, err);
}

static bool parse_files(struct cursor *cursor, struct shelf_entry *entry, struct error *err)
{
    uint64_t count = 0;
    TRY(cursor_varint(cursor, &count, err));
    if (count > SHELF_FILE_COUNT) {
        return FAIL(err, CORRUPT, "the index of the shelves has too many files in a delivery");
    }
    entry->files = calloc((size_t)count + 1, sizeof *entry->files);
    if (!entry->files) {
        return FAIL(err, LIMIT, "no memory for the index of the shelves");
    }
    for (; entry->file_count < count; entry->file_count++) {
        struct shelf_file *file = &entry->files[entry->file_count];
        TRY(parse_file(cursor, file, err));
        entry->delivery.rows[file->table] += file->rows;
        entry->delivery.bytes += file->bytes;
    }
    return true;
}

static bool parse_entry(struct cursor *cursor, struct shelf_entry *entry, struct error *err)
{
    struct shelf_head *head = &entry->delivery.head;
    uint64_t length = 0, is_full = 0, made = 0, taken = 0;
    TRY(cursor_varint(cursor, &length, err));
    if (length == 0 || length >= SHELF_HOLDER_SIZE) {
        return FAIL(err, CORRUPT, "the index of the shelves has a holder without a name");
    }
    TRY(take_bytes(cursor, head->holder, (size_t)length, err));
    TRY(cursor_varint(cursor, &head->sequence, err) && cursor_varint(cursor, &is_full, err));
    TRY(cursor_u64(cursor, &made, err) && cursor_u64(cursor, &taken, err));
    TRY(take_bytes(cursor, head->root.bytes, CRYPTO_HASH_SIZE, err));
    head->is_full = is_full != 0;
    head->made = (int64_t)made;
    entry->delivery.taken = (int64_t)taken;
    return parse_files(cursor, entry, err);
}

/* A full delivery stands in place of everything that its holder delivered before. */
static void mark_live(struct shelf_index *index)
{
    for (size_t i = 0; i < index->entries.count; i++) {
        struct shelf_delivery *delivery = &index->entries.items[i].delivery;
        delivery->is_live = true;
        for (size_t j = i + 1; j < index->entries.count; j++) {
            const struct shelf_head *later = &index->entries.items[j].delivery.head;
            if (later->is_full && strcmp(later->holder, delivery->head.holder) == 0) {
                delivery->is_live = false;
            }
        }
    }
}

bool shelf_index_parse(struct shelf_index *out_index, const void *bytes, size_t length, struct error *err)
{
    struct cursor cursor = {bytes, length, 0};
    const uint8_t *head = NULL;
    uint64_t count = 0;
    TRY(cursor_bytes(&cursor, sizeof magic, &head, err));
    if (memcmp(head, magic, sizeof magic) != 0) {
        return FAIL(err, CORRUPT, "the index of the shelves is none, or of a later version");
    }
    TRY(take_bytes(&cursor, out_index->own_id, KEY_FILE_ID_SIZE, err) && cursor_varint(&cursor, &count, err));
    out_index->entries.maximum = SHELF_DELIVERIES_MAX;
    for (uint64_t i = 0; i < count; i++) {
        TRY(shelf_entries_append(&out_index->entries, (struct shelf_entry){.files = NULL}, err));
        TRY(parse_entry(&cursor, &out_index->entries.items[i], err));
    }
    if (cursor.position != length) {
        return FAIL(err, CORRUPT, "something follows the index of the shelves");
    }
    out_index->exists = true;
    mark_live(out_index);
    return true;
}

/* ---- the file ---- */
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

bool shelf_index_read(struct shelf_index *out_index, const struct shelf_place *place, struct error *err)
{
    struct shelf_path path;
    bool exists = false;
    out_index->entries.maximum = SHELF_DELIVERIES_MAX;
    TRY(shelf_path_make(&path, place, "index", err) && file_exists(path.text, &exists, err));
    if (!exists) {
        return true;
    }
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = INDEX_BYTES_MAX};
    TRY(sealed_open(&file, path.text, place->keyring, place->grant, NULL, err));
    if (sealed_domain(file) != KEY_DOMAIN_GOVERNANCE) {
        return FAIL(err, CORRUPT, "the index of the shelves is another file");
    }
    TRY(read_blocks(file, &bytes, err));
    return shelf_index_parse(out_index, bytes.data, bytes.length, err);
}

bool shelf_index_write(struct shelf_index *index, const struct shelf_place *place, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = INDEX_BYTES_MAX};
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    struct key_file_id old;
    struct shelf_path path;
    struct crypto_hash hash;
    uint64_t block = 0, size = 0;
    memcpy(old.bytes, index->own_id, sizeof old.bytes);
    crypto_random(index->own_id, sizeof index->own_id);
    TRY(shelf_index_print(index, &bytes, err) && shelf_path_make(&path, place, "index", err));
    TRY(sealed_writer_open(&writer, path.text, place->keyring, place->grant, KEY_DOMAIN_GOVERNANCE, index->own_id, 0, err));
    for (size_t at = 0; at < bytes.length; at += 1 << 20) {
        const size_t length = bytes.length - at < 1 << 20 ? bytes.length - at : 1 << 20;
        TRY(sealed_writer_append(writer, bytes.data + at, length, &block, err));
    }
    TRY(keyring_commit(place->keyring, err));
    TRY(sealed_writer_commit(writer, &size, &hash, err));
    const bool had_old = index->exists;
    index->exists = true;
    /* What it protected is replaced: an old index that comes back does not open. A failure here changes nothing of what counts. */
    return !had_old || keyring_data_key_forget(place->keyring, place->grant, &old, 1, NULL) || true;
}
