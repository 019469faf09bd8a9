/* SPDX-License-Identifier: EUPL-1.2 */
/* Writing the indexes of a vocabulary that is about to be added to a snapshot: codes, words, mappings. One after the other, so that the
 * memory of one is free before the next begins. */
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/vocabulary_internal.h"
#include "warehouse/vocabulary/word_index.h"

#define INDEX_BYTES_MAX ((size_t)1 << 36)

/* Missing texts as empty ones, so that the builders need not know of NULL. */
static bool texts_of(const struct segment_builder *builder, int field, struct arena *scratch, const struct text **out_texts,
                     struct error *err)
{
    struct store_vector vector;
    TRY(segment_builder_vector(builder, OMOP_TABLE_CONCEPT, field, scratch, &vector, err));
    *out_texts = vector.is_all_null ? ARENA_ARRAY(scratch, struct text, vector.count) : vector.texts;
    return true;
}

static bool ids_of(const struct segment_builder *builder, struct arena *scratch, const int64_t **out_ids, struct error *err)
{
    struct store_vector vector;
    TRY(segment_builder_vector(builder, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_ID, scratch, &vector, err));
    *out_ids = vector.is_all_null ? ARENA_ARRAY(scratch, int64_t, vector.count) : vector.integers;
    return true;
}

static bool codes_build(const struct segment_builder *builder, struct arena *scratch, struct buffer *out, struct error *err)
{
    struct code_index_input input = {.count = (size_t)segment_builder_rows(builder, OMOP_TABLE_CONCEPT)};
    TRY(ids_of(builder, scratch, &input.ids, err));
    TRY(texts_of(builder, OMOP_CONCEPT_VOCABULARY_ID, scratch, &input.vocabularies, err));
    TRY(texts_of(builder, OMOP_CONCEPT_CONCEPT_CODE, scratch, &input.codes, err));
    return code_index_build(&input, scratch, out, err);
}

static bool words_build(const struct segment_builder *builder, struct arena *scratch, struct buffer *out, struct error *err)
{
    struct word_index_input input = {.count = (size_t)segment_builder_rows(builder, OMOP_TABLE_CONCEPT)};
    TRY(ids_of(builder, scratch, &input.ids, err));
    TRY(texts_of(builder, OMOP_CONCEPT_CONCEPT_NAME, scratch, &input.names, err));
    TRY(texts_of(builder, OMOP_CONCEPT_STANDARD_CONCEPT, scratch, &input.standards, err));
    return word_index_build(&input, scratch, out, err);
}

struct relationships {
    struct store_vector sources, targets, kinds, reasons;
};

static bool relationships_of(const struct segment_builder *builder, struct arena *scratch, struct relationships *out, struct error *err)
{
    enum { TABLE = OMOP_TABLE_CONCEPT_RELATIONSHIP };
    TRY(segment_builder_vector(builder, TABLE, OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_1, scratch, &out->sources, err));
    TRY(segment_builder_vector(builder, TABLE, OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_2, scratch, &out->targets, err));
    TRY(segment_builder_vector(builder, TABLE, OMOP_CONCEPT_RELATIONSHIP_RELATIONSHIP_ID, scratch, &out->kinds, err));
    return segment_builder_vector(builder, TABLE, OMOP_CONCEPT_RELATIONSHIP_INVALID_REASON, scratch, &out->reasons, err);
}

static bool is_mapping(const struct relationships *rows, size_t i)
{
    bool is_withdrawn = store_vector_is_valid(&rows->reasons, i) && rows->reasons.texts[i].length > 0;
    return !is_withdrawn && store_vector_is_valid(&rows->kinds, i) && text_equal(rows->kinds.texts[i], TEXT("Maps to")) &&
           store_vector_is_valid(&rows->sources, i) && store_vector_is_valid(&rows->targets, i);
}

static bool maps_build(const struct segment_builder *builder, struct arena *scratch, struct buffer *out, struct error *err)
{
    struct relationships rows;
    TRY(relationships_of(builder, scratch, &rows, err));
    size_t count = 0;
    for (size_t i = 0; i < rows.kinds.count; i++) {
        count += is_mapping(&rows, i);
    }
    struct map_pair *pairs = arena_allocate_raw(scratch, count, sizeof(*pairs));
    size_t used = 0;
    for (size_t i = 0; i < rows.kinds.count; i++) {
        if (is_mapping(&rows, i)) {
            pairs[used++] = (struct map_pair){rows.targets.integers[i], rows.sources.integers[i]};
        }
    }
    return map_index_build(pairs, count, scratch, out, err);
}

bool vocabulary_index_write(struct store_writer *writer, const struct segment_builder *builder, struct error *err)
{
    static const struct {
        const char *name;
        bool (*build)(const struct segment_builder *builder, struct arena *scratch, struct buffer *out, struct error *err);
    } indexes[] = {{VOCABULARY_CODES, codes_build}, {VOCABULARY_WORDS, words_build}, {VOCABULARY_MAPS, maps_build}};
    for (size_t i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        CLEANUP(arena) struct arena *scratch = arena_create();
        struct buffer bytes = {.maximum = INDEX_BYTES_MAX};
        bool done = indexes[i].build(builder, scratch, &bytes, err) &&
                    store_writer_add_blob(writer, indexes[i].name, bytes.data, bytes.length, err);
        buffer_finish(&bytes);
        TRY(done);
    }
    return true;
}
