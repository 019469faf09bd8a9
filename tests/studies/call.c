/* SPDX-License-Identifier: EUPL-1.2 */
/* call: see call.h. */
#include "call.h"
#include "base/file.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_BYTES_MAX = 1 << 28 };

bool call_read(struct call *call, const char *path, struct error *err)
{
    const struct json *root;
    TRY(json_parse_file(&root, call->arena, path, CALL_BYTES_MAX, err));
    const struct json *package = json_member_text(root, "package"), *function = json_member_text(root, "fun");
    if (!package || !function) {
        return FAIL(err, INVALID_INPUT, "%s is no recorded call", path);
    }
    call->package = package->text.data;
    call->function = function->text.data;
    call->args = json_member(root, "args");
    call->tables = json_member(root, "tables");
    call->input = json_member(root, "input");
    call->result = json_member(root, "result");
    return true;
}

static bool judge(struct call *call, enum verdict verdict, const char *format, va_list list) PRINTF_LIKE(3, 0);
static bool judge(struct call *call, enum verdict verdict, const char *format, va_list list)
{
    if (call->verdict == REPRODUCED) {
        call->verdict = verdict;
        vsnprintf(call->why, sizeof call->why, format, list);
    }
    return true;
}

bool call_differs(struct call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    bool done = judge(call, DIFFERING, format, list);
    va_end(list);
    return done;
}

bool call_skip(struct call *call, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    bool done = judge(call, OUT_OF_SCOPE, format, list);
    va_end(list);
    return done;
}

/* ---- arguments ---- */
const struct json *call_argument(const struct call *call, const char *name)
{
    const struct json *value = json_member(call->args, name);
    return value && value->kind != JSON_NULL ? value : NULL;
}

bool call_flag(const struct call *call, const char *name, bool otherwise)
{
    const struct json *value = call_argument(call, name);
    return value ? value->kind == JSON_TRUE : otherwise;
}

const char *call_text(const struct call *call, const char *name, const char *otherwise)
{
    const struct json *value = call_argument(call, name);
    value = value && value->kind == JSON_ARRAY && value->count == 1 ? &value->items[0] : value;
    return value && value->kind == JSON_STRING ? value->text.data : otherwise;
}

int32_t json_count(const struct json *value)
{
    double number = 0;
    if (value->kind == JSON_STRING) {
        if (strcmp(value->text.data, "Inf") == 0) {
            return STUDY_FOREVER;
        }
        if (strcmp(value->text.data, "-Inf") == 0) {
            return -STUDY_FOREVER;
        }
        return text_to_double(value->text, &number) ? (int32_t)number : STUDY_NO_DAY;
    }
    return value->kind == JSON_NULL ? STUDY_NO_DAY : (int32_t)value->number;
}

int32_t call_number(const struct call *call, const char *name, int32_t otherwise)
{
    const struct json *value = call_argument(call, name);
    value = value && value->kind == JSON_ARRAY && value->count == 1 ? &value->items[0] : value;
    return value ? json_count(value) : otherwise;
}

size_t call_numbers(const struct call *call, const char *name, const int32_t **out_numbers)
{
    const struct json *value = call_argument(call, name);
    size_t count = !value ? 0 : value->kind == JSON_ARRAY ? value->count : 1;
    int32_t *numbers = ARENA_ARRAY(call->arena, int32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        numbers[i] = json_count(value->kind == JSON_ARRAY ? &value->items[i] : value);
    }
    *out_numbers = numbers;
    return count;
}

static struct study_span span_of(const struct json *pair)
{
    int32_t low = json_count(&pair->items[0]), high = json_count(&pair->items[pair->count - 1]);
    return (struct study_span){low == STUDY_NO_DAY ? -STUDY_FOREVER : low, high == STUDY_NO_DAY ? STUDY_FOREVER : high};
}

