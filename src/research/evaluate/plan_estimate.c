/* SPDX-License-Identifier: EUPL-1.2 */
/* plan_estimate: rows are thought to be spread over persons by chance, so that a person has a Poisson number of them. Shares of attributes
 * and windows are rules of thumb, as a database uses where it has no statistics. */
#include "research/evaluate/plan_estimate.h"
#include <math.h>

/* Rules of thumb. */
static const double RANGE_SHARE = 0.4, LIST_SHARE = 0.3, PERSON_SHARE = 0.5, PERIOD_SHARE = 0.9, RECORD_DAYS = 3650;
enum { ITEMS_COUNTED = 64 };

double estimate_persons(const struct estimates *estimates, double rows)
{
    return estimates->persons > 0 ? estimates->persons * -expm1(-rows / estimates->persons) : 0;
}

/* ---- rows by concept ---- */
static bool rows_of_set(struct store_reader *reader, int table, int field, struct concept_ids members, double *out_rows, struct error *err)
{
    *out_rows = 0;
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_PERSON); i++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, i);
        uint64_t rows = 0;
        if (members.count > 0 && store_segment_rows(segment, table) > 0) {
            TRY(store_events_count(segment, table, field, members.items, members.count, &rows, err));
        }
        *out_rows += (double)rows;
    }
    return true;
}

static bool found_of(struct estimates *estimates, struct store_reader *reader, const struct cohort_criterion *criterion, double *out_found,
                     struct error *err)
{
    const struct cohort_concept_set *sets = estimates->plan->program->concept_sets;
    const struct omop_table_info *info = omop_table(criterion->table);
    double by_concept = estimates->rows_all[criterion->table], by_source = by_concept;
    if (criterion->concept_set != COHORT_NO_SET) {
        TRY(rows_of_set(reader, criterion->table, info->concept_field, sets[criterion->concept_set].members, &by_concept, err));
    }
    if (criterion->source_concept_set != COHORT_NO_SET) {
        TRY(rows_of_set(reader, criterion->table, info->source_concept_field, sets[criterion->source_concept_set].members, &by_source,
                        err));
    }
    *out_found = by_concept < by_source ? by_concept : by_source;
    return true;
}

/* ---- what is kept ---- */
static double share_of_tests(const struct cohort_test *tests, size_t count)
{
    double share = 1;
    for (size_t i = 0; i < count; i++) {
        const bool is_person = tests[i].value.operand == COHORT_PERSON;
        const bool is_range =
            tests[i].kind == COHORT_TEST_INTEGER || tests[i].kind == COHORT_TEST_DATE || tests[i].kind == COHORT_TEST_DECIMAL;
        const double one = is_person ? PERSON_SHARE : is_range ? RANGE_SHARE : LIST_SHARE;
        share *= tests[i].is_negated ? 1 - one : one;
    }
    return share;
}

/* The share of a person's records that a window takes in. */
static double share_of_window(const struct cohort_window *window)
{
    const bool has_from = window->from.kind == COHORT_BOUND_DAYS, has_to = window->to.kind == COHORT_BOUND_DAYS;
    if (has_from && has_to) {
        const double days = (double)(window->to.days - window->from.days) + 1;
        return days < 0 ? 0 : days > RECORD_DAYS ? 1 : days / RECORD_DAYS;
    }
    return has_from || has_to ? PERSON_SHARE : 1;
}

/* The chance that a Poisson number of mean `mean` is at most n. */
static double poisson_at_most(double mean, int64_t n)
{
    double term = exp(-mean), sum = term;
    for (int64_t k = 1; k <= n && k < ITEMS_COUNTED; k++) {
        term *= mean / (double)k;
        sum += term;
    }
    return n < 0 ? 0 : n >= ITEMS_COUNTED || sum > 1 ? 1 : sum;
}

static double estimate_correlated(const struct estimates *estimates, const struct cohort_correlated *item)
{
    const struct estimate *rows = &estimates->criteria[program_plan_find(estimates->plan, item->criterion)];
    const double mean = estimates->persons > 0 ? rows->kept / estimates->persons * share_of_window(&item->start_window) : 0;
    switch (item->count) {
    case COHORT_COUNT_EXACTLY:
        return poisson_at_most(mean, item->number) - poisson_at_most(mean, item->number - 1);
    case COHORT_COUNT_AT_MOST:
        return poisson_at_most(mean, item->number);
    case COHORT_COUNT_AT_LEAST:
        return 1 - poisson_at_most(mean, item->number - 1);
    }
    return 1;
}

