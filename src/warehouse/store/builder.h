/* SPDX-License-Identifier: EUPL-1.2 */
/* builder: the inside of struct segment_builder, for the encoder (private to the store; operations in store.h). */
#pragma once
#include "warehouse/store/dictionary.h"
#include "warehouse/store/slabs.h"
#include "warehouse/store/store.h"

struct builder_column {
    struct slab_column values;     /* integers, days, microseconds, bits of doubles, codes of texts, codes of persons */
    struct text_dictionary *texts; /* OMOP_TEXT, once a text was appended */
};
struct builder_table {
    uint64_t rows;
    struct builder_column *columns; /* one for each field; NULL while there are no rows */
};
struct segment_builder {
    enum omop_scope scope;
    uint64_t seed; /* of the dictionaries */
    struct builder_table tables[OMOP_TABLE_COUNT];
    struct segment_workspace *workspace; /* lent; NULL: none */
    struct integer_dictionary persons;   /* every person_id of every table; person fields hold its codes */
    /* Or, where their range is known and dense: the code is the distance from first_person. */
    uint64_t *seen; /* a bit for each code; NULL: the dictionary is used */
    int64_t first_person;
    size_t person_codes; /* numbers in the range */
};

/* Codes are below this; not each of them is a person. */
static inline size_t builder_person_codes(const struct segment_builder *builder)
{
    return builder->seen ? builder->person_codes : builder->persons.keys.count;
}
static inline bool builder_has_person(const struct segment_builder *builder, size_t code)
{
    return !builder->seen || (builder->seen[code / 64] >> (code % 64) & 1);
}
static inline int64_t builder_person(const struct segment_builder *builder, size_t code)
{
    return builder->seen ? (int64_t)((uint64_t)builder->first_person + code) : builder->persons.keys.items[code];
}

static inline double double_of_bits(int64_t bits)
{
    union {
        int64_t bits;
        double value;
    } both = {.bits = bits};
    return both.value;
}
static inline int64_t bits_of_double(double value)
{
    union {
        double value;
        int64_t bits;
    } both = {.value = value};
    return both.bits;
}
