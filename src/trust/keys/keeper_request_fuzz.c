/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_request_fuzz: whoever may reach the socket of a keeper may send it anything. What is accepted writes back to the same bytes. */
#include "trust/keys/keeper_message.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct keeper_request request;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = size};
    if (keeper_request_parse(&request, data, size, &err)) {
        bool done = keeper_request_print(&request, &bytes, &err);
        assert(done && bytes.length == size && memcmp(bytes.data, data, size) == 0);
    }
    return 0;
}
