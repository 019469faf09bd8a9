/* SPDX-License-Identifier: EUPL-1.2 */
/* manifest_fuzz: the JSON of a manifest. What is accepted prints, and what was printed reads and prints the same again. */
#include "warehouse/store/manifest.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(manifest_value) struct manifest manifest = {.number = 0}, again = {.number = 0};
    CLEANUP(buffer_value) struct buffer first = {.maximum = 1 << 24}, second = {.maximum = 1 << 24};
    if (!crypto_start(&err) || !manifest_parse(&manifest, "fuzz", data, size, &err)) {
        return 0;
    }
    bool done = manifest_print(&manifest, &first, &err) && manifest_parse(&again, "printed", first.data, first.length, &err) &&
                manifest_print(&again, &second, &err);
    assert(done);
    assert(first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    return 0;
}
