/* SPDX-License-Identifier: EUPL-1.2 */
/* prevalence: see study_yearly.h. One pass over the persons for all denominators; cohorts are then looked up person by person. */
#include "base/calendar.h"
#include "base/task.h"
#include "research/study/study_denominator.h"
#include "research/study/study_limits.h"
#include "research/study/study_yearly.h"
#include <math.h>

enum { CONCEPT_MALE = 8507, CONCEPT_FEMALE = 8532, AGE_GROUPS_MAX = 16, NO_SEX = -1 };

/* What is known of the persons of one segment, by ordinal. */
struct people {
    uint32_t count;
    const int64_t *ids;
    int8_t *sexes;           /* enum prevalence_sex, or NO_SEX */
    int32_t *births;         /* day numbers */
    const uint32_t *periods; /* rows of observation_period, by ordinal */
    const int32_t *period_starts, *period_ends;
};
struct study {
    const struct prevalence_options *options;
    int years;
    struct people people;
    struct prevalence_cell *cells;
    int32_t (*age_bounds)[2]; /* of one person, by age group: first and last day */
};

static bool read_births(struct store_segment *segment, struct people *people, struct arena *scratch, struct error *err)
{
    const uint32_t *offsets;
    struct store_vector columns[4];
    static const int fields[] = {OMOP_PERSON_GENDER_CONCEPT_ID, OMOP_PERSON_YEAR_OF_BIRTH, OMOP_PERSON_MONTH_OF_BIRTH,
                                 OMOP_PERSON_DAY_OF_BIRTH};
    size_t rows = (size_t)store_segment_rows(segment, OMOP_TABLE_PERSON);
    TRY(store_person_rows(segment, OMOP_TABLE_PERSON, scratch, &offsets, err));
    for (int i = 0; i < 4; i++) {
        TRY(store_column_read(segment, OMOP_TABLE_PERSON, fields[i], 0, rows, scratch, &columns[i], err));
    }
    for (uint32_t p = 0; p < people->count; p++) {
        people->sexes[p] = NO_SEX;
        uint32_t row = offsets[p];
        if (row == offsets[p + 1] || !store_vector_is_valid(&columns[0], row) || !store_vector_is_valid(&columns[1], row)) {
            continue;
        }
        int64_t gender = columns[0].integers[row];
        int month = store_vector_is_valid(&columns[2], row) ? (int)columns[2].integers[row] : 1;
        int day_of_month = store_vector_is_valid(&columns[3], row) ? (int)columns[3].integers[row] : 1;
        day birth;
        if ((gender == CONCEPT_MALE || gender == CONCEPT_FEMALE) &&
            day_from_civil((int)columns[1].integers[row], month, day_of_month, &birth)) {
            people->sexes[p] = gender == CONCEPT_MALE ? PREVALENCE_MALE : PREVALENCE_FEMALE;
            people->births[p] = birth.number;
        }
    }
    return true;
}

static bool read_people(struct store_segment *segment, struct people *people, struct arena *scratch, struct error *err)
{
    struct store_vector starts, ends;
    size_t periods = (size_t)store_segment_rows(segment, OMOP_TABLE_OBSERVATION_PERIOD);
    people->count = store_segment_persons(segment);
    people->sexes = ARENA_ARRAY(scratch, int8_t, people->count);
    people->births = ARENA_ARRAY(scratch, int32_t, people->count);
    TRY(store_segment_person_ids(segment, &people->ids, err));
    TRY(read_births(segment, people, scratch, err));
    TRY(store_person_rows(segment, OMOP_TABLE_OBSERVATION_PERIOD, scratch, &people->periods, err));
    TRY(store_column_read(segment, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_START_DATE, 0, periods,
                          scratch, &starts, err));
    TRY(store_column_read(segment, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_END_DATE, 0, periods, scratch,
                          &ends, err));
    people->period_starts = starts.days;
    people->period_ends = ends.days;
    return true;
}

static struct prevalence_cell *cell(const struct study *study, size_t cohort, int year, int age, int sex)
{
    size_t years = (size_t)study->years, ages = (size_t)study->options->age_count;
    return &study->cells[((cohort * years + (size_t)year) * ages + (size_t)age) * PREVALENCE_SEX_COUNT + (size_t)sex];
}

static void year_bounds(const struct study *study, int year, int32_t *out_first, int32_t *out_last)
{
    day first = {0}, next = {0};
    (void)(day_from_civil(study->options->year_first + year, 1, 1, &first) &&
           day_from_civil(study->options->year_first + year + 1, 1, 1, &next));
    *out_first = first.number;
    *out_last = next.number - 1;
}

static void set_age_bounds(const struct study *study, uint32_t person)
{
    for (int a = 0; a < study->options->age_count; a++) {
        const struct study_age_band band = {study->options->ages[a].from, study->options->ages[a].to};
        struct study_span days = study_age_days(study->people.births[person], band);
        study->age_bounds[a][0] = days.first;
        study->age_bounds[a][1] = days.last;
    }
}

