/* SPDX-License-Identifier: EUPL-1.2 */
/* Writing and reading the directory of a segment, the indexes of its columns and the directories of its concepts. */
#include "warehouse/store/segment_layout.h"
#include <string.h>

static const uint8_t magic[8] = {'e', 'm', 'c', '2', 's', 'e', 'g', SEGMENT_VERSION};

static bool corrupt(struct error *err)
{
    return FAIL(err, CORRUPT, "the directory of a segment does not have the form that was written");
}

/* ---- writing ---- */
static bool name_write(struct buffer *out, const char *name, struct error *err)
{
    const uint8_t length = (uint8_t)strlen(name);
    TRY(buffer_append(out, &length, 1, err));
    return buffer_append(out, name, length, err);
}

static bool column_write(struct buffer *out, const struct layout_column *column, struct error *err)
{
    const uint8_t head[3] = {(uint8_t)column->type, (uint8_t)column->form, column->postings};
    TRY(name_write(out, column->name, err));
    TRY(buffer_append(out, head, sizeof head, err));
    if (column->form == COLUMN_ABSENT) {
        return true;
    }
    TRY(buffer_append_varint(out, (uint64_t)(column->relative + 1), err));
    TRY(page_span_write(out, &column->index, err));
    return (column->form != COLUMN_CODES && column->form != COLUMN_CONCEPTS) || page_span_write(out, &column->directory, err);
}

static bool table_write(struct buffer *out, const struct layout_table *table, enum omop_scope scope, struct error *err)
{
    TRY(name_write(out, table->name, err));
    TRY(buffer_append_varint(out, table->rows, err));
    if (scope == OMOP_PERSON) {
        TRY(page_span_write(out, &table->person_rows, err));
    }
    TRY(buffer_append_varint(out, table->column_count, err));
    for (size_t i = 0; i < table->column_count; i++) {
        TRY(column_write(out, &table->columns[i], err));
    }
    return true;
}

bool segment_layout_write(struct buffer *out, const struct segment_layout *layout, struct error *err)
{
    const uint8_t scope = (uint8_t)layout->scope;
    TRY(buffer_append(out, magic, sizeof magic, err));
    TRY(buffer_append(out, &scope, 1, err));
    if (layout->scope == OMOP_PERSON) {
        TRY(buffer_append_varint(out, layout->persons, err));
        TRY(buffer_append_u64(out, (uint64_t)layout->first_person, err));
        TRY(buffer_append_u64(out, (uint64_t)layout->last_person, err));
        TRY(page_span_write(out, &layout->person_ids, err));
    }
    TRY(buffer_append_varint(out, layout->table_count, err));
    for (size_t i = 0; i < layout->table_count; i++) {
        TRY(table_write(out, &layout->tables[i], layout->scope, err));
    }
    return true;
}

/* ---- reading ---- */
static bool name_read(struct cursor *cursor, char out_name[SEGMENT_NAME_MAX + 1], struct error *err)
{
    uint8_t length = 0;
    const uint8_t *bytes = NULL;
    TRY(cursor_u8(cursor, &length, err));
    if (length > SEGMENT_NAME_MAX) {
        return corrupt(err);
    }
    TRY(cursor_bytes(cursor, length, &bytes, err));
    memcpy(out_name, bytes, length);
    out_name[length] = 0;
    return true;
}

static bool count_read(struct cursor *cursor, uint64_t maximum, uint64_t *out_count, struct error *err)
{
    uint64_t count = 0;
    TRY(cursor_varint(cursor, &count, err));
    if (count > maximum) {
        return corrupt(err);
    }
    *out_count = count;
    return true;
}

