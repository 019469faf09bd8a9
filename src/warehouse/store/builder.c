/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_builder: takes batches of typed columns, brings every type to int64, and keeps them narrow (slabs.h). */
#include "warehouse/store/builder.h"
#include "trust/crypto/crypto.h"
#include "warehouse/store/store_internal.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 1024, BLOCK_WORDS = BLOCK_ROWS / 64, DAY_FIRST = -719162, DAY_LAST = 2932896 };
enum { PERSON_SPREAD = 4 }; /* numbers for each person, at most, for a code of its own for each number */

struct segment_builder *segment_builder_create(enum omop_scope scope)
{
    struct segment_builder *builder = calloc(1, sizeof *builder);
    if (!builder) {
        abort(); /* as an arena: nothing can be done without memory for a few pointers */
    }
    builder->scope = scope;
    crypto_random(&builder->seed, sizeof builder->seed);
    integer_dictionary_init(&builder->persons, builder->seed);
    return builder;
}

static void table_finish(struct builder_table *table, int field_count)
{
    for (int field = 0; table->columns && field < field_count; field++) {
        struct builder_column *column = &table->columns[field];
        slab_column_finish(&column->values);
        if (column->texts) {
            text_dictionary_finish(column->texts);
            free(column->texts);
        }
    }
    free(table->columns);
}

void segment_builder_destroy(struct segment_builder *builder)
{
    if (!builder) {
        return;
    }
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        table_finish(&builder->tables[table], omop_table(table)->field_count);
    }
    integer_dictionary_finish(&builder->persons);
    free(builder->seen);
    free(builder);
}

bool segment_builder_expect(struct segment_builder *builder, int64_t first_person, int64_t last_person, uint64_t persons, struct error *err)
{
    const uint64_t span = (uint64_t)last_person - (uint64_t)first_person;
    assert(!builder->persons.keys.count);
    if (span / PERSON_SPREAD >= persons) {
        return true;
    }
    builder->seen = calloc((size_t)span / 64 + 1, sizeof *builder->seen);
    builder->first_person = first_person;
    builder->person_codes = (size_t)span + 1;
    return builder->seen || FAIL(err, LIMIT, "the system has no memory for the persons of a segment");
}

void segment_builder_lend(struct segment_builder *builder, struct segment_workspace *workspace)
{
    builder->workspace = workspace;
}

enum omop_scope segment_builder_scope(const struct segment_builder *builder)
{
    return builder->scope;
}

/* ---- appending ---- */
static bool table_prepare(struct builder_table *table, const struct omop_table_info *info, struct error *err)
{
    if (table->columns) {
        return true;
    }
    table->columns = calloc((size_t)info->field_count, sizeof *table->columns);
    if (!table->columns) {
        return FAIL(err, LIMIT, "the system has no memory for the columns of a segment");
    }
    for (int field = 0; field < info->field_count; field++) {
        slab_column_init(&table->columns[field].values, info->fields[field].type == OMOP_DATETIME);
    }
    return true;
}

/* Up to BLOCK_ROWS values of a vector, selected and brought to int64. */
struct block {
    int64_t values[BLOCK_ROWS];
    uint64_t valid[BLOCK_WORDS];
    size_t count;
    bool has_nulls;
};

/* Where in the vector the i-th selected row is. */
static inline size_t selected(const uint32_t *selection, size_t first, size_t i)
{
    return selection ? selection[first + i] : first + i;
}

static void block_validity(struct block *block, const struct store_vector *vector, const uint32_t *selection, size_t first)
{
    memset(block->valid, 0xFF, sizeof block->valid);
    block->has_nulls = false;
    for (size_t i = 0; vector->valid && i < block->count; i++) {
        if (!store_vector_is_valid(vector, selected(selection, first, i))) {
            block->valid[i / 64] &= ~(UINT64_C(1) << (i % 64));
            block->has_nulls = true;
        }
    }
}

static inline bool block_has(const struct block *block, size_t i)
{
    return block->valid[i / 64] >> (i % 64) & 1;
}

static bool block_days(struct block *block, const int32_t *days, const uint32_t *selection, size_t first, struct error *err)
{
    bool in_range = true;
    for (size_t i = 0; i < block->count; i++) {
        const int32_t value = block_has(block, i) ? days[selected(selection, first, i)] : 0;
        in_range = in_range && value >= DAY_FIRST && value <= DAY_LAST;
        block->values[i] = value;
    }
    return in_range || FAIL(err, INVALID_INPUT, "a date is outside the years 1 to 9999");
}

