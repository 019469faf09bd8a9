/* SPDX-License-Identifier: EUPL-1.2 */
/* Reads everything in a segment and checks what the rest of emc2 relies on: every column decodes, rows are sorted, persons have the rows
 * that they are said to have, dictionaries ascend, and the postings of each concept are its rows, no more and no fewer. */
#include "warehouse/store/order.h"
#include "warehouse/store/segment.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEP_ROWS = 16 * COLUMN_CHUNK, KEYS_MAX = 3 };

struct check {
    struct store_segment *segment;
    void (*problem)(void *context, const char *what);
    void *context;
    int table;
    const struct omop_table_info *info;
    size_t rows;
};

static void PRINTF_LIKE(3, 4) report(const struct check *check, int field, const char *format, ...)
{
    char what[300], line[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const char *name = field == OMOP_NO_FIELD ? "" : check->info->fields[field].name;
    snprintf(line, sizeof line, "%s%s%s: %s", check->info->name, *name ? "." : "", name, what);
    check->problem(check->context, line);
}

/* An error about content becomes a problem; anything else ends the check. */
static bool tolerate(const struct check *check, int field, const struct error *own, struct error *err)
{
    if (own->code == ERROR_CORRUPT) {
        report(check, field, "%s", own->message);
        return true;
    }
    if (err) {
        *err = *own;
    }
    return false;
}

/* ---- columns ---- */
static void words_check(const struct check *check, int field, struct error *own)
{
    const struct column_words *words = NULL;
    if (!segment_column_words(check->segment, check->table, field, &words, own)) {
        return; /* decoding the column has said so already */
    }
    for (size_t i = 1; i < words->count; i++) {
        if (text_compare(words->words[i - 1], words->words[i]) >= 0) {
            report(check, field, "its dictionary of texts is not in order");
            return;
        }
    }
}

static bool column_check(const struct check *check, int field, struct error *err)
{
    struct error own = {0};
    for (uint64_t first = 0; first < check->rows; first += STEP_ROWS) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        const uint64_t rest = check->rows - first;
        const struct row_request request = {.first = first, .count = rest < STEP_ROWS ? (size_t)rest : STEP_ROWS};
        struct store_vector vector;
        if (!segment_values(check->segment, check->table, field, &request, scratch, &vector, &own)) {
            return tolerate(check, field, &own, err);
        }
    }
    const struct layout_column *layout = check->segment->tables[check->table].columns[field].layout;
    if (layout && layout->form == COLUMN_CODES) {
        words_check(check, field, &own);
    }
    return true;
}

/* ---- order ---- */
static inline int64_t key_of(const struct store_vector *vector, size_t i)
{
    if (!store_vector_is_valid(vector, i)) {
        return INT64_MAX; /* NULL last */
    }
    return vector->type == OMOP_DATE ? vector->days[i] : vector->integers[i];
}

static size_t order_fields(const struct check *check, int fields[KEYS_MAX])
{
    size_t count = 0;
    if (check->info->scope != OMOP_PERSON) {
        for (int field = 0; field < order_leading_fields(check->table); field++) {
            fields[count++] = field;
        }
        return count;
    }
    const int wanted[] = {check->info->person_field, check->info->start_field, check->info->id_field};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (wanted[i] != OMOP_NO_FIELD && (i == 0 || wanted[i] != check->info->person_field)) {
            fields[count++] = wanted[i];
        }
    }
    return count;
}

static bool is_before(const int64_t *a, const int64_t *b, size_t keys)
{
    for (size_t k = 0; k < keys; k++) {
        if (a[k] != b[k]) {
            return a[k] < b[k];
        }
    }
    return false;
}

static bool order_check(const struct check *check, struct error *err)
{
    int fields[KEYS_MAX];
    int64_t before[KEYS_MAX] = {INT64_MIN, INT64_MIN, INT64_MIN}, now[KEYS_MAX];
    const size_t keys = order_fields(check, fields);
    struct error own = {0};
    for (uint64_t first = 0; first < check->rows; first += STEP_ROWS) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        const uint64_t rest = check->rows - first;
        const struct row_request request = {.first = first, .count = rest < STEP_ROWS ? (size_t)rest : STEP_ROWS};
        struct store_vector vectors[KEYS_MAX];
        for (size_t k = 0; k < keys; k++) {
            if (!segment_values(check->segment, check->table, fields[k], &request, scratch, &vectors[k], &own)) {
                return tolerate(check, fields[k], &own, err);
            }
        }
        for (size_t i = 0; i < request.count; i++) {
            for (size_t k = 0; k < keys; k++) {
                now[k] = key_of(&vectors[k], i);
            }
            if (is_before(now, before, keys)) {
                report(check, OMOP_NO_FIELD, "its rows are not in order");
                return true;
            }
            memcpy(before, now, sizeof before);
        }
    }
    return true;
}

