/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_forge: for tests only. Deliveries that the writer does not make: wrong somewhere, and yet sealed and signed with the right keys.
 */
#pragma once
#include "base/file.h"
#include "intake/delivery/block.h"
#include "intake/delivery/delivery_example.h"
#include "intake/delivery/layout.h"
#include "intake/delivery/leaf.h"

enum { FORGED_BLOCKS = 4 };
struct forging {
    struct layout_head head;
    uint8_t head_bytes[LAYOUT_HEAD_SIZE];
    struct crypto_hash head_hash;
    struct delivery_head manifest;
    struct buffer plain[FORGED_BLOCKS], sealed[FORGED_BLOCKS];
    size_t count;
    struct buffer manifest_bytes, file;
    const struct secret *signing_seed;
    bool keeps_root, keeps_packed;
};
struct broken {
    const char *name, *reason, *says;
    /* Changes at each stage; NULL: none. records are added to one person and one condition. */
    void (*write)(struct delivery_writing *writing);
    void (*add)(struct delivery_writer *writer);
    void (*plains)(struct forging *forging);   /* before sealing; this one and the next three make it a forged one */
    void (*sealed)(struct forging *forging);   /* before the root */
    void (*manifest)(struct forging *forging); /* before it is printed */
    void (*printed)(struct forging *forging);  /* before it is signed */
    void (*file)(struct buffer *file);         /* the bytes at the end; also of what the writer made */
    enum { HOLDER_GOOD, HOLDER_UNKNOWN, HOLDER_SUSPENDED, HOLDER_OVER, HOLDER_WITHOUT_AGREEMENT, AGREEMENT_OVER } holder;
    uint64_t last_sequence;
};

/* ---- forging ---- */
static inline void forging_finish(struct forging *f)
{
    for (size_t i = 0; i < FORGED_BLOCKS; i++) {
        buffer_finish(&f->plain[i]);
        buffer_finish(&f->sealed[i]);
    }
    buffer_finish(&f->manifest_bytes);
    buffer_finish(&f->file);
}

static inline void forging_plain(struct forging *f, const struct record *records, size_t count)
{
    CLEANUP(block_builder) struct block_builder *builder = block_builder_create(records[0].table);
    for (size_t i = 0; i < count; i++) {
        block_builder_add(builder, &records[i]);
        f->manifest.tables[records[i].table].columns |= records[i].present;
        f->manifest.tables[records[i].table].rows++;
    }
    EXAMPLE_MUST(block_builder_print(builder, &f->plain[f->count++], err));
}

static inline void forging_begin(struct forging *f, const struct delivery_writing *writing)
{
    struct record person[2] = {example_person(1), example_person(2)}, condition[3];
    *f = (struct forging){.signing_seed = writing->signing_seed};
    for (size_t i = 0; i < FORGED_BLOCKS; i++) {
        f->plain[i].maximum = f->sealed[i].maximum = 1 << 24;
    }
    f->manifest_bytes.maximum = f->file.maximum = 1 << 24;
    memcpy(f->head.recipient, writing->recipient, sizeof f->head.recipient);
    f->head.intake_epoch = writing->intake_epoch;
    EXAMPLE_MUST(crypto_public_key(f->head.holder_key, writing->signing_seed, err));
    snprintf(f->manifest.holder, sizeof f->manifest.holder, "%s", writing->holder);
    f->manifest.sequence = writing->sequence;
    f->manifest.is_full = writing->is_full;
    f->manifest.made = writing->made;
    f->manifest.epoch = writing->epoch;
    f->manifest.agreement = agreement_hash(writing->agreement);
    for (int i = 0; i < 3; i++) {
        condition[i] = example_condition(1 + i % 2, 100 + i);
    }
    forging_plain(f, person, 2);
    forging_plain(f, condition, 3);
}

