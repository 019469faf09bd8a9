/* SPDX-License-Identifier: EUPL-1.2 */
/* sealed_layout_fuzz: header and trailer of a sealed file, which are parsed before anything is authenticated. What is accepted writes
 * back to the same bytes, and its sizes fit into the file. */
#include "warehouse/store/sealed_layout.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct sealed_header header;
    struct sealed_trailer trailer;
    uint8_t header_bytes[SEALED_HEADER_SIZE], trailer_bytes[SEALED_TRAILER_SIZE];
    if (size < SEALED_HEADER_SIZE + SEALED_TRAILER_SIZE) {
        return 0;
    }
    if (sealed_header_parse(&header, data, "fuzz", &err)) {
        sealed_header_write(&header, header_bytes);
        assert(memcmp(header_bytes, data, sizeof header_bytes) == 0);
    }
    if (sealed_trailer_parse(&trailer, data + size - SEALED_TRAILER_SIZE, size, "fuzz", &err)) {
        sealed_trailer_write(&trailer, trailer_bytes);
        assert(memcmp(trailer_bytes, data + size - SEALED_TRAILER_SIZE, sizeof trailer_bytes) == 0);
        assert(trailer.index_offset >= SEALED_HEADER_SIZE && trailer.index_offset < size);
    }
    return 0;
}
