/* SPDX-License-Identifier: EUPL-1.2 */
/* exclude: a store in which persons are excluded gives out, through every reading function, exactly what a store gives out that was loaded
 * without them. Random subsets, from nobody to everybody; older snapshots, later loads and rows of tables without persons, too. */
#include "warehouse/store/erasure_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- the tests ---- */
static void what_comes_out_is_what_others_left(void **state)
{
    (void)state;
    struct error err;
    const unsigned shares[] = {1, 5, 30, 70, 97, 100};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct made with = {.store = NULL}, without = {.store = NULL};
        uint8_t left_out[PERSONS] = {0};
        int64_t ids[PERSONS];
        uint32_t number;
        size_t new_ones;
        make(&with);
        make(&without);
        load(&with, 0, PERSONS, NULL);
        unsigned count = draw(left_out, 0, PERSONS, shares[i], ids);
        load(&without, 0, PERSONS, left_out);
        if (count > 0) {
            assert_true(store_exclude(with.store, &with.grant, ids, count, "objection", &number, &new_ones, &err));
            assert_int_equal(number, 2);
            assert_int_equal(new_ones, count);
        }
        assert_same(&with, 0, &without, 0);
        assert_same(&with, 1, &without, 1); /* the snapshot from before the exclusion, too */
        finish(&with);
        finish(&without);
    }
}

static void a_later_load_does_not_bring_them_back(void **state)
{
    (void)state;
    struct error err;
    struct made with = {.store = NULL}, without = {.store = NULL};
    uint8_t left_out[PERSONS] = {0};
    int64_t ids[PERSONS];
    uint32_t number;
    size_t new_ones;
    make(&with);
    make(&without);
    load(&with, 0, PERSONS / 2, NULL);
    unsigned count = draw(left_out, 0, PERSONS / 2, 20, ids);
    assert_true(count > 2);
    assert_true(store_exclude(with.store, &with.grant, ids, count / 2, "first", &number, &new_ones, &err));
    assert_true(store_exclude(with.store, &with.grant, ids, count, "second", &number, &new_ones, &err));
    assert_int_equal(new_ones, count - count / 2);
    assert_true(store_exclude(with.store, &with.grant, ids, count, "again", &number, &new_ones, &err));
    assert_int_equal(new_ones, 0);
    assert_int_equal(number, 3);
    load(&without, 0, PERSONS / 2, left_out);
    assert_int_equal(load(&with, PERSONS / 2, PERSONS / 2, NULL), 4); /* others, beside */
    load(&without, PERSONS / 2, PERSONS / 2, NULL);
    assert_same(&with, 0, &without, 0);
    uint8_t others[PERSONS];
    for (unsigned i = 0; i < PERSONS; i++) {
        others[i] = !left_out[i];
    }
    load(&with, 0, PERSONS / 2, others); /* the excluded ones once more: they may be loaded, and stay away */
    assert_same(&with, 0, &without, 0);
    assert_same(&with, 1, &without, 1);
    finish(&with);
    finish(&without);
}

static void who_is_unknown_is_told_and_nobody_is_excluded(void **state)
{
    (void)state;
    struct error err;
    struct made made = {.store = NULL}, other = {.store = NULL};
    const int64_t ids[] = {id_of(3), id_of(4) + 1, id_of(5)};
    uint32_t number;
    size_t new_ones;
    make(&made);
    make(&other);
    load(&made, 0, 20, NULL);
    load(&other, 0, 20, NULL);
    assert_false(store_exclude(made.store, &made.grant, ids, 3, "objection", &number, &new_ones, &err));
    assert_int_equal(err.code, ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "1 of the 3 persons are unknown here, the first of them in place 2"));
    assert_true(store_snapshot_latest(made.store, &made.grant, &number, &err));
    assert_int_equal(number, 1);
    assert_same(&made, 0, &other, 0);
    struct grant loader;
    assert_true(example_grant(made.keyring, GRANT_LOAD, &loader, &err));
    assert_false(store_exclude(made.store, &loader, ids, 1, "objection", &number, &new_ones, &err));
    assert_int_equal(err.code, ERROR_DENIED);
    finish(&made);
    finish(&other);
}

static int start(void **state)
{
    (void)state;
    struct error err;
    snprintf(base, sizeof base, "/tmp/emc2_exclude_test_XXXXXX");
    return crypto_start(&err) && mkdtemp(base) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    struct error err;
    return directory_remove_all(base, &err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_out_is_what_others_left),
        cmocka_unit_test(a_later_load_does_not_bring_them_back),
        cmocka_unit_test(who_is_unknown_is_told_and_nobody_is_excluded),
    };
    return cmocka_run_group_tests(tests, start, end);
}
