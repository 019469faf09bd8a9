/* SPDX-License-Identifier: EUPL-1.2 */
/* writer: a delivery from front to back: one open block for each table, sealed as soon as it is full. */
#include "base/calendar.h"
#include "base/file.h"
#include "intake/delivery/block.h"
#include "intake/delivery/delivery_agreement.h"
#include "intake/delivery/delivery_detect.h"
#include "intake/delivery/layout.h"
#include "intake/delivery/leaf.h"
#include <stdlib.h>
#include <string.h>

enum { FILE_MODE = 0600 };

struct delivery_writer {
    struct file_writer *file;
    const struct secret *signing_seed;
    const struct agreement *agreement;
    const struct detector *detector;
    struct tally *tally;
    struct delivery_head head;
    struct crypto_hash head_hash;
    struct crypto_blocks *cipher;
    struct packer *packer;
    struct buffer plain, packed;
    struct tree tree;
    struct block_builder *builders[RECORD_TABLE_COUNT];
    struct token_builder *tokens;
};

void delivery_writer_close(struct delivery_writer *writer)
{
    if (!writer) {
        return;
    }
    file_writer_close(writer->file);
    crypto_blocks_destroy(writer->cipher);
    packer_destroy(writer->packer);
    if (writer->plain.data) {
        crypto_wipe(writer->plain.data, writer->plain.capacity);
    }
    buffer_finish(&writer->plain);
    buffer_finish(&writer->packed);
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        block_builder_destroy(writer->builders[i]);
    }
    token_builder_destroy(writer->tokens);
    free(writer);
}

static bool head_begin(struct delivery_writer *writer, const struct delivery_writing *writing, struct error *err)
{
    struct delivery_head *head = &writer->head;
    if (!delivery_holder_name_is_valid(text_of(writing->holder)) ||
        !text_copy(head->holder, sizeof head->holder, text_of(writing->holder))) {
        FAIL(err, INVALID_ARGUMENT, "this is no name of a holder");
        return error_hint(err, "small letters, digits, dots, dashes and underscores, at most %d of them", DELIVERY_NAME_SIZE - 1);
    }
    if (writing->sequence == 0 || writing->sequence > INT64_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "deliveries are counted from 1");
    }
    if (!writing->agreement || strcmp(agreement_holder(writing->agreement), writing->holder) != 0) {
        return FAIL(err, INVALID_ARGUMENT, "a delivery needs the agreement of its holder");
    }
    head->sequence = writing->sequence;
    head->is_full = writing->is_full;
    head->made = writing->made != 0 ? writing->made : clock_unix_seconds();
    head->intake_epoch = writing->intake_epoch;
    head->epoch = writing->epoch;
    head->agreement = agreement_hash(writing->agreement);
    memcpy(head->recipient, writing->recipient, sizeof head->recipient);
    return crypto_public_key(head->holder_key, writing->signing_seed, err);
}

static bool content_begin(struct delivery_writer *writer, struct error *err)
{
    CLEANUP(secret) struct secret *key = NULL;
    struct layout_head head = {.intake_epoch = writer->head.intake_epoch};
    uint8_t bytes[LAYOUT_HEAD_SIZE];
    memcpy(head.holder_key, writer->head.holder_key, sizeof head.holder_key);
    memcpy(head.recipient, writer->head.recipient, sizeof head.recipient);
    crypto_random(head.id, sizeof head.id);
    TRY(secret_random(&key, CRYPTO_KEY_SIZE, err) && crypto_blocks_create(&writer->cipher, key, err));
    TRY(layout_head_seal(&head, key, bytes, err));
    writer->head_hash = crypto_hash_of(bytes, sizeof bytes);
    return file_writer_append(writer->file, bytes, sizeof bytes, err);
}

bool delivery_writer_open(struct delivery_writer **out_writer, const char *path, const struct delivery_writing *writing, struct error *err)
{
    CLEANUP(delivery_writer) struct delivery_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        abort(); /* as an arena */
    }
    writer->signing_seed = writing->signing_seed;
    writer->agreement = writing->agreement;
    writer->detector = writing->detector;
    writer->tally = writing->tally;
    writer->plain.maximum = writer->packed.maximum = 2 * BLOCK_PLAIN_MAX;
    writer->packer = packer_create();
    TRY(crypto_start(err) && head_begin(writer, writing, err));
    TRY(file_writer_open(&writer->file, path, FILE_MODE, err) && content_begin(writer, err));
    *out_writer = writer;
    writer = NULL;
    return true;
}

