/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_view: how visible rows and ordinals stand for those of the file. The rows of a person lie together, so a hidden person is one gap
 * in each table, and everything is found from the places of the gaps. */
#include "warehouse/store/segment_view.h"
#include <assert.h>
#include <string.h>

/* ---- who is hidden ---- */
/* Both lists are ascending. Marks shifts, and lists the hidden ordinals. */
static uint32_t *persons_find(const int64_t *ids, uint32_t persons, const struct person_ids *excluded, struct arena *memory,
                              struct segment_view *view, int64_t *visible_ids, uint32_t *shifts)
{
    uint32_t *hidden = ARENA_ARRAY(memory, uint32_t, persons + 1);
    size_t at = 0;
    for (uint32_t p = 0; p < persons; p++) {
        while (at < excluded->count && excluded->items[at] < ids[p]) {
            at++;
        }
        if (at < excluded->count && excluded->items[at] == ids[p]) {
            shifts[p] = VIEW_IS_HIDDEN;
            hidden[view->hidden++] = p;
        } else {
            shifts[p] = view->hidden;
            visible_ids[view->persons++] = ids[p];
        }
    }
    return hidden;
}

static bool table_gaps(struct store_segment *segment, int table, const uint32_t *hidden, uint32_t count, struct view_table *out,
                       struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const uint32_t *offsets;
    TRY(segment_person_rows(segment, table, scratch, &offsets, err));
    uint64_t *starts = ARENA_ARRAY(segment->memory, uint64_t, count), *skips = ARENA_ARRAY(segment->memory, uint64_t, count);
    uint64_t *before = ARENA_ARRAY(segment->memory, uint64_t, (size_t)count + 1);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t rows = offsets[hidden[i] + 1] - offsets[hidden[i]];
        starts[i] = offsets[hidden[i]] - before[i];
        before[i + 1] = skips[i] = before[i] + rows;
    }
    *out = (struct view_table){count, starts, skips, before};
    return true;
}

static bool view_fill(struct store_segment *segment, const int64_t *ids, const struct person_ids *excluded, struct segment_view *view,
                      struct error *err)
{
    uint32_t persons = segment->layout.persons;
    uint32_t *shifts = ARENA_ARRAY(segment->memory, uint32_t, persons + 1);
    int64_t *visible_ids = ARENA_ARRAY(segment->memory, int64_t, persons + 1);
    const uint32_t *hidden = persons_find(ids, persons, excluded, segment->memory, view, visible_ids, shifts);
    view->shifts = shifts;
    view->ids = visible_ids;
    for (int table = 0; view->hidden > 0 && table < OMOP_TABLE_COUNT; table++) {
        if (segment->tables[table].rows > 0) {
            TRY(table_gaps(segment, table, hidden, view->hidden, &view->tables[table], err));
        }
    }
    return true;
}

