/* SPDX-License-Identifier: EUPL-1.2 */
/* The rows of a range of persons, brought together from all shelves. As many persons at once as fit a quarter of the load's memory: each
 * range is one pass over the shelves. */
#include "intake/assemble/assemble_internal.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct kept_row {
    const char *bytes;
    uint32_t length, person; /* place in the range */
    uint32_t delivery;
    uint16_t table;
};
DEFINE_ARRAY(kept_rows, struct kept_row)
struct range {
    struct assembly *assembly;
    struct arena *arena; /* bytes of rows */
    struct kept_rows rows;
    size_t first, end; /* places in persons */
    size_t delivery;
    bool is_first; /* rows that no range will have are counted once */
    int table;
    int64_t last_subject; /* and whether it was wanted */
    bool has_last, last_wanted;
};

static void drop(struct range *range, enum assemble_drop why)
{
    range->assembly->counters.tables[range->table].dropped[why]++;
}

static bool take(void *context, const struct standard_row *row, struct text bytes, struct error *err)
{
    struct range *range = context;
    struct assembly *assembly = range->assembly;
    const struct assemble_person *persons = assembly->persons;
    const uint32_t *person = key_map_find(&assembly->person_of, assembly->holder_of[range->delivery], row->subject);
    enum assemble_drop why = ASSEMBLE_NO_PERSON;
    assembly->counters.tables[range->table].in += range->is_first;
    const bool is_nobody = !person || *person == NO_PERSON || *person == EXCLUDED_PERSON;
    if (!is_nobody && (*person < persons[range->first].id || *person > persons[range->end - 1].id)) {
        return true;
    }
    if (is_nobody && !range->is_first) {
        return true;
    }
    if (assembly_is_superseded(assembly, range->delivery, row, &why)) {
        drop(range, why);
        return true;
    }
    if (is_nobody) {
        drop(range, person && *person == EXCLUDED_PERSON ? ASSEMBLE_EXCLUDED : ASSEMBLE_NO_PERSON);
        return true;
    }
    const struct assemble_person *found = assembly_person(assembly, *person);
    assert(found);
    char *copy = arena_allocate_raw(range->arena, bytes.length, 1);
    memcpy(copy, bytes.data, bytes.length);
    return kept_rows_append(&range->rows,
                            (struct kept_row){copy, (uint32_t)bytes.length, (uint32_t)(found - persons - (ptrdiff_t)range->first),
                                              (uint32_t)range->delivery, (uint16_t)row->table},
                            err);
}

/* Most rows of a pass belong to other ranges: they are passed over unread. Rows of one subject often follow one another. */
static bool wants(void *context, int64_t subject)
{
    struct range *range = context;
    const struct assembly *assembly = range->assembly;
    if (!range->has_last || range->last_subject != subject) {
        const uint32_t *person = key_map_find(&assembly->person_of, assembly->holder_of[range->delivery], subject);
        range->has_last = true;
        range->last_subject = subject;
        range->last_wanted =
            range->is_first || (person && *person >= assembly->persons[range->first].id && *person <= assembly->persons[range->end - 1].id);
    }
    return range->last_wanted;
}

static bool gather(struct range *range, struct error *err)
{
    const struct shelves *shelves = range->assembly->shelves;
    for (size_t i = 0; i < shelves_count(shelves); i++) {
        const struct shelf_delivery *delivery = shelves_delivery(shelves, i);
        range->delivery = i;
        range->has_last = false;
        for (int table = 0; table < OMOP_TABLE_COUNT && delivery->is_live; table++) {
            range->table = table;
            if (table != OMOP_TABLE_PERSON && omop_table(table)->scope == OMOP_PERSON) {
                TRY(shelves_scan_some(shelves, i, table, wants, take, range, err));
            }
        }
    }
    return true;
}

