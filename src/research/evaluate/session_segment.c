/* SPDX-License-Identifier: EUPL-1.2 */
/* session_segment: every step is the one that evaluate_cohort takes, so the counts are the same; what a step gave is copied into an arena
 * that outlives the count. Rows of criteria are of the persons with primary events, whatever the additional criteria leave of them, so that
 * they stay good when those change. */
#include "research/evaluate/session_segment.h"
#include "research/evaluate/collapse.h"
#include "research/evaluate/exit_dates.h"
#include "research/evaluate/group.h"
#include "research/evaluate/included_events.h"
#include "research/evaluate/primary_events.h"
#include <stdlib.h>
#include <string.h>

/* The run of a worker on a segment; begun only when something has to be read. */
struct work_place {
    struct segment_run *run;
    const struct session_question *question;
    struct store_segment *segment;
    bool is_begun;
    struct primary_part *primary;
    struct qualified_part *qualified;
};

static bool place_begin(struct work_place *place, struct error *err)
{
    if (place->is_begun) {
        return true;
    }
    TRY(segment_run_begin(place->run, place->segment, err));
    segment_run_begin_program(place->run, place->question->plan);
    place->run->shared = &place->primary->lists;
    place->run->shared_bytes = 0;
    place->run->universe = place->primary->universe;
    place->is_begun = true;
    return segment_run_check(place->run, err);
}

/* ---- copies that outlive the count ---- */
static const void *column_copy(const void *values, size_t count, size_t size, struct arena *arena)
{
    if (!values) {
        return NULL;
    }
    void *copy = arena_allocate_raw(arena, count + 1, size);
    memcpy(copy, values, count * size);
    return copy;
}

static void events_copy(const struct event_table *events, struct arena *arena, struct event_table *out_events)
{
    struct event_table copy = *events;
    copy.persons = column_copy(events->persons, events->count, sizeof *events->persons, arena);
    copy.starts = column_copy(events->starts, events->count, sizeof *events->starts, arena);
    copy.ends = column_copy(events->ends, events->count, sizeof *events->ends, arena);
    copy.period_starts = column_copy(events->period_starts, events->count, sizeof *events->period_starts, arena);
    copy.period_ends = column_copy(events->period_ends, events->count, sizeof *events->period_ends, arena);
    copy.visits = column_copy(events->visits, events->count, sizeof *events->visits, arena);
    *out_events = copy;
}

static struct cohort_remaining remaining_of(const struct event_table *events)
{
    return (struct cohort_remaining){events->count, event_table_persons(events)};
}

/* ---- finding what is not kept ---- */
static bool primary_find(struct work_place *place, struct error *err)
{
    struct primary_part *part = place->primary;
    struct segment_run *run = place->run;
    struct event_table events;
    TRY(place_begin(place, err));
    run->universe = NULL;
    TRY(primary_events_find(run, &events, err));
    struct arena *arena = arena_create();
    events_copy(&events, arena, &part->events);
    part->remaining = remaining_of(&events);
    universe_narrow(run, &events);
    part->universe = column_copy(run->universe, run->persons / 64 + 1, sizeof *run->universe, arena);
    run->universe = part->universe;
    part->arena = arena;
    return true;
}

static bool qualified_find(struct work_place *place, struct error *err)
{
    struct qualified_part *part = place->qualified;
    struct event_table events = place->primary->events;
    if (place->question->plan->program->additional) {
        TRY(place_begin(place, err));
        TRY(qualified_events_keep(place->run, &events, err));
    }
    struct arena *arena = arena_create();
    if (place->question->plan->program->additional) {
        events_copy(&events, arena, &part->events);
    } else {
        part->events = events; /* the columns are those of the primary events */
    }
    part->remaining = remaining_of(&part->events);
    part->masks = ARENA_ARRAY(arena, uint64_t, events.count + 1);
    part->ready = 0;
    part->arena = arena;
    return true;
}

static bool rule_find(struct work_place *place, const struct cohort_rule *rule, unsigned slot, struct error *err)
{
    struct qualified_part *part = place->qualified;
    TRY(place_begin(place, err));
    struct arena_mark mark = arena_mark_take(place->run->scratch);
    uint8_t *passes = arena_allocate_raw(place->run->scratch, part->events.count + 1, 1);
    if (part->events.count > 0) {
        TRY(group_evaluate(place->run, &rule->group, &part->events, NULL, passes, err));
    }
    const uint64_t bit = UINT64_C(1) << slot;
    for (size_t i = 0; i < part->events.count; i++) {
        part->masks[i] = (part->masks[i] & ~bit) | ((uint64_t)passes[i] << slot);
    }
    part->ready |= bit;
    arena_mark_release(place->run->scratch, mark);
    return true;
}

