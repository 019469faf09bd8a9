/* SPDX-License-Identifier: EUPL-1.2 */
/* Filling pages and sealing them when they are full. */
#include "warehouse/store/pages.h"
#include <assert.h>

void page_writer_init(struct page_writer *writer, struct sealed_writer *out)
{
    *writer = (struct page_writer){.out = out, .page.maximum = PAGE_BYTES_MAX};
}

void page_writer_finish(struct page_writer *writer)
{
    buffer_finish(&writer->page);
}

bool page_writer_flush(struct page_writer *writer, struct error *err)
{
    uint64_t block = 0;
    if (writer->page.length == 0) {
        return true;
    }
    TRY(sealed_writer_append(writer->out, writer->page.data, writer->page.length, &block, err));
    assert(block == writer->block); /* nobody else appends to the file of a segment */
    if (writer->block == UINT32_MAX) {
        return FAIL(err, LIMIT, "a segment file has too many blocks");
    }
    writer->block++;
    buffer_clear(&writer->page);
    return true;
}

bool page_writer_put(struct page_writer *writer, const void *bytes, size_t length, struct page_span *out_span, struct error *err)
{
    if (writer->page.length && writer->page.length + length > PAGE_BYTES) {
        TRY(page_writer_flush(writer, err));
    }
    const struct page_span span = {writer->block, (uint32_t)writer->page.length, (uint32_t)length};
    TRY(buffer_append(&writer->page, bytes, length, err));
    *out_span = span;
    return true;
}

bool page_span_write(struct buffer *out, const struct page_span *span, struct error *err)
{
    TRY(buffer_append_varint(out, span->block, err));
    TRY(buffer_append_varint(out, span->offset, err));
    return buffer_append_varint(out, span->length, err);
}

static bool varint_u32(struct cursor *cursor, uint32_t *out_value, struct error *err)
{
    uint64_t value = 0;
    TRY(cursor_varint(cursor, &value, err));
    if (value > UINT32_MAX) {
        return FAIL(err, CORRUPT, "the place of a part is out of range");
    }
    *out_value = (uint32_t)value;
    return true;
}

bool page_span_read(struct cursor *cursor, struct page_span *out_span, struct error *err)
{
    struct page_span span = {0};
    TRY(varint_u32(cursor, &span.block, err));
    TRY(varint_u32(cursor, &span.offset, err));
    TRY(varint_u32(cursor, &span.length, err));
    *out_span = span;
    return true;
}
