/* SPDX-License-Identifier: EUPL-1.2 */
/* Each rule of sources.md section 3 with its record and the row that it must give, over a vocabulary of a dozen concepts. */
#include "base/scratch.h"
#include "intake/standardise/standardise.h"
#include "warehouse/vocabulary/vocabulary_example.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* id, code, vocabulary, domain, standard */
static const struct {
    int64_t id;
    const char *code, *vocabulary, *domain, *standard;
} concepts[] = {
    {45591453, "C90.0", "ICD10", "Condition", ""},     {437233, "109989006", "SNOMED", "Condition", "S"},
    {45756805, "Z88.0", "ICD10", "Observation", ""},   {4240903, "91936005", "SNOMED", "Observation", "S"},
    {3004249, "8480-6", "LOINC", "Measurement", "S"},  {8876, "mm[Hg]", "UCUM", "Unit", "S"},
    {1, "HHFA001", "CCAM", "Procedure", ""},           {45604780, "E10.2", "ICD10", "Condition", ""},
    {201254, "46635009", "SNOMED", "Condition", "S"},  {192279, "127013003", "SNOMED", "Condition", "S"},
    {9191, "10828004", "SNOMED", "Meas Value", "S"},   {4330442, "416471007", "SNOMED", "Procedure", "S"},
    {43021226, "answer", "SNOMED", "Meas Value", "S"}, {5, "F10.2", "ICD10", "Condition", ""},
};
static const struct {
    int64_t from, to;
    const char *kind;
} relations[] = {{45591453, 437233, "Maps to"}, {45756805, 4240903, "Maps to"},        {45604780, 201254, "Maps to"},
                 {45604780, 192279, "Maps to"}, {45756805, 43021226, "Maps to value"}, {5, 437233, "Maps to"}};

struct fixture {
    struct scratch scratch;
    struct vocabulary_example example;
    struct standardise *standardise;
    struct standard_row rows[STANDARD_ROWS_MAX];
    size_t count;
};

static bool concepts_append(struct segment_builder *builder, struct error *err)
{
    for (size_t i = 0; i < sizeof concepts / sizeof *concepts; i++) {
        const struct store_vector *columns[OMOP_CONCEPT_FIELD_COUNT] = {NULL};
        const struct text texts[5] = {text_of(concepts[i].code), text_of(concepts[i].vocabulary), text_of(concepts[i].domain),
                                      text_of(concepts[i].standard), TEXT("name")};
        const struct store_vector id = vocabulary_example_integers(&concepts[i].id, 1);
        struct store_vector vectors[5];
        const int fields[5] = {OMOP_CONCEPT_CONCEPT_CODE, OMOP_CONCEPT_VOCABULARY_ID, OMOP_CONCEPT_DOMAIN_ID, OMOP_CONCEPT_STANDARD_CONCEPT,
                               OMOP_CONCEPT_CONCEPT_NAME};
        columns[OMOP_CONCEPT_CONCEPT_ID] = &id;
        for (int f = 0; f < 5; f++) {
            vectors[f] = vocabulary_example_texts(&texts[f], NULL, 1);
            columns[fields[f]] = &vectors[f];
        }
        TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT, columns, NULL, 1, err));
    }
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
        const struct store_vector *columns[OMOP_CONCEPT_RELATIONSHIP_FIELD_COUNT] = {NULL};
        const struct text kind = text_of(relations[i].kind);
        const struct store_vector from = vocabulary_example_integers(&relations[i].from, 1),
                                  to = vocabulary_example_integers(&relations[i].to, 1), kinds = vocabulary_example_texts(&kind, NULL, 1);
        columns[OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_1] = &from;
        columns[OMOP_CONCEPT_RELATIONSHIP_CONCEPT_ID_2] = &to;
        columns[OMOP_CONCEPT_RELATIONSHIP_RELATIONSHIP_ID] = &kinds;
        TRY(segment_builder_append(builder, OMOP_TABLE_CONCEPT_RELATIONSHIP, columns, NULL, 1, err));
    }
    return true;
}

