/* SPDX-License-Identifier: EUPL-1.2 */
/* keeper_response_fuzz: a client does not trust what answers on a socket. What is accepted writes back to the same bytes. */
#include "trust/keys/keeper_message.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    static struct keeper_response response;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = size};
    if (keeper_response_parse(&response, data, size, &err)) {
        bool done = keeper_response_print(&response, &bytes, &err);
        assert(done && bytes.length == size && memcmp(bytes.data, data, size) == 0);
    }
    return 0;
}
