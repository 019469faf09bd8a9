/* SPDX-License-Identifier: EUPL-1.2 */
/* The reading half of store.h for one segment: every function asks the grant first, then does its work. */
#include "warehouse/store/segment.h"

uint32_t store_segment_persons(const struct store_segment *segment)
{
    return segment->layout.persons;
}

uint64_t store_segment_rows(const struct store_segment *segment, int table)
{
    return segment->tables[table].rows;
}

bool store_segment_person_ids(struct store_segment *segment, const int64_t **out_ids, struct error *err)
{
    return segment_person_ids(segment, out_ids, err);
}

bool store_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_offsets, struct error *err)
{
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment_person_rows(segment, table, arena, out_offsets, err);
}

bool store_column_read(struct store_segment *segment, int table, int field, uint64_t first, size_t count, struct arena *arena,
                       struct store_vector *out_vector, struct error *err)
{
    const struct row_request request = {.first = first, .count = count};
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment_values(segment, table, field, &request, arena, out_vector, err);
}

bool store_column_gather(struct store_segment *segment, int table, int field, const uint32_t *rows, size_t count, struct arena *arena,
                         struct store_vector *out_vector, struct error *err)
{
    const struct row_request request = {.rows = count ? rows : NULL, .count = count};
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment_values(segment, table, field, &request, arena, out_vector, err);
}

/* ---- rows by their leading sort field ---- */
/* How many rows have a leading value below `key` (or not above it, when `with_equal`). NULL comes last and is never counted. */
static bool rows_below(struct store_segment *segment, int table, const struct column_index *index, int64_t key, bool with_equal,
                       uint64_t *out_rows, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct store_vector vector;
    size_t low = 0, high = index->chunks;
    while (low < high) { /* the first chunk whose first value is not below; NULL has the largest value there */
        const size_t middle = low + (high - low) / 2;
        const bool below = with_equal ? index->first_values[middle] <= key : index->first_values[middle] < key;
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    if (low == 0) {
        *out_rows = 0;
        return true;
    }
    const uint64_t first = (uint64_t)(low - 1) * COLUMN_CHUNK, rest = segment->tables[table].rows - first;
    const struct row_request request = {.first = first, .count = rest < COLUMN_CHUNK ? (size_t)rest : COLUMN_CHUNK};
    TRY(segment_values(segment, table, 0, &request, scratch, &vector, err));
    size_t from = 0, to = vector.count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const bool below =
            store_vector_is_valid(&vector, middle) && (with_equal ? vector.integers[middle] <= key : vector.integers[middle] < key);
        from = below ? middle + 1 : from;
        to = below ? to : middle;
    }
    *out_rows = first + from;
    return true;
}

bool store_rows_find(struct store_segment *segment, int table, int64_t key, uint64_t *out_first, uint64_t *out_count, struct error *err)
{
    const struct column_index *index = NULL;
    uint64_t first = 0, end = 0;
    TRY(store_reader_demand_table(segment->reader, table, err));
    if (segment->tables[table].rows && segment->tables[table].columns[0].layout) {
        TRY(segment_column_index(segment, table, 0, &index, err));
        if (!index->first_values) {
            return FAIL(err, INVALID_ARGUMENT, "%s is not sorted by a number", omop_table(table)->name);
        }
        TRY(rows_below(segment, table, index, key, false, &first, err));
        TRY(rows_below(segment, table, index, key, true, &end, err));
    }
    *out_first = first;
    *out_count = end - first;
    return true;
}

/* ---- concepts ---- */
bool store_events_find(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count, unsigned parts,
                       struct arena *arena, struct store_events *out_events, struct error *err)
{
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment_events(segment, table, field, concepts, concept_count, parts, arena, out_events, err);
}

bool store_events_count(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                        uint64_t *out_rows, struct error *err)
{
    const struct concept_directory *directory = NULL;
    uint64_t rows = 0;
    TRY(store_reader_demand_table(segment->reader, table, err));
    TRY(segment_column_concepts(segment, table, field, &directory, err));
    for (size_t i = 0, at = 0; i < concept_count && at < directory->count; i++) {
        at = concept_directory_seek(directory, at, concepts[i]);
        rows += at < directory->count && directory->ids[at] == concepts[i] ? directory->rows[at] : 0;
    }
    *out_rows = rows;
    return true;
}

bool store_concepts(struct store_segment *segment, int table, int field, struct arena *arena, const int64_t **out_concepts,
                    const uint32_t **out_rows, size_t *out_count, struct error *err)
{
    const struct concept_directory *directory = NULL;
    (void)arena; /* the directory lives as long as the segment */
    TRY(store_reader_demand_table(segment->reader, table, err));
    TRY(segment_column_concepts(segment, table, field, &directory, err));
    *out_concepts = directory->ids;
    *out_rows = directory->rows;
    *out_count = directory->count;
    return true;
}
