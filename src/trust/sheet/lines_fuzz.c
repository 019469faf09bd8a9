/* SPDX-License-Identifier: EUPL-1.2 */
/* lines_fuzz: what a person types from a recovery sheet. What is accepted prints to lines that read back as the same bytes. */
#include "trust/sheet/sheet.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct buffer bytes = {.maximum = SHEET_BYTES_MAX}, lines = {.maximum = SHEET_TEXT_MAX}, again = {.maximum = SHEET_BYTES_MAX};
    if (sheet_lines_parse(&bytes, (struct text){(const char *)data, size}, &err)) {
        assert(sheet_lines_print(&lines, bytes.data, bytes.length, &err));
        assert(sheet_lines_parse(&again, (struct text){(const char *)lines.data, lines.length}, &err));
        assert(again.length == bytes.length && memcmp(again.data, bytes.data, bytes.length) == 0);
    }
    buffer_finish(&bytes);
    buffer_finish(&lines);
    buffer_finish(&again);
    return 0;
}
