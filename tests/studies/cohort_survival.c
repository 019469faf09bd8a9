/* SPDX-License-Identifier: EUPL-1.2 */
/* Replays CohortSurvival: single event, and with a competing event. */
#include "compare.h"
#include "replay.h"
#include "research/study/study_survival_reporting.h"
#include <string.h>

struct analysis {
    struct call *call;
    struct study_people people;
    struct table targets, outcomes;
    int32_t target, outcome;
    struct result *result;
    struct study_survival_place place;
};

static void followups_cleanup(struct study_followups *followups)
{
    study_followups_finish(followups);
}

static void weigh(const struct analysis *analysis, struct study_followups *followups)
{
    const char *weight = call_text(analysis->call, "weight", NULL);
    for (size_t i = 0; weight && i < followups->count; i++) {
        const struct json *value = table_at(&analysis->targets, weight, followups->items[i].row);
        followups->items[i].weight = value ? value->number : 1;
    }
}

static bool add_curve(struct analysis *analysis, struct error *err)
{
    struct call *call = analysis->call;
    __attribute__((cleanup(followups_cleanup))) struct study_followups followups = {.maximum = STUDY_ENTRIES_MAX};
    const struct study_entry *targets, *outcomes;
    size_t target_count = call_entries(call, &analysis->targets, analysis->target, &targets);
    size_t outcome_count = call_entries(call, &analysis->outcomes, analysis->outcome, &outcomes);
    struct study_span until = call_dates(call, "censorOnDate");
    const struct study_survival_request request = {.outcomes = outcomes,
                                                   .outcome_count = outcome_count,
                                                   .washout = call_number(call, "outcomeWashout", STUDY_FOREVER),
                                                   .minimum_days = call_number(call, "minimumSurvivalDays", 1),
                                                   .follow_up = call_number(call, "followUpDays", STUDY_FOREVER),
                                                   .last_day = until.first == STUDY_NO_DAY ? STUDY_FOREVER : until.first,
                                                   .ends_with_entry = call_flag(call, "censorOnCohortExit", false)};
    if (analysis->outcomes.rows == 0) {
        return true; /* the package leaves an empty table of outcomes out, but not one empty cohort among others */
    }
    TRY(study_follow_up(&analysis->people, targets, target_count, &request, &followups, err));
    weigh(analysis, &followups);
    const char *target_name = call_cohort_name(call, "targetCohortTable", analysis->target);
    const char *outcome_name = call_cohort_name(call, "outcomeCohortTable", analysis->outcome);
    analysis->place.target = target_name ? target_name : "cohort";
    analysis->place.outcome = outcome_name ? outcome_name : "cohort";
    return study_survival_report(analysis->result, &analysis->place, followups.items, followups.count, err);
}

static bool run(struct call *call, struct error *err)
{
    static const struct result_pair settings[] = {{"result_type", "x"}, {"package_name", "x"}, {"package_version", "x"}};
    CLEANUP(result) struct result *result = NULL;
    const int32_t *targets, *outcomes;
    if (call_argument(call, "strata")) {
        return call_skip(call, "strata of survival are not built");
    }
    struct analysis analysis = {
        .call = call,
        .targets = call_cohort(call, "targetCohortTable", "target"),
        .outcomes = call_cohort(call, "outcomeCohortTable", "outcome"),
        .place = {.estimate_gap = call_number(call, "estimateGap", 1), .event_gap = call_number(call, "eventGap", 30)}};
    TRY(call_people(call, &analysis.people, err));
    TRY(result_create(&result, "replay", err) && result_set_begin(result, settings, 3, &analysis.place.set, err));
    analysis.result = result;
    size_t target_count = call_cohort_ids(call, "targetCohortId", "targetCohortTable", &targets);
    size_t outcome_count = call_cohort_ids(call, "outcomeCohortId", "outcomeCohortTable", &outcomes);
    for (size_t t = 0; t < target_count; t++) {
        for (size_t o = 0; o < outcome_count; o++) {
            analysis.target = targets[t];
            analysis.outcome = outcomes[o];
            TRY(add_curve(&analysis, err));
        }
    }
    compare_result(call, result, "survival_estimates survival_events survival_summary", 1e-4);
    return true;
}

static bool competing(struct call *call, struct error *err)
{
    struct table target = call_cohort(call, "targetCohortTable", "target"), table = call_result(call, "table");
    (void)err;
    if (target.rows == 0) {
        return table.rows == 0 || call_differs(call, "rows for an empty target");
    }
    return call_skip(call, "the layout of competing risks is not built; the estimator is tested against R");
}

const struct replay replay_cohort_survival[] = {
    {"estimateSingleEventSurvival", run},
    {"estimateCompetingRiskSurvival", competing},
    {NULL, NULL},
};