static int setup(void **state)
{
    struct error err = {0};
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct segment_builder *builder = segment_builder_create(OMOP_VOCABULARY);
    fixture->scratch = scratch_open();
    const bool done = vocabulary_example_create(&fixture->example, fixture->scratch.directory, 0, &err) && concepts_append(builder, &err) &&
                      vocabulary_example_load(&fixture->example, builder, &err) &&
                      standardise_create(&fixture->standardise, fixture->example.vocabulary, fixture->example.reader, &err);
    segment_builder_destroy(builder);
    if (!done) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    standardise_destroy(fixture->standardise);
    vocabulary_example_destroy(&fixture->example);
    scratch_cleanup(&fixture->scratch);
    free(fixture);
    return 0;
}

static day day_of(const char *text)
{
    day value = {0};
    assert_true(day_from_text(text_of(text), &value));
    return value;
}

static struct record event(enum record_table table, const char *system, const char *code)
{
    struct record record;
    record_begin(&record, table);
    record_set_integer(&record, COLUMN_SUBJECT, 77);
    record_set_integer(&record, COLUMN_RECORD, 9);
    record_set_text(&record, COLUMN_SYSTEM, text_of(system));
    record_set_text(&record, COLUMN_CODE, text_of(code));
    record_set_day(&record, COLUMN_START, day_of("2024-03-01"));
    record_set_text(&record, COLUMN_TYPE, TEXT("EHR"));
    return record;
}

static const struct standard_row *take(struct fixture *fixture, const struct record *record)
{
    struct error err = {0};
    assert_true(standardise_record(fixture->standardise, record, day_of("2024-12-31"), fixture->rows, &fixture->count, &err));
    return fixture->rows;
}
#define INTEGER(row, field) (assert_true(standard_row_has(row, field)), (row)->values[field].integer)
#define DAY(row, field) (assert_true(standard_row_has(row, field)), (row)->values[field].day)
static void assert_text(const struct standard_row *row, int field, const char *words)
{
    assert_true(standard_row_has(row, field) && text_equal(row->values[field].text, text_of(words)));
}

static void test_condition(void **state)
{
    struct fixture *fixture = *state;
    struct record record = event(RECORD_CONDITION, "CIM10", "C900"); /* without the dot; the WHO writes C90.0 */
    record_set_integer(&record, COLUMN_START_TIME, 3600);
    record_set_text(&record, COLUMN_STATUS, TEXT("PRIMARY"));
    record_set_integer(&record, COLUMN_VISIT, 3);
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(fixture->count, 1);
    assert_int_equal(row->table, OMOP_TABLE_CONDITION_OCCURRENCE);
    assert_true(row->subject == 77 && row->record == 9 && row->visit == 3 && row->kind == RECORD_CONDITION);
    assert_int_equal(INTEGER(row, OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID), 437233);
    assert_int_equal(INTEGER(row, OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_CONCEPT_ID), 45591453);
    assert_int_equal(INTEGER(row, OMOP_CONDITION_OCCURRENCE_CONDITION_TYPE_CONCEPT_ID), 32817);
    assert_int_equal(INTEGER(row, OMOP_CONDITION_OCCURRENCE_CONDITION_STATUS_CONCEPT_ID), 32903);
    assert_true(INTEGER(row, OMOP_CONDITION_OCCURRENCE_CONDITION_START_DATETIME) ==
                day_of("2024-03-01").number * INT64_C(86400000000) + INT64_C(3600000000));
    assert_text(row, OMOP_CONDITION_OCCURRENCE_CONDITION_SOURCE_VALUE, "C900");
    assert_true(text_equal(row->system, TEXT("CIM10")));
    record = event(RECORD_CONDITION, "CIM10", "F1024+8"); /* an extension of ATIH */
    assert_int_equal(INTEGER(take(fixture, &record), OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID), 437233);
}

/* One code, two concepts: two rows of one record. */
static void test_two_targets(void **state)
{
    struct fixture *fixture = *state;
    const struct record record = event(RECORD_CONDITION, "CIM10", "E102");
    const struct standard_row *rows = take(fixture, &record);
    assert_int_equal(fixture->count, 2);
    assert_int_equal(INTEGER(&rows[0], OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID), 192279);
    assert_int_equal(INTEGER(&rows[1], OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID), 201254);
    assert_true(rows[0].sequence == 0 && rows[1].sequence == 1);
}

/* The domain of the standard concept decides the table; what it maps to as a value is the value. */
static void test_domain(void **state)
{
    struct fixture *fixture = *state;
    const struct record record = event(RECORD_CONDITION, "CIM10", "Z88.0");
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(row->table, OMOP_TABLE_OBSERVATION);
    assert_int_equal(INTEGER(row, OMOP_OBSERVATION_OBSERVATION_CONCEPT_ID), 4240903);
    assert_int_equal(INTEGER(row, OMOP_OBSERVATION_VALUE_AS_CONCEPT_ID), 43021226);
}

