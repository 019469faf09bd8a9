/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of the state of linkage: what is read is written again as the same bytes, and everything else is CORRUPT. */
#include "intake/linkage/linkage_state.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    CLEANUP(linkage_state) struct linkage_state *state = NULL;
    CLEANUP(buffer_value) struct buffer again = {.maximum = 1 << 26};
    if (!linkage_state_read(&state, data, size, &err)) {
        assert(err.code == ERROR_CORRUPT || err.code == ERROR_LIMIT);
        return 0;
    }
    const bool written = linkage_state_write(state, &again, &err);
    assert(written && again.length <= size);
    CLEANUP(linkage_state) struct linkage_state *second = NULL;
    const bool read = linkage_state_read(&second, again.data, again.length, &err);
    assert(read && linkage_state_entries(second) == linkage_state_entries(state));
    return 0;
}
