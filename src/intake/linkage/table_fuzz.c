/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of the tables of linkage_evaluate: the input up to the first NUL is the list of columns, the rest the file. */
#include "intake/linkage/table.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    const uint8_t *end = memchr(data, 0, size);
    if (!end) {
        return 0;
    }
    const char *columns = (const char *)data;
    const size_t length = (size_t)(end - data);
    if (length > 5 && memcmp(columns + length - 5, ".json", 5) == 0) {
        return 0; /* a path */
    }
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(csv_reader) struct csv_reader *header = NULL;
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    const size_t rest = size - length - 1;
    const bool opened = csv_reader_open_memory(&header, "fuzz", end + 1, rest, NULL, &err) &&
                        csv_reader_open_memory(&reader, "fuzz", end + 1, rest, NULL, &err);
    assert(opened);
    struct table_plan plan;
    struct table table;
    if (table_plan_make(&plan, length ? columns : NULL, header, arena, &err) && table_read(&table, reader, "fuzz", &plan, arena, &err)) {
        for (size_t i = 0; i < table.count * plan.count; i++) {
            assert(table.values[i].length <= 256);
        }
    }
    return 0;
}
