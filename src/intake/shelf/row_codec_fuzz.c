/* SPDX-License-Identifier: EUPL-1.2 */
/* Bytes of a shelf that are anything: a row is read, or it is CORRUPT; what is read is written as the same row. */
#include "intake/shelf/row_codec.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) {
        return 0;
    }
    struct cursor cursor = {data + 1, size - 1, 0};
    struct error err;
    if (data[0] % SHELF_FILE_COUNT == SHELF_FILE_TOKENS) {
        struct shelf_token tokens[SHELF_TOKENS_MAX];
        int64_t subject;
        size_t count;
        while (tokens_decode(&cursor, &subject, tokens, &count, &err)) {
        }
        return 0;
    }
    struct standard_row row, again;
    struct cursor peeked = cursor;
    int64_t subject = 0;
    size_t end = 0;
    const bool is_peeked = row_peek(&peeked, &subject, &end, &err);
    assert(!is_peeked || end <= peeked.length);
    while (row_decode(&cursor, data[0] % SHELF_FILE_COUNT, &row, &err)) {
        CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
        assert(row_encode(&out, &row, &err));
        struct cursor back = {out.data, out.length, 0};
        assert(row_decode(&back, row.table, &again, &err) && back.position == back.length && again.present == row.present);
    }
    return 0;
}
