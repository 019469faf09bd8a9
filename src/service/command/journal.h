/* SPDX-License-Identifier: EUPL-1.2 */
/* journal: what commands write into the verifiable log of their warehouse (SEC-JOU-1, EHDS art. 73(1)(e)): who, what, under which grant, on
 * which snapshot. An act is entered before its result is given out. Numbers that could give somebody away, and words of the operator, are
 * committed to only; their openings lie sealed in WAREHOUSE/openings, 256 entries under one data key, for auditors, until that key is
 * destroyed (RET-LOG). Private to command. */
#pragma once
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"
#include "trust/ledger/ledger.h"
#include "warehouse/store/store.h"

struct journal;
/* EXISTS when the directory holds a log in which more is entered than that its keys were made: it is that of a warehouse whose store.json
 * is gone, and is not to be made anew. */
MUST_CHECK bool journal_refuse_used(const char *warehouse, struct error *err);
/* Makes the log of a new warehouse, in the place of one that an interrupted making left. EXISTS as above. */
MUST_CHECK bool journal_create(const char *warehouse, const struct keyring *keyring, struct error *err);
/* The keyring is borrowed. CORRUPT when the log is gone or is not signed by this warehouse. */
MUST_CHECK bool journal_open(struct journal **out_journal, const char *warehouse, const struct keyring *keyring, struct error *err);
void journal_close(struct journal *journal);
DEFINE_CLEANUP(journal, journal_close)
/* The store's memory of its snapshots; lives as long as the journal. */
const struct store_journal *journal_of_store(struct journal *journal);

/* A record of an act by the user of this process, now. grant NULL: none. */
MUST_CHECK bool journal_begin(struct ledger_record *out_record, enum ledger_act act, const struct grant *grant, struct error *err);
/* Adds the newest snapshot of the store: by it the log shows that a store was taken back to an earlier state. */
MUST_CHECK bool journal_head(struct ledger_record *record, uint32_t snapshot, const struct crypto_hash *manifest, struct error *err);
/* What stays private: `text` is committed to in the record, and kept for auditors. Borrowed until the entry is written. */
struct journal_private {
    const char *name;
    struct text text;
};
struct journal_entry {
    struct ledger_record record;
    struct journal_private secret; /* name NULL: none */
};
/* All or none, in one append; durable when it returns true. */
MUST_CHECK bool journal_write(struct journal *journal, const struct journal_entry *entries, size_t count, struct error *err);
MUST_CHECK bool journal_write_record(struct journal *journal, const struct ledger_record *record, struct error *err);
/* The same; when the log knows no other newest snapshot than this one, the record gets it, too (journal_head). Decided while nobody else
 * writes, so that a log that was put back from an older copy is not brought up to the store by whoever opens it. */
MUST_CHECK bool journal_write_with_head(struct journal *journal, struct ledger_record *record, uint32_t snapshot,
                                        const struct crypto_hash *manifest, struct error *err);
/* The same for a process that others wait for while they write (the keeper): when somebody else is writing, *out_done is false at once. */
MUST_CHECK bool journal_try(struct journal *journal, const struct journal_entry *entries, size_t count, bool *out_done, struct error *err);
/* The newest register of holders that was entered: generation and hash; generation 0 when there is none. */
MUST_CHECK bool journal_register(struct journal *journal, uint64_t *out_generation, struct crypto_hash *out_hash, struct error *err);
/* Reads the whole log under the key that the key table has, the key beside it, and every bundle of openings: each commitment must have its
 * opening unless it was forgotten. CORRUPT names the first thing that is not as it was written. */
MUST_CHECK bool journal_verify(struct journal *journal, struct error *err);
/* Appends the openings of one entry to out, a line of JSON each; nothing when it has none, or when they are forgotten. */
MUST_CHECK bool journal_openings(struct journal *journal, uint64_t entry, struct buffer *out, struct error *err);
/* Destroys the keys of all bundles of openings that lie wholly below `entry`, never of the one in use; enters that first. The grant must
 * allow GRANT_ERASE. */
MUST_CHECK bool journal_forget(struct journal *journal, uint64_t entry, const struct grant *grant, size_t *out_bundles, struct error *err);
