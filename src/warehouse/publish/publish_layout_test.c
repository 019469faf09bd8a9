/* SPDX-License-Identifier: EUPL-1.2 */
/* The layout in PostgreSQL: types of the CDM's published DDL, 64 bits for keys of records, and templates. */
#include "warehouse/publish/publish.h"
#include "warehouse/publish/publish_layout.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct error err;

static void columns_are_the_cdms(void **state)
{
    (void)state;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 16};
    assert_true(publish_columns_define(&out, OMOP_TABLE_DOSE_ERA, false, &err));
    assert_string_equal((const char *)out.data, "\"dose_era_id\" bigint, \"person_id\" bigint, \"drug_concept_id\" integer, "
                                                "\"unit_concept_id\" integer, \"dose_value\" numeric, \"dose_era_start_date\" date, "
                                                "\"dose_era_end_date\" date");
    buffer_clear(&out);
    assert_true(publish_columns_define(&out, OMOP_TABLE_CONCEPT_SYNONYM, false, &err));
    assert_string_equal((const char *)out.data,
                        "\"concept_id\" integer, \"concept_synonym_name\" varchar(1000), \"language_concept_id\" integer");
    buffer_clear(&out);
    assert_true(publish_columns_define(&out, OMOP_TABLE_CONCEPT_SYNONYM, true, &err));
    assert_non_null(strstr((const char *)out.data, "\"concept_synonym_name\" text"));
    buffer_clear(&out);
    assert_true(publish_columns_list(&out, OMOP_TABLE_COHORT, &err));
    assert_string_equal((const char *)out.data, "\"cohort_definition_id\", \"subject_id\", \"cohort_start_date\", \"cohort_end_date\"");
}

static void every_person_is_64_bits(void **state)
{
    (void)state;
    for (int table = 0; table < OMOP_TABLE_COUNT; table++) {
        const struct omop_table_info *info = omop_table(table);
        assert_true(info->field_count <= PUBLISH_FIELDS_MAX);
        for (int f = 0; f < info->field_count; f++) {
            const enum postgresql_column_type type = publish_column_type(table, f);
            if (f == info->person_field || (f == info->id_field && info->scope != OMOP_VOCABULARY)) {
                assert_int_equal(type, POSTGRESQL_COLUMN_BIGINT);
            }
            if (info->fields[f].is_concept) {
                assert_int_equal(type, POSTGRESQL_COLUMN_INTEGER);
            }
        }
    }
}

static void indexes_are_distinct(void **state)
{
    (void)state;
    int fields[PUBLISH_INDEXES_MAX];
    assert_int_equal(publish_indexes(OMOP_TABLE_CONDITION_OCCURRENCE, fields), 4);
    assert_int_equal(fields[1], OMOP_CONDITION_OCCURRENCE_PERSON_ID);
    assert_int_equal(fields[2], OMOP_CONDITION_OCCURRENCE_CONDITION_CONCEPT_ID);
    assert_int_equal(publish_indexes(OMOP_TABLE_PERSON, fields), 1);
    assert_int_equal(publish_indexes(OMOP_TABLE_CONCEPT_ANCESTOR, fields), 2);
    assert_true(publish_indexes(OMOP_TABLE_CONCEPT, fields) >= 2);
}

static void templates_are_filled(void **state)
{
    (void)state;
    CLEANUP(buffer_value) struct buffer out = {.maximum = 1 << 10};
    const struct publish_word words[] = {{"a", "x\"y", false}, {"b", "1, 2", true}};
    assert_true(publish_fill(&out, "in @a@: (@b@)", words, 2, &err));
    assert_string_equal((const char *)out.data, "in \"x\"\"y\": (1, 2)");
    assert_false(publish_fill(&out, "@c@", words, 2, &err));
    assert_false(publish_fill(&out, "@a", words, 2, &err));
    assert_int_equal(err.code, ERROR_INTERNAL);
}

static void names_of_schemas(void **state)
{
    (void)state;
    static const char *const good[] = {"omop", "_x", "omop_2026", "a23456789012345678901234567890123456789012345ab"};
    static const char *const bad[] = {
        "", "Omop", "1x", "pg_x", "a b", "a\"b", "omop;", "é", "a234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(publish_schema_check(good[i], &err));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(publish_schema_check(bad[i], &err));
        assert_int_equal(err.code, ERROR_INVALID_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_the_cdms), cmocka_unit_test(every_person_is_64_bits), cmocka_unit_test(indexes_are_distinct),
        cmocka_unit_test(templates_are_filled), cmocka_unit_test(names_of_schemas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
