/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_encode: from a builder to the blocks of a sealed file. Persons first, then table after table (sorted, column by column), and the
 * directory as the last block. */
#include "warehouse/store/order.h"
#include "warehouse/store/segment_writer.h"
#include <stdlib.h>
#include <string.h>

enum { PART_BYTES_MAX = PAGE_BYTES_MAX };

static bool no_memory(struct error *err)
{
    return FAIL(err, LIMIT, "the system has no memory to encode a segment");
}

/* ---- persons ---- */
struct keyed_person {
    int64_t id;
    uint32_t code;
};
static int keyed_person_compare(const void *a, const void *b)
{
    const int64_t left = ((const struct keyed_person *)a)->id, right = ((const struct keyed_person *)b)->id;
    return (left > right) - (left < right);
}

static bool persons_write(struct segment_writer *writer, struct segment_layout *layout, struct error *err)
{
    const struct segment_builder *builder = writer->builder;
    const size_t codes = builder_person_codes(builder);
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct keyed_person *persons = arena_allocate_raw(scratch, codes + 1, sizeof *persons);
    int64_t *ids = arena_allocate_raw(scratch, codes + 1, sizeof *ids);
    size_t count = 0;
    for (size_t code = 0; code < codes; code++) {
        if (builder_has_person(builder, code)) {
            persons[count++] = (struct keyed_person){builder_person(builder, code), (uint32_t)code};
        }
    }
    if (!builder->seen) { /* else they are in order */
        qsort(persons, count, sizeof *persons, keyed_person_compare);
    }
    for (size_t ordinal = 0; ordinal < count; ordinal++) {
        ids[ordinal] = persons[ordinal].id;
        writer->ordinals[persons[ordinal].code] = (uint32_t)ordinal;
    }
    layout->persons = writer->persons = (uint32_t)count;
    layout->first_person = count ? ids[0] : 0;
    layout->last_person = count ? ids[count - 1] : 0;
    buffer_clear(&writer->part);
    TRY(ints_array_encode(&writer->part, ids, count, err));
    return page_writer_put(&writer->pages, writer->part.data, writer->part.length, &layout->person_ids, err);
}

/* Counts the rows of each ordinal, writes where they begin, and lays the ordinals out by sorted position. */
static bool person_rows_write(struct segment_writer *writer, uint32_t *row_persons, struct page_span *out_span, struct error *err)
{
    const struct table_source *source = &writer->source;
    const struct slab_column *column = &source->columns[source->info->person_field].values;
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint32_t *begins = ARENA_ARRAY(scratch, uint32_t, (size_t)writer->persons + 2);
    for (size_t first = 0; first < source->rows; first += SLAB_ROWS) {
        int64_t codes[SLAB_ROWS];
        uint64_t valid[SLAB_WORDS];
        const size_t count = source->rows - first < SLAB_ROWS ? source->rows - first : SLAB_ROWS;
        (void)slab_column_read(column, NULL, first, count, codes, valid);
        for (size_t i = 0; i < count; i++) {
            begins[writer->ordinals[codes[i]] + 1]++;
        }
    }
    for (uint32_t person = 0, at = 0; person < writer->persons; person++) {
        const uint32_t rows = begins[person + 1];
        for (uint32_t i = 0; i < rows; i++) {
            row_persons[at + i] = person;
        }
        at += rows;
        begins[person + 1] = at;
    }
    buffer_clear(&writer->part);
    TRY(ints_array_encode_u32(&writer->part, begins, (size_t)writer->persons + 1, err));
    return page_writer_put(&writer->pages, writer->part.data, writer->part.length, out_span, err);
}

/* ---- tables ---- */
/* Days of a field by sorted position, STORE_NO_DAY where absent. */
static bool days_collect(struct table_source *source, int field, int32_t *out_days, struct error *err)
{
    int64_t values[COLUMN_CHUNK];
    uint64_t valid[COLUMN_WORDS];
    TRY(table_source_prepare(source, field, err));
    for (size_t first = 0; first < source->rows; first += COLUMN_CHUNK) {
        const size_t count = source->rows - first < COLUMN_CHUNK ? source->rows - first : COLUMN_CHUNK;
        const size_t absent = table_source_read(source, field, first, count, values, valid);
        for (size_t i = 0; i < count; i++) {
            out_days[first + i] = !absent || (valid[i / 64] >> (i % 64) & 1) ? (int32_t)values[i] : STORE_NO_DAY;
        }
    }
    return true;
}

static bool columns_write(struct segment_writer *writer, struct layout_table *table, struct error *err)
{
    const struct omop_table_info *info = writer->source.info;
    table->column_count = (size_t)info->field_count;
    table->columns = ARENA_ARRAY(writer->memory, struct layout_column, table->column_count);
    for (int field = 0; field < info->field_count; field++) {
        struct layout_column *column = &table->columns[field];
        (void)text_copy(column->name, sizeof column->name, text_of(info->fields[field].name));
        if (!column_write(writer, field, column, err)) {
            return error_context(err, "field %s of %s", info->fields[field].name, info->name);
        }
    }
    return true;
}

