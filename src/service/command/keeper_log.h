/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_log: what a keeper enters in the verifiable log. It never waits for the lock of the log, because whoever has that may be waiting
 * for the keeper, and while it is sealed it has no key to sign with: what cannot be entered yet waits, in memory, in a queue with a bound.
 * Nobody who is refused can fill the queue: offers and refusals of one kind by one user are one entry with a count. Private to command. */
#pragma once
#include "service/command/journal.h"
#include "trust/keys/keys_keeper.h"

struct keeper_log;
struct keeper_log *keeper_log_create(const char *warehouse); /* the path is borrowed */
void keeper_log_destroy(struct keeper_log *log);
DEFINE_CLEANUP(keeper_log, keeper_log_destroy)
/* The two functions of a keeper_listener. */
MUST_CHECK bool keeper_log_act(void *context, const struct keeper_act *act, struct error *err);
/* Keeps a place for the KEEPER_ACT_KEYS_OPENED that will come. BUSY: there is none, and nothing can be entered now. */
MUST_CHECK bool keeper_log_ready(void *context, const struct keyring *keyring, struct error *err);
size_t keeper_log_waiting(const struct keeper_log *log);
