/* SPDX-License-Identifier: EUPL-1.2 */
/* store_example: a tiny store that several tests make: persons with a few conditions, a location, two concepts and a blob. Only for
 * tests. Every value follows from the person's id, so that what is read can be compared without a second copy. */
#pragma once
#include "base/calendar.h"
#include "base/file.h"
#include "warehouse/store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the test at once: for steps that no test is about. */
static inline void must(bool done)
{
    if (!done) {
        abort();
    }
}

enum { EXAMPLE_NOW = 1700000000, EXAMPLE_CONDITIONS = 3, EXAMPLE_BLOB = 150001 };
#define EXAMPLE_SECRET "planted-source-value"

/* A custody without a file: the root key is bytes of one value. */
static inline bool example_root(void *context, struct secret **out_root, struct error *err)
{
    TRY(secret_create(out_root, CRYPTO_KEY_SIZE, err));
    memset(secret_bytes(*out_root), context ? *(const uint8_t *)context : 0x42, CRYPTO_KEY_SIZE);
    return true;
}
static const struct custody example_custody = {"example", example_root, NULL, NULL};

/* DIRECTORY/keys with a key table under that root, for tests in which a store outlives its keyring. */
MUST_CHECK static inline __attribute__((unused)) bool example_keys_create(const char *directory,
                                                                          const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    CLEANUP(secret) struct secret *root = NULL;
    char path[256];
    snprintf(path, sizeof path, "%s/keys", directory);
    TRY(directory_create(path, 0700, err));
    TRY(crypto_start(err) && example_root(NULL, &root, err));
    return keyring_create(path, store_id, root, err);
}
MUST_CHECK static inline __attribute__((unused)) bool example_keys_open(struct keyring **out_keyring, const char *directory,
                                                                        const uint8_t store_id[GRANT_STORE_ID_SIZE], struct error *err)
{
    char path[256];
    snprintf(path, sizeof path, "%s/keys", directory);
    return keyring_open(out_keyring, &example_custody, path, store_id, err);
}

MUST_CHECK static inline __attribute__((unused)) bool example_grant(const struct keyring *keyring, uint32_t actions,
                                                                    struct grant *out_grant, struct error *err)
{
    *out_grant = (struct grant){.project = "operator",
                                .purpose = "test",
                                .holder = "operator",
                                .actions = actions,
                                .tables = UINT64_MAX,
                                .not_before = clock_unix_seconds() - 60,
                                .not_after = clock_unix_seconds() + 3600};
    return keyring_grant_issue(keyring, out_grant, err);
}

static inline int64_t example_concept(int64_t person, unsigned i)
{
    return 1000 + (person * 3 + i) % 7;
}
static inline int32_t example_day(int64_t person, unsigned i)
{
    return (int32_t)(18000 + person % 50 + (int64_t)i * 10);
}
static inline struct store_vector example_integers(const int64_t *values, size_t count)
{
    return (struct store_vector){.type = OMOP_INTEGER, .count = count, .integers = values};
}

