/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: the rows of one file, by the names of its columns. The delimiter is found in the header; the order of the columns is the file's
 * own. */
#include "intake/snds/snds_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct listed_column {
    enum snds_table table;
    const char *name, *alias;
    bool is_demanded;
};
#define COLUMN(table, name, alias, demanded) {SNDS_##table, name, alias, demanded},
static const struct listed_column listed_columns[] = {SNDS_COLUMNS(COLUMN)};
enum { LISTED = sizeof listed_columns / sizeof listed_columns[0], CHECK_EVERY = 4096 };

static const struct listed_column *columns_of(enum snds_table table, size_t *out_count)
{
    const struct listed_column *first = NULL;
    *out_count = 0;
    for (size_t i = 0; i < LISTED; i++) {
        if (listed_columns[i].table == table) {
            first = first ? first : &listed_columns[i];
            ++*out_count;
        }
    }
    return first;
}

/* ---- header ---- */

static bool header_has(const struct csv_record *header, const char *name, uint16_t *out_at)
{
    for (size_t i = 0; i < header->count && name[0]; i++) {
        if (text_equal_fold(text_trim(header->fields[i].text), text_of(name))) {
            *out_at = (uint16_t)i;
            return true;
        }
    }
    return false;
}

static void match(struct rows *rows, const struct csv_record *header)
{
    size_t count = 0;
    const struct listed_column *columns = columns_of(rows->file->table, &count);
    for (size_t i = 0; i < count; i++) {
        rows->at[i] = ROWS_ABSENT;
        bool is_there = header_has(header, columns[i].name, &rows->at[i]) || header_has(header, columns[i].alias, &rows->at[i]);
        if (!is_there && columns[i].is_demanded) {
            run_fault(rows->run, rows->file->name, 1, columns[i].name, "this column is not in the header");
            rows->is_unusable = true;
        }
    }
    rows->width = header->count;
}

static bool header_read(struct rows *rows, struct csv_record *out_header, bool *out_more, struct error *err)
{
    struct csv_options options = {.record_bytes_max = (size_t)settings_get(&rows->run->settings, SETTING_CSV_RECORD_BYTES_MAX)};
    TRY(csv_delimiter_find(rows->file->path, &options, &options.delimiter, err));
    TRY(csv_reader_open(&rows->csv, rows->file->path, &options, err));
    return csv_reader_next(rows->csv, out_header, out_more, err);
}

/* CSV that cannot be read is a finding of the export, like a column that is not there; the first one ends the file. */
static bool broken(struct rows *rows, struct error *err)
{
    if (err->code == ERROR_INVALID_INPUT || err->code == ERROR_CORRUPT || err->code == ERROR_LIMIT) {
        run_fault(rows->run, rows->file->name, rows->csv ? csv_reader_line(rows->csv) : 0, "", err->message);
        rows->is_unusable = true;
        return true;
    }
    return false;
}

bool rows_open(struct rows *out_rows, struct run *run, const struct snds_file *file, struct error *err)
{
    *out_rows = (struct rows){.file = file, .run = run};
    struct csv_record header = {0};
    bool more = false;
    if (!header_read(out_rows, &header, &more, err)) {
        return broken(out_rows, err);
    }
    if (more && header.count > 1) {
        match(out_rows, &header);
        return true;
    }
    run_fault(run, file->name, 1, "", more ? "the header has one column" : "the file is empty");
    out_rows->is_unusable = true;
    return true;
}

void rows_close(struct rows *rows)
{
    if (rows->csv) {
        csv_reader_close(rows->csv);
        rows->csv = NULL;
    }
}

bool rows_next(struct rows *rows, bool *out_more, struct error *err)
{
    *out_more = false;
    while (!rows->is_unusable) {
        if (!csv_reader_next(rows->csv, &rows->record, out_more, err)) {
            *out_more = false;
            return broken(rows, err);
        }
        if (!*out_more) {
            return true;
        }
        if (++rows->count % CHECK_EVERY == 0) {
            TRY(task_check(err));
        }
        if (rows->record.count == rows->width) {
            return true;
        }
        rows->count--;
        run_fault(rows->run, rows->file->name, rows->record.line, "", "the row has more or fewer fields than the header");
    }
    return true;
}