/* Which form a column of a type may have. */
static bool form_fits(enum omop_type type, enum column_form form)
{
    switch (form) {
    case COLUMN_ABSENT:
        return true;
    case COLUMN_INTEGERS:
        return type == OMOP_INTEGER || type == OMOP_DATE || type == OMOP_DATETIME;
    case COLUMN_FLOATS:
        return type == OMOP_FLOAT;
    case COLUMN_CODES:
    case COLUMN_TEXTS:
        return type == OMOP_TEXT;
    case COLUMN_CONCEPTS:
    case COLUMN_ORDINALS:
        return type == OMOP_INTEGER;
    case COLUMN_FORM_COUNT:
        break;
    }
    return false;
}

static bool column_read(struct cursor *cursor, struct layout_column *column, struct error *err)
{
    uint8_t type = 0, form = 0;
    uint64_t relative = 0;
    TRY(name_read(cursor, column->name, err));
    TRY(cursor_u8(cursor, &type, err));
    TRY(cursor_u8(cursor, &form, err));
    TRY(cursor_u8(cursor, &column->postings, err));
    if (type > OMOP_TEXT || form >= COLUMN_FORM_COUNT || !form_fits((enum omop_type)type, (enum column_form)form)) {
        return corrupt(err);
    }
    column->type = (enum omop_type)type;
    column->form = (enum column_form)form;
    column->relative = -1;
    if (column->form == COLUMN_ABSENT) {
        return true;
    }
    TRY(count_read(cursor, SEGMENT_FIELDS_MAX, &relative, err));
    column->relative = (int)relative - 1;
    TRY(page_span_read(cursor, &column->index, err));
    if (column->form == COLUMN_CODES || column->form == COLUMN_CONCEPTS) {
        TRY(page_span_read(cursor, &column->directory, err));
    }
    return true;
}

/* Sums may only go over columns of days that stand before: so they end. */
static bool relatives_fit(const struct layout_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct layout_column *column = &table->columns[i];
        if (column->relative < 0) {
            continue;
        }
        const bool is_day = column->type == OMOP_DATE || column->type == OMOP_DATETIME;
        if ((size_t)column->relative >= i || column->form != COLUMN_INTEGERS || !is_day ||
            table->columns[column->relative].type != OMOP_DATE) {
            return false;
        }
    }
    return true;
}

static bool table_read(struct cursor *cursor, struct layout_table *table, enum omop_scope scope, struct arena *arena, struct error *err)
{
    uint64_t count = 0;
    TRY(name_read(cursor, table->name, err));
    TRY(count_read(cursor, UINT32_MAX, &table->rows, err));
    if (scope == OMOP_PERSON) {
        TRY(page_span_read(cursor, &table->person_rows, err));
    }
    TRY(count_read(cursor, SEGMENT_FIELDS_MAX, &count, err));
    table->column_count = (size_t)count;
    table->columns = ARENA_ARRAY(arena, struct layout_column, table->column_count + 1);
    for (size_t i = 0; i < table->column_count; i++) {
        TRY(column_read(cursor, &table->columns[i], err));
    }
    return relatives_fit(table) || corrupt(err);
}

static bool persons_read(struct cursor *cursor, struct segment_layout *layout, struct error *err)
{
    uint64_t persons = 0, first = 0, last = 0;
    TRY(count_read(cursor, UINT32_MAX - 1, &persons, err));
    TRY(cursor_u64(cursor, &first, err));
    TRY(cursor_u64(cursor, &last, err));
    layout->persons = (uint32_t)persons;
    layout->first_person = (int64_t)first;
    layout->last_person = (int64_t)last;
    return page_span_read(cursor, &layout->person_ids, err);
}