static inline void forging_seal(struct forging *f, const struct delivery_writing *writing, const struct broken *broken)
{
    CLEANUP(secret) struct secret *key = example_secret(9, NULL);
    CLEANUP(crypto_blocks) struct crypto_blocks *cipher = NULL;
    CLEANUP(packer) struct packer *packer = packer_create();
    (void)writing;
    memset(f->head.id, 7, sizeof f->head.id);
    EXAMPLE_MUST(layout_head_seal(&f->head, key, f->head_bytes, err) && crypto_blocks_create(&cipher, key, err));
    f->head_hash = crypto_hash_of(f->head_bytes, sizeof f->head_bytes);
    if (broken->plains) {
        broken->plains(f);
    }
    for (size_t i = 0; i < f->count; i++) {
        struct buffer *sealed = &f->sealed[i];
        EXAMPLE_MUST(f->keeps_packed ? buffer_append(sealed, f->plain[i].data, f->plain[i].length, err)
                                     : packer_pack(packer, f->plain[i].data, f->plain[i].length, sealed, err));
        EXAMPLE_MUST(buffer_reserve(sealed, CRYPTO_TAG_SIZE, err) &&
                     crypto_block_seal(cipher, i, f->head_hash.bytes, CRYPTO_HASH_SIZE, sealed->data, sealed->length, sealed->data, err));
        sealed->length += CRYPTO_TAG_SIZE;
    }
    if (broken->sealed) {
        broken->sealed(f);
    }
}

static inline void forging_print(struct forging *f, const struct broken *broken)
{
    struct tree tree = {0};
    uint8_t leaf[LEAF_SIZE], signature[CRYPTO_SIGNATURE_SIZE], tail[LAYOUT_TAIL_SIZE];
    EXAMPLE_MUST(buffer_append(&f->file, f->head_bytes, sizeof f->head_bytes, err));
    for (size_t i = 0; i < f->count; i++) {
        const uint32_t length = (uint32_t)f->sealed[i].length;
        leaf_of(f->sealed[i].data, length, leaf);
        EXAMPLE_MUST(tree_add(&tree, leaf, sizeof leaf, err) && buffer_append_u32(&f->file, length, err) &&
                     buffer_append(&f->file, f->sealed[i].data, length, err));
    }
    f->manifest.blocks = f->count;
    f->manifest.bytes = f->file.length - sizeof f->head_bytes;
    f->manifest.root = tree_root(&tree);
    if (broken->manifest) {
        broken->manifest(f);
    }
    EXAMPLE_MUST(delivery_manifest_print(&f->manifest, &f->head_hash, &f->manifest_bytes, err));
    if (broken->printed) {
        broken->printed(f);
    }
    EXAMPLE_MUST(manifest_sign(f->manifest_bytes.data, f->manifest_bytes.length, f->signing_seed, signature, err));
    layout_tail_print(signature, f->manifest_bytes.length, tail);
    EXAMPLE_MUST(buffer_append_u32(&f->file, 0, err) && buffer_append(&f->file, f->manifest_bytes.data, f->manifest_bytes.length, err) &&
                 buffer_append(&f->file, tail, sizeof tail, err));
}

/* Writes the broken delivery of an example's holder to `path`. */
static inline __attribute__((unused)) void broken_write(const struct broken *broken, const struct example *example, const char *path)
{
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = 1 << 24};
    struct delivery_writing writing = example_writing(example);
    if (broken->write) {
        broken->write(&writing);
    }
    if (broken->plains || broken->sealed || broken->manifest || broken->printed) {
        struct forging forging;
        forging_begin(&forging, &writing);
        forging_seal(&forging, &writing, broken);
        forging_print(&forging, broken);
        EXAMPLE_MUST(file_write_atomic(path, forging.file.data, forging.file.length, 0600, err));
        forging_finish(&forging);
    } else {
        CLEANUP(delivery_writer) struct delivery_writer *writer = NULL;
        EXAMPLE_MUST(delivery_writer_open(&writer, path, &writing, err) && example_fill(writer, 2, 2, err));
        if (broken->add) {
            broken->add(writer);
        }
        EXAMPLE_MUST(delivery_writer_commit(writer, NULL, err));
    }
    if (broken->file) {
        EXAMPLE_MUST(file_read(path, &bytes, err));
        broken->file(&bytes);
        EXAMPLE_MUST(file_write_atomic(path, bytes.data, bytes.length, 0600, err));
    }
}
