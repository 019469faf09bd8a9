/* SPDX-License-Identifier: EUPL-1.2 */
/* store_erasure: how data leave a store: persons are excluded at once, compaction takes them out of the files, and keys are destroyed so
 * that what they protect is noise in every copy and backup (SEC-LOG-3, OPR-5, SNC 19.4).
 * Each act is a snapshot of its own. What is to be destroyed is named in its manifest, so that an act that was interrupted is ended by the
 * next one; a certificate tells what was destroyed (docs/formats/certificate.md). All demand GRANT_ERASE and GRANT_LOAD. */
#pragma once
#include "base/task.h"
#include "warehouse/store/store.h"

/* From now on nothing of these persons comes out of any snapshot: events, rows, ids, counts. NOT_FOUND, and nobody is excluded, when one of
 * them is in no snapshot. `reason` is kept as the label of the snapshot. *out_new: how many were not excluded before; with 0 there is no
 * new snapshot and *out_snapshot is the latest. */
MUST_CHECK bool store_exclude(struct store *store, const struct grant *grant, const int64_t *persons, size_t count, const char *reason,
                              uint32_t *out_snapshot, size_t *out_new, struct error *err);

/* What others knew of the store when it was opened. */
struct store_memory {
    bool differs;           /* what store_open refuses */
    uint32_t journal, keys; /* the newest snapshots that they know; 0: none */
    struct crypto_hash journal_hash, keys_hash;
};
struct store_memory store_memory(const struct store *store);
/* Takes a store as it is that was put back from an older copy than its keys and its journal know (opened with accepts_older), when there is
 * no newer one. Whom the keys know as excluded stays excluded: with *out_new of them there is a snapshot that adds them, else *out_snapshot
 * is the latest. From then on the store opens as any other. */
MUST_CHECK bool store_accept(struct store *store, const struct grant *grant, const char *reason, uint32_t *out_snapshot, size_t *out_new,
                             struct error *err);

/* What an act of erasure did. */
struct store_erasure {
    uint32_t snapshot; /* 0: there was nothing to do */
    uint64_t files, bytes;
    uint64_t persons, rows; /* that are in no file any more */
    char certificate[40];   /* "certificates/00000003.json", below the store's directory */
};
/* Writes every segment with excluded persons anew without them, makes a snapshot of the new files, and destroys the keys of the old ones
 * and of those that older snapshots have: such snapshots cannot be opened any more (ERASED). pool: borrowed. */
MUST_CHECK bool store_compact(struct store *store, const struct grant *grant, const char *reason, struct task_pool *pool,
                              struct progress *progress, struct store_erasure *out_erasure, struct error *err);
enum store_erase_what {
    STORE_ERASE_EXPIRED,  /* files whose authorisation is over */
    STORE_ERASE_SNAPSHOT, /* files of one snapshot that the latest has not */
    STORE_ERASE_ALL,      /* every file, and then the manifests: the store is over */
};
MUST_CHECK bool store_erase(struct store *store, const struct grant *grant, enum store_erase_what what, uint32_t snapshot,
                            const char *reason, struct store_erasure *out_erasure, struct error *err);

/* ---- certificates ---- */
struct store_certificate {
    uint8_t store_id[GRANT_STORE_ID_SIZE];
    uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE]; /* the one that it is signed with */
    uint32_t snapshot;
    int64_t decided; /* Unix seconds */
    uint64_t files, persons, rows;
};
/* CORRUPT unless the bytes are a certificate as emc2 wrote it. public_key NULL: the one that the document names, which shows that it was
 * not changed, not who wrote it. words: the text in the language ("en" or "fr") is appended, unless NULL. */
MUST_CHECK bool store_certificate_read(const void *bytes, size_t length, const uint8_t public_key[CRYPTO_PUBLIC_KEY_SIZE],
                                       struct store_certificate *out_certificate, const char *language, struct buffer *words,
                                       struct error *err);
