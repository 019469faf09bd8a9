/* SPDX-License-Identifier: EUPL-1.2 */
/* Delimited files: CSV of any delimiter, with or without gzip, from a directory or a zip. Large plain files are cut into pieces at line
 * ends that lie outside quotes, and the pieces are parsed by all threads (delimited_pieces.c); others are read from front to back. */
#include "intake/source/delimited.h"
#include "base/csv.h"
#include <string.h>

enum { ROWS_OF_A_BATCH = 16384 };

/* A reader and what it reads from. */
struct opened {
    struct archive_stream *stream;
    struct csv_reader *reader;
};
static void opened_close(struct opened *opened)
{
    csv_reader_close(opened->reader);
    archive_stream_close(opened->stream);
}
static inline void opened_value_cleanup(struct opened *opened)
{
    opened_close(opened);
}

struct csv_options delimited_options(const struct source *source, const struct source_file *file)
{
    return (struct csv_options){.delimiter = file->delimiter,
                                .without_quotes = file->without_quotes,
                                .record_bytes_max = (size_t)settings_get(&source->settings, SETTING_CSV_RECORD_BYTES_MAX)};
}

static bool open_reader(struct opened *opened, struct source *source, const struct source_file *file, struct error *err)
{
    const struct csv_options options = delimited_options(source, file);
    if (!source->archive) {
        return csv_reader_open(&opened->reader, file->catalogue.path, &options, err);
    }
    TRY(archive_stream_open(&opened->stream, source->archive, file->catalogue.member, err));
    return csv_reader_open_stream(&opened->reader, file->catalogue.name, archive_stream_read, opened->stream, &options, err);
}

/* ---- header ---- */
/* The delimiter that the header has most of, outside quotes. The header was read as one of semicolons, or whatever: only its bytes count.
 */
static char delimiter_of(struct text header)
{
    static const char candidates[] = {',', '\t', ';', '|'};
    size_t counts[sizeof candidates] = {0};
    bool quoted = false;
    for (size_t i = 0; i < header.length; i++) {
        quoted = quoted != (header.data[i] == '"');
        for (size_t c = 0; c < sizeof candidates && !quoted; c++) {
            counts[c] += header.data[i] == candidates[c];
        }
    }
    size_t best = 0;
    for (size_t c = 1; c < sizeof candidates; c++) {
        best = counts[c] > counts[best] ? c : best;
    }
    return candidates[best];
}

/* The header as one text: read with a delimiter that no header has, and without quotes. */
static bool sniff(struct source *source, struct source_file *file, struct error *err)
{
    __attribute__((cleanup(opened_value_cleanup))) struct opened opened = {0};
    struct csv_record record;
    bool more = false;
    file->delimiter = '\x01';
    file->without_quotes = true;
    TRY(open_reader(&opened, source, file, err));
    TRY(csv_reader_next(opened.reader, &record, &more, err));
    const struct text header = more ? record.fields[0].text : TEXT("");
    file->delimiter = delimiter_of(header);
    /* Athena's files are tab-delimited and know no quotes; who quotes, quotes the header, too. */
    file->without_quotes = file->delimiter == '\t' && !memchr(header.data, '"', header.length);
    return more || FAIL(err, INVALID_INPUT, "%s has no header line", file->catalogue.name);
}

bool delimited_describe(struct source *source, struct source_file *file, struct source_names *out_names, struct error *err)
{
    __attribute__((cleanup(opened_value_cleanup))) struct opened opened = {0};
    struct csv_record record;
    bool more = false;
    TRY(sniff(source, file, err));
    TRY(open_reader(&opened, source, file, err));
    TRY(csv_reader_next(opened.reader, &record, &more, err));
    if (!more || record.count > COLUMN_MAP_MAX) {
        return FAIL(err, INVALID_INPUT, "%s has more than %d columns", file->catalogue.name, COLUMN_MAP_MAX);
    }
    struct text *names = ARENA_ARRAY(source->arena, struct text, record.count);
    for (size_t i = 0; i < record.count; i++) {
        const struct text name = text_trim(record.fields[i].text);
        names[i] = text_of(arena_text_format(source->arena, "%.*s", (int)name.length, name.data));
    }
    *out_names = (struct source_names){names, record.count};
    TRY(csv_reader_next(opened.reader, &record, &more, err));
    file->is_empty = !more;
    return true;
}

/* ---- rows ---- */
static bool give(struct rows *rows, const struct source_scan *scan, struct error *err)
{
    const struct source_batch batch = rows_batch(rows);
    findings_absorb(scan->findings, rows_findings(rows));
    progress_add(scan->progress, rows_records(rows));
    return scan->take(scan->context, &batch, err);
}

/* Up to one batch; *out_more is false at the end of the file. */
static bool fill(struct rows *rows, struct csv_reader *reader, bool *out_more, struct error *err)
{
    struct csv_record record;
    *out_more = true;
    while (rows_count(rows) < ROWS_OF_A_BATCH && *out_more) {
        TRY(csv_reader_next(reader, &record, out_more, err));
        if (*out_more) {
            TRY(rows_take(rows, &record, record.line, err));
        }
        if (rows_records(rows) % ROWS_OF_A_BATCH == 0) {
            TRY(task_check(err));
        }
    }
    return true;
}

bool delimited_scan_in_order(struct source *source, const struct source_file *file, const struct source_scan *scan, struct error *err)
{
    __attribute__((cleanup(opened_value_cleanup))) struct opened opened = {0};
    CLEANUP(rows) struct rows *rows = rows_create();
    struct csv_record header;
    bool more = false;
    TRY(open_reader(&opened, source, file, err));
    TRY(csv_reader_next(opened.reader, &header, &more, err));
    while (more) {
        rows_begin(rows, &file->map, file->number, scan);
        const bool filled = fill(rows, opened.reader, &more, err);
        TRY(give(rows, scan, filled ? err : NULL) || !filled); /* what stands before a broken place is looked at all the same */
        TRY(filled);
    }
    return true;
}

bool delimited_scan(struct source *source, const struct source_file *file, const struct source_scan *scan, struct error *err)
{
    bool done = false;
    TRY(delimited_scan_in_pieces(source, file, scan, &done, err));
    return done || delimited_scan_in_order(source, file, scan, err);
}

bool delimited_count(struct source *source, const struct source_file *file, uint64_t *out_rows, struct error *err)
{
    __attribute__((cleanup(opened_value_cleanup))) struct opened opened = {0};
    struct csv_record record;
    uint64_t rows = 0;
    bool more = false;
    TRY(open_reader(&opened, source, file, err));
    TRY(csv_reader_next(opened.reader, &record, &more, err));
    while (more) {
        TRY(csv_reader_next(opened.reader, &record, &more, err));
        rows += more;
        if (rows % ROWS_OF_A_BATCH == 0) {
            TRY(task_check(err));
        }
    }
    *out_rows = rows;
    return true;
}
