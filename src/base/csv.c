/* SPDX-License-Identifier: EUPL-1.2 */
/* csv: the reader. Bytes are classified 64 at a time into a mask of those that matter (delimiter, quote, line ends, NUL); the parser
 * jumps from one to the next. A record lies whole in one window, so that fields are views into it; doubled quotes are closed up there. */
#include "base/csv.h"
#include "base/csv_source.h"
#include "base/file_internal.h"
#include <stdlib.h>
#include <string.h>

enum { WINDOW_FIRST = 1 << 18, BLOCK = 64, FIELDS_MAX = 1 << 16, RECORD_BYTES_DEFAULT = 16 << 20 };
static const size_t NOWHERE = SIZE_MAX;

typedef unsigned char lanes __attribute__((vector_size(16)));

DEFINE_ARRAY(csv_fields, struct csv_field)

struct csv_reader {
    struct csv_source *source;
    char delimiter;
    bool without_quotes, ended, failed, begun;
    size_t record_bytes_max;
    uint8_t *window;
    size_t window_size;       /* without the BLOCK bytes behind it */
    size_t begin, end;        /* of the bytes not yet given out */
    size_t scanned, base;     /* up to where the window is classified; where the mask begins */
    uint64_t mask;            /* bytes that matter, not yet visited */
    lanes delimiters, quotes; /* the byte in all lanes */
    uint64_t line;            /* of the next record */
    uint64_t line_shown;      /* of the last record, or of the fault */
    struct csv_fields fields;
};

enum field_state { FIELD_PLAIN, FIELD_QUOTED, FIELD_CLOSED };

/* Where the parser stands inside one record; offsets into the window. */
struct position {
    enum field_state state;
    bool escapes;        /* doubled quotes in this field */
    size_t field;        /* where it begins */
    size_t closed;       /* its closing quote */
    size_t carriage;     /* the carriage return just seen, or NOWHERE */
    uint64_t line;       /* lines passed inside the record */
    uint64_t quote_line; /* the same where the open quote is */
};

/* ---- classification ---- */

static lanes all_lanes(char byte)
{
    lanes out;
    memset(&out, byte, sizeof out);
    return out;
}

static unsigned lanes_to_bits(lanes truth)
{
#ifdef __SSE2__
    typedef char signed_lanes __attribute__((vector_size(16)));
    return (unsigned)__builtin_ia32_pmovmskb128((signed_lanes)truth);
#else
    uint64_t halves[2];
    memcpy(halves, &truth, sizeof halves); /* keeps bit i of byte i of each half and sums the bytes: little-endian machines only */
    unsigned low = (unsigned)((halves[0] & 0x8040201008040201u) * 0x0101010101010101u >> 56);
    unsigned high = (unsigned)((halves[1] & 0x8040201008040201u) * 0x0101010101010101u >> 56);
    return low | high << 8;
#endif
}

static uint64_t classify(const struct csv_reader *reader, const uint8_t *bytes)
{
    const lanes line_feeds = all_lanes('\n'), carriages = all_lanes('\r'), nuls = all_lanes('\0');
    uint64_t mask = 0;
    for (unsigned i = 0; i < BLOCK / sizeof(lanes); i++) {
        lanes at;
        memcpy(&at, bytes + i * sizeof at, sizeof at);
        lanes truth = (lanes)(at == reader->delimiters) | (lanes)(at == reader->quotes) | (lanes)(at == line_feeds) |
                      (lanes)(at == carriages) | (lanes)(at == nuls);
        mask |= (uint64_t)lanes_to_bits(truth) << (16 * i);
    }
    return mask;
}

/* The next byte that matters, or NOWHERE when the window is used up. */
static inline size_t next_byte(struct csv_reader *reader)
{
    while (reader->mask == 0) {
        size_t left = reader->end - reader->scanned;
        if (left == 0) {
            return NOWHERE;
        }
        reader->base = reader->scanned;
        reader->mask = classify(reader, reader->window + reader->scanned);
        if (left < BLOCK) {
            reader->mask &= (UINT64_C(1) << left) - 1;
        }
        reader->scanned += left < BLOCK ? left : BLOCK;
    }
    size_t at = reader->base + (size_t)__builtin_ctzll(reader->mask);
    reader->mask &= reader->mask - 1;
    return at;
}

/* ---- errors ---- */

static const char *leaf_of(const struct csv_reader *reader)
{
    return file_leaf(csv_source_name(reader->source));
}

