/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_example: a small store in a directory of its own, made from tables as CSV text or files. Only for tests.
 *   example_begin, example_table or example_table_file for each table, example_open(segments), ..., example_end */
#pragma once
#include "base/csv.h"
#include "base/file.h"
#include "research/evaluate/evaluate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct example_cell {
    bool is_there;
    int64_t integer;
    double number;
    struct text text;
};
DEFINE_ARRAY(example_cells, struct example_cell)
struct example_store {
    char directory[64];
    struct arena *arena;
    struct example_cells cells[OMOP_TABLE_COUNT]; /* field_count for each row */
    struct keyring *keyring;
    struct store *store;
    struct store_reader *reader;
    struct vocabulary *vocabulary;
    struct grant grant;
};

static inline bool example_root(void *context, struct secret **out_root, struct error *err)
{
    (void)context;
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), 0x5A, CRYPTO_KEY_SIZE);
    return true;
}

MUST_CHECK static inline bool example_begin(struct example_store *example, struct error *err)
{
    *example = (struct example_store){.directory = "/tmp/emc2-evaluate-XXXXXX", .arena = arena_create()};
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        example->cells[table].maximum = SIZE_MAX / sizeof(struct example_cell);
    }
    TRY(crypto_start(err));
    return mkdtemp(example->directory) ? true : FAIL_ERRNO(err, example->directory, "no directory for the store");
}

static inline void example_end(struct example_store *example)
{
    struct error err;
    vocabulary_close(example->vocabulary);
    store_reader_close(example->reader);
    store_close(example->store);
    keyring_close(example->keyring);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        example_cells_finish(&example->cells[table]);
    }
    arena_destroy(example->arena);
    if (!directory_remove_all(example->directory, &err)) {
        fprintf(stderr, "%s\n", err.message);
    }
}
DEFINE_CLEANUP(example_store, example_end)

/* ---- tables ---- */
static inline bool example_cell_read(struct example_store *example, enum omop_type type, struct text text, struct example_cell *out)
{
    day date;
    instant moment;
    char *copy = arena_allocate_raw(example->arena, text.length + 1, 1);
    *out = (struct example_cell){.is_there = text.length > 0};
    if (!out->is_there) {
        return true;
    }
    switch (type) {
    case OMOP_INTEGER:
        return text_to_i64(text, &out->integer);
    case OMOP_FLOAT:
        return text_to_double(text, &out->number);
    case OMOP_DATE:
        if (!day_from_text((struct text){text.data, text.length > 10 ? 10 : text.length}, &date)) {
            return false;
        }
        out->integer = date.number;
        return true;
    case OMOP_DATETIME:
        if (!instant_from_text(text, &moment)) {
            return false;
        }
        out->integer = moment.microseconds;
        return true;
    case OMOP_TEXT:
        memcpy(copy, text.data, text.length);
        out->text = (struct text){copy, text.length};
        return true;
    }
    return false;
}

MUST_CHECK static inline bool example_rows(struct example_store *example, int table, struct csv_reader *csv, struct error *err)
{
    const struct omop_table_info *info = omop_table(table);
    struct csv_record record;
    bool more;
    int fields[256];
    TRY(csv_reader_next(csv, &record, &more, err));
    size_t columns = record.count < 256 ? record.count : 256;
    for (size_t i = 0; i < columns; i++) {
        fields[i] = omop_field_find(table, record.fields[i].text);
    }
    for (;;) {
        TRY(csv_reader_next(csv, &record, &more, err));
        if (!more) {
            return true;
        }
        struct example_cell *row = ARENA_ARRAY(example->arena, struct example_cell, (size_t)info->field_count);
        for (size_t i = 0; i < columns && i < record.count; i++) {
            int field = fields[i];
            if (field >= 0 && !example_cell_read(example, info->fields[field].type, record.fields[i].text, &row[field])) {
                return FAIL(err, INVALID_INPUT, "%s, line %d: %s is not readable", info->name, (int)record.line, info->fields[field].name);
            }
        }
        for (int field = 0; field < info->field_count; field++) {
            TRY(example_cells_append(&example->cells[table], row[field], err));
        }
    }
}

MUST_CHECK static inline __attribute__((unused)) bool example_table(struct example_store *example, const char *table, const char *text,
                                                                    struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *csv = NULL;
    TRY(csv_reader_open_memory(&csv, table, text, strlen(text), NULL, err));
    return example_rows(example, omop_table_find(text_of(table)), csv, err);
}

MUST_CHECK static inline __attribute__((unused)) bool example_table_file(struct example_store *example, const char *table, const char *path,
                                                                         struct error *err)
{
    CLEANUP(csv_reader) struct csv_reader *csv = NULL;
    TRY(csv_reader_open(&csv, path, NULL, err));
    return example_rows(example, omop_table_find(text_of(table)), csv, err);
}

