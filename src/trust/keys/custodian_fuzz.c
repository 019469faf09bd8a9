/* SPDX-License-Identifier: EUPL-1.2 */
/* custodian_fuzz: a custodian's file and its public line, both read before anything is authenticated. What is accepted prints back the
 * same. */
#include "trust/keys/custody_files.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct buffer again = {.maximum = 4096};
    struct custodian_file file;
    struct custodian custodian, same;
    if (custodian_file_parse(&file, data, size, &err)) {
        assert(custodian_file_print_head(&file.custodian, &again, &err) && sealed_key_print(&file.key, &again, &err));
        assert(again.length == size && memcmp(again.data, data, size) == 0);
    }
    if (custodian_line_parse(&custodian, (struct text){(const char *)data, size}, &err)) {
        buffer_clear(&again);
        assert(custodian_line_print(&custodian, &again, &err));
        assert(custodian_line_parse(&same, (struct text){(const char *)again.data, again.length}, &err));
        assert(strcmp(same.name, custodian.name) == 0 && memcmp(same.public_key, custodian.public_key, sizeof same.public_key) == 0);
    }
    buffer_finish(&again);
    return 0;
}
