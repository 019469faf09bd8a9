/* SPDX-License-Identifier: EUPL-1.2 */
/* record_fuzz: an entry of a log, and an opening that somebody shows, from outside. An entry that is accepted writes back to the same
 * bytes, and its words need no escape. */
#include "trust/ledger/ledger_openings.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct error err;
    struct ledger_record record;
    if (ledger_record_parse(&record, (struct text){(const char *)data, size}, scratch, &err)) {
        CLEANUP(buffer_value) struct buffer again = {.maximum = LEDGER_RECORD_BYTES_MAX};
        bool done = ledger_record_print(&record, &again, &err);
        assert(done && again.length == size && memcmp(again.data, data, size) == 0);
        assert(!memchr(data, '\\', size) && record.fact_count <= LEDGER_FACTS_MAX && record.private_count <= LEDGER_PRIVATE_MAX);
    }
    struct ledger_kept_opening kept;
    if (ledger_opening_parse(&kept, (struct text){(const char *)data, size}, scratch, &err)) {
        CLEANUP(buffer_value) struct buffer line = {.maximum = 1 << 16};
        bool done = ledger_opening_print(&kept, &line, &err);
        assert(done && kept.opening.text.length <= LEDGER_OPENING_TEXT_MAX);
    }
    return 0;
}
