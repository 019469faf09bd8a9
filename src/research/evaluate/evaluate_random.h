/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_random: a random population in a store, and random criteria over it: same days, missing ends, overlapping periods, events
 * outside of them. Only for tests. Everything follows from state_of_random. */
#pragma once
#include "research/evaluate/evaluate_example.h"

enum { PERSONS = 300, EVENTS = 20, DAYS = 600, FIRST_DAY = 14610, SEGMENTS = 5, SETS = 3, ABSENT = INT32_MIN };
struct plain_event {
    int concept, start, end, visit;
    bool counts; /* in the criterion being asked for */
};
struct plain_person {
    struct plain_event events[EVENTS]; /* by start, then id */
    int count;
    int starts[2], ends[2], periods;
};
static struct plain_person population[PERSONS];
static const int64_t members[SETS][2] = {{10, 11}, {20, 0}, {11, 20}};
static struct cohort_concept_set sets[SETS] = {
    {.name = "A", .path = "", .is_resolved = true, .members = {members[0], 2}},
    {.name = "B", .path = "", .is_resolved = true, .members = {members[1], 1}},
    {.name = "C", .path = "", .is_resolved = true, .members = {members[2], 2}},
};
static uint64_t state_of_random;

static inline __attribute__((unused)) int below(int bound)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (int)((state_of_random >> 33) % (uint64_t)bound);
}

/* ---- the population, twice ---- */
static inline __attribute__((unused)) void population_make(void)
{
    for (int p = 0; p < PERSONS; p++) {
        struct plain_person *person = &population[p];
        int start = below(30);
        person->count = below(EVENTS + 1);
        for (int i = 0; i < person->count; i++) {
            start += below(5) ? below(60) : 0;
            bool has_end = below(3) > 0;
            person->events[i] = (struct plain_event){.concept = 10 + below(2) + (below(3) ? 0 : 10),
                                                     .start = start,
                                                     .end = has_end ? start + below(20) : ABSENT,
                                                     .visit = below(4) ? 1 + below(3) : ABSENT};
        }
        person->periods = 1 + (below(3) == 0);
        person->starts[0] = below(200);
        person->ends[0] = person->starts[0] + below(500);
        person->starts[1] = person->starts[0] + 1 + below(300); /* sometimes they overlap */
        person->ends[1] = person->starts[1] + below(300);
    }
}

static inline __attribute__((unused)) const char *date(int day_of_population, char out[DAY_TEXT_SIZE])
{
    out[0] = '\0';
    if (day_of_population != ABSENT) {
        day_to_text((day){FIRST_DAY + day_of_population}, out);
    }
    return out;
}

static inline __attribute__((unused)) bool population_write(struct example_store *example, struct error *err)
{
    CLEANUP(buffer_value) struct buffer rows = {.maximum = 1 << 24}, periods = {.maximum = 1 << 24};
    char start[DAY_TEXT_SIZE], end[DAY_TEXT_SIZE], visit[16];
    int id = 1;
    TRY(buffer_append_text(&rows,
                           "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_end_date,"
                           "visit_occurrence_id\n",
                           err));
    TRY(buffer_append_text(&periods, "observation_period_id,person_id,observation_period_start_date,observation_period_end_date\n", err));
    for (int p = 0; p < PERSONS; p++) {
        for (int i = 0; i < population[p].count; i++) {
            const struct plain_event *event = &population[p].events[i];
            snprintf(visit, sizeof visit, "%d", event->visit);
            TRY(buffer_append_format(&rows, err, "%d,%d,%d,%s,%s,%s\n", id++, p + 1, event->concept, date(event->start, start),
                                     date(event->end, end), event->visit == ABSENT ? "" : visit));
        }
        for (int i = 0; i < population[p].periods; i++) {
            TRY(buffer_append_format(&periods, err, "%d,%d,%s,%s\n", id++, p + 1, date(population[p].starts[i], start),
                                     date(population[p].ends[i], end)));
        }
    }
    return example_table(example, "condition_occurrence", (const char *)rows.data, err) &&
           example_table(example, "observation_period", (const char *)periods.data, err) &&
           example_open(example, SEGMENTS, GRANT_ROWS, err);
}

/* ---- random programs ---- */
static inline __attribute__((unused)) struct cohort_criterion random_criterion(void)
{
    struct cohort_criterion criterion = {.table = OMOP_TABLE_CONDITION_OCCURRENCE,
                                         .concept_set = below(5) ? below(SETS) : COHORT_NO_SET,
                                         .source_concept_set = COHORT_NO_SET,
                                         .first_only = below(3) == 0,
                                         .end_rule = COHORT_END_OR_NEXT_DAY,
                                         .has_adjustment = below(4) == 0,
                                         .path = ""};
    if (criterion.has_adjustment) {
        criterion.adjustment = (struct cohort_adjustment){below(2) == 0, below(2) == 0, below(20) - 5, below(20)};
    }
    return criterion;
}

static inline __attribute__((unused)) struct cohort_bound random_bound(void)
{
    static const enum cohort_bound_kind kinds[] = {COHORT_BOUND_DAYS,         COHORT_BOUND_DAYS,       COHORT_BOUND_DAYS,
                                                   COHORT_BOUND_PERIOD_START, COHORT_BOUND_PERIOD_END, COHORT_BOUND_NONE};
    struct cohort_bound bound = {kinds[below(6)], 0};
    bound.days = bound.kind == COHORT_BOUND_DAYS ? below(200) - 100 : 0;
    return bound;
}

static inline __attribute__((unused)) struct cohort_window random_window(bool is_plain)
{
    return (struct cohort_window){!is_plain && below(2), below(3) == 0, random_bound(), random_bound()};
}

static inline __attribute__((unused)) struct cohort_correlated random_item(const struct cohort_criterion *criterion)
{
    bool is_plain = below(2);
    struct cohort_correlated item = {.criterion = criterion,
                                     .ignores_observation_period = below(2),
                                     .restricts_to_visit = !is_plain && below(3) == 0,
                                     .start_window = random_window(is_plain),
                                     .has_end_window = below(4) == 0,
                                     .count = (enum cohort_count)below(3),
                                     .number = below(4),
                                     .is_distinct = !is_plain && below(3) == 0,
                                     .distinct = {COHORT_NOTHING, OMOP_NO_FIELD},
                                     .path = ""};
    if (item.has_end_window) {
        item.end_window = random_window(is_plain);
    }
    if (item.is_distinct) {
        bool of_visits = below(2);
        item.distinct.operand = of_visits ? COHORT_FIELD : COHORT_START;
        item.distinct.field = of_visits ? OMOP_CONDITION_OCCURRENCE_VISIT_OCCURRENCE_ID : OMOP_NO_FIELD;
    }
    item.takes_absent = item.count == COHORT_COUNT_AT_MOST || item.number == 0;
    return item;
}
