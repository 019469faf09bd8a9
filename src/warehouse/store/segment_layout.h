/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_layout: the directory at the end of a segment file, written and read (private to the store; docs/formats/segment.md). It names
 * tables and fields in words, so that a later version of the CDM still finds what an earlier one wrote. */
#pragma once
#include "warehouse/store/column.h"
#include "warehouse/store/store_internal.h"

enum { SEGMENT_VERSION = 1, SEGMENT_NAME_MAX = 63, SEGMENT_TABLES_MAX = 1024, SEGMENT_FIELDS_MAX = 1024 };

/* What the postings of a concept column consist of. */
enum {
    POSTINGS_NONE = 0,      /* the table keeps none for this field: concepts are codes only */
    POSTINGS_ROWS = 1 << 0, /* detail stream: rows */
    POSTINGS_CORE = 1 << 1, /* core stream: persons and, with DAYS, starts */
    POSTINGS_DAYS = 1 << 2,
    POSTINGS_ENDS = 1 << 3, /* in the detail stream */
};

struct layout_column {
    char name[SEGMENT_NAME_MAX + 1];
    enum omop_type type;
    enum column_form form;
    int relative;               /* the value is what is added to that of this field of the table, or -1 */
    struct page_span index;     /* of chunks */
    struct page_span directory; /* CODES: words; CONCEPTS: concepts */
    uint8_t postings;           /* CONCEPTS */
};
struct layout_table {
    char name[SEGMENT_NAME_MAX + 1];
    uint64_t rows;
    struct page_span person_rows; /* scope PERSON: first row of each ordinal, and the number of rows */
    size_t column_count;
    struct layout_column *columns;
};
struct segment_layout {
    enum omop_scope scope;
    uint32_t persons;
    int64_t first_person, last_person;
    struct page_span person_ids;
    size_t table_count;
    struct layout_table *tables;
};
MUST_CHECK bool segment_layout_write(struct buffer *out, const struct segment_layout *layout, struct error *err);
/* Names and numbers are checked, not whether the parts that they point to are there. Lives in the arena. */
MUST_CHECK bool segment_layout_read(struct segment_layout *out_layout, const uint8_t *bytes, size_t length, struct arena *arena,
                                    struct error *err);

/* Where the chunks of a column are. first_values: only for the leading sort field of a table not of scope PERSON (INT64_MAX: absent). */
struct column_index {
    size_t chunks;
    const uint32_t *blocks, *offsets, *lengths;
    const int64_t *first_values;
};
MUST_CHECK bool column_index_write(struct buffer *out, const struct column_index *index, struct error *err);
MUST_CHECK bool column_index_read(struct column_index *out_index, struct cursor *cursor, size_t chunks, struct arena *arena,
                                  struct error *err);

/* The concepts of a column, ascending: a code is a position here. A place is 0 where a concept has no group of its own in that stream
 * (its rows are found by looking through the codes), else 1 + block * 2^16 + offset of its first group. */
struct concept_directory {
    size_t count;
    const int64_t *ids;
    const uint32_t *rows;
    const int64_t *core_places, *detail_places;
};
MUST_CHECK bool concept_directory_write(struct buffer *out, const struct concept_directory *directory, struct error *err);
MUST_CHECK bool concept_directory_read(struct concept_directory *out_directory, struct cursor *cursor, uint64_t rows, struct arena *arena,
                                       struct error *err);
/* The first position from `from` on whose concept is not below id: galloping, so that a few or many ascending concepts cost little. */
size_t concept_directory_seek(const struct concept_directory *directory, size_t from, int64_t id);
