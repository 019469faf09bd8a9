/* SPDX-License-Identifier: EUPL-1.2 */
/* Arbitrary bytes as the directory of a segment, the index of a column or the directory of its concepts (first byte). A directory that was
 * read is written and read again, and must be the same. */
#include "warehouse/store/segment_layout.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void layout_read(const uint8_t *data, size_t size, struct arena *arena)
{
    struct segment_layout layout, again;
    struct error err;
    struct buffer out = {.maximum = 1 << 24};
    if (!segment_layout_read(&layout, data, size, arena, &err)) {
        return;
    }
    if (!segment_layout_write(&out, &layout, &err) || !segment_layout_read(&again, out.data, out.length, arena, &err) ||
        again.table_count != layout.table_count || again.persons != layout.persons) {
        abort();
    }
    buffer_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    if (size < 2) {
        return 0;
    }
    CLEANUP(arena) struct arena *arena = arena_create();
    struct cursor cursor = {data, size, 2};
    if (data[0] % 3 == 0) {
        layout_read(data + 1, size - 1, arena);
    } else if (data[0] % 3 == 1) {
        struct column_index index;
        if (column_index_read(&index, &cursor, data[1], arena, &err) && index.chunks != data[1]) {
            abort();
        }
    } else {
        struct concept_directory directory;
        if (concept_directory_read(&directory, &cursor, (uint64_t)data[1] << 4, arena, &err) && directory.count) {
            const size_t last = directory.count - 1;
            if (concept_directory_seek(&directory, 0, directory.ids[last]) != last) {
                abort();
            }
        }
    }
    return 0;
}
