/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of csv. The first byte chooses the options. What is read is written again, and reading that must give the same fields;
 * and reading in small pieces must give what reading at once gives. */
#include "base/csv.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 16 << 20 };

struct piece {
    const uint8_t *data;
    size_t left;
};

static bool read_piece(void *context, void *out, size_t room, size_t *out_got, struct error *err)
{
    (void)err;
    struct piece *piece = context;
    size_t length = piece->left < 3 ? piece->left : 3;
    length = length < room ? length : room;
    memcpy(out, piece->data, length);
    piece->data += length;
    piece->left -= length;
    *out_got = length;
    return true;
}

/* Writes what the reader gives; true when it came to the end without an error. */
static bool copy_records(struct csv_reader *reader, struct buffer *out)
{
    struct error err;
    struct csv_writer writer = {.out = out};
    for (;;) {
        struct csv_record record = {0};
        bool more = false;
        if (!csv_reader_next(reader, &record, &more, &err)) {
            assert(err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
            return false;
        }
        if (!more) {
            return true;
        }
        assert(record.count > 0);
        for (size_t i = 0; i < record.count; i++) {
            const struct csv_field *field = &record.fields[i];
            bool null = field->text.length == 0 && !field->quoted;
            bool written = null ? csv_writer_null(&writer, &err) : csv_writer_text(&writer, field->text, &err);
            assert(written);
        }
        bool ended = csv_writer_end_record(&writer, &err);
        assert(ended);
    }
}

static bool same(const struct buffer *a, const struct buffer *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    const struct csv_options options = {
        .delimiter = data[0] & 1 ? '\t' : ',', .without_quotes = data[0] & 2, .record_bytes_max = data[0] & 4 ? 32 : 0};
    struct error err;
    CLEANUP(csv_reader) struct csv_reader *whole = NULL;
    CLEANUP(csv_reader) struct csv_reader *pieces = NULL;
    CLEANUP(csv_reader) struct csv_reader *again = NULL;
    CLEANUP(buffer_value) struct buffer first = {.maximum = OUT_MAX};
    CLEANUP(buffer_value) struct buffer second = {.maximum = OUT_MAX};
    CLEANUP(buffer_value) struct buffer third = {.maximum = OUT_MAX};
    struct piece piece = {data + 1, size - 1};
    bool opened = csv_reader_open_memory(&whole, "fuzz", data + 1, size - 1, &options, &err) &&
                  csv_reader_open_stream(&pieces, "fuzz", read_piece, &piece, &options, &err);
    assert(opened);
    bool done = copy_records(whole, &first);
    bool done_in_pieces = copy_records(pieces, &second);
    assert(done == done_in_pieces);
    assert(!done || same(&first, &second));
    opened = csv_reader_open_memory(&again, "fuzz", first.data, first.length, NULL, &err);
    assert(opened);
    done = copy_records(again, &third);
    assert(done && same(&first, &third));
    return 0;
}
