/* SPDX-License-Identifier: EUPL-1.2 */
/* Open addressing; keys are keyed hashes of the holders already, so that mixing them with a seed is enough. */
#include "intake/assemble/key_map.h"
#include "base/bulk.h"
#include "base/calendar.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash_key(const struct key_map *map, uint32_t group, int64_t key)
{
    uint64_t hash = ((uint64_t)key ^ map->seed) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 31 ^ group) * UINT64_C(0xD6E8FEB86659FD93);
    return hash ^ hash >> 32;
}

void key_map_finish(struct key_map *map)
{
    free(map->slots);
    *map = (struct key_map){.slots = NULL};
}

static struct key_slot *slot_of(const struct key_map *map, uint32_t group, int64_t key)
{
    size_t at = (size_t)hash_key(map, group, key) & (map->capacity - 1);
    while (map->slots[at].group && (map->slots[at].group != group + 1 || map->slots[at].key != key)) {
        at = (at + 1) & (map->capacity - 1);
    }
    return &map->slots[at];
}

static bool grow(struct key_map *map, struct error *err)
{
    struct key_map larger = {.capacity = map->capacity ? map->capacity * 2 : 1024, .count = map->count, .seed = map->seed};
    larger.seed = larger.seed ? larger.seed : (uint64_t)clock_monotonic_ns();
    larger.slots = bulk_allocate(larger.capacity, sizeof *larger.slots);
    if (!larger.slots) {
        return FAIL(err, LIMIT, "the system has no memory for a table of %zu keys", larger.capacity);
    }
    memset(larger.slots, 0, larger.capacity * sizeof *larger.slots);
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].group) {
            *slot_of(&larger, map->slots[i].group - 1, map->slots[i].key) = map->slots[i];
        }
    }
    free(map->slots);
    *map = larger;
    return true;
}

bool key_map_put(struct key_map *map, uint32_t group, int64_t key, uint32_t fresh, uint32_t **out_value, struct error *err)
{
    if (map->count * 3 >= map->capacity * 2) {
        TRY(grow(map, err));
    }
    struct key_slot *slot = slot_of(map, group, key);
    if (!slot->group) {
        *slot = (struct key_slot){key, group + 1, fresh};
        map->count++;
    }
    *out_value = &slot->value;
    return true;
}

const uint32_t *key_map_find(const struct key_map *map, uint32_t group, int64_t key)
{
    if (!map->count) {
        return NULL;
    }
    const struct key_slot *slot = slot_of(map, group, key);
    return slot->group ? &slot->value : NULL;
}

/* ---- names ---- */
static size_t place_of(const struct name_list *list, struct text name)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < name.length; i++) {
        hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001B3);
    }
    size_t at = (size_t)(hash ^ hash >> 32) & (list->slot_count - 1);
    while (list->slots[at] && !text_equal(list->items[list->slots[at] - 1], name)) {
        at = (at + 1) & (list->slot_count - 1);
    }
    return at;
}

void name_list_finish(struct name_list *list)
{
    arena_destroy(list->arena);
    free(list->items);
    free(list->slots);
    *list = (struct name_list){.arena = NULL};
}

static bool names_grow(struct name_list *list, struct error *err)
{
    const size_t capacity = list->capacity ? list->capacity * 2 : 256;
    struct text *items = realloc(list->items, capacity * sizeof *items);
    list->items = items ? items : list->items;
    uint32_t *slots = calloc(capacity * 2, sizeof *slots);
    if (!items || !slots) {
        free(slots);
        return FAIL(err, LIMIT, "the system has no memory for %zu names", capacity);
    }
    free(list->slots);
    list->slots = slots;
    list->slot_count = capacity * 2;
    list->capacity = capacity;
    for (size_t i = 0; i < list->count; i++) {
        list->slots[place_of(list, list->items[i])] = (uint32_t)(i + 1);
    }
    return true;
}

bool name_list_add(struct name_list *list, struct text name, uint32_t *out_number, struct error *err)
{
    *out_number = name_list_find(list, name);
    if (*out_number) {
        return true;
    }
    list->arena = list->arena ? list->arena : arena_create();
    TRY(list->count < list->capacity || names_grow(list, err));
    list->items[list->count++] = arena_text_keep(list->arena, name);
    *out_number = (uint32_t)list->count;
    list->slots[place_of(list, list->items[list->count - 1])] = *out_number;
    return true;
}

uint32_t name_list_find(const struct name_list *list, struct text name)
{
    return list->slot_count ? list->slots[place_of(list, name)] : 0;
}
