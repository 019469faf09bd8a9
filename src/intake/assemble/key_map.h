/* SPDX-License-Identifier: EUPL-1.2 */
/* key_map: numbers by (holder or other small number, 64-bit key), and numbers of texts (private to assemble). */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include <stdint.h>

struct key_slot {
    int64_t key;
    uint32_t group, value; /* group + 1; 0: free */
};
struct key_map {
    struct key_slot *slots;
    size_t capacity, count;
    uint64_t seed;
};
void key_map_finish(struct key_map *map);
/* The value of a key, added as `fresh` when there is none. LIMIT when the system has no memory. */
MUST_CHECK bool key_map_put(struct key_map *map, uint32_t group, int64_t key, uint32_t fresh, uint32_t **out_value, struct error *err);
const uint32_t *key_map_find(const struct key_map *map, uint32_t group, int64_t key); /* NULL: none */

/* Texts numbered from 1 in the order of their first appearance. */
struct name_list {
    struct arena *arena;
    struct text *items;
    uint32_t *slots;
    size_t count, capacity, slot_count;
};
void name_list_finish(struct name_list *list);
MUST_CHECK bool name_list_add(struct name_list *list, struct text name, uint32_t *out_number, struct error *err);
uint32_t name_list_find(const struct name_list *list, struct text name); /* 0: none */
