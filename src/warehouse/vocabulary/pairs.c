/* SPDX-License-Identifier: EUPL-1.2 */
/* Radix sort, one byte at a time from the lowest. Bytes that all keys share are skipped, so short keys take few passes, and what is in
 * order already (the usual case: vocabulary tables come sorted) costs one look. */
#include "warehouse/vocabulary/pairs.h"
#include <stdbool.h>
#include <string.h>

enum { RADIX = 256, BYTES = 8 };

/* Counts of each byte value become the places where those values begin; false when all keys share one value. */
static bool starts_of(size_t counts[RADIX], size_t total)
{
    size_t sum = 0;
    for (int i = 0; i < RADIX; i++) {
        if (counts[i] == total) {
            return false;
        }
        size_t count = counts[i];
        counts[i] = sum;
        sum += count;
    }
    return true;
}

void pairs_sort(struct pair *items, struct pair *scratch, size_t count)
{
    size_t sorted = 1;
    while (sorted < count && items[sorted - 1].key <= items[sorted].key) {
        sorted++;
    }
    if (sorted >= count) {
        return;
    }
    struct pair *from = items, *to = scratch;
    for (int shift = 0; shift < BYTES * 8; shift += 8) {
        size_t counts[RADIX] = {0};
        for (size_t i = 0; i < count; i++) {
            counts[from[i].key >> shift & (RADIX - 1)]++;
        }
        if (!starts_of(counts, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[counts[from[i].key >> shift & (RADIX - 1)]++] = from[i];
        }
        struct pair *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, count * sizeof(*items));
    }
}

/* Negative ids come first: the sign bit is turned for the order of unsigned bytes. */
static uint64_t ordered(int64_t id)
{
    return (uint64_t)id ^ (UINT64_C(1) << 63);
}

static bool is_ascending(const int64_t *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (items[i - 1] > items[i]) {
            return false;
        }
    }
    return true;
}

static void ids_radix(int64_t *items, int64_t *scratch, size_t count)
{
    int64_t *from = items, *to = scratch;
    for (int shift = 0; shift < BYTES * 8; shift += 8) {
        size_t counts[RADIX] = {0};
        for (size_t i = 0; i < count; i++) {
            counts[ordered(from[i]) >> shift & (RADIX - 1)]++;
        }
        if (!starts_of(counts, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[counts[ordered(from[i]) >> shift & (RADIX - 1)]++] = from[i];
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != items) {
        memcpy(items, from, count * sizeof(*items));
    }
}

size_t ids_sort(int64_t *items, int64_t *scratch, size_t count)
{
    if (!is_ascending(items, count)) {
        ids_radix(items, scratch, count);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || items[kept - 1] != items[i]) {
            items[kept++] = items[i];
        }
    }
    return kept;
}
