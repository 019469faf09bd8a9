/* SPDX-License-Identifier: EUPL-1.2 */
/* references: open addressing with linear probing. The numbers are hashes already. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/bulk.h"
#include "intake/record/record_references.h"
#include <stdlib.h>
#include <string.h>

struct entry {
    int64_t number; /* 0: free */
    uint64_t value;
};
struct text_pair {
    const char *texts;
    uint16_t first, second;
};
DEFINE_ARRAY(text_pairs, struct text_pair)
struct references {
    struct entry *entries;
    size_t count, capacity, maximum;
    struct arena *texts;
    struct text_pairs pairs;
};
enum { CAPACITY_FIRST = 1 << 12 };

static struct entry *entries_create(size_t capacity)
{
    struct entry *entries = bulk_allocate(capacity, sizeof(struct entry));
    if (entries) {
        memset(entries, 0, capacity * sizeof(struct entry));
    }
    return entries;
}

bool references_create(struct references **out_references, size_t maximum, struct error *err)
{
    struct references *references = calloc(1, sizeof *references);
    struct entry *entries = entries_create(CAPACITY_FIRST);
    if (!references || !entries) {
        free(references);
        free(entries);
        return FAIL(err, LIMIT, "the system has no memory for references");
    }
    *references = (struct references){.entries = entries, .capacity = CAPACITY_FIRST, .maximum = maximum, .texts = arena_create()};
    references->pairs.maximum = maximum;
    *out_references = references;
    return true;
}

void references_destroy(struct references *references)
{
    if (references) {
        free(references->entries);
        arena_destroy(references->texts);
        text_pairs_finish(&references->pairs);
        free(references);
    }
}

static struct entry *place_of(struct entry *entries, size_t capacity, int64_t number)
{
    size_t at = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15) & (capacity - 1);
    while (entries[at].number != 0 && entries[at].number != number) {
        at = (at + 1) & (capacity - 1);
    }
    return &entries[at];
}

static bool grow(struct references *references, struct error *err)
{
    const size_t capacity = 2 * references->capacity;
    struct entry *entries = entries_create(capacity);
    if (!entries) {
        return FAIL(err, LIMIT, "the system has no memory for %zu references", references->count);
    }
    for (size_t i = 0; i < references->capacity; i++) {
        if (references->entries[i].number != 0) {
            *place_of(entries, capacity, references->entries[i].number) = references->entries[i];
        }
    }
    free(references->entries);
    references->entries = entries;
    references->capacity = capacity;
    return true;
}

bool references_add(struct references *references, int64_t number, uint64_t value, struct error *err)
{
    struct entry *entry = place_of(references->entries, references->capacity, number);
    if (entry->number == number) {
        return true;
    }
    if (references->count >= references->maximum) {
        FAIL(err, LIMIT, "the export has more persons, stays and other rows that are referred to than reader_references_max (%zu)",
             references->maximum);
        return error_hint(err, "raise the setting (about 32 bytes of memory each), or deliver the export in parts");
    }
    *entry = (struct entry){number, value};
    references->count++;
    return references->count * 4 < references->capacity * 3 || grow(references, err);
}

uint64_t *references_find(const struct references *references, int64_t number)
{
    struct entry *entry = place_of(references->entries, references->capacity, number);
    return entry->number == number ? &entry->value : NULL;
}

bool references_add_texts(struct references *references, int64_t number, struct text first, struct text second, struct error *err)
{
    if (references_find(references, number) || first.length > UINT16_MAX || second.length > UINT16_MAX) {
        return true;
    }
    char *texts = arena_allocate_raw(references->texts, first.length + second.length + 1, 1);
    memcpy(texts, first.data ? first.data : "", first.length);
    memcpy(texts + first.length, second.data ? second.data : "", second.length);
    const struct text_pair pair = {texts, (uint16_t)first.length, (uint16_t)second.length};
    TRY(text_pairs_append(&references->pairs, pair, err));
    return references_add(references, number, references->pairs.count - 1, err);
}

bool references_texts(const struct references *references, int64_t number, struct text *out_first, struct text *out_second)
{
    const uint64_t *value = references_find(references, number);
    if (!value) {
        return false;
    }
    const struct text_pair *pair = &references->pairs.items[*value];
    *out_first = (struct text){pair->texts, pair->first};
    *out_second = (struct text){pair->texts + pair->first, pair->second};
    return true;
}
