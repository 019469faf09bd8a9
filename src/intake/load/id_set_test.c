/* SPDX-License-Identifier: EUPL-1.2 */
/* id_set: against a plain sorted list, for dense, sparse, negative, extreme and changing keys. */
#include "intake/load/id_set.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 20000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Adds the keys twice: the first time each is new as often as it was not seen before. */
static void check(const int64_t *keys, size_t count)
{
    struct error err;
    __attribute__((cleanup(id_set_value_cleanup))) struct id_set set = {.seed = 4711};
    int64_t *sorted = malloc(count * sizeof *sorted), *listed = NULL;
    size_t distinct = 0, new_ones = 0;
    bool is_new = false;
    memcpy(sorted, keys, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count; i++) {
        distinct += i == 0 || sorted[i] != sorted[i - 1];
        sorted[distinct - 1] = sorted[i];
    }
    for (size_t i = 0; i < count; i++) {
        const bool had = id_set_has(&set, keys[i]);
        assert_true(id_set_add(&set, keys[i], &is_new, &err));
        assert_true(is_new != had);
        assert_true(id_set_has(&set, keys[i]));
        new_ones += is_new;
    }
    assert_int_equal(new_ones, distinct);
    assert_int_equal(set.count, distinct);
    for (size_t i = 0; i < count; i++) {
        assert_true(id_set_add(&set, keys[i], &is_new, &err));
        assert_false(is_new);
        const int64_t other = (int64_t)((uint64_t)keys[i] + 1);
        const bool there = bsearch(&other, sorted, distinct, sizeof other, compare) != NULL;
        assert_true(id_set_has(&set, other) == there);
    }
    assert_true(id_set_list(&set, &listed, &err));
    assert_memory_equal(listed, sorted, distinct * sizeof *sorted);
    assert_true(set.smallest == sorted[0] && set.largest == sorted[distinct - 1]);
    free(listed);
    free(sorted);
}

static void dense_sparse_and_both(void **state)
{
    (void)state;
    static int64_t keys[KEYS];
    uint64_t random = 88172645463325252u;
    for (int64_t i = 0; i < KEYS; i++) {
        keys[i] = i + 1000000007;
    }
    check(keys, KEYS);
    for (int64_t i = 0; i < KEYS; i++) {
        keys[i] = 50000 - i; /* downwards, through zero */
    }
    check(keys, KEYS);
    for (int64_t i = 0; i < KEYS; i++) {
        keys[i] = (int64_t)next_random(&random);
    }
    check(keys, KEYS);
    for (int64_t i = 0; i < KEYS; i++) {
        keys[i] = (int64_t)(next_random(&random) % (KEYS * 2)); /* twice the same */
    }
    keys[3] = 0;
    check(keys, KEYS);
    for (int64_t i = 0; i < KEYS; i++) {
        keys[i] = i < 5 ? i * (INT64_MAX / 5) : i; /* sparse first, dense after */
    }
    check(keys, KEYS);
}

static void extremes(void **state)
{
    (void)state;
    const int64_t keys[] = {INT64_MAX, INT64_MIN, 0, -1, 1, INT64_MIN + 1, INT64_MAX - 1, 0, INT64_MIN};
    check(keys, sizeof keys / sizeof keys[0]);
    check(keys, 1);
    const int64_t lowest[] = {INT64_MIN + 100, INT64_MIN + 1, INT64_MIN, INT64_MIN + 7};
    check(lowest, 4);
    const int64_t highest[] = {INT64_MAX - 100, INT64_MAX, INT64_MAX - 1};
    check(highest, 3);
}

static void dense_keys_are_cheap(void **state)
{
    (void)state;
    struct error err;
    __attribute__((cleanup(id_set_value_cleanup))) struct id_set set = {0};
    bool is_new = false;
    for (int64_t i = 0; i < 1000000; i++) {
        assert_true(id_set_add(&set, i * 7 % 1000000 + 5000000000, &is_new, &err));
        assert_true(is_new);
    }
    assert_true(id_set_bytes(&set) <= 1000000 / 4);
    int64_t *ids = NULL;
    struct id_set empty = {0};
    assert_false(id_set_has(&empty, 0));
    assert_true(id_set_list(&empty, &ids, &err));
    assert_null(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_sparse_and_both),
        cmocka_unit_test(extremes),
        cmocka_unit_test(dense_keys_are_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
