/* SPDX-License-Identifier: EUPL-1.2 */
/* crash: an append is killed at every fault point that it passes, in a process of its own, and then stopped there by an error ("disk
 * full"). After each the log verifies, with the entries of before or with all of the new ones, and the next append works. */
#include "trust/ledger/ledger_example.h"
#include "trust/ledger/ledger_verify.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { BEFORE = 250, ADDED = 20, POINTS_MAX = 200 };
static struct note_signer signer;

static int child(const char *what, const char *directory)
{
    struct error err;
    CLEANUP(ledger) struct ledger *ledger = NULL;
    bool done = strcmp(what, "create") == 0
                    ? ledger_create(directory, &signer, &err)
                    : ledger_open(&ledger, directory, &signer, 0, &err) && example_append(ledger, BEFORE, ADDED, &err);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_child(const char *what, const char *directory, const char *fault, const char *trace)
{
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        setenv("EMC2_FAULT", fault, 1);
        setenv("EMC2_FAULT_TRACE", trace, 1);
        execl("/proc/self/exe", "crash_test", what, directory, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(process, &status, 0), process);
    return status;
}

/* A log of its own for each point: made once with all care, then copied without. */
static void prepare(struct scratch *scratch, const char *directory)
{
    struct error err;
    bool exists;
    char first[400];
    CLEANUP(ledger) struct ledger *ledger = NULL;
    snprintf(first, sizeof first, "%s", scratch_path(scratch, "prepared"));
    assert_true(file_exists(first, &exists, &err));
    if (exists) {
        example_copy(first, directory);
        return;
    }
    assert_true(ledger_create(first, &signer, &err));
    assert_true(ledger_open(&ledger, first, &signer, 0, &err));
    assert_true(example_append(ledger, 0, BEFORE, &err));
    prepare(scratch, directory);
}

static unsigned points_of(const char *what, struct scratch *scratch)
{
    struct error err;
    char directory[400];
    CLEANUP(buffer_value) struct buffer lines = {.maximum = 1 << 16};
    snprintf(directory, sizeof directory, "%s", scratch_path(scratch, "traced"));
    if (strcmp(what, "append") == 0) {
        prepare(scratch, directory);
    }
    int status = run_child(what, directory, "", scratch_path(scratch, "trace"));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    assert_true(file_read(scratch_path(scratch, "trace"), &lines, &err));
    unsigned count = 0;
    for (size_t i = 0; i < lines.length; i++) {
        count += lines.data[i] == '\n';
    }
    assert_true(count > 5 && count < POINTS_MAX);
    return count;
}

static uint64_t verified_size(const char *directory, unsigned point)
{
    struct error err;
    struct ledger_verified verified;
    const struct ledger_verify_options options = {.key = &signer.key};
    if (!ledger_verify(directory, &options, &verified, &err)) {
        fail_msg("after point %u: %s", point, err.message);
    }
    return verified.checkpoint.size;
}

static void stopped_at(struct scratch *scratch, unsigned point, bool is_error)
{
    struct error err;
    char directory[400], name[32], fault[32];
    snprintf(name, sizeof name, "log%u%s", point, is_error ? "e" : "");
    snprintf(directory, sizeof directory, "%s", scratch_path(scratch, name));
    snprintf(fault, sizeof fault, "*:%u%s", point, is_error ? ":error" : "");
    prepare(scratch, directory);
    int status = run_child("append", directory, fault, "");
    assert_true(is_error ? WIFEXITED(status) : WIFSIGNALED(status));
    uint64_t size = verified_size(directory, point);
    assert_true(size == BEFORE || size == BEFORE + ADDED);
    if (is_error && WEXITSTATUS(status) == EXIT_SUCCESS) { /* only the tidying up after the entries were durable may be skipped */
        assert_int_equal(size, BEFORE + ADDED);
    }
    CLEANUP(ledger) struct ledger *ledger = NULL;
    assert_true(ledger_open(&ledger, directory, &signer, 0, &err));
    assert_true(example_append(ledger, 7000, 20, &err)); /* other entries, where the dead append had put its own */
    assert_int_equal(verified_size(directory, point), size + 20);
    assert_true(directory_remove_all(directory, &err));
}

static void append_stopped_anywhere(void **state)
{
    (void)state;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    unsigned points = points_of("append", &scratch);
    for (unsigned point = 1; point <= points; point++) {
        stopped_at(&scratch, point, false);
        stopped_at(&scratch, point, true);
    }
}

/* A log that was not finished being made is made by the next try. */
static void create_stopped_anywhere(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    unsigned points = points_of("create", &scratch);
    for (unsigned point = 1; point <= points; point++) {
        char directory[400], name[32], fault[32];
        snprintf(name, sizeof name, "log%u", point);
        snprintf(directory, sizeof directory, "%s", scratch_path(&scratch, name));
        snprintf(fault, sizeof fault, "*:%u", point);
        assert_true(WIFSIGNALED(run_child("create", directory, fault, "")));
        bool done = ledger_create(directory, &signer, &err);
        assert_true(done || err.code == ERROR_EXISTS);
        assert_int_equal(verified_size(directory, point), 0);
    }
}

int main(int argc, char **argv)
{
    struct error err;
    if (!crypto_start(&err)) {
        return 1;
    }
    CLEANUP(secret) struct secret *seed = example_seed(1);
    signer = example_signer(seed, "example.org/log", NOTE_ED25519);
    if (argc == 3) {
        return child(argv[1], argv[2]);
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(append_stopped_anywhere), cmocka_unit_test(create_stopped_anywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