static bool block_texts(struct block *block, struct builder_column *column, uint64_t seed, const struct text *texts,
                        const uint32_t *selection, size_t first, struct error *err)
{
    if (!column->texts) {
        column->texts = malloc(sizeof *column->texts);
        if (!column->texts) {
            return FAIL(err, LIMIT, "the system has no memory for a dictionary of texts");
        }
        text_dictionary_init(column->texts, seed);
    }
    for (size_t i = 0; i < block->count; i++) {
        if (block_has(block, i)) {
            uint32_t code = 0;
            TRY(text_dictionary_put(column->texts, texts[selected(selection, first, i)], &code, err));
            block->values[i] = code;
        }
    }
    return true;
}

static bool block_persons_of_range(struct block *block, struct segment_builder *builder, const int64_t *ids, const uint32_t *selection,
                                   size_t first, struct error *err)
{
    const uint64_t base = (uint64_t)builder->first_person, limit = builder->person_codes;
    for (size_t i = 0; i < block->count; i++) {
        const uint64_t code = (uint64_t)ids[selected(selection, first, i)] - base;
        if (code >= limit) {
            return FAIL(err, INVALID_ARGUMENT, "a person is outside of the range that was given");
        }
        builder->seen[code / 64] |= UINT64_C(1) << (code % 64);
        block->values[i] = (int64_t)code;
    }
    return true;
}

static bool block_persons(struct block *block, struct segment_builder *builder, const int64_t *ids, const uint32_t *selection, size_t first,
                          struct error *err)
{
    struct integer_dictionary *persons = &builder->persons;
    if (block->has_nulls) {
        return FAIL(err, INVALID_INPUT, "a row has no person");
    }
    if (builder->seen) {
        return block_persons_of_range(block, builder, ids, selection, first, err);
    }
    for (size_t i = 0; i < block->count; i++) {
        uint32_t code = 0;
        TRY(integer_dictionary_put(persons, ids[selected(selection, first, i)], &code, err));
        block->values[i] = code;
    }
    return true;
}

static bool block_fill(struct block *block, struct segment_builder *builder, struct builder_column *column,
                       const struct store_vector *vector, bool is_person, const uint32_t *selection, size_t first, struct error *err)
{
    block_validity(block, vector, selection, first);
    if (is_person) {
        return block_persons(block, builder, vector->integers, selection, first, err);
    }
    switch (vector->type) {
    case OMOP_INTEGER:
    case OMOP_DATETIME:
        for (size_t i = 0; i < block->count; i++) {
            block->values[i] = vector->integers[selected(selection, first, i)];
        }
        return true;
    case OMOP_FLOAT:
        for (size_t i = 0; i < block->count; i++) {
            block->values[i] = bits_of_double(vector->floats[selected(selection, first, i)]);
        }
        return true;
    case OMOP_DATE:
        return block_days(block, vector->days, selection, first, err);
    case OMOP_TEXT:
        return block_texts(block, column, builder->seed, vector->texts, selection, first, err);
    }
    return false;
}

static bool column_append(struct segment_builder *builder, struct builder_column *column, const struct store_vector *vector, bool is_person,
                          const uint32_t *selection, size_t count, struct error *err)
{
    struct block block;
    if (!vector || vector->is_all_null) {
        if (is_person && count) {
            return FAIL(err, INVALID_INPUT, "a row has no person");
        }
        return slab_column_append_nulls(&column->values, count, err);
    }
    for (size_t first = 0; first < count; first += BLOCK_ROWS) {
        block.count = count - first < BLOCK_ROWS ? count - first : BLOCK_ROWS;
        TRY(block_fill(&block, builder, column, vector, is_person, selection, first, err));
        TRY(slab_column_append(&column->values, block.values, block.has_nulls ? block.valid : NULL, block.count, err));
    }
    return true;
}

bool segment_builder_append_begin(struct segment_builder *builder, int table, size_t count, struct error *err)
{
    struct builder_table *rows = &builder->tables[table];
    assert(omop_table(table)->scope == builder->scope);
    if (count > UINT32_MAX - rows->rows) {
        FAIL(err, LIMIT, "%s has more than %" PRIu32 " rows in one segment", omop_table(table)->name, UINT32_MAX);
        return error_hint(err, "lower the persons of a segment");
    }
    return table_prepare(rows, omop_table(table), err);
}

