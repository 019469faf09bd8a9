/* SPDX-License-Identifier: EUPL-1.2 */
/* incidence: see study_incidence.h. */
#include "research/study/study_incidence.h"
#include <math.h>

struct risk {
    const struct study_risk_request *request;
    struct study_stretches *out;
};

/* The first censoring of the subject, or STUDY_FOREVER. */
static int32_t censored_on(const struct study_risk_request *request, int64_t subject)
{
    size_t at = study_entries_find(request->censors, request->censor_count, subject);
    return at < request->censor_count && request->censors[at].subject == subject ? request->censors[at].start : STUDY_FOREVER;
}

static bool append(const struct risk *risk, const struct study_entry *entry, struct study_stretch stretch, struct error *err)
{
    int32_t censor = censored_on(risk->request, entry->subject);
    if (censor < entry->start || (stretch.has_event && censor < stretch.end)) {
        return true; /* the whole record goes, its person-time, too */
    }
    stretch.end = study_earlier(stretch.end, censor);
    return stretch.start > stretch.end || study_stretches_append(risk->out, stretch, err);
}

/* The stretches of one entry; outcomes: of the subject. */
static bool stretch_entry(const struct risk *risk, const struct study_entry *entry, const struct study_entry *outcomes, size_t count,
                          struct error *err)
{
    int32_t washout = risk->request->washout;
    struct study_stretch stretch = {.subject = entry->subject, .start = entry->start, .row = entry->row};
    for (size_t i = 0; i < count && outcomes[i].start <= entry->end; i++) {
        stretch.has_event = true;
        stretch.end = outcomes[i].start;
        if (outcomes[i].start >= entry->start && (!stretch.has_history || washout != STUDY_FOREVER)) {
            TRY(append(risk, entry, stretch, err));
        }
        stretch.has_history = true;
        if (washout != STUDY_FOREVER) {
            stretch.start = study_later(entry->start, study_day_shift(outcomes[i].end, (int64_t)washout + 1));
        }
    }
    stretch.has_event = false;
    stretch.end = entry->end;
    return (stretch.has_history && washout == STUDY_FOREVER) || append(risk, entry, stretch, err);
}

/* Not repeated: of a subject's stretches (from `first` on) that have an event or history, if any has an event, only those that start
 * first; the package does so even where that one has none. */
static void keep_first_event(struct study_stretches *stretches, size_t first)
{
    bool has_event = false;
    int32_t start = STUDY_FOREVER;
    size_t kept = first;
    for (size_t i = first; i < stretches->count; i++) {
        const struct study_stretch *stretch = &stretches->items[i];
        has_event = has_event || stretch->has_event;
        start = stretch->has_event || stretch->has_history ? study_earlier(start, stretch->start) : start;
    }
    for (size_t i = first; has_event && i < stretches->count; i++) {
        const struct study_stretch *stretch = &stretches->items[i];
        if ((!stretch->has_event && !stretch->has_history) || stretch->start == start) {
            stretches->items[kept++] = *stretch;
        }
    }
    stretches->count = has_event ? kept : stretches->count;
}

bool study_at_risk(const struct study_entry *denominator, size_t count, const struct study_risk_request *request,
                   struct study_stretches *out_stretches, struct error *err)
{
    const struct risk risk = {request, out_stretches};
    size_t outcome = 0;
    for (size_t i = 0; i < count;) {
        int64_t subject = denominator[i].subject;
        size_t first = out_stretches->count;
        while (outcome < request->outcome_count && request->outcomes[outcome].subject < subject) {
            outcome++;
        }
        size_t after = outcome;
        while (after < request->outcome_count && request->outcomes[after].subject == subject) {
            after++;
        }
        for (; i < count && denominator[i].subject == subject; i++) {
            TRY(stretch_entry(&risk, &denominator[i], request->outcomes ? request->outcomes + outcome : NULL, after - outcome, err));
        }
        if (!request->is_repeated && request->washout != STUDY_FOREVER) {
            keep_first_event(out_stretches, first);
        }
        outcome = after;
    }
    return true;
}

void study_incidence_finish(struct study_incidence_cell *cell)
{
    struct study_limits limits = study_poisson(cell->events);
    cell->person_years = study_round((double)cell->person_days / 365.25, 3);
    cell->rate = study_round((double)cell->events / cell->person_years * 1e5, 3);
    cell->limits.lower = study_round(limits.lower / cell->person_years * 1e5, 3);
    cell->limits.upper = study_round(limits.upper / cell->person_years * 1e5, 3);
}

static size_t interval_of(const struct study_span *spans, size_t count, int32_t day_number)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (spans[middle].last < day_number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct study_span study_stretches_range(const struct study_stretch *stretches, size_t count)
{
    struct study_span range = {STUDY_FOREVER, STUDY_NO_DAY};
    for (size_t i = 0; i < count; i++) {
        range.first = study_earlier(range.first, stretches[i].start);
        range.last = study_later(range.last, stretches[i].end);
    }
    return range;
}

void study_incidence(const struct study_stretch *stretches, size_t count, const struct study_span *spans, size_t span_count,
                     struct arena *result, const struct study_incidence_cell **out_cells, size_t *out_count)
{
    size_t kept = 0;
    struct study_incidence_cell *cells = ARENA_ARRAY(result, struct study_incidence_cell, span_count + 1);
    int64_t *last_seen = ARENA_ARRAY(result, int64_t, span_count + 1); /* whoever was counted last: a subject's stretches stand together */
    for (size_t i = 0; i < count; i++) {
        const struct study_stretch *stretch = &stretches[i];
        for (size_t s = interval_of(spans, span_count, stretch->start); s < span_count && spans[s].first <= stretch->end; s++) {
            struct study_incidence_cell *cell = &cells[s];
            int32_t from = study_later(stretch->start, spans[s].first), to = study_earlier(stretch->end, spans[s].last);
            cell->persons += cell->persons == 0 || last_seen[s] != stretch->subject;
            last_seen[s] = stretch->subject;
            cell->person_days += (uint64_t)(to - from + 1);
            cell->events += stretch->has_event && stretch->end == to;
        }
    }
    for (size_t s = 0; s < span_count; s++) {
        if (cells[s].persons > 0) {
            cells[kept] = cells[s];
            cells[kept].span = spans[s];
            study_incidence_finish(&cells[kept++]);
        }
    }
    *out_cells = cells;
    *out_count = kept;
}
