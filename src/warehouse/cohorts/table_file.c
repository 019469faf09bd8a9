/* SPDX-License-Identifier: EUPL-1.2 */
/* table_file: a sealed file named by its id: block 0 is the head, then rows, so many a block: persons, starts, ends. */
#include "warehouse/cohorts/table_file.h"
#include "base/file.h"
#include "warehouse/store/store_sealed.h"
#include <stdio.h>
#include <string.h>

enum { ROW_BYTES = 16, HEX_SIZE = 2 * KEY_FILE_ID_SIZE + 1 };
static const char suffix[] = ".cohort";

bool table_path(const struct cohort_table_place *place, const struct key_file_id *id, char out[TABLE_PATH_SIZE], struct error *err)
{
    char hex[HEX_SIZE] = "";
    if (id) {
        crypto_hex(hex, id->bytes, sizeof id->bytes);
    }
    int length = snprintf(out, TABLE_PATH_SIZE, "%s/cohorts%s%s%s", place->directory, id ? "/" : "", hex, id ? suffix : "");
    return (length > 0 && length < TABLE_PATH_SIZE) || FAIL(err, INVALID_ARGUMENT, "the path of the warehouse is too long");
}

static bool id_of_name(const char *name, struct key_file_id *out_id)
{
    char hex[HEX_SIZE];
    if (strlen(name) != HEX_SIZE - 1 + sizeof suffix - 1 || strcmp(name + HEX_SIZE - 1, suffix) != 0) {
        return false;
    }
    memcpy(hex, name, HEX_SIZE - 1);
    hex[HEX_SIZE - 1] = '\0';
    return crypto_from_hex(out_id->bytes, sizeof out_id->bytes, hex);
}

/* ---- writing ---- */
static bool rows_append(struct sealed_writer *writer, const struct cohort_table_rows *rows, struct error *err)
{
    CLEANUP(buffer_value) struct buffer block = {.maximum = (size_t)TABLE_BLOCK_ROWS * ROW_BYTES};
    uint64_t number;
    for (size_t first = 0; first < rows->count; first += TABLE_BLOCK_ROWS) {
        size_t end = rows->count - first < TABLE_BLOCK_ROWS ? rows->count : first + TABLE_BLOCK_ROWS;
        buffer_clear(&block);
        for (size_t i = first; i < end; i++) {
            TRY(buffer_append_u64(&block, (uint64_t)rows->persons[i], err));
            TRY(buffer_append_u32(&block, (uint32_t)rows->starts[i], err) && buffer_append_u32(&block, (uint32_t)rows->ends[i], err));
        }
        TRY(sealed_writer_append(writer, block.data, block.length, &number, err));
    }
    return true;
}

bool cohort_table_write(const struct cohort_table_place *place, struct cohort_table *table, const struct cohort_table_rows *rows,
                        struct error *err)
{
    CLEANUP(sealed_writer) struct sealed_writer *writer = NULL;
    CLEANUP(buffer_value) struct buffer head = {.maximum = 4096};
    char folder[TABLE_PATH_SIZE], path[TABLE_PATH_SIZE];
    struct crypto_hash hash;
    uint64_t size, number;
    TRY(cohort_name_check(table->name, err));
    crypto_random(table->id.bytes, sizeof table->id.bytes);
    table->made = clock_unix_seconds();
    table->rows = rows->count;
    TRY(table_path(place, NULL, folder, err) && table_path(place, &table->id, path, err));
    TRY(directory_create(folder, 0700, err) && table_head_write(table, &head, err));
    TRY(sealed_writer_open(&writer, path, place->keyring, place->grant, KEY_DOMAIN_HEALTH, table->id.bytes, 0, err));
    TRY(sealed_writer_append(writer, head.data, head.length, &number, err) && rows_append(writer, rows, err));
    TRY(keyring_commit(place->keyring, err)); /* the key is durable before the file is there */
    return sealed_writer_commit(writer, &size, &hash, err);
}

/* ---- reading ---- */
static bool block_read(struct sealed_file *file, uint64_t block, struct buffer *out, struct error *err)
{
    uint32_t length = sealed_block_length(file, block);
    buffer_clear(out);
    TRY(buffer_reserve(out, (size_t)length + SEALED_PADDING, err) && sealed_read(file, block, out->data, err));
    out->length = length;
    return true;
}

struct table_rows {
    int64_t *persons;
    int32_t *starts, *ends;
    size_t count, room;
};

