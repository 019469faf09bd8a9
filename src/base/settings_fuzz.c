/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of settings: what is refused changes nothing, and what is taken is printed and read back the same. */
#include "base/settings.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    struct settings settings, again, before;
    settings_defaults(&settings);
    before = again = settings;
    if (!settings_read_text(&settings, "fuzz", (struct text){(const char *)data, size}, &err)) {
        assert(err.code == ERROR_INVALID_INPUT && memcmp(&settings, &before, sizeof settings) == 0);
        return 0;
    }
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    bool done =
        settings_print(&settings, &out, &err) && settings_read_text(&again, "again", (struct text){(char *)out.data, out.length}, &err);
    assert(done && memcmp(&settings, &again, sizeof settings) == 0);
    return 0;
}
