/* SPDX-License-Identifier: EUPL-1.2 */
/* dependents: rows of tables without persons that tell something of a person all the same: NOTE_NLP by its note, EPISODE_EVENT by its
 * episode, COST by its event, FACT_RELATIONSHIP by either fact. Those of excluded persons are hidden. Where the table that a row points
 * into is not known, an id of any hidden record hides it: rather a row too many than one too few. */
#include "warehouse/store/manifest.h"
#include "warehouse/store/segment_view.h"
#include <stdlib.h>
#include <string.h>

DEFINE_ARRAY(row_list, uint64_t)
enum { ROWS_AT_ONCE = 1 << 16, ANY_TABLE = -1, NO_TABLE = -2, POINTERS_MAX = 2 };

/* Ids of the hidden records of each table, ascending. */
struct hidden_records {
    struct person_ids of[OMOP_TABLE_COUNT];
};
static void hidden_records_value_cleanup(struct hidden_records *hidden)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        person_ids_finish(&hidden->of[table]);
    }
}

/* OMOP vocabulary "Domain" and "Metadata": concepts that name what a fact is. */
static const struct {
    int64_t concept_id;
    const char *domain; /* cost.cost_domain_id */
    int table;
} kinds[] = {
    {8, "Visit", OMOP_TABLE_VISIT_OCCURRENCE},
    {10, "Procedure", OMOP_TABLE_PROCEDURE_OCCURRENCE},
    {13, "Drug", OMOP_TABLE_DRUG_EXPOSURE},
    {17, "Device", OMOP_TABLE_DEVICE_EXPOSURE},
    {19, "Condition", OMOP_TABLE_CONDITION_OCCURRENCE},
    {21, "Measurement", OMOP_TABLE_MEASUREMENT},
    {27, "Observation", OMOP_TABLE_OBSERVATION},
    {36, "Specimen", OMOP_TABLE_SPECIMEN},
    {56, "Person", OMOP_TABLE_PERSON},
    {5085, "Note", OMOP_TABLE_NOTE},
    {57, "Care site", NO_TABLE},
};

/* How a dependent table points to records: the field of the id, and the field that says of which table it is (or the table). */
struct pointer {
    int id_field, kind_field, table;
};
static const struct {
    int table;
    struct pointer pointers[POINTERS_MAX];
    size_t count;
} dependents[] = {
    {OMOP_TABLE_NOTE_NLP, {{OMOP_NOTE_NLP_NOTE_ID, OMOP_NO_FIELD, OMOP_TABLE_NOTE}}, 1},
    {OMOP_TABLE_EPISODE_EVENT, {{OMOP_EPISODE_EVENT_EPISODE_ID, OMOP_NO_FIELD, OMOP_TABLE_EPISODE}}, 1},
    {OMOP_TABLE_COST, {{OMOP_COST_COST_EVENT_ID, OMOP_COST_COST_DOMAIN_ID, ANY_TABLE}}, 1},
    {OMOP_TABLE_FACT_RELATIONSHIP,
     {{OMOP_FACT_RELATIONSHIP_FACT_ID_1, OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_1, ANY_TABLE},
      {OMOP_FACT_RELATIONSHIP_FACT_ID_2, OMOP_FACT_RELATIONSHIP_DOMAIN_CONCEPT_ID_2, ANY_TABLE}},
     2},
};
enum { KINDS = sizeof kinds / sizeof *kinds, DEPENDENTS = sizeof dependents / sizeof *dependents };

/* ---- the hidden records ---- */
static bool gap_collect(struct store_segment *segment, int table, uint64_t first, uint64_t count, struct person_ids *out, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct row_request gap = {.first = first, .count = (size_t)count};
    struct store_vector ids;
    TRY(segment_values(segment, table, omop_table(table)->id_field, &gap, scratch, &ids, err));
    for (size_t i = 0; i < gap.count; i++) {
        TRY(!store_vector_is_valid(&ids, i) || person_ids_append(out, ids.integers[i], err));
    }
    return true;
}

static bool records_collect(struct store_segment *segment, struct hidden_records *hidden, struct error *err)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct view_table *gaps = &segment->view->tables[table];
        hidden->of[table].maximum = SIZE_MAX / sizeof(int64_t);
        if (omop_table(table)->id_field == OMOP_NO_FIELD) {
            continue;
        }
        for (size_t i = 0; i < gaps->gaps; i++) {
            uint64_t before = i ? gaps->skips[i - 1] : 0;
            TRY(gap_collect(segment, table, gaps->starts[i] + before, gaps->skips[i] - before, &hidden->of[table], err));
        }
    }
    return true;
}

