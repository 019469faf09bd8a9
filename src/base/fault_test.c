/* SPDX-License-Identifier: EUPL-1.2 */
/* Tests of fault, each in a child process that reads its own environment. The last one kills an atomic write at each of its points and
 * proves that a reader sees the old file or the new one, never anything else. */
#include "base/fault.h"
#include "base/file.h"
#include "base/scratch.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct child {
    const char *rule, *trace;
    int (*body)(const char *argument);
    const char *argument;
};

/* The exit code, or minus the signal. */
static int run(const struct child *child)
{
    fflush(NULL);
    pid_t process = fork();
    if (process == 0) {
        setenv("EMC2_FAULT", child->rule ? child->rule : "", 1);
        setenv("EMC2_FAULT_TRACE", child->trace ? child->trace : "", 1);
        fault_reset_for_tests();
        fclose(stderr);
        _exit(child->body(child->argument));
    }
    int status = 0;
    waitpid(process, &status, 0);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Passes a, b, a, b, a; answers how many points were passed. */
static int pass_points(const char *argument)
{
    (void)argument;
    static const char *const names[] = {"a", "b", "a", "b", "a"};
    for (int i = 0; i < 5; i++) {
        struct error err;
        if (!fault_point(names[i], &err)) {
            return err.code == ERROR_IO ? i : 99;
        }
    }
    return 5;
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        int expected;
    } cases[] = {{NULL, 5},         {"", 5},           {"c:1", 5},        {"a:4", 5},           {"a:1", -SIGKILL},  {"b:2", -SIGKILL},
                 {"*:5", -SIGKILL}, {"*:6", 5},        {"a:2:error", 2},  {"*:4:error", 3},     {"b:1:error", 1},   {"a", -SIGABRT},
                 {":1", -SIGABRT},  {"a:0", -SIGABRT}, {"a:x", -SIGABRT}, {"a:1:no", -SIGABRT}, {"a:-1", -SIGABRT}, {"a:", -SIGABRT},
                 {"a:2:short", 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct child child = {.rule = cases[i].rule, .body = pass_points};
        int got = run(&child);
        if (got != cases[i].expected) {
            fail_msg("%s: %d instead of %d", cases[i].rule ? cases[i].rule : "(unset)", got, cases[i].expected);
        }
    }
}

static void test_trace(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const char *trace = scratch_path(&scratch, "trace");
    const struct child child = {.trace = trace, .body = pass_points};
    assert_int_equal(run(&child), 5);
    CLEANUP(buffer_value) struct buffer content = {.maximum = 1000};
    assert_true(file_read(trace, &content, &err));
    assert_string_equal((char *)content.data, "a\nb\na\nb\na\n");
}

static int write_new(const char *path)
{
    struct error err;
    return file_write_atomic(path, "new", 3, 0600, &err) ? 0 : (int)err.code;
}

static void assert_old_or_new(const char *path)
{
    struct error err;
    CLEANUP(buffer_value) struct buffer content = {.maximum = 100};
    assert_true(file_read(path, &content, &err));
    assert_true(strcmp((char *)content.data, "old") == 0 || strcmp((char *)content.data, "new") == 0);
}

static void test_atomic_write_survives(void **state)
{
    (void)state;
    static const char *const points[] = {"file_write", "file_sync", "file_rename", "file_sync_directory"};
    for (int passage = 1; passage <= 9; passage++) {
        struct error err;
        CLEANUP(scratch) struct scratch scratch = scratch_open();
        char path[400], rule[64], trace[400];
        snprintf(path, sizeof path, "%s", scratch_path(&scratch, "f"));
        snprintf(trace, sizeof trace, "%s", scratch_path(&scratch, "trace"));
        assert_true(file_write_atomic(path, "old", 3, 0600, &err));
        snprintf(rule, sizeof rule, "*:%d", passage);
        const struct child killed = {.rule = rule, .trace = trace, .body = write_new, .argument = path};
        int got = run(&killed);
        assert_int_equal(got, passage <= 4 ? -SIGKILL : 0);
        assert_old_or_new(path);
        CLEANUP(buffer_value) struct buffer passed = {.maximum = 1000};
        assert_true(file_read(trace, &passed, &err));
        if (passage <= 4) {
            assert_non_null(strstr((char *)passed.data, points[passage - 1]));
        }
        const struct child again = {.body = write_new, .argument = path};
        assert_int_equal(run(&again), 0); /* what the crash left does not stop the next write */
        snprintf(rule, sizeof rule, "*:%d:error", passage);
        const struct child failing = {.rule = rule, .body = write_new, .argument = path};
        assert_int_equal(run(&failing), passage <= 4 ? (int)ERROR_IO : 0);
        assert_int_not_equal(access(scratch_path(&scratch, "f.tmp"), F_OK), 0); /* an error cleans up after itself */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_atomic_write_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
