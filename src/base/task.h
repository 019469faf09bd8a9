/* SPDX-License-Identifier: EUPL-1.2 */
/* task: an ordered fork-join over items (segments, files). The only place with threads and locks. Items run on a fixed pool, in any
 * order; `merge` runs on the calling thread in item order, so output is bit-identical for any number of threads. */
#pragma once
#include "base/error.h"
#include <stddef.h>

struct task_pool;
struct task_set {
    size_t count;
    /* Runs item `index` with `worker` in 0..threads-1 (for per-worker scratch). May run at the same time as others. */
    bool (*run)(void *context, size_t index, unsigned worker, struct error *err);
    /* NULL, or called once for each item, in order, on the thread that called task_pool_run. */
    bool (*merge)(void *context, size_t index, struct error *err);
    void *context;
};

MUST_CHECK bool task_pool_create(struct task_pool **out_pool, unsigned threads, struct error *err); /* 0: one per core */
void task_pool_destroy(struct task_pool *pool);
DEFINE_CLEANUP(task_pool, task_pool_destroy)
unsigned task_pool_threads(const struct task_pool *pool);
/* The first failure in item order is returned, and what has not begun is skipped. CANCELLED once task_cancel was called. */
MUST_CHECK bool task_pool_run(struct task_pool *pool, const struct task_set *set, struct error *err);

/* The same in two steps, for a set without merge: the caller does something else between them. `set` outlives both. */
void task_pool_start(struct task_pool *pool, const struct task_set *set);
MUST_CHECK bool task_pool_wait(struct task_pool *pool, struct error *err); /* true at once when nothing was started */

/* Cancellation for the whole process (SIGINT): every loop over outside work asks. Safe in a signal handler. */
void task_cancel(void);
bool task_cancelled(void);
MUST_CHECK bool task_check(struct error *err); /* fails with CANCELLED */
void task_cancel_reset_for_tests(void);

/* For a structure that several workers share and change (the block cache of the store): a plain lock, nothing more. */
struct task_lock;
struct task_lock *task_lock_create(void);
void task_lock_destroy(struct task_lock *lock);
void task_lock_take(struct task_lock *lock);
void task_lock_give(struct task_lock *lock);
