/* SPDX-License-Identifier: EUPL-1.2 */
/* passphrase: a passphrase or PIN from a private file, or typed on the terminal without being shown. Never from an argument, the
 * environment or standard input. Private to command. */
#pragma once
#include "base/error.h"
#include "trust/crypto/crypto.h"

struct passphrase_wish {
    const char *what;     /* "passphrase" or "PIN" */
    const char *question; /* "passphrase of the warehouse" */
    const char *option;   /* the option that names the file, for the hint */
    bool is_new;          /* asked for twice; a passphrase has at least 8 bytes */
    bool is_pin;          /* may be shorter than a passphrase */
};
/* path: a file of mode 0600 whose first line it is; NULL: asked for on the terminal. */
MUST_CHECK bool passphrase_get(const struct passphrase_wish *wish, const char *path, struct secret **out_passphrase, struct error *err);
