/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays IncidencePrevalence: denominators, incidence, prevalence. */
#include "compare.h"
#include "replay.h"
#include "research/study/study_denominator.h"
#include "research/study/study_reporting.h"
#include "strata.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- denominators ---- */
static const enum study_sex *read_sexes(const struct call *call, size_t *out_count)
{
    const char *const *words;
    *out_count = call_words(call, "sex", &words);
    enum study_sex *sexes = ARENA_ARRAY(call->arena, enum study_sex, *out_count + 1);
    for (size_t i = 0; i < *out_count; i++) {
        sexes[i] = strcasecmp(words[i], "male") == 0     ? STUDY_SEX_MALE
                   : strcasecmp(words[i], "female") == 0 ? STUDY_SEX_FEMALE
                                                         : STUDY_SEX_BOTH;
    }
    return sexes;
}

static const struct study_age_band *read_ages(const struct call *call, size_t *out_count)
{
    const struct study_span *ranges;
    *out_count = call_ranges(call, "ageGroup", &ranges);
    struct study_age_band *ages = ARENA_ARRAY(call->arena, struct study_age_band, *out_count + 1);
    for (size_t i = 0; i < *out_count; i++) {
        ages[i] = (struct study_age_band){ranges[i].first, ranges[i].last > 10000 ? 10000 : ranges[i].last};
    }
    return ages;
}

static struct study_denominator_request read_request(const struct call *call)
{
    struct study_denominator_request request = {.study = call_dates(call, "cohortDateRange"),
                                                .is_one_at_a_time = !call_flag(call, "requirementInteractions", true)};
    request.ages = read_ages(call, &request.age_count);
    request.sexes = read_sexes(call, &request.sex_count);
    request.prior_count = call_numbers(call, "daysPriorObservation", &request.prior_days);
    request.at_risk_count = call_ranges(call, "timeAtRisk", &request.at_risk);
    return request;
}

/* "0 to 150", "0 to Inf" */
static const char *range_name(const struct call *call, int32_t from, int32_t to)
{
    return to == STUDY_FOREVER ? arena_text_format(call->arena, "%d to Inf", from) : arena_text_format(call->arena, "%d to %d", from, to);
}

/* The recorded number of the cohort of this spec (and target); 0: none. */
static int32_t number_of(const struct call *call, const struct study_denominator_spec *spec, int32_t target)
{
    static const char *const sexes[] = {"Both", "Male", "Female"};
    struct table settings = call_result(call, "settings");
    const char *age = range_name(call, spec->age.from, spec->age.to);
    const char *risk = range_name(call, spec->at_risk.first, spec->at_risk.last);
    for (size_t r = 0; r < settings.rows; r++) {
        const char *their_age = table_text(call, &settings, "age_group", r), *their_sex = table_text(call, &settings, "sex", r);
        const char *their_risk = table_text(call, &settings, "time_at_risk", r);
        if (their_age && strcmp(age, their_age) == 0 && their_sex && strcmp(sexes[spec->sex], their_sex) == 0 &&
            table_integer(&settings, "days_prior_observation", r, -1) == spec->prior_days &&
            (!their_risk || strcmp(risk, their_risk) == 0) &&
            (target == 0 || table_integer(&settings, "target_cohort_definition_id", r, 0) == target)) {
            return (int32_t)table_integer(&settings, "cohort_definition_id", r, 0);
        }
    }
    return 0;
}

static bool add_denominators(struct call *call, const struct study_people *people, const struct study_denominator_request *request,
                             int32_t target, size_t *made, struct study_entries *entries, struct error *err)
{
    const struct study_denominator_spec *specs;
    size_t count;
    study_denominator_specs(request, call->arena, &specs, &count);
    for (size_t i = 0; i < count; i++) {
        int32_t number = number_of(call, &specs[i], target);
        if (number == 0) {
            return call_differs(call, "a denominator that is not recorded: ages %d to %d, sex %d, prior days %d", specs[i].age.from,
                                specs[i].age.to, (int)specs[i].sex, specs[i].prior_days);
        }
        TRY(study_denominator(people, request, &specs[i], number, entries, err));
        (*made)++;
    }
    return true;
}

static bool compare_denominators(struct call *call, const struct study_entries *entries, size_t made)
{
    struct table settings = call_result(call, "settings");
    if (made != settings.rows) {
        call_differs(call, "%zu denominators, recorded %zu", made, settings.rows);
    }
    compare_entries(call, entries->items, entries->count);
    return true;
}