/* ---- persons ---- */
static bool person_rows_check(const struct check *check, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct row_request all = {.count = check->rows};
    const uint32_t *begins = NULL, *ordinals = NULL;
    struct error own = {0};
    if (!segment_person_rows(check->segment, check->table, scratch, &begins, &own) ||
        !segment_ordinals(check->segment, check->table, &all, scratch, &ordinals, &own)) {
        return tolerate(check, check->info->person_field, &own, err);
    }
    for (uint32_t person = 0; person < check->segment->layout.persons; person++) {
        for (uint32_t row = begins[person]; row < begins[person + 1]; row++) {
            if (ordinals[row] != person) {
                report(check, check->info->person_field, "a person does not have the rows that the index says");
                return true;
            }
        }
    }
    return true;
}

static bool person_ids_check(struct check *check, struct error *err)
{
    const int64_t *ids = NULL;
    struct error own = {0};
    const struct segment_layout *layout = &check->segment->layout;
    check->info = omop_table(OMOP_TABLE_PERSON);
    if (!segment_person_ids(check->segment, &ids, &own)) {
        return tolerate(check, OMOP_NO_FIELD, &own, err);
    }
    for (uint32_t i = 1; i < layout->persons; i++) {
        if (ids[i] <= ids[i - 1]) {
            report(check, OMOP_NO_FIELD, "the persons of the segment are not in order");
            return true;
        }
    }
    if (layout->persons && (ids[0] != layout->first_person || ids[layout->persons - 1] != layout->last_person)) {
        report(check, OMOP_NO_FIELD, "the persons of the segment are not those of its directory");
    }
    return true;
}

/* ---- postings ---- */
/* A whole table's columns that postings repeat. */
struct row_facts {
    const uint32_t *persons;
    struct store_vector starts, ends, concepts;
};

static bool facts_read(const struct check *check, int field, struct arena *arena, struct row_facts *facts, struct error *err)
{
    const struct row_request all = {.count = check->rows};
    const struct omop_table_info *info = check->info;
    facts->starts = facts->ends = (struct store_vector){.is_all_null = true};
    TRY(segment_ordinals(check->segment, check->table, &all, arena, &facts->persons, err));
    TRY(segment_values(check->segment, check->table, field, &all, arena, &facts->concepts, err));
    if (info->start_field != OMOP_NO_FIELD) {
        TRY(segment_values(check->segment, check->table, info->start_field, &all, arena, &facts->starts, err));
    }
    return info->end_field == OMOP_NO_FIELD ||
           segment_values(check->segment, check->table, info->end_field, &all, arena, &facts->ends, err);
}

static int32_t fact_day(const struct store_vector *vector, size_t row)
{
    return store_vector_is_valid(vector, row) ? vector->days[row] : STORE_NO_DAY;
}

static bool events_are_rows(const struct row_facts *facts, const struct store_events *events, int64_t concept_value)
{
    for (size_t i = 0; i < events->count; i++) {
        const uint32_t row = events->rows[i];
        if ((i && row <= events->rows[i - 1]) || !store_vector_is_valid(&facts->concepts, row) ||
            facts->concepts.integers[row] != concept_value || facts->persons[row] != events->persons[i] ||
            fact_day(&facts->starts, row) != events->starts[i] || fact_day(&facts->ends, row) != events->ends[i]) {
            return false;
        }
    }
    return true;
}

