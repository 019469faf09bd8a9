/* SPDX-License-Identifier: EUPL-1.2 */
/* One hash table of all codes met in a run. What is not there yet is looked up: local maps, the holder's choice, the vocabulary. */
#include "intake/standardise/codes.h"
#include <stdlib.h>
#include <string.h>

struct local_map {
    struct text system, code;
    uint64_t hash;
    int64_t concepts[CODE_TARGETS_MAX];
    size_t count;
};
DEFINE_ARRAY(code_entries, struct code_entry)
DEFINE_ARRAY(local_maps, struct local_map)

/* Open addressing; a slot holds the entry's number + 1. */
struct slots {
    uint32_t *items;
    size_t count; /* a power of 2 */
};
struct codes {
    struct vocabulary *vocabulary;
    struct arena *arena;   /* texts and targets */
    struct arena *scratch; /* of one look-up */
    struct code_entries entries;
    struct local_maps maps;
    struct slots entry_slots, map_slots;
    uint64_t seed;
};

#define NAME(name, text) text,
static const char *const list_names[] = {STANDARD_LISTS(NAME)};
#undef NAME

struct codes *codes_create(struct vocabulary *vocabulary)
{
    struct arena *arena = arena_create();
    struct codes *codes = ARENA_NEW(arena, struct codes);
    codes->arena = arena;
    codes->scratch = arena_create();
    codes->vocabulary = vocabulary;
    codes->entries.maximum = codes->maps.maximum = CODE_ENTRIES_MAX;
    codes->seed = (uint64_t)clock_monotonic_ns() | 1; /* outside input cannot choose its collisions */
    return codes;
}

void codes_destroy(struct codes *codes)
{
    if (codes) {
        code_entries_finish(&codes->entries);
        local_maps_finish(&codes->maps);
        free(codes->entry_slots.items);
        free(codes->map_slots.items);
        arena_destroy(codes->scratch);
        arena_destroy(codes->arena);
    }
}

const struct code_entry *codes_entries(const struct codes *codes, size_t *out_count)
{
    *out_count = codes->entries.count;
    return codes->entries.items;
}

/* ---- hashing ---- */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ word) * factor;
    return hash ^ hash >> 29;
}

static uint64_t hash_bytes(uint64_t hash, struct text text)
{
    size_t i = 0;
    for (; i + 8 <= text.length; i += 8) {
        uint64_t word;
        memcpy(&word, text.data + i, 8);
        hash = mix(hash, word);
    }
    uint64_t last = 0;
    memcpy(&last, text.data + i, text.length - i);
    return mix(hash, last ^ (uint64_t)text.length << 56);
}

static bool slots_grow(struct slots *slots, size_t used, struct error *err)
{
    if (used * 2 < slots->count) {
        return true;
    }
    const size_t count = slots->count ? slots->count * 2 : 1024;
    uint32_t *items = calloc(count, sizeof *items);
    if (!items) {
        return FAIL(err, LIMIT, "no memory for a table of codes");
    }
    free(slots->items);
    *slots = (struct slots){items, count};
    return true;
}

static void slots_put(struct slots *slots, uint64_t hash, size_t index)
{
    size_t at = (size_t)hash & (slots->count - 1);
    while (slots->items[at]) {
        at = (at + 1) & (slots->count - 1);
    }
    slots->items[at] = (uint32_t)(index + 1);
}

/* ---- local maps ---- */
/* "LOCAL:labo" and "labo" are the same system, and so are "CIM10" and the vocabulary that it is. */
static struct text map_system(struct text system)
{
    const struct text prefix = TEXT("LOCAL:");
    if (text_starts_with(system, prefix)) {
        return (struct text){system.data + prefix.length, system.length - prefix.length};
    }
    return system;
}

static struct local_map *map_find(const struct codes *codes, struct text system, struct text code)
{
    if (!codes->map_slots.count) {
        return NULL;
    }
    const uint64_t hash = hash_bytes(hash_bytes(codes->seed, system), code);
    for (size_t at = (size_t)hash & (codes->map_slots.count - 1); codes->map_slots.items[at];
         at = (at + 1) & (codes->map_slots.count - 1)) {
        struct local_map *map = &codes->maps.items[codes->map_slots.items[at] - 1];
        if (map->hash == hash && text_equal(map->system, system) && text_equal(map->code, code)) {
            return map;
        }
    }
    return NULL;
}

static bool maps_make_room(struct codes *codes, struct error *err)
{
    const size_t before = codes->map_slots.count;
    TRY(slots_grow(&codes->map_slots, codes->maps.count + 1, err));
    for (size_t i = 0; i < codes->maps.count && codes->map_slots.count != before; i++) {
        slots_put(&codes->map_slots, codes->maps.items[i].hash, i);
    }
    return true;
}