/* Is there a day of the year at which the person is at risk in the age group and (rows given) in the cohort? */
static bool contributes(const struct study *study, uint32_t person, int year, int age, const struct prevalence_cohort *cohort, size_t first,
                        size_t last)
{
    int32_t year_first, year_last;
    year_bounds(study, year, &year_first, &year_last);
    const struct people *people = &study->people;
    for (uint32_t p = people->periods[person]; p < people->periods[person + 1]; p++) {
        int32_t from =
            study_later(study_later(people->period_starts[p] + study->options->prior_days, year_first), study->age_bounds[age][0]);
        int32_t to = study_earlier(study_earlier(people->period_ends[p], year_last), study->age_bounds[age][1]);
        if (from > to) {
            continue;
        }
        if (!cohort) {
            return true;
        }
        for (size_t r = first; r < last; r++) {
            if (cohort->starts[r] <= to && cohort->ends[r] >= from) {
                return true;
            }
        }
    }
    return false;
}

static void count_denominators(const struct study *study)
{
    for (uint32_t person = 0; person < study->people.count; person++) {
        int sex = study->people.sexes[person];
        if (sex == NO_SEX) {
            continue;
        }
        set_age_bounds(study, person);
        for (int year = 0; year < study->years; year++) {
            for (int age = 0; age < study->options->age_count; age++) {
                if (contributes(study, person, year, age, NULL, 0, 0)) {
                    cell(study, 0, year, age, PREVALENCE_BOTH)->denominator++;
                    cell(study, 0, year, age, sex)->denominator++;
                }
            }
        }
    }
}

/* Both lists are ascending: one merge. */
static void count_numerators(const struct study *study, size_t cohort_index, const struct prevalence_cohort *cohort)
{
    size_t first = 0;
    for (uint32_t person = 0; person < study->people.count && first < cohort->count; person++) {
        int64_t id = study->people.ids[person];
        while (first < cohort->count && cohort->persons[first] < id) {
            first++;
        }
        size_t last = first;
        while (last < cohort->count && cohort->persons[last] == id) {
            last++;
        }
        int sex = study->people.sexes[person];
        if (last == first || sex == NO_SEX) {
            continue;
        }
        set_age_bounds(study, person);
        for (int year = 0; year < study->years; year++) {
            for (int age = 0; age < study->options->age_count; age++) {
                if (contributes(study, person, year, age, cohort, first, last)) {
                    cell(study, cohort_index, year, age, PREVALENCE_BOTH)->numerator++;
                    cell(study, cohort_index, year, age, sex)->numerator++;
                }
            }
        }
        first = last;
    }
}

static void finish_cells(const struct study *study, size_t cohort_count)
{
    size_t per_cohort = (size_t)study->years * (size_t)study->options->age_count * PREVALENCE_SEX_COUNT;
    for (size_t i = per_cohort * cohort_count; i-- > 0;) {
        struct prevalence_cell *at = &study->cells[i];
        at->denominator = study->cells[i % per_cohort].denominator;
        struct study_limits limits = study_wilson(at->numerator, at->denominator);
        at->value = at->denominator == 0 ? NAN : (double)at->numerator / (double)at->denominator;
        at->lower = limits.lower;
        at->upper = limits.upper;
    }
}

bool prevalence_yearly(struct store_reader *reader, const struct prevalence_options *options, const struct prevalence_cohort *cohorts,
                       size_t cohort_count, struct arena *result, const struct prevalence_cell **out_cells, struct error *err)
{
    if (options->year_last < options->year_first || options->age_count < 1 || options->age_count > AGE_GROUPS_MAX || cohort_count == 0) {
        return FAIL(err, INVALID_ARGUMENT, "a prevalence needs at least one cohort, one year and 1 to %d age groups", AGE_GROUPS_MAX);
    }
    int32_t bounds[AGE_GROUPS_MAX][2];
    struct study study = {.options = options, .years = options->year_last - options->year_first + 1, .age_bounds = bounds};
    size_t cells = cohort_count * (size_t)study.years * (size_t)options->age_count * PREVALENCE_SEX_COUNT;
    study.cells = ARENA_ARRAY(result, struct prevalence_cell, cells);
    CLEANUP(arena) struct arena *scratch = arena_create();
    for (size_t s = 0; s < store_reader_segment_count(reader, OMOP_PERSON); s++) {
        TRY(task_check(err));
        arena_reset(scratch);
        TRY(read_people(store_reader_segment(reader, OMOP_PERSON, s), &study.people, scratch, err));
        count_denominators(&study);
        for (size_t c = 0; c < cohort_count; c++) {
            count_numerators(&study, c, &cohorts[c]);
        }
    }
    finish_cells(&study, cohort_count);
    *out_cells = study.cells;
    return true;
}
