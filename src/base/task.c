/* SPDX-License-Identifier: EUPL-1.2 */
/* task: a fixed pool that takes items in order, and a caller that merges in order. An item may begin only while it is less than a
 * window ahead of the merge, so that results that wait to be merged are bounded, too. Items begin in order, hence everything before a
 * failed item has begun and ends normally, and the first failure in item order is the same for any number of threads. */
#include "base/task.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS_MAX = 1024, AHEAD_OF_MERGE = 4 }; /* items for each thread that may wait to be merged */

struct worker {
    struct task_pool *pool;
    pthread_t thread;
    unsigned number;
};

struct task_pool {
    unsigned threads, started;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    bool closing;
    const struct task_set *set; /* NULL between runs; under the lock, as all below */
    size_t next;                /* the first item that has not begun */
    size_t merged;              /* items before it are merged */
    size_t running;
    bool *finished; /* a ring over the items that may be ahead of the merge */
    size_t ring;
    bool stopped;  /* nothing begins any more */
    size_t failed; /* the first item that failed, or SIZE_MAX */
    struct error failure;
    struct worker workers[];
};

static _Thread_local const struct task_pool *pool_of_thread;

/* ---- cancellation ---- */

static _Atomic int cancelled; /* lock-free: safe in a signal handler */

void task_cancel(void)
{
    atomic_store(&cancelled, 1);
}

bool task_cancelled(void)
{
    return atomic_load_explicit(&cancelled, memory_order_relaxed) != 0;
}

bool task_check(struct error *err)
{
    return !task_cancelled() || FAIL(err, CANCELLED, "stopped by the user");
}

void task_cancel_reset_for_tests(void)
{
    atomic_store(&cancelled, 0);
}

/* ---- workers ---- */

static bool may_begin(const struct task_pool *pool)
{
    const struct task_set *set = pool->set;
    return set && !pool->stopped && pool->next < set->count && (!set->merge || pool->next - pool->merged < pool->ring);
}

static void note_failure(struct task_pool *pool, size_t index, const struct error *err)
{
    pool->stopped = true;
    if (index < pool->failed) {
        pool->failed = index;
        pool->failure = *err;
    }
}

/* Runs one item with the lock given away meanwhile. */
static void run_item(struct task_pool *pool, unsigned worker)
{
    size_t index = pool->next++;
    const struct task_set *set = pool->set;
    pool->running++;
    pthread_mutex_unlock(&pool->lock);
    struct error err;
    error_clear(&err);
    bool done = task_check(&err) && set->run(set->context, index, worker, &err);
    pthread_mutex_lock(&pool->lock);
    pool->running--;
    if (!done) {
        note_failure(pool, index, &err);
    }
    pool->finished[index % pool->ring] = true;
    if (set->merge || pool->running == 0) {
        pthread_cond_signal(&pool->done);
    }
}

