/* SPDX-License-Identifier: EUPL-1.2 */
/* Small and large arrays can be written to their ends; sizes that no system has are refused. */
#include "base/bulk.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_sizes(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 1000, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 20};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint64_t *numbers = bulk_allocate(counts[i], sizeof *numbers);
        assert_non_null(numbers);
        memset(numbers, 0xA5, counts[i] * sizeof *numbers);
        free(numbers);
    }
}

static void test_refused(void **state)
{
    (void)state;
    assert_null(bulk_allocate(SIZE_MAX / 8 + 1, 8));
    assert_null(bulk_allocate(SIZE_MAX, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
