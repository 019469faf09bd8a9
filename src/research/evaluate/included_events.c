/* SPDX-License-Identifier: EUPL-1.2 */
/* included_events: each limit keeps one event of a person by its start; equal starts are decided by the event id, which is the order of
 * the table [4.1]. Limits compose: an early First removes later events before the next stage looks [6]. */
#include "research/evaluate/included_events.h"
#include "research/evaluate/group.h"
#include <string.h>

/* ---- limits ---- */
static void limit_apply(enum cohort_limit limit, const struct event_table *events, uint8_t *keep)
{
    for (size_t first = 0; limit != COHORT_LIMIT_ALL && first < events->count;) {
        size_t end = first, best = SIZE_MAX;
        for (; end < events->count && events->persons[end] == events->persons[first]; end++) {
            bool is_better = best == SIZE_MAX || (limit == COHORT_LIMIT_FIRST ? events->starts[end] < events->starts[best]
                                                                              : events->starts[end] > events->starts[best]);
            if (keep[end] && is_better) {
                best = end;
            }
        }
        for (size_t i = first; i < end; i++) {
            keep[i] = i == best;
        }
        first = end;
    }
}

bool qualified_events_keep(struct segment_run *run, struct event_table *events, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    if (!program->additional) {
        return true; /* the qualified limit is ignored then, whatever it says */
    }
    struct arena_mark mark = arena_mark_take(run->scratch);
    uint8_t *keep = arena_allocate_raw(run->scratch, events->count + 1, 1);
    TRY(group_evaluate(run, program->additional, events, NULL, keep, err));
    limit_apply(program->qualified_limit, events, keep);
    event_table_keep(events, keep, run->program_data, events);
    events->one_per_person |= program->qualified_limit != COHORT_LIMIT_ALL;
    arena_mark_release(run->scratch, mark);
    return true;
}

/* ---- statistics ---- */
/* Best of a person: most rules met, then the lowest rule met (0 if none), then the start, then the event id [9]. */
static bool is_better(uint64_t mask, int32_t start, uint64_t best_mask, int32_t best_start)
{
    int met = __builtin_popcountll(mask), best_met = __builtin_popcountll(best_mask);
    int lowest = mask ? __builtin_ctzll(mask) : 0, best_lowest = best_mask ? __builtin_ctzll(best_mask) : 0;
    if (met != best_met) {
        return met > best_met;
    }
    return lowest != best_lowest ? lowest < best_lowest : start < best_start;
}

/* Events and persons by the number of rules that they meet without a gap from the first one on. */
struct met_counts {
    uint64_t events[COHORT_RULES_MAX + 1], persons[COHORT_RULES_MAX + 1];
};

static void attrition_add(const struct met_counts *met, size_t rules, struct segment_result *result)
{
    struct cohort_remaining sum = {0, 0};
    for (size_t rule = rules; rule-- > 0;) {
        sum.events += met->events[rule + 1];
        sum.persons += met->persons[rule + 1];
        result->after_rule[rule].events += sum.events;
        result->after_rule[rule].persons += sum.persons;
    }
}

/* With few rules there are few masks: they are counted where they are, and only then looked up in the tables. */
enum { COUNTED_RULES_MAX = 6 };
struct mask_counts {
    uint64_t counts[COHORT_STATISTICS_MODES][1 << COUNTED_RULES_MAX];
};

static bool mask_count(struct mask_counts *counts, bool are_few, int mode, uint64_t mask, struct segment_result *result, struct error *err)
{
    if (are_few) {
        counts->counts[mode][mask]++;
        return true;
    }
    return mask_table_add(&result->masks[mode], mask, 1, err);
}

static bool mask_counts_add(const struct mask_counts *counts, struct segment_result *result, struct error *err)
{
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        for (uint64_t mask = 0; mask < UINT64_C(1) << COUNTED_RULES_MAX; mask++) {
            TRY(mask_table_add(&result->masks[mode], mask, counts->counts[mode][mask], err));
        }
    }
    return true;
}

static unsigned met_in_order(uint64_t mask)
{
    return (unsigned)__builtin_ctzll(~mask); /* at most 53 rules: the complement is never 0 */
}

