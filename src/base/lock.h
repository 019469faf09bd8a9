/* SPDX-License-Identifier: EUPL-1.2 */
/* lock: one holder at a time, among processes and inside one. The lock is the kernel's (flock), so that it ends with the process, however
 * that ends; the words in the file only tell who holds it ("process 4711 on HOST since 2026-11-24 10:00:00 UTC, emc2 load"), and are
 * taken away with it. */
#pragma once
#include "base/error.h"

struct lock {
    bool is_held;
    int descriptor;
};
struct lock_place {
    const char *path;     /* of the lock's file: made when it is absent, never removed */
    const char *busy;     /* of the message when somebody else holds it: "another process is writing to this store" */
    const char *unusable; /* of the message when the file cannot be opened or locked; hint: what to do then */
    const char *hint;
};
/* Waits at most wait_ms (0: not at all), then BUSY, which names the holder. CANCELLED when the user stops it meanwhile. */
MUST_CHECK bool lock_take(struct lock *out_lock, const struct lock_place *place, unsigned wait_ms, struct error *err);
/* The same without waiting, and without an error when somebody else holds it: *out_taken tells. */
MUST_CHECK bool lock_try(struct lock *out_lock, const struct lock_place *place, bool *out_taken, struct error *err);
void lock_give(struct lock *lock); /* one that is not held is passed over */
static inline __attribute__((unused)) void lock_cleanup(struct lock *lock)
{
    lock_give(lock);
}
/* What this process does, in words that say nothing of anybody ("load"): stands in every lock that it takes from now on. */
void lock_says(const char *command);
