/* SPDX-License-Identifier: EUPL-1.2 */
/* row_values: one operand at a time, a whole list at a time, so that each column is gathered once and in row order. */
#include "research/evaluate/row_values.h"
#include <math.h>

double numeric_round(double value)
{
    return fabs(value) < 1e12 ? round(value * 1000.0) / 1000.0 : value;
}

/* ---- fields of the row ---- */
static const uint8_t *vector_known(const struct store_vector *vector, size_t count, struct arena *arena)
{
    if (!vector->is_all_null && !vector->valid) {
        return NULL;
    }
    uint8_t *known = arena_allocate_raw(arena, count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        known[i] = store_vector_is_valid(vector, i);
    }
    return known;
}

static const int64_t *zeros(size_t count, struct arena *arena)
{
    return ARENA_ARRAY(arena, int64_t, count + 1);
}

static void values_of_vector(const struct store_vector *vector, size_t count, struct arena *arena, struct row_values *out)
{
    *out = (struct row_values){.known = vector_known(vector, count, arena)};
    if (vector->is_all_null) {
        out->integers = vector->type == OMOP_FLOAT || vector->type == OMOP_TEXT ? NULL : zeros(count, arena);
        out->numbers = vector->type == OMOP_FLOAT ? ARENA_ARRAY(arena, double, count + 1) : NULL;
        out->texts = vector->type == OMOP_TEXT ? ARENA_ARRAY(arena, struct text, count + 1) : NULL;
    } else if (vector->type == OMOP_FLOAT) {
        double *numbers = arena_allocate_raw(arena, count + 1, sizeof *numbers);
        for (size_t i = 0; i < count; i++) {
            numbers[i] = numeric_round(vector->floats[i]);
        }
        out->numbers = numbers;
    } else if (vector->type == OMOP_DATE) {
        int64_t *days = arena_allocate_raw(arena, count + 1, sizeof *days);
        for (size_t i = 0; i < count; i++) {
            days[i] = vector->days[i];
        }
        out->integers = days;
    } else {
        out->integers = vector->integers;
        out->texts = vector->texts;
    }
}

static bool field_read(struct segment_run *run, const struct event_list *list, int field, struct arena *arena, struct row_values *out,
                       struct error *err)
{
    struct store_vector vector;
    TRY(segment_run_gather(run, list->table, field, list->rows, list->count, arena, &vector, err));
    values_of_vector(&vector, list->count, arena, out);
    return true;
}

static bool field_or_zero_read(struct segment_run *run, const struct event_list *list, int field, struct arena *arena,
                               struct row_values *out, struct error *err)
{
    TRY(field_read(run, list, field, arena, out, err));
    if (out->known && out->integers) {
        int64_t *integers = arena_allocate_raw(arena, list->count + 1, sizeof *integers);
        for (size_t i = 0; i < list->count; i++) {
            integers[i] = out->known[i] ? out->integers[i] : 0;
        }
        out->integers = integers;
        out->known = NULL;
    }
    return true;
}

/* value / bound, NULL when a part is NULL or the bound is 0; of the columns as the reference keeps them, itself not rounded. */
static bool ratio_read(struct segment_run *run, const struct event_list *list, int bound_field, struct arena *arena, struct row_values *out,
                       struct error *err)
{
    struct row_values value, bound;
    TRY(field_read(run, list, OMOP_MEASUREMENT_VALUE_AS_NUMBER, arena, &value, err));
    TRY(field_read(run, list, bound_field, arena, &bound, err));
    double *ratios = ARENA_ARRAY(arena, double, list->count + 1);
    uint8_t *known = ARENA_ARRAY(arena, uint8_t, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        bool is_zero = bound.numbers[i] <= 0 && bound.numbers[i] >= 0;
        known[i] = (!value.known || value.known[i]) && (!bound.known || bound.known[i]) && !is_zero;
        ratios[i] = known[i] ? value.numbers[i] / bound.numbers[i] : 0;
    }
    *out = (struct row_values){.numbers = ratios, .known = known};
    return true;
}

/* ---- dates ---- */
static void constant_fill(size_t count, int64_t value, bool is_known, struct arena *arena, struct row_values *out)
{
    int64_t *integers = arena_allocate_raw(arena, count + 1, sizeof *integers);
    uint8_t *known = is_known ? NULL : ARENA_ARRAY(arena, uint8_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        integers[i] = value;
    }
    *out = (struct row_values){.integers = integers, .known = known};
}