/* One event a person: it is the best one, too, and both modes are the same. */
static bool statistics_of_single(const struct event_table *events, const uint64_t *masks, bool are_few, struct mask_counts *counts,
                                 struct met_counts *met, struct segment_result *result, struct error *err)
{
    for (size_t i = 0; i < events->count; i++) {
        met->events[met_in_order(masks[i])]++;
        TRY(mask_count(counts, are_few, COHORT_ALL_EVENTS, masks[i], result, err));
    }
    memcpy(met->persons, met->events, sizeof met->persons);
    memcpy(counts->counts[COHORT_BEST_EVENTS], counts->counts[COHORT_ALL_EVENTS], sizeof counts->counts[COHORT_BEST_EVENTS]);
    const struct mask_table *table = &result->masks[COHORT_ALL_EVENTS];
    for (size_t i = 0; i < table->capacity; i++) {
        TRY(mask_table_add(&result->masks[COHORT_BEST_EVENTS], table->slots[i].mask, table->slots[i].count, err));
    }
    return true;
}

static bool statistics_of_several(const struct event_table *events, const uint64_t *masks, bool are_few, struct mask_counts *counts,
                                  struct met_counts *all_met, struct segment_result *result, struct error *err)
{
    for (size_t first = 0; first < events->count;) {
        size_t end = first, best = first;
        unsigned person_met = 0;
        for (; end < events->count && events->persons[end] == events->persons[first]; end++) {
            unsigned met = met_in_order(masks[end]);
            person_met = met > person_met ? met : person_met;
            all_met->events[met]++;
            TRY(mask_count(counts, are_few, COHORT_ALL_EVENTS, masks[end], result, err));
            if (end > first && is_better(masks[end], events->starts[end], masks[best], events->starts[best])) {
                best = end;
            }
        }
        all_met->persons[person_met]++;
        TRY(mask_count(counts, are_few, COHORT_BEST_EVENTS, masks[best], result, err));
        first = end;
    }
    return true;
}

/* result has no statistics yet. */
static bool statistics_add(const struct event_table *events, const uint64_t *masks, size_t rules, struct segment_result *result,
                           struct error *err)
{
    struct mask_counts counts = {0};
    struct met_counts met = {{0}, {0}};
    const bool are_few = rules <= COUNTED_RULES_MAX;
    TRY(events->one_per_person ? statistics_of_single(events, masks, are_few, &counts, &met, result, err)
                               : statistics_of_several(events, masks, are_few, &counts, &met, result, err));
    attrition_add(&met, rules, result);
    return mask_counts_add(&counts, result, err);
}

/* ---- rules ---- */
static bool rules_evaluate(struct segment_run *run, const struct event_table *events, uint64_t *masks, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    uint8_t *passes = arena_allocate_raw(run->scratch, events->count + 1, 1);
    for (size_t rule = 0; rule < program->rule_count && events->count > 0; rule++) {
        TRY(segment_run_check(run, err));
        const size_t before = step_enter(run, step_position(run, PLAN_RULE, rule));
        uint64_t passed = 0;
        TRY(group_evaluate(run, &program->rules[rule].group, events, NULL, passes, err));
        for (size_t i = 0; i < events->count; i++) {
            masks[i] |= (uint64_t)passes[i] << rule;
            passed += passes[i];
        }
        step_leave(run, before, passed);
    }
    return true;
}

bool included_events_by_masks(struct segment_run *run, struct event_table *events, const uint64_t *masks, struct segment_result *result,
                              struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    struct arena_mark mark = arena_mark_take(run->scratch);
    uint64_t all = (UINT64_C(1) << program->rule_count) - 1;
    if (program->rule_count > 0) {
        TRY(statistics_add(events, masks, program->rule_count, result, err));
    }
    if (program->rule_count > 0 || program->expression_limit != COHORT_LIMIT_ALL) {
        uint8_t *keep = arena_allocate_raw(run->scratch, events->count + 1, 1);
        for (size_t i = 0; i < events->count; i++) {
            keep[i] = masks[i] == all;
        }
        limit_apply(program->expression_limit, events, keep);
        event_table_keep(events, keep, run->program_data, events);
        events->one_per_person |= program->expression_limit != COHORT_LIMIT_ALL;
    }
    arena_mark_release(run->scratch, mark);
    return true;
}

bool included_events_keep(struct segment_run *run, struct event_table *events, struct segment_result *result, struct error *err)
{
    struct arena_mark mark = arena_mark_take(run->scratch);
    uint64_t *masks = ARENA_ARRAY(run->scratch, uint64_t, events->count + 1);
    if (run->plan->program->rule_count > 0) {
        TRY(rules_evaluate(run, events, masks, err));
    }
    TRY(included_events_by_masks(run, events, masks, result, err));
    arena_mark_release(run->scratch, mark);
    return true;
}
