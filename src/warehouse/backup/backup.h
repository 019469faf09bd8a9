/* SPDX-License-Identifier: EUPL-1.2 */
/* backup: a warehouse's files, copied as they are (encrypted) to another directory, verified, and made a warehouse again. No key and no
 * passphrase is needed, and no key is ever copied with the data: keys/ goes to a medium of its own, where each copy replaces the one
 * before, so that a destroyed key is gone from there, too (SEC-LOG-3, OPR-5). Written description: docs/formats/backup.md. Words. object:
 * the bytes of one file, named by their hash. index: backup.json, which names the objects that make up the warehouse. */
#pragma once
#include "base/error.h"
#include "base/task.h"
#include <stdint.h>

struct backup_report {
    uint64_t files, bytes;               /* that the backup holds now, or that were verified or restored */
    uint64_t copied_files, copied_bytes; /* by this run */
    uint64_t gone;                       /* kept, although the warehouse no longer has them */
    uint64_t removed;                    /* objects that nothing names any more */
    double seconds;
};
struct backup_options {
    bool prune; /* forget files that the warehouse no longer has */
    bool quiet;
};

/* Copies what is not there yet and then replaces the index: interrupted anywhere, the backup before is whole. Loads may go on meanwhile.
 * DENIED when a directory lies inside the other, in a copy of keys, or when a file outside keys/ holds a key; EXISTS when TO is something
 * else or the backup of another store; BUSY when another backup runs or the store's files keep vanishing. */
MUST_CHECK bool backup_make(const char *warehouse, const char *to, const struct backup_options *options, struct backup_report *out_report,
                            struct error *err);
/* Reads every object. Calls problem for each that is missing or changed; fails only when it cannot go on. */
MUST_CHECK bool backup_verify(const char *from, struct task_pool *pool, bool quiet,
                              void (*problem)(void *context, const char *file, const char *what), void *context, uint64_t *out_problems,
                              struct backup_report *out_report, struct error *err);
/* Makes the directory `to`, which must not exist; each byte is compared with its hash on the way. keys: a copy made by backup_keys, or
 * NULL. All of it goes to TO.partial first. CORRUPT names the first file that is not what was backed up. */
MUST_CHECK bool backup_restore(const char *from, const char *keys, const char *to, bool quiet, struct backup_report *out_report,
                               struct error *err);
/* Replaces the copy of keys/ in TO (TO/store.json, TO/keys/...), which is made when it is absent. DENIED when TO lies inside a backup or
 * the warehouse, EXISTS when it holds something else or the keys of another store. */
MUST_CHECK bool backup_keys(const char *warehouse, const char *to, struct backup_report *out_report, struct error *err);
