/* SPDX-License-Identifier: EUPL-1.2 */
/* One person's rows: records that are there twice are dropped, stays that two holders have become one, one death is believed, keys are
 * given in the order of time, and references of the holders become keys. */
#include "intake/assemble/assemble_internal.h"
#include <stdlib.h>
#include <string.h>

struct making {
    struct assembly *assembly;
    const struct assemble_person *person;
    struct person_rows *rows;
    struct batches *batches;
    struct assemble_counters *counters;
    const struct person_row **by_record; /* kept rows by (holder, kind, record) */
    size_t by_record_count;
    struct exposure *exposures;
    struct era *eras;
    struct span *windows, *events, *periods;
    size_t window_count, event_count;
    bool has_death;
    int32_t death;
};

/* ---- order ---- */
#define COMPARE(a, b)                  \
    do {                               \
        if ((a) != (b)) {              \
            return (a) < (b) ? -1 : 1; \
        }                              \
    } while (0)
static int by_record(const void *a, const void *b)
{
    const struct person_row *x = a, *y = b;
    COMPARE(x->row.kind, y->row.kind);
    COMPARE(x->holder, y->holder);
    COMPARE(x->row.record, y->row.record);
    COMPARE(x->row.sequence, y->row.sequence);
    COMPARE(x->order, y->order);
    return 0;
}
static int by_day(const void *a, const void *b)
{
    const struct person_row *x = a, *y = b;
    COMPARE(x->row.table, y->row.table);
    COMPARE(x->day, y->day);
    COMPARE(x->holder, y->holder);
    COMPARE(x->row.record, y->row.record);
    COMPARE(x->row.sequence, y->row.sequence);
    COMPARE(x->order, y->order);
    return 0;
}
static int by_reference(const void *a, const void *b)
{
    const struct person_row *x = *(const struct person_row *const *)a, *y = *(const struct person_row *const *)b;
    COMPARE(x->holder, y->holder);
    COMPARE(x->row.kind, y->row.kind);
    COMPARE(x->row.record, y->row.record);
    COMPARE(x->row.sequence, y->row.sequence);
    return 0;
}

static void rows_sort(struct person_rows *rows, int (*compare)(const void *, const void *))
{
    if (rows->count) {
        qsort(rows->items, rows->count, sizeof *rows->items, compare);
    }
}

static void drop(struct making *making, const struct person_row *row, enum assemble_drop why)
{
    making->counters->tables[row->row.table].dropped[why]++;
}

static bool same_record(const struct person_row *a, const struct person_row *b)
{
    return a->row.kind == b->row.kind && a->holder == b->holder && a->row.record == b->row.record && a->row.sequence == b->row.sequence;
}

/* Of a record that one delivery has twice the last is kept. Deaths have no number, and one is chosen below. */
static void doubles_drop(struct making *making)
{
    struct person_rows *rows = making->rows;
    size_t kept = 0;
    rows_sort(rows, by_record);
    for (size_t i = 0; i < rows->count; i++) {
        if (i + 1 < rows->count && rows->items[i].row.kind != RECORD_DEATH && same_record(&rows->items[i], &rows->items[i + 1])) {
            drop(making, &rows->items[i], ASSEMBLE_DOUBLE);
        } else {
            rows->items[kept++] = rows->items[i];
        }
    }
    rows->count = kept;
}

/* ---- visits ---- */
static bool is_inpatient(const struct person_row *row)
{
    const int64_t concept = row->row.values[OMOP_VISIT_OCCURRENCE_VISIT_CONCEPT_ID].integer;
    return concept == STANDARD_VISIT_INPATIENT || concept == STANDARD_VISIT_EMERGENCY_INPATIENT;
}

/* The same stay, told by a hospital and by the claims: first and last day are equal, and the places do not contradict one another. */
static bool is_same_stay(const struct person_row *a, const struct person_row *b)
{
    char first[400], second[400];
    if (a->holder == b->holder || !is_inpatient(a) || !is_inpatient(b) || a->day != b->day ||
        a->row.values[OMOP_VISIT_OCCURRENCE_VISIT_END_DATE].day != b->row.values[OMOP_VISIT_OCCURRENCE_VISIT_END_DATE].day) {
        return false;
    }
    const struct text x = care_site_key(first, 0, a->row.place), y = care_site_key(second, 0, b->row.place);
    const bool are_finess = x.data == a->row.place.data && y.data == b->row.place.data && x.length && y.length;
    return !are_finess || text_equal(x, y);
}

