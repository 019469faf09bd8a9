/* SPDX-License-Identifier: EUPL-1.2 */
/* sheets: see sheets.h. Only the columns that mean something are written; readers take absent columns as nothing. */
#include "intake/synthesise/sheets.h"
#include "base/calendar.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHEET_BYTES_MAX = 1 << 30 };

void sheets_init(struct sheets *sheets, size_t count)
{
    *sheets =
        (struct sheets){.count = count, .buffers = calloc(count, sizeof *sheets->buffers), .rows = calloc(count, sizeof *sheets->rows)};
    assert(sheets->buffers && sheets->rows);
    for (size_t i = 0; i < count; i++) {
        sheets->buffers[i].maximum = SHEET_BYTES_MAX;
    }
}

void sheets_clear(struct sheets *sheets)
{
    for (size_t i = 0; i < sheets->count; i++) {
        buffer_clear(&sheets->buffers[i]);
        sheets->rows[i] = 0;
    }
}

void sheets_finish(struct sheets *sheets)
{
    for (size_t i = 0; i < sheets->count; i++) {
        buffer_finish(&sheets->buffers[i]);
    }
    free(sheets->buffers);
    free(sheets->rows);
    *sheets = (struct sheets){0};
}

bool sheet_row(struct sheets *sheets, size_t sheet, struct error *err, const char *pattern, ...)
{
    struct csv_writer writer = {.out = &sheets->buffers[sheet]};
    char text[DAY_TEXT_SIZE + 32];
    bool is_written = true;
    va_list values;
    va_start(values, pattern);
    for (const char *p = pattern; *p && is_written; p++) {
        if (*p == 'i') {
            is_written = csv_writer_i64(&writer, va_arg(values, int64_t), err);
        } else if (*p == 'd') {
            day_to_text((day){va_arg(values, int32_t)}, text);
            is_written = csv_writer_text(&writer, text_of(text), err);
        } else if (*p == 't') {
            const char *value = va_arg(values, const char *);
            is_written = value && *value ? csv_writer_text(&writer, text_of(value), err) : csv_writer_null(&writer, err);
        } else if (*p == 'n') {
            double value = va_arg(values, double);
            snprintf(text, sizeof text, "%.*f", va_arg(values, int), value);
            is_written = csv_writer_text(&writer, text_of(text), err);
        } else {
            assert(*p == '-');
            is_written = csv_writer_null(&writer, err);
        }
    }
    va_end(values);
    sheets->rows[sheet]++;
    return is_written && csv_writer_end_record(&writer, err);
}
