/* SPDX-License-Identifier: EUPL-1.2 */
/* Arbitrary bytes as a run of integers: the first two bytes give the count. Nothing is read outside, whatever the widths say. */
#include "warehouse/store/ints.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct cursor cursor = {data, size, 2};
    struct ints ints;
    if (size < 2 || !ints_open(&ints, &cursor, (size_t)data[0] | (size_t)(data[1] & 0x3F) << 8, &err)) {
        return 0;
    }
    for (size_t g = 0; g * BITPACK_GROUP < ints.count; g++) {
        int64_t wide[BITPACK_GROUP];
        uint32_t narrow[BITPACK_GROUP];
        ints_group_i64(&ints, g, wide);
        ints_group_u32(&ints, g, narrow);
        for (size_t i = 0; i < ints_group_count(&ints, g); i++) {
            if (narrow[i] != (uint32_t)(uint64_t)wide[i]) {
                abort();
            }
        }
    }
    return 0;
}
