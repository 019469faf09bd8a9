/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger: an append-only log in a directory, in the layout of c2sp.org/tlog-tiles: checkpoint, tile/..., and beside them log.vkey (the
 * public key, for convenience: who verifies has it from elsewhere) and lock. Nothing in it is secret.
 * A *ledger* appends; a *view* reads the log as it was at one checkpoint, and may be open while others append. */
#pragma once
#include "base/buffer.h"
#include "trust/ledger/ledger_checkpoint.h"
#include "trust/ledger/ledger_record.h"
#include "trust/ledger/ledger_tile.h"

enum { LEDGER_LOCK_WAIT_MS = 10000 };

/* Makes the directory (its parent must be there) and the checkpoint of the empty log. EXISTS when there is a log already. The name of
 * the signer's key becomes the origin. */
MUST_CHECK bool ledger_create(const char *directory, const struct note_signer *signer, struct error *err);

struct ledger;
/* lock_wait_ms: how long an append waits for another one, 0 for LEDGER_LOCK_WAIT_MS. The signer is copied, its context borrowed. Fails
 * unless the checkpoint is signed by this key. */
MUST_CHECK bool ledger_open(struct ledger **out_ledger, const char *directory, const struct note_signer *signer, unsigned lock_wait_ms,
                            struct error *err);
void ledger_close(struct ledger *ledger);
DEFINE_CLEANUP(ledger, ledger_close)
/* All of the entries or none; durable when it returns true. *out_first (NULL is fine) is the index of the first. When it fails, the log
 * is as before (after IO of the very last step, perhaps with the entries: read the checkpoint), and the next append repairs what a
 * crash left. BUSY names who holds the lock; CORRUPT when the files do not fit their checkpoint. */
MUST_CHECK bool ledger_append(struct ledger *ledger, const struct text *entries, size_t count, uint64_t *out_first, struct error *err);
MUST_CHECK bool ledger_append_record(struct ledger *ledger, const struct ledger_record *record, struct error *err);
MUST_CHECK bool ledger_append_records(struct ledger *ledger, const struct ledger_record *records, size_t count, uint64_t *out_first,
                                      struct error *err);
/* The log's size and root now, its signature verified: what a manifest of the store holds. */
MUST_CHECK bool ledger_head(const struct ledger *ledger, struct checkpoint *out_checkpoint, struct error *err);

/* Adds a witness' cosignature (one line of a note, as note_sign writes it) to the checkpoint, in place of an older one of the same key.
 * NOT_FOUND when the checkpoint is not this text any more: the log has grown, and the witness signs again. */
MUST_CHECK bool ledger_cosignature_add(const char *directory, struct text checkpoint_text, struct text line, unsigned lock_wait_ms,
                                       struct error *err);

/* The key of log.vkey. */
MUST_CHECK bool ledger_key_read(const char *directory, struct note_key *out_key, struct error *err);

struct ledger_view;
/* key: NULL reads without verifying the signature. NOT_FOUND when there is no log. */
MUST_CHECK bool ledger_view_open(struct ledger_view **out_view, const char *directory, const struct note_key *key, struct error *err);
void ledger_view_close(struct ledger_view *view);
DEFINE_CLEANUP(ledger_view, ledger_view_close)
const struct checkpoint *ledger_view_checkpoint(const struct ledger_view *view);
const struct note *ledger_view_note(const struct ledger_view *view);
struct text ledger_view_note_bytes(const struct ledger_view *view);
/* Points into the view until the next call. What it gives is not verified: prove it, or verify the directory (ledger_verify.h). */
MUST_CHECK bool ledger_view_entry(struct ledger_view *view, uint64_t index, struct text *out_entry, struct error *err);
/* Proofs against the view's checkpoint; they are checked before they are given: CORRUPT when the files do not fit it. */
MUST_CHECK bool ledger_view_prove(struct ledger_view *view, uint64_t index, struct merkle_proof *out_proof, struct error *err);
MUST_CHECK bool ledger_view_prove_consistency(struct ledger_view *view, const struct checkpoint *earlier, struct merkle_proof *out_proof,
                                              struct error *err);
/* Copies the log as it is at the view's checkpoint into a new directory: what to publish, and no file more. The checkpoint comes last.
 * EXISTS when there is a log already. */
MUST_CHECK bool ledger_view_copy(struct ledger_view *view, const char *directory, struct error *err);
/* A proof of inclusion as text (c2sp.org/tlog-proof), with the checkpoint, to be shown to anybody. */
MUST_CHECK bool ledger_view_proof_print(struct ledger_view *view, uint64_t index, struct buffer *out, struct error *err);
