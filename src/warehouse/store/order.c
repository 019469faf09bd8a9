/* SPDX-License-Identifier: EUPL-1.2 */
/* Sort keys are cut down to the bits that their values need and packed into words of 64 bits; nearly always one word holds them all. */
#include "warehouse/store/order.h"
#include "warehouse/store/radix.h"
#include <assert.h>
#include <string.h>

enum { LEADING_MAX = 3, KEYS_MAX = 2 * LEADING_MAX, PART_BITS = 8, STEP_ROWS = SLAB_ROWS };

struct order_key {
    const struct slab_column *column;
    const uint32_t *map; /* value to ordinal, or NULL */
    uint64_t smallest, absent_code;
    bool is_absence; /* the key is only whether the value is absent */
    unsigned bits, word, shift;
};
struct order_keys {
    struct order_key keys[KEYS_MAX];
    size_t count;
    unsigned words, word_bits[KEYS_MAX];
};

static unsigned width_of(uint64_t largest)
{
    return largest ? 64U - (unsigned)__builtin_clzll(largest) : 0;
}

static void key_add(struct order_keys *keys, const struct slab_column *column, const uint32_t *ordinals, uint32_t person_count)
{
    assert(keys->count < KEYS_MAX);
    struct order_key *key = &keys->keys[keys->count++];
    *key = (struct order_key){.column = column, .map = ordinals};
    if (ordinals) {
        key->bits = width_of(person_count);
    } else if (column->nulls < column->count) {
        const struct slab_range extent = slab_column_range(column);
        const uint64_t range = (uint64_t)extent.largest - (uint64_t)extent.smallest;
        if (range == UINT64_MAX && column->nulls) { /* no code is left for NULL, which comes last: a key before this one tells */
            *key = (struct order_key){.column = column, .is_absence = true, .absent_code = 1, .bits = 1};
            key = &keys->keys[keys->count++];
            *key = (struct order_key){.column = column};
        }
        key->smallest = (uint64_t)extent.smallest;
        key->absent_code = range == UINT64_MAX ? 0 : range + 1;
        key->bits = width_of(column->nulls && range < UINT64_MAX ? range + 1 : range);
    }
}

/* Whether no value is less than the one appended before it, and none is absent: the sorts are stable, so that nothing is left to do. */
static bool ascends(const struct slab_column *column)
{
    int64_t values[STEP_ROWS], before = INT64_MIN;
    uint64_t valid[STEP_ROWS / 64];
    bool is_ascending = column->nulls == 0;
    for (uint64_t first = 0; first < column->count && is_ascending; first += STEP_ROWS) {
        const size_t count = column->count - first < STEP_ROWS ? (size_t)(column->count - first) : STEP_ROWS;
        (void)slab_column_read(column, NULL, first, count, values, valid);
        for (size_t i = 0; i < count; i++) {
            is_ascending = is_ascending && values[i] >= before;
            before = values[i];
        }
    }
    return is_ascending;
}

/* Keys are mostly given in ascending order, and so are found in the files. */
static void keys_trim(struct order_keys *keys)
{
    while (keys->count && !keys->keys[keys->count - 1].map && ascends(keys->keys[keys->count - 1].column)) {
        keys->count--;
    }
}

/* From the last key on; a key that does not fit into what is left of a word begins the next. Word 0 is the most significant. */
static void keys_pack(struct order_keys *keys)
{
    unsigned word = 0, used = 0;
    for (size_t k = keys->count; k-- > 0;) {
        if (used + keys->keys[k].bits > 64) {
            keys->word_bits[word++] = used;
            used = 0;
        }
        keys->keys[k].word = word;
        keys->keys[k].shift = used;
        used += keys->keys[k].bits;
    }
    keys->word_bits[word] = used;
    keys->words = word + 1; /* counted from the least significant */
}

int order_leading_fields(int table)
{
    const struct omop_table_info *info = omop_table(table);
    int count = 0;
    while (count < info->field_count && count < LEADING_MAX && info->fields[count].type == OMOP_INTEGER) {
        count++;
    }
    return count;
}

