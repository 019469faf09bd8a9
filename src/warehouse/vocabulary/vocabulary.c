/* SPDX-License-Identifier: EUPL-1.2 */
/* Opening, and the look-ups that follow one concept: by id, by code, down the hierarchy, along the mappings. */
#include "warehouse/vocabulary/vocabulary.h"
#include "warehouse/vocabulary/code_index.h"
#include "warehouse/vocabulary/pairs.h"
#include "warehouse/vocabulary/vocabulary_internal.h"
#include <stdlib.h>
#include <string.h>

static bool blob_read(void *context, uint64_t offset, void *out, size_t length, struct error *err)
{
    const struct vocabulary_blob *blob = context;
    return store_reader_blob_read(blob->reader, blob->name, offset, out, length, err);
}

static bool blob_open(struct vocabulary_blob *blob, struct store_reader *reader, const char *name, struct error *err)
{
    bool exists = false;
    uint64_t length = 0;
    TRY(store_reader_blob(reader, name, &length, &exists, err));
    *blob = (struct vocabulary_blob){reader, name, {blob_read, blob, exists ? length : 0}};
    return true;
}

bool vocabulary_open(struct vocabulary **out_vocabulary, struct store_reader *reader, struct error *err)
{
    CLEANUP(vocabulary) struct vocabulary *vocabulary = calloc(1, sizeof(*vocabulary));
    if (!vocabulary) {
        return FAIL(err, LIMIT, "no memory for a vocabulary");
    }
    vocabulary->reader = reader;
    vocabulary->segment_count = store_reader_segment_count(reader, OMOP_VOCABULARY);
    for (size_t i = 0; i < vocabulary->segment_count; i++) {
        vocabulary->concepts += store_segment_rows(store_reader_segment(reader, OMOP_VOCABULARY, i), OMOP_TABLE_CONCEPT);
    }
    TRY(blob_open(&vocabulary->codes, reader, VOCABULARY_CODES, err));
    TRY(blob_open(&vocabulary->words, reader, VOCABULARY_WORDS, err));
    TRY(blob_open(&vocabulary->maps, reader, VOCABULARY_MAPS, err));
    *out_vocabulary = vocabulary;
    vocabulary = NULL;
    return true;
}

void vocabulary_close(struct vocabulary *vocabulary)
{
    free(vocabulary);
}

bool vocabulary_index(const struct vocabulary *vocabulary, const struct vocabulary_blob *blob, const struct index_bytes **out_bytes,
                      struct error *err)
{
    if (vocabulary->concepts > 0 && blob->bytes.length == 0) {
        FAIL(err, CORRUPT, "the vocabulary has no index %s", blob->name);
        return error_hint(err, "load the vocabulary again");
    }
    *out_bytes = &blob->bytes;
    return true;
}

bool vocabulary_concept(struct vocabulary *vocabulary, concept_id id, struct arena *result, const struct concept **out_concept,
                        struct error *err)
{
    uint8_t found = 0;
    struct concept *concept = ARENA_NEW(result, struct concept);
    TRY(concepts_read(vocabulary, &id.value, 1, result, concept, &found, err));
    *out_concept = found ? concept : NULL;
    return true;
}

/* A code may be given twice in a vocabulary, once withdrawn: the valid concept wins, then the lower id. */
bool vocabulary_concept_by_code(struct vocabulary *vocabulary, struct text vocabulary_id, struct text code, struct arena *result,
                                const struct concept **out_concept, struct error *err)
{
    const struct index_bytes *index = NULL;
    const int64_t *ids = NULL;
    const struct concept *best = NULL;
    size_t count = 0;
    TRY(vocabulary_index(vocabulary, &vocabulary->codes, &index, err));
    TRY(code_index_find(index, vocabulary_id, code, result, &ids, &count, err));
    for (size_t i = 0; i < count; i++) {
        const struct concept *concept = NULL;
        TRY(vocabulary_concept(vocabulary, (concept_id){ids[i]}, result, &concept, err));
        bool is_it = concept && text_equal(concept->vocabulary, vocabulary_id) && text_equal(concept->code, code);
        if (is_it && (!best || (best->invalid_reason && !concept->invalid_reason))) {
            best = concept;
        }
    }
    *out_concept = best;
    return true;
}

/* ---- lists of ids ---- */
bool id_list_sort(struct id_list *list, struct error *err)
{
    if (list->count < 2) {
        return true;
    }
    int64_t *scratch = malloc(list->count * sizeof(*scratch));
    if (!scratch) {
        return FAIL(err, LIMIT, "no memory to sort %zu concept ids", list->count);
    }
    list->count = ids_sort(list->items, scratch, list->count);
    free(scratch);
    return true;
}

bool id_list_give(struct id_list *list, struct arena *result, struct concept_ids *out_ids, struct error *err)
{
    TRY(id_list_sort(list, err));
    int64_t *items = arena_allocate_raw(result, list->count, sizeof(*items));
    if (list->count > 0) {
        memcpy(items, list->items, list->count * sizeof(*items));
    }
    *out_ids = (struct concept_ids){items, list->count};
    return true;
}

