/* SPDX-License-Identifier: EUPL-1.2 */
/* Open addressing with linear probing; a slot holds 32 bits of the hash, so that a key is looked at only when it very likely matches. */
#include "warehouse/store/dictionary.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOTS_FIRST = 64,
    DIRECT_SPREAD = 4,    /* numbers for each key, at most, for a place of its own for each number */
    DIRECT_KEYS_MIN = 48, /* fewer are hashed: they say little about those to come */
    HEAP_FIRST = 1 << 10,
    HEAP_MAX = 1 << 20,
    DISTINCT_CHECK = 1 << 15, /* texts between two looks at whether equal ones are still found */
};

/* ---- the table ---- */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 32);
}

static uint32_t hash_bytes(uint64_t seed, const char *bytes, size_t length)
{
    uint64_t hash = mix(seed, length), word = 0;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    if (length) {
        word = 0;
        memcpy(&word, bytes, length);
        hash = mix(hash, word);
    }
    return (uint32_t)(mix(hash, 1) >> 16);
}

static void table_finish(struct hash_table *table)
{
    free(table->slots);
    table->slots = NULL;
    table->mask = table->used = 0;
}

/* Room for one more key: at most three quarters of the slots are used. */
static bool table_is_full(const struct hash_table *table)
{
    return !table->mask || table->used >= (table->mask + 1) / 4 * 3;
}

static bool table_reserve(struct hash_table *table, struct error *err)
{
    if (!table_is_full(table)) {
        return true;
    }
    size_t count = table->mask ? 2 * (table->mask + 1) : SLOTS_FIRST;
    struct hash_slot *slots = calloc(count, sizeof *slots);
    if (!slots) {
        return FAIL(err, LIMIT, "the system has no memory for a dictionary of %zu entries", count);
    }
    for (size_t i = 0; table->mask && i <= table->mask; i++) {
        if (table->slots[i].code) {
            size_t at = table->slots[i].hash & (count - 1);
            while (slots[at].code) {
                at = (at + 1) & (count - 1);
            }
            slots[at] = table->slots[i];
        }
    }
    free(table->slots);
    table->slots = slots;
    table->mask = count - 1;
    return true;
}

/* ---- integers ---- */
void integer_dictionary_init(struct integer_dictionary *dictionary, uint64_t seed)
{
    *dictionary = (struct integer_dictionary){.table.seed = seed, .keys.maximum = DICTIONARY_CODES_MAX};
}

void integer_dictionary_finish(struct integer_dictionary *dictionary)
{
    table_finish(&dictionary->table);
    integer_keys_finish(&dictionary->keys);
    free(dictionary->direct);
}

/* A place for every number from the smallest key to the largest and half as many more to either side, if that is in proportion. The
 * table, or the narrower array, goes. False in *out_is_dense: nothing was changed. */
static bool direct_make(struct integer_dictionary *dictionary, bool *out_is_dense, struct error *err)
{
    const struct integer_keys *keys = &dictionary->keys;
    int64_t smallest = INT64_MAX, largest = INT64_MIN;
    *out_is_dense = false;
    for (size_t i = 0; i < keys->count; i++) {
        smallest = keys->items[i] < smallest ? keys->items[i] : smallest;
        largest = keys->items[i] > largest ? keys->items[i] : largest;
    }
    const uint64_t span = (uint64_t)largest - (uint64_t)smallest;
    if (keys->count < DIRECT_KEYS_MIN || span >= (uint64_t)keys->count * DIRECT_SPREAD) {
        return true;
    }
    const size_t spare = (size_t)span / 2, count = (size_t)span + 1 + 2 * spare;
    uint32_t *direct = calloc(count, sizeof *direct);
    if (!direct) {
        return FAIL(err, LIMIT, "the system has no memory for a dictionary of %zu numbers", count);
    }
    dictionary->base = (uint64_t)smallest - spare;
    for (size_t code = 0; code < keys->count; code++) {
        direct[(uint64_t)keys->items[code] - dictionary->base] = (uint32_t)code + 1;
    }
    free(dictionary->direct);
    dictionary->direct = direct;
    dictionary->direct_count = count;
    table_finish(&dictionary->table);
    dictionary->table = (struct hash_table){.seed = dictionary->table.seed};
    *out_is_dense = true;
    return true;
}