static void visits_pair(struct making *making)
{
    struct person_rows *rows = making->rows;
    for (size_t i = 0; i < rows->count && !making->assembly->options->keep_double_visits; i++) {
        struct person_row *row = &rows->items[i];
        for (size_t j = i; j-- > 0 && row->row.table == OMOP_TABLE_VISIT_OCCURRENCE;) {
            const struct person_row *earlier = &rows->items[j];
            if (earlier->row.table != row->row.table || earlier->day != row->day) {
                break;
            }
            if (!earlier->same_as && is_same_stay(earlier, row)) {
                row->same_as = earlier;
                drop(making, row, ASSEMBLE_SAME_VISIT);
                break;
            }
        }
    }
}

/* ---- death ---- */
static int death_rank(int64_t type)
{
    switch (type) {
    case STANDARD_DEATH_CERTIFICATE:
        return 0;
    case STANDARD_DEATH_GOVERNMENT:
        return 1;
    case STANDARD_DEATH_CLAIM:
        return 2;
    default:
        return 3;
    }
}

static const struct person_row *death_choose(struct making *making)
{
    const struct person_row *best = NULL;
    for (size_t i = 0; i < making->rows->count; i++) {
        const struct person_row *row = &making->rows->items[i];
        if (row->row.table != OMOP_TABLE_DEATH) {
            continue;
        }
        const int rank = death_rank(row->row.values[OMOP_DEATH_DEATH_TYPE_CONCEPT_ID].integer);
        if (best) {
            const int other = death_rank(best->row.values[OMOP_DEATH_DEATH_TYPE_CONCEPT_ID].integer);
            const bool is_better = rank < other || (rank == other && row->delivery > best->delivery);
            drop(making, is_better ? best : row, ASSEMBLE_OTHER_DEATH);
            best = is_better ? row : best;
        } else {
            best = row;
        }
    }
    return best;
}

/* Nobody says when the person died, but a stay ended with it. */
static bool death_of_stays(struct making *making, struct error *err)
{
    for (size_t i = making->rows->count; i-- > 0;) {
        const struct standard_row *row = &making->rows->items[i].row;
        if (row->table == OMOP_TABLE_VISIT_OCCURRENCE && standard_row_has(row, OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID) &&
            row->values[OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID].integer == STANDARD_DISCHARGED_DEAD) {
            union standard_value values[STANDARD_FIELDS_MAX];
            uint32_t present = 0;
            making->has_death = true;
            making->death = row->values[OMOP_VISIT_OCCURRENCE_VISIT_END_DATE].day;
            row_put(&present, values, OMOP_DEATH_PERSON_ID, making->person->id);
            row_put_day(&present, values, OMOP_DEATH_DEATH_DATE, making->death);
            row_put(&present, values, OMOP_DEATH_DEATH_TYPE_CONCEPT_ID, row->values[OMOP_VISIT_OCCURRENCE_VISIT_TYPE_CONCEPT_ID].integer);
            making->counters->tables[OMOP_TABLE_DEATH].made++;
            return batches_add(making->batches, OMOP_TABLE_DEATH, present, values, err);
        }
    }
    return true;
}

static bool death_make(struct making *making, struct error *err)
{
    const struct person_row *death = death_choose(making);
    if (!death) {
        return death_of_stays(making, err);
    }
    union standard_value values[STANDARD_FIELDS_MAX];
    uint32_t present = death->row.present;
    memcpy(values, death->row.values, sizeof values);
    row_put(&present, values, OMOP_DEATH_PERSON_ID, making->person->id);
    making->has_death = true;
    making->death = values[OMOP_DEATH_DEATH_DATE].day;
    making->counters->tables[OMOP_TABLE_DEATH].out++;
    return batches_add(making->batches, OMOP_TABLE_DEATH, present, values, err);
}

/* ---- keys and references ---- */
static void keys_give(struct making *making)
{
    making->by_record_count = 0;
    for (size_t i = 0; i < making->rows->count; i++) {
        struct person_row *row = &making->rows->items[i];
        if (row->row.table != OMOP_TABLE_DEATH) {
            row->id = row->same_as ? row->same_as->id : ++making->counters->keys[row->row.table];
            making->by_record[making->by_record_count++] = row;
        }
    }
    qsort(making->by_record, making->by_record_count, sizeof *making->by_record, by_reference);
}