static bool ids_append(struct id_list *out, const int64_t *ids, size_t count, struct error *err)
{
    TRY(id_list_reserve(out, count, err));
    if (count > 0) {
        memcpy(out->items + out->count, ids, count * sizeof(*ids));
    }
    out->count += count;
    return true;
}

/* ---- hierarchy ---- */
bool descendants_append(const struct vocabulary *vocabulary, int64_t ancestor, struct arena *scratch, struct id_list *out,
                        struct error *err)
{
    for (size_t i = 0; i < vocabulary->segment_count; i++) {
        struct store_segment *segment = store_reader_segment(vocabulary->reader, OMOP_VOCABULARY, i);
        uint64_t first = 0, count = 0;
        TRY(store_rows_find(segment, OMOP_TABLE_CONCEPT_ANCESTOR, ancestor, &first, &count, err));
        if (count == 0) {
            continue;
        }
        struct arena_mark mark = arena_mark_take(scratch);
        struct store_vector ids;
        TRY(store_column_read(segment, OMOP_TABLE_CONCEPT_ANCESTOR, OMOP_CONCEPT_ANCESTOR_DESCENDANT_CONCEPT_ID, first, (size_t)count,
                              scratch, &ids, err));
        TRY(ids.is_all_null || ids_append(out, ids.integers, (size_t)count, err));
        arena_mark_release(scratch, mark);
    }
    return true;
}

bool vocabulary_descendants(struct vocabulary *vocabulary, concept_id ancestor, struct arena *result, struct concept_ids *out_ids,
                            struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct id_list list = {.maximum = VOCABULARY_IDS_MAX};
    bool done = descendants_append(vocabulary, ancestor.value, scratch, &list, err) && id_list_give(&list, result, out_ids, err);
    id_list_finish(&list);
    return done;
}

/* ---- mappings ---- */
static bool is_absent(const struct store_vector *texts, size_t i)
{
    return !store_vector_is_valid(texts, i) || texts->texts[i].length == 0;
}

/* Appends concept_id_2 of the valid rows of a relationship among `count` rows from `first`. */
static bool targets_append(struct store_segment *segment, struct text relationship, uint64_t first, size_t count, struct arena *scratch,
                           struct id_list *out, struct error *err)
{
    enum { TABLE = OMOP_TABLE_CONCEPT_RELATIONSHIP };
    struct store_vector kinds, reasons, targets;
    TRY(store_column_read(segment, TABLE, OMOP_CONCEPT_RELATIONSHIP_RELATIONSHIP_ID, first, count, scratch, &kinds, err));
    TRY(store_column_read(segment, TABLE, OMOP_CONCEPT_RELATIONSHIP_INVALID_REASON, first, count, scratch, &reasons, err));
    TRY(store_column_read(segment, TABLE, OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_2, first, count, scratch, &targets, err));
    for (size_t i = 0; i < count; i++) {
        bool is_valid = store_vector_is_valid(&kinds, i) && store_vector_is_valid(&targets, i) && is_absent(&reasons, i);
        if (is_valid && text_equal(kinds.texts[i], relationship)) {
            TRY(id_list_append(out, targets.integers[i], err));
        }
    }
    return true;
}

static bool related(struct vocabulary *vocabulary, concept_id source, struct text relationship, struct arena *result,
                    struct concept_ids *out_ids, struct error *err)
{
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct id_list list = {.maximum = VOCABULARY_IDS_MAX};
    bool done = true;
    for (size_t i = 0; i < vocabulary->segment_count && done; i++) {
        struct store_segment *segment = store_reader_segment(vocabulary->reader, OMOP_VOCABULARY, i);
        uint64_t first = 0, count = 0;
        done = store_rows_find(segment, OMOP_TABLE_CONCEPT_RELATIONSHIP, source.value, &first, &count, err) &&
               (count == 0 || targets_append(segment, relationship, first, (size_t)count, scratch, &list, err));
    }
    done = done && id_list_give(&list, result, out_ids, err);
    id_list_finish(&list);
    return done;
}

bool vocabulary_maps_to(struct vocabulary *vocabulary, concept_id source, struct arena *result, struct concept_ids *out_ids,
                        struct error *err)
{
    return related(vocabulary, source, TEXT("Maps to"), result, out_ids, err);
}

bool vocabulary_maps_to_value(struct vocabulary *vocabulary, concept_id source, struct arena *result, struct concept_ids *out_ids,
                              struct error *err)
{
    return related(vocabulary, source, TEXT("Maps to value"), result, out_ids, err);
}

bool vocabulary_mapped_from(struct vocabulary *vocabulary, concept_id standard, struct arena *result, struct concept_ids *out_ids,
                            struct error *err)
{
    const struct index_bytes *index = NULL;
    struct id_list list = {.maximum = VOCABULARY_IDS_MAX};
    TRY(vocabulary_index(vocabulary, &vocabulary->maps, &index, err));
    bool done = map_index_find(index, &standard.value, 1, &list, err) && id_list_give(&list, result, out_ids, err);
    id_list_finish(&list);
    return done;
}
