/* SPDX-License-Identifier: EUPL-1.2 */
/* certificate_fuzz: a certificate comes from outside. What is accepted is signed by the key that it names, and a byte less is refused. */
#include "warehouse/store/store_erasure.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct store_certificate certificate;
    CLEANUP(buffer_value) struct buffer words = {.maximum = 1 << 20};
    if (store_certificate_read(data, size, NULL, &certificate, "fr", &words, &err)) {
        bool is_shorter_read = store_certificate_read(data, size - 1, NULL, &certificate, NULL, NULL, &err);
        assert(!is_shorter_read);
    }
    return 0;
}
