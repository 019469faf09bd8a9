/* SPDX-License-Identifier: EUPL-1.2 */
/* Least significant byte first. The histograms of all bytes are taken in one reading. */
#include "warehouse/store/radix.h"
#include <stdbool.h>
#include <string.h>

enum { DIGIT_BITS = 8, DIGITS = 64 / DIGIT_BITS, BINS = 1 << DIGIT_BITS, FEW = 48 };

static void insertion_sort(uint64_t *keys, uint32_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        const uint32_t value = values[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
            values[j] = values[j - 1];
        }
        keys[j] = key;
        values[j] = value;
    }
}

/* Of the digits first .. digits - 1. */
static void histograms_take(size_t histograms[DIGITS][BINS], const uint64_t *keys, size_t count, unsigned first, unsigned digits)
{
    memset(histograms, 0, sizeof(size_t[BINS]) * digits);
    for (size_t i = 0; i < count; i++) {
        uint64_t key = keys[i] >> (first * DIGIT_BITS);
        for (unsigned digit = first; digit < digits; digit++, key >>= DIGIT_BITS) {
            histograms[digit][key & (BINS - 1)]++;
        }
    }
}

/* Counts become first positions. False when one bin has everything: the pass would change nothing. */
static bool positions_from_counts(size_t *bins, size_t count)
{
    size_t at = 0;
    for (size_t bin = 0; bin < BINS; bin++) {
        if (bins[bin] == count) {
            return false;
        }
        const size_t here = bins[bin];
        bins[bin] = at;
        at += here;
    }
    return true;
}

void radix_sort_pairs(uint64_t *keys, uint32_t *values, uint64_t *keys_spare, uint32_t *values_spare, size_t count, unsigned bits)
{
    size_t histograms[DIGITS][BINS];
    const unsigned digits = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
    if (count <= FEW) {
        insertion_sort(keys, values, count);
        return;
    }
    histograms_take(histograms, keys, count, 0, digits);
    uint64_t *from = keys, *to = keys_spare;
    uint32_t *values_from = values, *values_to = values_spare;
    for (unsigned digit = 0; digit < digits; digit++) {
        size_t *at = histograms[digit];
        if (!positions_from_counts(at, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            const size_t place = at[from[i] >> (digit * DIGIT_BITS) & (BINS - 1)]++;
            to[place] = from[i];
            values_to[place] = values_from[i];
        }
        uint64_t *keys_swap = from;
        from = to, to = keys_swap;
        uint32_t *values_swap = values_from;
        values_from = values_to, values_to = values_swap;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
        memcpy(values, values_from, count * sizeof *values);
    }
}

void radix_sort_keys(uint64_t *keys, uint64_t *spare, size_t count, unsigned first_bit, unsigned bits)
{
    size_t histograms[DIGITS][BINS];
    const unsigned first = first_bit / DIGIT_BITS, digits = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
    if (first >= digits) {
        return;
    }
    histograms_take(histograms, keys, count, first, digits);
    uint64_t *from = keys, *to = spare;
    for (unsigned digit = first; digit < digits; digit++) {
        size_t *at = histograms[digit];
        if (!positions_from_counts(at, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[at[from[i] >> (digit * DIGIT_BITS) & (BINS - 1)]++] = from[i];
        }
        uint64_t *swap = from;
        from = to, to = swap;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}

/* ---- 32 bits: three passes of 11 bits ---- */
enum { NARROW_BITS = 11, NARROW_DIGITS = 3, NARROW_BINS = 1 << NARROW_BITS };

static bool narrow_positions(uint32_t *bins, size_t count)
{
    uint32_t at = 0;
    for (size_t bin = 0; bin < NARROW_BINS; bin++) {
        if (bins[bin] == count) {
            return false;
        }
        const uint32_t here = bins[bin];
        bins[bin] = at;
        at += here;
    }
    return true;
}

void radix_sort_narrow(uint32_t *keys, uint32_t *spare, size_t count, unsigned bits)
{
    uint32_t histograms[NARROW_DIGITS][NARROW_BINS] = {{0}};
    const unsigned digits = (bits + NARROW_BITS - 1) / NARROW_BITS;
    uint32_t *from = keys, *to = spare;
    for (size_t i = 0; i < count; i++) {
        histograms[0][keys[i] & (NARROW_BINS - 1)]++;
        histograms[1][keys[i] >> NARROW_BITS & (NARROW_BINS - 1)]++;
        histograms[2][keys[i] >> 2 * NARROW_BITS]++;
    }
    for (unsigned digit = 0; digit < digits; digit++) {
        uint32_t *at = histograms[digit];
        if (!narrow_positions(at, count)) {
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            to[at[from[i] >> (digit * NARROW_BITS) & (NARROW_BINS - 1)]++] = from[i];
        }
        uint32_t *swap = from;
        from = to, to = swap;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}
