/* SPDX-License-Identifier: EUPL-1.2 */
/* checkpoint_fuzz: the text of a checkpoint from outside. What is accepted without extension lines writes back to the same bytes. */
#include "trust/ledger/ledger_checkpoint.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct checkpoint checkpoint;
    if (checkpoint_parse(&checkpoint, (struct text){(const char *)data, size}, &err)) {
        CLEANUP(buffer_value) struct buffer again = {.maximum = 1 << 16};
        bool done = checkpoint_print(&checkpoint, &again, &err);
        assert(done && checkpoint.size >> MERKLE_SIZE_BITS_MAX == 0);
        assert(memchr(data, '\0', size) || (again.length <= size && memcmp(again.data, data, again.length) == 0));
    }
    return 0;
}
