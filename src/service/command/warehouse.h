/* SPDX-License-Identifier: EUPL-1.2 */
/* warehouse: how a command opens the warehouse it works on: directory, passphrase, keys, store, and the grant that the single operator
 * gives to themselves for exactly the actions of this command. Private to command. */
#pragma once
#include "service/command/invocation.h"
#include "trust/grant/grant.h"
#include "trust/keys/keys.h"
#include "warehouse/store/store.h"

struct warehouse {
    const char *directory;
    struct secret *passphrase;
    struct custody custody;
    struct keyring *keyring;
    struct store *store;
    struct grant grant;
    struct store_reader *reader; /* with warehouse_open_reader */
};
const char *warehouse_directory(const struct invocation *in);
/* From --passphrase-file, or asked for on the terminal (twice when `is_new`). */
MUST_CHECK bool warehouse_passphrase(const struct invocation *in, bool is_new, struct secret **out_passphrase, struct error *err);
/* A new one, from the file that `option` names, or asked for twice. */
MUST_CHECK bool warehouse_new_passphrase(const struct invocation *in, const char *option, struct secret **out_passphrase,
                                         struct error *err);
/* Makes store and keys in `directory`. */
MUST_CHECK bool warehouse_create(const char *directory, const struct secret *passphrase, struct error *err);
/* Opens the keys through the keeper that --keeper names; or with the passphrase, when --passphrase-file names it; or through the keeper of
 * the warehouse, when its socket is there; or with the passphrase from the terminal. purpose stands in the grant. actions: grant_action. */
MUST_CHECK bool warehouse_open(struct warehouse *out_warehouse, const struct invocation *in, const char *purpose, uint32_t actions,
                               struct error *err);
/* The same with a directory and a passphrase at hand (the demo). The passphrase is borrowed. */
MUST_CHECK bool warehouse_open_with(struct warehouse *out_warehouse, const struct invocation *in, const char *directory,
                                    const struct secret *passphrase, const char *purpose, uint32_t actions, struct error *err);
MUST_CHECK bool warehouse_open_reader(struct warehouse *warehouse, uint32_t snapshot, struct error *err);
void warehouse_close(struct warehouse *warehouse);
static inline __attribute__((unused)) void warehouse_value_cleanup(struct warehouse *warehouse)
{
    warehouse_close(warehouse);
}
