/* SPDX-License-Identifier: EUPL-1.2 */
/* reader: a delivery is verified as a whole when it is opened: signature and root first, so that nothing is unpacked that the holder did
 * not sign; then each block, and the rows. What is kept of that is where each block lies; a scan opens the blocks of its table again, one
 * at a time. */
#include "intake/delivery/reader.h"
#include "base/file.h"
#include "base/task.h"
#include "intake/delivery/leaf.h"
#include <stdlib.h>
#include <string.h>

enum { COPY_MODE = 0600 };

void delivery_close(struct delivery *delivery)
{
    if (!delivery) {
        return;
    }
    layout_file_close(&delivery->file);
    crypto_blocks_destroy(delivery->cipher);
    packer_destroy(delivery->packer);
    if (delivery->plain.data) {
        crypto_wipe(delivery->plain.data, delivery->plain.capacity);
    }
    buffer_finish(&delivery->plain);
    buffer_finish(&delivery->sealed);
    block_places_finish(&delivery->places);
    arena_destroy(delivery->scratch);
    free(delivery->path);
    free(delivery);
}

const struct delivery_head *delivery_head(const struct delivery *delivery)
{
    return &delivery->file.manifest;
}

/* ---- one block ---- */
static bool sealed_read(struct delivery *delivery, const struct block_place *place, struct error *err)
{
    struct buffer *sealed = &delivery->sealed;
    buffer_clear(sealed);
    TRY(buffer_reserve(sealed, place->length, err));
    TRY(file_read_at(delivery->file.descriptor, place->offset, sealed->data, place->length, delivery->path, err));
    sealed->length = place->length;
    return true;
}

static bool sealed_open(struct delivery *delivery, uint64_t index, struct block *out_block, struct error *err)
{
    struct buffer *sealed = &delivery->sealed;
    const struct crypto_hash *bound = &delivery->file.head_hash;
    if (!crypto_block_open(delivery->cipher, index, bound->bytes, sizeof bound->bytes, sealed->data, sealed->length, sealed->data, NULL)) {
        return FAIL(err, CORRUPT, "block %llu is not what the holder sealed for this place", (unsigned long long)index + 1);
    }
    buffer_clear(&delivery->plain);
    arena_reset(delivery->scratch);
    bool is_block = packer_unpack(delivery->packer, sealed->data, sealed->length - CRYPTO_TAG_SIZE, &delivery->plain, err) &&
                    block_parse(out_block, delivery->plain.data, delivery->plain.length, delivery->scratch, err);
    return is_block || error_context(err, "block %llu", (unsigned long long)index + 1);
}

bool delivery_block(struct delivery *delivery, uint64_t index, struct block *out_block, struct error *err)
{
    return sealed_read(delivery, &delivery->places.items[index], err) && sealed_open(delivery, index, out_block, err);
}

/* ---- the root ---- */
static bool place_take(struct delivery *delivery, uint64_t at, struct block_place *out_place, struct error *err)
{
    const uint64_t left = delivery->file.blocks_end - at;
    uint32_t length = 0;
    if (left < sizeof length) {
        return FAIL(err, INVALID_INPUT, "the blocks do not fill their place");
    }
    TRY(file_read_at(delivery->file.descriptor, at, &length, sizeof length, delivery->path, err));
    if (length <= CRYPTO_TAG_SIZE || length > BLOCK_PACKED_MAX + CRYPTO_TAG_SIZE || length > left - sizeof length) {
        return FAIL(err, INVALID_INPUT, "block %zu has a length that cannot be", delivery->places.count + 1);
    }
    *out_place = (struct block_place){.offset = at + sizeof length, .length = length};
    return true;
}

static bool root_verify(struct delivery *delivery, struct error *err)
{
    const struct delivery_head *manifest = &delivery->file.manifest;
    struct tree tree = {0};
    struct block_place place;
    uint8_t leaf[LEAF_SIZE];
    for (uint64_t at = LAYOUT_HEAD_SIZE; at < delivery->file.blocks_end; at = place.offset + place.length) {
        TRY(task_check(err) && place_take(delivery, at, &place, err) && sealed_read(delivery, &place, err));
        leaf_of(delivery->sealed.data, place.length, leaf);
        TRY(tree_add(&tree, leaf, sizeof leaf, err) && block_places_append(&delivery->places, place, err));
    }
    struct crypto_hash root = tree_root(&tree);
    if (tree.count != manifest->blocks || !merkle_equal(&root, &manifest->root)) {
        FAIL(err, CORRUPT, "the blocks are not those that the manifest was signed for");
        return error_hint(err, "ask the holder to send the file again");
    }
    return true;
}