/* ---- the store ---- */
static inline struct store_vector *example_vector(struct example_store *example, int table, int field, size_t rows)
{
    const struct omop_table_info *info = omop_table(table);
    const enum omop_type type = info->fields[field].type;
    struct store_vector *vector = ARENA_NEW(example->arena, struct store_vector);
    bool is_integer = type == OMOP_INTEGER || type == OMOP_DATETIME;
    uint64_t *valid = ARENA_ARRAY(example->arena, uint64_t, rows / 64 + 1);
    int64_t *integers = is_integer ? ARENA_ARRAY(example->arena, int64_t, rows + 1) : NULL;
    int32_t *days = type == OMOP_DATE ? ARENA_ARRAY(example->arena, int32_t, rows + 1) : NULL;
    double *floats = type == OMOP_FLOAT ? ARENA_ARRAY(example->arena, double, rows + 1) : NULL;
    struct text *texts = type == OMOP_TEXT ? ARENA_ARRAY(example->arena, struct text, rows + 1) : NULL;
    for (size_t i = 0; i < rows; i++) {
        const struct example_cell *cell = &example->cells[table].items[i * (size_t)info->field_count + (size_t)field];
        valid[i / 64] |= (uint64_t)cell->is_there << (i % 64);
        if (is_integer) {
            integers[i] = cell->integer;
        } else if (days) {
            days[i] = (int32_t)cell->integer;
        } else if (floats) {
            floats[i] = cell->number;
        } else if (texts) {
            texts[i] = cell->is_there ? cell->text : (struct text){"", 0};
        }
    }
    *vector = (struct store_vector){
        .type = type, .count = rows, .valid = valid, .integers = integers, .days = days, .floats = floats, .texts = texts};
    return vector;
}

/* Rows whose person_id leaves `part` when divided by `parts`: segments whose ids lie between each other. */
MUST_CHECK static inline bool example_segment(struct example_store *example, struct store_writer *writer, enum omop_scope scope,
                                              int64_t part, int64_t parts, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(scope);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct omop_table_info *info = omop_table(table);
        size_t rows = example->cells[table].count / (size_t)info->field_count, count = 0;
        if (info->scope != scope || rows == 0) {
            continue;
        }
        const struct store_vector **columns = ARENA_ARRAY(example->arena, const struct store_vector *, (size_t)info->field_count);
        uint32_t *selection = ARENA_ARRAY(example->arena, uint32_t, rows);
        for (int field = 0; field < info->field_count; field++) {
            columns[field] = example_vector(example, table, field, rows);
        }
        for (size_t i = 0; i < rows; i++) {
            selection[count] = (uint32_t)i;
            count += scope != OMOP_PERSON || columns[info->person_field]->integers[i] % parts == part;
        }
        TRY(segment_builder_append(builder, table, columns, selection, count, err));
    }
    if (scope == OMOP_VOCABULARY) {
        TRY(vocabulary_index_write(writer, builder, err));
    }
    return store_writer_add(writer, builder, (uint32_t)part, err);
}

/* Writes the tables as one snapshot and opens it under a grant for `actions`. */
MUST_CHECK static inline __attribute__((unused)) bool example_open(struct example_store *example, int64_t segments, uint32_t actions,
                                                                   struct error *err)
{
    static const struct custody custody = {"example", example_root, NULL, NULL};
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    struct store_options options = {.cache_bytes = 1 << 28};
    struct grant load = {.project = "operator", .purpose = "test", .holder = "operator", .actions = GRANT_LOAD, .tables = UINT64_MAX};
    load.not_before = clock_unix_seconds() - 60;
    load.not_after = load.not_before + 36000;
    example->grant = load;
    example->grant.actions = actions;
    CLEANUP(store_writer) struct store_writer *writer = NULL;
    TRY(store_create(example->directory, store_id, err));
    TRY(keyring_open(&example->keyring, &custody, NULL, store_id, err));
    TRY(keyring_grant_issue(example->keyring, &load, err));
    TRY(keyring_grant_issue(example->keyring, &example->grant, err));
    TRY(store_open(&example->store, example->directory, example->keyring, &options, err));
    TRY(store_writer_open(&writer, example->store, &load, err));
    for (int64_t part = 0; part < segments; part++) {
        TRY(example_segment(example, writer, OMOP_PERSON, part, segments, err));
    }
    TRY(example_segment(example, writer, OMOP_SHARED, 0, 1, err));
    TRY(example_segment(example, writer, OMOP_VOCABULARY, 0, 1, err));
    struct store_snapshot_note note = {.label = "example"};
    uint32_t snapshot;
    TRY(store_writer_commit(writer, &note, &snapshot, err));
    TRY(store_reader_open(&example->reader, example->store, &example->grant, snapshot, err));
    return vocabulary_open(&example->vocabulary, example->reader, err);
}
