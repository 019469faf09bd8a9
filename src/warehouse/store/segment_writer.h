/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_writer: what the parts of the segment encoder share (private to the store): segment_encode.c goes over the tables,
 * column_write.c writes the columns of one, concept_write.c its concepts and their postings. */
#pragma once
#include "warehouse/store/builder.h"
#include "warehouse/store/order.h"
#include "warehouse/store/segment_layout.h"

/* One table while it is being written. */
struct table_source {
    int table;
    const struct omop_table_info *info;
    const struct builder_column *columns;
    size_t rows;
    const struct row_order *order;
    void *room; /* 8 bytes a row, for a flat column */
    /* By sorted position. persons is all zero outside scope PERSON; starts and ends are NULL where the table has none, ends also where no
     * row has one. */
    const uint32_t *persons;
    const int32_t *starts, *ends;
    struct table_flat {
        struct slab_flat column;
        int field;
    } flat, other; /* of a field, and of the one that it is relative to */
};
struct segment_writer {
    const struct segment_builder *builder;
    struct page_writer pages;
    struct compressor *compressor;
    struct segment_workspace *workspace;
    struct buffer part;   /* the part being encoded */
    struct arena *memory; /* of the layout */
    uint32_t *ordinals;   /* by person code */
    uint32_t persons;
    struct table_source source;
};

/* At most COLUMN_CHUNK values from sorted position `first` on. Returns how many are absent. */
size_t table_source_read(const struct table_source *source, int field, size_t first, size_t count, int64_t *out_values,
                         uint64_t *out_valid);
/* Before a field is read: where the table is not in order already, lays the column out flat, until the next field is prepared. */
MUST_CHECK bool table_source_prepare(struct table_source *source, int field, struct error *err);
/* The same for the field that it is relative to. */
MUST_CHECK bool table_source_prepare_other(struct table_source *source, int field, struct error *err);
void table_source_finish(struct table_source *source);
/* The chunks of a column as they are written one after the other. */
struct chunk_list {
    uint32_t *blocks, *offsets, *lengths;
    int64_t *first_values;
    size_t count;
};
/* Whether rows are looked up by this field, so that the index keeps the first value of each chunk. */
bool column_is_key(const struct segment_writer *writer, int field);
MUST_CHECK bool chunk_list_start(struct chunk_list *chunks, struct segment_writer *writer, bool with_first_values, struct error *err);
void chunk_list_finish(struct chunk_list *chunks);
/* Puts writer->part as the next chunk, and clears it. */
MUST_CHECK bool chunk_list_put(struct chunk_list *chunks, struct segment_writer *writer, struct error *err);
MUST_CHECK bool chunk_list_end(const struct chunk_list *chunks, struct segment_writer *writer, struct page_span *out_index,
                               struct error *err);

/* Writes a column and fills in what the directory says of it; the name is set. */
MUST_CHECK bool column_write(struct segment_writer *writer, int field, struct layout_column *out_column, struct error *err);
/* The same for a field with postings. */
MUST_CHECK bool concept_column_write(struct segment_writer *writer, int field, struct layout_column *out_column, struct error *err);
