/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_merge: collapsing the entries of a cohort, and the days that cohorts share: see study_cohort.h. */
#include "research/study/study_cohort.h"
#include <stdlib.h>

enum { COHORTS_MAX = 64 };

void study_collapse(const struct study_people *people, struct study_entries *entries, int32_t gap)
{
    size_t kept = 0;
    study_entries_sort_cohorts(entries->items, entries->count);
    for (size_t i = 0; i < entries->count; i++) {
        const struct study_entry entry = entries->items[i];
        struct study_entry *last = kept > 0 ? &entries->items[kept - 1] : NULL;
        bool is_same = last && last->cohort == entry.cohort && last->subject == entry.subject &&
                       (gap == STUDY_FOREVER || entry.start <= study_day_shift(last->end, gap));
        if (is_same) {
            struct study_span observed = study_observation(people, entry.subject, last->start);
            is_same = observed.first == STUDY_NO_DAY || entry.start <= observed.last;
        }
        if (is_same) {
            last->end = study_later(last->end, entry.end);
        } else {
            entries->items[kept++] = entry;
        }
    }
    entries->count = kept;
}

/* ---- shared days ---- */
struct sweep {
    const struct study_entry *entries; /* of one person in one observation period */
    size_t count;
    int cohorts;
    bool is_apart;
    struct study_entries *out;
};

static int compare_days(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

/* The days between two neighbouring boundaries: who is active? */
static bool emit_days(const struct sweep *sweep, struct study_span days, struct error *err)
{
    uint64_t active = 0, all = sweep->cohorts == COHORTS_MAX ? UINT64_MAX : (1ULL << sweep->cohorts) - 1;
    for (size_t i = 0; i < sweep->count; i++) {
        if (sweep->entries[i].start <= days.first && sweep->entries[i].end >= days.last) {
            active |= 1ULL << (sweep->entries[i].cohort - 1);
        }
    }
    struct study_entry entry = {sweep->entries[0].subject, 0, days.first, days.last, 0};
    if (active == all) {
        entry.cohort = 1;
        TRY(study_entries_append(sweep->out, entry, err));
    }
    if (sweep->is_apart && active != 0 && (active & (active - 1)) == 0) {
        entry.cohort = __builtin_ctzll(active) + 2;
        TRY(study_entries_append(sweep->out, entry, err));
    }
    return true;
}

static bool sweep_days(const struct sweep *sweep, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    int32_t *days = ARENA_ARRAY(scratch, int32_t, sweep->count * 2);
    for (size_t i = 0; i < sweep->count; i++) {
        days[2 * i] = sweep->entries[i].start;
        days[2 * i + 1] = sweep->entries[i].end + 1;
    }
    qsort(days, sweep->count * 2, sizeof *days, compare_days);
    for (size_t i = 0; i + 1 < sweep->count * 2; i++) {
        TRY(days[i] == days[i + 1] || emit_days(sweep, (struct study_span){days[i], days[i + 1] - 1}, err));
    }
    return true;
}

/* With a gap: what is at most so far apart is one stay; it counts where every cohort occurs in it. */
static bool sweep_stays(const struct sweep *sweep, int32_t gap, struct error *err)
{
    for (size_t first = 0, end; first < sweep->count; first = end) {
        struct study_entry stay = sweep->entries[first];
        uint64_t active = 0, all = sweep->cohorts == COHORTS_MAX ? UINT64_MAX : (1ULL << sweep->cohorts) - 1;
        for (end = first; end < sweep->count && (end == first || sweep->entries[end].start <= study_day_shift(stay.end, gap)); end++) {
            stay.end = study_later(stay.end, sweep->entries[end].end);
            active |= 1ULL << (sweep->entries[end].cohort - 1);
        }
        stay.cohort = 1;
        TRY(active != all || study_entries_append(sweep->out, stay, err));
    }
    return true;
}

bool study_intersect_cohorts(const struct study_people *people, struct study_entries *entries, int cohort_count, int32_t gap, bool is_apart,
                             struct error *err)
{
    struct study_entries out = {.maximum = entries->maximum};
    if (cohort_count < 1 || cohort_count > COHORTS_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "1 to %d cohorts are intersected", COHORTS_MAX);
    }
    study_entries_sort(entries->items, entries->count);
    bool done = true;
    for (size_t first = 0, end; done && first < entries->count; first = end) {
        const struct study_entry *entry = &entries->items[first];
        struct study_span observed = study_observation(people, entry->subject, entry->start);
        for (end = first + 1; end < entries->count && entries->items[end].subject == entry->subject &&
                              (observed.first == STUDY_NO_DAY || entries->items[end].start <= observed.last);
             end++) {
        }
        const struct sweep sweep = {entry, end - first, cohort_count, is_apart, &out};
        done = gap > 0 && !is_apart ? sweep_stays(&sweep, gap, err) : sweep_days(&sweep, err);
    }
    if (!done) {
        study_entries_finish(&out);
        return false;
    }
    study_entries_finish(entries);
    *entries = out;
    return true;
}
