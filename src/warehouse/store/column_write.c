/* SPDX-License-Identifier: EUPL-1.2 */
/* The columns of a table, chunk by chunk in sorted order. Instants are stored as distances from their date field and end dates as distances
 * from the start date where the table has them: most become constants or very small numbers. */
#include "warehouse/store/order.h"
#include "warehouse/store/segment_writer.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE_BYTES = 1 << 14,     /* of texts compressed together: what reading one of them decompresses */
    WORDS_BYTES_MAX = 4 << 20, /* a reader keeps a dictionary once it was used, so it must be small */
    WORDS_REPEATED = 2,        /* texts for each word, at least, for a dictionary to pay */
};
static const uint64_t DAY_MICROSECONDS = UINT64_C(86400000000);

/* ---- reading the builder ---- */
/* Start and end days are there in sorted order already. */
static size_t days_read(const int32_t *days, size_t count, int64_t *out_values, uint64_t *out_valid)
{
    size_t absent = 0;
    memset(out_valid, 0xFF, (count + 63) / 64 * sizeof *out_valid);
    for (size_t i = 0; i < count; i++) {
        out_values[i] = days[i];
        if (days[i] == STORE_NO_DAY) {
            out_values[i] = 0;
            out_valid[i / 64] &= ~(UINT64_C(1) << (i % 64));
            absent++;
        }
    }
    return absent;
}

size_t table_source_read(const struct table_source *source, int field, size_t first, size_t count, int64_t *out_values, uint64_t *out_valid)
{
    const struct slab_column *column = &source->columns[field].values;
    if (field == source->info->start_field && source->starts) {
        return days_read(source->starts + first, count, out_values, out_valid);
    }
    if (field == source->info->end_field && source->ends) {
        return days_read(source->ends + first, count, out_values, out_valid);
    }
    if (source->order->places) {
        const struct table_flat *flat = field == source->flat.field ? &source->flat : &source->other;
        assert(field == flat->field);
        return slab_flat_read(&flat->column, source->order->places + first, count, out_values, out_valid);
    }
    return slab_column_read(column, NULL, first, count, out_values, out_valid);
}

static bool flat_make(struct table_source *source, struct table_flat *flat, int field, void *room, struct error *err)
{
    const struct row_order *order = source->order;
    if (order->places) {
        TRY(slab_flat_make(&flat->column, &source->columns[field].values, order->has_parts ? &order->layout : NULL, room, err));
        flat->field = field;
    }
    return true;
}

bool table_source_prepare(struct table_source *source, int field, struct error *err)
{
    table_source_finish(source);
    return flat_make(source, &source->flat, field, source->room, err);
}

bool table_source_prepare_other(struct table_source *source, int field, struct error *err)
{
    const bool is_day_kept = (field == source->info->start_field && source->starts) || (field == source->info->end_field && source->ends);
    return is_day_kept || flat_make(source, &source->other, field, NULL, err);
}

void table_source_finish(struct table_source *source)
{
    slab_flat_finish(&source->flat.column);
    slab_flat_finish(&source->other.column);
    source->flat.field = source->other.field = OMOP_NO_FIELD;
}

/* ---- chunks ---- */
bool chunk_list_start(struct chunk_list *chunks, struct segment_writer *writer, bool with_first_values, struct error *err)
{
    const size_t count = (writer->source.rows + COLUMN_CHUNK - 1) / COLUMN_CHUNK;
    *chunks = (struct chunk_list){
        .blocks = calloc(count, sizeof(uint32_t)),
        .offsets = calloc(count, sizeof(uint32_t)),
        .lengths = calloc(count, sizeof(uint32_t)),
        .first_values = with_first_values ? calloc(count, sizeof(int64_t)) : NULL,
    };
    buffer_clear(&writer->part);
    const bool has_memory = chunks->blocks && chunks->offsets && chunks->lengths && (!with_first_values || chunks->first_values);
    return has_memory || FAIL(err, LIMIT, "the system has no memory for an index of %zu chunks", count);
}

void chunk_list_finish(struct chunk_list *chunks)
{
    free(chunks->blocks);
    free(chunks->offsets);
    free(chunks->lengths);
    free(chunks->first_values);
}

