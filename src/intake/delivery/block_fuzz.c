/* SPDX-License-Identifier: EUPL-1.2 */
/* block_fuzz: the plain bytes of a block, and of a packed one. What is accepted gives records that record_check accepts, too, and that come
 * back the same when they are written again. */
#include "intake/delivery/block.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rows_again(const struct block *block)
{
    CLEANUP(block_builder) struct block_builder *builder = block_builder_create(block->table);
    CLEANUP(buffer_value) struct buffer again = {.maximum = 1 << 26};
    CLEANUP(arena) struct arena *arena = arena_create();
    struct block second;
    struct record record, other;
    struct error err;
    size_t rows = 0;
    while (rows < block->rows && !block_builder_is_full(builder)) {
        block_record(block, rows++, &record);
        bool is_record = record_check(&record, &err);
        assert(is_record);
        block_builder_add(builder, &record);
    }
    bool done = block_builder_print(builder, &again, &err) && block_parse(&second, again.data, again.length, arena, &err);
    assert(done && second.rows == rows);
    block_record(block, rows - 1, &record);
    block_record(&second, rows - 1, &other);
    assert(record.present == other.present);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(packer) struct packer *packer = packer_create();
    CLEANUP(buffer_value) struct buffer plain = {.maximum = 2 * BLOCK_PLAIN_MAX};
    struct block block;
    struct error err;
    if (block_parse(&block, data, size, arena, &err) && !block.is_tokens) {
        rows_again(&block);
    }
    if (packer_unpack(packer, data, size, &plain, &err)) {
        assert(plain.length <= BLOCK_PLAIN_MAX);
    }
    return 0;
}
