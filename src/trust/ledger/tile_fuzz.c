/* SPDX-License-Identifier: EUPL-1.2 */
/* tile_fuzz: an entry bundle, and a path, from a log that somebody else keeps. What is accepted writes back to the same bytes. */
#include "trust/ledger/ledger_tile.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tile_entries entries;
    struct error err;
    struct tile tile;
    if (tile_path_parse((struct text){(const char *)data, size}, &tile)) {
        char path[TILE_PATH_SIZE];
        tile_path(tile, path);
        assert(strlen(path) == size && memcmp(path, data, size) == 0);
    }
    if (tile_entries_parse(&entries, data, size, &err) && entries.count <= TILE_WIDTH) {
        CLEANUP(buffer_value) struct buffer again = {.maximum = TILE_BUNDLE_BYTES_MAX};
        for (unsigned i = 0; i < entries.count; i++) {
            bool done = tile_entry_append(&again, entries.entries[i], &err);
            assert(done);
        }
        assert(again.length == size && (size == 0 || memcmp(again.data, data, size) == 0));
    }
    return 0;
}
