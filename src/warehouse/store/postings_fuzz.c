/* SPDX-License-Identifier: EUPL-1.2 */
/* Arbitrary bytes as groups of postings: the first byte gives the stream and its parts, the second the count of the last group. Persons and
 * rows that come out must ascend and be below the limit: they are used as indexes. */
#include "warehouse/store/postings.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ascending_below(const uint32_t *values, size_t count, uint32_t limit)
{
    for (size_t i = 0; i < count; i++) {
        if (values[i] >= limit || (i && values[i] < values[i - 1])) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t values[POSTINGS_GROUP];
    int32_t starts[POSTINGS_GROUP] = {0}, ends[POSTINGS_GROUP];
    struct error err;
    if (size < 2) {
        return 0;
    }
    struct cursor cursor = {data, size, 2};
    const uint32_t limit = data[0] & 4 ? UINT32_MAX : 1000;
    bool more = true;
    while (more) {
        const size_t count = size - cursor.position > 600 ? POSTINGS_GROUP : (size_t)data[1] % POSTINGS_GROUP + 1;
        if (data[0] & 1) {
            more = postings_core_decode(&cursor, count, data[0] & 2, limit, values, starts, &err);
        } else {
            more = postings_detail_decode(&cursor, count, data[0] & 2, limit, starts, values, ends, &err);
        }
        if (more) {
            ascending_below(values, count, limit);
        }
    }
    return 0;
}
