/* SPDX-License-Identifier: EUPL-1.2 */
/* store_people: see study_store.h. Rows of a person stand in the order of their start day, so periods need no sorting. */
#include "research/study/study_store.h"

enum { CONCEPT_MALE = 8507, CONCEPT_FEMALE = 8532 };

static int64_t value_at(const struct store_vector *column, uint32_t row)
{
    return store_vector_is_valid(column, row) ? column->integers[row] : 0;
}

static bool read_persons(struct store_segment *segment, struct study_people *people, struct arena *result, struct arena *scratch,
                         struct error *err)
{
    static const int fields[] = {OMOP_PERSON_GENDER_CONCEPT_ID, OMOP_PERSON_YEAR_OF_BIRTH, OMOP_PERSON_MONTH_OF_BIRTH,
                                 OMOP_PERSON_DAY_OF_BIRTH};
    const uint32_t *offsets;
    struct store_vector columns[4];
    int16_t *years = ARENA_ARRAY(result, int16_t, people->count + 1);
    int8_t *months = ARENA_ARRAY(result, int8_t, people->count + 1), *days = ARENA_ARRAY(result, int8_t, people->count + 1);
    int8_t *sexes = ARENA_ARRAY(result, int8_t, people->count + 1);
    size_t rows = (size_t)store_segment_rows(segment, OMOP_TABLE_PERSON);
    TRY(store_person_rows(segment, OMOP_TABLE_PERSON, scratch, &offsets, err));
    for (int i = 0; i < 4; i++) {
        TRY(store_column_read(segment, OMOP_TABLE_PERSON, fields[i], 0, rows, scratch, &columns[i], err));
    }
    for (size_t p = 0; p < people->count; p++) {
        uint32_t row = offsets[p];
        sexes[p] = STUDY_SEX_NONE;
        if (row < offsets[p + 1]) {
            int64_t gender = value_at(&columns[0], row);
            sexes[p] = gender == CONCEPT_MALE ? STUDY_SEX_MALE : gender == CONCEPT_FEMALE ? STUDY_SEX_FEMALE : STUDY_SEX_NONE;
            years[p] = (int16_t)value_at(&columns[1], row);
            months[p] = (int8_t)value_at(&columns[2], row);
            days[p] = (int8_t)value_at(&columns[3], row);
        }
    }
    people->birth_years = years;
    people->birth_months = months;
    people->birth_days = days;
    people->sexes = sexes;
    return true;
}

static bool read_chunk(struct store_segment *segment, struct study_people *people, struct arena *result, struct arena *scratch,
                       struct error *err)
{
    struct store_vector starts, ends;
    size_t periods = (size_t)store_segment_rows(segment, OMOP_TABLE_OBSERVATION_PERIOD);
    people->count = store_segment_persons(segment);
    TRY(store_segment_person_ids(segment, &people->ids, err));
    TRY(read_persons(segment, people, result, scratch, err));
    TRY(store_person_rows(segment, OMOP_TABLE_OBSERVATION_PERIOD, result, &people->periods, err));
    TRY(store_column_read(segment, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_START_DATE, 0, periods, result,
                          &starts, err));
    TRY(store_column_read(segment, OMOP_TABLE_OBSERVATION_PERIOD, OMOP_OBSERVATION_PERIOD_OBSERVATION_PERIOD_END_DATE, 0, periods, result,
                          &ends, err));
    people->period_starts = starts.days;
    people->period_ends = ends.days;
    return true;
}

bool study_people_read(struct store_reader *reader, struct arena *result, const struct study_people **out_chunks, size_t *out_count,
                       struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    size_t count = store_reader_segment_count(reader, OMOP_PERSON);
    struct study_people *chunks = ARENA_ARRAY(result, struct study_people, count + 1);
    for (size_t s = 0; s < count; s++) {
        TRY(task_check(err));
        arena_reset(scratch);
        TRY(read_chunk(store_reader_segment(reader, OMOP_PERSON, s), &chunks[s], result, scratch, err));
    }
    *out_chunks = chunks;
    *out_count = count;
    return true;
}

struct study_span study_people_range(const struct study_people *chunks, size_t count)
{
    struct study_span range = {STUDY_FOREVER, STUDY_NO_DAY};
    for (size_t c = 0; c < count; c++) {
        for (uint32_t p = chunks[c].count ? chunks[c].periods[0] : 0; chunks[c].count && p < chunks[c].periods[chunks[c].count]; p++) {
            range.first = study_earlier(range.first, chunks[c].period_starts[p]);
            range.last = study_later(range.last, chunks[c].period_ends[p]);
        }
    }
    return range;
}
