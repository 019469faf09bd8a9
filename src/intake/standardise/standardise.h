/* SPDX-License-Identifier: EUPL-1.2 */
/* standardise: records of a delivery (intake/record) become rows of OMOP 5.4. The domain of the standard concept decides the table, not the
 * kind of the record; a code without a standard concept keeps its row, with concept 0 and its source value, in the table of its kind.
 * A code is looked up in this order: local maps, the concept that the holder chose, the vocabulary (code systems and the forms of their
 * codes: spec/code_systems.csv, code_forms.csv; lists, domains: spec/standard_*.csv). Each distinct code is looked up once for each run.
 * Not for several threads at once: each has its own. */
#pragma once
#include "base/arena.h"
#include "intake/standardise/standardise_facts.h"
#include "intake/standardise/standardise_row.h"
#include "warehouse/vocabulary/vocabulary.h"

enum { STANDARD_ROWS_MAX = 32, STANDARD_SYSTEM_MAX = 64 };
struct standardise;
/* vocabulary NULL: only lists and local maps. Both are borrowed. reader: its SOURCE_TO_CONCEPT_MAP rows are local maps; may be NULL. */
MUST_CHECK bool standardise_create(struct standardise **out_standardise, struct vocabulary *vocabulary, struct store_reader *reader,
                                   struct error *err);
void standardise_destroy(struct standardise *standardise);
DEFINE_CLEANUP(standardise, standardise_destroy)

/* ---- local maps; before the first record ---- */
/* system: as records have it, with or without LOCAL:, or the id of an OMOP vocabulary. Concept 0 says that there is none. */
MUST_CHECK bool standardise_map_add(struct standardise *standardise, struct text system, struct text code, int64_t concept,
                                    struct error *err);
/* A file of SOURCE_TO_CONCEPT_MAP rows (source_code, source_vocabulary_id, target_concept_id; invalid_reason empty), or an export of Usagi
 * (sourceCode, conceptId, mappingStatus APPROVED; the system is the name of the file without its ending). INVALID_INPUT names file, line
 * and field. */
MUST_CHECK bool standardise_maps_read(struct standardise *standardise, const char *path, uint64_t *out_maps, struct error *err);

/* ---- records ---- */
/* One record gives 1 .. STANDARD_ROWS_MAX rows; their texts point into the record or live until the next call. made: the day of the
 * delivery, when a stay that has not ended is cut. */
MUST_CHECK bool standardise_record(struct standardise *standardise, const struct record *record, day made, struct standard_row *out_rows,
                                   size_t *out_count, struct error *err);

/* ---- the report ---- */
struct standard_counts {
    uint64_t records[RECORD_TABLE_COUNT];
    uint64_t rows[STANDARD_TABLE_COUNT];
    uint64_t codes, mapped; /* codes of records, and those with a standard concept */
};
const struct standard_counts *standardise_counts(const struct standardise *standardise);
struct standard_unmapped {
    const char *system, *code; /* in the arena */
    enum standard_reason reason;
    uint64_t records;
};
/* The most frequent first, then by system and code; at most `limit`. *out_distinct: how many there are. */
MUST_CHECK bool standardise_unmapped(const struct standardise *standardise, size_t limit, struct arena *result,
                                     const struct standard_unmapped **out_unmapped, size_t *out_count, size_t *out_distinct,
                                     struct error *err);
const char *standard_reason_words(enum standard_reason reason, bool in_french);
