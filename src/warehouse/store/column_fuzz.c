/* SPDX-License-Identifier: EUPL-1.2 */
/* Arbitrary bytes as a chunk of a column, or as a dictionary of texts: the first byte gives the form (7: a dictionary), the next two the
 * count. What opens must give its values without a fault. */
#include "warehouse/store/column.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void chunk_use(const struct column_chunk *chunk)
{
    uint64_t valid[COLUMN_WORDS];
    const size_t absent = column_chunk_validity(chunk, valid);
    if (absent > chunk->count) {
        abort();
    }
    for (size_t group = 0; group * BITPACK_GROUP < chunk->count; group++) {
        int64_t integers[BITPACK_GROUP];
        double floats[BITPACK_GROUP];
        column_chunk_floats(chunk, group, floats);
        if (chunk->form != COLUMN_FLOATS) {
            ints_group_i64(&chunk->ints, group, integers);
        }
    }
    size_t rows = 0;
    for (size_t piece = 0; piece < chunk->piece_count; piece++) {
        rows += chunk->pieces[piece].rows;
    }
    if (chunk->form == COLUMN_TEXTS && rows != chunk->count) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    if (size < 3) {
        return 0;
    }
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct cursor cursor = {data, size, 3};
    const unsigned form = data[0] % (COLUMN_FORM_COUNT + 1);
    if (form == COLUMN_FORM_COUNT) {
        struct column_words words;
        if (column_words_decode(&words, &cursor, scratch, &err)) {
            for (size_t i = 1; i < words.count; i++) {
                (void)text_compare(words.words[i - 1], words.words[i]);
            }
        }
        return 0;
    }
    struct column_chunk chunk;
    if (column_chunk_open(&chunk, (enum column_form)form, &cursor, (size_t)data[1] | (size_t)data[2] << 8, scratch, &err)) {
        chunk_use(&chunk);
    }
    return 0;
}