static void days_fill(const int32_t *days, size_t count, struct arena *arena, struct row_values *out)
{
    int64_t *integers = arena_allocate_raw(arena, count + 1, sizeof *integers);
    uint8_t *known = arena_allocate_raw(arena, count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        integers[i] = days[i];
        known[i] = days[i] != STORE_NO_DAY;
    }
    *out = (struct row_values){.integers = integers, .known = known};
}

static void length_fill(const struct event_list *list, struct arena *arena, struct row_values *out)
{
    int64_t *integers = arena_allocate_raw(arena, list->count + 1, sizeof *integers);
    uint8_t *known = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        known[i] = list->starts[i] != STORE_NO_DAY && list->ends[i] != STORE_NO_DAY;
        integers[i] = known[i] ? (int64_t)list->ends[i] - list->starts[i] : 0;
    }
    *out = (struct row_values){.integers = integers, .known = known};
}

/* ---- PERSON ---- */
static bool person_read(struct segment_run *run, const struct event_list *list, int field, struct arena *arena, struct row_values *out,
                        struct error *err)
{
    struct person_field person;
    TRY(segment_run_person_field(run, field, &person, err));
    int64_t *integers = arena_allocate_raw(arena, list->count + 1, sizeof *integers);
    uint8_t *known = arena_allocate_raw(arena, list->count + 1, 1);
    uint8_t *present = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        uint32_t row = person.offsets[list->persons[i]];
        present[i] = row < person.offsets[list->persons[i] + 1];
        known[i] = present[i] && store_vector_is_valid(person.values, row);
        integers[i] = known[i] ? person.values->integers[row] : 0;
    }
    *out = (struct row_values){.integers = integers, .known = known, .present = present};
    return true;
}

/* Age is a difference of years and nothing finer [3.1]. */
static bool age_read(struct segment_run *run, const struct event_list *list, const int32_t *days, struct arena *arena,
                     struct row_values *out, struct error *err)
{
    struct row_values birth;
    TRY(person_read(run, list, OMOP_PERSON_YEAR_OF_BIRTH, arena, &birth, err));
    int64_t *ages = arena_allocate_raw(arena, list->count + 1, sizeof *ages);
    uint8_t *known = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        known[i] = birth.known[i] && days[i] != STORE_NO_DAY;
        ages[i] = known[i] ? day_year((day){days[i]}) - birth.integers[i] : 0;
    }
    *out = (struct row_values){.integers = ages, .known = known, .present = birth.present};
    return true;
}

/* ---- other tables ---- */
static bool lookup_read(struct segment_run *run, const struct event_list *list, const char *field_name, const struct concept_lookup *lookup,
                        bool must_exist, struct arena *arena, struct row_values *out, struct error *err)
{
    struct row_values ids;
    int field = omop_field_find(list->table, text_of(field_name));
    if (field == OMOP_NO_FIELD) {
        return FAIL(err, INTERNAL, "the table %s has no field %s", omop_table(list->table)->name, field_name);
    }
    TRY(field_read(run, list, field, arena, &ids, err));
    int64_t *integers = ARENA_ARRAY(arena, int64_t, list->count + 1);
    uint8_t *known = ARENA_ARRAY(arena, uint8_t, list->count + 1), *present = ARENA_ARRAY(arena, uint8_t, list->count + 1);
    for (size_t i = 0; i < list->count; i++) {
        bool has_id = !ids.known || ids.known[i];
        const struct concept_entry *entry = has_id ? concept_lookup_find(lookup, ids.integers[i]) : NULL;
        present[i] = entry || !must_exist;
        known[i] = entry && entry->is_known;
        integers[i] = entry ? entry->concept : 0;
    }
    *out = (struct row_values){.integers = integers, .known = known, .present = present};
    return true;
}

bool row_visits_read(struct segment_run *run, const struct event_list *list, struct arena *arena, const int64_t **out_visits,
                     struct error *err)
{
    int field = omop_table(list->table)->visit_field;
    if (field == OMOP_NO_FIELD) {
        int64_t *none = arena_allocate_raw(arena, list->count + 1, sizeof *none);
        for (size_t i = 0; i < list->count; i++) {
            none[i] = NO_VISIT;
        }
        *out_visits = none;
        return true;
    }
    struct store_vector vector;
    TRY(segment_run_gather(run, list->table, field, list->rows, list->count, arena, &vector, err));
    *out_visits = list->count ? vector_integers(&vector, NO_VISIT, arena) : NULL;
    return true;
}

