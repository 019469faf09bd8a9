/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_internal: what the parts of linkage share: the state's rows, the model in a result (private to linkage). */
#pragma once
#include "base/arena.h"
#include "intake/linkage/comparison.h"
#include "intake/linkage/linkage_state.h"

struct state_row {
    int64_t subject;
    uint32_t holder, person;
};
struct linkage_state {
    struct state_row *rows; /* ascending (holder, subject) */
    size_t count;
    uint32_t next_person;
    bool has_weights;
    struct weights weights;
    double prior_within;
    uint64_t weights_pairs; /* candidates between holders that the weights were made from */
};
/* One pattern of candidates, and what becomes of such pairs. */
struct model_pattern {
    uint64_t pattern, count, count_within;
    double weight, probability, probability_within;
    bool is_taken, is_taken_within;
};
struct linkage_model {
    struct weights weights;
    double prior_within;
    uint64_t pairs;                 /* that the weights were made from */
    struct model_pattern *patterns; /* descending weight */
    size_t pattern_count;
    struct arena *names; /* of fields, where they come from a file; else NULL */
};
void linkage_model_destroy(struct linkage_model *model);
/* Fills an empty model; the candidates' patterns become places in its table. */
struct candidates;
MUST_CHECK bool linkage_model_make(struct linkage_model *model, struct candidates *candidates, const struct linkage_entry *entries,
                                   size_t entry_count, const struct linkage_state *state, const struct linkage_options *options,
                                   struct linkage_counts *counts, struct error *err);
/* Persons' numbers for clusters: roots[i] is the smallest entry of i's cluster. Fills links[].person_id, events and counts of the result,
 * and makes the state's next rows (not yet put into the state). */
MUST_CHECK bool persons_number(struct linkage_result *result, const struct linkage_entry *entries, size_t count, const uint32_t *roots,
                               const struct linkage_state *state, struct linkage_state *out_next, struct error *err);
