/* SPDX-License-Identifier: EUPL-1.2 */
/* state_fuzz: what a holder kept, from a disk that others write to: head and frames, before anything opens. */
#include "intake/circuit/files.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct circuit_state_head head;
    static uint8_t sealed[STATE_SEALED_MAX], seed[STATE_SEALED_SEED_SIZE];
    struct stream_reader reader;
    bool is_end = false;
    size_t length;
    stream_open_memory(&reader, data, size);
    bool done = state_head_take(&reader, &head, seed, &err);
    while (done && !is_end) {
        done = state_frame_take(&reader, &is_end, sealed, &length, &err);
        assert(!done || length <= STATE_BLOCK_MAX);
    }
    assert(!done || reader.position == size);
    stream_close(&reader);
    return 0;
}
