/* SPDX-License-Identifier: EUPL-1.2 */
/* The reading half of store.h for one segment: every function asks the grant first, then does its work, through the view where somebody is
 * excluded. */
#include "warehouse/store/segment_view.h"

uint32_t store_segment_persons(const struct store_segment *segment)
{
    return segment->view ? segment->view->persons : segment->layout.persons;
}

uint64_t store_segment_rows(const struct store_segment *segment, int table)
{
    return segment->view ? view_rows(segment, table) : segment->tables[table].rows;
}

bool store_segment_person_ids(struct store_segment *segment, const int64_t **out_ids, struct error *err)
{
    TRY(store_reader_demand_content(segment->reader, STORE_CONTENT_WHO, err));
    if (segment->view && segment->view->shifts) {
        *out_ids = segment->view->ids;
        return true;
    }
    return segment_person_ids(segment, out_ids, err);
}

bool store_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_offsets, struct error *err)
{
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment->view ? view_person_rows(segment, table, arena, out_offsets, err)
                         : segment_person_rows(segment, table, arena, out_offsets, err);
}

bool store_column_read(struct store_segment *segment, int table, int field, uint64_t first, size_t count, struct arena *arena,
                       struct store_vector *out_vector, struct error *err)
{
    const struct row_request request = {.first = first, .count = count};
    TRY(store_reader_demand_field(segment->reader, table, field, err));
    return segment->view ? view_values(segment, table, field, &request, arena, out_vector, err)
                         : segment_values(segment, table, field, &request, arena, out_vector, err);
}

bool store_column_gather(struct store_segment *segment, int table, int field, const uint32_t *rows, size_t count, struct arena *arena,
                         struct store_vector *out_vector, struct error *err)
{
    const struct row_request request = {.rows = count ? rows : NULL, .count = count};
    TRY(store_reader_demand_field(segment->reader, table, field, err));
    return segment->view ? view_values(segment, table, field, &request, arena, out_vector, err)
                         : segment_values(segment, table, field, &request, arena, out_vector, err);
}

/* ---- rows by their leading sort field ---- */
/* Values of the leading field are sought by bisection: chunks by their first values, which are at hand, then groups of 256 rows by one row
 * each, then the rows of one group. So a look-up decodes a few groups, not a chunk. */
struct row_search {
    struct store_segment *segment;
    int table;
    const struct column_index *index;
    struct arena *scratch;
    int64_t key;
    bool with_equal; /* rows equal to key count as below */
};

static bool is_below(const struct row_search *search, const struct store_vector *values, size_t i) /* NULL comes last: never below */
{
    return store_vector_is_valid(values, i) &&
           (search->with_equal ? values->integers[i] <= search->key : values->integers[i] < search->key);
}

/* How many of `count` rows from `first` on are below, read at once. */
static bool rows_below_in(const struct row_search *search, uint64_t first, size_t count, size_t *out_rows, struct error *err)
{
    const struct row_request request = {.first = first, .count = count};
    struct store_vector values;
    size_t from = 0, to = count;
    const struct arena_mark mark = arena_mark_take(search->scratch);
    TRY(segment_values(search->segment, search->table, 0, &request, search->scratch, &values, err));
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const bool below = !values.is_all_null && is_below(search, &values, middle);
        from = below ? middle + 1 : from;
        to = below ? to : middle;
    }
    arena_mark_release(search->scratch, mark);
    *out_rows = from;
    return true;
}