static bool fail_at(struct csv_reader *reader, uint64_t line, const char *what, const char *hint, struct error *err)
{
    reader->line_shown = reader->line + line;
    FAIL(err, INVALID_INPUT, "%s, line %llu, field %zu: %s", leaf_of(reader), (unsigned long long)reader->line_shown,
         reader->fields.count + 1, what);
    error_detail(err, "%s", csv_source_name(reader->source));
    return error_hint(err, "%s", hint);
}

static bool fail_record_size(struct csv_reader *reader, struct error *err)
{
    reader->line_shown = reader->line;
    FAIL(err, LIMIT, "%s, line %llu: the record is longer than %zu bytes", leaf_of(reader), (unsigned long long)reader->line,
         reader->record_bytes_max);
    error_detail(err, "%s", csv_source_name(reader->source));
    return error_hint(err, "look for a quote that is never closed, or raise csv_record_bytes_max in the settings");
}

/* ---- the window ---- */

/* Moves the record that is being read to the front of the window (perhaps a larger one), and its fields with it. */
static bool make_room(struct csv_reader *reader, struct position *at, struct error *err)
{
    size_t used = reader->end - reader->begin;
    uint8_t *from = reader->window + reader->begin;
    uint8_t *window = reader->window;
    if (used > reader->record_bytes_max) {
        return fail_record_size(reader, err);
    }
    if (used > reader->window_size / 2) {
        window = malloc(reader->window_size * 2 + BLOCK);
        if (!window) {
            return FAIL(err, LIMIT, "the system has no memory for a record of %zu bytes", used);
        }
        reader->window_size *= 2;
        memcpy(window, from, used);
        memset(window + reader->window_size, 0, BLOCK);
    } else {
        memmove(window, from, used);
    }
    for (size_t i = 0; i < reader->fields.count; i++) {
        struct text *text = &reader->fields.items[i].text;
        text->data = (const char *)window + ((const uint8_t *)text->data - from);
    }
    if (window != reader->window) {
        free(reader->window);
        reader->window = window;
    }
    at->field -= reader->begin;
    at->closed -= reader->begin;
    at->carriage -= at->carriage == NOWHERE ? 0 : reader->begin;
    reader->scanned -= reader->begin;
    reader->begin = 0;
    reader->end = used;
    return true;
}

static bool refill(struct csv_reader *reader, struct position *at, struct error *err)
{
    TRY(make_room(reader, at, err));
    size_t got = 0;
    TRY(csv_source_read(reader->source, reader->window + reader->end, reader->window_size - reader->end, &got, err));
    reader->end += got;
    reader->ended = got == 0;
    return true;
}

/* The first bytes: a mark of UTF-8 is skipped, UTF-16 is refused before its NUL bytes are. */
static bool skip_mark(struct csv_reader *reader, struct position *at, struct error *err)
{
    while (reader->end < 3 && !reader->ended) {
        TRY(refill(reader, at, err));
    }
    reader->begun = true;
    const uint8_t *bytes = reader->window;
    if (reader->end >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff))) {
        FAIL(err, INVALID_INPUT, "%s is UTF-16", leaf_of(reader));
        return error_hint(err, "save it as UTF-8");
    }
    if (reader->end >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        reader->begin = reader->scanned = 3;
    }
    return true;
}

/* ---- fields ---- */

static size_t close_up_quotes(uint8_t *bytes, size_t length)
{
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        bytes[out++] = bytes[i];
        i += bytes[i] == '"' ? 1 : 0;
    }
    return out;
}

static bool fail_stray(struct csv_reader *reader, const struct position *at, struct error *err)
{
    return fail_at(reader, at->line, "something stands between a closing quote and the next delimiter",
                   "double the quotes inside a quoted field", err);
}

static bool fail_carriage(struct csv_reader *reader, const struct position *at, struct error *err)
{
    return fail_at(reader, at->line, "a carriage return stands alone, outside quotes", "end lines with LF or CRLF, or quote the field",
                   err);
}

/* The field that ends before `end`, where a delimiter or a line end is. */
static inline bool end_field(struct csv_reader *reader, struct position *at, size_t end, struct error *err)
{
    struct csv_field field = {.quoted = at->state == FIELD_CLOSED};
    size_t begin = at->field;
    if (field.quoted) {
        if (at->closed + 1 != end) {
            return fail_stray(reader, at, err);
        }
        begin++;
        end--;
    }
    size_t length = end - begin;
    if (at->escapes) {
        length = close_up_quotes(reader->window + begin, length);
    }
    field.text = (struct text){(const char *)reader->window + begin, length};
    at->state = FIELD_PLAIN;
    at->escapes = false;
    return csv_fields_append(&reader->fields, field, err);
}

