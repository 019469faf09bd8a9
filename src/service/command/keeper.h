/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper: where the keeper of a warehouse is, and which custody its keys have. Private to command. */
#pragma once
#include "service/command/invocation.h"
#include "trust/keys/keys_keeper.h"

/* --keeper, or keys/keeper.sock of the warehouse; whether or not it is there. */
MUST_CHECK bool keeper_socket_path(const struct invocation *in, char out_path[4096], struct error *err);
/* By the files in the directory of the keys: custody.json, and no root key under a passphrase. */
MUST_CHECK bool keeper_custody_is_threshold(const char *keys, bool *out_is_threshold, struct error *err);
/* BUSY when the keeper of the warehouse is unsealed: it would go on with keys that a change of the root key makes old. */
MUST_CHECK bool keeper_is_no_obstacle(const struct invocation *in, struct error *err);