bool chunk_list_put(struct chunk_list *chunks, struct segment_writer *writer, struct error *err)
{
    struct page_span span;
    TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, &span, err));
    chunks->blocks[chunks->count] = span.block;
    chunks->offsets[chunks->count] = span.offset;
    chunks->lengths[chunks->count] = span.length;
    chunks->count++;
    buffer_clear(&writer->part);
    return true;
}

bool chunk_list_end(const struct chunk_list *chunks, struct segment_writer *writer, struct page_span *out_index, struct error *err)
{
    const struct column_index index = {chunks->count, chunks->blocks, chunks->offsets, chunks->lengths, chunks->first_values};
    TRY(column_index_write(&writer->part, &index, err));
    TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, out_index, err));
    buffer_clear(&writer->part);
    return true;
}

bool column_is_key(const struct segment_writer *writer, int field)
{
    return writer->builder->scope != OMOP_PERSON && field == 0 && order_leading_fields(writer->source.table) > 0;
}

/* ---- values of one chunk ---- */
struct chunk_values {
    size_t first, count, absent;
    int64_t values[COLUMN_CHUNK];
    uint64_t valid[COLUMN_WORDS];
};

static size_t chunk_length(const struct table_source *source, size_t first)
{
    return source->rows - first < COLUMN_CHUNK ? source->rows - first : COLUMN_CHUNK;
}

static void chunk_read(const struct table_source *source, int field, size_t first, struct chunk_values *out)
{
    out->first = first;
    out->count = chunk_length(source, first);
    out->absent = table_source_read(source, field, first, out->count, out->values, out->valid);
}

/* Subtracts the days of another field, where they are there. */
static void chunk_subtract(const struct table_source *source, int field, uint64_t factor, struct chunk_values *chunk)
{
    int64_t days[COLUMN_CHUNK]; /* absent ones read as 0 */
    uint64_t valid[COLUMN_WORDS];
    (void)table_source_read(source, field, chunk->first, chunk->count, days, valid);
    for (size_t i = 0; i < chunk->count; i++) {
        chunk->values[i] = (int64_t)((uint64_t)chunk->values[i] - factor * (uint64_t)days[i]);
    }
}

/* x_datetime has x_date; the end has the start. Only a field that stands before may be named. */
static int relative_field(const struct table_source *source, int field)
{
    const struct omop_table_info *info = source->info;
    const char *name = info->fields[field].name;
    const size_t length = strlen(name);
    int found = OMOP_NO_FIELD;
    if (info->fields[field].type == OMOP_DATETIME && length > 8 && strcmp(name + length - 8, "datetime") == 0) {
        found = omop_field_find(source->table, (struct text){name, length - 4});
    } else if (info->fields[field].type == OMOP_DATE && field == info->end_field && field != info->start_field) {
        found = info->start_field;
    }
    const bool usable = found != OMOP_NO_FIELD && found < field && info->fields[found].type == OMOP_DATE &&
                        source->columns[found].values.nulls < source->rows;
    return usable ? found : OMOP_NO_FIELD;
}

/* ---- integers, days, instants, doubles ---- */
static bool numbers_put(struct segment_writer *writer, int field, struct layout_column *column, struct chunk_list *chunks,
                        struct error *err)
{
    const struct table_source *source = &writer->source;
    const bool is_instant = column->type == OMOP_DATETIME;
    struct chunk_values chunk;
    for (size_t first = 0; first < source->rows; first += COLUMN_CHUNK) {
        chunk_read(source, field, first, &chunk);
        if (chunks->first_values) {
            chunks->first_values[chunks->count] = chunk.valid[0] & 1 ? chunk.values[0] : INT64_MAX;
        }
        if (column->relative >= 0) {
            chunk_subtract(source, column->relative, is_instant ? DAY_MICROSECONDS : 1, &chunk);
        }
        if (column->form == COLUMN_FLOATS) {
            TRY(column_floats_encode(&writer->part, writer->compressor, chunk.values, chunk.valid, chunk.count, chunk.absent, err));
        } else {
            TRY(column_integers_encode(&writer->part, chunk.values, chunk.valid, chunk.count, chunk.absent, is_instant, err));
        }
        TRY(chunk_list_put(chunks, writer, err));
    }
    return chunk_list_end(chunks, writer, &column->index, err);
}

