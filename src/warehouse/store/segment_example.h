/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_example: random tables in memory that are also the truth to compare a segment with. Only for tests and benchmarks. */
#pragma once
#include "warehouse/store/store_internal.h"
#include <stdlib.h>
#include <string.h>

/* A table as plain columns; rows[i] after model_sort is the i-th row in the order that a segment must have. */
struct model {
    int table;
    size_t rows;
    struct arena *memory;
    struct store_vector *columns;
    uint64_t **valid;
    uint32_t *order;
};

static uint64_t example_state = 1;
static inline uint64_t example_random(void)
{
    example_state = example_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t mixed = (example_state ^ (example_state >> 31)) * UINT64_C(0x9E3779B97F4A7C15);
    return mixed ^ (mixed >> 29);
}
static inline uint64_t example_below(uint64_t limit)
{
    return example_random() % limit;
}

/* How a column is filled; drawn for each column of each table. */
enum example_shape { SHAPE_CONSTANT, SHAPE_FEW, SHAPE_SEQUENCE, SHAPE_WIDE, SHAPE_EXTREME, SHAPE_COUNT };

static inline int64_t example_integer(enum example_shape shape, size_t row)
{
    static const int64_t extremes[] = {INT64_MIN, INT64_MAX, 0, -1, 1};
    switch (shape) {
    case SHAPE_CONSTANT:
        return 32817;
    case SHAPE_FEW: { /* a few values often, many seldom, as concepts are */
        uint64_t a = example_below(1000), b = example_below(1 + a);
        return a < 300 ? 0 : (int64_t)(4000000 + b * 7);
    }
    case SHAPE_SEQUENCE:
        return (int64_t)row + 1000000;
    case SHAPE_WIDE:
        return (int64_t)example_below(UINT64_C(1) << 40);
    case SHAPE_EXTREME:
    case SHAPE_COUNT:
        break;
    }
    return extremes[example_below(5)];
}

static inline double example_float(enum example_shape shape)
{
    static const double extremes[] = {-0.0, 0.0, 1e300, -1e-300, 0.1, 1.0 / 3, 4503599627370497.0};
    switch (shape) {
    case SHAPE_CONSTANT:
        return 36.6;
    case SHAPE_FEW:
        return (double)example_below(400) / 10;
    case SHAPE_SEQUENCE:
        return (double)(int64_t)example_below(1000000) / 1000 - 300;
    case SHAPE_WIDE:
        return (double)(int64_t)example_random() / 3;
    case SHAPE_EXTREME:
    case SHAPE_COUNT:
        break;
    }
    return extremes[example_below(7)];
}

static inline struct text example_text(enum example_shape shape, size_t row, struct arena *memory)
{
    static const char *const words[] = {"", "m", "C92.1", "Hôpital Sainte-Marguerite", "leucémie myéloïde chronique, BCR::ABL1-positive"};
    if (shape == SHAPE_CONSTANT) {
        return TEXT("EHR");
    }
    if (shape == SHAPE_FEW) {
        return text_of(words[example_below(5)]);
    }
    if (shape == SHAPE_EXTREME && example_below(200) == 0) {
        size_t length = 1 + example_below(200000);
        char *data = arena_allocate_raw(memory, length, 1);
        memset(data, 'a' + (int)example_below(26), length);
        return (struct text){data, length};
    }
    return text_of(arena_text_format(memory, "%zu-%llx", row, (unsigned long long)example_below(1 << 20)));
}

static inline int32_t example_date(enum example_shape shape)
{
    static const int32_t extremes[] = {-719162, 2932896, 0, -1, 19000};
    return shape == SHAPE_EXTREME ? extremes[example_below(5)] : (int32_t)(14610 + example_below(shape == SHAPE_CONSTANT ? 1 : 5000));
}

static inline bool example_starts_with_date(const struct omop_field *field)
{
    size_t length = strlen(field->name);
    return field->type == OMOP_DATETIME && length > 8 && strcmp(field->name + length - 8, "datetime") == 0;
}