/* How many rows of the table are below. */
static bool rows_below(const struct row_search *search, uint64_t *out_rows, struct error *err)
{
    const struct column_index *index = search->index;
    const uint64_t rows = search->segment->tables[search->table].rows;
    size_t low = 0, high = index->chunks, below = 0;
    while (low < high) { /* the first chunk whose first value is not below; NULL has the largest value there */
        const size_t middle = low + (high - low) / 2;
        const int64_t first = index->first_values[middle];
        const bool is_first_below = search->with_equal ? first <= search->key : first < search->key;
        low = is_first_below ? middle + 1 : low;
        high = is_first_below ? high : middle;
    }
    if (low == 0) {
        *out_rows = 0;
        return true;
    }
    const uint64_t chunk = (uint64_t)(low - 1) * COLUMN_CHUNK;
    const uint64_t length = rows - chunk < COLUMN_CHUNK ? rows - chunk : COLUMN_CHUNK;
    low = 0;
    high = (size_t)((length + BITPACK_GROUP - 1) / BITPACK_GROUP);
    while (low < high) { /* the first group whose first row is not below */
        const size_t middle = low + (high - low) / 2;
        TRY(rows_below_in(search, chunk + middle * BITPACK_GROUP, 1, &below, err));
        low = below ? middle + 1 : low;
        high = below ? high : middle;
    }
    const uint64_t group = low == 0 ? 0 : (low - 1) * (uint64_t)BITPACK_GROUP;
    TRY(rows_below_in(search, chunk + group, length - group < BITPACK_GROUP ? (size_t)(length - group) : BITPACK_GROUP, &below, err));
    *out_rows = chunk + group + below;
    return true;
}

/* The end of the rows equal to key, which begin at `first`: mostly few, so what follows is looked at before all is searched again. */
static bool rows_equal_end(struct row_search *search, uint64_t first, uint64_t *out_end, struct error *err)
{
    const uint64_t rest = search->segment->tables[search->table].rows - first;
    const size_t near = rest < BITPACK_GROUP ? (size_t)rest : BITPACK_GROUP;
    size_t equal = 0;
    search->with_equal = true;
    TRY(rows_below_in(search, first, near, &equal, err));
    *out_end = first + equal;
    return equal < near || near == rest || rows_below(search, out_end, err);
}

bool store_rows_find(struct store_segment *segment, int table, int64_t key, uint64_t *out_first, uint64_t *out_count, struct error *err)
{
    const struct column_index *index = NULL;
    uint64_t first = 0, end = 0;
    TRY(store_reader_demand_field(segment->reader, table, 0, err)); /* it tells of values of the leading field */
    if (segment->tables[table].rows && segment->tables[table].columns[0].layout) {
        TRY(segment_column_index(segment, table, 0, &index, err));
        if (!index->first_values) {
            return FAIL(err, INVALID_ARGUMENT, "%s is not sorted by a number", omop_table(table)->name);
        }
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct row_search search = {segment, table, index, scratch, key, false};
        TRY(rows_below(&search, &first, err));
        TRY(rows_equal_end(&search, first, &end, err));
    }
    if (segment->view) {
        first = view_row_of(segment->view, table, first);
        end = view_row_of(segment->view, table, end);
    }
    *out_first = first;
    *out_count = end - first;
    return true;
}

/* ---- concepts ---- */
bool store_events_find(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count, unsigned parts,
                       struct arena *arena, struct store_events *out_events, struct error *err)
{
    return store_events_find_among(segment, table, field, concepts, concept_count, NULL, parts, arena, out_events, err);
}

bool store_events_find_among(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                             const uint64_t *persons, unsigned parts, struct arena *arena, struct store_events *out_events,
                             struct error *err)
{
    TRY(store_reader_demand_table(segment->reader, table, err));
    return segment->view ? view_events(segment, table, field, concepts, concept_count, persons, parts, arena, out_events, err)
                         : segment_events(segment, table, field, concepts, concept_count, persons, parts, arena, out_events, err);
}

bool store_events_count(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                        uint64_t *out_rows, struct error *err)
{
    const struct concept_directory *directory = NULL;
    uint64_t rows = 0;
    TRY(store_reader_demand_table(segment->reader, table, err));
    if (segment->view) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct store_events events;
        TRY(view_events(segment, table, field, concepts, concept_count, NULL, STORE_EVENT_ANY_ORDER, scratch, &events, err));
        *out_rows = events.count;
        return true;
    }
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
    TRY(store_reader_demand_table(segment->reader, table, err));
    if (segment->view) {
        return view_concepts(segment, table, field, arena, out_concepts, out_rows, out_count, err);
    }
    TRY(segment_column_concepts(segment, table, field, &directory, err));
    *out_concepts = directory->ids;
    *out_rows = directory->rows;
    *out_count = directory->count;
    return true;
}
