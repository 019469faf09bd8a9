/* SPDX-License-Identifier: EUPL-1.2 */
/* Looks into whatever seems to begin in the input, as the drill does at every place of a file. */
#include "trust/drill/unpack.h"
#include <assert.h>

enum { OUT_MAX = 1 << 22 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take(void *context, const uint8_t *bytes, size_t length, bool is_real, struct error *err)
{
    uint64_t *sum = context;
    (void)is_real;
    (void)err;
    *sum += length > 0 ? (uint64_t)bytes[0] + bytes[length - 1] : 0;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t sum = 0;
    for (size_t at = 0; at < size && at < 16; at++) {
        enum unpack_kind kind = unpack_begins(data + at, size - at);
        if (kind != UNPACK_NONE && kind != UNPACK_CLOSED) {
            struct unpack_result result;
            bool done = unpack_stream(kind, data + at, size - at, OUT_MAX, take, &sum, &result, NULL);
            assert(done && result.consumed <= size - at);
        }
    }
    return 0;
}