static void entries_cleanup(struct study_entries *entries)
{
    study_entries_finish(entries);
}

static bool denominators(struct call *call, struct error *err)
{
    struct study_people people;
    __attribute__((cleanup(entries_cleanup))) struct study_entries entries = {.maximum = STUDY_ENTRIES_MAX};
    size_t made = 0;
    struct study_denominator_request request = read_request(call);
    TRY(call_people(call, &people, err) && add_denominators(call, &people, &request, 0, &made, &entries, err));
    return compare_denominators(call, &entries, made);
}

static bool target_denominators(struct call *call, struct error *err)
{
    struct study_people people;
    __attribute__((cleanup(entries_cleanup))) struct study_entries entries = {.maximum = STUDY_ENTRIES_MAX};
    size_t made = 0;
    struct study_denominator_request request = read_request(call);
    struct table target = call_cohort(call, "targetCohortTable", "target");
    const int32_t *ids;
    size_t count = call_cohort_ids(call, "targetCohortId", "targetCohortTable", &ids);
    TRY(call_people(call, &people, err));
    request.meets_at_entry = call_flag(call, "requirementsAtEntry", true);
    for (size_t i = 0; i < count; i++) {
        request.target_count = call_entries(call, &target, ids[i], &request.target);
        TRY(add_denominators(call, &people, &request, ids[i], &made, &entries, err));
    }
    return compare_denominators(call, &entries, made);
}

/* ---- estimates ---- */
static enum study_interval interval_named(const char *name)
{
    for (int i = STUDY_WEEKS; i <= STUDY_OVERALL; i++) {
        if (strcasecmp(study_interval_name((enum study_interval)i), name) == 0) {
            return (enum study_interval)i;
        }
    }
    return STUDY_YEARS;
}

/* One denominator and one outcome of a call. */
struct analysis {
    struct call *call;
    struct table table; /* denominator */
    const struct study_entry *denominator, *outcomes, *censors;
    size_t denominator_count, outcome_count, censor_count;
    struct stratum *strata;
    size_t strata_count;
    struct study_place place;
    struct result *result;
};

static void stretches_cleanup(struct study_stretches *stretches)
{
    study_stretches_finish(stretches);
}

static bool incidence_of(struct analysis *analysis, struct error *err)
{
    struct call *call = analysis->call;
    const struct study_span *spans;
    size_t span_count;
    __attribute__((cleanup(stretches_cleanup))) struct study_stretches stretches = {.maximum = STUDY_ENTRIES_MAX};
    const struct study_risk_request request = {.washout = call_number(call, "outcomeWashout", STUDY_FOREVER),
                                               .is_repeated = call_flag(call, "repeatedEvents", false),
                                               .outcomes = analysis->outcomes,
                                               .outcome_count = analysis->outcome_count,
                                               .censors = analysis->censors,
                                               .censor_count = analysis->censor_count};
    TRY(study_at_risk(analysis->denominator, analysis->denominator_count, &request, &stretches, err));
    TRY(study_intervals(analysis->place.interval, study_stretches_range(stretches.items, stretches.count),
                        call_flag(call, "completeDatabaseIntervals", true), call->arena, &spans, &span_count, err));
    struct study_stretch *some = ARENA_ARRAY(call->arena, struct study_stretch, stretches.count + 1);
    for (size_t s = 0; s < analysis->strata_count; s++) {
        const struct study_incidence_cell *cells;
        size_t count = 0, cell_count;
        for (size_t i = 0; i < stretches.count; i++) {
            some[count] = stretches.items[i];
            count += strata_holds(call, &analysis->table, stretches.items[i].row, &analysis->strata[s]);
        }
        study_incidence(some, count, spans, span_count, call->arena, &cells, &cell_count);
        analysis->place.strata = (struct result_pairs){analysis->strata[s].pairs, analysis->strata[s].count};
        TRY(study_incidence_report(analysis->result, &analysis->place, cells, cell_count, err));
    }
    return true;
}

