/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads a list of planted strings, and makes every form of them. */
#include "trust/drill/planted.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(drill_planted) struct drill_planted *planted = drill_planted_create();
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(matcher) struct matcher *matcher = NULL;
    struct planted_patterns patterns = {.maximum = PATTERNS_MAX};
    uint64_t too_short;
    if (drill_planted_parse(planted, "list", data, size, NULL) && planted_forms(planted, arena, &patterns, &too_short, NULL)) {
        struct matcher_pattern *plain = ARENA_ARRAY(arena, struct matcher_pattern, patterns.count + 1);
        for (size_t i = 0; i < patterns.count; i++) {
            plain[i] = patterns.items[i].pattern;
        }
        bool is_made = matcher_create(&matcher, plain, patterns.count, NULL);
        assert(is_made);
    }
    planted_patterns_finish(&patterns);
    return 0;
}
