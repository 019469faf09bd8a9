/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_checkpoint: what a log says of itself, signed (c2sp.org/tlog-checkpoint): a note whose text is origin, size and root hash, a line
 * each. Witnesses add their cosignatures to the same note. */
#pragma once
#include "trust/ledger/ledger_merkle.h"
#include "trust/ledger/ledger_note.h"

struct checkpoint {
    char origin[NOTE_NAME_SIZE]; /* which log; emc2 demands that the log's key has this name */
    uint64_t size;
    struct crypto_hash root;
};
/* INVALID_INPUT unless the text of a note is a checkpoint. Extension lines are skipped: nobody can audit them. */
MUST_CHECK bool checkpoint_parse(struct checkpoint *out_checkpoint, struct text text, struct error *err);
MUST_CHECK bool checkpoint_print(const struct checkpoint *checkpoint, struct buffer *out_text, struct error *err);
/* The whole note, signed by the log. */
MUST_CHECK bool checkpoint_sign(const struct checkpoint *checkpoint, const struct note_signer *signer, struct buffer *out_note,
                                struct error *err);
/* A note that must be a checkpoint signed by `key` (NULL: whoever) and of its origin. DENIED when this key did not sign it, CORRUPT when
 * it did and the text is another. */
MUST_CHECK bool checkpoint_open(struct checkpoint *out_checkpoint, struct note *out_note, const void *bytes, size_t length,
                                const struct note_key *key, struct error *err);

/* How many of these witnesses have validly cosigned. CORRUPT when a cosignature of one of them is not of this text. */
MUST_CHECK bool checkpoint_witnesses(const struct note *note, const struct note_key *witnesses, size_t witness_count, unsigned *out_count,
                                     struct error *err);
/* DENIED unless at least `quorum` of them have. A witness that is named twice counts once. */
MUST_CHECK bool checkpoint_demand_quorum(const struct note *note, const struct note_key *witnesses, size_t witness_count, unsigned quorum,
                                         struct error *err);
