/* SPDX-License-Identifier: EUPL-1.2 */
/* share_fuzz: a share file, read before anything is authenticated, and the bundle of a recovery sheet. What is accepted prints back. */
#include "trust/keys/custody_files.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct buffer again = {.maximum = 4096};
    struct share_file file;
    struct text custodian, share;
    if (share_file_parse(&file, data, size, &err)) {
        assert(share_file_print_head(&file.head, file.recipient, &again, &err) &&
               buffer_append(&again, file.sealed, sizeof file.sealed, &err));
        assert(again.length == size && memcmp(again.data, data, size) == 0);
    }
    if (custodian_bundle_parse(&custodian, &share, data, size, &err)) {
        assert(custodian.length + share.length < size);
    }
    buffer_finish(&again);
    return 0;
}
