/* SPDX-License-Identifier: EUPL-1.2 */
/* people: looking up persons, periods and entries, and days of birth: see study.h. */
#include "research/study/study.h"
#include <stdlib.h>

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_entries(const void *left, const void *right)
{
    const struct study_entry *a = left, *b = right;
    int order = compare_numbers(a->subject, b->subject);
    order = order ? order : compare_numbers(a->start, b->start);
    order = order ? order : compare_numbers(a->end, b->end);
    order = order ? order : compare_numbers(a->cohort, b->cohort);
    return order ? order : compare_numbers(a->row, b->row);
}

static int compare_cohorts(const void *left, const void *right)
{
    const struct study_entry *a = left, *b = right;
    int order = compare_numbers(a->cohort, b->cohort);
    return order ? order : compare_entries(left, right);
}

void study_entries_sort(struct study_entry *entries, size_t count)
{
    if (count > 1) {
        qsort(entries, count, sizeof *entries, compare_entries);
    }
}

void study_entries_sort_cohorts(struct study_entry *entries, size_t count)
{
    if (count > 1) {
        qsort(entries, count, sizeof *entries, compare_cohorts);
    }
}

size_t study_person_find(const struct study_people *people, int64_t id)
{
    size_t low = 0, high = people->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (people->ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < people->count && people->ids[low] == id ? low : SIZE_MAX;
}

uint32_t study_period_find(const struct study_people *people, size_t person, int32_t day_number)
{
    for (uint32_t p = people->periods[person]; p < people->periods[person + 1]; p++) {
        if (people->period_starts[p] <= day_number && people->period_ends[p] >= day_number) {
            return p;
        }
    }
    return UINT32_MAX;
}

size_t study_entries_find(const struct study_entry *entries, size_t count, int64_t subject)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entries[middle].subject < subject) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int32_t study_birth(const struct study_people *people, size_t person)
{
    int month = people->birth_months[person], day_of_month = people->birth_days[person];
    day birth;
    if (people->birth_years[person] == 0 ||
        !day_from_civil(people->birth_years[person], month ? month : 1, day_of_month ? day_of_month : 1, &birth)) {
        return STUDY_NO_DAY;
    }
    return birth.number;
}

int32_t study_day_add(int32_t day_number, int years, int months)
{
    int year, month, day_of_month;
    day moved;
    day_to_civil((day){day_number}, &year, &month, &day_of_month);
    int total = month - 1 + months;
    int carried = total >= 0 ? total / 12 : -((11 - total) / 12);
    year += years + carried;
    month = total - carried * 12 + 1;
    if (year > 9999) {
        return STUDY_FOREVER;
    }
    while (day_of_month > 28 && !day_from_civil(year, month, day_of_month, &moved)) {
        day_of_month--;
    }
    return day_from_civil(year, month, day_of_month, &moved) ? moved.number : STUDY_NO_DAY;
}

int32_t study_day_shift(int32_t day_number, int64_t days)
{
    int64_t sum = (int64_t)day_number + days;
    return sum >= STUDY_FOREVER ? STUDY_FOREVER : sum <= STUDY_NO_DAY ? STUDY_NO_DAY : (int32_t)sum;
}