static void *worker_main(void *argument)
{
    const struct worker *worker = argument;
    struct task_pool *pool = worker->pool;
    pool_of_thread = pool;
    pthread_mutex_lock(&pool->lock);
    while (!pool->closing) {
        if (may_begin(pool)) {
            run_item(pool, worker->number);
        } else {
            pthread_cond_wait(&pool->work, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* ---- the pool ---- */

static unsigned cores(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : (unsigned)count;
}

/* Signals go to the main thread, which knows what to do with them. */
static bool start_workers(struct task_pool *pool, struct error *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (!failed && pool->started < pool->threads) {
        struct worker *worker = &pool->workers[pool->started];
        *worker = (struct worker){.pool = pool, .number = pool->started};
        failed = pthread_create(&worker->thread, NULL, worker_main, worker);
        pool->started += failed ? 0 : 1;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed || FAIL(err, LIMIT, "the system gives no more than %u threads", pool->started);
}

bool task_pool_create(struct task_pool **out_pool, unsigned threads, struct error *err)
{
    if (threads > THREADS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "%u threads are more than %d", threads, THREADS_MAX);
    }
    threads = threads ? threads : cores();
    struct task_pool *created = calloc(1, sizeof *created + threads * sizeof created->workers[0]);
    if (!created) {
        return FAIL(err, LIMIT, "the system has no memory for %u threads", threads);
    }
    pthread_mutex_init(&created->lock, NULL);
    pthread_cond_init(&created->work, NULL);
    pthread_cond_init(&created->done, NULL);
    CLEANUP(task_pool) struct task_pool *pool = created;
    pool->threads = threads;
    pool->ring = (size_t)threads * AHEAD_OF_MERGE;
    pool->finished = calloc(pool->ring, sizeof pool->finished[0]);
    if (!pool->finished) {
        return FAIL(err, LIMIT, "the system has no memory for %u threads", threads);
    }
    TRY(start_workers(pool, err));
    *out_pool = pool;
    pool = NULL;
    return true;
}

void task_pool_destroy(struct task_pool *pool)
{
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->started; i++) {
        pthread_join(pool->workers[i].thread, NULL);
    }
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->finished);
    free(pool);
}

unsigned task_pool_threads(const struct task_pool *pool)
{
    return pool->threads;
}

/* Merges item pool->merged, which is finished, with the lock given away meanwhile. */
static void merge_item(struct task_pool *pool)
{
    size_t index = pool->merged;
    const struct task_set *set = pool->set;
    pthread_mutex_unlock(&pool->lock);
    struct error err;
    error_clear(&err);
    bool done = task_check(&err) && set->merge(set->context, index, &err);
    pthread_mutex_lock(&pool->lock);
    if (!done) {
        note_failure(pool, index, &err);
    }
    pool->finished[index % pool->ring] = false;
    pool->merged++;
    pthread_cond_signal(&pool->work);
}

/* Under the lock: merges what is finished, in order, up to the end or to the first failure. */
static void merge_in_order(struct task_pool *pool)
{
    while (pool->merged < pool->set->count && pool->merged < pool->failed) {
        if (pool->finished[pool->merged % pool->ring]) {
            merge_item(pool);
        } else {
            pthread_cond_wait(&pool->done, &pool->lock); /* it runs, or is about to: items begin in order */
        }
    }
}

/* With the lock. */
static void set_begin(struct task_pool *pool, const struct task_set *set)
{
    assert(pool_of_thread != pool); /* an item that waits for its own pool would wait for ever */
    assert(!pool->set);             /* one run at a time */
    pool->set = set;
    pool->next = pool->merged = 0;
    pool->stopped = false;
    pool->failed = SIZE_MAX;
    memset(pool->finished, 0, pool->ring * sizeof pool->finished[0]);
    pthread_cond_broadcast(&pool->work);
}

/* With the lock. */
static bool set_end(struct task_pool *pool, struct error *err)
{
    while (pool->running > 0 || may_begin(pool)) {
        pthread_cond_wait(&pool->done, &pool->lock);
    }
    pool->set = NULL;
    const bool done = pool->failed == SIZE_MAX;
    if (!done && err) {
        *err = pool->failure;
    }
    return done;
}

bool task_pool_run(struct task_pool *pool, const struct task_set *set, struct error *err)
{
    pthread_mutex_lock(&pool->lock);
    set_begin(pool, set);
    if (set->merge) {
        merge_in_order(pool);
    }
    const bool done = set_end(pool, err);
    pthread_mutex_unlock(&pool->lock);
    return done;
}

void task_pool_start(struct task_pool *pool, const struct task_set *set)
{
    assert(!set->merge);
    pthread_mutex_lock(&pool->lock);
    set_begin(pool, set);
    pthread_mutex_unlock(&pool->lock);
}

bool task_pool_wait(struct task_pool *pool, struct error *err)
{
    pthread_mutex_lock(&pool->lock);
    const bool done = !pool->set || set_end(pool, err);
    pthread_mutex_unlock(&pool->lock);
    return done;
}

/* ---- locks ---- */

struct task_lock {
    pthread_mutex_t mutex;
};

struct task_lock *task_lock_create(void)
{
    struct task_lock *lock = malloc(sizeof *lock);
    if (!lock || pthread_mutex_init(&lock->mutex, NULL) != 0) {
        fprintf(stderr, "emc2: the system has no memory left for a lock: stop other programs\n");
        abort();
    }
    return lock;
}

void task_lock_destroy(struct task_lock *lock)
{
    if (lock) {
        pthread_mutex_destroy(&lock->mutex);
        free(lock);
    }
}

void task_lock_take(struct task_lock *lock)
{
    pthread_mutex_lock(&lock->mutex);
}

void task_lock_give(struct task_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
}
