/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_witness: an outside body that looks at each new checkpoint of a log and cosigns it only if the log still begins with what the
 * witness has cosigned before. Whoever sees enough cosignatures knows that everybody is shown the same log.
 * A witness' state is one file, STATE/checkpoint: the last note that it cosigned, with its own signature line. Durable before it is told.
 */
#pragma once
#include "trust/ledger/ledger_checkpoint.h"

enum witness_verdict {
    WITNESS_COSIGN,
    WITNESS_ROLLBACK,     /* the log is shorter than it was */
    WITNESS_FORK,         /* as long as it was, with another root */
    WITNESS_INCONSISTENT, /* longer, and not shown to begin with what it was */
    WITNESS_OTHER_LOG     /* of another origin */
};
/* The decision, and nothing else. last: NULL when the witness has never seen the log. */
enum witness_verdict ledger_witness_judge(const struct checkpoint *last, const struct checkpoint *now, const struct merkle_proof *proof);
const char *ledger_witness_verdict_text(enum witness_verdict verdict);

struct witness_outcome {
    struct checkpoint checkpoint;
    bool is_first; /* nothing was known of the log: it is trusted from here on */
    uint64_t grown_by;
};
/* Reads the log's directory (a mount or a copy will do), judges, signs and stores. CORRUPT when it refuses, with the verdict; DENIED when
 * the checkpoint is not signed by the log's key, or the state is not this witness'. The line is appended to out_line (NULL is fine). */
MUST_CHECK bool ledger_witness_run(const char *log_directory, const char *state_directory, const struct note_key *log_key,
                                   const struct note_signer *witness, int64_t unix_seconds, struct witness_outcome *out_outcome,
                                   struct buffer *out_line, struct error *err);
