/* SPDX-License-Identifier: EUPL-1.2 */
/* why: the steps of a program with one person for a universe. An event table does not say which record an event is; candidates are found by
 * what an event is made of, and where two are alike, so is everything that happens to them. */
#include "research/evaluate/collapse.h"
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/exit_dates.h"
#include "research/evaluate/included_events.h"
#include "research/evaluate/primary_events.h"
#include "research/evaluate/row_values.h"
#include "research/evaluate/why_group.h"
#include <assert.h>

DEFINE_ARRAY(why_events, struct why_event)

struct telling_why {
    const struct cohort_program *program;
    struct segment_run *run;
    struct program_plan *plan;
    uint32_t person;
    struct arena *arena; /* of the result */
    struct why_events events;
};

const char *why_step_name(enum why_step step)
{
    static const char *const names[] = {"no observation period", "observation window", "primary limit",
                                        "additional criteria",   "qualified limit",    "rules",
                                        "expression limit",      "no exit date",       "kept"};
    return names[step];
}

/* ---- candidates ---- */
static bool candidate_add(struct telling_why *why, const struct why_record *record, const struct period_join *join, size_t joined,
                          bool is_in_window, struct error *err)
{
    struct why_event event = {.record = *record, .lost = is_in_window ? WHY_PRIMARY_LIMIT : WHY_WINDOW, .exit = STORE_NO_DAY};
    event.period_start = join->period_starts[joined];
    event.period_end = join->period_ends[joined];
    return why_events_append(&why->events, event, err);
}

static bool record_add(struct telling_why *why, const struct why_record *record, const struct period_join *join, size_t item,
                       struct error *err)
{
    const struct cohort_program *program = why->program;
    size_t found = 0;
    for (size_t i = 0; i < join->count; i++) {
        if (join->items[i] != item) {
            continue;
        }
        int64_t start = record->start;
        bool is_in_window =
            (int64_t)join->period_starts[i] + program->prior_days <= start && start + program->post_days <= join->period_ends[i];
        TRY(candidate_add(why, record, join, i, is_in_window, err));
        found++;
    }
    struct why_event outside = {.record = *record, .lost = WHY_NO_PERIOD, .exit = STORE_NO_DAY};
    return found > 0 || why_events_append(&why->events, outside, err);
}

static bool candidates_find(struct telling_why *why, struct error *err)
{
    struct segment_run *run = why->run;
    for (size_t k = 0; k < why->program->primary_count; k++) {
        const struct event_list *list;
        const struct why_record *records;
        struct period_join join;
        TRY(criterion_list_find(run, &why->program->primary[k], &list, err));
        TRY(why_records_read(run, list, run->program_data, &records, err));
        TRY(period_join_make(run, list, &(struct period_condition){.prior_days = 0}, run->program_data, &join, err));
        for (size_t i = 0; i < list->count; i++) {
            TRY(list->persons[i] != why->person || record_add(why, &records[i], &join, i, err));
        }
    }
    return true;
}

/* ---- which events are left after a step ---- */
static bool is_candidate(const struct why_event *event, const struct event_table *table, size_t i)
{
    return event->record.start == table->starts[i] && event->record.end == table->ends[i] &&
           event->period_start == table->period_starts[i] && event->period_end == table->period_ends[i];
}

/* places[i]: the candidate of event i. Events that were left move on to `next`. */
static void events_place(struct telling_why *why, const struct event_table *table, enum why_step step, enum why_step next, size_t *places)
{
    for (size_t i = 0; i < table->count; i++) {
        places[i] = SIZE_MAX;
        for (size_t k = 0; k < why->events.count && places[i] == SIZE_MAX; k++) {
            struct why_event *event = &why->events.items[k];
            if (event->lost == step && is_candidate(event, table, i)) {
                event->lost = next;
                places[i] = k;
            }
        }
        assert(places[i] != SIZE_MAX && "an event is a candidate");
    }
}

static bool additional_tell(struct telling_why *why, struct event_table *events, size_t *places, struct error *err)
{
    const struct cohort_group *group = why->program->additional;
    struct why_group *groups = ARENA_ARRAY(why->arena, struct why_group, events->count + 1);
    TRY(why_group_tell(why->run, group, events, why->arena, groups, err));
    for (size_t i = 0; i < events->count; i++) {
        struct why_event *event = &why->events.items[places[i]];
        event->additional = &groups[i];
        event->lost = groups[i].is_met ? WHY_QUALIFIED_LIMIT : WHY_ADDITIONAL;
    }
    TRY(qualified_events_keep(why->run, events, err));
    events_place(why, events, WHY_QUALIFIED_LIMIT, WHY_RULES, places);
    return true;
}

static bool rules_tell(struct telling_why *why, const struct event_table *events, const size_t *places, uint64_t *masks, struct error *err)
{
    const size_t rules = why->program->rule_count;
    struct why_group *all = ARENA_ARRAY(why->arena, struct why_group, rules * events->count + 1);
    struct why_group *groups = ARENA_ARRAY(why->arena, struct why_group, events->count + 1);
    for (size_t r = 0; r < rules; r++) {
        TRY(why_group_tell(why->run, &why->program->rules[r].group, events, why->arena, groups, err));
        for (size_t i = 0; i < events->count; i++) {
            all[i * rules + r] = groups[i];
            masks[i] |= (uint64_t)groups[i].is_met << r;
        }
    }
    for (size_t i = 0; i < events->count; i++) {
        struct why_event *event = &why->events.items[places[i]];
        event->rules = &all[i * rules];
        event->lost = masks[i] == (UINT64_C(1) << rules) - 1 ? WHY_EXPRESSION_LIMIT : WHY_RULES;
    }
    return true;
}

