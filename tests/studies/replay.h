/* SPDX-License-Identifier: EUPL-1.2 */
/* replay: the functions that can be replayed, by the package that has them. Each runs the method and compares; false is a fault of the
 * record or of the run, not a difference. */
#pragma once
#include "call.h"

struct replay {
    const char *function; /* as recorded */
    bool (*run)(struct call *call, struct error *err);
};
extern const struct replay replay_incidence_prevalence[]; /* each list ends with an empty one */
extern const struct replay replay_cohort_survival[];
extern const struct replay replay_drug_utilisation[];
extern const struct replay replay_cohort_constructor[];
extern const struct replay replay_summaries[];
extern const struct replay replay_patient_profiles[];