/* The first excluded person that is not before the id. */
static size_t person_place(const struct person_ids *excluded, int64_t id)
{
    size_t low = 0, high = excluded->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (excluded->items[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

bool store_entry_meets(const struct store_file_entry *entry, const struct person_ids *persons)
{
    size_t at = person_place(persons, entry->summary.first_person);
    return !entry->is_blob && entry->summary.persons > 0 && at < persons->count && persons->items[at] <= entry->summary.last_person;
}

bool segment_view_make(struct store_segment *segment, const struct person_ids *excluded, struct error *err)
{
    const int64_t *ids;
    size_t at = person_place(excluded, segment->layout.first_person);
    if (segment->layout.persons == 0 || at == excluded->count || excluded->items[at] > segment->layout.last_person) {
        return true;
    }
    struct segment_view *view = ARENA_NEW(segment->memory, struct segment_view);
    TRY(segment_person_ids(segment, &ids, err));
    TRY(view_fill(segment, ids, excluded, view, err));
    segment->view = view->hidden > 0 ? view : NULL;
    return true;
}

bool segment_view_hide(struct store_segment *segment, int table, const uint64_t *rows, size_t count, struct error *err)
{
    if (count == 0) {
        return true;
    }
    if (segment->layout.scope == OMOP_PERSON || rows[count - 1] >= segment->tables[table].rows) {
        return FAIL(err, INTERNAL, "rows are hidden that are not there");
    }
    if (!segment->view) {
        segment->view = ARENA_NEW(segment->memory, struct segment_view);
    }
    uint64_t *starts = ARENA_ARRAY(segment->memory, uint64_t, count), *skips = ARENA_ARRAY(segment->memory, uint64_t, count);
    for (size_t i = 0; i < count; i++) {
        starts[i] = rows[i] - i;
        skips[i] = i + 1;
    }
    segment->view->tables[table] = (struct view_table){count, starts, skips, NULL};
    return true;
}

/* ---- rows ---- */
/* How many gaps begin at or before a visible row. */
static size_t gaps_at(const struct view_table *table, uint64_t visible)
{
    size_t low = 0, high = table->gaps;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->starts[middle] <= visible) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t physical_row(const struct view_table *table, uint64_t visible)
{
    size_t gaps = gaps_at(table, visible);
    return visible + (gaps ? table->skips[gaps - 1] : 0);
}

uint64_t view_row_of(const struct segment_view *view, int table, uint64_t physical)
{
    const struct view_table *gaps = &view->tables[table];
    size_t low = 0, high = gaps->gaps; /* the first gap that ends behind the row */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (gaps->starts[middle] + gaps->skips[middle] <= physical) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint64_t skipped = low ? gaps->skips[low - 1] : 0;
    bool is_inside = low < gaps->gaps && gaps->starts[low] + skipped < physical;
    return is_inside ? gaps->starts[low] : physical - skipped;
}

uint64_t view_rows(const struct store_segment *segment, int table)
{
    const struct view_table *gaps = &segment->view->tables[table];
    return segment->tables[table].rows - (gaps->gaps ? gaps->skips[gaps->gaps - 1] : 0);
}

bool view_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_offsets, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct segment_view *view = segment->view;
    const uint64_t *before = view->tables[table].before;
    const uint32_t *offsets;
    TRY(segment_person_rows(segment, table, scratch, &offsets, err));
    uint32_t *out = ARENA_ARRAY(arena, uint32_t, (size_t)view->persons + 1);
    for (uint32_t p = 0, at = 0; before && p < segment->layout.persons; p++) {
        if (view->shifts[p] != VIEW_IS_HIDDEN) {
            out[at++] = (uint32_t)(offsets[p] - before[view->shifts[p]]);
        }
    }
    out[view->persons] = before ? (uint32_t)view_rows(segment, table) : 0;
    *out_offsets = out;
    return true;
}

/* ---- values ---- */
/* A stretch of a read that lies between two gaps: `count` values from `from` of what was read. */
struct stretch {
    size_t from, count;
};

static size_t stretches_find(const struct view_table *table, uint64_t first, size_t count, struct stretch *out)
{
    uint64_t base = physical_row(table, first);
    size_t found = 0, gap = gaps_at(table, first);
    for (uint64_t at = first; at < first + count;) {
        while (gap < table->gaps && table->starts[gap] <= at) {
            gap++;
        }
        uint64_t end = gap < table->gaps && table->starts[gap] < first + count ? table->starts[gap] : first + count;
        uint64_t skip = gap ? table->skips[gap - 1] : 0;
        out[found++] = (struct stretch){(size_t)(at + skip - base), (size_t)(end - at)};
        at = end;
    }
    return found;
}

static const void *squeeze(const void *items, size_t size, const struct stretch *stretches, size_t count, size_t total, struct arena *arena)
{
    if (!items) {
        return NULL;
    }
    uint8_t *out = arena_allocate_raw(arena, total + SEALED_PADDING, size);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(out + at * size, (const uint8_t *)items + stretches[i].from * size, stretches[i].count * size);
        at += stretches[i].count;
    }
    return out;
}

static const uint64_t *squeeze_bits(const uint64_t *bits, const struct stretch *stretches, size_t count, size_t total, struct arena *arena)
{
    if (!bits) {
        return NULL;
    }
    uint64_t *out = ARENA_ARRAY(arena, uint64_t, total / 64 + 1);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = stretches[i].from; k < stretches[i].from + stretches[i].count; k++, at++) {
            out[at / 64] |= (bits[k / 64] >> (k % 64) & 1) << (at % 64);
        }
    }
    return out;
}

