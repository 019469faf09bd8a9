/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage: the run: candidates, weights, what is taken, duplicates at a holder, uniqueness, closure, numbers. */
#include "intake/linkage/linkage.h"
#include "intake/identity/identity_place.h"
#include "intake/linkage/candidates.h"
#include "intake/linkage/closure.h"
#include "intake/linkage/linkage_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MAX = 60 };

struct run {
    const struct linkage_entry *entries;
    size_t count;
    struct linkage_options options;
    struct linkage_entry *copies; /* without numbers */
    struct candidates candidates;
    uint32_t *order, *order_within; /* candidates that are taken between holders, within one: descending weight, then (a, b) */
    size_t order_count, order_within_count;
    uint8_t *sides; /* [place in order]: bit 0, 1: it is the best for a, for b; bit 2: it is one of several */
    struct closure local, all;
    uint32_t *locals, *roots;
    struct linkage_result *result;
    struct linkage_state next;
};

void linkage_result_destroy(struct linkage_result *result)
{
    if (result) {
        free(result->links);
        free(result->events);
        linkage_model_destroy(result->model);
        free(result);
    }
}

static void run_destroy(struct run *run)
{
    free(run->copies);
    candidates_finish(&run->candidates);
    free(run->order);
    free(run->order_within);
    free(run->sides);
    closure_finish(&run->local);
    closure_finish(&run->all);
    free(run->locals);
    free(run->roots);
    free(run->next.rows);
    linkage_result_destroy(run->result);
}
static void run_value_cleanup(struct run *run)
{
    run_destroy(run);
}

static bool out_of_memory(struct error *err)
{
    return FAIL(err, LIMIT, "not enough memory for linkage");
}

uint32_t linkage_residence(struct text residence)
{
    char place[BIRTH_PLACE_LENGTH];
    int64_t number = 0;
    if (birth_place_read(residence, place) == BIRTH_PLACE_NONE) {
        return 0;
    }
    return text_to_i64((struct text){place, sizeof place}, &number) ? (uint32_t)number : 0;
}

const char *linkage_rule_name(enum linkage_rule rule)
{
    static const char *const names[LINKAGE_RULE_COUNT] = {"alone", "duplicate", "nir", "insured", "identity", "dropped"};
    return names[rule];
}

const char *linkage_rule_words(enum linkage_rule rule, bool in_french)
{
    static const char *const words[LINKAGE_RULE_COUNT][2] = {
        {"not linked", "non apparié"},
        {"another entry of the same holder", "doublon chez le même détenteur"},
        {"direct: own number", "direct : numéro propre"},
        {"direct: number of the insured, birth date, sex", "direct : numéro de l'assuré, date de naissance, sexe"},
        {"indirect: name, given name, birth date", "indirect : nom, prénom, date de naissance"},
        {"indirect: a criterion was dropped", "indirect : un critère abandonné"},
    };
    return words[rule][in_french];
}

static bool entries_check(const struct linkage_entry *entries, size_t count, struct error *err)
{
    if (count > 0 && entries[0].subject <= 0) {
        return FAIL(err, INVALID_ARGUMENT, "entry 1 for linkage has no subject");
    }
    for (size_t i = 1; i < count; i++) {
        const struct linkage_entry *before = &entries[i - 1], *entry = &entries[i];
        if (entry->subject <= 0 || entry->holder < before->holder ||
            (entry->holder == before->holder && entry->subject <= before->subject)) {
            return FAIL(err, INVALID_ARGUMENT, "entry %zu for linkage is not behind the one before it, by holder and subject", i + 1);
        }
    }
    return count < UINT32_MAX ? true : FAIL(err, LIMIT, "more entries than linkage can take");
}

static bool numbers_remove(struct run *run, struct error *err)
{
    run->copies = malloc((run->count + 1) * sizeof *run->copies);
    if (!run->copies) {
        return out_of_memory(err);
    }
    memcpy(run->copies, run->entries, run->count * sizeof *run->copies);
    for (size_t i = 0; i < run->count; i++) {
        uint64_t *tokens = run->copies[i].tokens;
        tokens[IDENTITY_KEY_INSURED - 1] = tokens[IDENTITY_KEY_NIR - 1] = tokens[IDENTITY_KEY_NIR_DOUBTFUL - 1] = 0;
    }
    run->entries = run->copies;
    return true;
}

/* Taken pairs by descending weight, (a, b) among equals: candidates come sorted by (a, b), so one counting sort by pattern does it. */
static bool order_make(struct run *run, bool within, uint32_t **out_order, size_t *out_count, struct error *err)
{
    const struct linkage_model *model = run->result->model;
    const struct candidates *candidates = &run->candidates;
    size_t *places = calloc(model->pattern_count + 1, sizeof *places);
    if (!places) {
        return out_of_memory(err);
    }
    size_t count = 0;
    for (size_t i = 0; i < model->pattern_count; i++) {
        const struct model_pattern *pattern = &model->patterns[i];
        places[i] = count;
        count += within ? (pattern->is_taken_within ? pattern->count_within : 0) : (pattern->is_taken ? pattern->count : 0);
    }
    uint32_t *order = malloc((count + 1) * sizeof *order);
    for (size_t i = 0; order && i < candidates->count; i++) {
        const struct candidate *candidate = &candidates->items[i];
        const struct model_pattern *pattern = &model->patterns[candidate->pattern];
        const bool is_within = run->entries[candidate->a].holder == run->entries[candidate->b].holder;
        if (is_within == within && (within ? pattern->is_taken_within : pattern->is_taken)) {
            order[places[candidate->pattern]++] = (uint32_t)i;
        }
    }
    free(places);
    *out_order = order;
    *out_count = count;
    return order ? true : out_of_memory(err);
}

