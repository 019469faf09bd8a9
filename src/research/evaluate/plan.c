/* SPDX-License-Identifier: EUPL-1.2 */
/* plan: the steps of a program, from what program_plan found out and plan_estimate expects. */
#include "research/evaluate/evaluate_plan.h"
#include "research/evaluate/plan_estimate.h"
#include <math.h>

const char *plan_step_kind_name(enum plan_step_kind kind)
{
    static const char *const names[PLAN_STEP_KINDS] = {"criterion", "primary", "additional", "rule", "exit", "collapse"};
    return names[kind];
}

const char *plan_access_name(enum plan_access access)
{
    static const char *const names[] = {"postings", "postings of both", "whole table", ""};
    return names[access];
}

static uint64_t whole(double rows)
{
    return rows > 0 ? (uint64_t)llround(rows) : 0;
}

static void criterion_step(const struct program_plan *plan, const struct estimates *estimates, size_t position, struct plan_step *step)
{
    const struct planned_criterion *planned = &plan->criteria.items[position];
    const struct cohort_criterion *criterion = planned->criterion;
    const struct cohort_concept_set *sets = plan->program->concept_sets;
    const bool by_concept = criterion->concept_set != COHORT_NO_SET, by_source = criterion->source_concept_set != COHORT_NO_SET;
    *step = (struct plan_step){.kind = PLAN_CRITERION,
                               .path = criterion->path,
                               .name = "",
                               .criterion = criterion,
                               .uses = planned->uses,
                               .estimated_found = whole(estimates->criteria[position].found),
                               .estimated_kept = whole(estimates->criteria[position].kept)};
    step->access = by_concept && by_source ? PLAN_BY_BOTH : by_concept || by_source ? PLAN_BY_CONCEPT : PLAN_WHOLE_TABLE;
    step->concepts += by_concept ? sets[criterion->concept_set].members.count : 0;
    step->concepts += by_source ? sets[criterion->source_concept_set].members.count : 0;
}

static void other_step(struct plan_step *step, enum plan_step_kind kind, const char *path, const char *name, double found, double kept)
{
    *step = (struct plan_step){.kind = kind,
                               .path = path ? path : "",
                               .name = name,
                               .access = PLAN_NO_ACCESS,
                               .uses = 1,
                               .estimated_found = whole(found),
                               .estimated_kept = whole(kept)};
}

static void other_steps(const struct program_plan *plan, const struct estimates *estimates, struct plan_step *step)
{
    const struct cohort_program *program = plan->program;
    const double primary = estimate_primary(estimates);
    double qualified = primary, included;
    other_step(step++, PLAN_PRIMARY, "PrimaryCriteria", "", primary, primary);
    if (program->additional) {
        qualified *= estimate_group(estimates, program->additional);
        qualified = program->qualified_limit == COHORT_LIMIT_ALL ? qualified : estimate_persons(estimates, qualified);
    }
    other_step(step++, PLAN_ADDITIONAL, program->additional ? program->additional->path : "", "", primary, qualified);
    included = qualified;
    for (size_t i = 0; i < program->rule_count; i++) {
        const double share = estimate_group(estimates, &program->rules[i].group);
        other_step(step++, PLAN_RULE, program->rules[i].path, program->rules[i].name, qualified, qualified * share);
        included *= share;
    }
    included = program->expression_limit == COHORT_LIMIT_ALL ? included : estimate_persons(estimates, included);
    other_step(step++, PLAN_EXIT, program->exit.path, "", included, included);
    other_step(step, PLAN_COLLAPSE, "CollapseSettings", "", included, included);
}

static bool steps_make(struct cohort_plan *plan, const struct program_plan *program_plan, struct store_reader *reader, struct arena *arena,
                       struct error *err)
{
    struct estimates estimates;
    TRY(estimates_make(&estimates, program_plan, reader, arena, err));
    plan->persons = whole(estimates.persons);
    plan->segments = store_reader_segment_count(reader, OMOP_PERSON);
    plan->count = program_plan->criteria.count + 4 + program_plan->program->rule_count;
    plan->steps = ARENA_ARRAY(arena, struct plan_step, plan->count);
    for (size_t i = 0; i < program_plan->criteria.count; i++) {
        criterion_step(program_plan, &estimates, i, &plan->steps[i]);
    }
    other_steps(program_plan, &estimates, plan->steps + program_plan->criteria.count);
    return true;
}

bool cohort_plan_make(struct cohort_plan **out_plan, const struct cohort_program *program, struct store_reader *reader, struct arena *arena,
                      struct error *err)
{
    struct program_plan program_plan;
    struct cohort_plan *plan = ARENA_NEW(arena, struct cohort_plan);
    plan->program = program;
    bool is_made = program_plan_make(&program_plan, program, 0, err) && steps_make(plan, &program_plan, reader, arena, err);
    program_plan_finish(&program_plan);
    if (is_made) {
        *out_plan = plan;
    }
    return is_made;
}

bool cohort_plan_run(struct cohort_plan *plan, struct store_reader *reader, const struct evaluate_options *options,
                     struct cohort_result **out_result, struct error *err)
{
    struct evaluate_options with_plan = options ? *options : (struct evaluate_options){.pool = NULL};
    with_plan.plan = plan;
    return evaluate_cohort(plan->program, reader, &with_plan, out_result, err);
}
