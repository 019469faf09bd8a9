/* SPDX-License-Identifier: EUPL-1.2 */
/* ledger_openings: where the salts and texts behind commitments are kept, outside the public log: one sealed file for each bundle of 256
 * entries, so that one data key each (trust/keys) protects it, and destroying that key forgets all of them. The caller seals and opens.
 * A file holds lines of JSON, one an opening: {"entry":812,"name":"person","salt":"<64 hex digits>","text":"..."}; such a line is what an
 * auditor is shown. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "trust/ledger/ledger_record.h"

/* Both append to out. `bundle` is the index of the bundle: entries 256 * bundle and after. */
struct ledger_vault {
    bool (*seal)(void *context, uint64_t bundle, struct text plain, struct buffer *out, struct error *err);
    bool (*open)(void *context, uint64_t bundle, struct text sealed, struct buffer *out, struct error *err);
    void *context;
};
struct ledger_kept_opening {
    uint64_t entry;
    struct ledger_opening opening;
};
/* Adds openings, sorted by entry, to DIRECTORY/<bundle in 8 digits>.openings; durable on return. Call it before the entries themselves
 * are appended, with the index that they will have: what a crash left of entries that never came is thrown away, because everything from
 * the first entry given on is replaced. */
MUST_CHECK bool ledger_openings_keep(const char *directory, const struct ledger_vault *vault, const struct ledger_kept_opening *openings,
                                     size_t count, struct error *err);
/* Every opening of one bundle, in the order of the file; what `visit` gets lives until it returns. Nothing when there is no such file. */
MUST_CHECK bool ledger_openings_visit(const char *directory, const struct ledger_vault *vault, uint64_t bundle,
                                      bool (*visit)(void *context, const struct ledger_kept_opening *kept, struct error *err),
                                      void *context, struct error *err);
/* The openings of one entry; texts live in `result`. *out_count is 0 when there are none. Fails as the vault does once its key is gone. */
MUST_CHECK bool ledger_openings_read(const char *directory, const struct ledger_vault *vault, uint64_t entry, struct arena *result,
                                     struct ledger_opening out_openings[LEDGER_PRIVATE_MAX], size_t *out_count, struct error *err);
/* One line, without a line feed; and back. */
MUST_CHECK bool ledger_opening_print(const struct ledger_kept_opening *kept, struct buffer *out, struct error *err);
MUST_CHECK bool ledger_opening_parse(struct ledger_kept_opening *out_kept, struct text line, struct arena *result, struct error *err);