size_t call_ranges(const struct call *call, const char *name, const struct study_span **out_ranges)
{
    const struct json *value = call_argument(call, name);
    if (!value || value->kind == JSON_OBJECT) {
        const struct json *items = value ? value->items : NULL;
        size_t count = value ? value->count : 0;
        struct study_span *ranges = ARENA_ARRAY(call->arena, struct study_span, count + 1);
        for (size_t i = 0; i < count; i++) {
            ranges[i] = span_of(&items[i]);
        }
        *out_ranges = ranges;
        return count;
    }
    if (value->kind != JSON_ARRAY) {
        struct study_span *one = ARENA_NEW(call->arena, struct study_span);
        one->first = one->last = json_count(value);
        *out_ranges = one;
        return 1;
    }
    bool is_list = value->count > 0 && value->items[0].kind == JSON_ARRAY;
    size_t count = is_list ? value->count : 1;
    struct study_span *ranges = ARENA_ARRAY(call->arena, struct study_span, count + 1);
    for (size_t i = 0; i < count; i++) {
        ranges[i] = span_of(is_list ? &value->items[i] : value);
    }
    *out_ranges = ranges;
    return count;
}

struct study_span call_range(const struct call *call, const char *name, struct study_span otherwise)
{
    const struct study_span *ranges;
    return call_ranges(call, name, &ranges) ? ranges[0] : otherwise;
}

struct study_span call_dates(const struct call *call, const char *name)
{
    const struct json *value = call_argument(call, name);
    struct study_span span = {STUDY_NO_DAY, STUDY_FOREVER};
    day date;
    for (size_t i = 0; value && value->kind == JSON_ARRAY && i < value->count && i < 2; i++) {
        if (value->items[i].kind == JSON_STRING && day_from_text(value->items[i].text, &date)) {
            *(i == 0 ? &span.first : &span.last) = date.number;
        }
    }
    return span;
}

size_t call_words(const struct call *call, const char *name, const char *const **out_words)
{
    const struct json *value = call_argument(call, name);
    size_t count = !value ? 0 : value->kind == JSON_ARRAY ? value->count : 1, kept = 0;
    const char **words = ARENA_ARRAY(call->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct json *item = value->kind == JSON_ARRAY ? &value->items[i] : value;
        if (item->kind == JSON_STRING) {
            words[kept++] = item->text.data;
        }
    }
    *out_words = words;
    return kept;
}

/* ---- tables ---- */
static struct table as_table(const struct json *columns)
{
    struct table table = {columns && columns->kind == JSON_OBJECT ? columns : NULL, 0};
    for (size_t i = 0; table.columns && i < columns->count; i++) {
        if (columns->items[i].kind == JSON_ARRAY && columns->items[i].count > table.rows) {
            table.rows = columns->items[i].count;
        }
    }
    return table;
}

struct table call_table(const struct call *call, const char *name)
{
    return as_table(json_member(call->tables, name));
}

/* The table's name in a text such as "<cdm table cohort1>". */
static const char *referred(const struct call *call, const char *argument)
{
    static const char head[] = "<cdm table ";
    const char *text = call_text(call, argument, NULL);
    if (!text || strncmp(text, head, sizeof head - 1) != 0) {
        return text;
    }
    return arena_text_format(call->arena, "%.*s", (int)(strlen(text) - sizeof head), text + sizeof head - 1);
}

struct table call_cohort(const struct call *call, const char *argument, const char *fallback)
{
    const char *text = call_text(call, argument, NULL);
    bool is_input = text && text[0] == '<' && call->input && call->input->kind == JSON_OBJECT;
    if (is_input) {
        return as_table(call->input);
    }
    const char *name = referred(call, argument);
    return call_table(call, name ? name : fallback);
}

struct table call_settings(const struct call *call, const char *argument)
{
    const char *name = referred(call, argument);
    return call_table(call, arena_text_format(call->arena, "%s__settings", name ? name : argument));
}

struct table call_result(const struct call *call, const char *part)
{
    return as_table(json_member(call->result, part));
}

const struct json *table_at(const struct table *table, const char *column, size_t row)
{
    const struct json *values = json_member(table->columns, column);
    const struct json *value = values && values->kind == JSON_ARRAY && row < values->count ? &values->items[row] : NULL;
    return value && value->kind != JSON_NULL ? value : NULL;
}