/* Reads over the gaps, and closes them. */
static bool values_between(struct store_segment *segment, int table, int field, const struct row_request *request, struct arena *arena,
                           struct store_vector *out_vector, struct error *err)
{
    const struct view_table *gaps = &segment->view->tables[table];
    uint64_t first = physical_row(gaps, request->first);
    uint64_t end = request->count ? physical_row(gaps, request->first + request->count - 1) + 1 : first;
    const struct row_request wide = {.first = first, .count = (size_t)(end - first)};
    struct store_vector vector;
    TRY(segment_values(segment, table, field, &wide, arena, &vector, err));
    if (wide.count != request->count) {
        size_t inside = gaps_at(gaps, request->first + request->count - 1) - gaps_at(gaps, request->first);
        struct stretch *list = ARENA_ARRAY(arena, struct stretch, inside + 1);
        size_t count = stretches_find(gaps, request->first, request->count, list);
        vector.valid = squeeze_bits(vector.valid, list, count, request->count, arena);
        vector.integers = squeeze(vector.integers, sizeof *vector.integers, list, count, request->count, arena);
        vector.floats = squeeze(vector.floats, sizeof *vector.floats, list, count, request->count, arena);
        vector.days = squeeze(vector.days, sizeof *vector.days, list, count, request->count, arena);
        vector.texts = squeeze(vector.texts, sizeof *vector.texts, list, count, request->count, arena);
        vector.count = request->count;
    }
    *out_vector = vector;
    return true;
}

bool view_values(struct store_segment *segment, int table, int field, const struct row_request *request, struct arena *arena,
                 struct store_vector *out_vector, struct error *err)
{
    const struct view_table *gaps = &segment->view->tables[table];
    uint64_t rows = view_rows(segment, table);
    if (request->count == 0 || gaps->gaps == 0) {
        return segment_values(segment, table, field, request, arena, out_vector, err);
    }
    if (request->rows ? request->rows[request->count - 1] >= rows : request->first > rows || request->count > rows - request->first) {
        return FAIL(err, INVALID_ARGUMENT, "rows of %s were asked for that it does not have", omop_table(table)->name);
    }
    if (!request->rows) {
        return values_between(segment, table, field, request, arena, out_vector, err);
    }
    uint32_t *physical = arena_allocate_raw(arena, request->count, sizeof *physical);
    size_t gap = 0;
    for (size_t i = 0; i < request->count; i++) {
        while (gap < gaps->gaps && gaps->starts[gap] <= request->rows[i]) {
            gap++;
        }
        physical[i] = request->rows[i] + (uint32_t)(gap ? gaps->skips[gap - 1] : 0);
    }
    const struct row_request gathered = {.rows = physical, .count = request->count};
    return segment_values(segment, table, field, &gathered, arena, out_vector, err);
}

/* ---- events and concepts ---- */
/* Tables without persons: by their rows. */
static uint32_t event_shift(const struct segment_view *view, int table, const struct store_events *events, size_t i)
{
    if (view->shifts) {
        return view->shifts[events->persons[i]];
    }
    assert(events->rows); /* asked for, where there are no persons */
    uint64_t visible = view_row_of(view, table, events->rows[i]);
    bool is_hidden = view_row_of(view, table, (uint64_t)events->rows[i] + 1) == visible;
    return is_hidden ? VIEW_IS_HIDDEN : 0;
}

