/* SPDX-License-Identifier: EUPL-1.2 */
/* Person and day together nearly always fit 32 bits: such keys are merged pairwise (a few lists) or sorted in three passes (many). Rows are
 * distinct, so a bitmap of the table tells for each row how many come before it. */
#include "warehouse/store/event_merge.h"
#include "warehouse/store/bitpack.h"
#include "warehouse/store/radix.h"
#include "warehouse/store/store.h"
#include <string.h>

enum {
    MERGE_LISTS_MAX = 4,  /* pairwise merging reads everything once for each doubling */
    ROWS_PER_EVENT = 512, /* a bitmap pays from one event for this many rows on: it is read as a whole */
};

static size_t total_of(const struct event_lists *lists)
{
    return lists->lists ? lists->list_ends[lists->lists - 1] : 0;
}

/* ---- by person and day ---- */
/* Sorts keys that consist of ascending lists. */
static void lists_merge(uint32_t *keys, uint32_t *spare, size_t *ends, size_t lists)
{
    uint32_t *from = keys, *to = spare;
    const size_t count = ends[lists - 1];
    while (lists > 1) {
        size_t merged = 0, begin = 0;
        for (size_t i = 0; i < lists; i += 2) {
            size_t a = begin, b = ends[i], at = begin;
            const size_t a_end = ends[i], b_end = i + 1 < lists ? ends[i + 1] : ends[i];
            while (a < a_end && b < b_end) {
                const uint32_t left = from[a], right = from[b];
                const bool first = left <= right;
                to[at++] = first ? left : right;
                a += first;
                b += !first;
            }
            memcpy(to + at, from + a, (a_end - a) * sizeof *to);
            memcpy(to + at + (a_end - a), from + b, (b_end - b) * sizeof *to);
            ends[merged++] = begin = b_end;
        }
        uint32_t *swap = from;
        from = to, to = swap;
        lists = merged;
    }
    if (from != keys) {
        memcpy(keys, from, count * sizeof *keys);
    }
}

/* How days are cut down: code 0 is the smallest, `absent` stands for "no day" and is the largest. */
struct day_codes {
    int32_t smallest;
    uint32_t absent;
    unsigned bits;
};

static struct day_codes day_codes_find(const int32_t *days, size_t count)
{
    int32_t smallest = INT32_MAX, largest = INT32_MIN;
    for (size_t i = 0; i < count; i++) {
        const int32_t value = days[i] == STORE_NO_DAY ? INT32_MAX : days[i]; /* no date is as late as that */
        smallest = value < smallest ? value : smallest;
        largest = days[i] > largest ? days[i] : largest;
    }
    if (largest == STORE_NO_DAY) {
        return (struct day_codes){0, 0, 0};
    }
    const uint32_t absent = (uint32_t)largest - (uint32_t)smallest + 1;
    return (struct day_codes){smallest, absent, bitpack_width(absent)};
}

static inline uint32_t day_encode(const struct day_codes *codes, int32_t value)
{
    return value == STORE_NO_DAY ? codes->absent : (uint32_t)value - (uint32_t)codes->smallest;
}

static inline int32_t day_decode(const struct day_codes *codes, uint32_t code)
{
    return code == codes->absent ? STORE_NO_DAY : (int32_t)(code + (uint32_t)codes->smallest);
}

static void merge_narrow(const struct event_lists *from, const struct day_codes *codes, unsigned bits, struct arena *scratch,
                         const struct event_arrays *out)
{
    const size_t count = total_of(from);
    uint32_t *keys = arena_allocate_raw(scratch, count + 1, sizeof *keys);
    uint32_t *spare = arena_allocate_raw(scratch, count + 1, sizeof *spare);
    for (size_t i = 0; i < count; i++) {
        keys[i] = from->events.persons[i];
    }
    for (size_t i = 0; i < count && out->starts; i++) {
        keys[i] = keys[i] << codes->bits | day_encode(codes, from->events.starts[i]);
    }
    if (from->lists <= MERGE_LISTS_MAX) {
        lists_merge(keys, spare, from->list_ends, from->lists);
    } else {
        radix_sort_narrow(keys, spare, count, bits);
    }
    const uint32_t mask = (UINT32_C(1) << codes->bits) - 1;
    for (size_t i = 0; i < count; i++) {
        out->persons[i] = keys[i] >> codes->bits;
    }
    for (size_t i = 0; i < count && out->starts; i++) {
        out->starts[i] = day_decode(codes, keys[i] & mask);
    }
}

