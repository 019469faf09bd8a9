/* SPDX-License-Identifier: EUPL-1.2 */
/* model: candidates counted by pattern, weights for each, and which patterns are taken. */
#include "intake/linkage/candidates.h"
#include "intake/linkage/linkage_internal.h"
#include <stdlib.h>

enum { PATTERN_BITS = 4 * FIELD_COUNT, PATTERNS = 1 << PATTERN_BITS };
#define STRENGTH 100.0 /* pairs that the first weights count for */

/* Tables by pattern. */
struct tables {
    uint64_t *counts; /* [2 * pattern]: between holders, within one */
    uint32_t *places; /* [pattern]: its place in the model */
    struct pattern_count *between, *within;
};
static void tables_value_cleanup(struct tables *tables)
{
    free(tables->counts);
    free(tables->places);
    free(tables->between);
    free(tables->within);
}

void linkage_model_destroy(struct linkage_model *model)
{
    if (model) {
        arena_destroy(model->names);
        free(model->patterns);
        free(model);
    }
}

/* Duplicates at one holder weigh more than links between two: a hospital that merges two patients harms them. */
static bool is_surely_duplicate(uint64_t pattern)
{
    const unsigned identity = pattern_level(pattern, FIELD_IDENTITY), number = pattern_level(pattern, FIELD_NUMBER);
    const bool same_number = number == NUMBER_OWN && identity != AGREE_TWIN && identity != AGREE_NOTHING;
    const bool same_home = pattern_level(pattern, FIELD_RESIDENCE) == 1;
    return pattern_level(pattern, FIELD_SEX) != 2 && number != NUMBER_OTHER &&
           (same_number || identity == AGREE_ALL_PLACE || (identity == AGREE_ALL && same_home));
}

static int model_pattern_compare(const void *a, const void *b)
{
    const struct model_pattern *x = a, *y = b;
    return x->weight > y->weight ? -1 : x->weight < y->weight ? 1 : (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

static void patterns_weigh(struct linkage_model *model, const struct linkage_options *options, struct linkage_counts *counts)
{
    for (size_t i = 0; i < model->pattern_count; i++) {
        struct model_pattern *pattern = &model->patterns[i];
        pattern->weight = weights_of(&model->weights, pattern->pattern);
        pattern->probability = weights_probability(pattern->weight, model->weights.prior);
        pattern->probability_within = weights_probability(pattern->weight, model->prior_within);
        const bool is_other = pattern_level(pattern->pattern, FIELD_NUMBER) == NUMBER_OTHER;
        const bool is_twin = comparison_is_twin(pattern->pattern), is_likely = pattern->probability >= options->accept;
        pattern->is_taken = is_likely && !is_twin && !is_other;
        pattern->is_taken_within = pattern->probability_within >= options->accept_within && is_surely_duplicate(pattern->pattern);
        counts->taken += pattern->is_taken ? pattern->count : 0;
        counts->taken_within += pattern->is_taken_within ? pattern->count_within : 0;
        counts->twin_pairs += is_likely && is_twin ? pattern->count : 0;
        counts->conflicts[LINKAGE_CONFLICT_NIR] += is_likely && is_other ? pattern->count : 0;
        counts->pairs += pattern->count;
        counts->pairs_within += pattern->count_within;
    }
    qsort(model->patterns, model->pattern_count, sizeof *model->patterns, model_pattern_compare);
}

/* Patterns that occur, ascending, with how often. */
static bool patterns_list(struct linkage_model *model, struct tables *tables, struct error *err)
{
    size_t distinct = 0;
    for (size_t i = 0; i < PATTERNS; i++) {
        distinct += tables->counts[2 * i] + tables->counts[2 * i + 1] > 0;
    }
    model->patterns = calloc(distinct + 1, sizeof *model->patterns);
    tables->between = calloc(distinct + 1, sizeof *tables->between);
    tables->within = calloc(distinct + 1, sizeof *tables->within);
    if (!model->patterns || !tables->between || !tables->within) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    for (size_t i = 0; i < PATTERNS; i++) {
        const uint64_t between = tables->counts[2 * i], within = tables->counts[2 * i + 1];
        if (between + within > 0) {
            const size_t at = model->pattern_count++;
            model->patterns[at] = (struct model_pattern){.pattern = i, .count = between, .count_within = within};
            tables->between[at] = (struct pattern_count){i, between};
            tables->within[at] = (struct pattern_count){i, within};
        }
    }
    return true;
}

static bool tables_make(struct tables *tables, const struct linkage_entry *entries, const struct candidates *candidates, struct error *err)
{
    tables->counts = calloc(2 * (size_t)PATTERNS, sizeof *tables->counts);
    tables->places = calloc(PATTERNS, sizeof *tables->places);
    if (!tables->counts || !tables->places) {
        return FAIL(err, LIMIT, "not enough memory for linkage");
    }
    for (size_t i = 0; i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        const bool is_within = entries[candidate->a].holder == entries[candidate->b].holder;
        tables->counts[2 * (size_t)candidate->pattern + is_within]++;
    }
    return true;
}

/* Weights are used again, so that links do not move with each delivery, until there are twice as many pairs to make them from. */
static bool weights_are_good(const struct linkage_state *state, const struct linkage_options *options, uint64_t pairs)
{
    return state && state->has_weights && !options->estimate_again && pairs < 2 * state->weights_pairs;
}

bool linkage_model_make(struct linkage_model *model, struct candidates *candidates, const struct linkage_entry *entries, size_t entry_count,
                        const struct linkage_state *state, const struct linkage_options *options, struct linkage_counts *counts,
                        struct error *err)
{
    CLEANUP(tables_value) struct tables tables = {0};
    TRY(tables_make(&tables, entries, candidates, err));
    TRY(patterns_list(model, &tables, err));
    uint64_t pairs = 0;
    for (size_t i = 0; i < model->pattern_count; i++) {
        pairs += tables.between[i].count;
    }
    if (weights_are_good(state, options, pairs)) {
        model->weights = state->weights;
        model->prior_within = state->prior_within;
        model->pairs = state->weights_pairs;
    } else {
        comparison_model(&model->weights);
        comparison_model_fit(&model->weights, entries, entry_count);
        weights_estimate(&model->weights, tables.between, model->pattern_count, STRENGTH);
        model->prior_within = weights_prior(&model->weights, tables.within, model->pattern_count, 0.1);
        model->pairs = pairs;
    }
    patterns_weigh(model, options, counts);
    for (size_t i = 0; i < model->pattern_count; i++) {
        tables.places[model->patterns[i].pattern] = (uint32_t)i;
    }
    for (size_t i = 0; i < candidates->count; i++) {
        candidates->items[i].pattern = tables.places[candidates->items[i].pattern];
    }
    return true;
}
