/* SPDX-License-Identifier: EUPL-1.2 */
/* Eras as OHDSI makes them (OMOP CDM 5.4, CONDITION_ERA and DRUG_ERA): exposures to one concept with at most 30 days between the end of one
 * and the start of the next are one era. gap_days are the days of the era on which there was no exposure, where exposures that overlap
 * count once. */
#include "intake/assemble/assemble_internal.h"
#include "warehouse/vocabulary/vocabulary.h"
#include <stdlib.h>
#include <string.h>

static int by_concept_and_day(const void *a, const void *b)
{
    const struct exposure *x = a, *y = b;
    if (x->concept != y->concept) {
        return x->concept < y->concept ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

size_t eras_make(struct exposure *exposures, size_t count, struct era *out)
{
    size_t made = 0;
    int64_t exposed = 0; /* days of the exposures of the era under way, but for the last */
    int32_t sub_start = 0, sub_end = 0;
    qsort(exposures, count, sizeof *exposures, by_concept_and_day);
    for (size_t i = 0; i < count; i++) {
        const struct exposure *exposure = &exposures[i];
        struct era *era = made ? &out[made - 1] : NULL;
        if (!era || era->concept != exposure->concept || exposure->start > era->end + ERA_PERSISTENCE_DAYS) {
            out[made++] = (struct era){exposure->concept, exposure->start, exposure->end, 1, 0};
            exposed = 0;
            sub_start = exposure->start;
            sub_end = exposure->end;
            continue;
        }
        if (exposure->start > sub_end) {
            exposed += sub_end - sub_start;
            sub_start = exposure->start;
            sub_end = exposure->end;
        }
        sub_end = exposure->end > sub_end ? exposure->end : sub_end;
        era->end = exposure->end > era->end ? exposure->end : era->end;
        era->count++;
        era->gap_days = era->end - era->start - (exposed + sub_end - sub_start);
    }
    return made;
}

/* ---- ingredients ---- */
struct drug_pair {
    int64_t drug, ingredient;
};
DEFINE_ARRAY(drug_pairs, struct drug_pair)
struct era_index {
    struct drug_pairs pairs; /* sorted */
    int64_t *ingredients;    /* of the pairs */
};

static int by_drug(const void *a, const void *b)
{
    const struct drug_pair *x = a, *y = b;
    if (x->drug != y->drug) {
        return x->drug < y->drug ? -1 : 1;
    }
    return x->ingredient < y->ingredient ? -1 : x->ingredient > y->ingredient;
}

static bool add_ingredient(struct era_index *index, struct vocabulary *vocabulary, int64_t ingredient, struct arena *scratch,
                           struct error *err)
{
    struct concept_ids drugs = {0};
    TRY(vocabulary_descendants(vocabulary, (concept_id){ingredient}, scratch, &drugs, err));
    TRY(drug_pairs_append(&index->pairs, (struct drug_pair){ingredient, ingredient}, err));
    for (size_t i = 0; i < drugs.count; i++) {
        TRY(drugs.items[i] == ingredient || drug_pairs_append(&index->pairs, (struct drug_pair){drugs.items[i], ingredient}, err));
    }
    return task_check(err);
}

/* Ingredients are the standard concepts of the class Ingredient in the domain of drugs. */
static bool read_concepts(struct era_index *index, struct vocabulary *vocabulary, struct store_segment *segment, uint64_t first,
                          size_t count, struct error *err)
{
    CLEANUP(arena) struct arena *columns = arena_create();
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct store_vector ids, classes, standards;
    TRY(store_column_read(segment, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_ID, first, count, columns, &ids, err));
    TRY(store_column_read(segment, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_CONCEPT_CLASS_ID, first, count, columns, &classes, err));
    TRY(store_column_read(segment, OMOP_TABLE_CONCEPT, OMOP_CONCEPT_STANDARD_CONCEPT, first, count, columns, &standards, err));
    for (size_t i = 0; i < count; i++) {
        if (store_vector_is_valid(&ids, i) && store_vector_is_valid(&classes, i) && store_vector_is_valid(&standards, i) &&
            text_equal(classes.texts[i], TEXT("Ingredient")) && text_equal(standards.texts[i], TEXT("S"))) {
            TRY(add_ingredient(index, vocabulary, ids.integers[i], scratch, err));
            arena_reset(scratch);
        }
    }
    return true;
}

static bool read_all(struct era_index *index, struct store_reader *reader, struct error *err)
{
    enum { AT_ONCE = 1 << 16 };
    CLEANUP(vocabulary) struct vocabulary *vocabulary = NULL;
    TRY(vocabulary_open(&vocabulary, reader, err));
    for (size_t s = 0; s < store_reader_segment_count(reader, OMOP_VOCABULARY); s++) {
        struct store_segment *segment = store_reader_segment(reader, OMOP_VOCABULARY, s);
        const uint64_t rows = store_segment_rows(segment, OMOP_TABLE_CONCEPT);
        for (uint64_t first = 0; first < rows; first += AT_ONCE) {
            TRY(read_concepts(index, vocabulary, segment, first, rows - first < AT_ONCE ? (size_t)(rows - first) : AT_ONCE, err));
        }
    }
    return true;
}

static bool index_fill(struct era_index *index, struct store_reader *reader, struct error *err)
{
    index->pairs.maximum = SIZE_MAX / sizeof(struct drug_pair);
    TRY(!reader || read_all(index, reader, err));
    if (index->pairs.count) {
        qsort(index->pairs.items, index->pairs.count, sizeof *index->pairs.items, by_drug);
    }
    index->ingredients = malloc((index->pairs.count + 1) * sizeof *index->ingredients);
    if (!index->ingredients) {
        return FAIL(err, LIMIT, "no memory for the ingredients of drugs");
    }
    for (size_t i = 0; i < index->pairs.count; i++) {
        index->ingredients[i] = index->pairs.items[i].ingredient;
    }
    return true;
}

bool era_index_create(struct era_index **out_index, struct store_reader *reader, struct error *err)
{
    struct era_index *index = calloc(1, sizeof *index);
    if (!index) {
        return FAIL(err, LIMIT, "no memory for the ingredients of drugs");
    }
    if (!index_fill(index, reader, err)) {
        era_index_destroy(index);
        return false;
    }
    *out_index = index;
    return true;
}

void era_index_destroy(struct era_index *index)
{
    if (index) {
        drug_pairs_finish(&index->pairs);
        free(index->ingredients);
        free(index);
    }
}

size_t era_ingredients(const struct era_index *index, int64_t drug, const int64_t **out_ingredients)
{
    size_t low = 0, high = index->pairs.count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (index->pairs.items[middle].drug < drug) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < index->pairs.count && index->pairs.items[end].drug == drug) {
        end++;
    }
    *out_ingredients = index->ingredients + low;
    return end - low;
}
