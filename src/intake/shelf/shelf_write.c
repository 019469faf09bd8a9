/* SPDX-License-Identifier: EUPL-1.2 */
/* One delivery onto the shelf: a file for each table that has rows, and then, at once, its entry in the index. */
#include "base/fault.h"
#include "base/file.h"
#include "base/lock.h"
#include "intake/shelf/row_codec.h"
#include "intake/shelf/shelf_index.h"
#include "warehouse/store/store_sealed.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18, BLOCK_ROOM = BLOCK_BYTES + (1 << 16) };

struct shelf_part {
    struct sealed_writer *writer; /* NULL: no row yet */
    struct buffer block;
    struct shelf_file file;
    bool is_committed;
};
struct shelf_writer {
    struct shelf_place place;
    struct grant grant;
    struct lock lock;
    struct shelf_index index;
    struct shelf_head head;
    struct shelf_part parts[SHELF_FILE_COUNT];
    bool is_published;
};

static void name_of(char out[SHELF_NAME_SIZE], const uint8_t id[KEY_FILE_ID_SIZE])
{
    crypto_hex(out, id, KEY_FILE_ID_SIZE);
}

/* ---- leftovers of a dead writer ---- */
static bool is_named(const struct shelf_index *index, const uint8_t id[KEY_FILE_ID_SIZE])
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

static bool leftover_remove(void *context, const char *name, struct error *err)
{
    const struct shelf_writer *writer = context;
    struct key_file_id id;
    struct shelf_path path = {.text = ""};
    char first[SHELF_NAME_SIZE];
    (void)text_copy(first, sizeof first, text_of(name));                               /* "….tmp", too */
    const bool is_document = strlen(name) < SHELF_NAME_SIZE / 2 && !strchr(name, '.'); /* and the lock */
    if (is_document ||
        (strlen(name) == SHELF_NAME_SIZE - 1 && crypto_from_hex(id.bytes, sizeof id.bytes, name) && is_named(&writer->index, id.bytes))) {
        return true;
    }
    TRY(!crypto_from_hex(id.bytes, sizeof id.bytes, first) ||
        keyring_data_key_forget(writer->place.keyring, writer->place.grant, &id, 1, err));
    return shelf_path_make(&path, &writer->place, name, err) && file_remove(path.text, err);
}

static bool leftovers_remove(struct shelf_writer *writer, struct error *err)
{
    struct shelf_path path = {.text = ""};
    return shelf_path_make(&path, &writer->place, NULL, err) && directory_visit(path.text, leftover_remove, writer, err);
}

/* ---- opening ---- */
static bool take_lock(struct shelf_writer *writer, struct error *err)
{
    struct shelf_path directory = {.text = ""}, path = {.text = ""};
    TRY(shelf_path_make(&directory, &writer->place, NULL, err) && directory_create(directory.text, 0700, err));
    TRY(shelf_path_make(&path, &writer->place, "lock", err));
    const struct lock_place place = {.path = path.text,
                                     .busy = "another process is taking a delivery into this warehouse",
                                     .unusable = "the lock of the shelves cannot be used",
                                     .hint = "look at the rights of the directory shelves"};
    return lock_take(&writer->lock, &place, 0, err);
}

static bool refuse_old(const struct shelf_writer *writer, struct error *err)
{
    const struct shelf_head *head = &writer->head;
    if (!head->holder[0]) {
        return FAIL(err, INVALID_ARGUMENT, "a delivery without a holder");
    }
    for (size_t i = 0; i < writer->index.entries.count; i++) {
        const struct shelf_head *other = &writer->index.entries.items[i].delivery.head;
        if (strcmp(other->holder, head->holder) == 0 && other->sequence >= head->sequence) {
            return FAIL(err, EXISTS, "the delivery %llu of %s, or a later one, is on the shelf already", (unsigned long long)head->sequence,
                        head->holder);
        }
    }
    return true;
}

