/* SPDX-License-Identifier: EUPL-1.2 */
/* reporting: what methods found becomes cells of a result, with their basis, named as the DARWIN EU packages name them. */
#pragma once
#include "research/result/result.h"
#include "research/study/study_incidence.h"
#include "research/study/study_prevalence.h"

struct study_place {
    uint32_t set;
    const char *denominator, *outcome; /* names of cohorts */
    struct result_pairs strata;
    enum study_interval interval;
};
MUST_CHECK bool study_incidence_report(struct result *result, const struct study_place *place, const struct study_incidence_cell *cells,
                                       size_t count, struct error *err);
MUST_CHECK bool study_prevalence_report(struct result *result, const struct study_place *place, const struct study_prevalence_cell *cells,
                                        size_t count, struct error *err);
