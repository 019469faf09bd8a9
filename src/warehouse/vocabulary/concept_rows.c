/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows of CONCEPT for many ids at once. A few ids are looked up one by one; when they are many against the table, the id column is read
 * front to back and merged with them, a chunk at a time. */
#include "warehouse/vocabulary/vocabulary_internal.h"
#include <string.h>

enum { CHUNK_ROWS = 1 << 16, ROWS_A_LOOK_UP = 512 /* one look-up costs about as much as reading this many ids */ };

/* Rows of one segment for some of the ids, ascending. */
struct located {
    size_t count;
    uint32_t *rows;
    size_t *positions; /* in ids */
};

static void located_add(struct located *located, uint64_t row, size_t position)
{
    located->rows[located->count] = (uint32_t)row;
    located->positions[located->count++] = position;
}

static bool locate_each(struct store_segment *segment, const int64_t *ids, size_t count, struct located *located, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t row = 0, rows = 0;
        TRY(store_rows_find(segment, OMOP_TABLE_CONCEPT, ids[i], &row, &rows, err));
        if (rows > 0) {
            located_add(located, row, i);
        }
    }
    return true;
}

static bool locate_merged(struct store_segment *segment, const int64_t *ids, size_t count, struct arena *scratch, struct located *located,
                          struct error *err)
{
    uint64_t rows = store_segment_rows(segment, OMOP_TABLE_CONCEPT);
    size_t next = 0;
    for (uint64_t first = 0; first < rows && next < count; first += CHUNK_ROWS) {
        size_t length = rows - first < CHUNK_ROWS ? (size_t)(rows - first) : CHUNK_ROWS;
        struct arena_mark mark = arena_mark_take(scratch);
        struct store_vector chunk;
        TRY(store_column_read(segment, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_ID, first, length, scratch, &chunk, err));
        for (size_t i = 0; !chunk.is_all_null && i < length && next < count; i++) {
            while (next < count && ids[next] < chunk.integers[i]) {
                next++;
            }
            if (next < count && ids[next] == chunk.integers[i]) {
                located_add(located, first + i, next++);
            }
        }
        arena_mark_release(scratch, mark);
    }
    return true;
}

static bool locate(struct store_segment *segment, const int64_t *ids, size_t count, struct arena *scratch, struct located *out_located,
                   struct error *err)
{
    struct located located = {.rows = arena_allocate_raw(scratch, count, sizeof(uint32_t)),
                              .positions = arena_allocate_raw(scratch, count, sizeof(size_t))};
    if (count > store_segment_rows(segment, OMOP_TABLE_CONCEPT) / ROWS_A_LOOK_UP) {
        TRY(locate_merged(segment, ids, count, scratch, &located, err));
    } else {
        TRY(locate_each(segment, ids, count, &located, err));
    }
    *out_located = located;
    return true;
}

static bool is_absent(const struct store_vector *texts, size_t i)
{
    return !store_vector_is_valid(texts, i) || texts->texts[i].length == 0;
}

static bool flag_valid(struct store_segment *segment, const struct located *located, struct arena *scratch, uint8_t *flags,
                       struct error *err)
{
    for (size_t first = 0; first < located->count; first += CHUNK_ROWS) {
        size_t length = located->count - first < CHUNK_ROWS ? located->count - first : CHUNK_ROWS;
        struct arena_mark mark = arena_mark_take(scratch);
        struct store_vector reasons;
        TRY(store_column_gather(segment, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_INVALID_REASON, located->rows + first, length, scratch, &reasons,
                                err));
        for (size_t i = 0; i < length; i++) {
            flags[located->positions[first + i]] |= is_absent(&reasons, i);
        }
        arena_mark_release(scratch, mark);
    }
    return true;
}

bool concepts_exist(const struct vocabulary *vocabulary, const int64_t *ids, size_t count, bool only_valid, uint8_t *out_flags,
                    struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    memset(out_flags, 0, count);
    for (size_t s = 0; s < vocabulary->segment_count; s++) {
        struct store_segment *segment = store_reader_segment(vocabulary->reader, OMOP_VOCABULARY, s);
        struct located located;
        TRY(locate(segment, ids, count, scratch, &located, err));
        if (only_valid) {
            TRY(flag_valid(segment, &located, scratch, out_flags, err));
            continue;
        }
        for (size_t i = 0; i < located.count; i++) {
            out_flags[located.positions[i]] = 1;
        }
    }
    return true;
}

static struct text text_at(const struct store_vector *texts, size_t i)
{
    return store_vector_is_valid(texts, i) ? texts->texts[i] : TEXT("");
}

static char letter_at(const struct store_vector *texts, size_t i)
{
    struct text text = text_at(texts, i);
    return text.length > 0 ? text.data[0] : '\0';
}

static day day_at(const struct store_vector *days, size_t i)
{
    return (day){store_vector_is_valid(days, i) ? days->days[i] : 0};
}

/* All columns of the located rows, then row after row. */
static bool read_located(struct store_segment *segment, const struct located *located, const int64_t *ids, struct arena *result,
                         struct concept *concepts, uint8_t *flags, struct error *err)
{
    struct store_vector columns[OMOP_CONCEPT_FIELD_COUNT];
    for (int field = OMOP_CONCEPT_CONCEPT_NAME; field < OMOP_CONCEPT_FIELD_COUNT; field++) {
        TRY(store_column_gather(segment, OMOP_TABLE_CONCEPT, field, located->rows, located->count, result, &columns[field], err));
    }
    for (size_t i = 0; i < located->count; i++) {
        size_t at = located->positions[i];
        flags[at] = 1;
        concepts[at] = (struct concept){
            .id = {ids[at]},
            .name = text_at(&columns[OMOP_CONCEPT_CONCEPT_NAME], i),
            .domain = text_at(&columns[OMOP_CONCEPT_DOMAIN_ID], i),
            .vocabulary = text_at(&columns[OMOP_CONCEPT_VOCABULARY_ID], i),
            .concept_class = text_at(&columns[OMOP_CONCEPT_CONCEPT_CLASS_ID], i),
            .code = text_at(&columns[OMOP_CONCEPT_CONCEPT_CODE], i),
            .standard = letter_at(&columns[OMOP_CONCEPT_STANDARD_CONCEPT], i),
            .invalid_reason = letter_at(&columns[OMOP_CONCEPT_INVALID_REASON], i),
            .valid_start = day_at(&columns[OMOP_CONCEPT_VALID_START_DATE], i),
            .valid_end = day_at(&columns[OMOP_CONCEPT_VALID_END_DATE], i),
        };
    }
    return true;
}

bool concepts_read(const struct vocabulary *vocabulary, const int64_t *ids, size_t count, struct arena *result, struct concept *concepts,
                   uint8_t *out_flags, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    memset(out_flags, 0, count);
    for (size_t s = 0; s < vocabulary->segment_count; s++) {
        struct store_segment *segment = store_reader_segment(vocabulary->reader, OMOP_VOCABULARY, s);
        struct located located;
        TRY(locate(segment, ids, count, scratch, &located, err));
        if (located.count > 0) {
            TRY(read_located(segment, &located, ids, result, concepts, out_flags, err));
        }
    }
    return true;
}