static void keys_choose(struct order_keys *keys, const struct segment_builder *builder, int table, const uint32_t *ordinals,
                        uint32_t person_count)
{
    const struct omop_table_info *info = omop_table(table);
    const struct builder_column *columns = builder->tables[table].columns;
    memset(keys, 0, sizeof *keys);
    if (builder->scope == OMOP_PERSON) {
        key_add(keys, &columns[info->person_field].values, ordinals, person_count);
        const int fields[] = {info->start_field, info->id_field};
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            if (fields[i] != OMOP_NO_FIELD && fields[i] != info->person_field) {
                key_add(keys, &columns[fields[i]].values, NULL, 0);
            }
        }
    } else {
        for (int field = 0; field < order_leading_fields(table); field++) {
            key_add(keys, &columns[field].values, NULL, 0);
        }
    }
    keys_pack(keys);
}

/* One word of the keys of at most STEP_ROWS rows (listed, or from first on). */
static void words_fill(const struct order_keys *keys, unsigned word, const uint32_t *rows, uint64_t first, size_t count, uint64_t *out)
{
    int64_t values[STEP_ROWS];
    uint64_t valid[STEP_ROWS / 64];
    memset(out, 0, count * sizeof *out);
    for (size_t k = 0; k < keys->count; k++) {
        const struct order_key *key = &keys->keys[k];
        if (key->word != word || key->bits == 0) {
            continue;
        }
        const size_t absent = slab_column_read(key->column, rows, first, count, values, valid);
        for (size_t i = 0; i < count; i++) {
            uint64_t code = key->map ? key->map[values[i]] : key->is_absence ? 0 : (uint64_t)values[i] - key->smallest;
            if (absent && !(valid[i / 64] >> (i % 64) & 1)) {
                code = key->absent_code;
            }
            out[i] |= code << key->shift;
        }
    }
}

static bool is_sorted(const struct order_keys *keys, uint64_t count)
{
    uint64_t words[KEYS_MAX][STEP_ROWS], before[KEYS_MAX] = {0};
    for (uint64_t first = 0; first < count; first += STEP_ROWS) {
        const size_t length = count - first < STEP_ROWS ? (size_t)(count - first) : STEP_ROWS;
        for (unsigned word = 0; word < keys->words; word++) {
            words_fill(keys, word, NULL, first, length, words[word]);
        }
        for (size_t i = 0; i < length; i++) {
            bool is_less = false, is_equal = true;
            for (unsigned word = keys->words; word-- > 0 && is_equal;) {
                is_less = words[word][i] < before[word];
                is_equal = words[word][i] == before[word];
            }
            if (is_less) {
                return false;
            }
            for (unsigned word = 0; word < keys->words; word++) {
                before[word] = words[word][i];
            }
        }
    }
    return true;
}

/* ---- sorting ---- */
static bool no_memory(struct error *err)
{
    FAIL(err, LIMIT, "the system has no memory to sort the rows of a segment");
    return error_hint(err, "lower the memory of a load in the settings, or load fewer persons at once");
}

static void words_fill_all(const struct order_keys *keys, unsigned word, const uint32_t *rows, size_t count, uint64_t *out)
{
    for (size_t first = 0; first < count; first += STEP_ROWS) {
        const size_t length = count - first < STEP_ROWS ? count - first : STEP_ROWS;
        words_fill(keys, word, rows ? rows + first : NULL, first, length, out + first);
    }
}

/* What sorting needs beside its result. */
struct sorter {
    struct segment_workspace *workspace;
    uint64_t *words, *spare;
    uint32_t *places_spare;
};

/* ---- keys of one word: parts by the leading bits, then part by part, which mostly fits the processor's cache ---- */
static void parts_find(struct slab_layout *layout, const uint64_t *words, size_t count, unsigned shift)
{
    uint32_t counts[SLAB_PARTS] = {0};
    uint32_t at = 0;
    for (size_t i = 0; i < count; i++) {
        layout->parts[i] = (uint8_t)(words[i] >> shift);
        counts[layout->parts[i]]++;
    }
    for (size_t part = 0; part < SLAB_PARTS; part++) {
        layout->begins[part] = at;
        at += counts[part];
    }
}

/* A key and its place fit one word: the place stands below the key, and equal keys are in order already. */
static void packed_sort(struct sorter *sorter, struct row_order *order, size_t count, unsigned place_bits, unsigned rest_bits)
{
    uint32_t next[SLAB_PARTS];
    memcpy(next, order->layout.begins, sizeof next);
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = next[order->layout.parts[i]]++;
        sorter->spare[place] = sorter->words[i] << place_bits | place;
    }
    for (size_t part = 0, from = 0; part < SLAB_PARTS; from = next[part++]) {
        radix_sort_keys(sorter->spare + from, sorter->words + from, next[part] - from, place_bits, place_bits + rest_bits);
    }
    for (size_t i = 0; i < count; i++) {
        order->places[i] = (uint32_t)(sorter->spare[i] & ((UINT64_C(1) << place_bits) - 1));
    }
}

