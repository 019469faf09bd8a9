/* SPDX-License-Identifier: EUPL-1.2 */
/* warehouse: how a command opens the warehouse it works on: directory, passphrase, keys, store, and the grant that the single operator
 * gives to themselves for exactly the actions of this command. Private to command. */
#pragma once
#include "service/command/invocation.h"
#include "service/command/journal.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"
#include "warehouse/store/store.h"

struct warehouse {
    const char *directory;
    struct secret *passphrase;
    struct custody custody;
    struct keyring *keyring;
    struct journal *journal;
    struct store *store;
    struct grant grant;
    struct store_reader *reader; /* with warehouse_open_reader */
    bool accepts_older;
    uint64_t tables;           /* of the grant, bit i: table i */
    const struct error *error; /* the command's: a refusal that stands in it when the warehouse is closed is entered in the log */
};
const char *warehouse_directory(const struct invocation *in);
/* From --passphrase-file, or asked for on the terminal (twice when `is_new`). */
MUST_CHECK bool warehouse_passphrase(const struct invocation *in, bool is_new, struct secret **out_passphrase, struct error *err);
/* A new one, from the file that `option` names, or asked for twice. */
MUST_CHECK bool warehouse_new_passphrase(const struct invocation *in, const char *option, struct secret **out_passphrase,
                                         struct error *err);
/* Makes the log of a warehouse whose key table was just made under this root, and enters how that came to be. threshold 0: a passphrase. */
MUST_CHECK bool warehouse_log_begin(const char *directory, const char *keys, const uint8_t store_id[GRANT_STORE_ID_SIZE],
                                    const struct secret *root, unsigned threshold, unsigned custodians, struct error *err);
/* Makes store, keys and log in `directory`. */
MUST_CHECK bool warehouse_create(const char *directory, const struct secret *passphrase, struct error *err);
/* Opens the keys through the keeper that --keeper names; or with the passphrase, when --passphrase-file names it; or through the keeper of
 * the warehouse, when its socket is there; or with the passphrase from the terminal. purpose stands in the grant. actions: grant_action. */
MUST_CHECK bool warehouse_open(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                               struct error *err);
/* The same with a grant for some tables only (bit i: table i). */
MUST_CHECK bool warehouse_open_tables(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                                      uint64_t tables, struct error *err);
/* The same for a warehouse that was put back from an older copy than its keys or its log know (store_accept). */
MUST_CHECK bool warehouse_open_older(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                                     struct error *err);
/* The same with a directory and a passphrase at hand (the demo). The passphrase is borrowed. */
MUST_CHECK bool warehouse_open_with(struct warehouse *out_warehouse, const struct invocation *in, const char *directory,
                                    const struct secret *passphrase, const char *purpose, uint32_t actions, struct error *err);
/* An entry of the log about what is done under the grant, on the reader's snapshot. object NULL: none. */
MUST_CHECK bool warehouse_entry(const struct warehouse *warehouse, enum ledger_act act, const struct crypto_hash *object,
                                struct journal_entry *out_entry, struct error *err);
/* The same, written at once: before the result is given out. secret_name NULL: nothing is private. */
MUST_CHECK bool warehouse_record(struct warehouse *warehouse, enum ledger_act act, const struct crypto_hash *object,
                                 const char *secret_name, struct text secret, struct error *err);
/* Enters that somebody was refused, when `why` is a refusal (DENIED, ERASED): for a command that goes on after it. */
void warehouse_refuse(struct warehouse *warehouse, const struct error *why);
/* Another grant in place of the one that it was opened with, for what a command does besides; entered in the log as that one was. */
MUST_CHECK bool warehouse_regrant(struct warehouse *warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                                  struct error *err);
MUST_CHECK bool warehouse_open_reader(struct warehouse *warehouse, uint32_t snapshot, struct error *err);
void warehouse_close(struct warehouse *warehouse);
static inline __attribute__((unused)) void warehouse_value_cleanup(struct warehouse *warehouse)
{
    warehouse_close(warehouse);
}