static bool rows_take(const struct buffer *block, struct table_rows *rows, struct error *err)
{
    struct cursor cursor = {.data = block->data, .length = block->length};
    while (cursor.position < cursor.length) {
        uint64_t person;
        uint32_t start, end;
        TRY(cursor_u64(&cursor, &person, err) && cursor_u32(&cursor, &start, err) && cursor_u32(&cursor, &end, err));
        size_t at = rows->count;
        if (at == rows->room) {
            return FAIL(err, CORRUPT, "it has more rows than its head says");
        }
        rows->persons[at] = (int64_t)person;
        rows->starts[at] = (int32_t)start;
        rows->ends[at] = (int32_t)end;
        bool is_after = at == 0 || rows->persons[at - 1] < rows->persons[at] ||
                        (rows->persons[at - 1] == rows->persons[at] && rows->starts[at - 1] < rows->starts[at]);
        if (!is_after || rows->starts[at] > rows->ends[at]) {
            return FAIL(err, CORRUPT, "its rows are not in order");
        }
        rows->count++;
    }
    return true;
}

static bool rows_load(struct sealed_file *file, const struct cohort_table *table, struct arena *arena, struct cohort_table_rows *out_rows,
                      struct error *err)
{
    CLEANUP(buffer_value) struct buffer block = {.maximum = (size_t)1 << 27};
    /* What the file has room for bounds what its head may ask for. */
    if (table->rows > sealed_size(file) / ROW_BYTES) {
        return FAIL(err, CORRUPT, "its head says more rows than there is room for");
    }
    struct table_rows rows = {.room = (size_t)table->rows};
    rows.persons = arena_allocate_raw(arena, rows.room + 1, sizeof *rows.persons);
    rows.starts = arena_allocate_raw(arena, rows.room + 1, sizeof *rows.starts);
    rows.ends = arena_allocate_raw(arena, rows.room + 1, sizeof *rows.ends);
    for (uint64_t i = 1; i < sealed_block_count(file); i++) {
        TRY(block_read(file, i, &block, err) && rows_take(&block, &rows, err));
    }
    if (rows.count != rows.room) {
        return FAIL(err, CORRUPT, "it has fewer rows than its head says");
    }
    *out_rows = (struct cohort_table_rows){rows.count, rows.persons, rows.starts, rows.ends};
    return true;
}

static bool table_open(const struct cohort_table_place *place, const char *name, struct arena *arena, struct cohort_table *out_table,
                       struct cohort_table_rows *out_rows, struct error *err)
{
    CLEANUP(sealed_file) struct sealed_file *file = NULL;
    CLEANUP(buffer_value) struct buffer block = {.maximum = (size_t)1 << 27};
    struct key_file_id id;
    char path[TABLE_PATH_SIZE];
    if (!id_of_name(name, &id)) {
        return FAIL(err, CORRUPT, "it has no name of a cohort table");
    }
    TRY(table_path(place, &id, path, err) && sealed_open(&file, path, place->keyring, place->grant, id.bytes, err));
    if (sealed_domain(file) != KEY_DOMAIN_HEALTH || sealed_block_count(file) == 0) {
        return FAIL(err, CORRUPT, "it is another file");
    }
    TRY(block_read(file, 0, &block, err) && table_head_read(block.data, block.length, out_table, err));
    if (memcmp(&out_table->id, &id, sizeof id) != 0) {
        return FAIL(err, CORRUPT, "it is another table");
    }
    return !arena || rows_load(file, out_table, arena, out_rows, err);
}

bool table_load(const struct cohort_table_place *place, const char *name, struct arena *arena, struct cohort_table *out_table,
                struct cohort_table_rows *out_rows, struct error *err)
{
    return table_open(place, name, arena, out_table, out_rows, err) || error_context(err, "cohorts/%s", name);
}

/* ---- the folder ---- */
struct visiting {
    bool (*visit)(void *context, const char *name, struct error *err);
    void *context;
};

static bool file_visit(void *context, const char *name, struct error *err)
{
    const struct visiting *visiting = context;
    struct key_file_id id;
    return !id_of_name(name, &id) || visiting->visit(visiting->context, name, err);
}

bool table_files_visit(const struct cohort_table_place *place, bool (*visit)(void *context, const char *name, struct error *err),
                       void *context, struct error *err)
{
    struct visiting visiting = {visit, context};
    char folder[TABLE_PATH_SIZE];
    bool exists;
    TRY(table_path(place, NULL, folder, err) && file_exists(folder, &exists, err));
    return !exists || directory_visit(folder, file_visit, &visiting, err);
}
