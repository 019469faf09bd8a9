/* SPDX-License-Identifier: EUPL-1.2 */
/* survival_reporting: see study_survival_reporting.h. */
#include "research/study/study_limits.h"
#include "research/study/study_survival_reporting.h"
#include <math.h>

struct reporting {
    struct result *result;
    struct result_variable variable;
    struct study_curve curve;
    uint64_t records, events;
    struct result_pair time;
    char days[TEXT_NUMBER_SIZE];
};

static bool add(struct reporting *reporting, const char *estimate, double value, int decimals, struct error *err)
{
    const struct result_basis basis = {
        .kind = RESULT_PERCENTAGE, .unit = RESULT_RECORDS, .numerator = reporting->events, .denominator = reporting->records};
    return isnan(value) ? result_add_label(reporting->result, &reporting->variable, estimate, RESULT_NUMERIC, NULL, err)
                        : result_add_value(reporting->result, &reporting->variable, estimate, RESULT_NUMERIC, study_round(value, decimals),
                                           &basis, err);
}

static bool add_count(struct reporting *reporting, const char *estimate, double value, struct error *err)
{
    double whole = fmax(0, nearbyint(value)); /* sums of weights */
    const struct result_basis basis = {.kind = RESULT_COUNT, .unit = RESULT_RECORDS, .numerator = (uint64_t)whole};
    return result_add_value(reporting->result, &reporting->variable, estimate, RESULT_NUMERIC, study_round(value, 10), &basis, err);
}

static void set_day(struct reporting *reporting, int32_t days)
{
    text_from_i64(days, reporting->days);
    reporting->time = (struct result_pair){"time", reporting->days};
    reporting->variable.place.additional = (struct result_pairs){&reporting->time, 1};
}

/* 0, gap, 2 gap, ... and the last day. */
static int32_t next_day(int32_t day_number, int32_t gap, int32_t last)
{
    return day_number >= last ? STUDY_FOREVER : study_earlier(study_day_shift(day_number, gap), last);
}

static bool add_estimates(struct reporting *reporting, int32_t gap, struct error *err)
{
    int32_t last = reporting->curve.points[reporting->curve.count - 1].days;
    for (int32_t at = 0; at != STUDY_FOREVER; at = next_day(at, gap, last)) {
        struct study_curve_point point = study_curve_at(&reporting->curve, at);
        set_day(reporting, at);
        TRY(add(reporting, "estimate", point.estimate, 4, err) && add(reporting, "estimate_95CI_lower", point.lower, 4, err) &&
            add(reporting, "estimate_95CI_upper", point.upper, 4, err));
    }
    return true;
}

static bool add_events(struct reporting *reporting, int32_t gap, struct error *err)
{
    const struct study_curve *curve = &reporting->curve;
    int32_t last = curve->points[curve->count - 1].days;
    size_t next = 0;
    for (int32_t at = 0; at != STUDY_FOREVER; at = next_day(at, gap, last)) {
        double events = 0, censored = 0, at_risk = next < curve->count ? curve->points[next].at_risk : 0;
        for (; next < curve->count && curve->points[next].days <= at; next++) {
            events += curve->points[next].events;
            censored += curve->points[next].censored;
            at_risk = curve->points[next].at_risk;
            if (curve->points[next].days < at) {
                at_risk -= curve->points[next].events + curve->points[next].censored;
            }
        }
        set_day(reporting, at);
        TRY(add_count(reporting, "n_risk_count", at_risk, err) && add_count(reporting, "n_events_count", events, err) &&
            add_count(reporting, "n_censor_count", censored, err));
    }
    return true;
}

static bool add_quantile(struct reporting *reporting, const char *const names[3], struct study_quantile quantile, struct error *err)
{
    return add(reporting, names[0], quantile.value, 0, err) && add(reporting, names[1], quantile.lower, 0, err) &&
           add(reporting, names[2], quantile.upper, 0, err);
}

static bool add_summary(struct reporting *reporting, struct error *err)
{
    static const struct {
        double share;
        const char *names[3];
    } quantiles[] = {
        {0, {"q0_survival", "q0_survival_95CI_lower", "q0_survival_95CI_higher"}},
        {0.05, {"q05_survival", "q05_survival_95CI_lower", "q05_survival_95CI_higher"}},
        {0.25, {"q25_survival", "q25_survival_95CI_lower", "q25_survival_95CI_higher"}},
        {0.75, {"q75_survival", "q75_survival_95CI_lower", "q75_survival_95CI_higher"}},
        {0.95, {"q95_survival", "q95_survival_95CI_lower", "q95_survival_95CI_higher"}},
        {1, {"q100_survival", "q100_survival_95CI_lower", "q100_survival_95CI_higher"}},
    };
    static const char *const median_names[3] = {"median_survival", "median_survival_95CI_lower", "median_survival_95CI_higher"};
    CLEANUP(arena) struct arena *scratch = arena_create();
    double mean, error;
    struct study_quantile median = study_curve_median(&reporting->curve);
    if (isnan(median.value) || isnan(median.lower) || isnan(median.upper)) { /* the package gives all three, or none */
        median = (struct study_quantile){NAN, NAN, NAN};
    }
    study_curve_mean(&reporting->curve, &mean, &error);
    reporting->variable.place.additional = (struct result_pairs){NULL, 0};
    TRY(add_count(reporting, "number_records_count", (double)reporting->records, err) &&
        add_count(reporting, "n_events_count", (double)reporting->events, err));
    TRY(add(reporting, "restricted_mean_survival", mean, 0, err) &&
        add(reporting, "restricted_mean_survival_95CI_upper", mean + STUDY_Z * error, 0, err) &&
        add(reporting, "restricted_mean_survival_95CI_lower", mean - STUDY_Z * error, 0, err));
    TRY(add_quantile(reporting, median_names, median, err));
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        struct study_quantile quantile = study_curve_quantile(&reporting->curve, quantiles[i].share, scratch);
        TRY(add_quantile(reporting, quantiles[i].names, quantile, err));
    }
    return true;
}

bool study_survival_report(struct result *result, const struct study_survival_place *place, const struct study_followup *followups,
                           size_t count, struct error *err)
{
    const struct result_pair group = {"target_cohort", place->target};
    struct reporting reporting = {.result = result,
                                  .variable = {.place = {.set = place->set, .group = {&group, 1}, .strata = place->strata},
                                               .name = "outcome",
                                               .level = place->outcome}};
    CLEANUP(arena) struct arena *scratch = arena_create();
    if (place->estimate_gap < 1 || place->event_gap < 1) {
        return FAIL(err, INVALID_ARGUMENT, "the gaps of a survival curve are at least 1 day");
    }
    for (size_t i = 0; i < count; i++) {
        reporting.records++;
        reporting.events += followups[i].status == STUDY_EVENT;
    }
    study_survival(followups, count, false, scratch, &reporting.curve);
    return count == 0 || (add_estimates(&reporting, place->estimate_gap, err) && add_events(&reporting, place->event_gap, err) &&
                          add_summary(&reporting, err));
}
