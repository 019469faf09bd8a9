/* SPDX-License-Identifier: EUPL-1.2 */
/* Many events are merged block of persons by block of persons: what a block holds fits the processor's nearest cache, where it is counted,
 * put to its persons and sorted within each. Lists are read forwards only, the result is written forwards only. Few events, spread over
 * many persons, are sorted instead. */
#include "warehouse/store/event_merge.h"
#include "warehouse/store/radix.h"
#include "warehouse/store/store.h"
#include <string.h>

enum {
    PERSONS_PER_EVENT = 8, /* blocks pay from one event for this many persons on: each person is looked at */
    BLOCK_EVENTS = 4096,   /* about as many in a block */
    BLOCK_SHARE = 8,       /* and at least as many of each list, or finding them costs more than moving them */
    INSERTION_MAX = 32,
    ROWS_PER_EVENT = 512, /* a bitmap of rows pays from one row for this many on */
};

static size_t total_of(const struct event_lists *lists)
{
    return lists->lists ? lists->list_ends[lists->lists - 1] : 0;
}

/* ---- keys ---- */
/* Days in unsigned order, with "no day" last. */
static inline uint32_t day_key(int32_t value)
{
    return value == STORE_NO_DAY ? UINT32_MAX : (uint32_t)value ^ UINT32_C(0x80000000);
}
static inline int32_t day_of_key(uint32_t key)
{
    return key == UINT32_MAX ? STORE_NO_DAY : (int32_t)(key ^ UINT32_C(0x80000000));
}

/* What orders the events of one person: the day, or the row and where the event stands. */
static inline uint64_t event_key(const struct event_arrays *events, size_t i, bool by_row)
{
    if (by_row) {
        return (uint64_t)events->rows[i] << 32 | i;
    }
    return events->starts ? day_key(events->starts[i]) : 0;
}

static inline void event_write(const struct event_arrays *from, uint64_t key, bool by_row, const struct event_arrays *out, size_t at)
{
    if (!by_row) {
        if (out->starts) {
            out->starts[at] = day_of_key((uint32_t)key);
        }
        return;
    }
    const size_t i = (uint32_t)key;
    if (out->starts) {
        out->starts[at] = from->starts[i];
    }
    if (out->ends) {
        out->ends[at] = from->ends[i];
    }
    if (out->rows) {
        out->rows[at] = from->rows[i];
    }
}

/* ---- few events ---- */
static void merge_few(const struct event_lists *from, bool by_row, struct arena *scratch, const struct event_arrays *out)
{
    const size_t count = total_of(from);
    uint64_t *keys = arena_allocate_raw(scratch, count + 1, sizeof *keys);
    uint64_t *spare = arena_allocate_raw(scratch, count + 1, sizeof *spare);
    for (size_t i = 0; i < count; i++) {
        const uint64_t person = (uint64_t)from->events.persons[i] << 32;
        keys[i] = by_row ? event_key(&from->events, i, true) : person | event_key(&from->events, i, false);
    }
    radix_sort_keys(keys, spare, count, by_row ? 32 : 0, 64);
    for (size_t i = 0; i < count; i++) {
        out->persons[i] = by_row ? from->events.persons[(uint32_t)keys[i]] : (uint32_t)(keys[i] >> 32);
        event_write(&from->events, keys[i], by_row, out, i);
    }
}

/* ---- blocks of persons ---- */
struct block {
    uint32_t first, count; /* persons */
    uint32_t *next;        /* by person of the block: count + 1; first counts, then places */
    uint64_t *keys;        /* of the block's events */
    size_t *list_at;       /* where each list stands */
    size_t *list_until;    /* and where its part of the block ends */
    size_t events;
};

/* Counts the events of the block, and finds where each list leaves it. */
static void block_count(struct block *block, const struct event_lists *from)
{
    const uint32_t *persons = from->events.persons;
    const uint32_t end = block->first + block->count;
    memset(block->next, 0, ((size_t)block->count + 1) * sizeof *block->next);
    block->events = 0;
    for (size_t list = 0; list < from->lists; list++) {
        size_t i = block->list_at[list];
        for (; i < from->list_ends[list] && persons[i] < end; i++) {
            block->next[persons[i] - block->first + 1]++;
        }
        block->events += i - block->list_at[list];
        block->list_until[list] = i;
    }
    for (uint32_t person = 0; person < block->count; person++) {
        block->next[person + 1] += block->next[person];
    }
}