/* ---- the content ---- */
static bool content_count(struct delivery_head *counted, const struct block *block, uint64_t rows_max, struct error *err)
{
    if (block->is_tokens) {
        counted->subjects += block->rows;
        counted->tokens += block->token_count;
        return true;
    }
    struct delivery_table *table = &counted->tables[block->table];
    table->rows += block->rows;
    for (size_t i = 0; i < block->column_count; i++) {
        table->columns |= UINT64_C(1) << block->columns[i].column;
    }
    if (table->rows > rows_max) {
        FAIL(err, LIMIT, "table %s has more than %llu rows", record_table_name(block->table), (unsigned long long)rows_max);
        return error_hint(err, "deliver in parts, or raise delivery_rows_max in the settings");
    }
    return true;
}

static bool counts_verify(const struct delivery_head *counted, const struct delivery_head *manifest, struct error *err)
{
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        const struct delivery_table *found = &counted->tables[i], *told = &manifest->tables[i];
        const char *name = record_table_name((enum record_table)i);
        if (found->rows != told->rows) {
            return FAIL(err, INVALID_INPUT, "table %s has %llu rows, the manifest says %llu", name, (unsigned long long)found->rows,
                        (unsigned long long)told->rows);
        }
        if (found->columns != told->columns) {
            return FAIL(err, INVALID_INPUT, "table %s has other columns than the manifest says", name);
        }
    }
    if (counted->subjects != manifest->subjects || counted->tokens != manifest->tokens) {
        return FAIL(err, INVALID_INPUT, "the delivery has pseudonyms of %llu persons, the manifest says %llu",
                    (unsigned long long)counted->subjects, (unsigned long long)manifest->subjects);
    }
    return true;
}

static bool content_verify(struct delivery *delivery, uint64_t rows_max, const struct block_watch *watch, struct error *err)
{
    struct delivery_head counted = {.made = 0};
    for (size_t i = 0; i < delivery->places.count; i++) {
        struct block block;
        TRY(task_check(err) && delivery_block(delivery, i, &block, err));
        delivery->places.items[i].is_tokens = block.is_tokens;
        delivery->places.items[i].table = block.table;
        delivery->places.items[i].rows = (uint32_t)block.rows;
        TRY(content_count(&counted, &block, rows_max, err) && (!watch || watch->take(watch->context, &block, i, err)));
    }
    return counts_verify(&counted, &delivery->file.manifest, err);
}

static bool keys_open(struct delivery *delivery, const struct delivery_opening *opening, struct error *err)
{
    CLEANUP(secret) struct secret *intake_key = NULL;
    CLEANUP(secret) struct secret *content_key = NULL;
    const struct layout_head *head = &delivery->file.head;
    TRY(layout_file_authenticate(&delivery->file, opening->holder_key, err));
    struct error reason = {.message = ""};
    if (!opening->intake.key(opening->intake.context, head->intake_epoch, &intake_key, &reason)) {
        if (reason.code != ERROR_NOT_FOUND) {
            *err = reason;
            return false;
        }
        FAIL(err, DENIED, "the delivery is sealed to an intake key of number %u, which this warehouse does not have", head->intake_epoch);
        return error_hint(err, "the holder must use the key that `emc2 intake key` prints here");
    }
    TRY(layout_head_open(head, delivery->file.head_bytes, intake_key, &content_key, err));
    return crypto_blocks_create(&delivery->cipher, content_key, err);
}

static struct delivery *delivery_create(struct layout_file *file, const char *path)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery || !(delivery->path = strdup(path))) {
        abort(); /* as an arena */
    }
    delivery->packer = packer_create();
    delivery->scratch = arena_create();
    delivery->sealed.maximum = delivery->plain.maximum = 2 * BLOCK_PACKED_MAX;
    delivery->places.maximum = SIZE_MAX / sizeof(struct block_place);
    delivery->file = *file;
    *file = (struct layout_file){.size = 0};
    return delivery;
}

bool delivery_open_file(struct delivery **out_delivery, struct layout_file *file, const char *path, const struct delivery_opening *opening,
                        const struct block_watch *watch, struct error *err)
{
    CLEANUP(delivery) struct delivery *delivery = delivery_create(file, path);
    struct settings defaults;
    const struct settings *settings = opening->settings ? opening->settings : &defaults;
    settings_defaults(&defaults);
    if (delivery->file.size > (uint64_t)settings_get(settings, SETTING_DELIVERY_BYTES_MAX)) {
        FAIL(err, LIMIT, "the delivery is larger than this warehouse takes");
        return error_hint(err, "deliver in parts, or raise delivery_bytes_max in the settings");
    }
    TRY(keys_open(delivery, opening, err) && root_verify(delivery, err));
    TRY(content_verify(delivery, (uint64_t)settings_get(settings, SETTING_DELIVERY_ROWS_MAX), watch, err));
    *out_delivery = delivery;
    delivery = NULL;
    return true;
}

