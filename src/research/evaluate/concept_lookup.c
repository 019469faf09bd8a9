/* SPDX-License-Identifier: EUPL-1.2 */
/* concept_lookup: sorted pairs and a binary search. */
#include "research/evaluate/concept_lookup.h"
#include <stdlib.h>

static int entry_compare(const void *a, const void *b)
{
    int64_t x = ((const struct concept_entry *)a)->id, y = ((const struct concept_entry *)b)->id;
    return (x > y) - (x < y);
}

static uint64_t rows_of(struct store_reader *reader, int table)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_SHARED); i++) {
        rows += store_segment_rows(store_reader_segment(reader, OMOP_SHARED, i), table);
    }
    return rows;
}

static bool append_segment(struct store_segment *segment, int table, int field, struct arena *arena, struct concept_entry *entries,
                           size_t *count, struct error *err)
{
    size_t rows = (size_t)store_segment_rows(segment, table);
    struct store_vector ids, concepts;
    if (rows == 0) {
        return true;
    }
    TRY(store_column_read(segment, table, omop_table(table)->id_field, 0, rows, arena, &ids, err));
    TRY(store_column_read(segment, table, field, 0, rows, arena, &concepts, err));
    for (size_t i = 0; i < rows; i++) {
        if (store_vector_is_valid(&ids, i)) {
            bool is_known = store_vector_is_valid(&concepts, i);
            entries[(*count)++] = (struct concept_entry){ids.integers[i], is_known ? concepts.integers[i] : 0, is_known};
        }
    }
    return true;
}

bool concept_lookup_read(struct store_reader *reader, int table, int field, struct arena *arena, struct concept_lookup *out_lookup,
                         struct error *err)
{
    struct concept_entry *entries = ARENA_ARRAY(arena, struct concept_entry, (size_t)rows_of(reader, table) + 1);
    size_t count = 0;
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_SHARED); i++) {
        TRY(append_segment(store_reader_segment(reader, OMOP_SHARED, i), table, field, arena, entries, &count, err));
    }
    qsort(entries, count, sizeof *entries, entry_compare);
    *out_lookup = (struct concept_lookup){entries, count};
    return true;
}

const struct concept_entry *concept_lookup_find(const struct concept_lookup *lookup, int64_t id)
{
    struct concept_entry key = {.id = id};
    return lookup->count ? bsearch(&key, lookup->items, lookup->count, sizeof key, entry_compare) : NULL;
}