/* With the exit dates that there would be without censoring, which are given back. */
static bool uncensored_find(struct telling_why *why, const struct event_table *events, const int32_t **out_exits, struct error *err)
{
    struct cohort_program program = *why->program;
    struct program_plan plan = *why->plan;
    program.censoring_count = 0;
    plan.program = &program;
    why->run->plan = &plan;
    bool done = exit_dates_find(why->run, events, out_exits, err);
    why->run->plan = why->plan;
    return done;
}

static bool exits_tell(struct telling_why *why, const struct event_table *events, const size_t *places, const int32_t *exits,
                       struct error *err)
{
    const int32_t *uncensored;
    TRY(uncensored_find(why, events, &uncensored, err));
    for (size_t i = 0; i < events->count; i++) {
        struct why_event *event = &why->events.items[places[i]];
        event->exit = exits[i];
        event->is_censored = exits[i] != STORE_NO_DAY && exits[i] != uncensored[i];
        event->lost = exits[i] == STORE_NO_DAY ? WHY_NO_EXIT : WHY_KEPT;
    }
    return true;
}

static bool steps_tell(struct telling_why *why, struct segment_result *result, struct error *err)
{
    struct event_table events;
    const int32_t *exits;
    struct segment_run *run = why->run;
    TRY(candidates_find(why, err) && primary_events_find(run, &events, err));
    size_t *places = ARENA_ARRAY(run->program_data, size_t, events.count + 1);
    uint64_t *masks = ARENA_ARRAY(run->program_data, uint64_t, events.count + 1);
    events_place(why, &events, WHY_PRIMARY_LIMIT, why->program->additional ? WHY_ADDITIONAL : WHY_RULES, places);
    TRY(!why->program->additional || additional_tell(why, &events, places, err));
    TRY(rules_tell(why, &events, places, masks, err));
    TRY(included_events_by_masks(run, &events, masks, result, err));
    events_place(why, &events, WHY_EXPRESSION_LIMIT, WHY_NO_EXIT, places);
    TRY(exit_dates_find(run, &events, &exits, err) && exits_tell(why, &events, places, exits, err));
    return collapse_events(run, &events, exits, result, err);
}

static void why_take(struct telling_why *why, const struct segment_result *result, struct cohort_why *out_why)
{
    struct why_event *events = ARENA_ARRAY(why->arena, struct why_event, why->events.count + 1);
    struct why_row *rows = ARENA_ARRAY(why->arena, struct why_row, result->rows.count + 1);
    for (size_t i = 0; i < why->events.count; i++) {
        events[i] = why->events.items[i];
    }
    for (size_t i = 0; i < result->rows.count; i++) {
        rows[i] = (struct why_row){result->rows.items[i].start, result->rows.items[i].end};
    }
    *out_why = (struct cohort_why){result->rows.count > 0, why->events.count, events, result->rows.count, rows};
}

/* ---- the person ---- */
static bool person_find(struct store_reader *reader, int64_t person_id, struct store_segment **out_segment, uint32_t *out_person,
                        struct error *err)
{
    for (size_t i = 0; i < store_reader_segment_count(reader, OMOP_PERSON); i++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_PERSON, i);
        const int64_t *ids;
        TRY(store_segment_person_ids(segment, &ids, err));
        uint32_t low = 0, high = store_segment_persons(segment);
        const uint32_t count = high;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (ids[middle] < person_id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low < count && ids[low] == person_id) {
            *out_segment = segment;
            *out_person = low;
            return true;
        }
    }
    return FAIL(err, NOT_FOUND, "there is no such person in this snapshot");
}

static bool person_tell(struct telling_why *why, struct store_segment *segment, struct cohort_why *out_why, struct error *err)
{
    struct segment_run *run = why->run;
    struct segment_result result = {.rows = {.maximum = 1 << 20}};
    TRY(segment_run_begin(run, segment, err));
    segment_run_begin_program(run, why->plan);
    uint64_t *universe = ARENA_ARRAY(run->segment_data, uint64_t, run->persons / 64 + 1);
    universe[why->person / 64] |= UINT64_C(1) << (why->person % 64);
    run->universe = universe;
    bool done = steps_tell(why, &result, err);
    if (done) {
        why_take(why, &result, out_why);
    }
    segment_result_finish(&result);
    return done;
}

bool evaluate_why(const struct cohort_program *program, struct store_reader *reader, int64_t person_id, struct arena *arena,
                  struct cohort_why *out_why, struct error *err)
{
    const struct evaluate_options options = {.wants_rows = true};
    struct store_segment *segment = NULL;
    struct program_plan plan;
    struct shared_lookups lookups = {0};
    struct segment_run run;
    struct telling_why why = {.program = program, .run = &run, .plan = &plan, .arena = arena, .events.maximum = 1 << 20};
    TRY(evaluate_demand(program, reader, true, err));
    TRY(person_find(reader, person_id, &segment, &why.person, err));
    bool done = program_plan_make(&plan, program, NEED_ENDS | NEED_ROWS, err);
    for (size_t i = 0; i < plan.criteria.count; i++) {
        plan.criteria.items[i].needs |= NEED_ENDS | NEED_ROWS; /* records are told with their ids and dates */
    }
    segment_run_init(&run, reader, &options, &lookups);
    run.program_data = arena_create();
    done = done && shared_lookups_read(&lookups, reader, plan.tables, arena, err) && person_tell(&why, segment, out_why, err);
    arena_destroy(run.program_data);
    segment_run_finish(&run);
    program_plan_finish(&plan);
    why_events_finish(&why.events);
    return done;
}
