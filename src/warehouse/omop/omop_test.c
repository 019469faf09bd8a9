/* SPDX-License-Identifier: EUPL-1.2 */
/* The generated tables against the published description of the CDM 5.4 (where it is at hand), and the rules that tie our own columns
 * (scope, roles, postings) to the fields. */
#include "base/csv.h"
#include "base/file.h"
#include "warehouse/omop/omop.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PUBLISHED "../shared/data/omop/OMOP_CDMv5.4_Field_Level.csv"

static bool yes(struct text text)
{
    return text_equal_fold(text, TEXT("Yes"));
}

/* The published type as ours: "varchar(50)" is a text of at most 50. */
static void check_type(const struct omop_field *field, struct text type)
{
    if (text_starts_with(type, TEXT("varchar("))) {
        struct text length = {type.data + 8, type.length - 9};
        int64_t number = 0;
        assert_true(text_equal_fold(length, TEXT("MAX")) || text_to_i64(length, &number));
        assert_int_equal(field->type, OMOP_TEXT);
        assert_int_equal(field->text_length_max, number);
        return;
    }
    assert_true(text_equal_fold(type, text_of(omop_type_name(field->type))));
    assert_int_equal(field->text_length_max, 0);
}

enum { TABLE, FIELD, REQUIRED, TYPE, PRIMARY = 6, FOREIGN, FOREIGN_TABLE };

static struct text unquoted(struct text name) /* note_nlp."offset" */
{
    return name.length > 2 && name.data[0] == '"' ? (struct text){name.data + 1, name.length - 2} : name;
}

static void check_record(const struct csv_field *fields, int *previous_table, int *position)
{
    int table = omop_table_find(fields[TABLE].text);
    assert_in_range(table, 0, OMOP_TABLE_COUNT - 1);
    *position = table == *previous_table ? *position + 1 : 0;
    *previous_table = table;
    const struct omop_table_info *info = omop_table(table);
    assert_true(*position < info->field_count);
    const struct omop_field *field = &info->fields[*position];
    assert_true(text_equal_fold(text_of(field->name), unquoted(fields[FIELD].text)));
    check_type(field, fields[TYPE].text);
    assert_int_equal(field->is_required, yes(fields[REQUIRED].text));
    assert_int_equal(field->is_primary_key, yes(fields[PRIMARY].text));
    int target = yes(fields[FOREIGN].text) ? omop_table_find(fields[FOREIGN_TABLE].text) : -1;
    assert_int_equal(field->references_table, target);
}

static void published_fields_are_ours(void **state)
{
    (void)state;
    struct error err = {0};
    bool exists = false;
    assert_true(file_exists(PUBLISHED, &exists, &err));
    if (!exists) {
        print_message("skipped: %s is not there\n", PUBLISHED);
        skip();
    }
    CLEANUP(csv_reader) struct csv_reader *reader = NULL;
    assert_true(csv_reader_open(&reader, PUBLISHED, NULL, &err));
    struct csv_record record;
    bool more = false;
    int table = -1, position = -1, rows = -1, ours = 0; /* the heading is row -1 */
    while (csv_reader_next(reader, &record, &more, &err) && more) {
        assert_true(record.count > FOREIGN_TABLE);
        if (rows++ >= 0) {
            check_record(record.fields, &table, &position);
        }
    }
    assert_int_equal(err.code, ERROR_NONE);
    for (int i = 0; i < OMOP_TABLE_COUNT; i++) {
        ours += omop_table(i)->field_count;
    }
    assert_int_equal(rows, ours);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(omop_table_find(TEXT("Condition_Occurrence")), OMOP_TABLE_CONDITION_OCCURRENCE);
    assert_int_equal(omop_table_find(TEXT("condition_occurrences")), -1);
    assert_int_equal(omop_table_find(TEXT("")), -1);
    assert_int_equal(omop_field_find(OMOP_TABLE_PERSON, TEXT("YEAR_OF_BIRTH")), OMOP_PERSON_YEAR_OF_BIRTH);
    assert_int_equal(omop_field_find(OMOP_TABLE_PERSON, TEXT("death_date")), OMOP_NO_FIELD);
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct omop_table_info *info = omop_table(table);
        assert_int_equal(omop_table_find(text_of(info->name)), table);
        for (int field = 0; field < info->field_count; field++) {
            assert_int_equal(omop_field_find(table, text_of(info->fields[field].name)), field);
        }
    }
}