bool table_has(const struct table *table, const char *column)
{
    return json_member(table->columns, column) != NULL;
}

int64_t table_integer(const struct table *table, const char *column, size_t row, int64_t otherwise)
{
    const struct json *value = table_at(table, column, row);
    double number;
    if (value && value->kind == JSON_STRING) {
        return text_to_double(value->text, &number) ? (int64_t)number : otherwise;
    }
    return value ? value->kind == JSON_INTEGER ? value->integer : (int64_t)value->number : otherwise;
}

int32_t table_day(const struct table *table, const char *column, size_t row)
{
    const struct json *value = table_at(table, column, row);
    day date;
    if (value && value->kind == JSON_STRING && value->text.length >= 10 && day_from_text((struct text){value->text.data, 10}, &date)) {
        return date.number;
    }
    return STUDY_NO_DAY;
}

const char *table_text(const struct call *call, const struct table *table, const char *column, size_t row)
{
    const struct json *value = table_at(table, column, row);
    char number[TEXT_NUMBER_SIZE];
    if (!value || value->kind == JSON_STRING) {
        return value ? value->text.data : NULL;
    }
    if (value->kind == JSON_TRUE || value->kind == JSON_FALSE) {
        return value->kind == JSON_TRUE ? "TRUE" : "FALSE";
    }
    if (value->kind == JSON_INTEGER) {
        text_from_i64(value->integer, number);
    } else {
        text_from_double(value->number, number);
    }
    return arena_text_copy(call->arena, number);
}

/* ---- what methods take ---- */
struct numbered {
    int64_t id;
    int32_t start;
    size_t row;
};

static int compare_numbered(const void *left, const void *right)
{
    const struct numbered *a = left, *b = right;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return a->start != b->start ? (a->start < b->start ? -1 : 1) : (a->row > b->row) - (a->row < b->row);
}

static const struct numbered *ranked(const struct call *call, const struct table *table, const char *start)
{
    struct numbered *rank = ARENA_ARRAY(call->arena, struct numbered, table->rows + 1);
    for (size_t r = 0; r < table->rows; r++) {
        rank[r] = (struct numbered){table_integer(table, "person_id", r, 0), start ? table_day(table, start, r) : 0, r};
    }
    qsort(rank, table->rows, sizeof *rank, compare_numbered);
    return rank;
}

static void read_periods(const struct call *call, struct study_people *people)
{
    struct table table = call_table(call, "observation_period");
    const struct numbered *rank = ranked(call, &table, "observation_period_start_date");
    int32_t *starts = ARENA_ARRAY(call->arena, int32_t, table.rows + 1), *ends = ARENA_ARRAY(call->arena, int32_t, table.rows + 1);
    uint32_t *offsets = ARENA_ARRAY(call->arena, uint32_t, people->count + 1);
    size_t at = 0, kept = 0;
    for (size_t p = 0; p < people->count; p++) {
        offsets[p] = (uint32_t)kept;
        while (at < table.rows && rank[at].id < people->ids[p]) {
            at++;
        }
        for (; at < table.rows && rank[at].id == people->ids[p]; at++) {
            starts[kept] = rank[at].start;
            ends[kept++] = table_day(&table, "observation_period_end_date", rank[at].row);
        }
    }
    offsets[people->count] = (uint32_t)kept;
    people->periods = offsets;
    people->period_starts = starts;
    people->period_ends = ends;
}

