/* SPDX-License-Identifier: EUPL-1.2 */
/* Opening a segment, and its parts. Everything outside the last block is read later, when it is asked for. */
#include "warehouse/store/segment.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool segment_error(const struct store_segment *segment, struct error *err)
{
    return error_context(err, "segment file %s", sealed_name(segment->file));
}

/* ---- pages ---- */
void page_reader_finish(struct page_reader *reader)
{
    arena_destroy(reader->memory);
    reader->memory = NULL;
}

bool page_reader_seek(struct page_reader *reader, uint64_t block, struct error *err)
{
    struct store_segment *segment = reader->segment;
    if (reader->length && reader->block == block) {
        return true;
    }
    if (block >= sealed_block_count(segment->file)) {
        FAIL(err, CORRUPT, "a part of a segment is said to be in block %" PRIu64 ", which is not there", block);
        return segment_error(segment, err);
    }
    reader->length = 0;
    reader->bytes = cached_block_peek(segment->cached, block);
    if (!reader->bytes) {
        reader->memory = reader->memory ? reader->memory : arena_create();
        arena_reset(reader->memory);
        TRY(cached_block(segment->cached, block, reader->keep, reader->memory, &reader->bytes, err));
    }
    reader->block = (uint32_t)block;
    reader->length = sealed_block_length(segment->file, block);
    return true;
}

bool page_reader_part(struct page_reader *reader, const struct page_span *span, struct cursor *out_cursor, struct error *err)
{
    TRY(page_reader_seek(reader, span->block, err));
    if (span->offset > reader->length || span->length > reader->length - span->offset) {
        FAIL(err, CORRUPT, "a part of a segment does not fit into its block");
        return segment_error(reader->segment, err);
    }
    *out_cursor = (struct cursor){reader->bytes + span->offset, span->length, 0};
    return true;
}

/* ---- opening ---- */
static bool table_bind(struct store_segment *segment, const struct layout_table *layout, struct error *err)
{
    const int table = omop_table_find(text_of(layout->name));
    if (table < 0 || omop_table(table)->scope != segment->layout.scope) {
        return FAIL(err, CORRUPT, "the segment holds a table that this version does not know: %s", layout->name);
    }
    const struct omop_table_info *info = omop_table(table);
    struct segment_table *bound = &segment->tables[table];
    bound->layout = layout;
    bound->rows = layout->rows;
    bound->columns = ARENA_ARRAY(segment->memory, struct segment_column, (size_t)info->field_count);
    for (size_t i = 0; i < layout->column_count; i++) {
        const struct layout_column *column = &layout->columns[i];
        const int field = omop_field_find(table, text_of(column->name));
        if (field == OMOP_NO_FIELD || (column->type != info->fields[field].type && column->form != COLUMN_ABSENT)) {
            return FAIL(err, CORRUPT, "the segment holds a field that this version does not know: %s.%s", layout->name, column->name);
        }
        bound->columns[field].layout = column->form == COLUMN_ABSENT ? NULL : column;
        bound->columns[field].relative =
            column->relative < 0 ? OMOP_NO_FIELD : omop_field_find(table, text_of(layout->columns[column->relative].name));
    }
    return true;
}

