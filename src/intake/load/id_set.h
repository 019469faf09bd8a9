/* SPDX-License-Identifier: EUPL-1.2 */
/* id_set: a set of 64-bit keys that says at once whether a key is new (private to load). Keys of databases are dense: one bit for each
 * number between the smallest and the largest. Where they are sparse (hashes), a table of keys. It changes from one to the other by itself.
 */
#pragma once
#include "base/error.h"
#include <stddef.h>
#include <stdint.h>

struct id_set {
    uint64_t *words; /* bits of base, base + 1, ...; NULL while it is a table */
    size_t word_count;
    int64_t base;   /* a multiple of 64 */
    int64_t *slots; /* open addressing; 0 is free, so that key 0 is apart */
    size_t slot_count;
    bool has_zero;
    uint64_t count;
    int64_t smallest, largest;
    uint64_t seed; /* of the table: outside input cannot choose its collisions */
};
void id_set_finish(struct id_set *set);
static inline __attribute__((unused)) void id_set_value_cleanup(struct id_set *set)
{
    id_set_finish(set);
}
MUST_CHECK bool id_set_add_slowly(struct id_set *set, int64_t id, bool *out_is_new, struct error *err);
static inline void id_set_count(struct id_set *set, int64_t id)
{
    set->smallest = set->count && set->smallest < id ? set->smallest : id;
    set->largest = set->count && set->largest > id ? set->largest : id;
    set->count++;
}
/* LIMIT when the system has no memory. */
static inline MUST_CHECK bool id_set_add(struct id_set *set, int64_t id, bool *out_is_new, struct error *err)
{
    const uint64_t at = (uint64_t)id - (uint64_t)set->base, bit = UINT64_C(1) << (at % 64);
    if (at / 64 >= set->word_count) { /* which is 0 for a table */
        return id_set_add_slowly(set, id, out_is_new, err);
    }
    uint64_t *word = &set->words[at / 64];
    *out_is_new = !(*word & bit);
    if (*out_is_new) {
        *word |= bit;
        id_set_count(set, id);
    }
    return true;
}
bool id_set_has_in_table(const struct id_set *set, int64_t id);
static inline bool id_set_has(const struct id_set *set, int64_t id)
{
    const uint64_t at = (uint64_t)id - (uint64_t)set->base;
    if (set->slots) {
        return id_set_has_in_table(set, id);
    }
    return at / 64 < set->word_count && (set->words[at / 64] >> (at % 64) & 1);
}
/* All keys, ascending; free() them. NULL when there are none. */
MUST_CHECK bool id_set_list(const struct id_set *set, int64_t **out_ids, struct error *err);
size_t id_set_bytes(const struct id_set *set);
