/* SPDX-License-Identifier: EUPL-1.2 */
/* response_fuzz: an authority's answer, as a holder gets it from outside. */
#include "intake/circuit/files.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct circuit_response response;
    uint64_t count;
    struct stream_reader reader;
    stream_open_memory(&reader, data, size);
    if (response_read(&reader, &response, &count, &err)) {
        assert(count <= size / CRYPTO_ELEMENT_SIZE);
    }
    stream_close(&reader);
    return 0;
}