static bool directory_read(struct store_segment *segment, struct error *err)
{
    const uint64_t blocks = sealed_block_count(segment->file);
    if (blocks == 0) {
        return FAIL(err, CORRUPT, "the segment is empty");
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    const uint8_t *bytes = NULL;
    TRY(cached_block(segment->cached, blocks - 1, false, scratch, &bytes, err));
    TRY(segment_layout_read(&segment->layout, bytes, sealed_block_length(segment->file, blocks - 1), segment->memory, err));
    for (size_t i = 0; i < segment->layout.table_count; i++) {
        TRY(table_bind(segment, &segment->layout.tables[i], err));
    }
    return true;
}

bool segment_open(struct store_segment **out_segment, struct sealed_file *file, struct store_reader *reader, struct error *err)
{
    struct store_segment *segment = calloc(1, sizeof *segment);
    if (!segment) {
        return FAIL(err, LIMIT, "the system has no memory for a segment");
    }
    segment->file = file;
    segment->reader = reader;
    segment->memory = arena_create();
    segment->lock = task_lock_create();
    if (!block_cache_file(reader->cache, file, &segment->cached, err) || !directory_read(segment, err)) {
        segment_error(segment, err);
        segment_close(segment);
        return false;
    }
    *out_segment = segment;
    return true;
}

void segment_close(struct store_segment *segment)
{
    if (segment) {
        arena_destroy(segment->memory);
        task_lock_destroy(segment->lock);
        free(segment);
    }
}

void segment_summarise(const struct store_segment *segment, struct segment_summary *out_summary)
{
    *out_summary = (struct segment_summary){
        .scope = segment->layout.scope,
        .persons = segment->layout.persons,
        .first_person = segment->layout.first_person,
        .last_person = segment->layout.last_person,
    };
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        out_summary->table_rows[table] = segment->tables[table].rows;
    }
}

/* ---- what is kept once it was read ---- */
/* Called under the lock. */
static bool index_load(struct store_segment *segment, const struct segment_table *table, struct segment_column *column, struct error *err)
{
    struct page_reader pages = {.segment = segment};
    struct column_index *index = ARENA_NEW(segment->memory, struct column_index);
    const size_t chunks = (size_t)((table->rows + COLUMN_CHUNK - 1) / COLUMN_CHUNK);
    struct cursor cursor;
    const bool done =
        page_reader_part(&pages, &column->layout->index, &cursor, err) && column_index_read(index, &cursor, chunks, segment->memory, err);
    page_reader_finish(&pages);
    column->index = done ? index : NULL;
    return done;
}

static bool words_load(struct store_segment *segment, const struct segment_table *table, struct segment_column *column, struct error *err)
{
    (void)table;
    struct page_reader pages = {.segment = segment};
    struct column_words *words = ARENA_NEW(segment->memory, struct column_words);
    struct cursor cursor;
    const bool done =
        page_reader_part(&pages, &column->layout->directory, &cursor, err) && column_words_decode(words, &cursor, segment->memory, err);
    page_reader_finish(&pages);
    column->words = done ? words : NULL;
    return done;
}

static bool concepts_load(struct store_segment *segment, const struct segment_table *table, struct segment_column *column,
                          struct error *err)
{
    struct page_reader pages = {.segment = segment};
    struct concept_directory *concepts = ARENA_NEW(segment->memory, struct concept_directory);
    struct cursor cursor;
    const bool done = page_reader_part(&pages, &column->layout->directory, &cursor, err) &&
                      concept_directory_read(concepts, &cursor, table->rows, segment->memory, err);
    page_reader_finish(&pages);
    column->concepts = done ? concepts : NULL;
    return done;
}

typedef bool column_loader(struct store_segment *segment, const struct segment_table *table, struct segment_column *column,
                           struct error *err);

/* Runs the loader unless *kept is there already, one thread at a time. */
static bool load_once(struct store_segment *segment, const struct segment_table *table, struct segment_column *column,
                      const void *const *kept, column_loader *load, struct error *err)
{
    task_lock_take(segment->lock);
    const bool done = *kept || load(segment, table, column, err);
    task_lock_give(segment->lock);
    return done || segment_error(segment, err);
}

bool segment_column_index(struct store_segment *segment, int table, int field, const struct column_index **out_index, struct error *err)
{
    struct segment_table *owner = &segment->tables[table];
    struct segment_column *column = &owner->columns[field];
    TRY(load_once(segment, owner, column, (const void *const *)&column->index, index_load, err));
    *out_index = column->index;
    return true;
}

bool segment_column_words(struct store_segment *segment, int table, int field, const struct column_words **out_words, struct error *err)
{
    struct segment_table *owner = &segment->tables[table];
    struct segment_column *column = &owner->columns[field];
    TRY(load_once(segment, owner, column, (const void *const *)&column->words, words_load, err));
    *out_words = column->words;
    return true;
}