static void test_unmapped(void **state)
{
    struct fixture *fixture = *state;
    struct record record = event(RECORD_PROCEDURE, "CCAM", "HHFA001-01-0");
    for (int i = 0; i < 3; i++) {
        const struct standard_row *row = take(fixture, &record);
        assert_int_equal(row->table, OMOP_TABLE_PROCEDURE_OCCURRENCE);
        assert_int_equal(INTEGER(row, OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_CONCEPT_ID), 0);
        assert_int_equal(INTEGER(row, OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_SOURCE_CONCEPT_ID), 1); /* its base code */
    }
    record = event(RECORD_DRUG, "LOCAL:x", "abc");
    (void)take(fixture, &record);
    record = event(RECORD_DRUG, "UCD", "1234567");
    (void)take(fixture, &record);
    CLEANUP(arena) struct arena *result = arena_create();
    struct error err = {0};
    const struct standard_unmapped *list = NULL;
    size_t count = 0, distinct = 0;
    assert_true(standardise_unmapped(fixture->standardise, 2, result, &list, &count, &distinct, &err));
    assert_true(count == 2 && distinct == 3);
    assert_true(list[0].records == 3 && list[0].reason == STANDARD_NO_STANDARD);
    assert_string_equal(list[0].system, "CCAM");
    assert_string_equal(list[1].system, "LOCAL:x");
    assert_int_equal(list[1].reason, STANDARD_NO_VOCABULARY);
    assert_true(standardise_counts(fixture->standardise)->codes == 5 && standardise_counts(fixture->standardise)->mapped == 0);
}

static void write_file(struct fixture *fixture, const char *name, const char *text)
{
    struct error err = {0};
    assert_true(file_write_atomic(scratch_path(&fixture->scratch, name), text, strlen(text), 0600, &err));
}

static void test_maps(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    uint64_t maps = 0;
    write_file(fixture, "labo.csv",
               "sourceCode,sourceName,mappingStatus,conceptId\nPA,pression,APPROVED,3004249\nNO,rien,UNCHECKED,437233\n");
    assert_true(standardise_maps_read(fixture->standardise, scratch_path(&fixture->scratch, "labo.csv"), &maps, &err));
    assert_int_equal(maps, 1);
    write_file(fixture, "map.csv",
               "source_code,source_vocabulary_id,target_concept_id,invalid_reason\nHHFA001,CCAM,4330442,\nC900,CIM10,201254,D\n");
    assert_true(standardise_maps_read(fixture->standardise, scratch_path(&fixture->scratch, "map.csv"), &maps, &err));
    assert_int_equal(maps, 1);
    struct record record = event(RECORD_OBSERVATION, "LOCAL:labo", "PA");
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(row->table, OMOP_TABLE_MEASUREMENT);
    assert_int_equal(INTEGER(row, OMOP_MEASUREMENT_MEASUREMENT_CONCEPT_ID), 3004249);
    record = event(RECORD_PROCEDURE, "CCAM", "HHFA001");
    row = take(fixture, &record);
    assert_int_equal(INTEGER(row, OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_CONCEPT_ID), 4330442);
    assert_int_equal(INTEGER(row, OMOP_PROCEDURE_OCCURRENCE_PROCEDURE_SOURCE_CONCEPT_ID), 1);
    record = event(RECORD_CONDITION, "LOCAL:y", "z");
    record_set_integer(&record, COLUMN_CONCEPT, 201254); /* the holder chose */
    assert_int_equal(INTEGER(take(fixture, &record), OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID), 201254);
    write_file(fixture, "bad.csv", "source_code,target_concept_id\nA,x\n");
    assert_false(standardise_maps_read(fixture->standardise, scratch_path(&fixture->scratch, "bad.csv"), &maps, &err));
    assert_non_null(strstr(err.message, "bad.csv, line 2"));
}