bool call_people(const struct call *call, struct study_people *out_people, struct error *err)
{
    struct table table = call_table(call, "person");
    if (!table.columns) {
        return FAIL(err, INVALID_INPUT, "there is no person table");
    }
    const struct numbered *rank = ranked(call, &table, NULL);
    int64_t *ids = ARENA_ARRAY(call->arena, int64_t, table.rows + 1);
    int16_t *years = ARENA_ARRAY(call->arena, int16_t, table.rows + 1);
    int8_t *months = ARENA_ARRAY(call->arena, int8_t, table.rows + 1), *days = ARENA_ARRAY(call->arena, int8_t, table.rows + 1);
    int8_t *sexes = ARENA_ARRAY(call->arena, int8_t, table.rows + 1);
    for (size_t p = 0; p < table.rows; p++) {
        size_t row = rank[p].row;
        int64_t gender = table_integer(&table, "gender_concept_id", row, 0);
        ids[p] = rank[p].id;
        years[p] = (int16_t)table_integer(&table, "year_of_birth", row, 0);
        months[p] = (int8_t)table_integer(&table, "month_of_birth", row, 0);
        days[p] = (int8_t)table_integer(&table, "day_of_birth", row, 0);
        sexes[p] = gender == 8507 ? STUDY_SEX_MALE : gender == 8532 ? STUDY_SEX_FEMALE : STUDY_SEX_NONE;
    }
    *out_people = (struct study_people){
        .count = table.rows, .ids = ids, .birth_years = years, .birth_months = months, .birth_days = days, .sexes = sexes};
    read_periods(call, out_people);
    return true;
}

size_t call_entries(const struct call *call, const struct table *table, int64_t cohort, const struct study_entry **out_entries)
{
    struct study_entry *entries = ARENA_ARRAY(call->arena, struct study_entry, table->rows + 1);
    const char *subject = table_has(table, "subject_id") ? "subject_id" : "person_id";
    size_t count = 0;
    for (size_t r = 0; r < table->rows; r++) {
        struct study_entry entry = {.subject = table_integer(table, subject, r, INT64_MIN),
                                    .cohort = (int32_t)table_integer(table, "cohort_definition_id", r, 0),
                                    .start = table_day(table, "cohort_start_date", r),
                                    .end = table_day(table, "cohort_end_date", r),
                                    .row = (uint32_t)r};
        if (entry.subject != INT64_MIN && entry.start != STUDY_NO_DAY && (cohort == 0 || entry.cohort == cohort)) {
            entry.end = entry.end == STUDY_NO_DAY ? entry.start : entry.end;
            entries[count++] = entry;
        }
    }
    study_entries_sort(entries, count);
    *out_entries = entries;
    return count;
}

const char *call_cohort_name(const struct call *call, const char *table_argument, int64_t id)
{
    struct table settings = call_settings(call, table_argument);
    for (size_t r = 0; r < settings.rows; r++) {
        if (table_integer(&settings, "cohort_definition_id", r, 0) == id) {
            return table_text(call, &settings, "cohort_name", r);
        }
    }
    return NULL;
}

static size_t all_ids(const struct call *call, const struct table *table, int32_t **out_ids)
{
    int32_t *ids = ARENA_ARRAY(call->arena, int32_t, table->rows + 1);
    size_t count = 0;
    for (size_t r = 0; r < table->rows; r++) {
        int32_t id = (int32_t)table_integer(table, "cohort_definition_id", r, 0);
        bool is_new = true;
        for (size_t i = 0; i < count && is_new; i++) {
            is_new = ids[i] != id;
        }
        ids[count] = id;
        count += is_new;
    }
    *out_ids = ids;
    return count;
}

size_t call_cohort_ids(const struct call *call, const char *argument, const char *table_argument, const int32_t **out_ids)
{
    struct table settings = call_settings(call, table_argument), rows = call_cohort(call, table_argument, "");
    const struct json *value = call_argument(call, argument);
    int32_t *ids;
    size_t count = all_ids(call, settings.columns ? &settings : &rows, &ids), kept = 0;
    for (size_t i = 0; value && i < count; i++) {
        const char *name = call_cohort_name(call, table_argument, ids[i]);
        for (size_t v = 0; v < (value->kind == JSON_ARRAY ? value->count : 1); v++) {
            const struct json *item = value->kind == JSON_ARRAY ? &value->items[v] : value;
            if (item->kind == JSON_STRING ? name && strcmp(name, item->text.data) == 0 : json_count(item) == ids[i]) {
                ids[kept++] = ids[i];
                break;
            }
        }
    }
    *out_ids = ids;
    return value ? kept : count;
}