bool delivery_open(struct delivery **out_delivery, const char *path, const struct delivery_opening *opening, struct error *err)
{
    CLEANUP(layout_file_value) struct layout_file file = {.size = 0};
    TRY(crypto_start(err) && layout_file_open(&file, path, err));
    return delivery_open_file(out_delivery, &file, path, opening, NULL, err);
}

bool delivery_peek(const char *path, const uint8_t *holder_key, struct delivery_head *out_head, struct error *err)
{
    CLEANUP(layout_file_value) struct layout_file file = {.size = 0};
    TRY(crypto_start(err) && layout_file_open(&file, path, err));
    TRY(!holder_key || layout_file_authenticate(&file, holder_key, err));
    *out_head = file.manifest;
    return true;
}

/* ---- a copy ---- */
static bool blocks_copy(struct delivery *delivery, struct file_writer *writer, struct tree *tree, struct error *err)
{
    uint8_t leaf[LEAF_SIZE];
    for (size_t i = 0; i < delivery->places.count; i++) {
        const struct block_place *place = &delivery->places.items[i];
        TRY(task_check(err) && sealed_read(delivery, place, err));
        leaf_of(delivery->sealed.data, place->length, leaf);
        TRY(tree_add(tree, leaf, sizeof leaf, err) && file_writer_append(writer, &place->length, sizeof place->length, err));
        TRY(file_writer_append(writer, delivery->sealed.data, place->length, err));
    }
    return true;
}

bool delivery_copy(struct delivery *delivery, const char *path, struct error *err)
{
    CLEANUP(file_writer) struct file_writer *writer = NULL;
    const struct layout_file *file = &delivery->file;
    const struct buffer *manifest = &file->manifest_bytes;
    struct tree tree = {0};
    uint8_t tail[LAYOUT_TAIL_SIZE];
    const uint8_t mark[4] = {0};
    TRY(file_writer_open(&writer, path, COPY_MODE, err));
    TRY(file_writer_append(writer, file->head_bytes, sizeof file->head_bytes, err) && blocks_copy(delivery, writer, &tree, err));
    const struct crypto_hash root = tree_root(&tree);
    if (!merkle_equal(&root, &file->manifest.root)) {
        return FAIL(err, CORRUPT, "the delivery was changed while it was read");
    }
    layout_tail_print(file->signature, manifest->length, tail);
    TRY(file_writer_append(writer, mark, sizeof mark, err) && file_writer_append(writer, manifest->data, manifest->length, err));
    return file_writer_append(writer, tail, sizeof tail, err) && file_writer_commit(writer, err);
}

/* ---- scans ---- */
bool delivery_blocks(struct delivery *delivery, enum record_table table, delivery_block_take *take, void *context, struct error *err)
{
    uint64_t row = 0;
    for (size_t i = 0; i < delivery->places.count; i++) {
        struct block block;
        if (!delivery->places.items[i].is_tokens && delivery->places.items[i].table == table) {
            TRY(task_check(err) && delivery_block(delivery, i, &block, err) && take(context, &block, i, row, err));
            row += block.rows;
        }
    }
    return true;
}

struct scanning {
    bool (*take)(void *context, const struct record *record, struct error *err);
    void *context;
};

static bool rows_take(void *context, const struct block *block, uint64_t index, uint64_t row, struct error *err)
{
    const struct scanning *scanning = context;
    struct record record;
    (void)index;
    (void)row;
    for (size_t i = 0; i < block->rows; i++) {
        block_record(block, i, &record);
        TRY(scanning->take(scanning->context, &record, err));
    }
    return true;
}

bool delivery_scan(struct delivery *delivery, enum record_table table,
                   bool (*take)(void *context, const struct record *record, struct error *err), void *context, struct error *err)
{
    struct scanning scanning = {take, context};
    return delivery_blocks(delivery, table, rows_take, &scanning, err);
}

static bool tokens_give(const struct block *block,
                        bool (*take)(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err),
                        void *context, struct error *err)
{
    const uint8_t *at = block->tokens;
    for (size_t i = 0; i < block->rows; i++) {
        struct delivery_token tokens[DELIVERY_TOKENS_MAX];
        memcpy(tokens, at, block->counts[i] * sizeof *tokens);
        at += block->counts[i] * sizeof *tokens;
        TRY(take(context, block_subject(block, i), tokens, block->counts[i], err));
    }
    return true;
}

bool delivery_tokens(struct delivery *delivery,
                     bool (*take)(void *context, int64_t subject, const struct delivery_token *tokens, size_t count, struct error *err),
                     void *context, struct error *err)
{
    for (size_t i = 0; i < delivery->places.count; i++) {
        struct block block;
        if (delivery->places.items[i].is_tokens) {
            TRY(task_check(err) && delivery_block(delivery, i, &block, err) && tokens_give(&block, take, context, err));
        }
    }
    return true;
}
