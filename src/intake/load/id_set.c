/* SPDX-License-Identifier: EUPL-1.2 */
/* Sets of keys: a bitmap as long as that takes no more than a few bytes a key, else an open-addressed table. */
#include "intake/load/id_set.h"
#include <stdlib.h>
#include <string.h>

enum { BITS_OF_A_KEY_MAX = 64, BITS_FREE = 1 << 28, SLOTS_FIRST = 1 << 12 };

void id_set_finish(struct id_set *set)
{
    free(set->words);
    free(set->slots);
    *set = (struct id_set){0};
}

static bool fail_memory(struct error *err)
{
    return FAIL(err, LIMIT, "the system has no memory for the keys of the source");
}

/* ---- bitmap ---- */
static int64_t floor_64(int64_t id)
{
    return (int64_t)((uint64_t)id & ~UINT64_C(63));
}

/* Words for all of first .. last, or 0 when a bitmap would be out of proportion. */
static size_t words_for(const struct id_set *set, int64_t first, int64_t last)
{
    const uint64_t words = ((uint64_t)last - (uint64_t)floor_64(first)) / 64 + 1;
    const uint64_t bits_max = set->count > BITS_FREE / BITS_OF_A_KEY_MAX ? set->count * BITS_OF_A_KEY_MAX : BITS_FREE;
    return words <= bits_max / 64 ? (size_t)words : 0;
}

/* Makes room for `id` with some to spare on its side. Leaves the set as it is when it does not fit a bitmap. */
static bool bitmap_grow(struct id_set *set, int64_t id, bool *out_fits, struct error *err)
{
    const int64_t first = set->word_count && set->base < id ? set->base : floor_64(id);
    const int64_t end = set->base + ((int64_t)set->word_count * 64 - 1);
    const int64_t last = set->word_count && end > id ? end : id;
    const size_t needed = words_for(set, first, last);
    *out_fits = needed > 0;
    if (!needed) {
        return true;
    }
    const size_t spare = needed / 2 + 16;
    const bool grows_down = set->word_count && first < set->base;
    int64_t base = first;
    if (grows_down && __builtin_sub_overflow(first, (int64_t)spare * 64, &base)) {
        base = floor_64(INT64_MIN);
    }
    const size_t below = (size_t)(((uint64_t)first - (uint64_t)base) / 64);
    const uint64_t to_the_end = ((uint64_t)INT64_MAX - (uint64_t)base) / 64 + 1; /* no bit beyond the largest number */
    const size_t wanted = needed + (grows_down ? below : spare);
    const size_t count = wanted < to_the_end ? wanted : (size_t)to_the_end;
    uint64_t *words = calloc(count + 1, sizeof *words); /* untouched pages cost nothing */
    if (!words) {
        return fail_memory(err);
    }
    if (set->word_count) {
        memcpy(words + ((uint64_t)set->base - (uint64_t)base) / 64, set->words, set->word_count * sizeof *words);
    }
    free(set->words);
    set->words = words;
    set->word_count = count;
    set->base = base;
    return true;
}

static bool bitmap_put(struct id_set *set, int64_t id)
{
    const uint64_t at = (uint64_t)id - (uint64_t)set->base;
    const uint64_t bit = UINT64_C(1) << (at % 64);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): words is the new array: the old one was freed when it was replaced */
    const bool is_new = !(set->words[at / 64] & bit);
    set->words[at / 64] |= bit;
    return is_new;
}

/* ---- table ---- */
static size_t slot_of(const struct id_set *set, int64_t id)
{
    uint64_t hash = ((uint64_t)id ^ set->seed) * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 29;
    hash *= UINT64_C(0xBF58476D1CE4E5B9);
    size_t at = (size_t)(hash ^ hash >> 32) & (set->slot_count - 1);
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a table that is asked has slots */
    while (set->slots[at] && set->slots[at] != id) {
        at = (at + 1) & (set->slot_count - 1);
    }
    return at;
}

bool id_set_has_in_table(const struct id_set *set, int64_t id)
{
    return id == 0 ? set->has_zero : set->slots[slot_of(set, id)] == id;
}