/* Every field of CDM 5.3 that 5.4 calls otherwise. */
static void names_of_5_3_are_found(void **state)
{
    (void)state;
    static const struct {
        int table;
        const char *old;
        int field;
    } renamed[] = {
        {OMOP_TABLE_VISIT_OCCURRENCE, "admitting_source_concept_id", OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_CONCEPT_ID},
        {OMOP_TABLE_VISIT_OCCURRENCE, "admitting_source_value", OMOP_VISIT_OCCURRENCE_ADMITTED_FROM_SOURCE_VALUE},
        {OMOP_TABLE_VISIT_OCCURRENCE, "discharge_to_concept_id", OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_CONCEPT_ID},
        {OMOP_TABLE_VISIT_OCCURRENCE, "discharge_to_source_value", OMOP_VISIT_OCCURRENCE_DISCHARGED_TO_SOURCE_VALUE},
        {OMOP_TABLE_VISIT_DETAIL, "admitting_source_concept_id", OMOP_VISIT_DETAIL_ADMITTED_FROM_CONCEPT_ID},
        {OMOP_TABLE_VISIT_DETAIL, "admitting_source_value", OMOP_VISIT_DETAIL_ADMITTED_FROM_SOURCE_VALUE},
        {OMOP_TABLE_VISIT_DETAIL, "discharge_to_concept_id", OMOP_VISIT_DETAIL_DISCHARGED_TO_CONCEPT_ID},
        {OMOP_TABLE_VISIT_DETAIL, "discharge_to_source_value", OMOP_VISIT_DETAIL_DISCHARGED_TO_SOURCE_VALUE},
        {OMOP_TABLE_COST, "reveue_code_source_value", OMOP_COST_REVENUE_CODE_SOURCE_VALUE}, /* a misprint in its scripts */
        {OMOP_TABLE_VISIT_DETAIL, "visit_detail_parent_id", OMOP_VISIT_DETAIL_PARENT_VISIT_DETAIL_ID},
    };
    for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++) {
        assert_int_equal(omop_field_find(renamed[i].table, text_of(renamed[i].old)), renamed[i].field);
    }
}

static void check_roles(const struct omop_table_info *info)
{
    const struct omop_field *fields = info->fields;
    assert_int_equal(info->scope == OMOP_PERSON, info->person_field != OMOP_NO_FIELD);
    if (info->id_field != OMOP_NO_FIELD) {
        assert_int_equal(fields[info->id_field].type, OMOP_INTEGER);
    }
    if (info->start_field != OMOP_NO_FIELD) {
        assert_int_equal(fields[info->start_field].type, OMOP_DATE);
    }
    if (info->end_field != OMOP_NO_FIELD) {
        assert_int_equal(fields[info->end_field].type, OMOP_DATE);
    }
    if (info->concept_field != OMOP_NO_FIELD) {
        assert_true(fields[info->concept_field].has_postings);
    }
    if (info->source_concept_field != OMOP_NO_FIELD) {
        assert_true(fields[info->source_concept_field].has_postings);
        assert_non_null(strstr(fields[info->source_concept_field].name, "source_concept_id"));
    }
}

static void roles_fit_their_fields(void **state)
{
    (void)state;
    int vocabulary_tables = 0;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct omop_table_info *info = omop_table(table);
        vocabulary_tables += info->scope == OMOP_VOCABULARY;
        check_roles(info);
        for (int field = 0; field < info->field_count; field++) {
            assert_int_equal(info->fields[field].has_postings, info->fields[field].is_concept && info->scope != OMOP_VOCABULARY);
        }
    }
    assert_int_equal(OMOP_TABLE_COUNT, 39);
    assert_int_equal(vocabulary_tables, 10);
    assert_int_equal(omop_table(OMOP_TABLE_COHORT)->scope, OMOP_PERSON);
    assert_int_equal(omop_table(OMOP_TABLE_DEATH)->concept_field, OMOP_DEATH_CAUSE_CONCEPT_ID);
    assert_int_equal(omop_table(OMOP_TABLE_PROCEDURE_OCCURRENCE)->end_field, OMOP_NO_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_fields_are_ours),
        cmocka_unit_test(names_are_found_in_any_case),
        cmocka_unit_test(names_of_5_3_are_found),
        cmocka_unit_test(roles_fit_their_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
