/* SPDX-License-Identifier: EUPL-1.2 */
/* grant_fuzz: a grant read from outside bytes. What is accepted prints and reads back to the same value. */
#include "trust/grant/grant.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nobody[CRYPTO_PUBLIC_KEY_SIZE], nowhere[GRANT_STORE_ID_SIZE];
    struct grant grant, again;
    struct error err;
    CLEANUP(buffer_value) struct buffer printed = {.maximum = 1 << 16};
    if (!crypto_start(&err) || !grant_read(&grant, "fuzz", data, size, &err)) {
        return 0;
    }
    bool is_printed = grant_print(&grant, &printed, &err);
    assert(is_printed);
    bool is_read = grant_read(&again, "printed", printed.data, printed.length, &err);
    assert(is_read);
    assert(memcmp(grant_hash(&grant).bytes, grant_hash(&again).bytes, CRYPTO_HASH_SIZE) == 0);
    assert(!grant_check(&grant, nobody, nowhere, 0).allowed);
    return 0;
}
