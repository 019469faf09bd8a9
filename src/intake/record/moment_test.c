/* SPDX-License-Identifier: EUPL-1.2 */
/* Partial dates, offsets, and the summer time of France on the days of the Official Journal. */
#include "intake/record/record_moment.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void assert_moment(const char *text, int zone, const char *wanted_day, int wanted_seconds)
{
    struct moment moment = {0};
    char shown[DAY_TEXT_SIZE];
    assert_int_equal(moment_read(text_of(text), false, zone, &moment), MOMENT_TAKEN);
    day_to_text(moment.day, shown);
    assert_string_equal(shown, wanted_day);
    assert_int_equal(moment.has_time ? moment.seconds : -1, wanted_seconds);
}

static void test_times(void **state)
{
    (void)state;
    assert_moment("2024-02-29", MOMENT_ZONE_FRANCE, "2024-02-29", -1);
    assert_moment("2024-01-10T23:30:00Z", MOMENT_ZONE_FRANCE, "2024-01-11", 1800); /* +01:00: the day changes */
    assert_moment("2024-07-10T22:30:00Z", MOMENT_ZONE_FRANCE, "2024-07-11", 1800); /* +02:00 */
    assert_moment("2024-07-10T23:30:00+02:00", MOMENT_ZONE_FRANCE, "2024-07-10", 84600);
    assert_moment("2024-01-10 14:30:00", MOMENT_ZONE_FRANCE, "2024-01-10", 52200);
    assert_moment("2024-01-15 10:30:00+01", MOMENT_ZONE_FRANCE, "2024-01-15", 37800);
    assert_moment("2024-01-10T00:00:00-05:00", -300, "2024-01-10", 0);
    assert_moment("2024-01-10T14:30:15.123Z", 0, "2024-01-10", 52215);
    assert_moment("2024-01-10T14:30", 0, "2024-01-10", 52200);
}

static void test_partial(void **state)
{
    (void)state;
    struct moment moment = {0};
    char shown[DAY_TEXT_SIZE];
    assert_int_equal(moment_read(TEXT("2023"), true, 0, &moment), MOMENT_PARTIAL);
    day_to_text(moment.day, shown);
    assert_string_equal(shown, "2023-12-31");
    assert_int_equal(moment_read(TEXT("2023-02"), true, 0, &moment), MOMENT_PARTIAL);
    day_to_text(moment.day, shown);
    assert_string_equal(shown, "2023-02-28");
    assert_int_equal(moment_read(TEXT("2023-02"), false, 0, &moment), MOMENT_PARTIAL);
    day_to_text(moment.day, shown);
    assert_string_equal(shown, "2023-02-01");
}

static void test_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "abcd",
                                        "2023-13",
                                        "2023-02-29",
                                        "2023-1-1",
                                        "20230101",
                                        "2023-01-01T",
                                        "2023-01-01T25:00:00Z",
                                        "2023-01-01T10:00:00+",
                                        "2023-01-01T10:00:00+15:00",
                                        "2023-01-01T10:00:00Zx",
                                        "2023-01-01x10:00:00",
                                        "2023-01-01T10:00:00.",
                                        "9999-12-31T23:59:59-12:00"};
    struct moment moment = {.seconds = 7};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(moment_read(text_of(wrong[i]), false, MOMENT_ZONE_FRANCE, &moment), MOMENT_INVALID);
        assert_int_equal(moment.seconds, 7);
    }
}

/* Changes as published: 1995-09-24, 1996-10-27, 2024-03-31, 2024-10-27, at 01:00 UTC. */
static void test_summer(void **state)
{
    (void)state;
    static const struct {
        int64_t change;
        int before, after;
    } changes[] = {{811904400, 120, 60}, {846378000, 120, 60}, {1711846800, 60, 120}, {1729990800, 120, 60}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        assert_int_equal(moment_france_offset_minutes(changes[i].change - 1), changes[i].before);
        assert_int_equal(moment_france_offset_minutes(changes[i].change), changes[i].after);
    }
    assert_int_equal(moment_france_offset_minutes(-1), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_times), cmocka_unit_test(test_partial), cmocka_unit_test(test_wrong),
                                       cmocka_unit_test(test_summer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
