/* SPDX-License-Identifier: EUPL-1.2 */
/* log_key: where a command finds the log, and public keys given as words or files. Private to command. */
#pragma once
#include "service/command/invocation.h"
#include "trust/ledger/ledger.h"

/* --from, or ledger of the warehouse. In the invocation's arena. */
const char *log_directory(const struct invocation *in);
/* A vkey, or a file that holds one. */
MUST_CHECK bool log_key_take(const char *vkey_or_file, struct note_key *out_key, struct error *err);
