/* SPDX-License-Identifier: EUPL-1.2 */
/* vocabulary_internal: what the parts of the vocabulary know of each other (private). Nothing here changes after open, so that several
 * workers may ask at once, each with its own arena. */
#pragma once
#include "warehouse/vocabulary/index_bytes.h"
#include "warehouse/vocabulary/map_index.h"
#include "warehouse/vocabulary/vocabulary.h"

#define VOCABULARY_CODES "vocabulary.codes"
#define VOCABULARY_WORDS "vocabulary.words"
#define VOCABULARY_MAPS "vocabulary.maps"

enum { VOCABULARY_IDS_MAX = 1 << 28 }; /* members of one concept set while it is resolved, repetitions counted */

struct vocabulary_blob {
    struct store_reader *reader;
    const char *name;
    struct index_bytes bytes;
};
struct vocabulary {
    struct store_reader *reader; /* borrowed */
    size_t segment_count;
    uint64_t concepts; /* rows of CONCEPT */
    struct vocabulary_blob codes, words, maps;
};

/* The blob's bytes; fails with CORRUPT when there are concepts and no index. */
MUST_CHECK bool vocabulary_index(const struct vocabulary *vocabulary, const struct vocabulary_blob *blob,
                                 const struct index_bytes **out_bytes, struct error *err);

/* ---- concept_rows.c ---- */
/* Of ids (ascending, distinct): which are rows of CONCEPT (out_flags[i] = 1, else 0) and, when only_valid, have no invalid reason. */
MUST_CHECK bool concepts_exist(const struct vocabulary *vocabulary, const int64_t *ids, size_t count, bool only_valid, uint8_t *out_flags,
                               struct error *err);
/* Fills concepts[i] for ids[i] (ascending, distinct); out_flags as above. Texts live in `result`. */
MUST_CHECK bool concepts_read(const struct vocabulary *vocabulary, const int64_t *ids, size_t count, struct arena *result,
                              struct concept *concepts, uint8_t *out_flags, struct error *err);

/* Appends the descendants of an ancestor as CONCEPT_ANCESTOR has them. */
MUST_CHECK bool descendants_append(const struct vocabulary *vocabulary, int64_t ancestor, struct arena *scratch, struct id_list *out,
                                   struct error *err);
/* Sorts and makes distinct. */
MUST_CHECK bool id_list_sort(struct id_list *list, struct error *err);
/* A copy in `result`, sorted and distinct. */
MUST_CHECK bool id_list_give(struct id_list *list, struct arena *result, struct concept_ids *out_ids, struct error *err);
