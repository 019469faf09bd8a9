/* SPDX-License-Identifier: EUPL-1.2 */
/* A warehouse is made whole or can be made again. */
#include "base/file.h"
#include "base/scratch.h"
#include "service/command/warehouse.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_failed_can_be_made_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
