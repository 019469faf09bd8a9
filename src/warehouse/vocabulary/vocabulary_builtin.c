/* SPDX-License-Identifier: EUPL-1.2 */
/* The built-in vocabulary: the CSV files of spec/vocabulary, embedded at build time, read like any CSV and appended to a builder. */
#include "base/csv.h"
#include "warehouse/vocabulary/vocabulary.h"
#include "warehouse/vocabulary/vocabulary_facts.h"
#include <string.h>

enum { FIELDS_MAX = 16, ROWS_MAX = 1 << 14 };

/* Columns of one table while its file is read. */
struct columns {
    int table;
    int field_of[FIELDS_MAX]; /* of each column of the file; OMOP_NO_FIELD: not a field (origin) */
    size_t file_columns;
    struct store_vector vectors[FIELDS_MAX]; /* by field */
    uint64_t *valid[FIELDS_MAX];
    int64_t *integers[FIELDS_MAX];
    int32_t *days[FIELDS_MAX];
    struct text *texts[FIELDS_MAX];
    size_t rows;
};

static bool fail(struct error *err, const struct columns *columns, const char *what)
{
    return FAIL(err, INTERNAL, "the built-in vocabulary is wrong: %s in %s", what, omop_table(columns->table)->name);
}

static bool heading_read(struct columns *columns, const struct csv_record *record, struct arena *scratch, struct error *err)
{
    if (record->count > FIELDS_MAX) {
        return fail(err, columns, "too many columns");
    }
    columns->file_columns = record->count;
    for (size_t i = 0; i < record->count; i++) {
        int field = omop_field_find(columns->table, record->fields[i].text);
        columns->field_of[i] = field;
        if (field == OMOP_NO_FIELD) {
            continue;
        }
        columns->valid[field] = ARENA_ARRAY(scratch, uint64_t, ROWS_MAX / 64);
        columns->integers[field] = ARENA_ARRAY(scratch, int64_t, ROWS_MAX);
        columns->days[field] = ARENA_ARRAY(scratch, int32_t, ROWS_MAX);
        columns->texts[field] = ARENA_ARRAY(scratch, struct text, ROWS_MAX);
    }
    return true;
}

static bool value_read(struct columns *columns, int field, struct text text, struct arena *scratch, struct error *err)
{
    const struct omop_field *info = &omop_table(columns->table)->fields[field];
    size_t row = columns->rows;
    day date = {0};
    bool is_read = true;
    if (text.length == 0) {
        return !info->is_required || info->type == OMOP_TEXT || fail(err, columns, "an empty field");
    }
    columns->valid[field][row / 64] |= UINT64_C(1) << (row % 64);
    if (info->type == OMOP_INTEGER) {
        is_read = text_to_i64(text, &columns->integers[field][row]);
    } else if (info->type == OMOP_DATE) {
        is_read = day_from_text(text, &date);
        columns->days[field][row] = date.number;
    } else if (info->type == OMOP_TEXT) {
        columns->texts[field][row] = arena_text_keep(scratch, text);
    } else {
        is_read = false;
    }
    return is_read || fail(err, columns, info->name);
}

static bool row_read(struct columns *columns, const struct csv_record *record, struct arena *scratch, struct error *err)
{
    if (record->count != columns->file_columns || columns->rows == ROWS_MAX) {
        return fail(err, columns, "a row of another length, or too many rows");
    }
    for (size_t i = 0; i < record->count; i++) {
        if (columns->field_of[i] != OMOP_NO_FIELD) {
            TRY(value_read(columns, columns->field_of[i], record->fields[i].text, scratch, err));
        }
    }
    columns->rows++;
    return true;
}

static bool columns_append(struct columns *columns, struct segment_builder *builder, struct error *err)
{
    const struct omop_table_info *info = omop_table(columns->table);
    const struct store_vector *vectors[FIELDS_MAX] = {NULL};
    for (int field = 0; field < info->field_count; field++) {
        enum omop_type type = info->fields[field].type;
        if (!columns->valid[field]) {
            continue;
        }
        columns->vectors[field] = (struct store_vector){
            .type = type,
            .count = columns->rows,
            .valid = columns->valid[field],
            .integers = type == OMOP_INTEGER ? columns->integers[field] : NULL,
            .days = type == OMOP_DATE ? columns->days[field] : NULL,
            .texts = type == OMOP_TEXT ? columns->texts[field] : NULL,
        };
        vectors[field] = &columns->vectors[field];
    }
    return segment_builder_append(builder, columns->table, vectors, NULL, columns->rows, err);
}

static bool file_append(struct segment_builder *builder, int table, const char *bytes, size_t length, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct columns *columns = ARENA_NEW(scratch, struct columns);
    struct csv_record record;
    bool more = false;
    columns->table = table;
    TRY(csv_reader_open_memory(&reader, omop_table(table)->name, bytes, length, NULL, err));
    TRY(csv_reader_next(reader, &record, &more, err));
    TRY(more ? heading_read(columns, &record, scratch, err) : fail(err, columns, "no heading"));
    for (;;) {
        TRY(csv_reader_next(reader, &record, &more, err));
        if (!more) {
            return columns_append(columns, builder, err);
        }
        TRY(row_read(columns, &record, scratch, err));
    }
}

bool vocabulary_builtin_append(struct segment_builder *builder, struct error *err)
{
    static const struct {
        int table;
        const char *bytes;
        size_t size; /* with the NUL at the end */
    } files[] = {
        {OMOP_TABLE_CONCEPT, concept_csv, sizeof(concept_csv)},
        {OMOP_TABLE_VOCABULARY, vocabulary_csv, sizeof(vocabulary_csv)},
        {OMOP_TABLE_DOMAIN, domain_csv, sizeof(domain_csv)},
        {OMOP_TABLE_CONCEPT_CLASS, concept_class_csv, sizeof(concept_class_csv)},
        {OMOP_TABLE_CONCEPT_RELATIONSHIP, concept_relationship_csv, sizeof(concept_relationship_csv)},
        {OMOP_TABLE_RELATIONSHIP, relationship_csv, sizeof(relationship_csv)},
        {OMOP_TABLE_CONCEPT_ANCESTOR, concept_ancestor_csv, sizeof(concept_ancestor_csv)},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        TRY(file_append(builder, files[i].table, files[i].bytes, files[i].size - 1, err));
    }
    return true;
}
