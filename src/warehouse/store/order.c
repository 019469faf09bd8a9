/* SPDX-License-Identifier: EUPL-1.2 */
/* Sort keys are cut down to the bits that their values need and packed into words of 64 bits; nearly always one word holds them all. */
#include "warehouse/store/order.h"
#include "warehouse/store/radix.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { LEADING_MAX = 3, KEYS_MAX = 2 * LEADING_MAX, LOCAL_ROWS = 1 << 16, SPLIT_BITS = 10, STEP_ROWS = SLAB_ROWS };

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
/* Pairs of a word and a row, twice: where they are, and where they go. */
struct sorter {
    uint64_t *words, *words_spare;
    uint32_t *rows, *rows_spare;
};

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

/* One pass by the leading bits of the word puts the pairs into bins that mostly fit the processor's cache, where they are sorted. */
static void bins_sort(struct sorter *sorter, size_t count, unsigned bits)
{
    const unsigned shift = bits > SPLIT_BITS ? bits - SPLIT_BITS : 0;
    size_t ends[1 << SPLIT_BITS] = {0}, at = 0;
    for (size_t i = 0; i < count; i++) {
        ends[sorter->words[i] >> shift]++;
    }
    for (size_t bin = 0; bin < (size_t)1 << SPLIT_BITS; bin++) {
        const size_t here = ends[bin];
        ends[bin] = at;
        at += here;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t place = ends[sorter->words[i] >> shift]++;
        sorter->words_spare[place] = sorter->words[i];
        sorter->rows_spare[place] = sorter->rows[i];
    }
    for (size_t bin = 0, from = 0; bin < (size_t)1 << SPLIT_BITS; from = ends[bin++]) {
        uint64_t *words = sorter->words_spare + from;
        for (size_t i = 0; i < ends[bin] - from; i++) {
            words[i] &= (UINT64_C(1) << shift) - 1; /* what is above is the bin */
        }
        radix_sort_pairs(words, sorter->rows_spare + from, sorter->words + from, sorter->rows + from, ends[bin] - from, shift);
    }
    uint32_t *swap = sorter->rows;
    sorter->rows = sorter->rows_spare;
    sorter->rows_spare = swap;
}

/* Stable sorts, the least significant word first. */
static void rows_sort(struct sorter *sorter, const struct order_keys *keys, size_t count)
{
    for (unsigned word = 0; word < keys->words; word++) {
        words_fill_all(keys, word, word ? sorter->rows : NULL, count, sorter->words);
        for (size_t i = 0; i < count && word == 0; i++) {
            sorter->rows[i] = (uint32_t)i;
        }
        if (count > LOCAL_ROWS && keys->word_bits[word] > SPLIT_BITS) {
            bins_sort(sorter, count, keys->word_bits[word]);
        } else {
            radix_sort_pairs(sorter->words, sorter->rows, sorter->words_spare, sorter->rows_spare, count, keys->word_bits[word]);
        }
    }
}

bool order_rows(const struct segment_builder *builder, int table, const uint32_t *ordinals, uint32_t person_count, uint32_t **out_rows,
                struct error *err)
{
    struct order_keys keys;
    const size_t count = (size_t)builder->tables[table].rows;
    keys_choose(&keys, builder, table, ordinals, person_count);
    if (is_sorted(&keys, count)) {
        *out_rows = NULL;
        return true;
    }
    struct sorter sorter = {
        malloc(count * sizeof(uint64_t)),
        malloc(count * sizeof(uint64_t)),
        malloc(count * sizeof(uint32_t)),
        malloc(count * sizeof(uint32_t)),
    };
    const bool done = sorter.words && sorter.words_spare && sorter.rows && sorter.rows_spare;
    if (done) {
        rows_sort(&sorter, &keys, count);
        *out_rows = sorter.rows;
    } else {
        free(sorter.rows);
    }
    free(sorter.words);
    free(sorter.words_spare);
    free(sorter.rows_spare);
    return done || no_memory(err);
}
