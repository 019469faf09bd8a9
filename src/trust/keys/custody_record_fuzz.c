/* SPDX-License-Identifier: EUPL-1.2 */
/* custody_record_fuzz: custody.json, read before the root key is there. What is accepted prints to what reads back the same. */
#include "trust/keys/custody_files.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct buffer text = {.maximum = CUSTODY_FILE_MAX}, again = {.maximum = CUSTODY_FILE_MAX};
    struct custody_record record, same;
    if (custody_record_parse(&record, data, size, &err)) {
        assert(record.threshold >= 2 && record.threshold <= record.count && record.count <= CUSTODIANS_MAX);
        assert(custody_record_print(&record, &text, &err) && custody_record_parse(&same, text.data, text.length, &err));
        assert(custody_record_print(&same, &again, &err));
        assert(again.length == text.length && memcmp(again.data, text.data, text.length) == 0);
    }
    buffer_finish(&text);
    buffer_finish(&again);
    return 0;
}
