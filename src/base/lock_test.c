/* SPDX-License-Identifier: EUPL-1.2 */
/* lock: who holds it, for how long others wait, and that it ends with its holder. */
#include "base/calendar.h"
#include "base/lock.h"
#include "base/scratch.h"
#include "base/task.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct lock_place place_of(const char *path)
{
    return (struct lock_place){.path = path, .busy = "somebody is counting", .unusable = "nobody can count", .hint = "ask for a pencil"};
}

static void the_holder_is_named_and_gives_it_back(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const struct lock_place place = place_of(scratch_path(&scratch, "lock"));
    struct lock lock = {0}, other = {0};
    uint64_t size;
    char expected[64];
    lock_says("load");
    assert_true(lock_take(&lock, &place, 0, &err));
    assert_false(lock_take(&other, &place, 0, &err));
    assert_false(other.is_held);
    assert_int_equal(err.code, ERROR_BUSY);
    snprintf(expected, sizeof expected, "somebody is counting: process %ld on ", (long)getpid());
    assert_memory_equal(err.message, expected, strlen(expected));
    assert_non_null(strstr(err.message, " UTC, emc2 load"));
    lock_give(&lock);
    lock_give(&lock); /* once is enough */
    assert_true(file_size(place.path, &size, &err) && size == 0);
    assert_true(lock_take(&other, &place, 0, &err));
    lock_give(&other);
    lock_says("");
}

static void others_wait_until_their_time_is_over(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const struct lock_place place = place_of(scratch_path(&scratch, "lock"));
    struct lock lock = {0}, other = {0};
    bool is_taken = true;
    assert_true(lock_take(&lock, &place, 0, &err));
    int64_t start = clock_monotonic_ns();
    assert_false(lock_take(&other, &place, 60, &err));
    assert_int_equal(err.code, ERROR_BUSY);
    assert_non_null(strstr(err.message, "waited 60 ms"));
    assert_in_range(clock_monotonic_ns() - start, 60000000, INT64_MAX);
    assert_true(lock_try(&other, &place, &is_taken, &err));
    assert_false(is_taken);
    lock_give(&lock);
    assert_true(lock_try(&other, &place, &is_taken, &err));
    assert_true(is_taken && other.is_held);
    lock_give(&other);
}

/* Holds the lock in another process until it is killed. */
static pid_t holder_start(const struct lock_place *place)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t process = fork();
    if (process == 0) {
        struct lock lock = {0};
        struct error err;
        bool done = lock_take(&lock, place, 0, &err) && write(ready[1], "r", 1) == 1;
        while (done) {
            done = pause() == -1;
        }
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return process;
}

static void a_lock_ends_with_its_process(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const struct lock_place place = place_of(scratch_path(&scratch, "lock"));
    struct lock lock = {0};
    char expected[32];
    pid_t holder = holder_start(&place);
    assert_false(lock_take(&lock, &place, 0, &err));
    snprintf(expected, sizeof expected, "process %ld ", (long)holder);
    assert_non_null(strstr(err.message, expected));
    kill(holder, SIGKILL);
    assert_true(lock_take(&lock, &place, 10000, &err)); /* the waiting one gets it */
    waitpid(holder, NULL, 0);
    lock_give(&lock);
}

static void on_alarm(int number)
{
    (void)number;
}

static void signals_do_not_shorten_the_waiting(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const struct lock_place place = place_of(scratch_path(&scratch, "lock"));
    struct lock lock = {0}, other = {0};
    const struct sigaction act = {.sa_handler = on_alarm};
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    assert_true(lock_take(&lock, &place, 0, &err));
    sigaction(SIGALRM, &act, NULL);
    int64_t start = clock_monotonic_ns();
    setitimer(ITIMER_REAL, &often, NULL);
    assert_false(lock_take(&other, &place, 50, &err));
    setitimer(ITIMER_REAL, &never, NULL);
    assert_int_equal(err.code, ERROR_BUSY);
    assert_in_range(clock_monotonic_ns() - start, 50000000, INT64_MAX);
    task_cancel();
    assert_false(lock_take(&other, &place, 3600000, &err)); /* and the user can stop it */
    assert_int_equal(err.code, ERROR_CANCELLED);
    task_cancel_reset_for_tests();
    lock_give(&lock);
}

static void only_a_plain_file_is_a_lock(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    struct lock lock = {0};
    bool is_taken;
    const char *link = scratch_path(&scratch, "link");
    assert_int_equal(symlink("elsewhere", link), 0);
    struct lock_place place = place_of(link);
    assert_false(lock_take(&lock, &place, 0, &err));
    assert_int_equal(err.code, ERROR_IO);
    assert_string_equal(err.hint, "ask for a pencil");
    const char *pipe_path = scratch_path(&scratch, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    place = place_of(pipe_path);
    assert_false(lock_try(&lock, &place, &is_taken, &err));
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    place = place_of(scratch_path(&scratch, "absent/lock"));
    assert_false(lock_take(&lock, &place, 0, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_false(lock.is_held);
}

static void foreign_words_are_not_repeated(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    const struct lock_place place = place_of(scratch_path(&scratch, "lock"));
    struct lock lock = {0}, other = {0};
    assert_true(lock_take(&lock, &place, 0, &err));
    assert_int_equal(pwrite(lock.descriptor, "process \033[2J", 12, 0), 12);
    assert_false(lock_take(&other, &place, 0, &err));
    assert_non_null(strstr(err.message, "it has not said who it is"));
    assert_null(strchr(err.message, '\033'));
    lock_give(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_holder_is_named_and_gives_it_back), cmocka_unit_test(others_wait_until_their_time_is_over),
        cmocka_unit_test(a_lock_ends_with_its_process),          cmocka_unit_test(signals_do_not_shorten_the_waiting),
        cmocka_unit_test(only_a_plain_file_is_a_lock),           cmocka_unit_test(foreign_words_are_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
