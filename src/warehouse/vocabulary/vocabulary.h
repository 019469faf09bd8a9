/* SPDX-License-Identifier: EUPL-1.2 */
/* vocabulary: concepts, ancestry, mappings and versions of the OMOP standardised vocabularies, read from the vocabulary segments of a
 * store. Nothing is loaded at open: a look-up decrypts the few blocks that it touches, so 10 M concepts cost what is asked of them.
 * Concept sets resolve by Circe's rules (cohort-language.md section 2). */
#pragma once
#include "base/arena.h"
#include "base/calendar.h"
#include "base/error.h"
#include "base/text.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"

struct vocabulary;
/* A store without vocabulary rows gives a vocabulary in which nothing is found. The reader is borrowed. */
MUST_CHECK bool vocabulary_open(struct vocabulary **out_vocabulary, struct store_reader *reader, struct error *err);
void vocabulary_close(struct vocabulary *vocabulary);
DEFINE_CLEANUP(vocabulary, vocabulary_close)

struct concept {
    concept_id id;
    struct text name, domain, vocabulary, concept_class, code;
    char standard;       /* 'S' standard, 'C' classification, 0 none */
    char invalid_reason; /* 'D', 'U', 0 valid */
    day valid_start, valid_end;
};
/* All results live in `result`. *out_concept is NULL when there is none. */
MUST_CHECK bool vocabulary_concept(struct vocabulary *vocabulary, concept_id id, struct arena *result, const struct concept **out_concept,
                                   struct error *err);
MUST_CHECK bool vocabulary_concept_by_code(struct vocabulary *vocabulary, struct text vocabulary_id, struct text code, struct arena *result,
                                           const struct concept **out_concept, struct error *err);
struct concept_ids {
    const int64_t *items; /* ascending, distinct */
    size_t count;
};
MUST_CHECK bool vocabulary_descendants(struct vocabulary *vocabulary, concept_id ancestor, struct arena *result,
                                       struct concept_ids *out_ids, struct error *err);
/* Standard concepts that a source concept maps to ('Maps to', valid), and the source concepts that map to a standard one. */
MUST_CHECK bool vocabulary_maps_to(struct vocabulary *vocabulary, concept_id source, struct arena *result, struct concept_ids *out_ids,
                                   struct error *err);
MUST_CHECK bool vocabulary_maps_to_value(struct vocabulary *vocabulary, concept_id source, struct arena *result,
                                         struct concept_ids *out_ids, struct error *err); /* 'Maps to value', valid */
MUST_CHECK bool vocabulary_mapped_from(struct vocabulary *vocabulary, concept_id standard, struct arena *result,
                                       struct concept_ids *out_ids, struct error *err);
/* Every word must begin some word of the name (ASCII and Latin accents folded); best first: exact name, standard before others, shorter
 * name, id. limit at most 1000. */
MUST_CHECK bool vocabulary_search(struct vocabulary *vocabulary, struct text words, size_t limit, struct arena *result,
                                  const struct concept **out_concepts, size_t *out_count, struct error *err);

struct concept_set_item {
    concept_id concept;
    bool is_excluded, include_descendants, include_mapped;
};
/* circe: ConceptSetExpression. Members ascending and distinct. */
MUST_CHECK bool vocabulary_concept_set_resolve(struct vocabulary *vocabulary, const struct concept_set_item *items, size_t count,
                                               struct arena *result, struct concept_ids *out_ids, struct error *err);

/* For the loader: builds the indexes (by code, words, ...) over the vocabulary rows of `builder` and adds them to the snapshot. Called
 * after all rows are in the builder and before store_writer_add takes it. */
MUST_CHECK bool vocabulary_index_write(struct store_writer *writer, const struct segment_builder *builder, struct error *err);
/* The small built-in vocabulary (spec/vocabulary/ *.csv), for stores without one of their own: appended to an empty VOCABULARY builder. */
MUST_CHECK bool vocabulary_builtin_append(struct segment_builder *builder, struct error *err);