static bool postings_compare(const struct check *check, int field, const struct row_facts *facts, const struct concept_directory *directory,
                             struct error *err)
{
    uint64_t listed = 0, there = 0;
    for (size_t row = 0; row < check->rows; row++) {
        there += store_vector_is_valid(&facts->concepts, row);
    }
    for (size_t code = 0; code < directory->count; code++) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct store_events events;
        listed += directory->rows[code];
        if (directory->detail_places[code] == 0) {
            continue; /* found by its rows, so it cannot differ from them */
        }
        TRY(segment_events(check->segment, check->table, field, &directory->ids[code], 1, NULL,
                           STORE_EVENT_DAYS | STORE_EVENT_ENDS | STORE_EVENT_ROWS, scratch, &events, err));
        if (!events_are_rows(facts, &events, directory->ids[code])) {
            report(check, field, "the postings of a concept are not its rows");
            return true;
        }
    }
    if (listed != there) {
        report(check, field, "the postings do not have as many rows as the column");
    }
    return true;
}

/* Each list was compared with its rows; with equal sums, no row is missing from the lists. Concepts without a list are counted here. */
static bool scanned_compare(const struct check *check, int field, const struct row_facts *facts, const struct concept_directory *directory)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    uint32_t *counts = ARENA_ARRAY(scratch, uint32_t, directory->count + 1);
    for (size_t row = 0; row < check->rows; row++) {
        if (store_vector_is_valid(&facts->concepts, row)) {
            counts[concept_directory_seek(directory, 0, facts->concepts.integers[row])]++;
        }
    }
    if (memcmp(counts, directory->rows, directory->count * sizeof *counts) != 0) {
        report(check, field, "the number of rows of a concept is wrong in its directory");
    }
    return true;
}

static bool postings_check(const struct check *check, int field, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct concept_directory *directory = NULL;
    const struct layout_column *layout = check->segment->tables[check->table].columns[field].layout;
    struct row_facts facts;
    struct error own = {0};
    if (!layout || layout->form != COLUMN_CONCEPTS) {
        return true;
    }
    if (!segment_column_concepts(check->segment, check->table, field, &directory, &own) ||
        !facts_read(check, field, scratch, &facts, &own) || !postings_compare(check, field, &facts, directory, &own)) {
        return tolerate(check, field, &own, err);
    }
    return directory->count == 0 || scanned_compare(check, field, &facts, directory);
}

/* ---- rows by key ---- */
static bool first_values_check(const struct check *check, struct error *err)
{
    const struct column_index *index = NULL;
    struct error own = {0};
    if (check->info->scope == OMOP_PERSON || order_leading_fields(check->table) == 0 ||
        !check->segment->tables[check->table].columns[0].layout) {
        return true;
    }
    if (!segment_column_index(check->segment, check->table, 0, &index, &own)) {
        return tolerate(check, 0, &own, err);
    }
    for (size_t chunk = 0; index->first_values && chunk < index->chunks; chunk++) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        const struct row_request one = {.first = chunk * COLUMN_CHUNK, .count = 1};
        struct store_vector vector;
        if (!segment_values(check->segment, check->table, 0, &one, scratch, &vector, &own)) {
            return tolerate(check, 0, &own, err);
        }
        if (key_of(&vector, 0) != index->first_values[chunk]) {
            report(check, 0, "the index of the first field is not that of its rows");
            return true;
        }
    }
    if (!index->first_values) {
        report(check, 0, "the first field has no index of its values");
    }
    return true;
}

static bool table_check(struct check *check, int table, struct error *err)
{
    check->table = table;
    check->info = omop_table(table);
    check->rows = (size_t)check->segment->tables[table].rows;
    if (check->rows == 0) {
        return true;
    }
    for (int field = 0; field < check->info->field_count; field++) {
        TRY(column_check(check, field, err));
    }
    TRY(order_check(check, err));
    TRY(first_values_check(check, err));
    if (check->info->scope == OMOP_PERSON) {
        TRY(person_rows_check(check, err));
    }
    for (int field = 0; field < check->info->field_count; field++) {
        TRY(postings_check(check, field, err));
    }
    return true;
}

bool segment_verify(struct store_segment *segment, void (*problem)(void *context, const char *what), void *context, struct error *err)
{
    struct check check = {.segment = segment, .problem = problem, .context = context};
    if (segment->layout.scope == OMOP_PERSON) {
        TRY(person_ids_check(&check, err));
    }
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        TRY(task_check(err));
        TRY(table_check(&check, table, err));
    }
    return true;
}
