/* SPDX-License-Identifier: EUPL-1.2 */
/* lock: one append at a time, also from several processes. Private to ledger. */
#pragma once
#include "base/error.h"

struct log_lock {
    int descriptor;
};
/* Waits at most wait_ms, then BUSY, which names who holds it. */
MUST_CHECK bool log_lock_take(struct log_lock *lock, const char *directory, unsigned wait_ms, struct error *err);
void log_lock_give(struct log_lock *lock);
