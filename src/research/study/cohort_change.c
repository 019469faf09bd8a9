/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_change: requirements, shortening, moving: see study_cohort.h. */
#include "research/study/study_cohort.h"

static bool is_sex(const struct study_requirement *requirement, int sex)
{
    return sex != STUDY_SEX_NONE && (requirement->sex == STUDY_SEX_BOTH || (int)requirement->sex == sex);
}

bool study_requirement_is_met(const struct study_people *people, const struct study_requirement *requirement, int64_t subject,
                              int32_t day_number)
{
    static const struct study_birth_rule plain = {0};
    size_t person = study_person_find(people, subject);
    if (person == SIZE_MAX || day_number == STUDY_NO_DAY) {
        return false;
    }
    int sex = people->sexes[person];
    int32_t birth = study_birthday(people, person, &plain, 0);
    struct study_span observed = study_observation(people, subject, day_number);
    int age = birth == STUDY_NO_DAY ? -1 : study_age(birth, day_number);
    bool is_old_enough = birth != STUDY_NO_DAY && age >= requirement->age.from;
    if (requirement->asks_age && (!is_old_enough || (requirement->age.to < STUDY_AGE_MAX && age > requirement->age.to))) {
        return false;
    }
    if (requirement->asks_sex && !is_sex(requirement, sex)) {
        return false;
    }
    return (requirement->prior_days <= 0 && requirement->future_days <= 0) ||
           (observed.first != STUDY_NO_DAY && day_number - observed.first >= requirement->prior_days &&
            observed.last - day_number >= requirement->future_days);
}

/* Entries sorted by cohort first; the end of the run of one person in one cohort that begins at `first`. */
static size_t run_end(const struct study_entries *entries, size_t first)
{
    size_t end = first + 1;
    while (end < entries->count && entries->items[end].cohort == entries->items[first].cohort &&
           entries->items[end].subject == entries->items[first].subject) {
        end++;
    }
    return end;
}

void study_keep_entries(struct study_entries *entries, struct study_span which, bool counts_back)
{
    size_t kept = 0;
    study_entries_sort_cohorts(entries->items, entries->count);
    for (size_t first = 0, end; first < entries->count; first = end) {
        end = run_end(entries, first);
        for (size_t i = first; i < end; i++) {
            size_t rank = counts_back ? end - i : i - first + 1;
            if (rank >= (size_t)study_later(which.first, 0) && rank <= (size_t)study_later(which.last, 0)) {
                entries->items[kept++] = entries->items[i];
            }
        }
    }
    entries->count = kept;
}

void study_keep_durations(struct study_entries *entries, struct study_span days)
{
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        int32_t length = entries->items[i].end - entries->items[i].start + 1;
        if (length >= days.first && length <= days.last) {
            entries->items[kept++] = entries->items[i];
        }
    }
    entries->count = kept;
}

void study_keep_after_washout(struct study_entries *entries, int32_t days)
{
    size_t kept = 0;
    study_entries_sort_cohorts(entries->items, entries->count);
    for (size_t first = 0, end; first < entries->count; first = end) {
        end = run_end(entries, first);
        int32_t last_end = 0;
        for (size_t i = first; i < end; i++) {
            struct study_entry entry = entries->items[i];
            if (i == first || days == 0 || (days != STUDY_FOREVER && (int64_t)entry.start - last_end > days)) {
                entries->items[kept++] = entry;
            }
            last_end = entry.end;
        }
    }
    entries->count = kept;
}

/* Drops what has no day. */
static void drop_empty(struct study_entries *entries)
{
    study_keep_durations(entries, (struct study_span){1, STUDY_FOREVER});
}

void study_trim_days(struct study_entries *entries, struct study_span days)
{
    for (size_t i = 0; i < entries->count; i++) {
        entries->items[i].start = study_later(entries->items[i].start, days.first);
        entries->items[i].end = study_earlier(entries->items[i].end, days.last);
    }
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].start <= entries->items[i].end) {
            entries->items[kept++] = entries->items[i];
        }
    }
    entries->count = kept;
}

void study_trim_duration(struct study_entries *entries, struct study_span which)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct study_entry *entry = &entries->items[i];
        int32_t start = entry->start;
        entry->start = study_day_shift(start, (int64_t)which.first - 1);
        entry->end = which.last == STUDY_FOREVER ? entry->end : study_earlier(entry->end, study_day_shift(start, (int64_t)which.last - 1));
    }
    drop_empty(entries);
}

static bool trim_entry(const struct study_people *people, struct study_entry *entry, const struct study_requirement *requirement)
{
    size_t person = study_person_find(people, entry->subject);
    struct study_span observed = study_observation(people, entry->subject, entry->start);
    if (person == SIZE_MAX || observed.first == STUDY_NO_DAY) {
        return false;
    }
    int32_t birth = study_birth(people, person);
    if (requirement->asks_age) {
        if (birth == STUDY_NO_DAY) {
            return false;
        }
        struct study_span age = study_age_days(birth, requirement->age);
        entry->start = study_later(entry->start, age.first);
        entry->end = requirement->age.to >= STUDY_AGE_MAX ? entry->end : study_earlier(entry->end, age.last);
    }
    entry->start = study_later(entry->start, study_day_shift(observed.first, requirement->prior_days));
    return entry->start <= entry->end && (!requirement->asks_sex || is_sex(requirement, people->sexes[person])) &&
           observed.last - entry->start >= requirement->future_days;
}

void study_trim_demographics(const struct study_people *people, struct study_entries *entries, const struct study_requirement *requirement)
{
    size_t kept = 0;
    for (size_t i = 0; i < entries->count; i++) {
        struct study_entry entry = entries->items[i];
        if (trim_entry(people, &entry, requirement)) {
            entries->items[kept++] = entry;
        }
    }
    entries->count = kept;
}

bool study_pad(const struct study_people *people, struct study_entry *entry, bool is_start, int64_t days, bool is_whole)
{
    struct study_span observed = study_observation(people, entry->subject, entry->start);
    int32_t *moved = is_start ? &entry->start : &entry->end;
    *moved = study_day_shift(*moved, days);
    if (observed.first == STUDY_NO_DAY || entry->start > entry->end || entry->start > observed.last || entry->end < observed.first) {
        return false;
    }
    bool is_cut = entry->start < observed.first || entry->end > observed.last;
    entry->start = study_later(entry->start, observed.first);
    entry->end = study_earlier(entry->end, observed.last);
    return !(is_cut && is_whole);
}

bool study_exit_at_observation_end(const struct study_people *people, struct study_entries *entries, bool is_persistent, struct error *err)
{
    size_t count = entries->count, kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct study_entry entry = entries->items[i];
        size_t person = study_person_find(people, entry.subject);
        struct study_span observed = study_observation(people, entry.subject, entry.start);
        for (uint32_t p = person == SIZE_MAX ? 0 : people->periods[person];
             person != SIZE_MAX && is_persistent && p < people->periods[person + 1]; p++) {
            if (people->period_starts[p] > entry.start) {
                const struct study_entry later = {entry.subject, entry.cohort, people->period_starts[p], people->period_ends[p], entry.row};
                TRY(study_entries_append(entries, later, err));
            }
        }
        entries->items[i].end = observed.first == STUDY_NO_DAY ? entry.start - 1 : observed.last;
    }
    for (size_t i = 0; i < entries->count; i++) {
        if (entries->items[i].start <= entries->items[i].end) {
            entries->items[kept++] = entries->items[i];
        }
    }
    entries->count = kept;
    study_collapse(people, entries, 0);
    return true;
}
