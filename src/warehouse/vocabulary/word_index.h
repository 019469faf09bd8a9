/* SPDX-License-Identifier: EUPL-1.2 */
/* word_index: from the beginnings of words to concepts, best first (private).
 * rank: a concept's place when all are sorted by (standard before others, length of the folded name, id). Postings hold ranks, so that the
 * lowest ranks of an intersection are the best answers and nothing needs to be scored.
 * header | first rank of each (group, folded length) | concept id of each rank | postings | dictionary | directory of the dictionary
 *   postings     of each word, in the order of the words: count, first rank, steps (varints)
 *   dictionary   blocks of 32 words in byte order: shared bytes with the word before, own bytes, bytes of its postings
 *   directory    for each block: its place in the dictionary, and where the postings of its first word begin */
#pragma once
#include "base/arena.h"
#include "base/text.h"
#include "warehouse/vocabulary/index_bytes.h"

enum {
    WORD_INDEX_GROUPS = 2,     /* standard concepts, others */
    WORD_INDEX_LENGTHS = 1024, /* longer folded names count as 1023 */
    WORD_INDEX_BLOCK = 32,
    WORD_QUERY_MAX = 16, /* words of one search */
};
/* Numbers of the header. */
enum word_index_number { WORDS_CONCEPTS, WORDS_ID_BYTES, WORDS_BLOCKS, WORDS_POSTINGS, WORDS_DICTIONARY, WORDS_DIRECTORY };
extern const char word_index_magic[8];

struct word_index_input {
    size_t count; /* below 2^32 */
    const int64_t *ids;
    const struct text *names;
    const struct text *standards; /* "S" or anything else; NULL: none is standard */
};
MUST_CHECK bool word_index_build(const struct word_index_input *input, struct arena *scratch, struct buffer *out, struct error *err);

/* Ids of concepts whose names have, for each word of `query`, a word that begins with it.
 * candidates: those whose folded name is as long as the query (where an exact name would be), at most `limit` of each group;
 * best: the first `limit` of all, best first. Both in `result`. A query without words finds nothing. */
struct word_matches {
    const int64_t *candidates, *best;
    size_t candidate_count, best_count;
};
MUST_CHECK bool word_index_find(const struct index_bytes *bytes, struct text query, size_t limit, struct arena *result,
                                struct word_matches *out_matches, struct error *err);
