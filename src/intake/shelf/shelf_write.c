/* SPDX-License-Identifier: EUPL-1.2 */
/* One delivery onto the shelf: a file for each table that has rows, and then, at once, its entry in the index. */
#include "base/fault.h"
#include "base/file.h"
#include "intake/shelf/row_codec.h"
#include "intake/shelf/shelf_part.h"
#include <stdlib.h>
#include <string.h>

struct shelf_writer {
    struct shelf_place place;
    struct grant grant;
    struct lock lock;
    struct shelf_index index;
    struct shelf_head head;
    struct shelf_part parts[SHELF_FILE_COUNT];
    bool is_published;
};

/* ---- opening ---- */
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
        if (other->epoch != head->epoch) {
            FAIL(err, INVALID_ARGUMENT, "the pseudonyms on the shelves are of epoch %u, and these of epoch %u", other->epoch, head->epoch);
            return error_hint(err, "another process renewed them meanwhile: call the command again");
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
    TRY(shelf_lock_take(&writer->lock, &writer->place, err) && shelf_index_read(&writer->index, &writer->place, err));
    TRY(refuse_old(writer, err) && shelf_leftovers_remove(&writer->index, &writer->place, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

/* ---- rows ---- */
bool shelf_writer_add(struct shelf_writer *writer, const struct standard_row *row, struct error *err)
{
    struct shelf_part *part = &writer->parts[row->table];
    return shelf_part_open(part, &writer->place, row->table, err) && row_encode(&part->block, row, err) && shelf_part_count(part, err);
}

bool shelf_writer_add_tokens(struct shelf_writer *writer, int64_t subject, const struct shelf_token *tokens, size_t count,
                             struct error *err)
{
    struct shelf_part *part = &writer->parts[SHELF_FILE_TOKENS];
    return shelf_part_open(part, &writer->place, SHELF_FILE_TOKENS, err) && tokens_encode(&part->block, subject, tokens, count, err) &&
           shelf_part_count(part, err);
}

/* ---- the end ---- */
static bool entry_make(struct shelf_writer *writer, struct shelf_entry *entry, struct error *err)
{
    entry->delivery.head = writer->head;
    entry->delivery.taken = clock_unix_seconds();
    for (int table = 0; table < SHELF_FILE_COUNT; table++) {
        if (writer->parts[table].writer) {
            TRY(shelf_part_commit(&writer->parts[table], err));
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
        shelf_part_close(&writer->parts[table], &writer->place, writer->is_published);
    }
    shelf_index_finish(&writer->index);
    lock_give(&writer->lock);
    free(writer);
}

/* ---- the beginning ---- */
static bool documents_begin(const struct shelf_place *place, struct error *err)
{
    CLEANUP(shelf_index_value) struct shelf_index index = {.entries = {.count = 0}};
    const struct buffer nobody = {.maximum = 0};
    bool has_barred = false, has_index = false;
    TRY(shelf_document_exists(place, "barred", &has_barred, err) && shelf_document_exists(place, "index", &has_index, err));
    TRY(has_barred || shelf_document_write(place, "barred", &nobody, err));
    return has_index || shelf_index_write(&index, place, err);
}

bool shelves_begin(const struct shelf_place *place, struct error *err)
{
    struct lock lock = {0};
    TRY(shelf_lock_take(&lock, place, err));
    const bool done = documents_begin(place, err);
    lock_give(&lock);
    return done;
}

/* ---- erasure ---- */
bool shelves_erase(const struct shelf_place *place, struct error *err)
{
    static const char *const documents[] = SHELF_DOCUMENTS;
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
    TRY(shelf_lock_take(&writer->lock, &writer->place, err) &&
        shelf_leftovers_remove(&writer->index, &writer->place, err)); /* with an index that names none, all are left over */
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        TRY(shelf_document_erase(&writer->place, documents[i], err));
    }
    return true;
}