static void merge_wide(const struct event_lists *from, const struct day_codes *codes, struct arena *scratch, const struct event_arrays *out)
{
    const size_t count = total_of(from);
    uint64_t *keys = arena_allocate_raw(scratch, count + 1, sizeof *keys);
    uint64_t *spare = arena_allocate_raw(scratch, count + 1, sizeof *spare);
    for (size_t i = 0; i < count; i++) {
        keys[i] = (uint64_t)from->events.persons[i] << 32 | (out->starts ? day_encode(codes, from->events.starts[i]) : 0);
    }
    radix_sort_keys(keys, spare, count, 0, 64);
    for (size_t i = 0; i < count; i++) {
        out->persons[i] = (uint32_t)(keys[i] >> 32);
    }
    for (size_t i = 0; i < count && out->starts; i++) {
        out->starts[i] = day_decode(codes, (uint32_t)keys[i]);
    }
}

void events_merge_by_day(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out)
{
    struct day_codes codes = {0, 0, 0};
    if (out->starts) {
        codes = day_codes_find(from->events.starts, total_of(from));
    }
    const unsigned bits = codes.bits + bitpack_width(from->person_limit);
    if (bits < 32) {
        merge_narrow(from, &codes, bits, scratch, out);
    } else {
        merge_wide(from, &codes, scratch, out);
    }
}

/* ---- by row ---- */
/* A bitmap of rows, and how many of them stand before each of its words. */
struct row_ranks {
    uint64_t *bits;
    uint32_t *before;
    size_t words;
    bool are_distinct;
};

static struct row_ranks row_ranks_make(const uint32_t *rows, size_t count, uint32_t row_limit, struct arena *scratch)
{
    struct row_ranks ranks = {.words = (size_t)row_limit / 64 + 1};
    ranks.bits = ARENA_ARRAY(scratch, uint64_t, ranks.words);
    ranks.before = arena_allocate_raw(scratch, ranks.words, sizeof *ranks.before);
    for (size_t i = 0; i < count; i++) {
        ranks.bits[rows[i] / 64] |= UINT64_C(1) << (rows[i] % 64);
    }
    uint32_t before = 0;
    for (size_t word = 0; word < ranks.words; word++) {
        ranks.before[word] = before;
        before += (uint32_t)__builtin_popcountll(ranks.bits[word]);
    }
    ranks.are_distinct = before == count;
    return ranks;
}

static inline size_t row_rank(const struct row_ranks *ranks, uint32_t row)
{
    const uint64_t below = ranks->bits[row / 64] & ((UINT64_C(1) << (row % 64)) - 1);
    return ranks->before[row / 64] + (size_t)__builtin_popcountll(below);
}

bool events_merge_by_row(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out)
{
    const size_t count = total_of(from);
    if (count >= from->row_limit / ROWS_PER_EVENT) {
        const struct row_ranks ranks = row_ranks_make(from->events.rows, count, from->row_limit, scratch);
        for (size_t i = 0; i < count && ranks.are_distinct; i++) {
            event_copy(&from->events, i, out, row_rank(&ranks, from->events.rows[i]));
        }
        return ranks.are_distinct;
    }
    uint64_t *keys = arena_allocate_raw(scratch, count + 1, sizeof *keys);
    uint64_t *spare = arena_allocate_raw(scratch, count + 1, sizeof *spare);
    for (size_t i = 0; i < count; i++) {
        keys[i] = (uint64_t)from->events.rows[i] << 32 | i;
    }
    radix_sort_keys(keys, spare, count, 32, 64);
    bool are_distinct = true;
    for (size_t i = 0; i < count; i++) {
        are_distinct = are_distinct && (i == 0 || keys[i] >> 32 != keys[i - 1] >> 32);
        event_copy(&from->events, (uint32_t)keys[i], out, i);
    }
    return are_distinct;
}

bool events_merge_rows(const struct event_lists *from, struct arena *scratch)
{
    const size_t count = total_of(from);
    uint32_t *rows = from->events.rows;
    bool are_distinct = true;
    if (count < from->row_limit / ROWS_PER_EVENT) {
        radix_sort_narrow(rows, arena_allocate_raw(scratch, count + 1, sizeof *rows), count, 32);
        for (size_t i = 1; i < count; i++) {
            are_distinct = are_distinct && rows[i] != rows[i - 1];
        }
        return are_distinct;
    }
    const struct row_ranks ranks = row_ranks_make(rows, count, from->row_limit, scratch);
    size_t at = 0;
    for (size_t word = 0; word < ranks.words && ranks.are_distinct; word++) {
        for (uint64_t rest = ranks.bits[word]; rest; rest &= rest - 1) {
            rows[at++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(rest));
        }
    }
    return ranks.are_distinct;
}
