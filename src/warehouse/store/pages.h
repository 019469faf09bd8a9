/* SPDX-License-Identifier: EUPL-1.2 */
/* pages: how a segment's parts are put into sealed blocks (private to the store). Parts follow each other in a page until the next would
 * make it longer than PAGE_BYTES; a part that is longer than a page gets a page of its own. A page is one sealed block. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "warehouse/store/sealed.h"

enum { PAGE_BYTES = 1 << 16, PAGE_BYTES_MAX = 1 << 26 };

/* Where a part is. */
struct page_span {
    uint32_t block, offset, length;
};

struct page_writer {
    struct sealed_writer *out; /* borrowed */
    struct buffer page;
    uint32_t block; /* number of the page being filled */
};
void page_writer_init(struct page_writer *writer, struct sealed_writer *out);
void page_writer_finish(struct page_writer *writer);
/* LIMIT for a part longer than PAGE_BYTES_MAX. */
MUST_CHECK bool page_writer_put(struct page_writer *writer, const void *bytes, size_t length, struct page_span *out_span,
                                struct error *err);
MUST_CHECK bool page_writer_flush(struct page_writer *writer, struct error *err);

MUST_CHECK bool page_span_write(struct buffer *out, const struct page_span *span, struct error *err);
MUST_CHECK bool page_span_read(struct cursor *cursor, struct page_span *out_span, struct error *err);
