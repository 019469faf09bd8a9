/* SPDX-License-Identifier: EUPL-1.2 */
/* An index that is anything: parsed, or CORRUPT; what is parsed is printed and parsed again. */
#include "intake/shelf/shelf_index.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(shelf_index_value) struct shelf_index index = {.entries = {.count = 0}};
    CLEANUP(shelf_index_value) struct shelf_index again = {.entries = {.count = 0}};
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 26};
    struct error err;
    if (shelf_index_parse(&index, data, size, &err)) {
        assert(shelf_index_print(&index, &out, &err) && shelf_index_parse(&again, out.data, out.length, &err));
        assert(again.entries.count == index.entries.count);
    }
    return 0;
}
