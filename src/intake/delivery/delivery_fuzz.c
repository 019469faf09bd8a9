/* SPDX-License-Identifier: EUPL-1.2 */
/* delivery_fuzz: a whole file, held against the keys of the examples. Only what the holder of the examples signed may open. */
#include "base/file.h"
#include "intake/delivery/delivery_example.h"
#include <assert.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[] = P_tmpdir "/emc2-fuzz-XXXXXX";
    CLEANUP(example) struct example example = example_open();
    CLEANUP(delivery) struct delivery *delivery = NULL;
    struct delivery_opening opening = example_opening(&example);
    struct delivery_head head;
    struct error err;
    int descriptor = mkstemp(path);
    assert(descriptor >= 0);
    ssize_t written = write(descriptor, data, size);
    assert(written == (ssize_t)size);
    close(descriptor);
    if (delivery_open(&delivery, path, &opening, &err)) {
        bool is_peeked = delivery_peek(path, example.holder_key, &head, &err);
        const struct crypto_hash *root = &delivery_head(delivery)->root;
        assert(is_peeked && memcmp(head.root.bytes, root->bytes, sizeof head.root.bytes) == 0);
        assert(head.sequence == delivery_head(delivery)->sequence && strcmp(head.holder, delivery_head(delivery)->holder) == 0);
    }
    unlink(path);
    return 0;
}
