/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of progress and log: the words of a line, and what really reaches standard error when it is no terminal. */
#include "base/calendar.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/progress_line.h"
#include "base/scratch.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const int64_t SECOND_NS = 1000000000;

static void assert_line(struct progress_state state, const char *expected)
{
    char line[PROGRESS_LINE_SIZE];
    size_t length = progress_line_format(line, &state);
    assert_string_equal(line, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_lines(void **state)
{
    (void)state;
    struct progress_state half = {.what = "load", .unit = "rows", .done = 1234567, .total = 2469134, .elapsed_ns = 10 * SECOND_NS};
    assert_line(half, "load:  50 %  1,234,567 of 2,469,134 rows, 123.5 k rows/s, 0:10 left");
    half.columns = 120;
    assert_line(half, "load: [###############...............]  50 %  1,234,567 of 2,469,134 rows, 123.5 k rows/s, 0:10 left");
    half.columns = 20;
    assert_line(half, "load:  50 %  1,234,");
    half.columns = 0;
    half.ended = true;
    assert_line(half, "load: 1,234,567 rows, 123.5 k rows/s (10.0 s)");
    struct progress_state open = {.what = "scan", .unit = "persons", .done = 812, .elapsed_ns = SECOND_NS};
    assert_line(open, "scan: 812 persons, 812 persons/s");
    open.elapsed_ns = 0;
    assert_line(open, "scan: 812 persons");
    struct progress_state slow = {.what = "x", .unit = "y", .done = 1, .total = 10001, .elapsed_ns = SECOND_NS};
    assert_line(slow, "x:   0 %  1 of 10,001 y, 1 y/s, 2:46:40 left");
    struct progress_state fast = {.what = "x", .unit = "y", .done = 12000000, .total = 5, .elapsed_ns = SECOND_NS};
    assert_line(fast, "x: 100 %  12,000,000 of 5 y, 12.0 M y/s");
}

static void test_long_names(void **state)
{
    (void)state;
    char name[300], line[PROGRESS_LINE_SIZE];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    const struct progress_state odd = {
        .what = name, .unit = name, .done = UINT64_MAX, .total = UINT64_MAX - 1, .elapsed_ns = INT64_MAX, .columns = 65535};
    assert_true(progress_line_format(line, &odd) < PROGRESS_LINE_SIZE);
}

/* Standard error goes into a file of the scratch directory between these two. */
static int divert(struct scratch *scratch)
{
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    int file = open(scratch_path(scratch, "stderr"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, STDERR_FILENO);
    close(file);
    return kept;
}

static void restore(int kept, struct scratch *scratch, struct buffer *out)
{
    struct error err;
    dup2(kept, STDERR_FILENO);
    close(kept);
    buffer_clear(out);
    assert_true(buffer_reserve(out, 1, &err));
    assert_true(file_read(scratch_path(scratch, "stderr"), out, &err));
}

static void test_plain_output(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    int kept = divert(&scratch);
    struct progress *progress = progress_begin("load", 0, "rows", false);
    progress_total(progress, 100);
    for (int i = 0; i < 100; i++) {
        progress_add(progress, 1);
    }
    progress_end(progress);
    progress = progress_begin("secret", 0, "rows", true);
    progress_add(progress, 5);
    progress_end(progress);
    progress_add(NULL, 1);
    progress_total(NULL, 1);
    progress_end(NULL);
    restore(kept, &scratch, &out);
    assert_ptr_equal(strstr((char *)out.data, "load: 100 rows"), out.data); /* one line, without a terminal's sequences */
    assert_ptr_equal(strchr((char *)out.data, '\n'), out.data + out.length - 1);
    assert_null(strchr((char *)out.data, '\033'));
    assert_null(strstr((char *)out.data, "secret"));
}

/* On a pseudo-terminal the bar is drawn over itself, and a line of the log wipes it first. */
static void test_terminal_output(void **state)
{
    (void)state;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        skip(); /* no pseudo-terminals here */
    }
    char name[64], out[4096] = "";
    assert_int_equal(ptsname_r(master, name, sizeof name), 0);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    int terminal = open(name, O_RDWR | O_NOCTTY);
    dup2(terminal, STDERR_FILENO);
    struct progress *progress = progress_begin("load", 100, "rows", false);
    assert_true(progress_on_screen());
    int64_t begun = clock_monotonic_ns();
    while (clock_monotonic_ns() - begun < SECOND_NS / 4) {
        progress_add(progress, 1);
        usleep(10000);
    }
    log_write(LOG_LEVEL_INFO, "base", "between");
    progress_end(progress);
    assert_false(progress_on_screen());
    dup2(kept, STDERR_FILENO);
    for (size_t length = 0; !strstr(out, " s)\r\n");) { /* the terminal gives what was written in pieces */
        ssize_t got = read(master, out + length, sizeof out - 1 - length);
        assert_true(got > 0);
        length += (size_t)got;
    }
    close(kept);
    close(terminal);
    close(master);
    assert_ptr_equal(strstr(out, "\r\033[Kload: "), out);
    assert_non_null(strstr(out, "% "));
    assert_non_null(strstr(out, "\r\033[K2")); /* the year of the log line */
    assert_non_null(strstr(out, " base: between"));
    assert_int_equal(out[strlen(out) - 1], '\n');
}

static void test_log(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    clock_set_for_tests(951782400);
    int kept = divert(&scratch);
    log_write(LOG_LEVEL_DEBUG, "base", "not shown");
    log_set_level(LOG_LEVEL_DEBUG);
    log_write(LOG_LEVEL_DEBUG, "base", "%d of\n\033[2J%d", 1, 2);
    log_set_level(LOG_LEVEL_ERROR);
    log_write(LOG_LEVEL_WARNING, "base", "not shown");
    struct error err;
    FAIL(&err, INVALID_INPUT, "a field is wrong");
    error_context(&err, "row 7");
    error_hint(&err, "correct it");
    log_error("load", &err);
    log_set_level(LOG_LEVEL_INFO);
    restore(kept, &scratch, &out);
    clock_set_for_tests(0);
    assert_string_equal((char *)out.data, "2000-02-29 00:00:00Z debug   base: 1 of\\x0a\\x1b[2J2\n"
                                          "2000-02-29 00:00:00Z error   load: a field is wrong (INVALID_INPUT)\n"
                                          "2000-02-29 00:00:00Z error   load:   in row 7\n"
                                          "2000-02-29 00:00:00Z error   load:   hint: correct it\n");
}

static void test_long_log_line(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    char words[5000];
    memset(words, 'w', sizeof words);
    words[sizeof words - 1] = '\0';
    int kept = divert(&scratch);
    log_write(LOG_LEVEL_INFO, words, "%s", words);
    restore(kept, &scratch, &out);
    assert_true(out.length > 900 && out.length <= 1024);
    assert_int_equal(out.data[out.length - 1], '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),           cmocka_unit_test(test_long_names), cmocka_unit_test(test_plain_output),
        cmocka_unit_test(test_terminal_output), cmocka_unit_test(test_log),        cmocka_unit_test(test_long_log_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
