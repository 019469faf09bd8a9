/* SPDX-License-Identifier: EUPL-1.2 */
/* store_writer: what exclusion, compaction and erasure know of the writer of a snapshot (private to the store). */
#pragma once
#include "warehouse/store/manifest.h"

struct store_writer {
    struct store *store; /* borrowed */
    struct grant grant;
    struct lock directory_lock;
    struct task_lock *lock; /* guards `added` */
    struct manifest latest; /* number 0: there is none */
    struct crypto_hash latest_hash;
    struct store_files kept, added;
    bool is_kept[STORE_SCOPE_COUNT];
    int64_t until;              /* end of the authorisation of what is added, 0: none */
    enum store_act act;         /* load, unless the writer is another's */
    struct person_ids excluded; /* from now on, beside those of the latest snapshot */
    struct file_ids destroyed;  /* what the new snapshot has no need of any more, and nobody is to read */
    bool is_published;          /* the new files belong to a snapshot: they stay */
};

/* Adds under an end of its own. Any worker. replaces: the new file takes the place of one that is not kept, which has that position. */
MUST_CHECK bool store_writer_add_until(struct store_writer *writer, struct segment_builder *builder, uint32_t position, int64_t until,
                                       struct error *err);
/* Lets the keys know a snapshot, and whom it excludes. There is a journal. */
MUST_CHECK bool store_writer_head(struct store_writer *writer, const struct manifest *manifest, const struct crypto_hash *hash,
                                  struct error *err);
/* Keeps one file of the latest snapshot. */
MUST_CHECK bool store_writer_keep_file(struct store_writer *writer, const struct store_file_entry *entry, struct error *err);