static bool numbers_write(struct segment_writer *writer, int field, struct layout_column *column, struct error *err)
{
    struct chunk_list chunks;
    column->form = column->type == OMOP_FLOAT ? COLUMN_FLOATS : COLUMN_INTEGERS;
    column->relative = relative_field(&writer->source, field);
    TRY(column->relative == OMOP_NO_FIELD || table_source_prepare_other(&writer->source, column->relative, err));
    const bool done =
        chunk_list_start(&chunks, writer, column_is_key(writer, field), err) && numbers_put(writer, field, column, &chunks, err);
    chunk_list_finish(&chunks);
    return done;
}

/* ---- persons ---- */
static bool ordinals_put(struct segment_writer *writer, struct layout_column *column, struct chunk_list *chunks, struct error *err)
{
    const struct table_source *source = &writer->source;
    uint64_t valid[COLUMN_WORDS];
    memset(valid, 0xFF, sizeof valid);
    for (size_t first = 0; first < source->rows; first += COLUMN_CHUNK) {
        int64_t values[COLUMN_CHUNK];
        const size_t count = chunk_length(source, first);
        for (size_t i = 0; i < count; i++) {
            values[i] = source->persons[first + i];
        }
        TRY(column_integers_encode(&writer->part, values, valid, count, 0, false, err));
        TRY(chunk_list_put(chunks, writer, err));
    }
    return chunk_list_end(chunks, writer, &column->index, err);
}

static bool ordinals_write(struct segment_writer *writer, struct layout_column *column, struct error *err)
{
    struct chunk_list chunks;
    column->form = COLUMN_ORDINALS;
    const bool done = chunk_list_start(&chunks, writer, false, err) && ordinals_put(writer, column, &chunks, err);
    chunk_list_finish(&chunks);
    return done;
}

/* ---- texts as codes ---- */
struct word {
    struct text text;
    uint32_t code;
};

static int word_compare(const void *a, const void *b)
{
    return text_compare(((const struct word *)a)->text, ((const struct word *)b)->text);
}

/* Sorts the words; ranks[code] is the place of a word in the written dictionary. */
static bool words_rank(struct segment_writer *writer, const struct text_dictionary *texts, uint32_t *ranks, struct error *err)
{
    const size_t count = texts->entries.count;
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct word *words = arena_allocate_raw(scratch, count + 1, sizeof *words);
    struct text *sorted = arena_allocate_raw(scratch, count + 1, sizeof *sorted);
    for (size_t code = 0; code < count; code++) {
        words[code] = (struct word){text_dictionary_text(texts, (uint32_t)code), (uint32_t)code};
    }
    qsort(words, count, sizeof *words, word_compare);
    for (size_t rank = 0; rank < count; rank++) {
        sorted[rank] = words[rank].text;
        ranks[words[rank].code] = (uint32_t)rank;
    }
    return column_words_encode(&writer->part, writer->compressor, sorted, count, err);
}

static bool codes_put(struct segment_writer *writer, int field, const uint32_t *ranks, struct layout_column *column,
                      struct chunk_list *chunks, struct error *err)
{
    struct chunk_values chunk;
    for (size_t first = 0; first < writer->source.rows; first += COLUMN_CHUNK) {
        chunk_read(&writer->source, field, first, &chunk);
        for (size_t i = 0; i < chunk.count; i++) {
            chunk.values[i] = ranks[chunk.values[i]]; /* absent ones read as code 0, and are not looked at */
        }
        TRY(column_integers_encode(&writer->part, chunk.values, chunk.valid, chunk.count, chunk.absent, false, err));
        TRY(chunk_list_put(chunks, writer, err));
    }
    return chunk_list_end(chunks, writer, &column->index, err);
}

static bool codes_write(struct segment_writer *writer, int field, struct layout_column *column, struct error *err)
{
    const struct text_dictionary *texts = writer->source.columns[field].texts;
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint32_t *ranks = arena_allocate_raw(scratch, texts->entries.count + 1, sizeof *ranks);
    struct chunk_list chunks;
    column->form = COLUMN_CODES;
    buffer_clear(&writer->part);
    TRY(words_rank(writer, texts, ranks, err));
    TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, &column->directory, err));
    const bool done = chunk_list_start(&chunks, writer, false, err) && codes_put(writer, field, ranks, column, &chunks, err);
    chunk_list_finish(&chunks);
    return done;
}

/* ---- texts one by one ---- */
struct text_pieces {
    struct column_piece pieces[COLUMN_CHUNK];
    size_t count;
    struct buffer bytes;  /* of the piece being filled */
    struct buffer stored; /* the same, compressed */
    uint32_t rows;
};