static void pairs_sort(struct sorter *sorter, struct row_order *order, size_t count, unsigned rest_bits)
{
    uint32_t next[SLAB_PARTS];
    memcpy(next, order->layout.begins, sizeof next);
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = next[order->layout.parts[i]]++;
        sorter->spare[place] = sorter->words[i] & ((UINT64_C(1) << rest_bits) - 1); /* what is above is the part */
        order->places[i] = (uint32_t)i;
    }
    for (size_t part = 0, from = 0; part < SLAB_PARTS; from = next[part++]) {
        radix_sort_pairs(sorter->spare + from, order->places + from, sorter->words + from, sorter->places_spare + from, next[part] - from,
                         rest_bits);
    }
}

/* Whole bytes, as the sort takes them. */
static unsigned place_bits_for(size_t count)
{
    return (width_of(count) + 7) / 8 * 8;
}

static bool parts_sort(struct sorter *sorter, const struct order_keys *keys, size_t count, struct row_order *order, struct error *err)
{
    const unsigned bits = keys->word_bits[0], rest_bits = bits > PART_BITS ? bits - PART_BITS : 0, place_bits = place_bits_for(count);
    order->layout.parts = workspace_take(sorter->workspace, WORKSPACE_PARTS, count, 1);
    TRY(order->layout.parts || no_memory(err));
    order->has_parts = true;
    words_fill_all(keys, 0, NULL, count, sorter->words);
    parts_find(&order->layout, sorter->words, count, rest_bits);
    if (bits + place_bits <= 64) {
        packed_sort(sorter, order, count, place_bits, rest_bits);
        return true;
    }
    sorter->places_spare = workspace_take(sorter->workspace, WORKSPACE_PLACES_SPARE, count, sizeof *sorter->places_spare);
    TRY(sorter->places_spare || no_memory(err));
    pairs_sort(sorter, order, count, rest_bits);
    return true;
}

/* ---- keys of several words: stable sorts, the least significant word first ---- */
static bool words_sort(struct sorter *sorter, const struct order_keys *keys, size_t count, struct row_order *order, struct error *err)
{
    sorter->places_spare = workspace_take(sorter->workspace, WORKSPACE_PLACES_SPARE, count, sizeof *sorter->places_spare);
    TRY(sorter->places_spare || no_memory(err));
    for (size_t i = 0; i < count; i++) {
        order->places[i] = (uint32_t)i;
    }
    for (unsigned word = 0; word < keys->words; word++) {
        words_fill_all(keys, word, word ? order->places : NULL, count, sorter->words);
        radix_sort_pairs(sorter->words, order->places, sorter->spare, sorter->places_spare, count, keys->word_bits[word]);
    }
    return true;
}

static bool sort(struct order_keys *keys, size_t count, struct segment_workspace *workspace, struct row_order *order, struct error *err)
{
    struct sorter sorter = {
        .workspace = workspace,
        .words = workspace_take(workspace, WORKSPACE_WORDS, count, sizeof(uint64_t)),
        .spare = workspace_take(workspace, WORKSPACE_SPARE, count, sizeof(uint64_t)),
    };
    order->places = workspace_take(workspace, WORKSPACE_PLACES, count, sizeof *order->places);
    TRY((sorter.words && sorter.spare && order->places) || no_memory(err));
    keys_trim(keys);
    keys_pack(keys);
    return keys->words == 1 ? parts_sort(&sorter, keys, count, order, err) : words_sort(&sorter, keys, count, order, err);
}

bool order_rows(const struct segment_builder *builder, int table, const uint32_t *ordinals, uint32_t person_count,
                struct segment_workspace *workspace, struct row_order *out_order, struct error *err)
{
    struct order_keys keys;
    const size_t count = (size_t)builder->tables[table].rows;
    keys_choose(&keys, builder, table, ordinals, person_count);
    *out_order = (struct row_order){.places = NULL};
    return is_sorted(&keys, count) || sort(&keys, count, workspace, out_order, err);
}
