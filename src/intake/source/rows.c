/* SPDX-License-Identifier: EUPL-1.2 */
/* Records of a delimited file become typed columns. The person is read first: a record of somebody else costs nothing more. */
#include "intake/source/rows.h"
#include "intake/source/convert.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_FIRST = 4096, ROWS_MAX = 1 << 26, HEAP_CHUNK = 1 << 16 };

struct row_column {
    void *values; /* int64, double, int32 or struct text */
    uint64_t *valid;
    size_t nulls;
    bool wanted;
};
struct rows {
    const struct column_map *map;
    const struct source_scan *scan;
    const struct omop_table_info *info;
    size_t count, capacity;
    uint64_t records;
    struct row_column columns[FINDING_FIELDS_MAX];
    struct source_column out[FINDING_FIELDS_MAX];
    uint64_t *lines;
    struct arena *texts;
    char *heap; /* what is left of the last chunk of `texts` */
    size_t heap_left;
    struct finding_batch findings;
};

struct rows *rows_create(void)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        abort(); /* as an arena */
    }
    rows->texts = arena_create();
    return rows;
}

static void columns_free(struct rows *rows)
{
    for (int field = 0; field < FINDING_FIELDS_MAX; field++) {
        free(rows->columns[field].values);
        free(rows->columns[field].valid);
        rows->columns[field] = (struct row_column){0};
    }
    free(rows->lines);
    rows->lines = NULL;
    rows->capacity = 0;
}

void rows_destroy(struct rows *rows)
{
    if (rows) {
        columns_free(rows);
        arena_destroy(rows->texts);
        finding_batch_finish(&rows->findings);
        free(rows);
    }
}

void rows_begin(struct rows *rows, const struct column_map *map, uint32_t file, const struct source_scan *scan)
{
    const struct omop_table_info *info = omop_table(map->table);
    if (rows->map != map) { /* other columns, or other types */
        columns_free(rows);
    }
    rows->info = info;
    rows->map = map;
    rows->scan = scan;
    rows->count = 0;
    rows->records = 0;
    for (int field = 0; field < info->field_count; field++) {
        rows->columns[field].wanted = map->column_of[field] >= 0 && (!scan->fields || (scan->fields >> field & 1));
        rows->columns[field].nulls = 0;
    }
    arena_reset(rows->texts);
    rows->heap_left = 0;
    rows->findings.table = map->table;
    rows->findings.file = file;
}

static size_t value_size(enum omop_type type)
{
    return type == OMOP_TEXT ? sizeof(struct text) : type == OMOP_DATE ? sizeof(int32_t) : sizeof(int64_t);
}

static bool grow_array(void **array, size_t bytes, struct error *err)
{
    void *larger = realloc(*array, bytes);
    if (!larger) {
        return FAIL(err, LIMIT, "the system has no memory for %zu bytes of rows", bytes);
    }
    *array = larger;
    return true;
}

static bool grow(struct rows *rows, struct error *err)
{
    const size_t capacity = rows->capacity ? rows->capacity * 2 : ROWS_FIRST;
    if (capacity > ROWS_MAX) {
        return FAIL(err, LIMIT, "one piece of a file has more than %d rows", ROWS_MAX);
    }
    void *lines = rows->lines;
    TRY(grow_array(&lines, capacity * sizeof *rows->lines, err));
    rows->lines = lines;
    for (int field = 0; field < rows->info->field_count; field++) {
        struct row_column *column = &rows->columns[field];
        void *valid = column->valid;
        if (rows->map->column_of[field] < 0) {
            continue;
        }
        TRY(grow_array(&column->values, capacity * value_size(rows->info->fields[field].type), err));
        TRY(grow_array(&valid, capacity / 8, err));
        column->valid = valid;
    }
    rows->capacity = capacity;
    return true;
}

static struct text text_keep(struct rows *rows, struct text text)
{
    if (text.length > HEAP_CHUNK / 4) {
        return arena_text_keep(rows->texts, text);
    }
    if (text.length > rows->heap_left) {
        rows->heap = arena_allocate_raw(rows->texts, HEAP_CHUNK, 1);
        rows->heap_left = HEAP_CHUNK;
    }
    char *own = rows->heap;
    memcpy(own, text.data, text.length);
    rows->heap += text.length;
    rows->heap_left -= text.length;
    return (struct text){own, text.length};
}

static bool put_text(struct rows *rows, struct text *to, struct text text, enum finding_kind *out_kind)
{
    *out_kind = text.length > CONVERT_TEXT_MAX ? FINDING_TOO_LONG : FINDING_NOT_UTF8;
    *to = TEXT("");
    if (text.length > CONVERT_TEXT_MAX || !text_is_utf8(text)) {
        return false;
    }
    *to = text.length ? text_keep(rows, text) : *to;
    return true;
}

