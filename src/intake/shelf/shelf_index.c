/* SPDX-License-Identifier: EUPL-1.2 */
/* The index: printed, parsed, sealed, replaced as a whole. */
#include "intake/shelf/shelf_index.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[16] = "emc2 shelves 2\n";

void shelf_index_finish(struct shelf_index *index)
{
    for (size_t i = 0; i < index->entries.count; i++) {
        free(index->entries.items[i].files);
    }
    shelf_entries_finish(&index->entries);
}

/* ---- bytes ---- */
static bool print_entry(const struct shelf_entry *entry, struct buffer *out, struct error *err)
{
    const struct shelf_head *head = &entry->delivery.head;
    const size_t length = strlen(head->holder);
    TRY(buffer_append_varint(out, length, err) && buffer_append(out, head->holder, length, err));
    TRY(buffer_append_varint(out, head->sequence, err) && buffer_append_varint(out, head->is_full, err));
    TRY(buffer_append_varint(out, head->epoch, err));
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
    TRY(buffer_append(out, magic, sizeof magic, err));
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
    uint64_t length = 0, is_full = 0, made = 0, taken = 0, epoch = 0;
    TRY(cursor_varint(cursor, &length, err));
    if (length == 0 || length >= SHELF_HOLDER_SIZE) {
        return FAIL(err, CORRUPT, "the index of the shelves has a holder without a name");
    }
    TRY(take_bytes(cursor, head->holder, (size_t)length, err));
    TRY(cursor_varint(cursor, &head->sequence, err) && cursor_varint(cursor, &is_full, err) && cursor_varint(cursor, &epoch, err));
    TRY(cursor_u64(cursor, &made, err) && cursor_u64(cursor, &taken, err));
    TRY(take_bytes(cursor, head->root.bytes, CRYPTO_HASH_SIZE, err));
    if (epoch > UINT32_MAX) {
        return FAIL(err, CORRUPT, "the index of the shelves has an epoch that cannot be");
    }
    head->epoch = (uint32_t)epoch;
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
    TRY(cursor_varint(&cursor, &count, err));
    out_index->entries.maximum = SHELF_DELIVERIES_MAX;
    for (uint64_t i = 0; i < count; i++) {
        TRY(shelf_entries_append(&out_index->entries, (struct shelf_entry){.files = NULL}, err));
        TRY(parse_entry(&cursor, &out_index->entries.items[i], err));
    }
    if (cursor.position != length) {
        return FAIL(err, CORRUPT, "something follows the index of the shelves");
    }
    mark_live(out_index);
    return true;
}

/* ---- the file ---- */
bool shelf_index_read(struct shelf_index *out_index, const struct shelf_place *place, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = SHELF_DOCUMENT_MAX};
    out_index->entries.maximum = SHELF_DELIVERIES_MAX;
    TRY(shelf_document_read(place, "index", &bytes, err));
    return !bytes.length || shelf_index_parse(out_index, bytes.data, bytes.length, err);
}

bool shelf_index_write(const struct shelf_index *index, const struct shelf_place *place, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = SHELF_DOCUMENT_MAX};
    return shelf_index_print(index, &bytes, err) && shelf_document_write(place, "index", &bytes, err);
}

bool shelf_index_names(const struct shelf_index *index, const uint8_t id[KEY_FILE_ID_SIZE])
{
    for (size_t i = 0; i < index->entries.count; i++) {
        for (size_t f = 0; f < index->entries.items[i].file_count; f++) {
            if (memcmp(index->entries.items[i].files[f].id, id, KEY_FILE_ID_SIZE) == 0) {
                return true;
            }
        }
    }
    return false;
}
