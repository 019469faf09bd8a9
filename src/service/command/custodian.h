/* SPDX-License-Identifier: EUPL-1.2 */
/* custodian: how a command reads a custodian's files and opens them with a passphrase or a token. Private to command. */
#pragma once
#include "base/buffer.h"
#include "service/command/invocation.h"
#include "trust/keys/keys_custody.h"

/* The lock of a custodian's file and what it borrows. */
struct custodian_lock {
    struct key_lock lock;
    struct secret *passphrase;
    struct token *token;
};
void custodian_lock_close(struct custodian_lock *lock);
static inline __attribute__((unused)) void custodian_lock_value_cleanup(struct custodian_lock *lock)
{
    custodian_lock_close(lock);
}
/* A token when is_token (--pkcs11-module, --pkcs11-token), otherwise a passphrase. secret_path: the file with passphrase or PIN, NULL:
 * asked for, with the custodian's name. */
MUST_CHECK bool custodian_lock_open(struct custodian_lock *out_lock, const struct invocation *in, const char *name, bool is_token,
                                    bool is_new, const char *secret_path, struct error *err);

/* Opens a custodian's file, then the share file with it. */
MUST_CHECK bool custodian_share_read(struct share *out_share, const struct invocation *in, const char *custodian_path,
                                     const char *share_path, const char *secret_path, struct error *err);
/* custody.json and its store. */
MUST_CHECK bool custody_path(char out[4096], const char *warehouse, struct error *err);