static bool is_among(const uint64_t *persons, uint32_t ordinal)
{
    return persons[ordinal / 64] >> (ordinal % 64) & 1;
}

bool view_events(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count, const uint64_t *among,
                 unsigned parts, struct arena *arena, struct store_events *out_events, struct error *err)
{
    const struct segment_view *view = segment->view;
    struct store_events all;
    TRY(segment_events(segment, table, field, concepts, concept_count, NULL, parts | (view->shifts ? 0 : STORE_EVENT_ROWS), arena, &all,
                       err));
    uint32_t *persons = arena_allocate_raw(arena, all.count + 1, sizeof *persons);
    uint32_t *rows = all.rows ? arena_allocate_raw(arena, all.count + 1, sizeof *rows) : NULL;
    int32_t *starts = all.starts ? arena_allocate_raw(arena, all.count + 1, sizeof *starts) : NULL;
    int32_t *ends = all.ends ? arena_allocate_raw(arena, all.count + 1, sizeof *ends) : NULL;
    const uint64_t *before = view->tables[table].before;
    size_t count = 0, examined = 0;
    for (size_t i = 0; i < all.count; i++) {
        uint32_t shift = event_shift(view, table, &all, i);
        examined += shift != VIEW_IS_HIDDEN;
        if (shift == VIEW_IS_HIDDEN || (among && !is_among(among, all.persons[i] - shift))) {
            continue;
        }
        persons[count] = all.persons[i] - shift;
        if (rows) {
            rows[count] = before ? all.rows[i] - (uint32_t)before[shift] : (uint32_t)view_row_of(view, table, all.rows[i]);
        }
        if (starts) {
            starts[count] = all.starts[i];
        }
        if (ends) {
            ends[count] = all.ends[i];
        }
        count++;
    }
    *out_events =
        (struct store_events){.count = count, .persons = persons, .starts = starts, .ends = ends, .rows = rows, .examined = examined};
    return true;
}

/* Takes the rows of the hidden out of the counts of their concepts. */
static bool concepts_lessen(struct store_segment *segment, int table, int field, const struct concept_directory *directory, uint32_t *rows,
                            struct error *err)
{
    const struct view_table *gaps = &segment->view->tables[table];
    for (size_t i = 0; i < gaps->gaps; i++) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        uint64_t skipped = i ? gaps->skips[i - 1] : 0;
        const struct row_request gap = {.first = gaps->starts[i] + skipped, .count = (size_t)(gaps->skips[i] - skipped)};
        struct store_vector values;
        TRY(segment_values(segment, table, field, &gap, scratch, &values, err));
        for (size_t k = 0; k < gap.count; k++) {
            if (store_vector_is_valid(&values, k)) {
                rows[concept_directory_seek(directory, 0, values.integers[k])]--;
            }
        }
    }
    return true;
}

bool view_concepts(struct store_segment *segment, int table, int field, struct arena *arena, const int64_t **out_concepts,
                   const uint32_t **out_rows, size_t *out_count, struct error *err)
{
    const struct concept_directory *directory;
    size_t count = 0;
    TRY(segment_column_concepts(segment, table, field, &directory, err));
    int64_t *ids = arena_allocate_raw(arena, directory->count + 1, sizeof *ids);
    uint32_t *rows = ARENA_ARRAY(arena, uint32_t, directory->count + 1);
    memcpy(ids, directory->ids, directory->count * sizeof *ids);
    memcpy(rows, directory->rows, directory->count * sizeof *rows);
    TRY(directory->count == 0 || concepts_lessen(segment, table, field, directory, rows, err));
    for (size_t i = 0; i < directory->count; i++) {
        ids[count] = ids[i];
        rows[count] = rows[i];
        count += rows[i] > 0;
    }
    *out_concepts = ids;
    *out_rows = rows;
    *out_count = count;
    return true;
}
