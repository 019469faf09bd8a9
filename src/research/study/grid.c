/* SPDX-License-Identifier: EUPL-1.2 */
/* grid: see study_grid.h. A task a chunk; each adds up its own cells, which are summed in the order of chunks. Of an outcome only the
 * persons who have it are looked at again: what they gave to the denominators is taken back, and what they are at risk for is added. */
#include "research/study/study_grid.h"

size_t study_grid_index(const struct study_grid *grid, int sex, size_t age, size_t span)
{
    return ((size_t)sex * grid->request->age_count + age) * grid->span_count + span;
}

size_t study_grid_size(const struct study_grid *grid)
{
    return STUDY_GRID_SEXES * grid->request->age_count * grid->span_count;
}

bool study_grid_is_reported(const struct study_grid *grid, int sex, size_t age, size_t span)
{
    struct study_span range = grid->ranges[(size_t)sex * grid->request->age_count + age], days = grid->spans[span];
    if (grid->request->is_complete && !grid->request->is_point && grid->request->interval != STUDY_OVERALL) {
        days = study_interval_around(grid->request->interval, days.first);
        return range.first <= days.first && range.last >= days.last;
    }
    return range.first <= days.last && range.last >= days.first;
}

/* ---- one person ---- */
/* Their days in one age band, one span a period; returns how many, at most room. */
static size_t band_days(const struct study_people *people, size_t person, const struct study_grid_request *request, int32_t birth,
                        size_t age, struct study_span *out_spans, size_t room)
{
    struct study_span band = {STUDY_FOREVER, STUDY_NO_DAY};
    bool is_known = false;
    size_t count = 0;
    for (uint32_t p = people->periods[person]; p < people->periods[person + 1] && count < room; p++) {
        struct study_span days = {study_later(study_day_shift(people->period_starts[p], request->prior_days), request->study.first),
                                  study_earlier(people->period_ends[p], request->study.last)};
        int32_t first_age = (days.first - birth) / 366 - 1, last_age = (days.last - birth) / 365 + 1; /* near enough to pass by */
        if (days.first > days.last || request->ages[age].from > last_age || request->ages[age].to < first_age) {
            continue;
        }
        if (!is_known) {
            band = study_age_days(birth, request->ages[age]);
            is_known = true;
        }
        days = (struct study_span){study_later(days.first, band.first), study_earlier(days.last, band.last)};
        if (days.first <= days.last) {
            out_spans[count++] = days;
        }
    }
    return count;
}

static size_t first_span(const struct study_grid *grid, int32_t day_number)
{
    size_t low = 0, high = grid->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (grid->spans[middle].last < day_number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum { PERIODS_MAX = 1024 }; /* of one person; more are not looked at */

/* What one task adds up: by study_grid_index, without the first third (both sexes), which is the sum of the others. */
struct tally {
    struct study_grid_cell *cells;
    struct study_span *ranges;
    int64_t *events, *days, *persons; /* of an outcome; signed: taken back and added */
    uint64_t *numerators;
    struct study_span spans[PERIODS_MAX];
    struct study_entries entries;
    struct study_stretches stretches;
};

static bool has_known_sex(const struct study_people *people, size_t person, int32_t *out_birth)
{
    *out_birth = study_birth(people, person);
    return people->sexes[person] != STUDY_SEX_NONE && *out_birth != STUDY_NO_DAY;
}

/* Calls for each interval that the spans meet, once for each, with the days in it. */
static void add_spans(const struct study_grid *grid, const struct study_span *spans, size_t count, size_t base, int64_t *persons,
                      int64_t *days, int64_t sign)
{
    size_t after_last = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t s = first_span(grid, spans[i].first); s < grid->span_count && grid->spans[s].first <= spans[i].last; s++) {
            int32_t from = study_later(spans[i].first, grid->spans[s].first), to = study_earlier(spans[i].last, grid->spans[s].last);
            days[base + s] += sign * (to - from + 1);
            persons[base + s] += s + 1 > after_last ? sign : 0;
            after_last = s + 1 > after_last ? s + 1 : after_last;
        }
    }
}

