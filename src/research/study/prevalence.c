/* SPDX-License-Identifier: EUPL-1.2 */
/* prevalence: see study_prevalence.h. */
#include "research/study/study_prevalence.h"
#include <math.h>

void study_prevalence_finish(struct study_prevalence_cell *cell)
{
    struct study_limits limits = study_wilson(cell->numerator, cell->denominator);
    cell->value = study_round((double)cell->numerator / (double)cell->denominator, 5);
    cell->limits.lower = study_round(limits.lower, 5);
    cell->limits.upper = study_round(limits.upper, 5);
}

static struct study_span range_of(const struct study_entry *entries, size_t count)
{
    struct study_span range = {STUDY_FOREVER, STUDY_NO_DAY};
    for (size_t i = 0; i < count; i++) {
        range.first = study_earlier(range.first, entries[i].start);
        range.last = study_later(range.last, entries[i].end);
    }
    return range;
}

bool study_prevalence_days(const struct study_entry *denominator, size_t entries, const struct study_prevalence_request *request,
                           struct arena *result, const struct study_span **out_spans, size_t *out_count, struct error *err)
{
    struct study_span whole = range_of(denominator, entries);
    const struct study_span *spans;
    size_t count, kept = 0;
    TRY(study_intervals(request->interval, whole, request->is_complete && !request->is_point, result, &spans, &count, err));
    *out_spans = spans;
    *out_count = count;
    if (!request->is_point) {
        return true;
    }
    struct study_span *days = ARENA_ARRAY(result, struct study_span, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct study_span calendar = study_interval_around(request->interval, spans[i].first);
        int32_t at = request->time_point == STUDY_AT_START ? calendar.first
                     : request->time_point == STUDY_AT_END ? calendar.last
                                                           : calendar.first + (calendar.last - calendar.first) / 2;
        if (at >= whole.first && at <= whole.last) {
            days[kept++] = (struct study_span){at, at};
        }
    }
    *out_spans = days;
    *out_count = kept;
    return true;
}

static bool has_outcome(const struct study_prevalence_request *request, size_t first, int64_t subject, struct study_span days)
{
    for (size_t i = first; i < request->outcome_count && request->outcomes[i].subject == subject && request->outcomes[i].start <= days.last;
         i++) {
        if (request->outcomes[i].end >= days.first) {
            return true;
        }
    }
    return false;
}

/* What one interval knows of the subject counted last, whose entries stand together. */
struct seen {
    int64_t subject;
    bool is_counted, has_outcome;
};

static void count_entry(const struct study_prevalence_request *request, const struct study_entry *entry, struct study_prevalence_cell *cell,
                        struct seen *seen, size_t outcome)
{
    struct study_span days = {study_later(entry->start, cell->span.first), study_earlier(entry->end, cell->span.last)};
    if (days.first > days.last || (request->is_full && (days.first != cell->span.first || days.last != cell->span.last))) {
        return;
    }
    bool has_one = has_outcome(request, outcome, entry->subject, days);
    if (request->is_by_record) {
        cell->denominator++;
        cell->numerator += has_one;
        return;
    }
    if (!seen->is_counted || seen->subject != entry->subject) {
        *seen = (struct seen){entry->subject, true, false};
        cell->denominator++;
    }
    cell->numerator += has_one && !seen->has_outcome;
    seen->has_outcome = seen->has_outcome || has_one;
}

void study_prevalence(const struct study_entry *denominator, size_t count, const struct study_prevalence_request *request,
                      const struct study_span *spans, size_t span_count, struct arena *result,
                      const struct study_prevalence_cell **out_cells)
{
    size_t outcome = 0;
    struct study_prevalence_cell *cells = ARENA_ARRAY(result, struct study_prevalence_cell, span_count + 1);
    struct seen *seen = ARENA_ARRAY(result, struct seen, span_count + 1);
    for (size_t s = 0; s < span_count; s++) {
        cells[s].span = spans[s];
    }
    for (size_t i = 0; i < count; i++) {
        while (outcome < request->outcome_count && request->outcomes[outcome].subject < denominator[i].subject) {
            outcome++;
        }
        size_t low = 0, high = span_count;
        while (low < high) { /* the first interval that ends with or after the entry's start */
            size_t middle = low + (high - low) / 2;
            if (spans[middle].last < denominator[i].start) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (size_t s = low; s < span_count && spans[s].first <= denominator[i].end; s++) {
            count_entry(request, &denominator[i], &cells[s], &seen[s], outcome);
        }
    }
    for (size_t s = 0; s < span_count; s++) {
        study_prevalence_finish(&cells[s]);
    }
    *out_cells = cells;
}
