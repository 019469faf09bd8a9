/* SPDX-License-Identifier: EUPL-1.2 */
/* Concept sets to concept ids, through the vocabulary of the store. */
#include "research/cohort/cohort.h"

bool cohort_program_resolve(struct cohort_program *program, struct vocabulary *vocabulary, struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < program->concept_set_count; i++) {
        struct cohort_concept_set *set = &program->concept_sets[i];
        if (set->is_resolved) {
            continue;
        }
        if (!vocabulary_concept_set_resolve(vocabulary, set->items, set->item_count, arena, &set->members, err)) {
            return error_context(err, "concept set %lld of %s", (long long)set->id, program->name);
        }
        set->is_resolved = true;
    }
    return true;
}
