/* SPDX-License-Identifier: EUPL-1.2 */
/* How commands show numbers, sizes and times. */
#include "service/command/commands.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void counts_have_thin_groups(void **state)
{
    (void)state;
    char out[COUNT_TEXT_SIZE];
    assert_string_equal(count_text(0, out), "0");
    assert_string_equal(count_text(999, out), "999");
    assert_string_equal(count_text(1000, out), "1 000");
    assert_string_equal(count_text(1234567, out), "1 234 567");
    assert_string_equal(count_text(UINT64_MAX, out), "18 446 744 073 709 551 615");
}

static void sizes_and_times_are_readable(void **state)
{
    (void)state;
    char out[COUNT_TEXT_SIZE];
    assert_string_equal(bytes_text(999, out), "999 B");
    assert_string_equal(bytes_text(1500000, out), "1.5 MB");
    assert_string_equal(time_text(0, out), "1970-01-01 00:00:00 UTC");
    assert_string_equal(time_text(1795442700, out), "2026-11-23 14:05:00 UTC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts_have_thin_groups), cmocka_unit_test(sizes_and_times_are_readable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
