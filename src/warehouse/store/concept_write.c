/* SPDX-License-Identifier: EUPL-1.2 */
/* A concept column: its concepts become codes in ascending order, the column holds the codes, and the postings list the rows of each
 * concept. A concept that fills a large part of the table (no matching concept, the one type of all records) needs no list: looking through
 * the codes finds it as fast. The table's own concept and its source concept have persons and days in their postings; the other concept
 * columns (units, values, types) only rows, from which the rest follows. */
#include "warehouse/store/postings.h"
#include "warehouse/store/segment_writer.h"
#include <stdlib.h>
#include <string.h>

enum {
    NO_CODE = UINT32_MAX,
    PRIMARY_SHARE = 2, /* a concept with at least 1/2 of the rows has no list in a primary column, */
    OTHER_SHARE = 8,   /* with at least 1/8 in another */
};

/* A row with what its posting says, so that nothing is sought row by row when the concept is written. */
struct posting_row {
    uint32_t row, person;
    int32_t start, end;
};
struct concept_source {
    uint32_t *codes; /* by sorted position; NO_CODE where absent. In the workspace, as rows */
    int64_t *ids;    /* by code */
    uint32_t *counts;
    size_t count;
    size_t *first; /* by code: where its rows begin in `rows`, and one more; codes without a list take no room */
    struct posting_row *rows;
};

static bool no_memory(struct error *err)
{
    return FAIL(err, LIMIT, "the system has no memory for the postings of a segment");
}

static void concept_source_finish(struct concept_source *concepts)
{
    free(concepts->ids);
    free(concepts->counts);
    free(concepts->first);
}

/* ---- codes ---- */
static bool codes_in_order_of_appearance(struct segment_writer *writer, int field, struct integer_dictionary *seen, uint32_t *codes,
                                         struct error *err)
{
    const struct table_source *source = &writer->source;
    int64_t values[COLUMN_CHUNK];
    uint64_t valid[COLUMN_WORDS];
    for (size_t first = 0; first < source->rows; first += COLUMN_CHUNK) {
        const size_t count = source->rows - first < COLUMN_CHUNK ? source->rows - first : COLUMN_CHUNK;
        const size_t absent = table_source_read(source, field, first, count, values, valid);
        for (size_t i = 0; i < count; i++) {
            codes[first + i] = NO_CODE;
            if (!absent || (valid[i / 64] >> (i % 64) & 1)) {
                TRY(integer_dictionary_put(seen, values[i], &codes[first + i], err));
            }
        }
    }
    return true;
}

struct keyed_code {
    int64_t id;
    uint32_t code;
};
static int keyed_code_compare(const void *a, const void *b)
{
    const int64_t left = ((const struct keyed_code *)a)->id, right = ((const struct keyed_code *)b)->id;
    return (left > right) - (left < right);
}

/* Turns codes in order of appearance into codes in ascending order of the concepts, and counts them. */
static bool codes_rank(struct concept_source *concepts, const struct integer_dictionary *seen, size_t rows, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const size_t count = seen->keys.count;
    struct keyed_code *order = arena_allocate_raw(scratch, count + 1, sizeof *order);
    uint32_t *ranks = arena_allocate_raw(scratch, count + 1, sizeof *ranks);
    concepts->count = count;
    concepts->ids = calloc(count + 1, sizeof *concepts->ids);
    concepts->counts = calloc(count + 1, sizeof *concepts->counts);
    concepts->first = calloc(count + 1, sizeof *concepts->first);
    TRY((concepts->ids && concepts->counts && concepts->first) || no_memory(err));
    for (size_t code = 0; code < count; code++) {
        order[code] = (struct keyed_code){seen->keys.items[code], (uint32_t)code};
    }
    qsort(order, count, sizeof *order, keyed_code_compare);
    for (size_t rank = 0; rank < count; rank++) {
        concepts->ids[rank] = order[rank].id;
        ranks[order[rank].code] = (uint32_t)rank;
    }
    for (size_t i = 0; i < rows; i++) {
        if (concepts->codes[i] != NO_CODE) {
            concepts->codes[i] = ranks[concepts->codes[i]];
            concepts->counts[concepts->codes[i]]++;
        }
    }
    return true;
}