/* Fills one column; datetimes mostly follow the date before them. persons: how many there are in all; 0 outside scope PERSON. */
static inline void model_fill(struct model *model, int field, uint64_t persons)
{
    const struct omop_table_info *info = omop_table(model->table);
    enum omop_type type = info->fields[field].type;
    enum example_shape shape = (enum example_shape)example_below(SHAPE_COUNT);
    uint64_t null_share = example_below(3) == 0 ? example_below(100) : 0; /* in percent */
    struct arena *memory = model->memory;
    size_t rows = model->rows;
    int64_t *integers = ARENA_ARRAY(memory, int64_t, rows + 1);
    double *floats = ARENA_ARRAY(memory, double, rows + 1);
    int32_t *days = ARENA_ARRAY(memory, int32_t, rows + 1);
    struct text *texts = ARENA_ARRAY(memory, struct text, rows + 1);
    uint64_t *valid = ARENA_ARRAY(memory, uint64_t, rows / 64 + 1);
    bool is_person = persons && field == info->person_field;
    if (info->fields[field].is_concept && shape > SHAPE_FEW) {
        shape = example_below(8) ? SHAPE_FEW : SHAPE_EXTREME;
    }
    bool follows = example_starts_with_date(&info->fields[field]) && field > 0 && model->columns[field - 1].days && example_below(4);
    for (size_t i = 0; i < rows; i++) {
        texts[i] = TEXT("");
        if (!is_person && example_below(100) < null_share) {
            continue;
        }
        valid[i / 64] |= UINT64_C(1) << (i % 64);
        integers[i] = is_person ? (int64_t)(example_below(persons) * UINT64_C(0x9E3779B97F4A7C15)) : example_integer(shape, i);
        if (follows) {
            integers[i] = model->columns[field - 1].days[i] * INT64_C(86400000000);
            integers[i] += shape == SHAPE_WIDE ? (int64_t)example_below(86400) * 1000000 : 0;
        }
        floats[i] = type == OMOP_FLOAT ? example_float(shape) : 0;
        days[i] = type == OMOP_DATE ? example_date(shape) : 0;
        texts[i] = type == OMOP_TEXT ? example_text(shape, i, memory) : TEXT("");
    }
    struct store_vector *vector = &model->columns[field];
    *vector = (struct store_vector){.type = type, .count = rows, .valid = valid};
    vector->integers = type == OMOP_INTEGER || type == OMOP_DATETIME ? integers : NULL;
    vector->floats = type == OMOP_FLOAT ? floats : NULL;
    vector->days = type == OMOP_DATE ? days : NULL;
    vector->texts = type == OMOP_TEXT ? texts : NULL;
    vector->is_all_null = !is_person && example_below(6) == 0;
    if (vector->is_all_null) {
        memset(valid, 0, (rows / 64 + 1) * sizeof *valid);
    }
}

static inline void model_make(struct model *model, struct arena *memory, int table, size_t rows, uint64_t persons)
{
    *model = (struct model){.table = table, .rows = rows, .memory = memory};
    model->columns = ARENA_ARRAY(memory, struct store_vector, (size_t)omop_table(table)->field_count);
    for (int field = 0; field < omop_table(table)->field_count; field++) {
        model_fill(model, field, persons);
    }
}

/* Appends in several batches, one of them by a selection. */
MUST_CHECK static inline __attribute__((unused)) bool model_append(const struct model *model, struct segment_builder *builder,
                                                                   struct error *err)
{
    const struct store_vector *columns[64] = {NULL};
    uint32_t *selection = ARENA_ARRAY(model->memory, uint32_t, model->rows + 1);
    for (int field = 0; field < omop_table(model->table)->field_count; field++) {
        columns[field] = &model->columns[field];
    }
    size_t part = model->rows / 3;
    TRY(segment_builder_append(builder, model->table, columns, NULL, part, err));
    for (size_t i = part; i < model->rows; i++) {
        selection[i - part] = (uint32_t)i;
    }
    return segment_builder_append(builder, model->table, columns, selection, model->rows - part, err);
}

/* ---- the order that a segment must have ---- */
static const struct model *model_sorted;
static inline int model_compare_field(int field, uint32_t a, uint32_t b)
{
    if (field == OMOP_NO_FIELD) {
        return 0;
    }
    const struct store_vector *vector = &model_sorted->columns[field];
    bool has_a = store_vector_is_valid(vector, a), has_b = store_vector_is_valid(vector, b);
    if (!has_a || !has_b) {
        return has_b - has_a;
    }
    int64_t left = vector->days ? vector->days[a] : vector->integers[a], right = vector->days ? vector->days[b] : vector->integers[b];
    return (left > right) - (left < right);
}
static inline int model_compare(const void *a, const void *b)
{
    const struct omop_table_info *info = omop_table(model_sorted->table);
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    int order = 0;
    if (info->scope == OMOP_PERSON) {
        order = model_compare_field(info->person_field, left, right);
        order = order ? order : model_compare_field(info->start_field, left, right);
        order = order ? order : model_compare_field(info->id_field, left, right);
    }
    for (int field = 0; info->scope != OMOP_PERSON && field < 3 && !order; field++) {
        if (field >= info->field_count || info->fields[field].type != OMOP_INTEGER) {
            break;
        }
        order = model_compare_field(field, left, right);
    }
    return order ? order : (left > right) - (left < right);
}
static inline void model_sort(struct model *model)
{
    model->order = ARENA_ARRAY(model->memory, uint32_t, model->rows + 1);
    for (size_t i = 0; i < model->rows; i++) {
        model->order[i] = (uint32_t)i;
    }
    model_sorted = model;
    qsort(model->order, model->rows, sizeof *model->order, model_compare);
}
