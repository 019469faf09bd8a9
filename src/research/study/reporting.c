/* SPDX-License-Identifier: EUPL-1.2 */
/* reporting: see study_reporting.h. */
#include "research/study/study_reporting.h"

/* Where the rows of one interval stand; the texts live as long as this does. */
struct spot {
    struct result_pair group[2], additional[3];
    char first[DAY_TEXT_SIZE], last[DAY_TEXT_SIZE];
    struct result_variable denominator, outcome;
};

static void spot_set(struct spot *spot, const struct study_place *place, const char *start_name, const char *end_name,
                     struct study_span span)
{
    day_to_text((day){span.first}, spot->first);
    day_to_text((day){span.last}, spot->last);
    spot->group[0] = (struct result_pair){"denominator_cohort_name", place->denominator};
    spot->group[1] = (struct result_pair){"outcome_cohort_name", place->outcome};
    spot->additional[0] = (struct result_pair){start_name, spot->first};
    spot->additional[1] = (struct result_pair){end_name, spot->last};
    spot->additional[2] = (struct result_pair){"analysis_interval", study_interval_name(place->interval)};
    const struct result_place where = {.set = place->set,
                                       .group = {spot->group, 2},
                                       .strata = place->strata,
                                       .additional = {spot->additional, place->interval == STUDY_OVERALL ? 2 : 3}};
    spot->denominator = (struct result_variable){where, "Denominator", NULL};
    spot->outcome = (struct result_variable){where, "Outcome", NULL};
}

bool study_incidence_report(struct result *result, const struct study_place *place, const struct study_incidence_cell *cells, size_t count,
                            struct error *err)
{
    struct spot spot;
    for (size_t i = 0; i < count; i++) {
        const struct study_incidence_cell *cell = &cells[i];
        const struct result_basis basis = {
            .kind = RESULT_RATE, .numerator = cell->events, .n = cell->persons, .time = (double)cell->person_days};
        spot_set(&spot, place, "incidence_start_date", "incidence_end_date", cell->span);
        TRY(result_add_count(result, &spot.denominator, "denominator_count", RESULT_PERSONS, cell->persons, err) &&
            result_add_count(result, &spot.outcome, "outcome_count", RESULT_RECORDS, cell->events, err));
        TRY(result_add_value(result, &spot.denominator, "person_days", RESULT_NUMERIC, (double)cell->person_days, &basis, err) &&
            result_add_value(result, &spot.denominator, "person_years", RESULT_NUMERIC, cell->person_years, &basis, err));
        TRY(result_add_value(result, &spot.outcome, "incidence_100000_pys", RESULT_NUMERIC, cell->rate, &basis, err));
        TRY(result_add_value(result, &spot.outcome, "incidence_100000_pys_95CI_lower", RESULT_NUMERIC, cell->limits.lower, &basis, err) &&
            result_add_value(result, &spot.outcome, "incidence_100000_pys_95CI_upper", RESULT_NUMERIC, cell->limits.upper, &basis, err));
    }
    return true;
}

bool study_prevalence_report(struct result *result, const struct study_place *place, const struct study_prevalence_cell *cells,
                             size_t count, struct error *err)
{
    struct spot spot;
    for (size_t i = 0; i < count; i++) {
        const struct study_prevalence_cell *cell = &cells[i];
        const struct result_basis basis = {.kind = RESULT_PERCENTAGE, .numerator = cell->numerator, .denominator = cell->denominator};
        spot_set(&spot, place, "prevalence_start_date", "prevalence_end_date", cell->span);
        TRY(result_add_count(result, &spot.denominator, "denominator_count", RESULT_PERSONS, cell->denominator, err) &&
            result_add_count(result, &spot.outcome, "outcome_count", RESULT_PERSONS, cell->numerator, err));
        TRY(result_add_value(result, &spot.outcome, "prevalence", RESULT_NUMERIC, cell->value, &basis, err) &&
            result_add_value(result, &spot.outcome, "prevalence_95CI_lower", RESULT_NUMERIC, cell->limits.lower, &basis, err) &&
            result_add_value(result, &spot.outcome, "prevalence_95CI_upper", RESULT_NUMERIC, cell->limits.upper, &basis, err));
    }
    return true;
}
