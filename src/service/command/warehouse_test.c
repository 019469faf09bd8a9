/* SPDX-License-Identifier: EUPL-1.2 */
/* A warehouse is made whole or can be made again. */
#include "base/file.h"
#include "base/scratch.h"
#include "service/command/warehouse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void what_failed_can_be_made_again(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *too_long = NULL;
    CLEANUP(secret) struct secret *right = NULL;
    const char *directory = scratch_path(&scratch, "warehouse");
    assert_true(secret_random(&too_long, 5000, &err) && secret_random(&right, 20, &err));
    assert_false(warehouse_create(directory, too_long, &err)); /* the store is made, its key cannot be */
    assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    assert_true(warehouse_create(directory, right, &err));
    assert_false(warehouse_create(directory, right, &err)); /* and what is whole is left alone */
    assert_int_equal(err.code, ERROR_EXISTS);
    bool exists = false;
    assert_true(file_exists(scratch_path(&scratch, "warehouse/keys/root.sealed"), &exists, &err) && exists);
    assert_true(file_exists(scratch_path(&scratch, "warehouse/store.json"), &exists, &err) && exists);
}

/* Makes a warehouse in a child that begins when the pipe is closed; its exit code says how that went. */
static pid_t begin_making(const char *directory, const int gate[2], const struct secret *passphrase)
{
    struct error err = {0};
    char byte;
    pid_t child = fork();
    if (child == 0) {
        close(gate[1]);
        bool is_open = read(gate[0], &byte, 1) == 0;
        _exit(!is_open ? 99 : warehouse_create(directory, passphrase, &err) ? 0 : error_exit_code(err.code));
    }
    return child;
}

static void many_at_once_make_one(void **state)
{
    (void)state;
    enum { CHILDREN = 20 };
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *passphrase = NULL;
    const char *directory = scratch_path(&scratch, "warehouse");
    int gate[2], made = 0;
    pid_t children[CHILDREN];
    assert_true(secret_random(&passphrase, 20, &err));
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = begin_making(directory, gate, passphrase);
    }
    close(gate[1]);
    close(gate[0]);
    for (int i = 0; i < CHILDREN; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        const int code = WEXITSTATUS(status);
        assert_true(code == 0 || code == error_exit_code(ERROR_EXISTS) || code == error_exit_code(ERROR_BUSY));
        made += code == 0;
    }
    assert_int_equal(made, 1);
    struct warehouse warehouse;
    struct invocation in = {.words = NULL};
    settings_defaults(&in.settings);
    if (!warehouse_open_with(&warehouse, &in, directory, passphrase, "test", GRANT_COUNT, &err)) {
        fail_msg("%s", err.message);
    }
    warehouse_close(&warehouse);
}

/* A key whose store.json is gone may be all that is left of a store: it is never made anew over it. */
static void a_key_is_never_overwritten(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(secret) struct secret *passphrase = NULL;
    assert_true(secret_random(&passphrase, 20, &err));
    assert_true(warehouse_create(scratch_path(&scratch, "warehouse"), passphrase, &err));
    assert_true(file_remove(scratch_path(&scratch, "warehouse/store.json"), &err));
    assert_false(warehouse_create(scratch_path(&scratch, "warehouse"), passphrase, &err));
    assert_int_equal(err.code, ERROR_EXISTS);
    assert_non_null(strstr(err.message, "key"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_failed_can_be_made_again), cmocka_unit_test(many_at_once_make_one),
                                       cmocka_unit_test(a_key_is_never_overwritten)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
