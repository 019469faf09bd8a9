/* SPDX-License-Identifier: EUPL-1.2 */
/* survival: time from entry to an outcome, as CohortSurvival 1.1.2 defines it: Kaplan-Meier (Greenwood, limits on the log scale), with a
 * competing event Aalen-Johansen (infinitesimal jackknife, as R's survfit), quantiles, restricted mean, log-rank test. */
#pragma once
#include "research/study/study.h"

enum study_status { STUDY_CENSORED, STUDY_EVENT, STUDY_COMPETING };
struct study_followup {
    int64_t subject;
    int32_t days;
    enum study_status status;
    double weight; /* 1 from study_followups */
    uint32_t row;  /* of the entry */
};
DEFINE_ARRAY(study_followups, struct study_followup)

struct study_survival_request {
    const struct study_entry *outcomes, *competing; /* sorted, one cohort each; competing NULL: none */
    size_t outcome_count, competing_count;
    int32_t washout;      /* whoever had an outcome or a competing one in the days before entry is out; STUDY_FOREVER: ever */
    int32_t minimum_days; /* shorter times are out */
    int32_t follow_up;    /* at most so many days; STUDY_FOREVER */
    int32_t last_day;     /* censored on this day at the latest; STUDY_FOREVER */
    bool ends_with_entry; /* censored where the entry ends */
};
/* Entries sorted. An outcome counts in the observation period that contains the entry; on a tie the competing event wins. */
MUST_CHECK bool study_follow_up(const struct study_people *people, const struct study_entry *entries, size_t count,
                                const struct study_survival_request *request, struct study_followups *out_followups, struct error *err);

struct study_curve_point {
    int32_t days;
    double at_risk, events, competing, censored; /* sums of weights; at_risk: just before */
    double estimate;                             /* S(t); with a competing event the cumulative incidence of the outcome */
    double error;                                /* standard error of the estimate */
    double lower, upper;
};
struct study_curve {
    const struct study_curve_point *points; /* by ascending days: every day on which something happens */
    size_t count;
    bool is_incidence;
};
/* Kaplan-Meier, or Aalen-Johansen where a competing event occurs or is_incidence; in `result`. */
void study_survival(const struct study_followup *followups, size_t count, bool is_incidence, struct arena *result,
                    struct study_curve *out_curve);
/* Estimate and limits on a day: of the last point not after it; {1, 1, 1} (incidence: 0) before the first. */
struct study_curve_point study_curve_at(const struct study_curve *curve, int32_t days);

struct study_quantile {
    double value, lower, upper; /* NaN: not reached */
};
/* The day at which a share of all has had the event, as quantile.survfit; and the median of summary.survfit. */
struct study_quantile study_curve_quantile(const struct study_curve *curve, double share, struct arena *scratch);
struct study_quantile study_curve_median(const struct study_curve *curve);
/* Area under a Kaplan-Meier curve up to its last day, and its standard error. */
void study_curve_mean(const struct study_curve *curve, double *out_mean, double *out_error);

/* Log-rank test of groups (Mantel 1966): chi-square with groups - 1 degrees of freedom and its upper tail; groups 2 .. 16. */
struct study_log_rank {
    double chi_square, probability;
};
MUST_CHECK bool study_log_rank(const struct study_followup *const *groups, const size_t *counts, size_t group_count,
                               struct study_log_rank *out_test, struct error *err);
