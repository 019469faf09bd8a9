/* SPDX-License-Identifier: EUPL-1.2 */
/* key_table_fuzz: the key table is parsed before it is authenticated. What is accepted writes back to the same bytes. */
#include "trust/keys/key_table.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(key_table_value) struct key_table table = {.generation = 0};
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = size};
    if (key_table_parse(&table, data, size, &err)) {
        bool done = key_table_print(&table, &bytes, &err) && buffer_append(&bytes, table.mac, sizeof table.mac, &err);
        assert(done && bytes.length == size && memcmp(bytes.data, data, size) == 0);
    }
    return 0;
}
