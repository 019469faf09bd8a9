/* SPDX-License-Identifier: EUPL-1.2 */
/* survival_reporting: a Kaplan-Meier curve as cells of a result, as CohortSurvival 1.1.2 lays it out: estimates and counts spaced by gaps
 * of days, then the summary. */
#pragma once
#include "research/result/result.h"
#include "research/study/study_survival.h"

struct study_survival_place {
    uint32_t set;
    const char *target, *outcome; /* names of cohorts */
    struct result_pairs strata;
    int32_t estimate_gap, event_gap; /* days, at least 1 */
};
/* Nothing for nobody. */
MUST_CHECK bool study_survival_report(struct result *result, const struct study_survival_place *place,
                                      const struct study_followup *followups, size_t count, struct error *err);