/* Positions of rows by person: order[offsets[p]] .. order[offsets[p + 1] - 1]. */
static bool order_rows(const struct range *range, uint32_t **out_order, uint32_t **out_offsets, struct error *err)
{
    const size_t persons = range->end - range->first;
    uint32_t *order = malloc((range->rows.count + 1) * sizeof *order), *offsets = calloc(persons + 2, sizeof *offsets);
    *out_order = order;
    *out_offsets = offsets;
    if (!order || !offsets) {
        return FAIL(err, LIMIT, "no memory to sort %zu rows", range->rows.count);
    }
    for (size_t i = 0; i < range->rows.count; i++) {
        offsets[range->rows.items[i].person + 2]++;
    }
    for (size_t p = 2; p < persons + 2; p++) {
        offsets[p] += offsets[p - 1];
    }
    for (size_t i = 0; i < range->rows.count; i++) {
        order[offsets[range->rows.items[i].person + 1]++] = (uint32_t)i;
    }
    return true;
}

static bool person_read(const struct range *range, const uint32_t *order, size_t count, struct person_rows *rows, struct error *err)
{
    if (count > rows->capacity) {
        struct person_row *items = realloc(rows->items, count * 2 * sizeof *items);
        if (!items) {
            return FAIL(err, LIMIT, "no memory for the rows of one person");
        }
        rows->items = items;
        rows->capacity = count * 2;
    }
    rows->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct kept_row *kept = &range->rows.items[order[i]];
        struct person_row *row = &rows->items[i];
        TRY(shelf_row_read(kept->table, (struct text){kept->bytes, kept->length}, &row->row, err));
        row->delivery = kept->delivery;
        row->holder = range->assembly->holder_of[kept->delivery];
        row->order = order[i];
        row->id = 0;
        row->same_as = NULL;
    }
    return true;
}

static bool make(struct range *range, const uint32_t *order, const uint32_t *offsets, struct batches *batches, struct error *err)
{
    struct person_rows rows = {.items = NULL};
    bool done = true;
    for (size_t p = range->first; p < range->end && done; p++) {
        const uint32_t begin = offsets[p - range->first], end = offsets[p - range->first + 1];
        done = person_read(range, order + begin, end - begin, &rows, err) &&
               person_make(range->assembly, &range->assembly->persons[p], &rows, batches, err) && (p % 1024 || task_check(err));
    }
    free(rows.items);
    return done && batches_flush(batches, err);
}

static bool range_run(struct range *range, struct batches *batches, struct error *err)
{
    uint32_t *order = NULL, *offsets = NULL;
    const bool done = gather(range, err) && order_rows(range, &order, &offsets, err) && make(range, order, offsets, batches, err);
    free(order);
    free(offsets);
    kept_rows_finish(&range->rows);
    arena_destroy(range->arena);
    return done;
}

static size_t persons_at_once(const struct assembly *assembly)
{
    const double memory = (double)settings_get(&assembly->settings, SETTING_LOAD_MEMORY_BYTES) / 4;
    const double each = ((double)assembly->shelf_bytes * 1.5 + 1) / (double)assembly->person_count;
    const double fit = memory / each;
    return fit < 1 ? 1 : fit > 1e9 ? (size_t)1e9 : (size_t)fit;
}

/* A wave that is begun again takes back its numbers and counts. */
static void counters_begin(struct assembly *assembly, int64_t first)
{
    if (assembly->has_saved && assembly->saved_first == first) {
        assembly->counters = assembly->saved;
    } else {
        assembly->saved = assembly->counters;
        assembly->saved_first = first;
        assembly->has_saved = true;
    }
}

bool assembly_scan_persons(void *context, int64_t first, int64_t last, const struct source_scan *scan, struct error *err)
{
    struct assembly *assembly = context;
    CLEANUP(batches) struct batches *batches = NULL;
    const size_t at_once = persons_at_once(assembly);
    size_t begin = 0, end = 0;
    counters_begin(assembly, first);
    TRY(batches_create(&batches, scan, err));
    while (begin < assembly->person_count && assembly->persons[begin].id < first) {
        begin++;
    }
    for (; begin < assembly->person_count && assembly->persons[begin].id <= last; begin = end) {
        for (end = begin; end < assembly->person_count && assembly->persons[end].id <= last && end - begin < at_once; end++) {
        }
        struct range range = {.assembly = assembly,
                              .arena = arena_create(),
                              .rows = {.maximum = UINT32_MAX - 1},
                              .first = begin,
                              .end = end,
                              .is_first = begin == 0};
        TRY(range_run(&range, batches, err));
    }
    return true;
}