static bool see_quote(struct csv_reader *reader, struct position *at, size_t where, struct error *err)
{
    switch (at->state) {
    case FIELD_PLAIN:
        if (where != at->field) {
            return fail_at(reader, at->line, "a quote stands inside a field that is not quoted",
                           "quote the whole field and double the quotes inside it", err);
        }
        at->state = FIELD_QUOTED;
        at->quote_line = at->line;
        return true;
    case FIELD_QUOTED:
        at->state = FIELD_CLOSED;
        at->closed = where;
        return true;
    case FIELD_CLOSED:
        break;
    }
    if (where != at->closed + 1) {
        return fail_stray(reader, at, err);
    }
    at->state = FIELD_QUOTED;
    at->escapes = true;
    return true;
}

/* RFC 4180 takes CR only before LF. Without quotes (Athena) it is an ordinary character inside a field. */
static bool see_carriage(struct csv_reader *reader, struct position *at, size_t where, struct error *err)
{
    if (at->state == FIELD_QUOTED) {
        return true;
    }
    if (at->carriage != NOWHERE && !reader->without_quotes) {
        return fail_carriage(reader, at, err);
    }
    at->carriage = where;
    return true;
}

/* Ends the last field of the record before a line end at `where`, with the carriage return before it. */
static bool end_record(struct csv_reader *reader, struct position *at, size_t where, struct error *err)
{
    size_t end = where;
    if (at->carriage != NOWHERE) {
        if (at->carriage + 1 == where) {
            end--;
        } else if (!reader->without_quotes) {
            return fail_carriage(reader, at, err);
        }
    }
    TRY(end_field(reader, at, end, err));
    return where - reader->begin <= reader->record_bytes_max || fail_record_size(reader, err);
}

static inline bool see_delimiter(struct csv_reader *reader, struct position *at, size_t where, struct error *err)
{
    struct csv_fields *fields = &reader->fields;
    if (at->state == FIELD_PLAIN && at->carriage == NOWHERE && fields->count < fields->capacity) { /* what nearly all fields are */
        fields->items[fields->count++] = (struct csv_field){.text = {(const char *)reader->window + at->field, where - at->field}};
        at->field = where + 1;
        return true;
    }
    if (at->state == FIELD_QUOTED) {
        return true;
    }
    if (at->carriage != NOWHERE && !reader->without_quotes) {
        return fail_carriage(reader, at, err);
    }
    TRY(end_field(reader, at, where, err));
    at->field = where + 1;
    return true;
}

static bool end_of_file(struct csv_reader *reader, struct position *at, bool *out_more, struct error *err)
{
    *out_more = reader->begin < reader->end;
    if (!*out_more) {
        return true;
    }
    if (at->state == FIELD_QUOTED) {
        return fail_at(reader, at->quote_line, "the quote that opens here is never closed", "close it, or double it if it is data", err);
    }
    TRY(end_record(reader, at, reader->end, err));
    reader->begin = reader->end;
    return true;
}

/* ---- records ---- */

/* Reads up to the end of one line of records (which may be a blank one) or of the file. */
static bool read_record(struct csv_reader *reader, struct position *at, bool *out_more, struct error *err)
{
    for (;;) {
        size_t where = next_byte(reader);
        if (where == NOWHERE) {
            if (reader->ended) {
                return end_of_file(reader, at, out_more, err);
            }
            TRY(refill(reader, at, err));
            continue;
        }
        uint8_t byte = reader->window[where];
        if (byte == (uint8_t)reader->delimiter) {
            TRY(see_delimiter(reader, at, where, err));
        } else if (byte == '\n') {
            if (at->state == FIELD_QUOTED) {
                at->line++;
                continue;
            }
            TRY(end_record(reader, at, where, err));
            reader->begin = where + 1;
            *out_more = true;
            return true;
        } else if (byte == '"') {
            TRY(see_quote(reader, at, where, err));
        } else if (byte == '\r') {
            TRY(see_carriage(reader, at, where, err));
        } else {
            return fail_at(reader, at->line, "there is a NUL byte", "the file is not text, or is damaged", err);
        }
    }
}

