/* SPDX-License-Identifier: EUPL-1.2 */
/* csv: RFC 4180 reader and writer; the reader also takes gzip (by content, not by name), LF or CRLF, a leading BOM, and another
 * delimiter (Athena uses tabs without quotes). Errors name file, line and field, never the content. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"

struct csv_options {
    char delimiter;          /* 0 means ',' */
    bool without_quotes;     /* Athena: a quote is an ordinary character */
    size_t record_bytes_max; /* 0 means 16 MiB */
};
struct csv_field {
    struct text text; /* valid until the next record */
    bool quoted;      /* "" is empty text, nothing at all is NULL: the caller decides */
};
struct csv_record {
    const struct csv_field *fields;
    size_t count;
    uint64_t line; /* 1-based line where the record begins */
};

struct csv_reader;
MUST_CHECK bool csv_reader_open(struct csv_reader **out_reader, const char *path, const struct csv_options *options, struct error *err);
/* The same over bytes in memory (not copied); `name` stands in errors. */
MUST_CHECK bool csv_reader_open_memory(struct csv_reader **out_reader, const char *name, const void *bytes, size_t length,
                                       const struct csv_options *options, struct error *err);
/* The same over what `read` gives (an entry of a zip): it writes at most room bytes, at least one, or 0 at the end. */
typedef bool (*csv_read_bytes)(void *context, void *out, size_t room, size_t *out_got, struct error *err);
MUST_CHECK bool csv_reader_open_stream(struct csv_reader **out_reader, const char *name, csv_read_bytes read, void *context,
                                       const struct csv_options *options, struct error *err);
/* *out_more is false at the end of the file. Blank lines are skipped. */
MUST_CHECK bool csv_reader_next(struct csv_reader *reader, struct csv_record *out_record, bool *out_more, struct error *err);
/* Of the record that was read last, or where the fault is that csv_reader_next failed with; 0 before. */
uint64_t csv_reader_line(const struct csv_reader *reader);
/* The delimiter of a file: the first of , ; tab | under which its header has two fields; a comma where none is. options as for the reader
 * to come, its delimiter apart. */
MUST_CHECK bool csv_delimiter_find(const char *path, const struct csv_options *options, char *out_delimiter, struct error *err);
void csv_reader_close(struct csv_reader *reader);
DEFINE_CLEANUP(csv_reader, csv_reader_close)

/* Writer: appends to a buffer; quotes where RFC 4180 needs it, CRLF never (LF only). NULL is nothing, empty text is "". A record of one
 * NULL is a blank line, which readers skip: tables of one column need a second one. */
struct csv_writer {
    struct buffer *out;
    char delimiter;
    bool line_started;
};
MUST_CHECK bool csv_writer_text(struct csv_writer *writer, struct text text, struct error *err);
MUST_CHECK bool csv_writer_i64(struct csv_writer *writer, int64_t value, struct error *err);
MUST_CHECK bool csv_writer_double(struct csv_writer *writer, double value, struct error *err); /* shortest text that reads back the same */
MUST_CHECK bool csv_writer_null(struct csv_writer *writer, struct error *err);
MUST_CHECK bool csv_writer_end_record(struct csv_writer *writer, struct error *err);
