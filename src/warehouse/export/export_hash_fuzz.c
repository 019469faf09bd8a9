/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads hashes.json as it may arrive from anywhere; what is accepted prints and reads back equal. */
#include "warehouse/export/export_hash.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = 1 << 20};
    struct export_hashes hashes, again;
    if (export_hashes_parse(&hashes, "hashes.json", data, size, NULL)) {
        bool is_printed = export_hashes_print(&hashes, &text, NULL);
        bool is_read = export_hashes_parse(&again, "hashes.json", text.data, text.length, NULL);
        assert(is_printed && is_read && memcmp(hashes.tables, again.tables, sizeof hashes.tables) == 0);
    }
    return 0;
}