bool codes_map_add(struct codes *codes, struct text system, struct text code, int64_t concept, struct error *err)
{
    struct local_map *map = map_find(codes, map_system(system), code);
    if (!map) {
        TRY(maps_make_room(codes, err));
        struct local_map new = {.system = arena_text_keep(codes->arena, map_system(system)), .code = arena_text_keep(codes->arena, code)};
        new.hash = hash_bytes(hash_bytes(codes->seed, new.system), new.code);
        TRY(local_maps_append(&codes->maps, new, err));
        slots_put(&codes->map_slots, new.hash, codes->maps.count - 1);
        map = &codes->maps.items[codes->maps.count - 1];
    }
    for (size_t i = 0; i < map->count; i++) {
        if (map->concepts[i] == concept) {
            return true;
        }
    }
    if (map->count < CODE_TARGETS_MAX) {
        map->concepts[map->count++] = concept;
    }
    return true;
}

/* ---- one look-up ---- */
static int table_of_domain(struct text domain)
{
#define DOMAIN(name, table) {TEXT(name), table},
    static const struct {
        struct text name;
        int table;
    } domains[] = {STANDARD_DOMAINS(DOMAIN)};
#undef DOMAIN
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++) {
        if (text_equal(domain, domains[i].name)) {
            return domains[i].table;
        }
    }
    return -1;
}

static bool concept_by_id(struct codes *codes, int64_t id, const struct concept **out_concept, struct error *err)
{
    *out_concept = NULL;
    return !codes->vocabulary || vocabulary_concept(codes->vocabulary, (concept_id){id}, codes->scratch, out_concept, err);
}

/* A concept of a map that the vocabulary does not have is believed; its domain is not known. */
static bool targets_take(struct codes *codes, struct code_entry *entry, const int64_t *ids, size_t count, struct error *err)
{
    struct code_target *targets = ARENA_ARRAY(codes->arena, struct code_target, count);
    size_t taken = 0;
    for (size_t i = 0; i < count && taken < CODE_TARGETS_MAX; i++) {
        const struct concept *concept = NULL;
        if (ids[i] != 0) {
            TRY(concept_by_id(codes, ids[i], &concept, err));
            targets[taken++] = (struct code_target){ids[i], concept ? table_of_domain(concept->domain) : -1};
        }
    }
    entry->targets = targets;
    entry->target_count = taken;
    entry->reason = taken ? STANDARD_MAPPED : STANDARD_NO_STANDARD;
    return true;
}

static bool follow(struct codes *codes, struct code_entry *entry, const struct concept *concept, struct error *err)
{
    struct concept_ids ids = {0}, values = {0};
    TRY(vocabulary_maps_to(codes->vocabulary, concept->id, codes->scratch, &ids, err));
    TRY(vocabulary_maps_to_value(codes->vocabulary, concept->id, codes->scratch, &values, err));
    entry->value = values.count == 1 ? values.items[0] : 0;
    if (!ids.count && concept->standard == 'S') { /* small vocabularies leave out that a standard concept maps to itself */
        return targets_take(codes, entry, &concept->id.value, 1, err);
    }
    return targets_take(codes, entry, ids.items, ids.count, err);
}

static bool look_up_chosen(struct codes *codes, struct code_entry *entry, int64_t id, struct error *err)
{
    const struct concept *concept = NULL;
    TRY(concept_by_id(codes, id, &concept, err));
    return !concept || follow(codes, entry, concept, err);
}

static bool look_up_maps(struct codes *codes, struct code_entry *entry, const struct code_system *system, const struct code_forms *forms,
                         struct error *err)
{
    for (size_t i = 0; i < forms->count; i++) {
        const struct text form = text_of(forms->texts[i]);
        const struct local_map *map = map_find(codes, map_system(entry->system), form);
        if (!map && system) {
            map = map_find(codes, text_of(system->vocabulary), form);
        }
        if (map) {
            return targets_take(codes, entry, map->concepts, map->count, err);
        }
    }
    return true;
}

static bool look_up_vocabulary(struct codes *codes, struct code_entry *entry, const struct code_system *system,
                               const struct code_forms *forms, struct error *err)
{
    const struct text names[2] = {map_system(entry->system), system ? text_of(system->vocabulary) : TEXT("")};
    const struct concept *best = NULL;
    for (size_t i = 0; i < forms->count && codes->vocabulary; i++) {
        for (size_t n = 0; n < 2 && names[n].length; n++) {
            const struct concept *concept = NULL;
            TRY(vocabulary_concept_by_code(codes->vocabulary, names[n], text_of(forms->texts[i]), codes->scratch, &concept, err));
            if (!concept) {
                continue;
            }
            struct code_entry found = {.system = entry->system, .code = entry->code, .hash = entry->hash, .source = concept->id.value};
            TRY(follow(codes, &found, concept, err));
            if (!best || found.target_count) { /* the first that maps to something, or else the first */
                entry->source = best ? entry->source : found.source;
                best = concept;
                entry->targets = found.targets;
                entry->target_count = found.target_count;
                entry->value = found.value;
                entry->reason = found.reason;
            }
            if (found.target_count) {
                return true;
            }
        }
    }
    return true;
}

