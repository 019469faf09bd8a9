/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading shelves: the index once, then files in the order in which they were written. */
#include "base/task.h"
#include "intake/shelf/row_codec.h"
#include "intake/shelf/shelf_index.h"
#include "warehouse/store/store_sealed.h"
#include <stdlib.h>
#include <string.h>

struct shelves {
    struct shelf_place place;
    struct grant grant;
    char *directory;
    struct shelf_index index;
};

bool shelves_open(struct shelves **out_shelves, const struct shelf_place *place, struct error *err)
{
    CLEANUP(shelves) struct shelves *shelves = calloc(1, sizeof *shelves);
    if (!shelves || !(shelves->directory = strdup(place->directory))) {
        return FAIL(err, LIMIT, "no memory for the shelves");
    }
    shelves->grant = *place->grant;
    shelves->place = (struct shelf_place){shelves->directory, place->keyring, &shelves->grant};
    TRY(shelf_index_read(&shelves->index, &shelves->place, err));
    *out_shelves = shelves;
    shelves = NULL;
    return true;
}

void shelves_close(struct shelves *shelves)
{
    if (shelves) {
        shelf_index_finish(&shelves->index);
        free(shelves->directory);
        free(shelves);
    }
}

const struct shelf_index *shelves_index(const struct shelves *shelves)
{
    return &shelves->index;
}

size_t shelves_count(const struct shelves *shelves)
{
    return shelves->index.entries.count;
}

const struct shelf_delivery *shelves_delivery(const struct shelves *shelves, size_t index)
{
    return &shelves->index.entries.items[index].delivery;
}

uint64_t shelves_last_sequence(const struct shelves *shelves, struct text holder)
{
    uint64_t last = 0;
    for (size_t i = 0; i < shelves->index.entries.count; i++) {
        const struct shelf_head *head = &shelves->index.entries.items[i].delivery.head;
        if (text_equal(holder, text_of(head->holder)) && head->sequence > last) {
            last = head->sequence;
        }
    }
    return last;
}

/* ---- blocks ---- */
struct block_reading {
    bool (*take)(struct block_reading *reading, struct cursor *cursor, struct error *err);
    int table;
    void *context;
    shelf_take_row *take_row;
    shelf_wants *wants;
    bool (*take_tokens)(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err);
    uint64_t rows;
};

static bool take_row(struct block_reading *reading, struct cursor *cursor, struct error *err)
{
    struct standard_row row;
    const size_t first = cursor->position;
    if (reading->wants) {
        int64_t subject = 0;
        size_t end = 0;
        TRY(row_peek(cursor, &subject, &end, err));
        if (!reading->wants(reading->context, subject)) {
            cursor->position = end;
            return true;
        }
    }
    TRY(row_decode(cursor, reading->table, &row, err));
    const struct text bytes = {(const char *)cursor->data + first, cursor->position - first};
    return reading->take_row(reading->context, &row, bytes, err);
}

bool shelf_row_read(int table, struct text bytes, struct standard_row *out_row, struct error *err)
{
    struct cursor cursor = {(const uint8_t *)bytes.data, bytes.length, 0};
    return row_decode(&cursor, table, out_row, err);
}

static bool take_tokens(struct block_reading *reading, struct cursor *cursor, struct error *err)
{
    struct shelf_token tokens[SHELF_TOKENS_MAX];
    int64_t subject = 0;
    size_t count = 0;
    TRY(tokens_decode(cursor, &subject, tokens, &count, err));
    return reading->take_tokens(reading->context, subject, tokens, count, err);
}

static bool blocks_read(struct sealed_file *file, struct block_reading *reading, struct error *err)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 27};
    for (uint64_t block = 0; block < sealed_block_count(file); block++) {
        const uint32_t length = sealed_block_length(file, block);
        struct cursor cursor = {.length = length};
        buffer_clear(&bytes);
        TRY(buffer_reserve(&bytes, length + SEALED_PADDING, err) && sealed_read(file, block, bytes.data, err));
        cursor.data = bytes.data;
        while (cursor.position < cursor.length) {
            TRY(reading->take(reading, &cursor, err));
            reading->rows++;
        }
        TRY(task_check(err));
    }
    return true;
}

static bool file_read_rows(const struct shelves *shelves, const struct shelf_file *file, struct block_reading *reading, struct error *err)
{
    CLEANUP(sealed_file) struct sealed_file *sealed = NULL;
    struct shelf_path path = {.text = ""};
    char name[SHELF_NAME_SIZE];
    crypto_hex(name, file->id, KEY_FILE_ID_SIZE);
    TRY(shelf_path_make(&path, &shelves->place, name, err));
    TRY(sealed_open(&sealed, path.text, shelves->place.keyring, shelves->place.grant, file->id, err));
    if (sealed_size(sealed) != file->bytes) {
        return FAIL(err, CORRUPT, "%s has another length than the index of the shelves says", sealed_name(sealed));
    }
    TRY(blocks_read(sealed, reading, err));
    return reading->rows == file->rows ||
           FAIL(err, CORRUPT, "%s has another number of rows than the index of the shelves says", sealed_name(sealed));
}

static bool scan(const struct shelves *shelves, size_t delivery, struct block_reading *reading, struct error *err)
{
    const struct shelf_entry *entry = &shelves->index.entries.items[delivery];
    for (size_t i = 0; i < entry->file_count; i++) {
        if (entry->files[i].table == reading->table) {
            TRY(file_read_rows(shelves, &entry->files[i], reading, err));
        }
    }
    return true;
}

bool shelves_scan_some(const struct shelves *shelves, size_t delivery, int table, shelf_wants *wants, shelf_take_row *take, void *context,
                       struct error *err)
{
    struct block_reading reading = {.take = take_row, .table = table, .context = context, .take_row = take, .wants = wants};
    return scan(shelves, delivery, &reading, err);
}

bool shelves_scan(const struct shelves *shelves, size_t delivery, int table, shelf_take_row *take, void *context, struct error *err)
{
    return shelves_scan_some(shelves, delivery, table, NULL, take, context, err);
}

bool shelves_tokens(const struct shelves *shelves, size_t delivery,
                    bool (*take)(void *context, int64_t subject, const struct shelf_token *tokens, size_t count, struct error *err),
                    void *context, struct error *err)
{
    struct block_reading reading = {.take = take_tokens, .table = SHELF_FILE_TOKENS, .context = context, .take_tokens = take};
    return scan(shelves, delivery, &reading, err);
}
