/* SPDX-License-Identifier: EUPL-1.2 */
/* study: what every method works on: persons in columns with their observation periods, and entries of cohorts. Methods are pure functions
 * over these; study_store.h fills them from a store, a test from anything.
 *
 * Words. entry: one stay of a person in a cohort, both days included. span: some days, both included. The semantics are those of the
 * DARWIN EU packages, each named in the header of its method. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/error.h"

enum { STUDY_NO_DAY = INT32_MIN, STUDY_FOREVER = INT32_MAX, STUDY_ENTRIES_MAX = 400000000, STUDY_AGE_MAX = 150 };
enum study_sex { STUDY_SEX_BOTH, STUDY_SEX_MALE, STUDY_SEX_FEMALE, STUDY_SEX_NONE }; /* NONE: neither 8507 nor 8532 */

struct study_people {
    size_t count;
    const int64_t *ids;         /* ascending */
    const int16_t *birth_years; /* 0: not known; so for months and days */
    const int8_t *birth_months, *birth_days;
    const int8_t *sexes;                        /* enum study_sex */
    const uint32_t *periods;                    /* [count + 1]: periods of person i are periods[i] .. periods[i + 1] - 1 */
    const int32_t *period_starts, *period_ends; /* by ascending start in a person */
};
struct study_span {
    int32_t first, last;
};
struct study_entry {
    int64_t subject;
    int32_t cohort;
    int32_t start, end;
    uint32_t row; /* the caller's own: where it came from */
};
DEFINE_ARRAY(study_entries, struct study_entry)

/* By subject, start, end, cohort, row: what methods expect of their inputs; the second by cohort first. */
void study_entries_sort(struct study_entry *entries, size_t count);
void study_entries_sort_cohorts(struct study_entry *entries, size_t count);
/* Index of a person, or SIZE_MAX. */
size_t study_person_find(const struct study_people *people, int64_t id);
/* The observation period of the person that contains the day, or UINT32_MAX. */
uint32_t study_period_find(const struct study_people *people, size_t person, int32_t day_number);
/* First of the entries (sorted) whose subject is not below; entries of one subject stand together. */
size_t study_entries_find(const struct study_entry *entries, size_t count, int64_t subject);

/* Missing month and day count as 1. STUDY_NO_DAY when the year is not known or there is no such date. */
int32_t study_birth(const struct study_people *people, size_t person);
/* The same day of the month `years` and `months` later, or the last day of that month where there is none; STUDY_FOREVER past year 9999. */
int32_t study_day_add(int32_t day_number, int years, int months);
static inline int32_t study_later(int32_t a, int32_t b)
{
    return a > b ? a : b;
}
static inline int32_t study_earlier(int32_t a, int32_t b)
{
    return a < b ? a : b;
}
/* day + days, staying at STUDY_FOREVER where it would pass what int32 holds. */
int32_t study_day_shift(int32_t day_number, int64_t days);
