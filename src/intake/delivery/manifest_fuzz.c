/* SPDX-License-Identifier: EUPL-1.2 */
/* manifest_fuzz: the JSON of a delivery's manifest. What is accepted writes back to the same bytes. */
#include "intake/delivery/layout.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buffer_value) struct buffer again = {.maximum = DELIVERY_MANIFEST_MAX};
    struct delivery_head head;
    struct crypto_hash head_hash;
    struct error err;
    if (delivery_manifest_parse(&head, &head_hash, data, size, &err)) {
        bool done = delivery_manifest_print(&head, &head_hash, &again, &err);
        assert(done && again.length == size && memcmp(again.data, data, size) == 0);
        assert(delivery_holder_name_is_valid(text_of(head.holder)));
    }
    return 0;
}
