/* SPDX-License-Identifier: EUPL-1.2 */
/* reader: an open delivery, block by block: what the check of its content needs beside the records (private to delivery). */
#pragma once
#include "intake/delivery/block.h"
#include "intake/delivery/layout.h"

struct block_place {
    uint64_t offset;
    uint32_t length, rows;
    bool is_tokens;
    enum record_table table;
};
/* Looks at each block while the delivery is verified. */
struct block_watch {
    bool (*take)(void *context, const struct block *block, uint64_t index, struct error *err);
    void *context;
};
DEFINE_ARRAY(block_places, struct block_place)

struct delivery {
    struct layout_file file;
    char *path;
    struct crypto_blocks *cipher;
    struct packer *packer;
    struct buffer sealed, plain;
    struct arena *scratch; /* of the block that is open */
    struct block_places places;
};
/* delivery_open of a file that is open: it is taken over, also on failure, and path is only for messages. watch may be NULL. */
MUST_CHECK bool delivery_open_file(struct delivery **out_delivery, struct layout_file *file, const char *path,
                                   const struct delivery_opening *opening, const struct block_watch *watch, struct error *err);
/* Opens one block; it is valid until the next. */
MUST_CHECK bool delivery_block(struct delivery *delivery, uint64_t index, struct block *out_block, struct error *err);
/* Calls take for each block of the table, in order; row: of the table, from 0, which is the first of the block. */
typedef bool delivery_block_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err);
MUST_CHECK bool delivery_blocks(struct delivery *delivery, enum record_table table, delivery_block_take *take, void *context,
                                struct error *err);