/* The first row of a record of the same holder, NULL when it was not delivered. */
static const struct person_row *reference(const struct making *making, const struct person_row *from, enum record_table kind,
                                          int64_t record)
{
    const struct person_row wanted = {.row = {.kind = kind, .record = record}, .holder = from->holder};
    size_t low = 0, high = making->by_record_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct person_row *at = making->by_record[middle];
        const struct person_row *key = &wanted;
        if (by_reference(&at, &key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct person_row *found = low < making->by_record_count ? making->by_record[low] : NULL;
    return found && found->holder == from->holder && found->row.kind == kind && found->row.record == record ? found : NULL;
}

static int detail_field(int table)
{
    switch (table) {
    case OMOP_TABLE_CONDITION_OCCURRENCE:
        return OMOP_CONDITION_OCCURRENCE_VISIT_DETAIL_ID;
    case OMOP_TABLE_DRUG_EXPOSURE:
        return OMOP_DRUG_EXPOSURE_VISIT_DETAIL_ID;
    case OMOP_TABLE_PROCEDURE_OCCURRENCE:
        return OMOP_PROCEDURE_OCCURRENCE_VISIT_DETAIL_ID;
    case OMOP_TABLE_DEVICE_EXPOSURE:
        return OMOP_DEVICE_EXPOSURE_VISIT_DETAIL_ID;
    case OMOP_TABLE_MEASUREMENT:
        return OMOP_MEASUREMENT_VISIT_DETAIL_ID;
    case OMOP_TABLE_OBSERVATION:
        return OMOP_OBSERVATION_VISIT_DETAIL_ID;
    case OMOP_TABLE_VISIT_DETAIL:
        return OMOP_VISIT_DETAIL_PARENT_VISIT_DETAIL_ID;
    default:
        return OMOP_NO_FIELD;
    }
}

/* The stay that a row belongs to; of a stay in a unit, also the stay that it is part of. */
static void put_visit(struct making *making, const struct person_row *row, int64_t record, uint32_t *present, union standard_value *values)
{
    const struct person_row *visit = reference(making, row, RECORD_VISIT, record);
    const int detail = detail_field(row->row.table), field = omop_table(row->row.table)->visit_field;
    for (int depth = 0; visit && visit->row.table == OMOP_TABLE_VISIT_DETAIL && depth < 8; depth++) {
        if (detail != OMOP_NO_FIELD && depth == 0) {
            row_put(present, values, detail, visit->id);
        }
        visit = reference(making, row, RECORD_VISIT, visit->row.parent);
    }
    if (visit && visit->row.table == OMOP_TABLE_VISIT_OCCURRENCE && field != OMOP_NO_FIELD) {
        row_put(present, values, field, visit->id);
    } else {
        making->counters->visits_unknown++;
    }
}

static void put_places(const struct making *making, const struct person_row *row, int care_site, int provider, uint32_t *present,
                       union standard_value *values)
{
    char key[400];
    if (row->row.place.length) {
        row_put(present, values, care_site,
                name_list_find(&making->assembly->care_site_names, care_site_key(key, row->holder, row->row.place)));
    }
    if (row->row.specialty.length) {
        row_put(present, values, provider, name_list_find(&making->assembly->specialties, row->row.specialty));
    }
}

static void put_references(struct making *making, const struct person_row *row, uint32_t *present, union standard_value *values)
{
    const struct person_row *parent = NULL;
    switch (row->row.table) {
    case OMOP_TABLE_VISIT_OCCURRENCE:
        put_places(making, row, OMOP_VISIT_OCCURRENCE_CARE_SITE_ID, OMOP_VISIT_OCCURRENCE_PROVIDER_ID, present, values);
        return;
    case OMOP_TABLE_VISIT_DETAIL:
        put_places(making, row, OMOP_VISIT_DETAIL_CARE_SITE_ID, OMOP_VISIT_DETAIL_PROVIDER_ID, present, values);
        put_visit(making, row, row->row.parent, present, values);
        return;
    case OMOP_TABLE_MEASUREMENT:
    case OMOP_TABLE_OBSERVATION:
        parent = row->row.parent ? reference(making, row, row->row.kind, row->row.parent) : NULL;
        if (parent && parent->row.table == row->row.table) {
            row_put(present, values,
                    row->row.table == OMOP_TABLE_MEASUREMENT ? OMOP_MEASUREMENT_MEASUREMENT_EVENT_ID
                                                             : OMOP_OBSERVATION_OBSERVATION_EVENT_ID,
                    parent->id);
        } else {
            *present &= ~(UINT32_C(1) << (row->row.table == OMOP_TABLE_MEASUREMENT ? OMOP_MEASUREMENT_MEAS_EVENT_FIELD_CONCEPT_ID
                                                                                   : OMOP_OBSERVATION_OBS_EVENT_FIELD_CONCEPT_ID));
        }
        break;
    default:
        break;
    }
    if (row->row.visit) {
        put_visit(making, row, row->row.visit, present, values);
    }
}

/* ---- what rows say of the time ---- */
static void note_time(struct making *making, const struct person_row *row)
{
    const struct omop_table_info *info = omop_table(row->row.table);
    const bool has_end = info->end_field != OMOP_NO_FIELD && standard_row_has(&row->row, info->end_field);
    const int32_t end = has_end ? row->row.values[info->end_field].day : row->day;
    const struct span span = {row->day, end > row->day ? end : row->day, 0};
    if (row->row.table == OMOP_TABLE_PAYER_PLAN_PERIOD) {
        making->windows[making->window_count++] = span;
    } else {
        making->events[making->event_count++] = span;
    }
}

static bool rows_give(struct making *making, struct error *err)
{
    for (size_t i = 0; i < making->rows->count; i++) {
        const struct person_row *row = &making->rows->items[i];
        const struct omop_table_info *info = omop_table(row->row.table);
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = row->row.present;
        if (row->row.table == OMOP_TABLE_DEATH) {
            continue;
        }
        note_time(making, row);
        if (row->same_as) {
            continue;
        }
        memcpy(values, row->row.values, sizeof values);
        row_put(&present, values, info->id_field, row->id);
        row_put(&present, values, info->person_field, making->person->id);
        put_references(making, row, &present, values);
        making->counters->tables[row->row.table].out++;
        TRY(batches_add(making->batches, row->row.table, present, values, err));
    }
    return true;
}

/* ---- person, periods, eras ---- */
static bool person_give(struct making *making, struct error *err)
{
    const struct assemble_person *person = making->person;
    union standard_value values[STANDARD_FIELDS_MAX];
    uint32_t present = 0;
    row_put(&present, values, OMOP_PERSON_PERSON_ID, person->id);
    row_put(&present, values, OMOP_PERSON_GENDER_CONCEPT_ID, person->gender);
    row_put(&present, values, OMOP_PERSON_YEAR_OF_BIRTH, person->year);
    row_put(&present, values, OMOP_PERSON_RACE_CONCEPT_ID, 0);
    row_put(&present, values, OMOP_PERSON_ETHNICITY_CONCEPT_ID, 0);
    if (person->month) {
        row_put(&present, values, OMOP_PERSON_MONTH_OF_BIRTH, person->month);
    }
    if (person->location) {
        row_put(&present, values, OMOP_PERSON_LOCATION_ID, person->location);
    }
    return batches_add(making->batches, OMOP_TABLE_PERSON, present, values, err);
}

static bool periods_give(struct making *making, struct error *err)
{
    const size_t count = periods_make(making->windows, making->window_count, making->events, making->event_count, making->has_death,
                                      making->death, making->periods);
    for (size_t i = 0; i < count; i++) {
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = 0;
        row_put(&present, values, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_ID, ++making->counters->keys[OMOP_TABLE_OBSERVATION_PERIOD]);
        row_put(&present, values, OMOP_OBSERVATION_PERIOD_PERSON_ID, making->person->id);
        row_put_day(&present, values, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_START_DATE, making->periods[i].start);
        row_put_day(&present, values, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_END_DATE, making->periods[i].end);
        row_put(&present, values, OMOP_OBSERVATION_PERIOD_PERIOD_TYPE_CONCEPT_ID, making->periods[i].type);
        making->counters->tables[OMOP_TABLE_OBSERVATION_PERIOD].made++;
        TRY(batches_add(making->batches, OMOP_TABLE_OBSERVATION_PERIOD, present, values, err));
    }
    return true;
}

static bool eras_give(struct making *making, int table, size_t exposures, struct error *err)
{
    const size_t count = eras_make(making->exposures, exposures, making->eras);
    const bool is_drug = table == OMOP_TABLE_DRUG_ERA;
    for (size_t i = 0; i < count; i++) {
        const struct era *era = &making->eras[i];
        union standard_value values[STANDARD_FIELDS_MAX];
        uint32_t present = 0;
        row_put(&present, values, omop_table(table)->id_field, ++making->counters->keys[table]);
        row_put(&present, values, omop_table(table)->person_field, making->person->id);
        row_put(&present, values, is_drug ? OMOP_DRUG_ERA_DRUG_CONCEPT_ID : OMOP_CONDITION_ERA_CONDITION_CONCEPT_ID, era->concept);
        row_put_day(&present, values, omop_table(table)->start_field, era->start);
        row_put_day(&present, values, omop_table(table)->end_field, era->end);
        row_put(&present, values, is_drug ? OMOP_DRUG_ERA_DRUG_EXPOSURE_COUNT : OMOP_CONDITION_ERA_CONDITION_OCCURRENCE_COUNT, era->count);
        if (is_drug) {
            row_put(&present, values, OMOP_DRUG_ERA_GAP_DAYS, era->gap_days);
        }
        making->counters->tables[table].made++;
        TRY(batches_add(making->batches, table, present, values, err));
    }
    return true;
}

/* Without an end a condition lasts until the next day, as OHDSI has it. */
static bool condition_eras(struct making *making, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < making->rows->count; i++) {
        const struct person_row *row = &making->rows->items[i];
        if (row->row.table == OMOP_TABLE_CONDITION_OCCURRENCE && row->row.values[OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID].integer) {
            const bool has_end = standard_row_has(&row->row, OMOP_CONDITION_OCCURRENCE_CONDITION_END_DATE);
            const int32_t end = has_end ? row->row.values[OMOP_CONDITION_OCCURRENCE_CONDITION_END_DATE].day : row->day + 1;
            making->exposures[count++] = (struct exposure){row->row.values[OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID].integer,
                                                           row->day, end > row->day ? end : row->day};
        }
    }
    return eras_give(making, OMOP_TABLE_CONDITION_ERA, count, err);
}

enum { INGREDIENTS_MAX = 8 }; /* room for each drug; of a product with more the first count */
static bool drug_eras(struct making *making, struct error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < making->rows->count; i++) {
        const struct person_row *row = &making->rows->items[i];
        const int64_t *ingredients = NULL;
        if (row->row.table != OMOP_TABLE_DRUG_EXPOSURE) {
            continue;
        }
        const size_t found =
            era_ingredients(making->assembly->eras, row->row.values[OMOP_DRUG_EXPOSURE_DRUG_CONCEPT_ID].integer, &ingredients);
        const int32_t end = row->row.values[OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_END_DATE].day;
        for (size_t n = 0; n < found && n < INGREDIENTS_MAX; n++) {
            making->exposures[count++] = (struct exposure){ingredients[n], row->day, end > row->day ? end : row->day};
        }
    }
    return eras_give(making, OMOP_TABLE_DRUG_ERA, count, err);
}

