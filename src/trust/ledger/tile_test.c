/* SPDX-License-Identifier: EUPL-1.2 */
/* tile: the examples of c2sp.org/tlog-tiles (paths, widths of a tree of 70,000 and of 256), and bundles there and back. */
#include "trust/ledger/ledger_tile.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void paths(void **state)
{
    (void)state;
    static const struct {
        struct tile tile;
        const char *path;
    } known[] = {
        {{0, 1234067, 256}, "tile/0/x001/x234/067"}, /* tlog-tiles, "Merkle Tree" */
        {{1, 0, 17}, "tile/1/000.p/17"},
        {{TILE_ENTRIES, 999, 256}, "tile/entries/999"},
        {{TILE_ENTRIES, 1000, 255}, "tile/entries/x001/000.p/255"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char path[TILE_PATH_SIZE];
        struct tile back;
        tile_path(known[i].tile, path);
        assert_string_equal(path, known[i].path);
        assert_true(tile_path_parse(text_of(path), &back));
        assert_true(back.level == known[i].tile.level && back.index == known[i].tile.index && back.width == known[i].tile.width);
    }
    static const char *const wrong[] = {"tile/0/0",           "tile/0/0000",
                                        "tile/0/x000/000",    "tile/00/000",
                                        "tile/6/000",         "tile/0/001/067",
                                        "tile/0/000.p/0",     "tile/0/000.p/256",
                                        "tile/0/000.p/01",    "tile/0/000/",
                                        "tile/entries/x001/", "tile/entries/000.p",
                                        "checkpoint",         "",
                                        "tile/0/x001"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tile back;
        assert_false(tile_path_parse(text_of(wrong[i]), &back));
    }
}

/* "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one full level 1 tile, one
 * partial level 1 tile of width 17, and one partial level 2 tile of width 1" */
static void widths(void **state)
{
    (void)state;
    assert_int_equal(tile_count_in(0, 70000), 274);
    assert_int_equal(tile_width_in(0, 272, 70000), 256);
    assert_int_equal(tile_width_in(0, 273, 70000), 112);
    assert_int_equal(tile_width_in(0, 274, 70000), 0);
    assert_int_equal(tile_count_in(1, 70000), 2);
    assert_int_equal(tile_width_in(1, 0, 70000), 256);
    assert_int_equal(tile_width_in(1, 1, 70000), 17);
    assert_int_equal(tile_count_in(2, 70000), 1);
    assert_int_equal(tile_width_in(2, 0, 70000), 1);
    assert_int_equal(tile_count_in(3, 70000), 0);
    assert_int_equal(tile_count_in(TILE_ENTRIES, 70000), 274);
    assert_int_equal(tile_width_in(0, 0, 256), 256);
    assert_int_equal(tile_count_in(0, 256), 1);
    assert_int_equal(tile_width_in(1, 0, 256), 1);
}

static void bundles(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(buffer_value) struct buffer bundle = {.maximum = TILE_BUNDLE_BYTES_MAX};
    static struct tile_entries entries;
    static char longest[MERKLE_LEAF_BYTES_MAX + 1];
    assert_true(tile_entry_append(&bundle, TEXT("ab"), &err));
    assert_true(tile_entry_append(&bundle, TEXT(""), &err));
    assert_true(tile_entry_append(&bundle, (struct text){longest, MERKLE_LEAF_BYTES_MAX}, &err));
    assert_false(tile_entry_append(&bundle, (struct text){longest, MERKLE_LEAF_BYTES_MAX + 1}, &err));
    assert_memory_equal(bundle.data, "\0\2ab\0\0\377\377", 8);
    assert_true(tile_entries_parse(&entries, bundle.data, bundle.length, &err));
    assert_int_equal(entries.count, 3);
    assert_true(text_equal(entries.entries[0], TEXT("ab")) && entries.entries[2].length == MERKLE_LEAF_BYTES_MAX);
    assert_false(tile_entries_parse(&entries, bundle.data, bundle.length - 1, &err));
    assert_int_equal(err.code, ERROR_CORRUPT);
    assert_false(tile_entries_parse(&entries, bundle.data, 1, &err));
    static const uint8_t many[2 * (TILE_WIDTH + 1)];
    assert_true(tile_entries_parse(&entries, many, sizeof many, &err) && entries.count == TILE_WIDTH + 1);
    assert_true(tile_entries_parse(&entries, many, sizeof many - 2, &err) && entries.count == TILE_WIDTH);
    struct crypto_hash hashes[TILE_WIDTH];
    assert_true(tile_hashes_parse(hashes, 2, longest, 64, &err));
    assert_false(tile_hashes_parse(hashes, 2, longest, 63, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(paths), cmocka_unit_test(widths), cmocka_unit_test(bundles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
