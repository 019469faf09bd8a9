/* SPDX-License-Identifier: EUPL-1.2 */
/* drug: see study_drug.h. */
#include "research/study/study_drug.h"
#include <math.h>
#include <stdlib.h>

static int compare_exposures(const void *left, const void *right)
{
    const struct study_exposure *a = left, *b = right;
    if (a->subject != b->subject) {
        return a->subject < b->subject ? -1 : 1;
    }
    return a->start != b->start ? (a->start < b->start ? -1 : 1) : (a->end > b->end) - (a->end < b->end);
}

void study_exposures_sort(struct study_exposure *exposures, size_t count)
{
    if (count > 1) {
        qsort(exposures, count, sizeof *exposures, compare_exposures);
    }
}

double study_daily_dose(const struct study_strength *strength, double quantity, int32_t days)
{
    enum { HOURS = 24 };
    if (!isnan(strength->amount)) {
        return quantity * strength->amount / days;
    }
    if (strength->is_per_hour) {
        return isnan(strength->denominator) ? strength->numerator * HOURS : strength->numerator * HOURS / strength->denominator;
    }
    return quantity * strength->numerator / days;
}

/* One more exposure, clipped to the days asked for, joins the era or begins the next. */
static void join_era(struct study_drug_use *use, struct study_span *era, struct study_span taken, int32_t gap)
{
    if (use->eras > 0 && taken.first <= study_day_shift(era->last, gap)) {
        use->days_exposed += study_later(0, taken.last - era->last);
        era->last = study_later(era->last, taken.last);
        return;
    }
    *era = taken;
    use->eras++;
    use->days_exposed += taken.last - taken.first + 1;
}

static void add_initial(struct study_drug_use *use, const struct study_exposure *exposure)
{
    use->initial_duration = study_later(use->initial_duration, exposure->end - exposure->start + 1);
    use->initial_quantity += isnan(exposure->quantity) ? 0 : exposure->quantity;
    use->initial_daily_dose += isnan(exposure->daily_dose) ? 0 : exposure->daily_dose;
}

struct study_drug_use study_drug_use(const struct study_exposure *exposures, size_t count, int64_t subject, struct study_span days,
                                     int32_t gap, bool is_incident)
{
    struct study_drug_use use = {.days_to_exposure = -1, .initial_duration = -1};
    struct study_span era = {0, 0};
    int32_t first_start = 0;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (exposures[middle].subject < subject) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i < count && exposures[i].subject == subject; i++) {
        const struct study_exposure *exposure = &exposures[i];
        if (exposure->start > days.last || exposure->end < days.first || (is_incident && exposure->start < days.first)) {
            continue;
        }
        struct study_span taken = {study_later(exposure->start, days.first), study_earlier(exposure->end, days.last)};
        join_era(&use, &era, taken, gap);
        first_start = use.exposures == 0 ? exposure->start : first_start;
        use.days_to_exposure = use.exposures == 0 ? taken.first - days.first : use.days_to_exposure;
        if (exposure->start == first_start) {
            add_initial(&use, exposure);
        }
        use.exposures++;
        use.days_prescribed += taken.last - taken.first + 1;
        use.cumulative_quantity += isnan(exposure->quantity) ? 0 : exposure->quantity;
        use.cumulative_dose += isnan(exposure->daily_dose) ? 0 : exposure->daily_dose * (taken.last - taken.first + 1);
    }
    return use;
}

/* Differences: who begins or ceases to be covered or observed on a day after the first entry. */
struct change {
    int64_t covered, observed;
};

static size_t longest(const struct study_people *people, const struct study_entry *entries, size_t count, int32_t follow_up)
{
    int32_t days = -1;
    (void)people;
    for (size_t i = 0, first = 0; i < count; i++) {
        first = entries[i].subject == entries[first].subject ? first : i;
        days = study_later(days, entries[i].end - entries[first].start);
    }
    return (size_t)study_earlier(days, follow_up) + 1;
}

void study_proportion_covered(const struct study_people *people, const struct study_entry *entries, size_t count, int32_t follow_up,
                              struct arena *result, const struct study_covered **out_days, size_t *out_count)
{
    size_t days = longest(people, entries, count, follow_up);
    struct change *changes = ARENA_ARRAY(result, struct change, days + 1);
    struct study_covered *covered = ARENA_ARRAY(result, struct study_covered, days + 1);
    for (size_t i = 0, first = 0; i < count; i++) {
        bool is_first = i == 0 || entries[i].subject != entries[first].subject;
        first = is_first ? i : first;
        struct study_span observed = study_observation(people, entries[i].subject, entries[first].start);
        if (observed.first == STUDY_NO_DAY) {
            continue;
        }
        size_t from = (size_t)(entries[i].start - entries[first].start), to = (size_t)(entries[i].end - entries[first].start) + 1;
        size_t end = (size_t)(observed.last - entries[first].start) + 1;
        if (from < days) {
            changes[from].covered++;
            changes[to < days ? to : days].covered--;
        }
        changes[0].observed += is_first;
        changes[end < days ? end : days].observed -= is_first;
    }
    struct change sum = {0, 0};
    for (size_t d = 0; d < days; d++) {
        sum.covered += changes[d].covered;
        sum.observed += changes[d].observed;
        struct study_limits limits = study_wilson((uint64_t)sum.covered, (uint64_t)sum.observed);
        covered[d] = (struct study_covered){(int32_t)d,
                                            (uint64_t)sum.covered,
                                            (uint64_t)sum.observed,
                                            study_round(100 * (double)sum.covered / (double)sum.observed, 2),
                                            {study_round(100 * limits.lower, 2), study_round(100 * limits.upper, 2)}};
    }
    *out_days = covered;
    *out_count = days;
}