static bool exits_find(struct work_place *place, struct error *err)
{
    struct qualified_part *part = place->qualified;
    const int32_t *exits;
    TRY(place_begin(place, err));
    TRY(exit_dates_find(place->run, &part->events, &exits, err));
    int32_t *kept = malloc((part->events.count + 1) * sizeof *kept);
    if (!kept) {
        return FAIL(err, LIMIT, "no memory left for the exit dates of a segment");
    }
    memcpy(kept, exits, part->events.count * sizeof *kept);
    part->exits[place->question->exits] = kept;
    return true;
}

static bool missing_find(struct work_place *place, struct error *err)
{
    const struct session_question *question = place->question;
    TRY(place->primary->arena || primary_find(place, err));
    TRY(place->qualified->arena || qualified_find(place, err));
    for (size_t r = 0; r < question->rule_count; r++) {
        if (!(place->qualified->ready >> question->slots[r] & 1)) {
            TRY(segment_run_check(place->run, err));
            TRY(rule_find(place, &question->counted->rules[r], question->slots[r], err));
        }
    }
    return place->qualified->exits[question->exits] || exits_find(place, err);
}

/* ---- counting ---- */
/* Bits of slots become bits of rules in their order: a byte of the mask at a time. */
struct mask_order {
    uint64_t bits[SLOTS / 8][256];
    unsigned bytes; /* that hold the slot of a rule */
    unsigned places[SLOTS / 8];
};

static void mask_order_make(const struct session_question *question, struct mask_order *order)
{
    uint64_t used = 0;
    memset(order, 0, sizeof *order);
    for (size_t r = 0; r < question->rule_count; r++) {
        unsigned slot = question->slots[r];
        used |= UINT64_C(1) << slot;
        for (unsigned value = 0; value < 256; value++) {
            order->bits[slot / 8][value] |= (uint64_t)(value >> (slot % 8) & 1) << r;
        }
    }
    for (unsigned at = 0; at < SLOTS / 8; at++) {
        if (used >> (8 * at) & 0xFF) {
            order->places[order->bytes++] = at;
        }
    }
}

static const uint64_t *masks_in_order(const struct session_question *question, const struct qualified_part *part, struct arena *scratch)
{
    struct mask_order *order = arena_allocate_raw(scratch, 1, sizeof *order);
    uint64_t *masks = ARENA_ARRAY(scratch, uint64_t, part->events.count + 1);
    mask_order_make(question, order);
    for (unsigned k = 0; k < order->bytes; k++) {
        const uint64_t *bits = order->bits[order->places[k]];
        const unsigned shift = 8 * order->places[k];
        for (size_t i = 0; i < part->events.count; i++) {
            masks[i] |= bits[part->masks[i] >> shift & 0xFF];
        }
    }
    return masks;
}

/* Events with nothing but what is still needed: the exit date stands in the place of the end, and so stays with its event. */
static bool count(struct work_place *place, struct segment_result *result, struct error *err)
{
    const struct session_question *question = place->question;
    const struct qualified_part *part = place->qualified;
    struct segment_run *run = place->run;
    const struct program_plan plan = {.program = question->counted};
    struct event_table events = {.count = part->events.count,
                                 .persons = part->events.persons,
                                 .starts = part->events.starts,
                                 .ends = part->exits[question->exits],
                                 .key_count = part->events.count,
                                 .one_per_person = part->events.one_per_person};
    arena_reset(run->program_data);
    arena_reset(run->scratch);
    run->plan = &plan;
    result->primary = place->primary->remaining;
    result->qualified = part->remaining;
    const uint64_t *masks = masks_in_order(question, part, run->scratch);
    bool done = included_events_by_masks(run, &events, masks, result, err);
    if (done) {
        result->included = remaining_of(&events);
        done = collapse_events(run, &events, events.ends, result, err);
    }
    run->plan = NULL;
    return done;
}

bool session_segment_count(struct segment_run *run, const struct session_question *question, struct store_segment *segment, size_t index,
                           struct segment_result *result, struct error *err)
{
    struct work_place place = {.run = run,
                               .question = question,
                               .segment = segment,
                               .primary = &question->primary->parts[index],
                               .qualified = &question->qualified->parts[index]};
    run->work = (struct evaluate_work){.criteria = question->plan->criteria.count};
    TRY(missing_find(&place, err));
    result->work = run->work;
    return count(&place, result, err);
}
