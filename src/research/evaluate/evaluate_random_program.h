/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_random_program: whole random programs over the population of evaluate_random.h, and whether two results say the same. Only for
 * tests. */
#pragma once
#include "research/evaluate/evaluate_random.h"

/* ---- whole programs ---- */
enum { RANDOM_RULES = 8, RANDOM_ITEMS = 3 };
/* The parts that a program borrows. */
struct random_program {
    struct cohort_program program;
    struct cohort_criterion primary[2], additional_rows, censoring, rows[RANDOM_RULES][RANDOM_ITEMS];
    struct cohort_correlated additional_item, items[RANDOM_RULES][RANDOM_ITEMS], nested_item;
    struct cohort_criterion nested_rows;
    struct cohort_group additional, nested;
    struct cohort_demographic demographic;
    struct cohort_rule rules[RANDOM_RULES];
};

static inline __attribute__((unused)) struct cohort_group random_group(struct cohort_criterion *rows, struct cohort_correlated *items)
{
    struct cohort_group group = {.kind = (enum cohort_group_kind)below(4), .number = below(3), .correlated = items, .path = ""};
    group.correlated_count = (size_t)1 + (size_t)below(RANDOM_ITEMS);
    for (size_t i = 0; i < group.correlated_count; i++) {
        rows[i] = random_criterion();
        items[i] = random_item(&rows[i]);
    }
    return group;
}

static inline __attribute__((unused)) void random_rule(struct random_program *random, int rule)
{
    random->rules[rule] = (struct cohort_rule){.name = "rule", .description = "", .path = ""};
    random->rules[rule].group = random_group(random->rows[rule], random->items[rule]);
    if (below(5) == 0) {
        random->rules[rule].group.demographics = &random->demographic;
        random->rules[rule].group.demographic_count = 1;
    }
    if (below(5) == 0) {
        random->rows[rule][0].nested = &random->nested;
    }
}

static inline __attribute__((unused)) enum cohort_limit random_limit(void)
{
    return (enum cohort_limit)below(3);
}

static inline __attribute__((unused)) void random_events(struct random_program *random)
{
    random->primary[0] = random_criterion();
    random->primary[1] = random_criterion();
    random->program.primary = random->primary;
    random->program.primary_count = (size_t)1 + (below(4) == 0);
    random->program.prior_days = below(3) ? 0 : 50;
    random->program.primary_limit = below(3) ? COHORT_LIMIT_ALL : random_limit();
}

static inline __attribute__((unused)) void random_additional(struct random_program *random)
{
    bool is_there = below(2);
    random->additional = random_group(&random->additional_rows, &random->additional_item);
    random->additional.correlated_count = 1;
    random->program.additional = is_there ? &random->additional : NULL;
    random->program.qualified_limit = is_there ? random_limit() : COHORT_LIMIT_ALL;
}

static inline __attribute__((unused)) void random_end(struct random_program *random)
{
    random->censoring = random_criterion();
    random->program.exit = (struct cohort_exit){
        .kind = below(2) ? COHORT_EXIT_OFFSET : COHORT_EXIT_PERIOD_END, .from_end = below(2), .offset = below(60) - 5, .path = ""};
    random->program.exit.drug_set = COHORT_NO_SET;
    random->program.exit.from_end &= random->program.exit.kind == COHORT_EXIT_OFFSET;
    random->program.exit.offset = random->program.exit.kind == COHORT_EXIT_OFFSET ? random->program.exit.offset : 0;
    random->program.censoring = &random->censoring;
    random->program.censoring_count = (size_t)below(2);
    random->program.era_pad = below(3) ? 0 : 20;
    random->program.expression_limit = random_limit();
    random->program.has_censor_end = below(4) == 0;
    random->program.censor_end = (day){FIRST_DAY + 300};
}

static inline __attribute__((unused)) void random_program_make(struct random_program *random, int rules)
{
    *random = (struct random_program){.program = {.name = "random", .title = "", .concept_sets = sets, .concept_set_count = SETS}};
    random->demographic = (struct cohort_demographic){.path = ""};
    random->nested_rows = random_criterion();
    random->nested_item = random_item(&random->nested_rows);
    random->nested = (struct cohort_group){.kind = COHORT_ANY, .correlated = &random->nested_item, .correlated_count = 1, .path = ""};
    random_events(random);
    random_additional(random);
    random_end(random);
    random->program.rules = random->rules;
    random->program.rule_count = (size_t)rules;
    for (int rule = 0; rule < rules; rule++) {
        random_rule(random, rule);
    }
}

/* Everything that a result says, but how long it took. */
static inline __attribute__((unused)) bool random_results_are_same(const struct cohort_result *a, const struct cohort_result *b)
{
    const struct cohort_attrition *x = &a->attrition, *y = &b->attrition;
    bool same = a->persons == b->persons && x->rule_count == y->rule_count && memcmp(&x->primary, &y->primary, sizeof x->primary) == 0 &&
                memcmp(&x->qualified, &y->qualified, sizeof x->qualified) == 0 &&
                memcmp(&x->included, &y->included, sizeof x->included) == 0 && memcmp(&x->cohort, &y->cohort, sizeof x->cohort) == 0 &&
                x->censored_persons == y->censored_persons;
    for (size_t r = 0; same && r < x->rule_count; r++) {
        same = memcmp(&x->after_rule[r], &y->after_rule[r], sizeof x->after_rule[r]) == 0;
    }
    for (int mode = 0; same && mode < COHORT_STATISTICS_MODES; mode++) {
        const struct cohort_statistics *s = &a->statistics[mode], *t = &b->statistics[mode];
        same = s->mask_count == t->mask_count && s->base_count == t->base_count && s->final_count == t->final_count;
        same = same && (s->mask_count == 0 || memcmp(s->masks, t->masks, s->mask_count * sizeof *s->masks) == 0);
        same = same && (x->rule_count == 0 || memcmp(s->rules, t->rules, x->rule_count * sizeof *s->rules) == 0);
    }
    return same;
}