/* False, with the kind, when the text is no such value. */
static bool put_value(struct rows *rows, int field, struct text text, enum finding_kind *out_kind)
{
    void *values = rows->columns[field].values;
    const size_t at = rows->count;
    switch (rows->info->fields[field].type) {
    case OMOP_INTEGER:
        *out_kind = FINDING_NOT_INTEGER;
        return convert_integer(text, &((int64_t *)values)[at]);
    case OMOP_FLOAT:
        *out_kind = FINDING_NOT_NUMBER;
        return convert_number(text, &((double *)values)[at]);
    case OMOP_DATE:
        *out_kind = FINDING_NOT_DATE;
        return convert_day(text, &((int32_t *)values)[at]);
    case OMOP_DATETIME:
        *out_kind = FINDING_NOT_DATETIME;
        return convert_instant(text, &((int64_t *)values)[at]);
    case OMOP_TEXT:
        return put_text(rows, &((struct text *)values)[at], text, out_kind);
    }
    return false;
}

static void put_null(struct rows *rows, int field)
{
    const size_t size = value_size(rows->info->fields[field].type);
    memset((char *)rows->columns[field].values + rows->count * size, 0, size);
    if (rows->info->fields[field].type == OMOP_TEXT) {
        ((struct text *)rows->columns[field].values)[rows->count] = TEXT("");
    }
}

static void take_field(struct rows *rows, int field, const struct csv_field *from, uint64_t line)
{
    struct row_column *column = &rows->columns[field];
    enum finding_kind kind = FINDING_KIND_COUNT;
    const bool is_text = rows->info->fields[field].type == OMOP_TEXT;
    bool valid = false;
    if (!from->text.length && !(is_text && from->quoted)) {
        kind = convert_kind_of_null(rows->map->table, field);
    } else {
        valid = put_value(rows, field, from->text, &kind);
        kind = valid ? FINDING_KIND_COUNT : kind;
    }
    if (!valid) {
        put_null(rows, field);
        column->nulls++;
    }
    if (kind != FINDING_KIND_COUNT) {
        finding_note(&rows->findings, kind, field, line);
    }
    uint64_t *word = &column->valid[rows->count / 64];
    *word = (rows->count % 64 ? *word : 0) | (uint64_t)valid << (rows->count % 64);
}

/* Whether the record is of a person in the range. */
static bool is_wanted(const struct rows *rows, const struct csv_record *record)
{
    const int field = rows->info->person_field;
    const int column = field == OMOP_NO_FIELD ? -1 : rows->map->column_of[field];
    int64_t person = 0;
    if (!rows->scan->in_range || column < 0) {
        return true;
    }
    const struct text text = record->fields[column].text;
    if (!text.length || !convert_integer(text, &person)) {
        return rows->scan->with_unplaced;
    }
    return person >= rows->scan->first_person && person <= rows->scan->last_person;
}

bool rows_take(struct rows *rows, const struct csv_record *record, uint64_t line, struct error *err)
{
    rows->records++;
    if (record->count != rows->map->column_count) {
        if (!rows->scan->in_range || rows->scan->with_unplaced) { /* whose record it is cannot be said: it is reported once */
            finding_note(&rows->findings, FINDING_FIELD_COUNT, FINDING_WHOLE, line);
        }
        return true;
    }
    if (!is_wanted(rows, record)) {
        return true;
    }
    if (rows->count == rows->capacity) {
        TRY(grow(rows, err));
    }
    for (int field = 0; field < rows->info->field_count; field++) {
        if (rows->columns[field].wanted) {
            take_field(rows, field, &record->fields[rows->map->column_of[field]], line);
        }
    }
    rows->lines[rows->count++] = line;
    return true;
}

size_t rows_count(const struct rows *rows)
{
    return rows->count;
}

uint64_t rows_records(const struct rows *rows)
{
    return rows->records;
}

struct finding_batch *rows_findings(struct rows *rows)
{
    return &rows->findings;
}

struct source_batch rows_batch(struct rows *rows)
{
    for (int field = 0; field < rows->info->field_count; field++) {
        const struct row_column *column = &rows->columns[field];
        const enum omop_type type = rows->info->fields[field].type;
        struct source_column *out = &rows->out[field];
        *out = (struct source_column){.type = type, .is_all_null = !column->wanted || column->nulls == rows->count};
        if (out->is_all_null) {
            continue;
        }
        out->valid = column->nulls ? column->valid : NULL;
        out->integers = type == OMOP_INTEGER || type == OMOP_DATETIME ? column->values : NULL;
        out->floats = type == OMOP_FLOAT ? column->values : NULL;
        out->days = type == OMOP_DATE ? column->values : NULL;
        out->texts = type == OMOP_TEXT ? column->values : NULL;
    }
    return (struct source_batch){
        .table = rows->map->table, .file = rows->findings.file, .rows = rows->count, .columns = rows->out, .lines = rows->lines};
}