static bool prevalence_of(struct analysis *analysis, struct error *err)
{
    struct call *call = analysis->call;
    const struct study_span *spans;
    size_t span_count;
    const char *point = call_text(call, "timePoint", "start");
    const struct study_prevalence_request request = {.interval = analysis->place.interval,
                                                     .is_point = strcmp(call->function, "estimatePointPrevalence") == 0,
                                                     .time_point = strcmp(point, "start") == 0 ? STUDY_AT_START
                                                                   : strcmp(point, "end") == 0 ? STUDY_AT_END
                                                                                               : STUDY_AT_MIDDLE,
                                                     .is_complete = call_flag(call, "completeDatabaseIntervals", true),
                                                     .is_full = call_flag(call, "fullContribution", false),
                                                     .is_by_record = strcmp(call_text(call, "level", "person"), "record") == 0,
                                                     .outcomes = analysis->outcomes,
                                                     .outcome_count = analysis->outcome_count};
    TRY(study_prevalence_days(analysis->denominator, analysis->denominator_count, &request, call->arena, &spans, &span_count, err));
    struct study_entry *some = ARENA_ARRAY(call->arena, struct study_entry, analysis->denominator_count + 1);
    for (size_t s = 0; s < analysis->strata_count; s++) {
        const struct study_prevalence_cell *cells;
        size_t count = 0;
        for (size_t i = 0; i < analysis->denominator_count; i++) {
            some[count] = analysis->denominator[i];
            count += strata_holds(call, &analysis->table, analysis->denominator[i].row, &analysis->strata[s]);
        }
        study_prevalence(some, count, &request, spans, span_count, call->arena, &cells);
        analysis->place.strata = (struct result_pairs){analysis->strata[s].pairs, analysis->strata[s].count};
        TRY(study_prevalence_report(analysis->result, &analysis->place, cells, span_count, err));
    }
    return true;
}

static const char *cohort_name(const struct call *call, const char *argument, int32_t id)
{
    const char *name = call_cohort_name(call, argument, id);
    return name ? name : arena_text_format(call->arena, "cohort_%d", id);
}

static bool each_pair(struct analysis *analysis, const struct table *outcomes, bool is_incidence, struct error *err)
{
    struct call *call = analysis->call;
    const int32_t *denominators, *outcome_ids;
    size_t denominator_count = call_cohort_ids(call, "denominatorCohortId", "denominatorTable", &denominators);
    size_t outcome_count = call_cohort_ids(call, "outcomeCohortId", "outcomeTable", &outcome_ids);
    for (size_t d = 0; d < denominator_count; d++) {
        analysis->denominator_count = call_entries(call, &analysis->table, denominators[d], &analysis->denominator);
        analysis->place.denominator = cohort_name(call, "denominatorTable", denominators[d]);
        for (size_t o = 0; o < outcome_count; o++) {
            analysis->outcome_count = call_entries(call, outcomes, outcome_ids[o], &analysis->outcomes);
            analysis->place.outcome = cohort_name(call, "outcomeTable", outcome_ids[o]);
            TRY(is_incidence ? incidence_of(analysis, err) : prevalence_of(analysis, err));
        }
    }
    return true;
}

static bool estimates(struct call *call, bool is_incidence, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    struct table outcomes = call_cohort(call, "outcomeTable", "outcome");
    struct analysis analysis = {.call = call, .table = call_cohort(call, "denominatorTable", "denominator")};
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &analysis.place.set, err));
    analysis.result = result;
    analysis.strata_count = strata_read(call, "strata", &analysis.table, call_flag(call, "includeOverallStrata", true), &analysis.strata);
    if (call_argument(call, "censorTable")) {
        struct table censors = call_cohort(call, "censorTable", "censor");
        const int32_t *ids;
        size_t count = call_cohort_ids(call, "censorCohortId", "censorTable", &ids);
        analysis.censor_count = call_entries(call, &censors, count == 1 ? ids[0] : 0, &analysis.censors);
    }
    const char *const *intervals;
    static const char *const years[] = {"years"};
    size_t interval_count = call_words(call, "interval", &intervals);
    for (size_t i = 0; i < (interval_count ? interval_count : 1); i++) {
        analysis.place.interval = interval_named((interval_count ? intervals : years)[i]);
        TRY(each_pair(&analysis, &outcomes, is_incidence, err));
    }
    compare_result(call, result, is_incidence ? "incidence" : "prevalence", is_incidence ? 0.001 : 1e-5);
    return true;
}

static bool incidence(struct call *call, struct error *err)
{
    return estimates(call, true, err);
}

static bool prevalence(struct call *call, struct error *err)
{
    return estimates(call, false, err);
}

const struct replay replay_incidence_prevalence[] = {
    {"generateDenominatorCohortSet", denominators},
    {"generateTargetDenominatorCohortSet", target_denominators},
    {"estimateIncidence", incidence},
    {"estimatePeriodPrevalence", prevalence},
    {"estimatePointPrevalence", prevalence},
    {NULL, NULL},
};