static inline __attribute__((always_inline)) void block_place(struct block *block, const struct event_lists *from, bool by_row)
{
    const uint32_t *persons = from->events.persons;
    for (size_t list = 0; list < from->lists; list++) {
        for (size_t i = block->list_at[list]; i < block->list_until[list]; i++) {
            block->keys[block->next[persons[i] - block->first]++] = event_key(&from->events, i, by_row);
        }
        block->list_at[list] = block->list_until[list];
    }
}

static void keys_sort(uint64_t *keys, size_t count, struct arena *scratch)
{
    if (count > INSERTION_MAX) {
        const struct arena_mark mark = arena_mark_take(scratch);
        radix_sort_keys(keys, arena_allocate_raw(scratch, count, sizeof *keys), count, 0, 64);
        arena_mark_release(scratch, mark);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        const uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
        }
        keys[j] = key;
    }
}

/* After placing, next[person] is where the person's events end. */
static inline __attribute__((always_inline)) void block_write(const struct block *block, const struct event_lists *from, bool by_row,
                                                              struct arena *scratch, const struct event_arrays *out, size_t at)
{
    for (uint32_t person = 0, begin = 0; person < block->count; begin = block->next[person++]) {
        const uint32_t end = block->next[person];
        if (end - begin > 1) {
            keys_sort(block->keys + begin, end - begin, scratch);
        }
        for (uint32_t i = begin; i < end; i++) {
            out->persons[at + i] = block->first + person;
        }
    }
    for (size_t i = 0; i < block->events; i++) {
        event_write(&from->events, block->keys[i], by_row, out, at + i);
    }
}

static inline __attribute__((always_inline)) void blocks_merge(const struct event_lists *from, bool by_row, struct arena *scratch,
                                                               const struct event_arrays *out)
{
    const size_t count = total_of(from), most = count / BLOCK_SHARE / from->lists + 1, wanted = count / BLOCK_EVENTS + 1;
    const size_t blocks = most < wanted ? most : wanted;
    const uint32_t persons = (uint32_t)(from->person_limit / blocks + 1);
    struct block block = {
        .next = arena_allocate_raw(scratch, (size_t)persons + 1, sizeof(uint32_t)),
        .list_at = ARENA_ARRAY(scratch, size_t, from->lists),
        .list_until = ARENA_ARRAY(scratch, size_t, from->lists),
    };
    /* One person may have everything, so a block has room for all of it; what is not used is not touched. */
    block.keys = arena_allocate_raw(scratch, count + 1, sizeof *block.keys);
    for (size_t list = 1; list < from->lists; list++) {
        block.list_at[list] = from->list_ends[list - 1];
    }
    for (size_t at = 0; at < count; at += block.events) {
        const uint32_t rest = from->person_limit - block.first;
        block.count = rest < persons ? rest : persons;
        block_count(&block, from);
        block_place(&block, from, by_row);
        block_write(&block, from, by_row, scratch, out, at);
        block.first += block.count;
    }
}

static bool blocks_pay(const struct event_lists *from)
{
    return total_of(from) >= from->person_limit / PERSONS_PER_EVENT;
}

void events_merge_by_day(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out)
{
    if (blocks_pay(from)) {
        blocks_merge(from, false, scratch, out);
    } else {
        merge_few(from, false, scratch, out);
    }
}

void events_merge_by_row(const struct event_lists *from, struct arena *scratch, const struct event_arrays *out)
{
    if (blocks_pay(from)) {
        blocks_merge(from, true, scratch, out);
    } else {
        merge_few(from, true, scratch, out);
    }
}

/* ---- rows alone ---- */
static bool are_distinct(const uint32_t *rows, size_t count)
{
    bool distinct = true;
    for (size_t i = 1; i < count && distinct; i++) {
        distinct = rows[i] != rows[i - 1];
    }
    return distinct;
}

bool events_merge_rows(const struct event_lists *from, struct arena *scratch)
{
    const size_t count = total_of(from), words = (size_t)from->row_limit / 64 + 1;
    uint32_t *rows = from->events.rows;
    if (count < from->row_limit / ROWS_PER_EVENT) {
        radix_sort_narrow(rows, arena_allocate_raw(scratch, count + 1, sizeof *rows), count, 32);
        return are_distinct(rows, count);
    }
    uint64_t *bits = ARENA_ARRAY(scratch, uint64_t, words);
    for (size_t i = 0; i < count; i++) {
        bits[rows[i] / 64] |= UINT64_C(1) << (rows[i] % 64);
    }
    size_t at = 0;
    for (size_t word = 0; word < words; word++) {
        for (uint64_t rest = bits[word]; rest; rest &= rest - 1) {
            rows[at++] = (uint32_t)(word * 64 + (size_t)__builtin_ctzll(rest));
        }
    }
    return at == count;
}
