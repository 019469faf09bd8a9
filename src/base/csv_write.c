/* SPDX-License-Identifier: EUPL-1.2 */
/* csv_write: fields into a buffer, quoted where the reader would otherwise see something else. Lines end with LF. */
#include "base/csv.h"
#include <math.h>
#include <string.h>

static char delimiter_of(const struct csv_writer *writer)
{
    return writer->delimiter ? writer->delimiter : ',';
}

static bool begin_field(struct csv_writer *writer, size_t room, struct error *err)
{
    TRY(buffer_reserve(writer->out, room + 1, err));
    if (writer->line_started) {
        char delimiter = delimiter_of(writer);
        TRY(buffer_append(writer->out, &delimiter, 1, err));
    }
    writer->line_started = true;
    return true;
}

static bool append_plain(struct csv_writer *writer, const char *text, size_t length, struct error *err)
{
    TRY(begin_field(writer, length, err));
    return buffer_append(writer->out, text, length, err);
}

/* Empty text differs from NULL by its quotes. The first bytes of a file tell its encoding (byte order marks, gzip): data must not. */
static bool needs_quotes(const struct csv_writer *writer, struct text text)
{
    if (text.length == 0) {
        return true;
    }
    unsigned char first = (unsigned char)text.data[0];
    bool looks_like_mark = first == 0xef || first == 0xfe || first == 0xff || first == 0x1f;
    for (size_t i = 0; i < text.length; i++) {
        char letter = text.data[i];
        if (letter == delimiter_of(writer) || letter == '"' || letter == '\n' || letter == '\r') {
            return true;
        }
    }
    return looks_like_mark;
}

bool csv_writer_text(struct csv_writer *writer, struct text text, struct error *err)
{
    if (text.length > 0 && memchr(text.data, '\0', text.length)) {
        return FAIL(err, INVALID_INPUT, "a text with a NUL byte cannot be written as CSV");
    }
    if (!needs_quotes(writer, text)) {
        return append_plain(writer, text.data, text.length, err);
    }
    TRY(begin_field(writer, text.length + 2, err));
    TRY(buffer_append(writer->out, "\"", 1, err));
    while (text.length > 0) {
        const char *quote = memchr(text.data, '"', text.length);
        size_t length = quote ? (size_t)(quote - text.data) + 1 : text.length;
        TRY(buffer_append(writer->out, text.data, length, err));
        TRY(buffer_append(writer->out, "\"", quote ? 1 : 0, err));
        text.data += length;
        text.length -= length;
    }
    return buffer_append(writer->out, "\"", 1, err);
}

bool csv_writer_i64(struct csv_writer *writer, int64_t value, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    return append_plain(writer, digits, text_from_i64(value, digits), err);
}

bool csv_writer_double(struct csv_writer *writer, double value, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    if (!isfinite(value)) {
        return FAIL(err, INVALID_INPUT, "a number that is not finite cannot be written as CSV");
    }
    return append_plain(writer, digits, text_from_double(value, digits), err);
}

bool csv_writer_null(struct csv_writer *writer, struct error *err)
{
    return begin_field(writer, 0, err);
}

bool csv_writer_end_record(struct csv_writer *writer, struct error *err)
{
    writer->line_started = false;
    return buffer_append(writer->out, "\n", 1, err);
}
