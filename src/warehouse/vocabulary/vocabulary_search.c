/* SPDX-License-Identifier: EUPL-1.2 */
/* Search by words: the word index gives the ids in order; what is left is to read their concepts and to put exact names first. */
#include "warehouse/vocabulary/pairs.h"
#include "warehouse/vocabulary/vocabulary_internal.h"
#include "warehouse/vocabulary/word_index.h"
#include "warehouse/vocabulary/words.h"

enum { SEARCH_LIMIT_MAX = 1000 };

/* Reads the concepts of ids in any order, all existing in a sound store; what is missing has id 0 and no name. */
static bool read_in_order(const struct vocabulary *vocabulary, const int64_t *ids, size_t count, struct arena *result,
                          struct concept *out_concepts, struct error *err)
{
    struct pair *order = arena_allocate_raw(result, count, sizeof(*order)), *spare = arena_allocate_raw(result, count, sizeof(*spare));
    int64_t *sorted = arena_allocate_raw(result, count, sizeof(*sorted));
    uint8_t *flags = arena_allocate_raw(result, count, 1);
    struct concept *concepts = ARENA_ARRAY(result, struct concept, count);
    for (size_t i = 0; i < count; i++) {
        order[i] = (struct pair){(uint64_t)ids[i] ^ (UINT64_C(1) << 63), i};
    }
    pairs_sort(order, spare, count);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = ids[order[i].value];
    }
    TRY(concepts_read(vocabulary, sorted, count, result, concepts, flags, err));
    for (size_t i = 0; i < count; i++) {
        out_concepts[order[i].value] = concepts[i];
    }
    return true;
}

struct answer {
    struct concept *concepts;
    size_t count, limit;
};

static void answer_add(struct answer *answer, const struct concept *concept)
{
    if (answer->count<answer->limit &&concept->name.length> 0) {
        answer->concepts[answer->count++] = *concept;
    }
}

bool vocabulary_search(struct vocabulary *vocabulary, struct text words, size_t limit, struct arena *result,
                       const struct concept **out_concepts, size_t *out_count, struct error *err)
{
    const struct index_bytes *index = NULL;
    struct word_matches found;
    if (limit == 0 || limit > SEARCH_LIMIT_MAX) {
        return FAIL(err, INVALID_ARGUMENT, "a search gives 1 to %d concepts", SEARCH_LIMIT_MAX);
    }
    TRY(vocabulary_index(vocabulary, &vocabulary->words, &index, err));
    TRY(word_index_find(index, words, limit, result, &found, err));
    struct concept *candidates = ARENA_ARRAY(result, struct concept, found.candidate_count);
    struct concept *best = ARENA_ARRAY(result, struct concept, found.best_count);
    TRY(read_in_order(vocabulary, found.candidates, found.candidate_count, result, candidates, err));
    TRY(read_in_order(vocabulary, found.best, found.best_count, result, best, err));
    struct answer answer = {ARENA_ARRAY(result, struct concept, limit), 0, limit};
    for (size_t i = 0; i < found.candidate_count; i++) {
        if (words_equal(candidates[i].name, words)) {
            answer_add(&answer, &candidates[i]);
        }
    }
    for (size_t i = 0; i < found.best_count; i++) {
        if (!words_equal(best[i].name, words)) {
            answer_add(&answer, &best[i]);
        }
    }
    *out_concepts = answer.concepts;
    *out_count = answer.count;
    return true;
}
