/* SPDX-License-Identifier: EUPL-1.2 */
/* The types of the facts in spec/synthesis, and the facts. Private to synthesise. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct synthesis_measurement {
    int64_t concept_id, unit_concept_id;
    const char *source_code, *unit_source;
    double mean, deviation, low, high;
    int decimals;
};
struct synthesis_chronic {
    const char *key, *source_code, *drug_source_code;
    int64_t concept_id, drug_concept_id;
    double male_max, female_max, age50, slope, hospital_share, mortality_factor, adherence;
    int days_supply, measurement;
};
struct synthesis_acute {
    const char *key, *source_code, *drug_source_code;
    int64_t concept_id, drug_concept_id;
    double rate_child, rate_adult, rate_elderly, emergency_share, drug_share;
    int days_supply;
};
struct synthesis_cancer {
    const char *key, *source_code, *drug_source_code;
    int64_t concept_id, drug_concept_id;
    int others_first, others_count; /* in synthesis_cohort_concepts */
    double male_max, female_max, age50, slope, mortality_factor;
};
struct synthesis_centre {
    int64_t care_site_id;
    const char *name, *source_code, *city, *postcode, *key;
    double share;
};
struct synthesis_births {
    int year;
    double thousands;
};
struct synthesis_cohort {
    const char *name;
    int first, count; /* in synthesis_cohort_concepts */
};
struct synthesis_noise {
    const char *key;
    double share;
};
struct synthesis_family_name {
    const char *name;
    double cumulated; /* weights, up to and with this name */
};
struct synthesis_given_name {
    const char *name;
    bool is_female;
    double peak, spread, weight; /* year in which most children got it */
};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-variable"
#include "intake/synthesise/synthesis_tables.h"
#pragma GCC diagnostic pop