static uint32_t hash_integer(uint64_t seed, int64_t value)
{
    return (uint32_t)(mix(mix(seed, (uint64_t)value), 1) >> 16);
}

/* The keys came to be far apart. */
static bool direct_give_up(struct integer_dictionary *dictionary, struct error *err)
{
    struct hash_table *table = &dictionary->table;
    free(dictionary->direct);
    dictionary->direct = NULL;
    dictionary->direct_count = 0;
    for (size_t code = 0; code < dictionary->keys.count; code++) {
        const uint32_t hash = hash_integer(table->seed, dictionary->keys.items[code]);
        TRY(table_reserve(table, err));
        size_t at = hash & table->mask;
        while (table->slots[at].code) {
            at = (at + 1) & table->mask;
        }
        table->slots[at] = (struct hash_slot){hash, (uint32_t)code + 1};
        table->used++;
    }
    return true;
}

/* A new value while each has its own place. */
static bool direct_put(struct integer_dictionary *dictionary, int64_t value, uint32_t *out_code, struct error *err)
{
    const uint32_t code = (uint32_t)dictionary->keys.count;
    const uint64_t at = (uint64_t)value - dictionary->base;
    bool is_dense = true;
    TRY(integer_keys_append(&dictionary->keys, value, err));
    *out_code = dictionary->last = code;
    if (at < dictionary->direct_count) {
        dictionary->direct[at] = code + 1;
        return true;
    }
    TRY(direct_make(dictionary, &is_dense, err));
    return is_dense || direct_give_up(dictionary, err);
}

bool integer_dictionary_seek(struct integer_dictionary *dictionary, int64_t value, uint32_t *out_code, struct error *err)
{
    if (dictionary->keys.count && dictionary->keys.items[dictionary->last] == value) {
        *out_code = dictionary->last;
        return true;
    }
    struct hash_table *table = &dictionary->table;
    if (!dictionary->direct && table_is_full(table)) {
        bool is_dense = false;
        TRY(direct_make(dictionary, &is_dense, err));
        TRY(is_dense || table_reserve(table, err));
        if (is_dense) {
            return integer_dictionary_put(dictionary, value, out_code, err); /* it may be among them */
        }
    }
    if (dictionary->direct) {
        return direct_put(dictionary, value, out_code, err);
    }
    const uint32_t hash = hash_integer(table->seed, value);
    size_t at = hash & table->mask;
    for (; table->slots[at].code; at = (at + 1) & table->mask) {
        const uint32_t code = table->slots[at].code - 1;
        if (table->slots[at].hash == hash && dictionary->keys.items[code] == value) {
            *out_code = dictionary->last = code;
            return true;
        }
    }
    const uint32_t code = (uint32_t)dictionary->keys.count;
    TRY(integer_keys_append(&dictionary->keys, value, err));
    table->slots[at] = (struct hash_slot){hash, code + 1};
    table->used++;
    *out_code = dictionary->last = code;
    return true;
}

static size_t table_bytes(const struct hash_table *table)
{
    return table->mask ? (table->mask + 1) * sizeof *table->slots : 0;
}

size_t integer_dictionary_bytes(const struct integer_dictionary *dictionary)
{
    return table_bytes(&dictionary->table) + dictionary->keys.capacity * sizeof(int64_t) +
           dictionary->direct_count * sizeof *dictionary->direct;
}

/* ---- texts ---- */
void text_dictionary_init(struct text_dictionary *dictionary, uint64_t seed)
{
    *dictionary = (struct text_dictionary){.table.seed = seed, .entries.maximum = DICTIONARY_CODES_MAX, .is_distinct = true};
}

