/* SPDX-License-Identifier: EUPL-1.2 */
/* Random correlated criteria over a random population, against a plain reading of the cohort language: row by row, with no order, no merge
 * and no search [3, 4, 5]. Each is run with 1, 2 and 7 threads and must give the same bytes. The seed is in the name of the failing case.
 */
#include "research/evaluate/evaluate_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PERSONS = 300, EVENTS = 20, DAYS = 600, FIRST_DAY = 14610, SEGMENTS = 5, CASES = 400, SETS = 3, ABSENT = INT32_MIN };
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

static int below(int bound)
{
    state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
    return (int)((state_of_random >> 33) % (uint64_t)bound);
}

/* ---- the population, twice ---- */
static void population_make(void)
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

static const char *date(int day_of_population, char out[DAY_TEXT_SIZE])
{
    out[0] = '\0';
    if (day_of_population != ABSENT) {
        day_to_text((day){FIRST_DAY + day_of_population}, out);
    }
    return out;
}

static bool population_write(struct example_store *example, struct error *err)
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
static struct cohort_criterion random_criterion(void)
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

static struct cohort_bound random_bound(void)
{
    static const enum cohort_bound_kind kinds[] = {COHORT_BOUND_DAYS,         COHORT_BOUND_DAYS,       COHORT_BOUND_DAYS,
                                                   COHORT_BOUND_PERIOD_START, COHORT_BOUND_PERIOD_END, COHORT_BOUND_NONE};
    struct cohort_bound bound = {kinds[below(6)], 0};
    bound.days = bound.kind == COHORT_BOUND_DAYS ? below(200) - 100 : 0;
    return bound;
}

static struct cohort_window random_window(bool is_plain)
{
    return (struct cohort_window){!is_plain && below(2), below(3) == 0, random_bound(), random_bound()};
}

static struct cohort_correlated random_item(const struct cohort_criterion *criterion)
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

/* ---- the plain reading ---- */
static bool in_set(int set, int concept)
{
    return set == COHORT_NO_SET || members[set][0] == concept || (members[set][1] == concept && concept != 0);
}

/* The rows of a criterion: those with `counts`, with their dates. */
static void plain_rows(const struct plain_person *person, const struct cohort_criterion *criterion, struct plain_event *out)
{
    bool has_first = false;
    for (int i = 0; i < person->count; i++) {
        struct plain_event event = person->events[i];
        event.counts = in_set(criterion->concept_set, event.concept) && !(criterion->first_only && has_first);
        has_first |= event.counts;
        event.end = event.end == ABSENT ? event.start + 1 : event.end;
        if (criterion->has_adjustment) {
            const struct cohort_adjustment *adjustment = &criterion->adjustment;
            int start = (adjustment->starts_from_end ? event.end : event.start) + adjustment->start_offset;
            int end = (adjustment->ends_from_end ? event.end : event.start) + adjustment->end_offset;
            event.start = start;
            event.end = end;
            event.counts &= end >= start;
        }
        out[i] = event;
    }
}

static bool plain_bound(const struct cohort_bound *bound, int index, const struct plain_person *person, int period, int64_t *out_day)
{
    *out_day = bound->kind == COHORT_BOUND_DAYS           ? index + bound->days
               : bound->kind == COHORT_BOUND_PERIOD_START ? person->starts[period]
                                                          : person->ends[period];
    return bound->kind != COHORT_BOUND_NONE;
}

static bool plain_window(const struct cohort_window *window, const struct plain_event *index, const struct plain_event *row,
                         const struct plain_person *person, int period)
{
    int x = window->uses_event_end ? row->end : row->start, i = window->uses_index_end ? index->end : index->start;
    int64_t bound;
    bool is_after = !plain_bound(&window->from, i, person, period, &bound) || x >= bound;
    return is_after && (!plain_bound(&window->to, i, person, period, &bound) || x <= bound);
}

static bool plain_passes(const struct cohort_correlated *item, const struct plain_event *index, const struct plain_event *rows,
                         const struct plain_person *person, int period)
{
    int64_t matches = 0, values = 0, seen[EVENTS];
    for (int i = 0; i < person->count; i++) {
        const struct plain_event *row = &rows[i];
        bool is_observed = item->ignores_observation_period || (person->starts[period] <= row->start && row->start <= person->ends[period]);
        bool is_match = row->counts && is_observed && plain_window(&item->start_window, index, row, person, period) &&
                        (!item->has_end_window || plain_window(&item->end_window, index, row, person, period)) &&
                        (!item->restricts_to_visit || (row->visit == index->visit && row->visit != ABSENT));
        if (!is_match) {
            continue;
        }
        int64_t value = !item->is_distinct ? i : item->distinct.operand == COHORT_START ? row->start : row->visit;
        bool is_new = !item->is_distinct || item->distinct.operand == COHORT_START || row->visit != ABSENT;
        for (int64_t k = 0; k < values; k++) {
            is_new &= seen[k] != value;
        }
        matches++;
        seen[values] = value;
        values += is_new;
    }
    if (matches == 0 && !item->takes_absent) {
        return false;
    }
    return item->count == COHORT_COUNT_EXACTLY   ? values == item->number
           : item->count == COHORT_COUNT_AT_MOST ? values <= item->number
                                                 : values >= item->number;
}

