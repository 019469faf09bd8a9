/* SPDX-License-Identifier: EUPL-1.2 */
/* One record after the other: which rows it becomes, and what is counted on the way. */
#include "intake/standardise/standardise.h"
#include "intake/standardise/rows.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000, MAPS_AT_ONCE = 1 << 14 };
static const int64_t DAY_US = INT64_C(86400) * SECOND_US;

/* ---- rows ---- */
enum omop_type standard_row_type(int table, int field)
{
    return omop_table(table)->fields[field].type;
}

int standard_row_fields(int table)
{
    return table == STANDARD_TABLE_DELETION ? 0 : omop_table(table)->field_count;
}

struct standard_row *row_begin(struct row_making *making, int table)
{
    struct standard_row *row = &making->rows[making->count];
    row->table = table;
    row->kind = making->record->table;
    row->sequence = (uint16_t)making->count++;
    row->subject = record_integer_of(making->record, COLUMN_SUBJECT);
    row->record = record_integer_of(making->record, COLUMN_RECORD);
    row->visit = row->parent = 0;
    row->present = 0;
    row->system = record_text_of(making->record, COLUMN_SYSTEM);
    row->place = row->specialty = TEXT("");
    return row;
}

void row_set_text(struct standard_row *row, int field, struct text value)
{
    const int maximum = omop_table(row->table)->fields[field].text_length_max;
    value = maximum ? text_cut(value, (size_t)maximum) : value;
    if (value.length) {
        row->values[field].text = value;
        row->present |= UINT32_C(1) << field;
    }
}

struct text record_text_of(const struct record *record, enum record_column column)
{
    return record_has(record, column) ? record->values[column].text : TEXT("");
}

int64_t record_integer_of(const struct record *record, enum record_column column)
{
    return record_has(record, column) ? record->values[column].integer : 0;
}

void row_set_when(struct standard_row *row, int day_field, int time_field, const struct record *record, enum record_column day_column,
                  enum record_column time_column)
{
    const int32_t number = record->values[day_column].day;
    row_set_day(row, day_field, number);
    if (record_has(record, time_column)) {
        row_set_integer(row, time_field, number * DAY_US + record->values[time_column].integer * SECOND_US);
    }
}

bool row_list(const struct row_making *making, enum standard_list list, enum record_column column, int64_t *out_concept, struct error *err)
{
    if (!record_has(making->record, column)) {
        *out_concept = 0;
        return true;
    }
    return codes_list_find(making->standardise->codes, list, making->record->values[column].text, out_concept, err);
}

int64_t row_type(const struct record *record)
{
    int32_t concept = 0;
    return record_has(record, COLUMN_TYPE) && record_type_concept(record->values[COLUMN_TYPE].text, &concept) ? concept : 0;
}

/* ---- life ---- */
static bool map_column(struct store_segment *segment, int field, uint64_t first, size_t count, struct arena *scratch,
                       struct store_vector *out, struct error *err)
{
    return store_column_read(segment, OMOP_TABLE_SOURCE_TO_CONCEPT_MAP, field, first, count, scratch, out, err);
}

static bool maps_take(struct standardise *standardise, struct store_segment *segment, uint64_t first, size_t count, struct arena *scratch,
                      struct error *err)
{
    struct store_vector codes, systems, targets, reasons;
    TRY(map_column(segment, OMOP_SOURCE_TO_CONCEPT_MAP_SOURCE_CODE, first, count, scratch, &codes, err));
    TRY(map_column(segment, OMOP_SOURCE_TO_CONCEPT_MAP_SOURCE_VOCABULARY_ID, first, count, scratch, &systems, err));
    TRY(map_column(segment, OMOP_SOURCE_TO_CONCEPT_MAP_TARGET_CONCEPT_ID, first, count, scratch, &targets, err));
    TRY(map_column(segment, OMOP_SOURCE_TO_CONCEPT_MAP_INVALID_REASON, first, count, scratch, &reasons, err));
    for (size_t i = 0; i < count; i++) {
        const bool is_valid = store_vector_is_valid(&codes, i) && store_vector_is_valid(&systems, i) &&
                              store_vector_is_valid(&targets, i) && (!store_vector_is_valid(&reasons, i) || reasons.texts[i].length == 0);
        TRY(!is_valid || codes_map_add(standardise->codes, systems.texts[i], codes.texts[i], targets.integers[i], err));
    }
    return true;
}

static bool maps_of_store(struct standardise *standardise, struct store_reader *reader, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    for (size_t s = 0; s < store_reader_segment_count(reader, OMOP_VOCABULARY); s++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_VOCABULARY, s);
        const uint64_t rows = store_segment_rows(segment, OMOP_TABLE_SOURCE_TO_CONCEPT_MAP);
        for (uint64_t first = 0; first < rows; first += MAPS_AT_ONCE) {
            const size_t count = rows - first < MAPS_AT_ONCE ? (size_t)(rows - first) : MAPS_AT_ONCE;
            TRY(maps_take(standardise, segment, first, count, scratch, err));
            arena_reset(scratch);
        }
    }
    return true;
}

