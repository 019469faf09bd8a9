/* SPDX-License-Identifier: EUPL-1.2 */
/* request_fuzz: a request, as an authority gets it from outside. With the signature in the way, the frame is read on its own, too. */
#include "intake/circuit/files.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct circuit_request request;
    struct circuit_blocks blocks = {.count = 0};
    static uint8_t elements[CIRCUIT_BLOCK][CRYPTO_ELEMENT_SIZE];
    size_t count = 0;
    struct stream_reader reader;
    stream_open_memory(&reader, data, size);
    if (request_read(&reader, &request, &err)) {
        assert(request.holder[0] != '\0' && request.count <= size / CRYPTO_ELEMENT_SIZE);
    }
    stream_close(&reader);
    stream_open_memory(&reader, data, size);
    bool done = request_head_take(&reader, &request, &err);
    while (done && block_take(&reader, &blocks, elements, &count, &err) && count > 0) {
    }
    assert(blocks.count <= size / CRYPTO_ELEMENT_SIZE);
    stream_close(&reader);
    return 0;
}