/* ---- fields ---- */

bool rows_has(const struct rows *rows, int column)
{
    return rows->at[column] != ROWS_ABSENT;
}

struct text rows_raw(const struct rows *rows, int column)
{
    return rows_has(rows, column) ? text_trim(rows->record.fields[rows->at[column]].text) : TEXT("");
}

struct text rows_plain(const struct rows *rows, int column)
{
    return rows_has(rows, column) ? value_plain(rows->record.fields[rows->at[column]].text) : TEXT("");
}

struct text rows_code(const struct rows *rows, int column)
{
    return rows_has(rows, column) ? value_code(rows->record.fields[rows->at[column]].text) : TEXT("");
}

bool rows_is(const struct rows *rows, int column, const char *code)
{
    return text_equal(rows_code(rows, column), text_of(code));
}

bool rows_integer(const struct rows *rows, int column, int64_t *out_value)
{
    return text_to_i64(rows_code(rows, column), out_value);
}

/* The decimal comma is taken, too. */
bool rows_number(const struct rows *rows, int column, double *out_value)
{
    struct text text = rows_plain(rows, column);
    char copy[40];
    if (text.length == 0 || !text_copy(copy, sizeof copy, text)) {
        return false;
    }
    char *comma = memchr(copy, ',', text.length);
    if (comma) {
        *comma = '.';
    }
    double value = 0;
    if (!text_to_double(text_of(copy), &value) || !isfinite(value) || fabs(value) > 1e9) {
        return false;
    }
    *out_value = value;
    return true;
}

bool rows_day(struct rows *rows, int column, day *out_day)
{
    enum value_day found = value_day(rows_plain(rows, column), out_day);
    if (found == DAY_WRONG) {
        tally_remark(rows->run->tally, snds_table_shown(rows->file->table), "a date that cannot be read");
    }
    return found == DAY_READ;
}

/* ---- whole tables ---- */

static bool each_row(struct run *run, struct snds_file *file, rows_take *take, void *context, struct error *err)
{
    CLEANUP(rows_value) struct rows rows = {0};
    TRY(rows_open(&rows, run, file, err));
    for (;;) {
        bool more = false;
        TRY(rows_next(&rows, &more, err));
        if (!more) {
            progress_add(run->options->progress, file->bytes); /* in the first pass */
            file->bytes = 0;
            return true;
        }
        TRY(take(context, &rows, err));
    }
}

bool rows_each(struct run *run, enum snds_table table, rows_take *take, void *context, struct error *err)
{
    for (size_t i = 0; i < run->files.count; i++) {
        if (run->files.items[i].table == table) {
            TRY(each_row(run, &run->files.items[i], take, context, err));
        }
    }
    return true;
}

/* ---- keys ---- */

void joined_add(struct joined *joined, struct text text)
{
    if (text.length > sizeof joined->bytes - joined->length - 1) { /* longer than any key of the SNDS is */
        text.length = sizeof joined->bytes - joined->length - 1;
    }
    if (text.length > 0) {
        memcpy(joined->bytes + joined->length, text.data, text.length);
    }
    joined->length += text.length;
    joined->bytes[joined->length] = '|';
    joined->length += joined->length < sizeof joined->bytes - 1 ? 1 : 0;
}

void joined_add_number(struct joined *joined, int64_t number)
{
    char bytes[sizeof number]; /* little-endian on every machine: the key gives numbers that stay */
    for (size_t i = 0; i < sizeof number; i++) {
        bytes[i] = (char)((uint64_t)number >> 8 * i & 0xff);
    }
    joined_add(joined, (struct text){bytes, sizeof bytes});
}

int64_t joined_number(const struct joined *joined, const struct run *run, const char *what)
{
    return record_number(run->options->numbers, what, (struct text){joined->bytes, joined->length});
}

uint32_t joined_check(const struct joined *joined)
{
    uint32_t hash = 2166136261u; /* FNV-1a, 32 bits */
    for (size_t i = 0; i < joined->length; i++) {
        hash = (hash ^ (uint8_t)joined->bytes[i]) * 16777619u;
    }
    return hash;
}