static bool days_write(struct segment_writer *writer, int32_t *starts, struct error *err)
{
    struct table_source *source = &writer->source;
    const int start = source->info->start_field, end = source->info->end_field;
    if (start != OMOP_NO_FIELD) {
        TRY(days_collect(source, start, starts, err));
        source->starts = starts;
    }
    if (end == start) {
        source->ends = source->starts;
    } else if (end != OMOP_NO_FIELD && source->columns[end].values.nulls < source->rows) {
        int32_t *ends = workspace_take(writer->workspace, WORKSPACE_ENDS, source->rows, sizeof *ends);
        TRY(ends || no_memory(err));
        TRY(days_collect(source, end, ends, err));
        source->ends = ends;
    }
    return true;
}

static bool table_write_with(struct segment_writer *writer, struct layout_table *table, struct error *err)
{
    struct table_source *source = &writer->source;
    struct row_order order;
    TRY(order_rows(writer->builder, source->table, writer->ordinals, writer->persons, writer->workspace, &order, err));
    source->order = &order;
    source->room = order.places ? workspace_take(writer->workspace, WORKSPACE_WORDS, source->rows, sizeof(uint64_t)) : NULL;
    uint32_t *persons = workspace_take(writer->workspace, WORKSPACE_SPARE, source->rows, sizeof(uint64_t));
    TRY(persons || no_memory(err));
    source->persons = persons;
    if (writer->builder->scope == OMOP_PERSON) {
        TRY(person_rows_write(writer, persons, &table->person_rows, err));
        TRY(days_write(writer, (int32_t *)persons + source->rows, err));
    } else {
        memset(persons, 0, source->rows * sizeof *persons);
    }
    return columns_write(writer, table, err);
}

static bool table_write(struct segment_writer *writer, int table, struct layout_table *out_table, struct error *err)
{
    writer->source = (struct table_source){
        .table = table,
        .info = omop_table(table),
        .columns = writer->builder->tables[table].columns,
        .rows = (size_t)writer->builder->tables[table].rows,
        .flat.field = OMOP_NO_FIELD,
        .other.field = OMOP_NO_FIELD,
    };
    (void)text_copy(out_table->name, sizeof out_table->name, text_of(writer->source.info->name));
    out_table->rows = writer->source.rows;
    const bool done = table_write_with(writer, out_table, err);
    table_source_finish(&writer->source);
    return done;
}

/* ---- the whole ---- */
static bool segment_write(struct segment_writer *writer, struct segment_layout *layout, struct segment_summary *summary, struct error *err)
{
    const struct segment_builder *builder = writer->builder;
    layout->scope = builder->scope;
    if (builder->scope == OMOP_PERSON) {
        TRY(persons_write(writer, layout, err));
    }
    layout->tables = ARENA_ARRAY(writer->memory, struct layout_table, OMOP_TABLE_COUNT);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        summary->table_rows[table] = builder->tables[table].rows;
        if (builder->tables[table].rows) {
            TRY(table_write(writer, table, &layout->tables[layout->table_count++], err));
        }
    }
    summary->scope = builder->scope;
    summary->persons = layout->persons;
    summary->first_person = layout->first_person;
    summary->last_person = layout->last_person;
    struct page_span span;
    TRY(page_writer_flush(&writer->pages, err)); /* the directory has a block of its own, the last */
    buffer_clear(&writer->part);
    TRY(segment_layout_write(&writer->part, layout, err));
    TRY(page_writer_put(&writer->pages, writer->part.data, writer->part.length, &span, err));
    return page_writer_flush(&writer->pages, err);
}

bool segment_encode(struct sealed_writer *out, const struct segment_builder *builder, struct segment_summary *out_summary,
                    struct error *err)
{
    CLEANUP(arena) struct arena *memory = arena_create();
    CLEANUP(compressor) struct compressor *compressor = compressor_create();
    CLEANUP(segment_workspace) struct segment_workspace *own = builder->workspace ? NULL : segment_workspace_create();
    struct segment_layout layout = {0};
    struct segment_summary summary = {0};
    struct segment_writer writer = {
        .builder = builder,
        .compressor = compressor,
        .workspace = own ? own : builder->workspace,
        .part.maximum = PART_BYTES_MAX,
        .memory = memory,
        .ordinals = arena_allocate_raw(memory, builder_person_codes(builder) + 1, sizeof(uint32_t)),
    };
    page_writer_init(&writer.pages, out);
    const bool done = segment_write(&writer, &layout, &summary, err);
    page_writer_finish(&writer.pages);
    buffer_finish(&writer.part);
    if (done) {
        *out_summary = summary;
    }
    return done;
}
