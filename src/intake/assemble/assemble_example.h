/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble_example: for tests and measurements only. A store with a small vocabulary, and deliveries out of records. */
#pragma once
#include "intake/assemble/assemble.h"
#include "intake/standardise/standardise.h"
#include "warehouse/vocabulary/vocabulary_example.h"

/* id, code, vocabulary, domain, class, standard */
static const struct example_concept {
    int64_t id;
    const char *code, *vocabulary, *domain, *class, *standard;
} example_concepts[] = {
    {100, "C90.0", "ICD10", "Condition", "4-char", ""},
    {437233, "109989006", "SNOMED", "Condition", "Disorder", "S"},
    {101, "I10", "ICD10", "Condition", "3-char", ""},
    {320128, "59621000", "SNOMED", "Condition", "Disorder", "S"},
    {1125315, "161", "RxNorm", "Drug", "Ingredient", "S"},
    {1127433, "313782", "RxNorm", "Drug", "Clinical Drug", "S"},
    {3004249, "8480-6", "LOINC", "Measurement", "Lab Test", "S"},
};
static const struct {
    int64_t from, to;
} example_maps[] = {{100, 437233}, {101, 320128}};

static inline __attribute__((unused)) bool example_rows(struct segment_builder *builder, struct error *err)
{
    const int fields[] = {OMOP_CONCEPT_CONCEPT_CODE,     OMOP_CONCEPT_VOCABULARY_ID,    OMOP_CONCEPT_DOMAIN_ID,
                          OMOP_CONCEPT_CONCEPT_CLASS_ID, OMOP_CONCEPT_STANDARD_CONCEPT, OMOP_CONCEPT_CONCEPT_NAME};
    enum { FIELDS = sizeof fields / sizeof *fields };
    for (size_t i = 0; i < sizeof example_concepts / sizeof *example_concepts; i++) {
        const struct example_concept *concept = &example_concepts[i];
        const struct store_vector *columns[OMOP_CONCEPT_FIELD_COUNT] = {NULL};
        const struct text texts[FIELDS] = {text_of(concept->code),  text_of(concept->vocabulary), text_of(concept->domain),
                                           text_of(concept->class), text_of(concept->standard),   TEXT("name")};
        const struct store_vector id = vocabulary_example_integers(&concept->id, 1);
        struct store_vector vectors[FIELDS];
        columns[OMOP_CONCEPT_CONCEPT_ID] = &id;
        for (int f = 0; f < FIELDS; f++) {
            vectors[f] = vocabulary_example_texts(&texts[f], NULL, 1);
            columns[fields[f]] = &vectors[f];
        }
        TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT, columns, NULL, 1, err));
    }
    for (size_t i = 0; i < sizeof example_maps / sizeof *example_maps; i++) {
        const struct store_vector *columns[OMOP_CONCEPT_RELATIONSHIP_FIELD_COUNT] = {NULL};
        const struct text kind = TEXT("Maps to");
        const struct store_vector from = vocabulary_example_integers(&example_maps[i].from, 1),
                                  to = vocabulary_example_integers(&example_maps[i].to, 1),
                                  kinds = vocabulary_example_texts(&kind, NULL, 1);
        columns[OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_1] = &from;
        columns[OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_2] = &to;
        columns[OMOP_CONCEPT_RELATIONSHIP_RELATIONSHIP_ID] = &kinds;
        TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP, columns, NULL, 1, err));
    }
    const struct store_vector *columns[OMOP_CONCEPT_ANCESTOR_FIELD_COUNT] = {NULL};
    const int64_t ingredient = 1125315, product = 1127433;
    const struct store_vector ancestor = vocabulary_example_integers(&ingredient, 1), drug = vocabulary_example_integers(&product, 1);
    columns[OMOP_CONCEPT_ANCESTOR_ANCESTOR_CONCEPT_ID] = &ancestor;
    columns[OMOP_CONCEPT_ANCESTOR_DESCENDANT_CONCEPT_ID] = &drug;
    return segment_builder_append(builder, OMOP_TABLE_CONCEPT_ANCESTOR, columns, NULL, 1, err);
}

static inline __attribute__((unused)) day example_day(const char *text)
{
    day value = {0};
    return day_from_text(text_of(text), &value) ? value : (day){0};
}

/* One delivery under way. */
struct example_delivery {
    struct shelf_writer *writer;
    struct standardise *standardise;
    day made;
};
static inline __attribute__((unused)) bool example_give(struct example_delivery *delivery, const struct record *record, struct error *err)
{
    struct standard_row rows[STANDARD_ROWS_MAX];
    size_t count = 0;
    TRY(standardise_record(delivery->standardise, record, delivery->made, rows, &count, err));
    for (size_t i = 0; i < count; i++) {
        TRY(shelf_writer_add(delivery->writer, &rows[i], err));
    }
    return true;
}
static inline __attribute__((unused)) struct record example_person(int64_t subject, const char *sex, int year, int month,
                                                                   const char *commune)
{
    struct record record;
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_text(&record, COLUMN_SEX, text_of(sex));
    if (year) {
        record_set_integer(&record, COLUMN_BIRTH_YEAR, year);
        record_set_integer(&record, COLUMN_BIRTH_MONTH, month);
    }
    record_set_text(&record, COLUMN_RESIDENCE, text_of(commune));
    return record;
}
static inline __attribute__((unused)) struct record example_event(enum record_table table, int64_t subject, int64_t number,
                                                                  const char *system, const char *code, const char *start)
{
    struct record record;
    record_begin(&record, table);
    record_set_integer(&record, COLUMN_SUBJECT, subject);
    record_set_integer(&record, COLUMN_RECORD, number);
    record_set_text(&record, COLUMN_SYSTEM, text_of(system));
    record_set_text(&record, COLUMN_CODE, text_of(code));
    record_set_day(&record, COLUMN_START, example_day(start));
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return record;
}