static bool list_take(struct codes *codes, struct code_entry *entry, struct error *err)
{
#define VALUE(list, code, concept) {#list, code, concept},
    static const struct {
        const char *list, *code;
        int64_t concept;
    } values[] = {STANDARD_VALUES(VALUE)};
#undef VALUE
    entry->reason = STANDARD_NOT_LISTED;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (text_equal(entry->system, text_of(values[i].list)) && text_equal_fold(entry->code, text_of(values[i].code))) {
            return targets_take(codes, entry, &values[i].concept, 1, err);
        }
    }
    return true;
}

static bool is_list(struct text system)
{
    for (size_t i = 0; i < STANDARD_LIST_COUNT; i++) {
        if (text_equal(system, text_of(list_names[i]))) {
            return true;
        }
    }
    return false;
}

static bool look_up(struct codes *codes, struct code_entry *entry, int64_t chosen, struct error *err)
{
    const struct code_system *system = code_system_find(entry->system);
    struct code_forms forms;
    code_forms_make(&forms, system ? system->form : CODE_PLAIN, entry->code);
    entry->reason = system ? STANDARD_UNKNOWN_CODE : STANDARD_NO_VOCABULARY;
    TRY(look_up_maps(codes, entry, system, &forms, err));
    if (!entry->target_count && is_list(entry->system)) {
        return list_take(codes, entry, err);
    }
    int64_t id = 0;
    if (system && text_equal(text_of(system->name), TEXT("OMOP")) && text_to_i64(text_trim(entry->code), &id)) {
        return entry->target_count || look_up_chosen(codes, entry, id, err);
    }
    const struct code_entry by_map = *entry;
    TRY(look_up_vocabulary(codes, entry, system, &forms, err));
    if (by_map.target_count) { /* the vocabulary says which concept the code is, the map what it maps to */
        entry->targets = by_map.targets;
        entry->target_count = by_map.target_count;
        entry->reason = by_map.reason;
        entry->value = 0;
    } else if (chosen) {
        TRY(look_up_chosen(codes, entry, chosen, err));
    }
    return true;
}

/* ---- the table ---- */
static bool entry_make(struct codes *codes, struct code_entry *entry, int64_t chosen, struct error *err)
{
    const size_t before = codes->entry_slots.count;
    TRY(slots_grow(&codes->entry_slots, codes->entries.count + 1, err));
    for (size_t i = 0; i < codes->entries.count && codes->entry_slots.count != before; i++) {
        slots_put(&codes->entry_slots, codes->entries.items[i].hash, i);
    }
    entry->system = arena_text_keep(codes->arena, entry->system);
    entry->code = arena_text_keep(codes->arena, entry->code);
    TRY(look_up(codes, entry, chosen, err));
    arena_reset(codes->scratch);
    TRY(code_entries_append(&codes->entries, *entry, err));
    slots_put(&codes->entry_slots, entry->hash, codes->entries.count - 1);
    return true;
}

bool codes_find(struct codes *codes, struct text system, struct text code, int64_t chosen, const struct code_entry **out_entry,
                struct error *err)
{
    const uint64_t hash = hash_bytes(hash_bytes(mix(codes->seed, (uint64_t)chosen), system), code);
    for (size_t at = (size_t)hash; codes->entry_slots.count; at++) {
        const uint32_t slot = codes->entry_slots.items[at & (codes->entry_slots.count - 1)];
        if (!slot) {
            break;
        }
        struct code_entry *entry = &codes->entries.items[slot - 1];
        if (entry->hash == hash && text_equal(entry->code, code) && text_equal(entry->system, system)) {
            entry->uses++;
            *out_entry = entry;
            return true;
        }
    }
    struct code_entry new = {.system = system, .code = code, .hash = hash, .uses = 1};
    TRY(entry_make(codes, &new, chosen, err));
    *out_entry = &codes->entries.items[codes->entries.count - 1];
    return true;
}

bool codes_list_find(struct codes *codes, enum standard_list list, struct text code, int64_t *out_concept, struct error *err)
{
    const struct code_entry *entry = NULL;
    TRY(codes_find(codes, text_of(list_names[list]), code, 0, &entry, err));
    *out_concept = entry->target_count ? entry->targets[0].concept : 0;
    return true;
}
