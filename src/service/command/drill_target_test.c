/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_target: the root key opens the table, another key does not, and a directory without one is no target. */
#include "base/scratch.h"
#include "service/command/drill_target.h"
#include "trust/keys/keys.h"
#include "warehouse/store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void only_the_root_opens(void **state)
{
    CLEANUP(scratch) struct scratch scratch = scratch_open();
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(secret) struct secret *root = NULL;
    struct error err = {0};
    struct drill_target target;
    uint8_t id[GRANT_STORE_ID_SIZE], key[32];
    bool is_there = true;
    const char *warehouse = arena_text_format(arena, "%s/w", scratch.directory);
    const char *keys = arena_text_format(arena, "%s/keys", warehouse);
    (void)state;
    assert_true(crypto_start(&err) && store_create(warehouse, id, &err));
    assert_true(drill_target_of(warehouse, arena, &target, &is_there, &err));
    assert_false(is_there);
    assert_true(directory_create(keys, 0700, &err) && secret_random(&root, CRYPTO_KEY_SIZE, &err));
    assert_true(keyring_create(keys, id, root, &err));
    assert_true(drill_target_of(warehouse, arena, &target, &is_there, &err));
    assert_true(is_there);
    memcpy(key, secret_view(root), sizeof key);
    assert_true(target.opens(target.context, key));
    key[31] ^= 1;
    assert_false(target.opens(target.context, key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_the_root_opens)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
