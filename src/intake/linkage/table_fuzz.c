/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of the tables of linkage_evaluate: the input up to the first NUL is the list of columns, the rest the file. */
#include "base/file.h"
#include "intake/linkage/table.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    char path[64];
    snprintf(path, sizeof path, "/tmp/emc2_table_fuzz.%ld", (long)getpid());
    const bool written = file_write_atomic(path, end + 1, size - length - 1, 0600, &err);
    assert(written);
    CLEANUP(arena) struct arena *arena = arena_create();
    struct table_plan plan;
    struct table table;
    if (table_plan_make(&plan, length ? columns : NULL, path, arena, &err) && table_read(&table, path, &plan, arena, &err)) {
        for (size_t i = 0; i < table.count * plan.count; i++) {
            assert(table.values[i].length <= 256);
        }
    }
    const bool removed = file_remove(path, &err);
    assert(removed);
    return 0;
}