static bool table_put(struct id_set *set, int64_t id)
{
    if (id == 0) {
        const bool is_new = !set->has_zero;
        set->has_zero = true;
        return is_new;
    }
    const size_t at = slot_of(set, id);
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): slots is the new array: the old one was freed when it was replaced */
    const bool is_new = !set->slots[at];
    set->slots[at] = id;
    return is_new;
}

/* Calls put for every key of `from`. */
static void move_all(const struct id_set *from, struct id_set *to, bool (*put)(struct id_set *, int64_t))
{
    for (size_t i = 0; i < from->word_count; i++) {
        for (uint64_t word = from->words[i]; word; word &= word - 1) {
            put(to, (int64_t)((uint64_t)from->base + i * 64 + (uint64_t)__builtin_ctzll(word)));
        }
    }
    for (size_t i = 0; i < from->slot_count; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): slot_count is 0 where there are no slots */
        if (from->slots[i]) {
            put(to, from->slots[i]);
        }
    }
    if (from->has_zero) {
        put(to, 0);
    }
}

/* A table for twice as many keys; or a bitmap, if the keys have become dense enough. */
static bool rebuild(struct id_set *set, struct error *err)
{
    struct id_set fresh = {.count = set->count, .smallest = set->smallest, .largest = set->largest, .seed = set->seed};
    const size_t words = words_for(set, set->smallest, set->largest);
    if (words && set->slots) {
        fresh.words = calloc(words, sizeof *fresh.words);
        fresh.word_count = words;
        fresh.base = floor_64(set->smallest);
    } else {
        fresh.slot_count = SLOTS_FIRST;
        while (fresh.slot_count < set->count * 4) {
            fresh.slot_count *= 2;
        }
        fresh.slots = calloc(fresh.slot_count, sizeof *fresh.slots);
    }
    if (!fresh.words && !fresh.slots) {
        return fail_memory(err);
    }
    move_all(set, &fresh, fresh.words ? bitmap_put : table_put);
    free(set->words);
    free(set->slots);
    *set = fresh;
    return true;
}

/* ---- both ---- */
static bool place_for(struct id_set *set, int64_t id, struct error *err)
{
    bool fits = true;
    if (!set->slots) {
        const uint64_t at = (uint64_t)id - (uint64_t)set->base;
        if (at / 64 < set->word_count) {
            return true;
        }
        TRY(bitmap_grow(set, id, &fits, err));
        return fits || rebuild(set, err);
    }
    return set->count * 2 < set->slot_count || rebuild(set, err);
}

bool id_set_add_slowly(struct id_set *set, int64_t id, bool *out_is_new, struct error *err)
{
    TRY(place_for(set, id, err));
    if (!set->slots && (uint64_t)id - (uint64_t)set->base >= (uint64_t)set->word_count * 64) { /* rebuilt, but not for this key */
        return id_set_add_slowly(set, id, out_is_new, err);
    }
    *out_is_new = set->slots ? table_put(set, id) : bitmap_put(set, id);
    if (*out_is_new) {
        id_set_count(set, id);
    }
    return true;
}

static int compare(const void *left, const void *right)
{
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

bool id_set_list(const struct id_set *set, int64_t **out_ids, struct error *err)
{
    size_t count = 0;
    *out_ids = NULL;
    if (!set->count) {
        return true;
    }
    int64_t *ids = malloc((size_t)set->count * sizeof *ids);
    if (!ids) {
        return fail_memory(err);
    }
    for (size_t i = 0; i < set->word_count; i++) {
        for (uint64_t word = set->words[i]; word; word &= word - 1) {
            ids[count++] = (int64_t)((uint64_t)set->base + i * 64 + (uint64_t)__builtin_ctzll(word));
        }
    }
    if (set->slots) {
        for (size_t i = 0; i < set->slot_count; i++) {
            if (set->slots[i]) {
                ids[count++] = set->slots[i];
            }
        }
        if (set->has_zero) {
            ids[count++] = 0;
        }
        qsort(ids, count, sizeof *ids, compare);
    }
    *out_ids = ids;
    return true;
}

size_t id_set_bytes(const struct id_set *set)
{
    return set->word_count * sizeof *set->words + set->slot_count * sizeof *set->slots;
}