bool segment_layout_read(struct segment_layout *out_layout, const uint8_t *bytes, size_t length, struct arena *arena, struct error *err)
{
    struct cursor cursor = {bytes, length, 0};
    struct segment_layout layout = {0};
    const uint8_t *head = NULL;
    uint8_t scope = 0;
    uint64_t count = 0;
    TRY(cursor_bytes(&cursor, sizeof magic, &head, err));
    if (memcmp(head, magic, sizeof magic) != 0) {
        FAIL(err, CORRUPT, "this is not a segment of version %d", (int)SEGMENT_VERSION);
        return error_hint(err, "a store written by a later emc2 needs that emc2 to be read");
    }
    TRY(cursor_u8(&cursor, &scope, err));
    if (scope > OMOP_VOCABULARY) {
        return corrupt(err);
    }
    layout.scope = (enum omop_scope)scope;
    if (layout.scope == OMOP_PERSON) {
        TRY(persons_read(&cursor, &layout, err));
    }
    TRY(count_read(&cursor, SEGMENT_TABLES_MAX, &count, err));
    layout.table_count = (size_t)count;
    layout.tables = ARENA_ARRAY(arena, struct layout_table, layout.table_count + 1);
    for (size_t i = 0; i < layout.table_count; i++) {
        TRY(table_read(&cursor, &layout.tables[i], layout.scope, arena, err));
    }
    if (cursor.position != cursor.length) {
        return corrupt(err);
    }
    *out_layout = layout;
    return true;
}

/* ---- indexes of columns ---- */
bool column_index_write(struct buffer *out, const struct column_index *index, struct error *err)
{
    TRY(ints_array_encode_u32(out, index->blocks, index->chunks, err));
    TRY(ints_array_encode_u32(out, index->offsets, index->chunks, err));
    TRY(ints_array_encode_u32(out, index->lengths, index->chunks, err));
    return ints_array_encode(out, index->first_values, index->first_values ? index->chunks : 0, err);
}

bool column_index_read(struct column_index *out_index, struct cursor *cursor, size_t chunks, struct arena *arena, struct error *err)
{
    struct column_index index = {.chunks = chunks};
    size_t count = 0;
    TRY(ints_array_decode_u32(cursor, chunks, chunks, arena, &index.blocks, &count, err));
    TRY(ints_array_decode_u32(cursor, chunks, chunks, arena, &index.offsets, &count, err));
    TRY(ints_array_decode_u32(cursor, chunks, chunks, arena, &index.lengths, &count, err));
    TRY(ints_array_decode(cursor, 0, chunks, arena, &index.first_values, &count, err));
    if (count != 0 && count != chunks) {
        return corrupt(err);
    }
    index.first_values = count ? index.first_values : NULL;
    *out_index = index;
    return true;
}

/* ---- concepts ---- */
bool concept_directory_write(struct buffer *out, const struct concept_directory *directory, struct error *err)
{
    TRY(ints_array_encode(out, directory->ids, directory->count, err));
    TRY(ints_array_encode_u32(out, directory->rows, directory->count, err));
    TRY(ints_array_encode(out, directory->core_places, directory->count, err));
    return ints_array_encode(out, directory->detail_places, directory->count, err);
}

bool concept_directory_read(struct concept_directory *out_directory, struct cursor *cursor, uint64_t rows, struct arena *arena,
                            struct error *err)
{
    struct concept_directory directory = {0};
    size_t count = 0;
    TRY(ints_array_decode(cursor, 0, (size_t)rows, arena, &directory.ids, &directory.count, err));
    TRY(ints_array_decode_u32(cursor, directory.count, directory.count, arena, &directory.rows, &count, err));
    TRY(ints_array_decode(cursor, directory.count, directory.count, arena, &directory.core_places, &count, err));
    TRY(ints_array_decode(cursor, directory.count, directory.count, arena, &directory.detail_places, &count, err));
    uint64_t sum = 0;
    for (size_t i = 0; i < directory.count; i++) {
        sum += directory.rows[i];
        if (directory.rows[i] == 0 || (i && directory.ids[i] <= directory.ids[i - 1])) {
            return corrupt(err);
        }
    }
    if (sum > rows) {
        return corrupt(err);
    }
    *out_directory = directory;
    return true;
}

size_t concept_directory_seek(const struct concept_directory *directory, size_t from, int64_t id)
{
    size_t step = 1, low = from, high = from;
    while (high < directory->count && directory->ids[high] < id) {
        low = high + 1;
        high += step;
        step *= 2;
    }
    high = high < directory->count ? high : directory->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (directory->ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}
