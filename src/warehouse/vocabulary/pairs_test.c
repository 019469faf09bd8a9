/* SPDX-License-Identifier: EUPL-1.2 */
/* The radix sorts against qsort, and the promises that the indexes rest on: stable, ascending, distinct. */
#include "warehouse/vocabulary/pairs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 5000 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 20;
}

static void pairs_sort_is_stable(void **state)
{
    (void)state;
    struct pair items[COUNT], scratch[COUNT];
    uint64_t seed = 1;
    for (size_t i = 0; i < COUNT; i++) {
        items[i] = (struct pair){next_random(&seed) % 700 << (i % 2 ? 40 : 0), i};
    }
    pairs_sort(items, scratch, COUNT);
    for (size_t i = 1; i < COUNT; i++) {
        assert_true(items[i - 1].key < items[i].key || (items[i - 1].key == items[i].key && items[i - 1].value < items[i].value));
    }
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void ids_sort_gives_distinct_ascending_ids(void **state)
{
    (void)state;
    int64_t items[COUNT], scratch[COUNT], expected[COUNT];
    uint64_t seed = 2;
    for (size_t i = 0; i < COUNT; i++) {
        items[i] = expected[i] = (int64_t)(next_random(&seed) % 3000) - 1000;
    }
    qsort(expected, COUNT, sizeof(expected[0]), compare_ids);
    size_t distinct = 0;
    for (size_t i = 0; i < COUNT; i++) {
        if (distinct == 0 || expected[distinct - 1] != expected[i]) {
            expected[distinct++] = expected[i];
        }
    }
    assert_int_equal(ids_sort(items, scratch, COUNT), distinct);
    assert_memory_equal(items, expected, distinct * sizeof(items[0]));
    assert_int_equal(ids_sort(items, scratch, 0), 0);
    assert_int_equal(ids_sort(items, scratch, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_sort_is_stable),
        cmocka_unit_test(ids_sort_gives_distinct_ascending_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
