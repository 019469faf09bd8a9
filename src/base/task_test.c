/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of task: the same output for 1, 2 and 7 threads, the first failure in item order, bounds, cancellation, locks. Run under
 * ThreadSanitizer, too (preset tsan). */
#include "base/buffer.h"
#include "base/task.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned thread_counts[] = {1, 2, 7};
enum { ITEMS = 500 };

struct sums {
    uint64_t results[ITEMS];
    uint64_t scratch[7]; /* one for each worker: ThreadSanitizer sees when two share one */
    struct buffer merged;
    pthread_t caller;
    size_t next, run_fails, merge_fails; /* SIZE_MAX: none */
    _Atomic size_t runs, begun_max, merged_count, ahead_max;
};

/* Items differ in size, so that they end out of order. */
static bool run_sum(void *context, size_t index, unsigned worker, struct error *err)
{
    struct sums *sums = context;
    size_t ahead = index - atomic_load(&sums->merged_count);
    for (size_t seen = atomic_load(&sums->ahead_max); ahead < ITEMS && ahead > seen;) {
        if (atomic_compare_exchange_weak(&sums->ahead_max, &seen, ahead)) {
            break;
        }
    }
    atomic_fetch_add(&sums->runs, 1);
    uint64_t *scratch = &sums->scratch[worker];
    *scratch = index;
    for (uint64_t i = 0; i < (ITEMS - index) * 50; i++) {
        *scratch = *scratch * 6364136223846793005u + 1442695040888963407u;
    }
    sums->results[index] = *scratch;
    return index < sums->run_fails || FAIL(err, INVALID_INPUT, "item %zu is wrong", index);
}

static bool merge_sum(void *context, size_t index, struct error *err)
{
    struct sums *sums = context;
    assert_true(pthread_equal(pthread_self(), sums->caller));
    assert_int_equal(index, sums->next);
    sums->next++;
    atomic_fetch_add(&sums->merged_count, 1);
    TRY(index < sums->merge_fails || FAIL(err, CORRUPT, "merge %zu is wrong", index));
    return buffer_append_format(&sums->merged, err, "%zu:%llu\n", index, (unsigned long long)sums->results[index]);
}

static void sums_init(struct sums *sums)
{
    memset(sums, 0, sizeof *sums);
    sums->merged.maximum = 1 << 20;
    sums->run_fails = sums->merge_fails = SIZE_MAX;
    sums->caller = pthread_self();
}

static void test_same_for_any_threads(void **state)
{
    (void)state;
    static struct sums first, sums;
    for (size_t i = 0; i < 3; i++) {
        struct error err;
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        assert_int_equal(task_pool_threads(pool), thread_counts[i]);
        struct sums *into = i == 0 ? &first : &sums;
        for (int again = 0; again < 3; again++) { /* a pool is used many times */
            buffer_finish(&into->merged);
            sums_init(into);
            const struct task_set set = {.count = ITEMS, .run = run_sum, .merge = merge_sum, .context = into};
            assert_true(task_pool_run(pool, &set, &err));
            assert_int_equal(into->runs, ITEMS);
            assert_true(into->ahead_max <= 4 * thread_counts[i]); /* what waits to be merged is bounded */
        }
        assert_int_equal(into->merged.length, first.merged.length);
        assert_memory_equal(into->merged.data, first.merged.data, first.merged.length);
    }
    buffer_finish(&first.merged);
    buffer_finish(&sums.merged);
}

static void test_without_merge(void **state)
{
    (void)state;
    static struct sums sums;
    for (size_t i = 0; i < 3; i++) {
        struct error err;
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        sums_init(&sums);
        struct task_set set = {.count = ITEMS, .run = run_sum, .context = &sums};
        assert_true(task_pool_run(pool, &set, &err));
        assert_int_equal(sums.runs, ITEMS);
        set.count = 0;
        assert_true(task_pool_run(pool, &set, &err));
        assert_int_equal(sums.runs, ITEMS);
    }
}

/* The caller works beside the set; a failure is told where it is waited for. */
static void test_start_and_wait(void **state)
{
    (void)state;
    static struct sums sums;
    for (size_t i = 0; i < 3; i++) {
        struct error err;
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        assert_true(task_pool_wait(pool, &err));
        sums_init(&sums);
        const struct task_set set = {.count = ITEMS, .run = run_sum, .context = &sums};
        task_pool_start(pool, &set);
        assert_true(task_pool_wait(pool, &err));
        assert_int_equal(sums.runs, ITEMS);
        sums.run_fails = 3;
        task_pool_start(pool, &set);
        assert_false(task_pool_wait(pool, &err));
        assert_string_equal(err.message, "item 3 is wrong");
        assert_true(task_pool_wait(pool, &err));
    }
}