bool segment_builder_append_field(struct segment_builder *builder, int table, int field, const struct store_vector *vector,
                                  const uint32_t *selection, size_t count, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    assert(!vector || vector->is_all_null || vector->type == info->fields[field].type);
    const bool is_person = builder->scope == OMOP_PERSON && field == info->person_field;
    if (!column_append(builder, &builder->tables[table].columns[field], vector, is_person, selection, count, err)) {
        return error_context(err, "field %s of %s", info->fields[field].name, info->name);
    }
    return true;
}

void segment_builder_append_end(struct segment_builder *builder, int table, size_t count)
{
    builder->tables[table].rows += count;
}

bool segment_builder_append(struct segment_builder *builder, int table, const struct store_vector *const *columns,
                            const uint32_t *selection, size_t count, struct error *err)
{
    TRY(segment_builder_append_begin(builder, table, count, err));
    for (int field = 0; field < omop_table(table)->field_count; field++) {
        TRY(segment_builder_append_field(builder, table, field, columns[field], selection, count, err));
    }
    segment_builder_append_end(builder, table, count);
    return true;
}

/* ---- looking ---- */
uint64_t segment_builder_bytes(const struct segment_builder *builder)
{
    uint64_t bytes = sizeof *builder + integer_dictionary_bytes(&builder->persons) + (builder->seen ? builder->person_codes / 8 : 0);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct builder_column *columns = builder->tables[table].columns;
        for (int field = 0; columns && field < omop_table(table)->field_count; field++) {
            bytes += sizeof columns[field] + columns[field].values.bytes;
            bytes += columns[field].texts ? text_dictionary_bytes(columns[field].texts) : 0;
        }
    }
    return bytes;
}

uint64_t segment_builder_rows(const struct segment_builder *builder, int table)
{
    return builder->tables[table].rows;
}

/* Brings the int64 values to the type of the field; absent texts are empty. */
static void vector_convert(const struct segment_builder *builder, const struct builder_column *column, bool is_person, int64_t *values,
                           struct arena *scratch, struct store_vector *vector)
{
    const size_t count = vector->count;
    vector->integers = vector->type == OMOP_INTEGER || vector->type == OMOP_DATETIME ? values : NULL;
    for (size_t i = 0; is_person && i < count; i++) {
        values[i] = builder_person(builder, (size_t)values[i]);
    }
    if (vector->type == OMOP_FLOAT) {
        double *floats = arena_allocate_raw(scratch, count + 1, sizeof *floats);
        memcpy(floats, values, count * sizeof *floats);
        vector->floats = floats;
    } else if (vector->type == OMOP_DATE) {
        int32_t *days = arena_allocate_raw(scratch, count + 1, sizeof *days);
        for (size_t i = 0; i < count; i++) {
            days[i] = (int32_t)values[i];
        }
        vector->days = days;
    } else if (vector->type == OMOP_TEXT) {
        struct text *texts = ARENA_ARRAY(scratch, struct text, count + 1);
        for (size_t i = 0; i < count; i++) {
            texts[i] = store_vector_is_valid(vector, i) ? text_dictionary_text(column->texts, (uint32_t)values[i]) : TEXT("");
        }
        vector->texts = texts;
    }
}

bool segment_builder_vector(const struct segment_builder *builder, int table, int field, struct arena *scratch,
                            struct store_vector *out_vector, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    const struct builder_table *rows = &builder->tables[table];
    struct store_vector vector = {.type = info->fields[field].type, .count = (size_t)rows->rows};
    if (rows->rows > SIZE_MAX / sizeof(struct text)) {
        return FAIL(err, LIMIT, "%s has too many rows for one vector", info->name);
    }
    if (!rows->columns || rows->columns[field].values.nulls == rows->rows) {
        vector.is_all_null = true;
        *out_vector = vector;
        return true;
    }
    int64_t *values = arena_allocate_raw(scratch, vector.count + 1, sizeof *values);
    uint64_t *valid = arena_allocate_raw(scratch, vector.count / 64 + 1, sizeof *valid);
    const size_t absent = slab_column_read(&rows->columns[field].values, NULL, 0, vector.count, values, valid);
    vector.valid = absent ? valid : NULL;
    vector_convert(builder, &rows->columns[field], builder->scope == OMOP_PERSON && field == info->person_field, values, scratch, &vector);
    *out_vector = vector;
    return true;
}