/* ---- denominators ---- */
static void count_person(const struct study_grid *grid, const struct study_people *people, size_t person, struct tally *tally)
{
    const struct study_grid_request *request = grid->request;
    int32_t birth;
    if (!has_known_sex(people, person, &birth)) {
        return;
    }
    for (size_t age = 0; age < request->age_count; age++) {
        size_t count = band_days(people, person, request, birth, age, tally->spans, PERIODS_MAX);
        struct study_span *range = &tally->ranges[(size_t)people->sexes[person] * request->age_count + age];
        for (size_t i = 0; i < count; i++) {
            range->first = study_earlier(range->first, tally->spans[i].first);
            range->last = study_later(range->last, tally->spans[i].last);
        }
        add_spans(grid, tally->spans, count, study_grid_index(grid, people->sexes[person], age, 0), tally->persons, tally->days, 1);
    }
}

/* ---- an outcome ---- */
struct outcome {
    const struct study_entry *entries;
    size_t count;
};

static void count_numerators(const struct study_grid *grid, const struct study_people *people, size_t person, struct outcome outcome,
                             struct tally *tally)
{
    int32_t birth;
    if (!has_known_sex(people, person, &birth)) {
        return;
    }
    for (size_t age = 0; age < grid->request->age_count; age++) {
        size_t count = band_days(people, person, grid->request, birth, age, tally->spans, PERIODS_MAX), next = 0;
        size_t base = study_grid_index(grid, people->sexes[person], age, 0);
        for (size_t i = 0; i < count; i++) {
            size_t s = first_span(grid, tally->spans[i].first);
            for (s = s > next ? s : next; s < grid->span_count && grid->spans[s].first <= tally->spans[i].last; s++) {
                int32_t from = study_later(tally->spans[i].first, grid->spans[s].first);
                int32_t to = study_earlier(tally->spans[i].last, grid->spans[s].last);
                bool has_it = false;
                for (size_t o = 0; o < outcome.count && outcome.entries[o].start <= to && !has_it; o++) {
                    has_it = outcome.entries[o].end >= from;
                }
                tally->numerators[base + s] += has_it;
                next = has_it ? s + 1 : next;
            }
        }
    }
}

static bool count_risk(const struct study_grid *grid, const struct study_people *people, size_t person,
                       const struct study_risk_request *risk, struct tally *tally, struct error *err)
{
    int32_t birth;
    if (!has_known_sex(people, person, &birth)) {
        return true;
    }
    for (size_t age = 0; age < grid->request->age_count; age++) {
        size_t count = band_days(people, person, grid->request, birth, age, tally->spans, PERIODS_MAX);
        size_t base = study_grid_index(grid, people->sexes[person], age, 0);
        add_spans(grid, tally->spans, count, base, tally->persons, tally->days, -1);
        tally->entries.count = tally->stretches.count = 0;
        for (size_t i = 0; i < count; i++) {
            const struct study_entry entry = {people->ids[person], 1, tally->spans[i].first, tally->spans[i].last, 0};
            TRY(study_entries_append(&tally->entries, entry, err));
        }
        TRY(study_at_risk(tally->entries.items, tally->entries.count, risk, &tally->stretches, err));
        count = tally->stretches.count < PERIODS_MAX ? tally->stretches.count : PERIODS_MAX;
        for (size_t i = 0; i < count; i++) {
            const struct study_stretch *stretch = &tally->stretches.items[i];
            size_t s = first_span(grid, stretch->end);
            tally->spans[i] = (struct study_span){stretch->start, stretch->end};
            if (stretch->has_event && s < grid->span_count && grid->spans[s].first <= stretch->end) {
                tally->events[base + s]++;
            }
        }
        add_spans(grid, tally->spans, count, base, tally->persons, tally->days, 1);
    }
    return true;
}

/* ---- a passage ---- */
enum passage_kind { COUNT_ALL, COUNT_NUMERATORS, COUNT_RISK };
struct passage {
    const struct study_grid *grid;
    enum passage_kind kind;
    struct study_risk_request risk; /* with the outcomes; for numerators only these */
    struct tally *tallies;          /* one a chunk */
    struct tally sum;
    size_t size, ranges;
};