static bool next(struct csv_reader *reader, struct csv_record *out_record, bool *out_more, struct error *err)
{
    for (;;) {
        struct position at = {.carriage = NOWHERE};
        reader->fields.count = 0;
        if (!reader->begun) {
            TRY(skip_mark(reader, &at, err));
        }
        at.field = reader->begin;
        bool more = false;
        TRY(read_record(reader, &at, &more, err));
        uint64_t line = reader->line;
        reader->line += at.line + 1;
        const struct csv_field *fields = reader->fields.items;
        if (more && reader->fields.count == 1 && fields[0].text.length == 0 && !fields[0].quoted) {
            continue; /* a blank line */
        }
        if (more) {
            reader->line_shown = line;
            *out_record = (struct csv_record){.fields = fields, .count = reader->fields.count, .line = line};
        }
        *out_more = more;
        return true;
    }
}

bool csv_reader_next(struct csv_reader *reader, struct csv_record *out_record, bool *out_more, struct error *err)
{
    if (reader->failed) {
        return FAIL(err, INVALID_ARGUMENT, "%s cannot be read on after an error", leaf_of(reader));
    }
    reader->failed = !next(reader, out_record, out_more, err);
    return !reader->failed;
}

uint64_t csv_reader_line(const struct csv_reader *reader)
{
    return reader->line_shown;
}

/* Takes the source over, also on failure. */
static bool reader_create(struct csv_reader **out_reader, struct csv_source *taken, const struct csv_options *options, struct error *err)
{
    CLEANUP(csv_source) struct csv_source *source = taken;
    char delimiter = options && options->delimiter ? options->delimiter : ',';
    bool without_quotes = options && options->without_quotes;
    if (delimiter == '\n' || delimiter == '\r' || delimiter == '"') {
        return FAIL(err, INVALID_ARGUMENT, "a line end or a quote cannot be the delimiter");
    }
    struct csv_reader *reader = calloc(1, sizeof *reader);
    uint8_t *window = malloc(WINDOW_FIRST + BLOCK);
    if (!reader || !window) {
        free(reader);
        free(window);
        return FAIL(err, LIMIT, "the system has no memory for another open file");
    }
    memset(window + WINDOW_FIRST, 0, BLOCK);
    reader->source = source;
    reader->window = window;
    reader->window_size = WINDOW_FIRST;
    reader->delimiter = delimiter;
    reader->without_quotes = without_quotes;
    reader->record_bytes_max = options && options->record_bytes_max ? options->record_bytes_max : RECORD_BYTES_DEFAULT;
    reader->line = 1;
    reader->fields.maximum = FIELDS_MAX;
    reader->delimiters = all_lanes(delimiter);
    reader->quotes = all_lanes(without_quotes ? delimiter : '"');
    source = NULL;
    *out_reader = reader;
    return true;
}

bool csv_reader_open(struct csv_reader **out_reader, const char *path, const struct csv_options *options, struct error *err)
{
    struct csv_source *source = NULL;
    TRY(csv_source_open_file(&source, path, err));
    return reader_create(out_reader, source, options, err);
}

bool csv_delimiter_find(const char *path, const struct csv_options *options, char *out_delimiter, struct error *err)
{
    static const char delimiters[] = ",;\t|";
    for (size_t i = 0; i < sizeof delimiters - 1; i++) {
        CLEANUP(csv_reader) struct csv_reader *reader = NULL;
        struct csv_options tried = options ? *options : (struct csv_options){.delimiter = ','};
        struct csv_record header;
        struct error fault;
        bool more = false;
        tried.delimiter = delimiters[i];
        TRY(csv_reader_open(&reader, path, &tried, err));
        if (csv_reader_next(reader, &header, &more, &fault) && more && header.count > 1) {
            *out_delimiter = delimiters[i];
            return true;
        }
    }
    *out_delimiter = ',';
    return true;
}

bool csv_reader_open_memory(struct csv_reader **out_reader, const char *name, const void *bytes, size_t length,
                            const struct csv_options *options, struct error *err)
{
    struct csv_source *source = NULL;
    TRY(csv_source_open_memory(&source, name, bytes, length, err));
    return reader_create(out_reader, source, options, err);
}

bool csv_reader_open_stream(struct csv_reader **out_reader, const char *name, csv_read_bytes read, void *context,
                            const struct csv_options *options, struct error *err)
{
    struct csv_source *source = NULL;
    TRY(csv_source_open_stream(&source, name, read, context, err));
    return reader_create(out_reader, source, options, err);
}

void csv_reader_close(struct csv_reader *reader)
{
    if (!reader) {
        return;
    }
    csv_source_close(reader->source);
    csv_fields_finish(&reader->fields);
    free(reader->window);
    free(reader);
}