static bool piece_close(struct segment_writer *writer, struct text_pieces *pieces, struct error *err)
{
    struct column_piece *piece = &pieces->pieces[pieces->count++];
    *piece = (struct column_piece){.rows = pieces->rows, .bytes = (uint32_t)pieces->bytes.length};
    buffer_clear(&pieces->stored);
    TRY(compress_append(writer->compressor, &pieces->stored, pieces->bytes.data, pieces->bytes.length, err));
    TRY(page_writer_put(&writer->pages, pieces->stored.data, pieces->stored.length, &piece->span, err));
    buffer_clear(&pieces->bytes);
    pieces->rows = 0;
    return true;
}

/* Replaces the codes of a chunk by the lengths of its texts, and writes their bytes. */
static bool pieces_write(struct segment_writer *writer, const struct text_dictionary *texts, struct chunk_values *chunk,
                         struct text_pieces *pieces, struct error *err)
{
    pieces->count = 0;
    for (size_t i = 0; i < chunk->count; i++) {
        const bool there = chunk->valid[i / 64] >> (i % 64) & 1;
        const struct text text = there ? text_dictionary_text(texts, (uint32_t)chunk->values[i]) : TEXT("");
        if (pieces->rows && pieces->bytes.length + text.length > PIECE_BYTES) {
            TRY(piece_close(writer, pieces, err));
        }
        TRY(buffer_append(&pieces->bytes, text.data, text.length, err));
        chunk->values[i] = (int64_t)text.length;
        pieces->rows++;
    }
    return piece_close(writer, pieces, err);
}

static bool texts_put(struct segment_writer *writer, int field, struct layout_column *column, struct text_pieces *pieces,
                      struct chunk_list *chunks, struct error *err)
{
    const struct text_dictionary *texts = writer->source.columns[field].texts;
    struct chunk_values chunk;
    for (size_t first = 0; first < writer->source.rows; first += COLUMN_CHUNK) {
        chunk_read(&writer->source, field, first, &chunk);
        pieces->count = 0;
        if (chunk.absent < chunk.count) {
            TRY(pieces_write(writer, texts, &chunk, pieces, err));
        }
        TRY(column_texts_encode(&writer->part, chunk.values, chunk.valid, chunk.count, chunk.absent, pieces->pieces, pieces->count, err));
        TRY(chunk_list_put(chunks, writer, err));
    }
    return chunk_list_end(chunks, writer, &column->index, err);
}

static bool texts_write(struct segment_writer *writer, int field, struct layout_column *column, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct text_pieces *pieces = ARENA_NEW(scratch, struct text_pieces);
    struct chunk_list chunks;
    pieces->bytes.maximum = pieces->stored.maximum = PAGE_BYTES_MAX;
    column->form = COLUMN_TEXTS;
    const bool done = chunk_list_start(&chunks, writer, false, err) && texts_put(writer, field, column, pieces, &chunks, err);
    chunk_list_finish(&chunks);
    buffer_finish(&pieces->bytes);
    buffer_finish(&pieces->stored);
    return done;
}

/* ---- any column ---- */
bool column_write(struct segment_writer *writer, int field, struct layout_column *out_column, struct error *err)
{
    const struct table_source *source = &writer->source;
    const struct builder_column *column = &source->columns[field];
    out_column->type = source->info->fields[field].type;
    out_column->relative = OMOP_NO_FIELD;
    out_column->form = COLUMN_ABSENT;
    if (column->values.nulls == source->rows) {
        return true;
    }
    if (writer->builder->scope == OMOP_PERSON && field == source->info->person_field) {
        return ordinals_write(writer, out_column, err);
    }
    TRY(table_source_prepare(&writer->source, field, err));
    if (source->info->fields[field].has_postings && out_column->type == OMOP_INTEGER) {
        return concept_column_write(writer, field, out_column, err);
    }
    if (out_column->type != OMOP_TEXT) {
        return numbers_write(writer, field, out_column, err);
    }
    const struct text_dictionary *texts = column->texts;
    const uint64_t present = source->rows - column->values.nulls;
    const bool pays = texts->is_distinct && texts->text_bytes <= WORDS_BYTES_MAX && texts->entries.count <= present / WORDS_REPEATED;
    return pays ? codes_write(writer, field, out_column, err) : texts_write(writer, field, out_column, err);
}
