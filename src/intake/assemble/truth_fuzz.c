/* SPDX-License-Identifier: EUPL-1.2 */
/* The truth about entries: any bytes are a file of it or are refused, and what is counted can be. */
#include "intake/assemble/assemble_linkage.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct linkage_entry entries[] = {{.holder = 1, .subject = 1}, {.holder = 1, .subject = 7}, {.holder = 2, .subject = 1}};
    struct linkage_link links[] = {{.person_id = 1}, {.person_id = 2}, {.person_id = 1}};
    struct linkage_result result = {.links = links, .count = 3};
    const char *const names[] = {"chu-a", "snds"};
    const struct assemble_linkage linkage = {.entries = entries, .result = &result, .holders = names, .holder_count = 2};
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    struct assemble_truth truth;
    struct linkage_quality quality;
    struct error err;
    if (csv_reader_open_memory(&reader, "fuzz", data, size, NULL, &err) &&
        assemble_linkage_quality(&linkage, reader, "fuzz", &truth, &quality, &err)) {
        assert(truth.entries <= 3 && truth.entries + truth.unknown <= truth.rows);
        assert(quality.right <= quality.real && quality.right <= quality.found && quality.found <= 1);
    }
    return 0;
}