static void test_measurement(void **state)
{
    struct fixture *fixture = *state;
    struct record record = event(RECORD_MEASUREMENT, "LOINC", "8480-6");
    record_set_number(&record, COLUMN_VALUE, 120.5);
    record_set_text(&record, COLUMN_OPERATOR, TEXT(">="));
    record_set_text(&record, COLUMN_UNIT, TEXT("mm[Hg]"));
    record_set_number(&record, COLUMN_HIGH, 140);
    record_set_integer(&record, COLUMN_PARENT, 4);
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(row->table, OMOP_TABLE_MEASUREMENT);
    assert_true(row->values[OMOP_MEASUREMENT_VALUE_AS_NUMBER].number > 120.4);
    assert_int_equal(INTEGER(row, OMOP_MEASUREMENT_OPERATOR_CONCEPT_ID), 4171755);
    assert_int_equal(INTEGER(row, OMOP_MEASUREMENT_UNIT_CONCEPT_ID), 8876);
    assert_int_equal(INTEGER(row, OMOP_MEASUREMENT_MEAS_EVENT_FIELD_CONCEPT_ID), 1147138);
    assert_true(row->parent == 4 && standard_row_has(row, OMOP_MEASUREMENT_RANGE_HIGH) &&
                !standard_row_has(row, OMOP_MEASUREMENT_RANGE_LOW));
    record = event(RECORD_MEASUREMENT, "LOINC", "8480-6");
    record_set_text(&record, COLUMN_VALUE_SYSTEM, TEXT("SNOMED"));
    record_set_text(&record, COLUMN_VALUE_CODE, TEXT("10828004"));
    assert_int_equal(INTEGER(take(fixture, &record), OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID), 9191);
}

static void test_drug(void **state)
{
    struct fixture *fixture = *state;
    struct record record = event(RECORD_DRUG, "CIP13", "3400930000001");
    record_set_integer(&record, COLUMN_DAYS_SUPPLY, 30);
    record_set_number(&record, COLUMN_QUANTITY, 2);
    record_set_text(&record, COLUMN_ROUTE, TEXT("PO"));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM_PHARMACY"));
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(DAY(row, OMOP_DRUG_EXPOSURE_DRUG_EXPOSURE_END_DATE), day_of("2024-03-30").number);
    assert_false(standard_row_has(row, OMOP_DRUG_EXPOSURE_VERBATIM_END_DATE));
    assert_int_equal(INTEGER(row, OMOP_DRUG_EXPOSURE_ROUTE_CONCEPT_ID), 4132161);
    assert_int_equal(INTEGER(row, OMOP_DRUG_EXPOSURE_DRUG_TYPE_CONCEPT_ID), 32869);
    assert_true(row->values[OMOP_DRUG_EXPOSURE_QUANTITY].number > 1.9);
}

static struct record visit(const char *class)
{
    struct record record;
    record_begin(&record, RECORD_VISIT);
    record_set_integer(&record, COLUMN_SUBJECT, 77);
    record_set_integer(&record, COLUMN_RECORD, 3);
    record_set_text(&record, COLUMN_CLASS, text_of(class));
    record_set_day(&record, COLUMN_START, day_of("2024-03-01"));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM"));
    return record;
}

static void test_visit(void **state)
{
    struct fixture *fixture = *state;
    struct record record = visit("EMERIMP");
    record_set_text(&record, COLUMN_ADMITTED_FROM, TEXT("8-5")); /* from home, by the emergency department */
    record_set_text(&record, COLUMN_DISCHARGED_TO, TEXT("9"));   /* PMSI: died */
    record_set_text(&record, COLUMN_CARE_SITE, TEXT("290000017"));
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(row->table, OMOP_TABLE_VISIT_OCCURRENCE);
    assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_VISIT_CONCEPT_ID), 262);
    assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_CONCEPT_ID), 8870);
    assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID), 32218);
    assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_VISIT_TYPE_CONCEPT_ID), 32810);
    assert_int_equal(DAY(row, OMOP_VISIT_OCCURRENCE_VISIT_END_DATE), day_of("2024-12-31").number); /* still there */
    assert_true(text_equal(row->place, TEXT("290000017")));
    record = visit("AMB");
    record_set_integer(&record, COLUMN_PARENT, 2);
    row = take(fixture, &record);
    assert_true(row->table == OMOP_TABLE_VISIT_DETAIL && row->parent == 2);
    assert_int_equal(INTEGER(row, OMOP_VISIT_DETAIL_VISIT_DETAIL_CONCEPT_ID), 9202);
    assert_int_equal(DAY(row, OMOP_VISIT_DETAIL_VISIT_DETAIL_END_DATE), day_of("2024-03-01").number);
}