bool shelf_writer_open(struct shelf_writer **out_writer, const struct shelf_place *place, const struct shelf_head *head, struct error *err)
{
    CLEANUP(shelf_writer) struct shelf_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory for a shelf");
    }
    writer->place = *place;
    writer->grant = *place->grant;
    writer->place.grant = &writer->grant;
    writer->head = *head;
    TRY(take_lock(writer, err));
    TRY(shelf_index_read(&writer->index, &writer->place, err) && refuse_old(writer, err) && leftovers_remove(writer, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

/* ---- rows ---- */
static enum key_domain domain_of(int table)
{
    return table == OMOP_TABLE_PERSON || table == SHELF_FILE_TOKENS ? KEY_DOMAIN_IDENTIFIERS : KEY_DOMAIN_HEALTH;
}

static bool part_open(struct shelf_writer *writer, int table, struct shelf_part **out_part, struct error *err)
{
    struct shelf_part *part = &writer->parts[table];
    *out_part = part;
    if (part->writer) {
        return true;
    }
    struct shelf_path path = {.text = ""};
    char name[SHELF_NAME_SIZE];
    part->file.table = table;
    part->block.maximum = BLOCK_ROOM;
    crypto_random(part->file.id, sizeof part->file.id);
    name_of(name, part->file.id);
    TRY(shelf_path_make(&path, &writer->place, name, err));
    return sealed_writer_open(&part->writer, path.text, writer->place.keyring, writer->place.grant, domain_of(table), part->file.id, 0,
                              err);
}

static bool part_seal(struct shelf_part *part, struct error *err)
{
    uint64_t block = 0;
    if (part->block.length) {
        TRY(sealed_writer_append(part->writer, part->block.data, part->block.length, &block, err));
        buffer_clear(&part->block);
    }
    return true;
}

bool shelf_writer_add(struct shelf_writer *writer, const struct standard_row *row, struct error *err)
{
    struct shelf_part *part = NULL;
    TRY(part_open(writer, row->table, &part, err) && row_encode(&part->block, row, err));
    part->file.rows++;
    return part->block.length < BLOCK_BYTES || part_seal(part, err);
}

bool shelf_writer_add_tokens(struct shelf_writer *writer, int64_t subject, const struct shelf_token *tokens, size_t count,
                             struct error *err)
{
    struct shelf_part *part = NULL;
    TRY(part_open(writer, SHELF_FILE_TOKENS, &part, err) && tokens_encode(&part->block, subject, tokens, count, err));
    part->file.rows++;
    return part->block.length < BLOCK_BYTES || part_seal(part, err);
}

/* ---- the end ---- */
static bool part_commit(struct shelf_part *part, struct error *err)
{
    TRY(part_seal(part, err) && sealed_writer_commit(part->writer, &part->file.bytes, &part->file.hash, err));
    part->is_committed = true;
    return true;
}

static bool entry_make(struct shelf_writer *writer, struct shelf_entry *entry, struct error *err)
{
    entry->delivery.head = writer->head;
    entry->delivery.taken = clock_unix_seconds();
    for (int table = 0; table < SHELF_FILE_COUNT; table++) {
        if (writer->parts[table].writer) {
            TRY(part_commit(&writer->parts[table], err));
            entry->files[entry->file_count++] = writer->parts[table].file;
        }
    }
    return true;
}

bool shelf_writer_commit(struct shelf_writer *writer, struct error *err)
{
    struct shelf_entry entry = {.files = calloc(SHELF_FILE_COUNT, sizeof *entry.files)};
    if (!entry.files) {
        return FAIL(err, LIMIT, "no memory for the index of the shelves");
    }
    if (!entry_make(writer, &entry, err) || !shelf_entries_append(&writer->index.entries, entry, err)) {
        free(entry.files);
        return false;
    }
    TRY(fault_point("shelf.index", err));
    TRY(shelf_index_write(&writer->index, &writer->place, err));
    writer->is_published = true;
    return true;
}

void shelf_writer_close(struct shelf_writer *writer)
{
    if (!writer) {
        return;
    }
    for (int table = 0; table < SHELF_FILE_COUNT; table++) {
        struct shelf_part *part = &writer->parts[table];
        sealed_writer_close(part->writer);
        buffer_finish(&part->block);
        if (part->is_committed && !writer->is_published) {
            struct shelf_path path = {.text = ""};
            struct key_file_id id;
            char name[SHELF_NAME_SIZE];
            memcpy(id.bytes, part->file.id, sizeof id.bytes);
            name_of(name, part->file.id);
            bool removed = shelf_path_make(&path, &writer->place, name, NULL) && file_remove(path.text, NULL) &&
                           keyring_data_key_forget(writer->place.keyring, writer->place.grant, &id, 1, NULL);
            (void)removed; /* the next writer tries again */
        }
    }
    shelf_index_finish(&writer->index);
    lock_give(&writer->lock);
    free(writer);
}

/* ---- erasure ---- */
bool shelves_erase(const struct shelf_place *place, struct error *err)
{
    static const char *const documents[] = {"index", "links", "barred"};
    CLEANUP(shelf_writer) struct shelf_writer *writer = NULL;
    struct shelf_path directory = {.text = ""};
    bool exists = false;
    TRY(shelf_path_make(&directory, place, NULL, err) && file_exists(directory.text, &exists, err));
    if (!exists) {
        return true;
    }
    writer = calloc(1, sizeof *writer);
    if (!writer) {
        return FAIL(err, LIMIT, "no memory for the shelves");
    }
    writer->place = *place;
    writer->grant = *place->grant;
    writer->place.grant = &writer->grant;
    TRY(take_lock(writer, err) && leftovers_remove(writer, err)); /* with an index that names none, all are left over */
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        TRY(shelf_document_erase(&writer->place, documents[i], err));
    }
    return true;
}