/* The persons of a chunk who have the outcome, or a censoring: both are sorted by subject, as are persons. */
static bool pass_outcomes(struct passage *passage, const struct study_people *people, struct tally *tally, struct error *err)
{
    const struct study_entry *entries = passage->risk.outcomes, *censors = passage->risk.censors;
    size_t at = people->count ? study_entries_find(entries, passage->risk.outcome_count, people->ids[0]) : passage->risk.outcome_count;
    size_t censor = people->count ? study_entries_find(censors, passage->risk.censor_count, people->ids[0]) : 0;
    for (size_t person = 0; person < people->count; person++) {
        int64_t id = people->ids[person];
        size_t first = at, first_censor = censor;
        while (at < passage->risk.outcome_count && entries[at].subject <= id) {
            first += entries[at].subject < id;
            at++;
        }
        while (censor < passage->risk.censor_count && censors[censor].subject <= id) {
            first_censor += censors[censor].subject < id;
            censor++;
        }
        if (first == at && first_censor == censor) {
            continue;
        }
        if (passage->kind == COUNT_NUMERATORS) {
            count_numerators(passage->grid, people, person, (struct outcome){entries + first, at - first}, tally);
            continue;
        }
        struct study_risk_request risk = passage->risk;
        risk.outcomes = entries ? entries + first : NULL;
        risk.outcome_count = at - first;
        risk.censors = censors ? censors + first_censor : NULL;
        risk.censor_count = censor - first_censor;
        TRY(count_risk(passage->grid, people, person, &risk, tally, err));
    }
    return true;
}

static bool pass_chunk(void *context, size_t index, unsigned worker, struct error *err)
{
    struct passage *passage = context;
    const struct study_people *people = &passage->grid->chunks[index];
    struct tally *tally = &passage->tallies[index];
    (void)worker;
    TRY(task_check(err));
    if (passage->kind == COUNT_ALL) {
        for (size_t person = 0; person < people->count; person++) {
            count_person(passage->grid, people, person, tally);
        }
        return true;
    }
    bool done = pass_outcomes(passage, people, tally, err);
    study_entries_finish(&tally->entries);
    study_stretches_finish(&tally->stretches);
    return done;
}

static void tally_begin(struct tally *tally, const struct passage *passage, struct arena *arena)
{
    tally->persons = ARENA_ARRAY(arena, int64_t, passage->size);
    tally->days = ARENA_ARRAY(arena, int64_t, passage->size);
    tally->events = ARENA_ARRAY(arena, int64_t, passage->size);
    tally->numerators = ARENA_ARRAY(arena, uint64_t, passage->size);
    tally->ranges = ARENA_ARRAY(arena, struct study_span, passage->ranges);
    for (size_t i = 0; i < passage->ranges; i++) {
        tally->ranges[i] = (struct study_span){STUDY_FOREVER, STUDY_NO_DAY};
    }
    tally->entries.maximum = STUDY_ENTRIES_MAX;
    tally->stretches.maximum = STUDY_ENTRIES_MAX;
}

/* Adds up chunks in order, then both sexes. */
static void sum_tallies(struct passage *passage)
{
    size_t third = passage->size / STUDY_GRID_SEXES, range_third = passage->ranges / STUDY_GRID_SEXES;
    for (size_t c = 0; c < passage->grid->chunk_count; c++) {
        const struct tally *tally = &passage->tallies[c];
        for (size_t i = third; i < passage->size; i++) {
            for (size_t to = i % third; to <= i; to += i - i % third) {
                passage->sum.persons[to] += tally->persons[i];
                passage->sum.days[to] += tally->days[i];
                passage->sum.events[to] += tally->events[i];
                passage->sum.numerators[to] += tally->numerators[i];
            }
        }
        for (size_t i = range_third; i < passage->ranges; i++) {
            for (size_t to = i % range_third; to <= i; to += i - i % range_third) {
                struct study_span *range = &passage->sum.ranges[to];
                range->first = study_earlier(range->first, tally->ranges[i].first);
                range->last = study_later(range->last, tally->ranges[i].last);
            }
        }
    }
}