/* As readers of national claims and of hospitals' own exports give modes of the PMSI. */
static void test_modes_of_stays(void **state)
{
    static const struct {
        const char *from, *to;
        int64_t from_concept, to_concept;
    } modes[] = {{"PMSI-8", "PMSI-8", 8536, 8536}, {"PMSI-8-5", "PMSI-9", 8870, 32218}, {"PMSI-6-1", "PMSI-6-2", 8717, 32266},
                 {"5", "6", 8870, 8717},           {"7", "7", 38004515, 38004515},      {"6", "PMSI-7", 8717, 38004515}};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct record record = visit("IMP");
        record_set_text(&record, COLUMN_ADMITTED_FROM, text_of(modes[i].from));
        record_set_text(&record, COLUMN_DISCHARGED_TO, text_of(modes[i].to));
        const struct standard_row *row = take(fixture, &record);
        assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_CONCEPT_ID), modes[i].from_concept);
        assert_int_equal(INTEGER(row, OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID), modes[i].to_concept);
    }
}

/* A day of birth does not get in, whatever the delivery has. */
static void test_person(void **state)
{
    struct fixture *fixture = *state;
    struct record record;
    record_begin(&record, RECORD_PERSON);
    record_set_integer(&record, COLUMN_SUBJECT, 77);
    record_set_text(&record, COLUMN_SEX, TEXT("F"));
    record_set_integer(&record, COLUMN_BIRTH_YEAR, 1980);
    record_set_integer(&record, COLUMN_BIRTH_MONTH, 5);
    record_set_integer(&record, COLUMN_BIRTH_DAY, 14);
    record_set_text(&record, COLUMN_RESIDENCE, TEXT("29019"));
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(INTEGER(row, OMOP_PERSON_GENDER_CONCEPT_ID), 8532);
    assert_int_equal(INTEGER(row, OMOP_PERSON_YEAR_OF_BIRTH), 1980);
    assert_int_equal(INTEGER(row, OMOP_PERSON_MONTH_OF_BIRTH), 5);
    assert_false(standard_row_has(row, OMOP_PERSON_DAY_OF_BIRTH) || standard_row_has(row, OMOP_PERSON_BIRTH_DATETIME));
    assert_true(text_equal(row->place, TEXT("29019")) && row->record == 77);
}

static void test_others(void **state)
{
    struct fixture *fixture = *state;
    struct record record = event(RECORD_DEATH, "CIM10", "C900");
    const struct standard_row *row = take(fixture, &record);
    assert_int_equal(INTEGER(row, OMOP_DEATH_CAUSE_CONCEPT_ID), 437233);
    record_begin(&record, RECORD_COVERAGE);
    record_set_integer(&record, COLUMN_SUBJECT, 77);
    record_set_integer(&record, COLUMN_RECORD, 5);
    record_set_day(&record, COLUMN_START, day_of("2020-01-01"));
    record_set_text(&record, COLUMN_CODE, TEXT("01"));
    record_set_text(&record, COLUMN_TYPE, TEXT("CLAIM_ENROLMENT"));
    row = take(fixture, &record);
    assert_int_equal(DAY(row, OMOP_PAYER_PLAN_PERIOD_PAYER_PLAN_PERIOD_END_DATE), day_of("2024-12-31").number);
    record_begin(&record, RECORD_KINSHIP);
    record_set_integer(&record, COLUMN_SUBJECT, 77);
    record_set_integer(&record, COLUMN_OTHER, 78);
    record_set_text(&record, COLUMN_CODE, TEXT("MOTHER"));
    row = take(fixture, &record);
    assert_true(row->table == OMOP_TABLE_FACT_RELATIONSHIP && row->parent == 78);
    record_begin(&record, RECORD_DELETION);
    record_set_text(&record, COLUMN_TABLE, TEXT("drug"));
    record_set_integer(&record, COLUMN_RECORD, 12);
    row = take(fixture, &record);
    assert_true(row->table == STANDARD_TABLE_DELETION && row->kind == RECORD_DRUG && row->record == 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_condition, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_two_targets, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_domain, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_unmapped, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_maps, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_measurement, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_drug, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_visit, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_modes_of_stays, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_person, setup, teardown),
                                       cmocka_unit_test_setup_teardown(test_others, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