static bool concepts_find(struct segment_writer *writer, int field, struct concept_source *concepts, struct error *err)
{
    struct integer_dictionary seen;
    integer_dictionary_init(&seen, writer->builder->seed);
    concepts->codes = workspace_take(writer->workspace, WORKSPACE_CODES, writer->source.rows, sizeof *concepts->codes);
    const bool done = (concepts->codes || no_memory(err)) && codes_in_order_of_appearance(writer, field, &seen, concepts->codes, err) &&
                      codes_rank(concepts, &seen, writer->source.rows, err);
    integer_dictionary_finish(&seen);
    return done;
}

static bool codes_put(struct segment_writer *writer, const struct concept_source *concepts, struct layout_column *column,
                      struct chunk_list *chunks, struct error *err)
{
    const size_t rows = writer->source.rows;
    for (size_t first = 0; first < rows; first += COLUMN_CHUNK) {
        int64_t values[COLUMN_CHUNK];
        uint64_t valid[COLUMN_WORDS] = {0};
        const size_t count = rows - first < COLUMN_CHUNK ? rows - first : COLUMN_CHUNK;
        size_t absent = 0;
        for (size_t i = 0; i < count; i++) {
            /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): codes has one value for each row */
            const uint32_t code = concepts->codes[first + i];
            values[i] = code;
            valid[i / 64] |= (uint64_t)(code != NO_CODE) << (i % 64);
            absent += code == NO_CODE;
        }
        if (chunks->first_values) {
            chunks->first_values[chunks->count] = valid[0] & 1 ? concepts->ids[values[0]] : INT64_MAX;
        }
        TRY(column_integers_encode(&writer->part, values, valid, count, absent, false, err));
        TRY(chunk_list_put(chunks, writer, err));
    }
    return chunk_list_end(chunks, writer, &column->index, err);
}

/* ---- postings ---- */
static bool has_list(const struct concept_source *concepts, size_t code, size_t rows, unsigned postings)
{
    const size_t share = postings & POSTINGS_CORE ? PRIMARY_SHARE : OTHER_SHARE;
    return concepts->counts[code] < (rows + share - 1) / share;
}

static void rows_place(const struct table_source *source, struct concept_source *concepts, size_t *next)
{
    for (size_t i = 0; i < source->rows; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Assign): codes has one value for each row */
        const uint32_t code = concepts->codes[i];
        if (code != NO_CODE && concepts->first[code] < concepts->first[code + 1]) {
            concepts->rows[next[code]++] = (struct posting_row){
                .row = (uint32_t)i,
                .person = source->persons[i],
                .start = source->starts ? source->starts[i] : STORE_NO_DAY,
                .end = source->ends ? source->ends[i] : STORE_NO_DAY,
            };
        }
    }
}

/* The rows of each concept one after the other: one counting pass, since codes are dense. */
static bool rows_by_concept(struct segment_writer *writer, struct concept_source *concepts, unsigned postings, struct error *err)
{
    const struct table_source *source = &writer->source;
    size_t total = 0;
    for (size_t code = 0; code < concepts->count; code++) {
        concepts->first[code] = total;
        total += has_list(concepts, code, source->rows, postings) ? concepts->counts[code] : 0;
    }
    concepts->first[concepts->count] = total;
    concepts->rows = workspace_take(writer->workspace, WORKSPACE_POSTINGS, total + 1, sizeof *concepts->rows);
    size_t *next = malloc((concepts->count + 1) * sizeof *next);
    const bool done = concepts->rows && next;
    if (done && total) {
        memcpy(next, concepts->first, concepts->count * sizeof *next);
        rows_place(source, concepts, next);
    }
    free(next);
    return done || no_memory(err);
}

struct posting_group {
    uint32_t rows[POSTINGS_GROUP], persons[POSTINGS_GROUP];
    int32_t starts[POSTINGS_GROUP], ends[POSTINGS_GROUP];
};