/* Entries of one holder that are one person there. */
static bool locals_make(struct run *run, struct error *err)
{
    TRY(closure_init(&run->local, run->entries, run->count, err));
    TRY(order_make(run, true, &run->order_within, &run->order_within_count, err));
    for (size_t i = 0; i < run->order_within_count; i++) {
        const struct candidate *candidate = &run->candidates.items[run->order_within[i]];
        enum linkage_conflict why;
        if (!closure_join(&run->local, candidate->a, candidate->b, &why)) {
            run->result->counts.conflicts[why]++;
        }
    }
    run->locals = malloc((run->count + 1) * sizeof *run->locals);
    if (!run->locals) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < run->count; i++) {
        run->locals[i] = closure_find(&run->local, (uint32_t)i);
    }
    return true;
}

/* The taken pairs of each local person, by descending weight: lists[starts[p]] to lists[starts[p + 1]], as place * 2 + side. */
struct sides {
    uint32_t *starts, *lists;
};
static void sides_value_cleanup(struct sides *sides)
{
    free(sides->starts);
    free(sides->lists);
}

static bool sides_make(const struct run *run, struct sides *sides, struct error *err)
{
    if (run->order_count >= UINT32_MAX / 2) {
        return FAIL(err, LIMIT, "more pairs than linkage can take");
    }
    sides->starts = calloc(run->count + 2, sizeof *sides->starts);
    sides->lists = malloc((2 * run->order_count + 1) * sizeof *sides->lists);
    if (!sides->starts || !sides->lists) {
        return out_of_memory(err);
    }
    for (size_t i = 0; i < run->order_count; i++) {
        const struct candidate *candidate = &run->candidates.items[run->order[i]];
        sides->starts[run->locals[candidate->a] + 2]++;
        sides->starts[run->locals[candidate->b] + 2]++;
    }
    for (size_t i = 2; i < run->count + 2; i++) {
        sides->starts[i] += sides->starts[i - 1];
    }
    for (size_t i = 0; i < run->order_count; i++) { /* [p + 1] moves on from p's start to its end */
        const struct candidate *candidate = &run->candidates.items[run->order[i]];
        sides->lists[sides->starts[run->locals[candidate->a] + 1]++] = (uint32_t)(2 * i);
        sides->lists[sides->starts[run->locals[candidate->b] + 1]++] = (uint32_t)(2 * i + 1);
    }
    return true;
}

/* One local person and its pairs with one holder: the best other person there, unless another is as good. */
static void holder_decide(struct run *run, const uint32_t *list, size_t count, uint32_t holder)
{
    const struct linkage_model *model = run->result->model;
    uint32_t best = 0;
    double best_weight = 0;
    bool is_first = true, is_ambiguous = false;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            const struct candidate *candidate = &run->candidates.items[run->order[list[i] / 2]];
            const uint32_t other = list[i] & 1 ? candidate->a : candidate->b;
            if (run->entries[other].holder != holder) {
                continue;
            }
            const double weight = model->patterns[candidate->pattern].weight;
            if (pass == 0 && is_first) {
                best = run->locals[other];
                best_weight = weight;
                is_first = false;
            } else if (pass == 0) {
                is_ambiguous |= run->locals[other] != best && weight >= best_weight - run->options.margin;
            } else if (is_ambiguous) {
                run->sides[list[i] / 2] |= 4;
            } else if (run->locals[other] == best) {
                run->sides[list[i] / 2] |= (uint8_t)(1u << (list[i] & 1));
            }
        }
    }
}

static uint32_t other_holder(const struct run *run, uint32_t place_side)
{
    const struct candidate *candidate = &run->candidates.items[run->order[place_side / 2]];
    return run->entries[place_side & 1 ? candidate->a : candidate->b].holder;
}

/* EMC2-06: of several candidates at one holder, none. */
static bool unique_find(struct run *run, struct error *err)
{
    CLEANUP(sides_value) struct sides sides = {0};
    TRY(sides_make(run, &sides, err));
    run->sides = calloc(run->order_count + 1, 1);
    if (!run->sides) {
        return out_of_memory(err);
    }
    for (size_t person = 0; person < run->count; person++) {
        const uint32_t *list = sides.lists + sides.starts[person];
        const size_t count = sides.starts[person + 1] - sides.starts[person];
        for (size_t i = 0; i < count; i++) {
            const uint32_t holder = other_holder(run, list[i]);
            size_t earlier = 0;
            while (earlier < i && other_holder(run, list[earlier]) != holder) {
                earlier++;
            }
            if (earlier == i) { /* the first with this holder */
                holder_decide(run, list + i, count - i, holder);
            }
        }
    }
    return true;
}

