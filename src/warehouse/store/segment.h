/* SPDX-License-Identifier: EUPL-1.2 */
/* segment: an open segment, and how its parts are reached (private to the store). Indexes, dictionaries and concept directories are read
 * when they are first asked for and kept; pages of values go through the block cache. Functions here do not ask the grant: those of store.h
 * do. */
#pragma once
#include "warehouse/store/segment_layout.h"
#include "warehouse/store/store_internal.h"

struct segment_column {
    const struct layout_column *layout; /* NULL: the file does not have the field */
    int relative;                       /* as a field of the table in this version of the CDM, or -1 */
    /* Read when first needed, under the lock. */
    const struct column_index *index;
    const struct column_words *words;
    const struct concept_directory *concepts;
};
struct segment_table {
    const struct layout_table *layout; /* NULL: no rows */
    uint64_t rows;
    struct segment_column *columns; /* by field */
};
struct store_segment {
    struct sealed_file *file;    /* borrowed */
    struct store_reader *reader; /* borrowed */
    struct cached_file *cached;
    struct task_lock *lock; /* of what is read when first needed */
    struct arena *memory;
    struct segment_layout layout;
    struct segment_table tables[OMOP_TABLE_COUNT];
    const int64_t *person_ids;   /* as read when first needed */
    const uint32_t *period_rows; /* of each person in OBSERVATION_PERIOD: every cohort asks for them */
    struct segment_view *view;   /* without the excluded persons; NULL: nobody of the segment is excluded (segment_view.h) */
};

/* ---- pages ---- */
/* The page that one call is looking at. Uncached pages are decrypted into memory of its own, one at a time. */
struct page_reader {
    struct store_segment *segment;
    bool keep; /* in the block cache: pages of values, not what is decoded once */
    struct arena *memory;
    const uint8_t *bytes;
    uint32_t block, length; /* length 0: none yet */
};
void page_reader_finish(struct page_reader *reader);
/* Points the reader at a block. What it pointed at before may be gone. */
MUST_CHECK bool page_reader_seek(struct page_reader *reader, uint64_t block, struct error *err);
/* A cursor over one part. */
MUST_CHECK bool page_reader_part(struct page_reader *reader, const struct page_span *span, struct cursor *out_cursor, struct error *err);

/* Adds the file to an error about its content. */
bool segment_error(const struct store_segment *segment, struct error *err);

/* ---- what is kept once it was read ---- */
MUST_CHECK bool segment_column_index(struct store_segment *segment, int table, int field, const struct column_index **out_index,
                                     struct error *err);
MUST_CHECK bool segment_column_words(struct store_segment *segment, int table, int field, const struct column_words **out_words,
                                     struct error *err);
/* A directory without concepts when the column is absent. */
MUST_CHECK bool segment_column_concepts(struct store_segment *segment, int table, int field, const struct concept_directory **out_concepts,
                                        struct error *err);
MUST_CHECK bool segment_person_ids(struct store_segment *segment, const int64_t **out_ids, struct error *err);
/* In the arena, or kept by the segment. */
MUST_CHECK bool segment_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_rows,
                                    struct error *err);

/* ---- values ---- */
struct row_request {
    const uint32_t *rows; /* ascending; NULL: first .. first + count - 1 */
    uint64_t first;
    size_t count;
};
MUST_CHECK bool segment_values(struct store_segment *segment, int table, int field, const struct row_request *request, struct arena *arena,
                               struct store_vector *out_vector, struct error *err);
/* Persons of rows, as ordinals. */
MUST_CHECK bool segment_ordinals(struct store_segment *segment, int table, const struct row_request *request, struct arena *arena,
                                 const uint32_t **out_ordinals, struct error *err);
/* Rows whose concept code is wanted (bit set), ascending; maximum: how many there are at most. */
MUST_CHECK bool segment_rows_of_codes(struct store_segment *segment, int table, int field, const uint64_t *wanted, size_t maximum,
                                      struct arena *arena, const uint32_t **out_rows, size_t *out_count, struct error *err);

/* ---- events ---- */
MUST_CHECK bool segment_events(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                               const uint64_t *persons, unsigned parts, struct arena *arena, struct store_events *out_events,
                               struct error *err);
