/* SPDX-License-Identifier: EUPL-1.2 */
/* Fuzz target of result_file: what is read is written in both forms, and reading that gives the same bytes again. */
#include "research/result/result_release.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct result *result, enum result_form form)
{
    struct error err = {0};
    CLEANUP(buffer_value) struct buffer first = {.maximum = 64 << 20};
    CLEANUP(buffer_value) struct buffer second = {.maximum = 64 << 20};
    CLEANUP(result) struct result *again = NULL;
    bool done = result_write(result, form, &first, &err);
    assert(done);
    done = result_read(&again, "again", first.data, first.length, &err);
    assert(done);
    done = result_write(again, form, &second, &err);
    assert(done && first.length == second.length && memcmp(first.data, second.data, first.length) == 0);
    assert(result_cell_count(result) == result_cell_count(again) && result_set_count(result) == result_set_count(again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    CLEANUP(result) struct result *result = NULL;
    if (!result_read(&result, "fuzz", data, size, &err)) {
        assert(err.code == ERROR_INVALID_INPUT || err.code == ERROR_LIMIT);
        return 0;
    }
    round_trip(result, RESULT_PUBLIC);
    round_trip(result, RESULT_SEALED);
    return 0;
}