/* ---- blocks ---- */
/* What is in writer->plain goes out as the next block. */
static bool block_seal(struct delivery_writer *writer, struct error *err)
{
    struct buffer *packed = &writer->packed;
    uint8_t leaf[LEAF_SIZE];
    buffer_clear(packed);
    TRY(packer_pack(writer->packer, writer->plain.data, writer->plain.length, packed, err));
    size_t length = packed->length;
    TRY(buffer_reserve(packed, CRYPTO_TAG_SIZE, err));
    TRY(crypto_block_seal(writer->cipher, writer->head.blocks, writer->head_hash.bytes, sizeof writer->head_hash.bytes, packed->data,
                          length, packed->data, err));
    const uint32_t sealed = (uint32_t)(length + CRYPTO_TAG_SIZE);
    leaf_of(packed->data, sealed, leaf);
    TRY(tree_add(&writer->tree, leaf, sizeof leaf, err));
    TRY(file_writer_append(writer->file, &sealed, sizeof sealed, err) && file_writer_append(writer->file, packed->data, sealed, err));
    writer->head.blocks++;
    writer->head.bytes += sizeof sealed + sealed;
    return true;
}

/* At the holder, with the holder's own data at hand: the place is told, the value never. */
static bool texts_look(const struct delivery_writer *writer, const struct block_builder *builder, enum record_table table,
                       struct error *err)
{
    for (int c = 0; c < RECORD_COLUMN_COUNT; c++) {
        enum record_column column = (enum record_column)c;
        for (size_t i = 0; i < block_builder_text_count(builder, column); i++) {
            enum detected found = detector_look(writer->detector, block_builder_text(builder, column, i), column_is_code(column));
            if (found != DETECTED_NOTHING) {
                FAIL(err, INVALID_INPUT, "%s.%s holds what looks like %s: nothing may leave", record_table_name(table),
                     record_column_name(column), detected_words(found, false));
                return error_hint(err, "mend the export; no delivery was made");
            }
        }
    }
    return true;
}

static bool table_flush(struct delivery_writer *writer, enum record_table table, struct error *err)
{
    struct block_builder *builder = writer->builders[table];
    if (!builder || block_builder_rows(builder) == 0) {
        return true;
    }
    TRY(!writer->detector || texts_look(writer, builder, table, err));
    buffer_clear(&writer->plain);
    TRY(block_builder_print(builder, &writer->plain, err) && block_seal(writer, err));
    block_builder_clear(builder);
    return true;
}

static bool tokens_flush(struct delivery_writer *writer, struct error *err)
{
    if (!writer->tokens || token_builder_rows(writer->tokens) == 0) {
        return true;
    }
    buffer_clear(&writer->plain);
    TRY(token_builder_print(writer->tokens, &writer->plain, err) && block_seal(writer, err));
    token_builder_clear(writer->tokens);
    return true;
}

bool delivery_writer_add_record(struct delivery_writer *writer, const struct record *record, struct error *err)
{
    struct record kept;
    enum record_table table = record->table;
    TRY(record_check(record, err));
    if (record->present & ~agreement_columns(writer->agreement, table)) {
        kept = *record;
        record = &kept;
        if (!agreement_keep(writer->agreement, &kept, writer->tally)) {
            return true;
        }
    }
    struct block_builder *builder = writer->builders[table];
    if (!builder) {
        builder = writer->builders[table] = block_builder_create(table);
    }
    block_builder_add(builder, record);
    writer->head.tables[table].rows++;
    writer->head.tables[table].columns |= record->present;
    return !block_builder_is_full(builder) || table_flush(writer, table, err);
}

bool delivery_writer_add_tokens(struct delivery_writer *writer, int64_t subject, const struct delivery_token *tokens, size_t count,
                                struct error *err)
{
    if (count == 0 || count > DELIVERY_TOKENS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a subject has 1 to %d tokens, not %zu", DELIVERY_TOKENS_MAX, count);
    }
    if (!writer->tokens) {
        writer->tokens = token_builder_create();
    }
    token_builder_add(writer->tokens, subject, tokens, count);
    writer->head.subjects++;
    writer->head.tokens += count;
    return !token_builder_is_full(writer->tokens) || tokens_flush(writer, err);
}

bool delivery_writer_commit(struct delivery_writer *writer, struct delivery_head *out_head, struct error *err)
{
    CLEANUP(buffer_value) struct buffer manifest = {.maximum = DELIVERY_MANIFEST_MAX};
    uint8_t signature[CRYPTO_SIGNATURE_SIZE], tail[LAYOUT_TAIL_SIZE];
    const uint32_t end_of_blocks = 0;
    for (int i = 0; i < RECORD_TABLE_COUNT; i++) {
        TRY(table_flush(writer, (enum record_table)i, err));
    }
    TRY(tokens_flush(writer, err));
    writer->head.root = tree_root(&writer->tree);
    TRY(delivery_manifest_print(&writer->head, &writer->head_hash, &manifest, err));
    TRY(manifest_sign(manifest.data, manifest.length, writer->signing_seed, signature, err));
    layout_tail_print(signature, manifest.length, tail);
    TRY(file_writer_append(writer->file, &end_of_blocks, sizeof end_of_blocks, err));
    TRY(file_writer_append(writer->file, manifest.data, manifest.length, err));
    TRY(file_writer_append(writer->file, tail, sizeof tail, err));
    TRY(file_writer_commit(writer->file, err));
    if (out_head) {
        *out_head = writer->head;
    }
    return true;
}
