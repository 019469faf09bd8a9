/* SPDX-License-Identifier: EUPL-1.2 */
/* denominator: see study_denominator.h. */
#include "research/study/study_denominator.h"
#include <string.h>

static const struct study_age_band everybody = {0, STUDY_AGE_MAX};
static const enum study_sex both = STUDY_SEX_BOTH;
static const int32_t no_days = 0;
static const struct study_span always = {0, STUDY_FOREVER};

static bool is_same(const struct study_denominator_spec *a, const struct study_denominator_spec *b)
{
    return a->age.from == b->age.from && a->age.to == b->age.to && a->sex == b->sex && a->prior_days == b->prior_days &&
           a->at_risk.first == b->at_risk.first && a->at_risk.last == b->at_risk.last;
}

void study_denominator_specs(const struct study_denominator_request *request, struct arena *result,
                             const struct study_denominator_spec **out_specs, size_t *out_count)
{
    const struct study_age_band *ages = request->age_count ? request->ages : &everybody;
    const enum study_sex *sexes = request->sex_count ? request->sexes : &both;
    const int32_t *priors = request->prior_count ? request->prior_days : &no_days;
    const struct study_span *risks = request->at_risk_count ? request->at_risk : &always;
    size_t counts[4] = {request->age_count, request->sex_count, request->prior_count, request->at_risk_count};
    size_t total = 1, kept = 0;
    for (int d = 0; d < 4; d++) {
        counts[d] = counts[d] ? counts[d] : 1;
        total *= counts[d];
    }
    struct study_denominator_spec *specs = ARENA_ARRAY(result, struct study_denominator_spec, total);
    for (size_t i = 0; i < total; i++) {
        size_t risk = i % counts[3], prior = i / counts[3] % counts[2], sex = i / counts[3] / counts[2] % counts[1];
        size_t age = i / counts[3] / counts[2] / counts[1];
        int varied = (risk > 0) + (prior > 0) + (sex > 0) + (age > 0);
        struct study_denominator_spec spec = {ages[age], sexes[sex], priors[prior], risks[risk]};
        bool is_new = !request->is_one_at_a_time || varied <= 1;
        for (size_t k = 0; is_new && k < kept; k++) {
            is_new = !is_same(&specs[k], &spec);
        }
        if (is_new) {
            specs[kept++] = spec;
        }
    }
    *out_specs = specs;
    *out_count = kept;
}

struct study_span study_age_days(int32_t birth, struct study_age_band age)
{
    int32_t after = age.to > 9999 ? STUDY_FOREVER : study_day_add(birth, age.to + 1, 0);
    return (struct study_span){study_day_add(birth, age.from, 0), after == STUDY_FOREVER ? STUDY_FOREVER : after - 1};
}

/* The person's days of one target entry, or of one observation period (target NULL), under the spec. */
static struct study_span days_of(const struct study_denominator_request *request, const struct study_denominator_spec *spec,
                                 struct study_span age, struct study_span period, const struct study_entry *target)
{
    static const struct study_span none = {1, 0};
    int32_t observed = study_day_shift(period.first, spec->prior_days);
    struct study_span span = {study_later(observed, age.first), study_earlier(period.last, age.last)};
    if (target) {
        int32_t start = target->start;
        if (start < period.first || start > period.last) {
            return none;
        }
        if (request->meets_at_entry && (start < span.first || start > age.last)) {
            return none;
        }
        span.first = study_later(span.first, start);
        span.last = study_earlier(span.last, target->end);
        span.last = study_earlier(span.last, study_day_shift(start, spec->at_risk.last));
        if (spec->at_risk.first != 0) {
            span.first = study_later(span.first, study_day_shift(start, spec->at_risk.first));
        }
    }
    span.first = study_later(span.first, request->study.first);
    span.last = study_earlier(span.last, request->study.last);
    return span;
}

struct emitting {
    const struct study_people *people;
    const struct study_denominator_request *request;
    const struct study_denominator_spec *spec;
    int32_t cohort;
    struct study_entries *out;
};

static bool emit(const struct emitting *emitting, size_t person, struct study_span span, uint32_t row, struct error *err)
{
    const struct study_entry entry = {emitting->people->ids[person], emitting->cohort, span.first, span.last, row};
    return span.first > span.last || study_entries_append(emitting->out, entry, err);
}

static bool emit_periods(const struct emitting *emitting, size_t person, struct study_span age, struct error *err)
{
    const struct study_people *people = emitting->people;
    for (uint32_t p = people->periods[person]; p < people->periods[person + 1]; p++) {
        struct study_span period = {people->period_starts[p], people->period_ends[p]};
        TRY(emit(emitting, person, days_of(emitting->request, emitting->spec, age, period, NULL), p, err));
    }
    return true;
}

static bool emit_targets(const struct emitting *emitting, size_t person, struct study_span age, struct error *err)
{
    const struct study_people *people = emitting->people;
    const struct study_denominator_request *request = emitting->request;
    int64_t id = people->ids[person];
    size_t at = study_entries_find(request->target, request->target_count, id);
    for (; at < request->target_count && request->target[at].subject == id; at++) {
        uint32_t p = study_period_find(people, person, request->target[at].start);
        if (p != UINT32_MAX) {
            struct study_span period = {people->period_starts[p], people->period_ends[p]};
            TRY(emit(emitting, person, days_of(request, emitting->spec, age, period, &request->target[at]), request->target[at].row, err));
        }
    }
    return true;
}

bool study_denominator(const struct study_people *people, const struct study_denominator_request *request,
                       const struct study_denominator_spec *spec, int32_t cohort, struct study_entries *out_entries, struct error *err)
{
    const struct emitting emitting = {people, request, spec, cohort, out_entries};
    for (size_t person = 0; person < people->count; person++) {
        int sex = people->sexes[person];
        int32_t birth = study_birth(people, person);
        if (sex == STUDY_SEX_NONE || birth == STUDY_NO_DAY || (spec->sex != STUDY_SEX_BOTH && (int)spec->sex != sex)) {
            continue;
        }
        struct study_span age = study_age_days(birth, spec->age);
        TRY(request->target ? emit_targets(&emitting, person, age, err) : emit_periods(&emitting, person, age, err));
    }
    return true;
}