/* chances[n]: that n of the items so far pass. The last place is for all beyond. */
static void chance_add(double chances[ITEMS_COUNTED], double chance)
{
    chances[ITEMS_COUNTED - 1] += chances[ITEMS_COUNTED - 2] * chance;
    for (size_t n = ITEMS_COUNTED - 2; n > 0; n--) {
        chances[n] = chances[n] * (1 - chance) + chances[n - 1] * chance;
    }
    chances[0] *= 1 - chance;
}

double estimate_group(const struct estimates *estimates, const struct cohort_group *group)
{
    double chances[ITEMS_COUNTED] = {1}, all = 1, kept = 0;
    for (size_t i = 0; i < group->correlated_count + group->demographic_count + group->group_count; i++) {
        const size_t demographic = i - group->correlated_count, sub = demographic - group->demographic_count;
        const double chance = i < group->correlated_count ? estimate_correlated(estimates, &group->correlated[i])
                              : demographic < group->demographic_count
                                  ? share_of_tests(group->demographics[demographic].tests, group->demographics[demographic].test_count)
                                  : estimate_group(estimates, &group->groups[sub]);
        chance_add(chances, chance);
        all *= chance;
    }
    switch (group->kind) {
    case COHORT_ALL:
        return all;
    case COHORT_ANY:
        return 1 - chances[0];
    case COHORT_AT_LEAST_ITEMS:
    case COHORT_AT_MOST_ITEMS:
        for (int64_t n = 0; n < ITEMS_COUNTED; n++) {
            const bool is_met = group->kind == COHORT_AT_LEAST_ITEMS ? n >= group->number : n <= group->number;
            kept += is_met ? chances[n] : 0;
        }
        return kept;
    }
    return 1;
}

static double limited(const struct estimates *estimates, enum cohort_limit limit, double rows)
{
    return limit == COHORT_LIMIT_ALL ? rows : estimate_persons(estimates, rows);
}

double estimate_primary(const struct estimates *estimates)
{
    const struct cohort_program *program = estimates->plan->program;
    double rows = 0;
    for (size_t i = 0; i < program->primary_count; i++) {
        rows += estimates->criteria[program_plan_find(estimates->plan, &program->primary[i])].kept;
    }
    return limited(estimates, program->primary_limit, rows * PERIOD_SHARE);
}

/* ---- all criteria: those within a nested group before what they are nested in ---- */
static bool criterion_estimate(struct estimates *estimates, struct store_reader *reader, size_t position, struct error *err);

static bool group_criteria_estimate(struct estimates *estimates, struct store_reader *reader, const struct cohort_group *group,
                                    struct error *err)
{
    for (size_t i = 0; i < group->correlated_count; i++) {
        TRY(criterion_estimate(estimates, reader, program_plan_find(estimates->plan, group->correlated[i].criterion), err));
    }
    for (size_t i = 0; i < group->group_count; i++) {
        TRY(group_criteria_estimate(estimates, reader, &group->groups[i], err));
    }
    return true;
}

static bool criterion_estimate(struct estimates *estimates, struct store_reader *reader, size_t position, struct error *err)
{
    const struct cohort_criterion *criterion = estimates->plan->criteria.items[position].criterion;
    struct estimate *estimate = &estimates->criteria[position];
    if (estimates->is_known[position]) {
        return true;
    }
    estimates->is_known[position] = true;
    TRY(found_of(estimates, reader, criterion, &estimate->found, err));
    estimate->kept = criterion->first_only ? estimate_persons(estimates, estimate->found) : estimate->found;
    estimate->kept *= share_of_tests(criterion->tests, criterion->test_count);
    if (criterion->nested) {
        TRY(group_criteria_estimate(estimates, reader, criterion->nested, err));
        estimate->kept *= estimate_group(estimates, criterion->nested);
    }
    return true;
}

bool estimates_make(struct estimates *estimates, const struct program_plan *plan, struct store_reader *reader, struct arena *arena,
                    struct error *err)
{
    *estimates = (struct estimates){.plan = plan};
    estimates->criteria = ARENA_ARRAY(arena, struct estimate, plan->criteria.count + 1);
    estimates->is_known = ARENA_ARRAY(arena, bool, plan->criteria.count + 1);
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_PERSON); i++) {
        const struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, i);
        estimates->persons += store_segment_persons(segment);
        for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
            estimates->rows_all[table] += omop_table(table)->scope == OMOP_PERSON ? (double)store_segment_rows(segment, table) : 0;
        }
    }
    for (size_t i = 0; i < plan->criteria.count; i++) {
        TRY(criterion_estimate(estimates, reader, i, err));
    }
    return true;
}