/* One row of person and EXAMPLE_CONDITIONS conditions. */
MUST_CHECK static inline __attribute__((unused)) bool example_add_person(struct segment_builder *builder, int64_t person, struct error *err)
{
    const struct store_vector *columns[OMOP_PERSON_FIELD_COUNT] = {NULL};
    int64_t gender = 8507 + person % 2 * 25, year = 1940 + person % 60, zero = 0;
    struct store_vector ids = example_integers(&person, 1), genders = example_integers(&gender, 1), years = example_integers(&year, 1),
                        zeros = example_integers(&zero, 1);
    columns[OMOP_PERSON_PERSON_ID] = &ids;
    columns[OMOP_PERSON_GENDER_CONCEPT_ID] = &genders;
    columns[OMOP_PERSON_YEAR_OF_BIRTH] = &years;
    columns[OMOP_PERSON_RACE_CONCEPT_ID] = columns[OMOP_PERSON_ETHNICITY_CONCEPT_ID] = &zeros;
    TRY(segment_builder_append(builder, OMOP_TABLE_PERSON, columns, NULL, 1, err));
    for (unsigned i = 0; i < EXAMPLE_CONDITIONS; i++) {
        const struct store_vector *row[OMOP_CONDITION_OCCURRENCE_FIELD_COUNT] = {NULL};
        int64_t record = person * 10 + i, concept = example_concept(person, i);
        int32_t start = example_day(person, i);
        struct text source = TEXT(EXAMPLE_SECRET);
        struct store_vector records = example_integers(&record, 1), concepts = example_integers(&concept, 1);
        struct store_vector days = {.type = OMOP_DATE, .count = 1, .days = &start};
        struct store_vector texts = {.type = OMOP_TEXT, .count = 1, .texts = &source};
        row[OMOP_CONDITION_OCCURRENCE_CONDITION_OCCURRENCE_ID] = &records;
        row[OMOP_CONDITION_OCCURRENCE_PERSON_ID] = &ids;
        row[OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID] = &concepts;
        row[OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATE] = &days;
        row[OMOP_CONDITION_OCCURRENCE_CONDITION_TYPE_CONCEPT_ID] = &zeros;
        row[OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_VALUE] = &texts;
        TRY(segment_builder_append(builder, OMOP_TABLE_CONDITION_OCCURRENCE, row, NULL, 1, err));
    }
    return true;
}

/* A segment with the persons first, first + step, ... */
MUST_CHECK static inline __attribute__((unused)) bool example_add_segment(struct store_writer *writer, int64_t first, int64_t step,
                                                                          unsigned count, uint32_t position, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *builder = segment_builder_create(OMOP_PERSON);
    for (unsigned i = count; i-- > 0;) { /* not in order: the segment sorts */
        TRY(example_add_person(builder, first + step * i, err));
    }
    return store_writer_add(writer, builder, position, err);
}

MUST_CHECK static inline __attribute__((unused)) bool example_add_rest(struct store_writer *writer, struct error *err)
{
    CLEANUP(segment_builder) struct segment_builder *shared = segment_builder_create(OMOP_SHARED);
    CLEANUP(segment_builder) struct segment_builder *vocabulary = segment_builder_create(OMOP_VOCABULARY);
    const struct store_vector *location[OMOP_LOCATION_FIELD_COUNT] = {NULL};
    int64_t location_id = 1;
    struct text zip = TEXT("75013");
    struct store_vector ids = example_integers(&location_id, 1), zips = {.type = OMOP_TEXT, .count = 1, .texts = &zip};
    location[OMOP_LOCATION_LOCATION_ID] = &ids;
    location[OMOP_LOCATION_ZIP] = &zips;
    TRY(segment_builder_append(shared, OMOP_TABLE_LOCATION, location, NULL, 1, err));
    TRY(store_writer_add(writer, shared, 0, err));
    const struct store_vector *concept[OMOP_CONCEPT_FIELD_COUNT] = {NULL};
    int64_t concepts[] = {1001, 1000};
    struct text names[] = {TEXT("Polycythaemia vera"), TEXT("Myelofibrosis")};
    struct store_vector concept_ids = example_integers(concepts, 2), concept_names = {.type = OMOP_TEXT, .count = 2, .texts = names};
    concept[OMOP_CONCEPT_CONCEPT_ID] = &concept_ids;
    concept[OMOP_CONCEPT_CONCEPT_NAME] = &concept_names;
    TRY(segment_builder_append(vocabulary, OMOP_TABLE_CONCEPT, concept, NULL, 2, err));
    TRY(store_writer_add(writer, vocabulary, 0, err));
    static uint8_t blob[EXAMPLE_BLOB];
    for (size_t i = 0; i < sizeof blob; i++) {
        blob[i] = (uint8_t)(i * i >> 3);
    }
    return store_writer_add_blob(writer, "words", blob, sizeof blob, err);
}