static void test_first_failure(void **state)
{
    (void)state;
    static struct sums sums;
    for (size_t i = 0; i < 3; i++) {
        struct error err;
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        for (int with_merge = 0; with_merge < 2; with_merge++) {
            sums_init(&sums);
            sums.run_fails = 100; /* and every item after it */
            const struct task_set set = {.count = ITEMS, .run = run_sum, .merge = with_merge ? merge_sum : NULL, .context = &sums};
            assert_false(task_pool_run(pool, &set, &err));
            assert_string_equal(err.message, "item 100 is wrong");
            assert_int_equal(sums.next, with_merge ? 100 : 0);
            assert_true(sums.runs < 100 + 7 + 1); /* what had not begun was skipped */
            buffer_finish(&sums.merged);
        }
        sums_init(&sums);
        sums.merge_fails = 50;
        sums.run_fails = 51;
        const struct task_set set = {.count = ITEMS, .run = run_sum, .merge = merge_sum, .context = &sums};
        assert_false(task_pool_run(pool, &set, &err));
        assert_string_equal(err.message, "merge 50 is wrong"); /* although item 51 may have failed earlier in time */
        assert_int_equal(err.code, ERROR_CORRUPT);
        assert_int_equal(sums.next, 51);
        sums.next = 0;
        assert_false(task_pool_run(pool, &set, NULL)); /* the caller may not care why */
        buffer_finish(&sums.merged);
    }
}

static bool run_cancels(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker, (void)err;
    atomic_fetch_add((_Atomic size_t *)context, 1);
    if (index == 10) {
        task_cancel();
    }
    return true;
}

static void test_cancellation(void **state)
{
    (void)state;
    struct error err;
    assert_false(task_cancelled());
    assert_true(task_check(&err));
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        _Atomic size_t runs = 0;
        const struct task_set set = {.count = 100000, .run = run_cancels, .context = &runs};
        assert_false(task_pool_run(pool, &set, &err));
        assert_int_equal(err.code, ERROR_CANCELLED);
        assert_true(runs < 100000);
        assert_true(task_cancelled());
        assert_false(task_check(&err));
        task_cancel_reset_for_tests();
    }
}

/* Both items wait for each other: only two threads at the same time get through. */
static bool run_meets(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)index, (void)worker, (void)err;
    _Atomic int *met = context;
    atomic_fetch_add(met, 1);
    while (atomic_load(met) < 2) {
        sched_yield();
    }
    return true;
}

static void test_runs_at_the_same_time(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    assert_true(task_pool_create(&pool, 2, &err));
    _Atomic int met = 0;
    const struct task_set set = {.count = 2, .run = run_meets, .context = &met};
    assert_true(task_pool_run(pool, &set, &err));
}

struct overlap {
    _Atomic bool merged_first;
};

/* Item 1 ends only after item 0 was merged: the merge does not wait for all items. */
static bool run_waits_for_merge(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)worker, (void)err;
    struct overlap *overlap = context;
    while (index == 1 && !atomic_load(&overlap->merged_first)) {
        sched_yield();
    }
    return true;
}

static bool merge_tells(void *context, size_t index, struct error *err)
{
    (void)index, (void)err;
    atomic_store(&((struct overlap *)context)->merged_first, true);
    return true;
}

static void test_merge_overlaps(void **state)
{
    (void)state;
    struct error err;
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(task_pool) struct task_pool *pool = NULL;
        assert_true(task_pool_create(&pool, thread_counts[i], &err));
        struct overlap overlap = {false};
        const struct task_set set = {.count = 2, .run = run_waits_for_merge, .merge = merge_tells, .context = &overlap};
        assert_true(task_pool_run(pool, &set, &err));
    }
}

static void test_pool_limits(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    assert_false(task_pool_create(&pool, 1025, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(task_pool_create(&pool, 0, &err));
    assert_true(task_pool_threads(pool) >= 1);
}

struct counter {
    struct task_lock *lock;
    uint64_t value; /* not atomic: the lock is what keeps it right */
};

static bool run_counts(void *context, size_t index, unsigned worker, struct error *err)
{
    (void)index, (void)worker, (void)err;
    struct counter *counter = context;
    for (int i = 0; i < 1000; i++) {
        task_lock_take(counter->lock);
        counter->value++;
        task_lock_give(counter->lock);
    }
    return true;
}

static void test_lock(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(task_pool) struct task_pool *pool = NULL;
    assert_true(task_pool_create(&pool, 4, &err));
    struct counter counter = {.lock = task_lock_create()};
    const struct task_set set = {.count = 20, .run = run_counts, .context = &counter};
    assert_true(task_pool_run(pool, &set, &err));
    assert_int_equal(counter.value, 20000);
    task_lock_destroy(counter.lock);
    task_lock_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_for_any_threads), cmocka_unit_test(test_without_merge), cmocka_unit_test(test_start_and_wait),
        cmocka_unit_test(test_first_failure),        cmocka_unit_test(test_cancellation),  cmocka_unit_test(test_runs_at_the_same_time),
        cmocka_unit_test(test_merge_overlaps),       cmocka_unit_test(test_pool_limits),   cmocka_unit_test(test_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
