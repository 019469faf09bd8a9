/* SPDX-License-Identifier: EUPL-1.2 */
/* people_example: a few persons, for tests: 1 male, born 2000-02-29, two periods; 2 female, born 1990, day and month not known; 3 without
 * a sex; 4 without a year of birth. */
#pragma once
#include "research/study/study.h"
#include <assert.h>

static inline int32_t on(const char *date)
{
    day value = {0};
    bool is_date = day_from_text(text_of(date), &value);
    assert(is_date);
    return value.number;
}

struct example_people {
    int32_t starts[5], ends[5];
    struct study_people people;
};
static inline void example_people(struct example_people *example)
{
    static const int64_t ids[] = {1, 2, 3, 4};
    static const int16_t years[] = {2000, 1990, 1980, 0};
    static const int8_t months[] = {2, 0, 1, 1}, days[] = {29, 0, 1, 1};
    static const int8_t sexes[] = {STUDY_SEX_MALE, STUDY_SEX_FEMALE, STUDY_SEX_NONE, STUDY_SEX_MALE};
    static const uint32_t periods[] = {0, 2, 3, 4, 5};
    static const char *const starts[] = {"2010-01-01", "2015-01-01", "2010-01-01", "2010-01-01", "2010-01-01"};
    static const char *const ends[] = {"2012-12-31", "2018-12-31", "2018-12-31", "2018-12-31", "2018-12-31"};
    for (int i = 0; i < 5; i++) {
        example->starts[i] = on(starts[i]);
        example->ends[i] = on(ends[i]);
    }
    example->people = (struct study_people){4, ids, years, months, days, sexes, periods, example->starts, example->ends};
}
