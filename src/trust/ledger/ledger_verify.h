/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_verify: is a directory the log that it claims to be? Only the public key and the files are needed. The first thing that is wrong,
 * from the checkpoint, then entry 0 upwards, is named: it is the error's message, which holds `checkpoint`, `entry N` or the name of a
 * tile. Codes: DENIED wrong key or too few witnesses; CORRUPT anything that was changed; NOT_FOUND no log there. */
#pragma once
#include "trust/ledger/ledger_checkpoint.h"

struct ledger_verify_options {
    const struct note_key *key;
    /* Signed checkpoints that somebody kept: the log must begin with each. */
    const struct text *since;
    size_t since_count;
    const struct note_key *witnesses;
    size_t witness_count;
    unsigned quorum;
    bool any_entries; /* do not demand that entries are records of emc2 (a log of somebody else) */
};
struct ledger_verified {
    struct checkpoint checkpoint;
    uint64_t entry_bytes;
    unsigned witnesses; /* of those named, how many have cosigned */
};
MUST_CHECK bool ledger_verify(const char *directory, const struct ledger_verify_options *options, struct ledger_verified *out_verified,
                              struct error *err);