/* Marks the starts of the events that pass, by person. The earliest event of all is found by start, then position. */
static void plain_cohort(const struct cohort_program *program, bool *starts_of_person, int p)
{
    const struct plain_person *person = &population[p];
    struct plain_event index[EVENTS], rows[EVENTS];
    const struct cohort_correlated *item = &program->additional->correlated[0];
    int best = -1, best_period = 0;
    plain_rows(person, &program->primary[0], index);
    plain_rows(person, item->criterion, rows);
    for (int i = 0; i < person->count; i++) {
        for (int period = 0; period < person->periods; period++) {
            int start = index[i].start;
            bool is_primary = index[i].counts && person->starts[period] + program->prior_days <= start && start <= person->ends[period];
            if (!is_primary) {
                continue;
            }
            if (program->primary_limit == COHORT_LIMIT_ALL) {
                starts_of_person[start + 100] |= plain_passes(item, &index[i], rows, person, period);
            } else if (best < 0 || start < index[best].start) {
                best = i;
                best_period = period;
            }
        }
    }
    if (best >= 0) {
        starts_of_person[index[best].start + 100] = plain_passes(item, &index[best], rows, person, best_period);
    }
}

/* ---- comparing ---- */
static bool results_are_same(const struct cohort_result *a, const struct cohort_result *b)
{
    const struct cohort_rows *x = &a->rows, *y = &b->rows;
    return x->count == y->count && memcmp(&a->attrition.primary, &b->attrition.primary, sizeof a->attrition.primary) == 0 &&
           (x->count == 0 ||
            (memcmp(x->persons, y->persons, x->count * sizeof *x->persons) == 0 &&
             memcmp(x->starts, y->starts, x->count * sizeof *x->starts) == 0 && memcmp(x->ends, y->ends, x->count * sizeof *x->ends) == 0));
}

static size_t check_against_plain(const struct cohort_program *program, const struct cohort_result *result, int number)
{
    size_t at = 0;
    for (int p = 0; p < PERSONS; p++) {
        bool starts[2 * DAYS + EVENTS * 60 + 400] = {false};
        plain_cohort(program, starts, p);
        for (size_t i = 0; i < sizeof starts; i++) {
            if (!starts[i]) {
                continue;
            }
            bool is_there =
                at < result->rows.count && result->rows.persons[at] == p + 1 && result->rows.starts[at] == (int32_t)i - 100 + FIRST_DAY;
            if (!is_there) {
                fail_msg("case %d: person %d should enter on day %d", number, p + 1, (int)i - 100);
            }
            at++;
        }
    }
    if (at != result->rows.count) {
        fail_msg("case %d: %zu rows, not %zu", number, result->rows.count, at);
    }
    return at;
}

static size_t run_case(struct example_store *example, struct task_pool *const pools[3], int number)
{
    struct error err = {0};
    state_of_random = (uint64_t)number + 1;
    struct cohort_criterion primary = random_criterion(), rows = random_criterion();
    struct cohort_correlated item = random_item(&rows);
    struct cohort_group group = {.kind = COHORT_ALL, .correlated = &item, .correlated_count = 1, .path = ""};
    struct cohort_program program = {.name = "random",
                                     .title = "",
                                     .concept_sets = sets,
                                     .concept_set_count = SETS,
                                     .primary = &primary,
                                     .primary_count = 1,
                                     .prior_days = below(3) ? 0 : 50,
                                     .primary_limit = below(2) ? COHORT_LIMIT_ALL : COHORT_LIMIT_FIRST,
                                     .additional = &group,
                                     .exit = {.kind = COHORT_EXIT_OFFSET, .drug_set = COHORT_NO_SET, .path = ""}};
    struct cohort_result *results[3] = {NULL};
    for (int i = 0; i < 3; i++) {
        struct evaluate_options options = {.pool = pools[i], .wants_rows = true};
        if (!cohort_program_validate(&program, &err) || !evaluate_cohort(&program, example->reader, &options, &results[i], &err)) {
            fail_msg("case %d: %s", number, err.message);
        }
        assert_true(results_are_same(results[0], results[i]));
    }
    size_t found = check_against_plain(&program, results[0], number);
    for (int i = 0; i < 3; i++) {
        cohort_result_destroy(results[i]);
    }
    return found;
}

static void random_programs_give_the_plain_rows(void **state)
{
    (void)state;
    static const unsigned threads[] = {1, 2, 7};
    struct example_store example;
    struct task_pool *pools[3];
    struct error err = {0};
    size_t found = 0;
    state_of_random = 2026;
    population_make();
    if (!example_begin(&example, &err) || !population_write(&example, &err)) {
        fail_msg("%s", err.message);
    }
    for (int i = 0; i < 3; i++) {
        assert_true(task_pool_create(&pools[i], threads[i], &err));
    }
    for (int number = 0; number < CASES; number++) {
        found += run_case(&example, pools, number);
    }
    assert_true(found > 1000); /* a comparison of empty cohorts would show nothing */
    for (int i = 0; i < 3; i++) {
        task_pool_destroy(pools[i]);
    }
    example_end(&example);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_programs_give_the_plain_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