void text_dictionary_finish(struct text_dictionary *dictionary)
{
    table_finish(&dictionary->table);
    text_entries_finish(&dictionary->entries);
    for (struct text_heap *heap = dictionary->heap, *next; heap; heap = next) {
        next = heap->next;
        free(heap);
    }
    dictionary->heap = NULL;
    dictionary->heap_bytes = 0;
}

struct text text_dictionary_text(const struct text_dictionary *dictionary, uint32_t code)
{
    uint32_t length;
    const uint8_t *entry = dictionary->entries.items[code];
    memcpy(&length, entry, sizeof length);
    return (struct text){(const char *)(entry + sizeof length), length};
}

static bool entry_append(struct text_dictionary *dictionary, struct text text, struct error *err)
{
    const uint32_t length = (uint32_t)text.length;
    const size_t wanted = sizeof length + text.length;
    struct text_heap *heap = dictionary->heap;
    if (!heap || heap->size - heap->used < wanted) {
        size_t size = heap ? 2 * heap->size : HEAP_FIRST;
        size = size > HEAP_MAX ? HEAP_MAX : size;
        size = size < wanted ? wanted : size;
        heap = malloc(sizeof *heap + size);
        if (!heap) {
            return FAIL(err, LIMIT, "the system has no memory for %zu bytes of text", size);
        }
        *heap = (struct text_heap){.next = dictionary->heap, .size = size};
        dictionary->heap = heap;
        dictionary->heap_bytes += size;
    }
    uint8_t *entry = heap->data + heap->used;
    TRY(text_entries_append(&dictionary->entries, entry, err));
    memcpy(entry, &length, sizeof length);
    if (length) {
        memcpy(entry + sizeof length, text.data, length);
    }
    heap->used += wanted;
    dictionary->text_bytes += length;
    return true;
}

/* Looking is worth its time while at least one text in eight is found again. */
static void distinct_reconsider(struct text_dictionary *dictionary)
{
    if (dictionary->puts % DISTINCT_CHECK == 0 && dictionary->entries.count > dictionary->puts / 8 * 7) {
        dictionary->is_distinct = false;
        table_finish(&dictionary->table);
    }
}

bool text_dictionary_put(struct text_dictionary *dictionary, struct text text, uint32_t *out_code, struct error *err)
{
    if (dictionary->entries.count && text_equal(text_dictionary_text(dictionary, dictionary->last), text)) {
        dictionary->puts++;
        *out_code = dictionary->last;
        return true;
    }
    if (text.length > DICTIONARY_TEXT_MAX) {
        FAIL(err, LIMIT, "a text has %zu bytes; at most %d are kept", text.length, (int)DICTIONARY_TEXT_MAX);
        return error_hint(err, "shorten the text, or leave its column out");
    }
    const uint32_t code = (uint32_t)dictionary->entries.count;
    if (dictionary->is_distinct) {
        TRY(table_reserve(&dictionary->table, err));
        struct hash_table *table = &dictionary->table;
        const uint32_t hash = hash_bytes(table->seed, text.data, text.length);
        size_t at = hash & table->mask;
        for (; table->slots[at].code; at = (at + 1) & table->mask) {
            const uint32_t known = table->slots[at].code - 1;
            if (table->slots[at].hash == hash && text_equal(text_dictionary_text(dictionary, known), text)) {
                dictionary->puts++;
                *out_code = dictionary->last = known;
                return true;
            }
        }
        TRY(entry_append(dictionary, text, err));
        table->slots[at] = (struct hash_slot){hash, code + 1};
        table->used++;
    } else {
        TRY(entry_append(dictionary, text, err));
    }
    *out_code = dictionary->last = code;
    dictionary->puts++;
    distinct_reconsider(dictionary);
    return true;
}

size_t text_dictionary_bytes(const struct text_dictionary *dictionary)
{
    return table_bytes(&dictionary->table) + dictionary->entries.capacity * sizeof(const uint8_t *) + dictionary->heap_bytes;
}