static bool group_encode(struct segment_writer *writer, const struct posting_row *rows, size_t count, unsigned postings, bool is_core,
                         struct error *err)
{
    struct posting_group group;
    const bool with_ends = !is_core && (postings & POSTINGS_ENDS);
    for (size_t i = 0; i < count; i++) {
        group.rows[i] = rows[i].row;
        group.persons[i] = rows[i].person;
        group.starts[i] = rows[i].start;
        group.ends[i] = rows[i].end;
    }
    if (is_core) {
        return postings_core_encode(&writer->part, group.persons, postings & POSTINGS_DAYS ? group.starts : NULL, count, err);
    }
    return postings_detail_encode(&writer->part, group.rows, with_ends ? group.starts : NULL, with_ends ? group.ends : NULL, count, err);
}

/* Writes one stream of all concepts that have a list; places[code] as in struct concept_directory. */
static bool stream_write(struct segment_writer *writer, const struct concept_source *concepts, unsigned postings, bool is_core,
                         int64_t *places, struct error *err)
{
    for (size_t code = 0; code < concepts->count; code++) {
        const struct posting_row *rows = concepts->rows + concepts->first[code];
        const size_t count = concepts->first[code + 1] - concepts->first[code];
        for (size_t at = 0; at < count; at += POSTINGS_GROUP) {
            struct page_span span;
            const size_t length = count - at < POSTINGS_GROUP ? count - at : POSTINGS_GROUP;
            buffer_clear(&writer->part);
            TRY(group_encode(writer, rows + at, length, postings, is_core, err));
            TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, &span, err));
            if (at == 0) {
                places[code] = 1 + ((int64_t)span.block << 16 | span.offset);
            }
        }
    }
    buffer_clear(&writer->part);
    return true;
}

static unsigned postings_kind(const struct segment_writer *writer, int field)
{
    const struct table_source *source = &writer->source;
    const bool is_primary = field == source->info->concept_field || field == source->info->source_concept_field;
    if (writer->builder->scope != OMOP_PERSON || !is_primary) {
        return POSTINGS_ROWS;
    }
    return POSTINGS_ROWS | POSTINGS_CORE | (source->starts ? POSTINGS_DAYS : 0U) |
           (source->info->end_field != OMOP_NO_FIELD ? POSTINGS_ENDS : 0U);
}

static bool postings_write(struct segment_writer *writer, struct concept_source *concepts, struct layout_column *column, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const unsigned postings = column->postings;
    int64_t *core_places = ARENA_ARRAY(scratch, int64_t, concepts->count + 1);
    int64_t *detail_places = ARENA_ARRAY(scratch, int64_t, concepts->count + 1);
    TRY(rows_by_concept(writer, concepts, postings, err));
    if (postings & POSTINGS_CORE) {
        TRY(stream_write(writer, concepts, postings, true, core_places, err));
    }
    TRY(stream_write(writer, concepts, postings, false, detail_places, err));
    const struct concept_directory directory = {concepts->count, concepts->ids, concepts->counts, core_places, detail_places};
    TRY(concept_directory_write(&writer->part, &directory, err));
    TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, &column->directory, err));
    buffer_clear(&writer->part);
    return true;
}

static bool concepts_write(struct segment_writer *writer, int field, struct concept_source *concepts, struct layout_column *column,
                           struct error *err)
{
    struct chunk_list chunks;
    TRY(concepts_find(writer, field, concepts, err));
    const bool done =
        chunk_list_start(&chunks, writer, column_is_key(writer, field), err) && codes_put(writer, concepts, column, &chunks, err);
    chunk_list_finish(&chunks);
    return done && postings_write(writer, concepts, column, err);
}

bool concept_column_write(struct segment_writer *writer, int field, struct layout_column *out_column, struct error *err)
{
    struct concept_source concepts = {0};
    out_column->form = COLUMN_CONCEPTS;
    out_column->postings = (uint8_t)postings_kind(writer, field);
    const bool done = concepts_write(writer, field, &concepts, out_column, err);
    concept_source_finish(&concepts);
    return done;
}