bool row_ids_read(struct segment_run *run, const struct event_list *list, struct arena *arena, const int64_t **out_ids, struct error *err)
{
    const struct omop_table_info *info = omop_table(list->table);
    if (info->id_field == info->person_field) { /* a death is known by its person */
        int64_t *ids = arena_allocate_raw(arena, list->count + 1, sizeof *ids);
        for (size_t i = 0; i < list->count; i++) {
            ids[i] = run->person_ids ? run->person_ids[list->persons[i]] : (int64_t)list->persons[i];
        }
        *out_ids = ids;
        return true;
    }
    struct store_vector vector;
    TRY(segment_run_gather(run, list->table, info->id_field, list->rows, list->count, arena, &vector, err));
    *out_ids = list->count ? vector_integers(&vector, INT64_MAX, arena) : NULL;
    return true;
}

/* The visit must exist and belong to the same person; so it is looked for among the person's own. */
static bool visit_concept_read(struct segment_run *run, const struct event_list *list, struct arena *arena, struct row_values *out,
                               struct error *err)
{
    const uint32_t *offsets;
    const int64_t *wanted;
    struct store_vector ids, concepts;
    size_t rows = (size_t)store_segment_rows(run->segment, OMOP_TABLE_VISIT_OCCURRENCE);
    TRY(segment_run_offsets(run, OMOP_TABLE_VISIT_OCCURRENCE, &offsets, err));
    TRY(row_visits_read(run, list, arena, &wanted, err));
    int64_t *integers = ARENA_ARRAY(arena, int64_t, list->count + 1);
    uint8_t *known = ARENA_ARRAY(arena, uint8_t, list->count + 1), *present = ARENA_ARRAY(arena, uint8_t, list->count + 1);
    *out = (struct row_values){.integers = integers, .known = known, .present = present};
    if (rows == 0) {
        return true;
    }
    TRY(store_column_read(run->segment, OMOP_TABLE_VISIT_OCCURRENCE, OMOP_VISIT_OCCURRENCE_VISIT_OCCURRENCE_ID, 0, rows, arena, &ids, err));
    TRY(store_column_read(run->segment, OMOP_TABLE_VISIT_OCCURRENCE, OMOP_VISIT_OCCURRENCE_VISIT_CONCEPT_ID, 0, rows, arena, &concepts,
                          err));
    const int64_t *visit_ids = vector_integers(&ids, NO_VISIT, arena);
    for (size_t i = 0; i < list->count; i++) {
        uint32_t row = offsets[list->persons[i]], end = offsets[list->persons[i] + 1];
        while (row < end && visit_ids[row] != wanted[i]) {
            row++;
        }
        present[i] = row < end && wanted[i] != NO_VISIT;
        known[i] = present[i] && store_vector_is_valid(&concepts, row);
        integers[i] = known[i] ? concepts.integers[row] : 0;
    }
    return true;
}

/* ---- all operands ---- */
bool row_values_read(struct segment_run *run, const struct event_list *list, struct cohort_value value, struct arena *arena,
                     struct row_values *out, struct error *err)
{
    switch (value.operand) {
    case COHORT_NOTHING:
        constant_fill(list->count, 0, false, arena, out);
        return true;
    case COHORT_ONE:
        constant_fill(list->count, 1, true, arena, out);
        return true;
    case COHORT_FIELD:
        return field_read(run, list, value.field, arena, out, err);
    case COHORT_FIELD_OR_ZERO:
        return field_or_zero_read(run, list, value.field, arena, out, err);
    case COHORT_START:
        days_fill(list->starts, list->count, arena, out);
        return true;
    case COHORT_END:
        days_fill(list->ends, list->count, arena, out);
        return true;
    case COHORT_LENGTH:
        length_fill(list, arena, out);
        return true;
    case COHORT_AGE_AT_START:
        return age_read(run, list, list->starts, arena, out, err);
    case COHORT_AGE_AT_END:
        return age_read(run, list, list->ends, arena, out, err);
    case COHORT_PERSON:
        return person_read(run, list, value.field, arena, out, err);
    case COHORT_PROVIDER_SPECIALTY:
        return lookup_read(run, list, "provider_id", &run->lookups->specialties, false, arena, out, err);
    case COHORT_VISIT_CONCEPT:
        return visit_concept_read(run, list, arena, out, err);
    case COHORT_PLACE_OF_SERVICE:
        return lookup_read(run, list, "care_site_id", &run->lookups->places, true, arena, out, err);
    case COHORT_RATIO_TO_LOW:
        return ratio_read(run, list, OMOP_MEASUREMENT_RANGE_LOW, arena, out, err);
    case COHORT_RATIO_TO_HIGH:
        return ratio_read(run, list, OMOP_MEASUREMENT_RANGE_HIGH, arena, out, err);
    }
    return FAIL(err, INTERNAL, "unknown operand %d", (int)value.operand);
}
