/* SPDX-License-Identifier: EUPL-1.2 */
/* root_file_fuzz: the root key file is read before anything is authenticated. What is accepted writes back to the same bytes. */
#include "trust/keys/root_file.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct root_file file;
    struct error err;
    CLEANUP(buffer_value) struct buffer bytes = {.maximum = ROOT_FILE_SIZE};
    if (root_file_parse(&file, data, size, &err)) {
        bool done = root_file_print(&file, &bytes, &err);
        assert(done && size == bytes.length && memcmp(bytes.data, data, size) == 0);
        assert(file.key.memory_kib <= CRYPTO_PASSPHRASE_MEMORY_KIB_MAX && file.key.passes <= CRYPTO_PASSPHRASE_PASSES_MAX);
    }
    return 0;
}