bool segment_column_concepts(struct store_segment *segment, int table, int field, const struct concept_directory **out_concepts,
                             struct error *err)
{
    static const struct concept_directory nothing;
    struct segment_table *owner = &segment->tables[table];
    if (!owner->layout || !owner->columns[field].layout) {
        *out_concepts = &nothing;
        return true;
    }
    struct segment_column *column = &owner->columns[field];
    if (column->layout->form != COLUMN_CONCEPTS) {
        FAIL(err, CORRUPT, "%s.%s has no postings", owner->layout->name, column->layout->name);
        return segment_error(segment, err);
    }
    TRY(load_once(segment, owner, column, (const void *const *)&column->concepts, concepts_load, err));
    *out_concepts = column->concepts;
    return true;
}

static bool person_ids_load(struct store_segment *segment, struct error *err)
{
    struct page_reader pages = {.segment = segment};
    struct cursor cursor;
    const int64_t *ids = NULL;
    size_t count = segment->layout.persons;
    const bool done = page_reader_part(&pages, &segment->layout.person_ids, &cursor, err) &&
                      ints_array_decode(&cursor, count, count, segment->memory, &ids, &count, err);
    page_reader_finish(&pages);
    segment->person_ids = done ? ids : NULL;
    return done;
}

bool segment_person_ids(struct store_segment *segment, const int64_t **out_ids, struct error *err)
{
    static const int64_t nobody;
    if (segment->layout.persons == 0) {
        *out_ids = &nobody;
        return true;
    }
    task_lock_take(segment->lock);
    const bool done = segment->person_ids || person_ids_load(segment, err);
    task_lock_give(segment->lock);
    TRY(done || segment_error(segment, err));
    *out_ids = segment->person_ids;
    return true;
}

/* Without a branch in the loop, whose count is a constant for all but the last: this is read for every cohort. */
static inline __attribute__((always_inline)) uint32_t descents_count(const uint32_t *rows, size_t count)
{
    uint32_t descents = 0;
    for (size_t i = 0; i < count; i++) {
        descents += rows[i] > rows[i + 1];
    }
    return descents;
}

static bool person_rows_fit(const uint32_t *rows, size_t persons, uint64_t table_rows)
{
    enum { BLOCK = 256 };
    uint32_t descents = 0;
    size_t i = 0;
    for (; i + BLOCK <= persons; i += BLOCK) {
        descents |= descents_count(rows + i, BLOCK);
    }
    descents |= descents_count(rows + i, persons - i);
    return rows[0] == 0 && rows[persons] == table_rows && descents == 0;
}

static bool person_rows_read(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_rows, struct error *err)
{
    const struct segment_table *owner = &segment->tables[table];
    const size_t persons = segment->layout.persons;
    struct page_reader pages = {.segment = segment};
    struct cursor cursor;
    const uint32_t *rows = NULL;
    size_t count = 0;
    const bool done = page_reader_part(&pages, &owner->layout->person_rows, &cursor, err) &&
                      ints_array_decode_u32(&cursor, persons + 1, persons + 1, arena, &rows, &count, err);
    page_reader_finish(&pages);
    TRY(done || segment_error(segment, err));
    if (!person_rows_fit(rows, persons, owner->rows)) {
        FAIL(err, CORRUPT, "the rows of persons in %s do not fit the table", owner->layout->name);
        return segment_error(segment, err);
    }
    *out_rows = rows;
    return true;
}

bool segment_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_rows, struct error *err)
{
    if (!segment->tables[table].layout) {
        *out_rows = ARENA_ARRAY(arena, uint32_t, segment->layout.persons + (size_t)1);
        return true;
    }
    if (table != OMOP_TABLE_OBSERVATION_PERIOD) {
        return person_rows_read(segment, table, arena, out_rows, err);
    }
    task_lock_take(segment->lock);
    const bool done = segment->period_rows || person_rows_read(segment, table, segment->memory, &segment->period_rows, err);
    task_lock_give(segment->lock);
    TRY(done);
    *out_rows = segment->period_rows;
    return true;
}