static bool make(struct making *making, struct error *err)
{
    struct person_rows *rows = making->rows;
    doubles_drop(making);
    for (size_t i = 0; i < rows->count; i++) {
        rows->items[i].day = rows->items[i].row.values[omop_table(rows->items[i].row.table)->start_field].day;
    }
    rows_sort(rows, by_day);
    visits_pair(making);
    keys_give(making);
    TRY(person_give(making, err) && rows_give(making, err) && death_make(making, err));
    return periods_give(making, err) && condition_eras(making, err) && drug_eras(making, err);
}

bool person_make(struct assembly *assembly, const struct assemble_person *person, struct person_rows *rows, struct batches *batches,
                 struct error *err)
{
    const size_t room = rows->count + 1;
    struct making making = {.assembly = assembly, .person = person, .rows = rows, .batches = batches, .counters = &assembly->counters};
    making.by_record = malloc(room * sizeof *making.by_record);
    making.exposures = malloc(room * INGREDIENTS_MAX * sizeof *making.exposures);
    making.eras = malloc(room * INGREDIENTS_MAX * sizeof *making.eras);
    making.windows = malloc(room * 2 * sizeof *making.windows);
    making.events = malloc(room * sizeof *making.events);
    making.periods = malloc(room * 2 * sizeof *making.periods);
    const bool has_memory = making.by_record && making.exposures && making.eras && making.windows && making.events && making.periods;
    const bool done = (has_memory || FAIL(err, LIMIT, "no memory for the rows of one person")) && make(&making, err);
    free(making.by_record);
    free(making.exposures);
    free(making.eras);
    free(making.windows);
    free(making.events);
    free(making.periods);
    return done;
}
