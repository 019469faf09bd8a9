/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of the head of cohort tables: what is read is written again as the same bytes. */
#include "warehouse/cohorts/table_head.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct cohort_table table;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 12};
    if (!table_head_read(data, size, &table, &err)) {
        assert(err.code == ERROR_CORRUPT);
        return 0;
    }
    bool is_written = table_head_write(&table, &out, &err);
    assert(is_written && out.length == size && memcmp(out.data, data, size) == 0);
    return 0;
}