static bool passage_run(struct passage *passage, struct task_pool *pool, struct arena *result, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    const struct task_set set = {.count = passage->grid->chunk_count, .run = pass_chunk, .context = passage};
    passage->size = study_grid_size(passage->grid);
    passage->ranges = STUDY_GRID_SEXES * passage->grid->request->age_count;
    passage->tallies = ARENA_ARRAY(scratch, struct tally, set.count + 1);
    for (size_t c = 0; c < set.count; c++) {
        tally_begin(&passage->tallies[c], passage, scratch);
    }
    tally_begin(&passage->sum, passage, result);
    if (pool) {
        TRY(task_pool_run(pool, &set, err));
    }
    for (size_t c = 0; !pool && c < set.count; c++) {
        TRY(pass_chunk(passage, c, 0, err));
    }
    sum_tallies(passage);
    return true;
}

bool study_grid_count(const struct study_people *chunks, size_t chunk_count, const struct study_grid_request *request,
                      struct task_pool *pool, struct arena *result, struct study_grid *out_grid, struct error *err)
{
    struct study_grid grid = {.request = request, .chunks = chunks, .chunk_count = chunk_count};
    if (request->age_count < 1 || request->age_count > STUDY_GRID_AGES_MAX || request->study.first > request->study.last) {
        return FAIL(err, INVALID_ARGUMENT, "a study needs a first and a last day and 1 to %d age groups", STUDY_GRID_AGES_MAX);
    }
    TRY(study_intervals(request->interval, request->study, false, result, &grid.spans, &grid.span_count, err));
    if (request->is_point) {
        struct study_span *days = ARENA_ARRAY(result, struct study_span, grid.span_count + 1);
        size_t kept = 0;
        for (size_t s = 0; s < grid.span_count; s++) {
            int32_t first = request->interval == STUDY_OVERALL ? grid.spans[s].first
                                                               : study_interval_around(request->interval, grid.spans[s].first).first;
            days[kept] = (struct study_span){first, first};
            kept += first >= request->study.first;
        }
        grid.spans = days;
        grid.span_count = kept;
    }
    struct passage passage = {.grid = &grid, .kind = COUNT_ALL};
    TRY(passage_run(&passage, pool, result, err));
    struct study_grid_cell *cells = ARENA_ARRAY(result, struct study_grid_cell, passage.size + 1);
    for (size_t i = 0; i < passage.size; i++) {
        cells[i] = (struct study_grid_cell){(uint64_t)passage.sum.persons[i], (uint64_t)passage.sum.days[i]};
    }
    grid.cells = cells;
    grid.ranges = passage.sum.ranges;
    *out_grid = grid;
    return true;
}

bool study_grid_prevalence(const struct study_grid *grid, const struct study_entry *outcomes, size_t count, struct task_pool *pool,
                           struct arena *result, const uint64_t **out_numerators, struct error *err)
{
    struct passage passage = {.grid = grid, .kind = COUNT_NUMERATORS, .risk = {.outcomes = outcomes, .outcome_count = count}};
    TRY(passage_run(&passage, pool, result, err));
    *out_numerators = passage.sum.numerators;
    return true;
}

bool study_grid_incidence(const struct study_grid *grid, const struct study_risk_request *risk, struct task_pool *pool,
                          struct arena *result, const struct study_incidence_cell **out_cells, struct error *err)
{
    struct passage passage = {.grid = grid, .kind = COUNT_RISK, .risk = *risk};
    TRY(passage_run(&passage, pool, result, err));
    struct study_incidence_cell *cells = ARENA_ARRAY(result, struct study_incidence_cell, passage.size + 1);
    for (size_t i = 0; i < passage.size; i++) {
        cells[i].span = grid->spans[i % grid->span_count];
        cells[i].persons = grid->cells[i].persons + (uint64_t)passage.sum.persons[i];
        cells[i].person_days = grid->cells[i].person_days + (uint64_t)passage.sum.days[i];
        cells[i].events = (uint64_t)passage.sum.events[i];
    }
    *out_cells = cells;
    return true;
}