static int id_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void records_sort(struct hidden_records *hidden)
{
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        if (hidden->of[table].count) {
            qsort(hidden->of[table].items, hidden->of[table].count, sizeof(int64_t), id_compare);
        }
    }
}

static bool record_is_hidden(const struct hidden_records *hidden, int table, int64_t id)
{
    bool is_hidden = false;
    for (int t = table == ANY_TABLE ? 0 : table; t >= 0 && t < (table == ANY_TABLE ? OMOP_TABLE_COUNT : table + 1); t++) {
        const struct person_ids *ids = &hidden->of[t];
        is_hidden = is_hidden || (ids->count && bsearch(&id, ids->items, ids->count, sizeof id, id_compare));
    }
    return is_hidden;
}

/* ---- what points to them ---- */
static int kind_table(const struct store_vector *kinds_of_rows, size_t row)
{
    if (!store_vector_is_valid(kinds_of_rows, row)) {
        return ANY_TABLE;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds_of_rows->type == OMOP_TEXT ? text_equal(kinds_of_rows->texts[row], text_of(kinds[i].domain))
                                             : kinds_of_rows->integers[row] == kinds[i].concept_id) {
            return kinds[i].table;
        }
    }
    return ANY_TABLE;
}

static bool rows_mark(struct store_segment *segment, int table, const struct pointer *pointer, const struct row_request *request,
                      const struct hidden_records *hidden, uint8_t *marks, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct store_vector ids, kinds_of_rows = {.is_all_null = true};
    TRY(segment_values(segment, table, pointer->id_field, request, scratch, &ids, err));
    if (pointer->kind_field != OMOP_NO_FIELD) {
        TRY(segment_values(segment, table, pointer->kind_field, request, scratch, &kinds_of_rows, err));
    }
    for (size_t i = 0; i < request->count; i++) {
        int kind = pointer->kind_field == OMOP_NO_FIELD ? pointer->table : kind_table(&kinds_of_rows, i);
        marks[i] = marks[i] || (store_vector_is_valid(&ids, i) && record_is_hidden(hidden, kind, ids.integers[i]));
    }
    return true;
}

static bool rows_find(struct store_segment *segment, size_t dependent, const struct hidden_records *hidden, struct row_list *out,
                      struct error *err)
{
    int table = dependents[dependent].table;
    uint64_t rows = segment->tables[table].rows;
    for (uint64_t first = 0; first < rows; first += ROWS_AT_ONCE) {
        uint8_t marks[ROWS_AT_ONCE] = {0};
        const struct row_request request = {.first = first, .count = rows - first < ROWS_AT_ONCE ? (size_t)(rows - first) : ROWS_AT_ONCE};
        for (size_t i = 0; i < dependents[dependent].count; i++) {
            TRY(rows_mark(segment, table, &dependents[dependent].pointers[i], &request, hidden, marks, err));
        }
        for (size_t i = 0; i < request.count; i++) {
            TRY(!marks[i] || row_list_append(out, first + i, err));
        }
    }
    return true;
}

static bool segment_hide(struct store_segment *segment, const struct hidden_records *hidden, struct error *err)
{
    for (size_t i = 0; i < DEPENDENTS; i++) {
        struct row_list rows = {.maximum = SIZE_MAX / sizeof(uint64_t)};
        bool done =
            rows_find(segment, i, hidden, &rows, err) && segment_view_hide(segment, dependents[i].table, rows.items, rows.count, err);
        row_list_finish(&rows);
        TRY(done);
    }
    return true;
}

static bool has_dependents(const struct store_file_entry *entry)
{
    bool has = false;
    for (size_t i = 0; i < DEPENDENTS; i++) {
        has = has || (!entry->is_blob && entry->summary.table_rows[dependents[i].table] > 0);
    }
    return has;
}

bool store_reader_hide_dependents(struct store_reader *reader, struct error *err)
{
    __attribute__((cleanup(hidden_records_value_cleanup))) struct hidden_records hidden = {.of = {{.items = NULL}}};
    bool any = false;
    for (size_t i = 0; reader->excluded.count && i < reader->file_count; i++) {
        any = any || has_dependents(&reader->files[i].entry);
    }
    for (size_t i = 0; any && i < reader->file_count; i++) {
        if (store_entry_meets(&reader->files[i].entry, &reader->excluded)) {
            TRY(store_reader_open_file(reader, i, err));
            TRY(!reader->files[i].segment->view || records_collect(reader->files[i].segment, &hidden, err));
        }
    }
    records_sort(&hidden);
    for (size_t i = 0; any && i < reader->file_count; i++) {
        if (has_dependents(&reader->files[i].entry)) {
            TRY(store_reader_open_file(reader, i, err));
            TRY(segment_hide(reader->files[i].segment, &hidden, err));
        }
    }
    return true;
}
