/* SPDX-License-Identifier: EUPL-1.2 */
/* program_run: the pipeline of the cohort language, in its order, with the time that each step took. */
#include "research/evaluate/program_run.h"
#include "research/evaluate/collapse.h"
#include "research/evaluate/exit_dates.h"
#include "research/evaluate/included_events.h"
#include "research/evaluate/primary_events.h"

struct step_clock {
    int64_t begun, criteria_before;
};

static struct step_clock step_begin(const struct segment_run *run)
{
    return (struct step_clock){clock_monotonic_ns(), run->work.step_ns[EVALUATE_CRITERIA]};
}

/* The time of criteria that were evaluated on the way is theirs. */
static void step_end(struct segment_run *run, enum evaluate_step step, struct step_clock clock)
{
    int64_t criteria_ns = run->work.step_ns[EVALUATE_CRITERIA] - clock.criteria_before;
    run->work.step_ns[step] += clock_monotonic_ns() - clock.begun - criteria_ns;
}

static struct cohort_remaining remaining(const struct event_table *events)
{
    return (struct cohort_remaining){events->count, event_table_persons(events)};
}

void universe_narrow(struct segment_run *run, const struct event_table *events)
{
    if (event_table_persons(events) > run->persons / 2) {
        return;
    }
    uint64_t *universe = ARENA_ARRAY(run->program_data, uint64_t, run->persons / 64 + 1);
    for (size_t i = 0; i < events->count; i++) {
        universe[events->persons[i] / 64] |= UINT64_C(1) << (events->persons[i] % 64);
    }
    run->universe = universe;
}

static bool events_filter(struct segment_run *run, struct event_table *events, struct segment_result *result, struct error *err)
{
    struct step_clock clock = step_begin(run);
    size_t before = step_enter(run, step_position(run, PLAN_ADDITIONAL, 0));
    TRY(qualified_events_keep(run, events, err));
    step_leave(run, before, events->count);
    result->qualified = remaining(events);
    if (run->plan->program->additional) {
        universe_narrow(run, events);
    }
    step_end(run, EVALUATE_ADDITIONAL, clock);
    clock = step_begin(run);
    TRY(included_events_keep(run, events, result, err));
    result->included = remaining(events);
    step_end(run, EVALUATE_RULES, clock);
    return true;
}

static void state_leave(const struct segment_run *run, struct program_state *state)
{
    state->lists = run->lists;
    state->loose_lists = run->loose_lists;
    state->universe = run->universe;
    state->work = run->work;
}

static void state_enter(struct segment_run *run, const struct program_plan *plan, const struct program_state *state)
{
    run->program_data = state->data;
    run->plan = plan;
    run->lists = state->lists;
    run->loose_lists = state->loose_lists;
    run->universe = state->universe;
    run->work = state->work;
    run->depth = 0;
}

bool program_run_begin(struct segment_run *run, const struct program_plan *plan, struct program_state *state, struct segment_result *result,
                       struct error *err)
{
    run->program_data = state->data;
    segment_run_begin_program(run, plan);
    TRY(segment_run_check(run, err));
    struct step_clock clock = step_begin(run);
    const size_t before = step_enter(run, step_position(run, PLAN_PRIMARY, 0));
    TRY(primary_events_find(run, &state->events, err));
    step_leave(run, before, state->events.count);
    result->primary = remaining(&state->events);
    universe_narrow(run, &state->events);
    step_end(run, EVALUATE_PRIMARY, clock);
    state_leave(run, state);
    return true;
}

bool program_run_end(struct segment_run *run, const struct program_plan *plan, struct program_state *state, struct segment_result *result,
                     struct error *err)
{
    const int32_t *exits;
    state_enter(run, plan, state);
    TRY(events_filter(run, &state->events, result, err));
    struct step_clock clock = step_begin(run);
    size_t before = step_enter(run, step_position(run, PLAN_EXIT, 0));
    TRY(exit_dates_find(run, &state->events, &exits, err));
    step_leave(run, before, state->events.count);
    step_end(run, EVALUATE_EXIT, clock);
    clock = step_begin(run);
    before = step_enter(run, step_position(run, PLAN_COLLAPSE, 0));
    TRY(collapse_events(run, &state->events, exits, result, err));
    step_leave(run, before, result->cohort.events);
    step_end(run, EVALUATE_COLLAPSE, clock);
    TRY(segment_run_check(run, err));
    result->work = run->work;
    return true;
}
