/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as an index of the vocabulary: they are read or refused, and nothing else. The first byte chooses the index. */
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/map_index.h"
#include "warehouse/vocabulary/word_index.h"
#include <stddef.h>
#include <stdint.h>

enum { SOURCES_MAX = 1 << 16, LIMIT = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_words(const struct index_bytes *bytes, struct arena *result, struct error *err)
{
    static const char *const queries[] = {"a", "heart f", "zz", "1"};
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        struct word_matches matches;
        TRY(word_index_find(bytes, text_of(queries[i]), LIMIT, result, &matches, err));
    }
    return true;
}

static bool read_codes(const struct index_bytes *bytes, struct arena *result, struct error *err)
{
    const int64_t *ids = NULL;
    size_t count = 0;
    TRY(code_index_find(bytes, TEXT("SNOMED"), TEXT("1"), result, &ids, &count, err));
    return code_index_find(bytes, TEXT("ICD10"), TEXT("I10"), result, &ids, &count, err);
}

static bool read_maps(const struct index_bytes *bytes, struct error *err)
{
    static const int64_t targets[] = {-1, 0, 5, 500, 501, INT64_MAX};
    struct id_list sources = {.maximum = SOURCES_MAX};
    bool done = map_index_find(bytes, targets, sizeof(targets) / sizeof(targets[0]), &sources, err);
    id_list_finish(&sources);
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct error err = {0};
    struct cursor memory = {.data = data + 1, .length = size - 1};
    struct index_bytes bytes = index_bytes_of(&memory);
    struct arena *result = arena_create();
    bool done = data[0] % 3 == 0   ? read_words(&bytes, result, &err)
                : data[0] % 3 == 1 ? read_codes(&bytes, result, &err)
                                   : read_maps(&bytes, &err);
    (void)done;
    arena_destroy(result);
    return 0;
}