bool standardise_create(struct standardise **out_standardise, struct vocabulary *vocabulary, struct store_reader *reader, struct error *err)
{
    CLEANUP(standardise) struct standardise *standardise = calloc(1, sizeof *standardise);
    if (!standardise) {
        return FAIL(err, LIMIT, "no memory to standardise with");
    }
    standardise->codes = codes_create(vocabulary);
    TRY(!reader || maps_of_store(standardise, reader, err));
    *out_standardise = standardise;
    standardise = NULL;
    return true;
}

void standardise_destroy(struct standardise *standardise)
{
    codes_destroy(standardise->codes);
    free(standardise);
}

bool standardise_map_add(struct standardise *standardise, struct text system, struct text code, int64_t concept, struct error *err)
{
    return codes_map_add(standardise->codes, system, code, concept, err);
}

/* ---- records ---- */
static bool rows_of(struct row_making *making, struct error *err)
{
    switch (making->record->table) {
    case RECORD_PERSON:
        return rows_person(making, err);
    case RECORD_VISIT:
        return rows_visit(making, err);
    case RECORD_CONDITION:
        return rows_event(making, OMOP_TABLE_CONDITION_OCCURRENCE, err);
    case RECORD_DRUG:
        return rows_event(making, OMOP_TABLE_DRUG_EXPOSURE, err);
    case RECORD_PROCEDURE:
        return rows_event(making, OMOP_TABLE_PROCEDURE_OCCURRENCE, err);
    case RECORD_DEVICE:
        return rows_event(making, OMOP_TABLE_DEVICE_EXPOSURE, err);
    case RECORD_MEASUREMENT:
        return rows_event(making, OMOP_TABLE_MEASUREMENT, err);
    case RECORD_OBSERVATION:
        return rows_event(making, OMOP_TABLE_OBSERVATION, err);
    case RECORD_DEATH:
        return rows_death(making, err);
    case RECORD_COVERAGE:
    case RECORD_CARE_SITE:
    case RECORD_KINSHIP:
    case RECORD_DELETION:
        return rows_other(making, err);
    case RECORD_TABLE_COUNT:
    default:
        return FAIL(err, INTERNAL, "a record of no table");
    }
}

bool standardise_record(struct standardise *standardise, const struct record *record, day made, struct standard_row *out_rows,
                        size_t *out_count, struct error *err)
{
    struct row_making making = {.standardise = standardise, .record = record, .made = made, .rows = out_rows};
    TRY(rows_of(&making, err));
    standardise->counts.records[record->table]++;
    for (size_t i = 0; i < making.count; i++) {
        standardise->counts.rows[out_rows[i].table]++;
    }
    *out_count = making.count;
    return true;
}

/* ---- the report ---- */
const struct standard_counts *standardise_counts(const struct standardise *standardise)
{
    return &standardise->counts;
}

static int by_frequency(const void *a, const void *b)
{
    const struct standard_unmapped *x = a, *y = b;
    if (x->records != y->records) {
        return x->records > y->records ? -1 : 1;
    }
    const int systems = strcmp(x->system, y->system);
    return systems ? systems : strcmp(x->code, y->code);
}

bool standardise_unmapped(const struct standardise *standardise, size_t limit, struct arena *result,
                          const struct standard_unmapped **out_unmapped, size_t *out_count, size_t *out_distinct, struct error *err)
{
    size_t count = 0, found = 0;
    const struct code_entry *entries = codes_entries(standardise->codes, &count);
    struct standard_unmapped *all = malloc((count + 1) * sizeof *all);
    if (!all) {
        return FAIL(err, LIMIT, "no memory for the list of unmapped codes");
    }
    for (size_t i = 0; i < count; i++) {
        if (entries[i].reason != STANDARD_MAPPED) {
            all[found++] = (struct standard_unmapped){entries[i].system.data, entries[i].code.data, entries[i].reason, entries[i].uses};
        }
    }
    qsort(all, found, sizeof *all, by_frequency);
    *out_distinct = found;
    *out_count = found < limit ? found : limit;
    struct standard_unmapped *kept = ARENA_ARRAY(result, struct standard_unmapped, *out_count);
    for (size_t i = 0; i < *out_count; i++) {
        kept[i] = all[i];
        kept[i].system = arena_text_copy(result, all[i].system);
        kept[i].code = arena_text_copy(result, all[i].code);
    }
    free(all);
    *out_unmapped = kept;
    return true;
}

const char *standard_reason_words(enum standard_reason reason, bool in_french)
{
#define WORDS(name, meaning, sens) {meaning, sens},
    static const char *const words[][2] = {STANDARD_REASONS(WORDS)};
#undef WORDS
    return words[reason][in_french];
}
