/* SPDX-License-Identifier: EUPL-1.2 */
/* export_csv: one table as one CSV file. */
#include "base/csv.h"
#include "base/file.h"
#include "warehouse/export/export_table.h"
#include <stdio.h>

enum { BUFFER_MAX = 1 << 30, FLUSH_BYTES = 1 << 20 };

struct csv_file {
    struct file_writer *file;
    struct buffer text;
    int fields;
};

static bool flush(struct csv_file *csv, struct error *err)
{
    TRY(file_writer_append(csv->file, csv->text.data, csv->text.length, err));
    buffer_clear(&csv->text);
    return true;
}

static bool write_value(struct csv_writer *writer, const struct store_vector *column, size_t row, struct error *err)
{
    char text[INSTANT_TEXT_SIZE];
    if (!store_vector_is_valid(column, row)) {
        return csv_writer_null(writer, err);
    }
    switch (column->type) {
    case OMOP_INTEGER:
        return csv_writer_i64(writer, column->integers[row], err);
    case OMOP_FLOAT:
        return csv_writer_double(writer, column->floats[row], err);
    case OMOP_DATE:
        day_to_text((day){column->days[row]}, text);
        break;
    case OMOP_DATETIME:
        instant_to_text((instant){column->integers[row]}, text);
        break;
    case OMOP_TEXT:
        return csv_writer_text(writer, column->texts[row], err);
    }
    return csv_writer_text(writer, text_of(text), err);
}

static bool take(void *context, const struct export_batch *batch, struct error *err)
{
    struct csv_file *csv = context;
    struct csv_writer writer = {.out = &csv->text};
    for (size_t row = 0; row < batch->rows; row++) {
        for (int f = 0; f < csv->fields; f++) {
            TRY(write_value(&writer, &batch->columns[f], row, err));
        }
        TRY(csv_writer_end_record(&writer, err));
        TRY(csv->text.length < FLUSH_BYTES || flush(csv, err));
    }
    return true;
}

static bool write_file(struct export_work *work, int table, struct csv_file *csv, struct error *err)
{
    struct csv_writer writer = {.out = &csv->text};
    for (int f = 0; f < csv->fields; f++) {
        TRY(csv_writer_text(&writer, text_of(omop_table(table)->fields[f].name), err));
    }
    TRY(csv_writer_end_record(&writer, err));
    return export_table_scan(work, table, take, csv, err) && flush(csv, err) && file_writer_commit(csv->file, err);
}

bool export_table_csv(struct export_work *work, int table, struct error *err)
{
    const char *path = arena_text_format(work->paths, "%s/%s.csv", work->directory, omop_table(table)->name);
    struct csv_file csv = {.text.maximum = BUFFER_MAX, .fields = omop_table(table)->field_count};
    TRY(file_writer_open(&csv.file, path, 0600, err));
    bool done = write_file(work, table, &csv, err);
    file_writer_close(csv.file);
    buffer_finish(&csv.text);
    return done && export_file_done(work, path, err);
}