static bool all_join(struct run *run, struct error *err)
{
    struct linkage_result *result = run->result;
    TRY(closure_init(&run->all, run->entries, run->count, err));
    run->all.locals = run->locals;
    enum linkage_conflict why;
    for (size_t i = 0; i < run->count; i++) {
        if (run->locals[i] != i && !closure_join(&run->all, run->locals[i], (uint32_t)i, &why)) {
            return FAIL(err, INTERNAL, "a person of one holder contradicts itself");
        }
    }
    for (size_t i = 0; i < run->order_count; i++) {
        const struct candidate *candidate = &run->candidates.items[run->order[i]];
        struct linkage_link *a = &result->links[candidate->a], *b = &result->links[candidate->b];
        if (run->sides[i] & 4) {
            a->is_ambiguous = b->is_ambiguous = true;
            result->counts.ambiguous_pairs++;
        } else if (run->sides[i] == 3 && !closure_join(&run->all, candidate->a, candidate->b, &why)) {
            a->is_conflicting = b->is_conflicting = true;
            result->counts.conflicts[why]++;
        }
    }
    return true;
}

/* The best pair that holds each entry in its person: between holders first. */
static void links_explain(struct run *run)
{
    const struct linkage_model *model = run->result->model;
    for (unsigned within = 0; within < 2; within++) {
        const uint32_t *order = within ? run->order_within : run->order;
        for (size_t i = 0; i < (within ? run->order_within_count : run->order_count); i++) {
            const struct candidate *candidate = &run->candidates.items[order[i]];
            if (closure_find(&run->all, candidate->a) != closure_find(&run->all, candidate->b)) {
                continue;
            }
            const struct model_pattern *pattern = &model->patterns[candidate->pattern];
            struct linkage_link *ends[2] = {&run->result->links[candidate->a], &run->result->links[candidate->b]};
            for (size_t end = 0; end < 2; end++) {
                if (ends[end]->rule == LINKAGE_ALONE) {
                    ends[end]->rule = (uint8_t)(within ? LINKAGE_DUPLICATE : comparison_rule(pattern->pattern));
                    ends[end]->probability = (float)(within ? pattern->probability_within : pattern->probability);
                }
            }
        }
    }
}

static bool run_steps(struct run *run, const struct linkage_state *state, struct error *err)
{
    struct linkage_result *result = run->result;
    result->links = calloc(run->count + 1, sizeof *result->links);
    result->model = calloc(1, sizeof *result->model);
    run->roots = malloc((run->count + 1) * sizeof *run->roots);
    if (!result->links || !result->model || !run->roots) {
        return out_of_memory(err);
    }
    TRY(candidates_make(&run->candidates, run->entries, run->count, run->options.block_max, run->options.pool, err));
    result->counts.blocks_skipped = run->candidates.blocks_skipped;
    result->counts.entries_in_skipped_blocks = run->candidates.entries_in_skipped_blocks;
    TRY(linkage_model_make(result->model, &run->candidates, run->entries, run->count, state, &run->options, &result->counts, err));
    TRY(locals_make(run, err));
    TRY(order_make(run, false, &run->order, &run->order_count, err));
    TRY(unique_find(run, err));
    TRY(all_join(run, err));
    links_explain(run);
    for (size_t i = 0; i < run->count; i++) {
        run->roots[i] = closure_find(&run->all, (uint32_t)i);
    }
    static const struct linkage_state nobody = {.next_person = 1};
    return persons_number(result, run->entries, run->count, run->roots, state ? state : &nobody, &run->next, err);
}

static void state_take(struct run *run, struct linkage_state *state)
{
    free(state->rows);
    *state = run->next;
    state->has_weights = true;
    state->weights = run->result->model->weights;
    state->prior_within = run->result->model->prior_within;
    state->weights_pairs = run->result->model->pairs;
    run->next.rows = NULL;
}

bool linkage_run(struct linkage_result **out_result, const struct linkage_entry *entries, size_t count, struct linkage_state *state,
                 const struct linkage_options *options, struct error *err)
{
    CLEANUP(run_value) struct run run = {.entries = entries, .count = count, .options = *options};
    run.options.block_max = options->block_max ? options->block_max : BLOCK_MAX;
    run.options.accept = options->accept > 0 ? options->accept : 0.95;
    run.options.accept_within = options->accept_within > 0 ? options->accept_within : 0.999;
    run.options.margin = options->margin > 0 ? options->margin : 10;
    TRY(entries_check(entries, count, err));
    run.result = calloc(1, sizeof *run.result);
    if (!run.result) {
        return out_of_memory(err);
    }
    run.result->count = run.result->counts.entries = count;
    if (options->without_numbers) {
        TRY(numbers_remove(&run, err));
    }
    TRY(run_steps(&run, state, err));
    if (state) {
        state_take(&run, state);
    }
    *out_result = run.result;
    run.result = NULL;
    return true;
}
