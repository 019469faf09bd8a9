/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: values and tests of one row, whatever it is a row of: a criterion's or, for demographic criteria, an event's [1.3, 3.1, 5.3]. */
#include "research/sql/compile.h"
#include <assert.h>
#include <math.h>

/* Longer lists become a table: an engine reads a table of concepts once, and a list for each plan. */
enum { LIST_MAX = 40, INSERT_MAX = 2000, FIRST_DAY = -719162, LAST_DAY = 2932896 };

/* ---- concept sets ---- */
static const struct sql_table *list_table(struct sql_compilation *compilation, struct concept_ids ids)
{
    static const struct sql_column columns[] = {{"concept_id", SQL_INTEGER}};
    struct sql_table *table = ARENA_NEW(compilation->tree.arena, struct sql_table);
    *table = (struct sql_table){.name = sql_table_name(compilation, "concepts"), .columns = columns, .column_count = 1};
    sql_append(compilation, (struct sql_statement){.kind = SQL_CREATE_LIST, .comment = "members of a concept set", .table = table});
    for (size_t first = 0; first < ids.count; first += INSERT_MAX) {
        size_t count = ids.count - first < INSERT_MAX ? ids.count - first : INSERT_MAX;
        sql_append(compilation,
                   (struct sql_statement){.kind = SQL_INSERT_LIST, .table = table, .list = ids.items + first, .list_count = count});
    }
    sql_append(compilation, (struct sql_statement){.kind = SQL_ANALYSE, .table = table});
    return table;
}

sql_value sql_member(struct sql_compilation *compilation, sql_value x, struct concept_ids ids, int set, bool is_negated)
{
    struct sql_tree *tree = &compilation->tree;
    if (ids.count == 0) {
        return sql_boolean(tree, is_negated);
    }
    sql_value in;
    if (ids.count <= LIST_MAX) {
        in = sql_in_list(tree, x, ids.items, ids.count);
    } else {
        const struct sql_table *table = set == COHORT_NO_SET ? NULL : compilation->sets[set];
        table = table ? table : list_table(compilation, ids);
        if (set != COHORT_NO_SET) {
            compilation->sets[set] = table;
        }
        in = sql_in_table(tree, x, table, "concept_id");
    }
    return is_negated ? sql_not(tree, in) : in;
}

/* ---- look-ups ---- */
static const struct sql_source *look_up(struct sql_row *row, int table, const char *key, bool is_left)
{
    struct sql_tree *tree = &row->compilation->tree;
    struct sql_source *source = sql_from(tree, row->select, sql_cdm_table(tree, table));
    if (is_left) {
        sql_left_join(source);
    }
    sql_on(tree, source, sql_operate(tree, SQL_EQUAL, sql_field(tree, source, key), sql_field(tree, row->source, key)));
    return source;
}

void sql_row_join_person(struct sql_row *row)
{
    if (!row->person) {
        row->person = look_up(row, OMOP_TABLE_PERSON, "person_id", false);
    }
}

/* The visit must exist and belong to the same person. */
static const struct sql_source *visit_join(struct sql_row *row)
{
    struct sql_tree *tree = &row->compilation->tree;
    if (!row->visit) {
        struct sql_source *visit = sql_from(tree, row->select, sql_cdm_table(tree, OMOP_TABLE_VISIT_OCCURRENCE));
        sql_on(tree, visit,
               sql_operate(tree, SQL_EQUAL, sql_field(tree, visit, "visit_occurrence_id"),
                           sql_field(tree, row->source, "visit_occurrence_id")));
        sql_on(tree, visit, sql_same_key(tree, visit, row->source, false));
        row->visit = visit;
    }
    return row->visit;
}

/* ---- values ---- */
static sql_value field_value(struct sql_row *row, int field)
{
    struct sql_tree *tree = &row->compilation->tree;
    sql_value value = sql_field(tree, row->source, omop_table(row->table)->fields[field].name);
    return value->type == SQL_NUMBER ? sql_round(tree, value) : value;
}

static sql_value age(struct sql_row *row, sql_value date)
{
    struct sql_tree *tree = &row->compilation->tree;
    sql_row_join_person(row);
    return sql_operate(tree, SQL_MINUS, sql_year(tree, date), sql_field(tree, row->person, "year_of_birth"));
}

static sql_value ratio(struct sql_row *row, int bound)
{
    struct sql_tree *tree = &row->compilation->tree;
    sql_value divisor = sql_call(tree, SQL_NULLIF, field_value(row, bound), sql_number(tree, 0));
    return sql_operate(tree, SQL_DIVIDE, field_value(row, OMOP_MEASUREMENT_VALUE_AS_NUMBER), divisor);
}

sql_value sql_row_value(struct sql_row *row, struct cohort_value value)
{
    struct sql_tree *tree = &row->compilation->tree;
    switch (value.operand) {
    case COHORT_NOTHING:
        return sql_null(tree, SQL_INTEGER);
    case COHORT_ONE:
        return sql_integer(tree, 1);
    case COHORT_FIELD:
        return field_value(row, value.field);
    case COHORT_FIELD_OR_ZERO:
        return sql_call(tree, SQL_COALESCE, field_value(row, value.field), sql_integer(tree, 0));
    case COHORT_START:
        return row->start;
    case COHORT_END:
        return row->end;
    case COHORT_LENGTH:
        return sql_operate(tree, SQL_MINUS, row->end, row->start);
    case COHORT_AGE_AT_START:
        return age(row, row->start);
    case COHORT_AGE_AT_END:
        return age(row, row->end);
    case COHORT_PERSON:
        sql_row_join_person(row);
        return sql_field(tree, row->person, omop_table(OMOP_TABLE_PERSON)->fields[value.field].name);
    case COHORT_PROVIDER_SPECIALTY:
        row->provider = row->provider ? row->provider : look_up(row, OMOP_TABLE_PROVIDER, "provider_id", true);
        return sql_field(tree, row->provider, "specialty_concept_id");
    case COHORT_VISIT_CONCEPT:
        return sql_field(tree, visit_join(row), "visit_concept_id");
    case COHORT_PLACE_OF_SERVICE:
        row->care_site = row->care_site ? row->care_site : look_up(row, OMOP_TABLE_CARE_SITE, "care_site_id", false);
        return sql_field(tree, row->care_site, "place_of_service_concept_id");
    case COHORT_RATIO_TO_LOW:
        return ratio(row, OMOP_MEASUREMENT_RANGE_LOW);
    case COHORT_RATIO_TO_HIGH:
        return ratio(row, OMOP_MEASUREMENT_RANGE_HIGH);
    }
    return sql_null(tree, SQL_INTEGER);
}

const char *sql_value_column(struct sql_compilation *compilation, int table, int field)
{
    return arena_text_format(compilation->tree.arena, "value_%s", omop_table(table)->fields[field].name);
}

sql_value sql_distinct_value(struct sql_compilation *compilation, const struct sql_source *rows, int table, struct cohort_value value)
{
    struct sql_tree *tree = &compilation->tree;
    bool is_field = value.operand == COHORT_FIELD || value.operand == COHORT_FIELD_OR_ZERO;
    if (is_field) {
        sql_value field = sql_field(tree, rows, sql_value_column(compilation, table, value.field));
        return value.operand == COHORT_FIELD ? field : sql_call(tree, SQL_COALESCE, field, sql_integer(tree, 0));
    }
    bool has_end = value.operand == COHORT_END || value.operand == COHORT_LENGTH;
    struct sql_row row = {.compilation = compilation, .start = sql_field(tree, rows, "start_date")};
    row.end = has_end ? sql_field(tree, rows, "end_date") : NULL;
    return sql_row_value(&row, value);
}

/* ---- tests ---- */
/* low <= x <= high, where either may be NULL: no bound. NULL is never inside, and never outside. */
static sql_value between(struct sql_tree *tree, sql_value x, sql_value low, sql_value high, bool is_negated)
{
    sql_value inside = low ? sql_operate(tree, SQL_AT_LEAST, x, low) : NULL;
    inside = high ? sql_and(tree, inside, sql_operate(tree, SQL_AT_MOST, x, high)) : inside;
    if (!inside) {
        return is_negated ? sql_boolean(tree, false) : sql_not(tree, sql_is_null(tree, x));
    }
    return is_negated ? sql_not(tree, inside) : inside;
}

static sql_value integer_bound(struct sql_tree *tree, int64_t bound)
{
    return bound == INT64_MIN || bound == INT64_MAX ? NULL : sql_integer(tree, bound);
}

static sql_value integers_between(struct sql_tree *tree, sql_value x, const struct cohort_test *test)
{
    return between(tree, x, integer_bound(tree, test->low), integer_bound(tree, test->high), test->is_negated);
}

/* Days outside the calendar: everything, or nothing, lies on their other side. */
static sql_value days_between(struct sql_tree *tree, sql_value x, const struct cohort_test *test)
{
    bool is_nothing = test->low > test->high || test->low > LAST_DAY || test->high < FIRST_DAY;
    sql_value low = test->low < FIRST_DAY ? NULL : sql_day(tree, (day){(int32_t)test->low});
    sql_value high = test->high > LAST_DAY ? NULL : sql_day(tree, (day){(int32_t)test->high});
    if (is_nothing) {
        return test->is_negated ? sql_not(tree, sql_is_null(tree, x)) : sql_boolean(tree, false);
    }
    return between(tree, x, low, high, test->is_negated);
}

static sql_value numbers_between(struct sql_tree *tree, sql_value x, const struct cohort_test *test)
{
    sql_value low = isinf(test->low_number) ? NULL : sql_number(tree, test->low_number);
    sql_value high = isinf(test->high_number) ? NULL : sql_number(tree, test->high_number);
    return between(tree, x, low, high, test->is_negated);
}

static sql_value abnormal(struct sql_row *row)
{
    static const int64_t concepts[] = {COHORT_ABNORMAL_HIGH, COHORT_ABNORMAL_LOW};
    struct sql_tree *tree = &row->compilation->tree;
    sql_value value = field_value(row, OMOP_MEASUREMENT_VALUE_AS_NUMBER);
    sql_value low = sql_operate(tree, SQL_LESS, value, field_value(row, OMOP_MEASUREMENT_RANGE_LOW));
    sql_value high = sql_operate(tree, SQL_GREATER, value, field_value(row, OMOP_MEASUREMENT_RANGE_HIGH));
    sql_value said = sql_in_list(tree, field_value(row, OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID), concepts, 2);
    return sql_operate(tree, SQL_OR, sql_operate(tree, SQL_OR, low, high), said);
}

static sql_value test_condition(struct sql_row *row, const struct cohort_test *test, sql_value x)
{
    struct sql_compilation *compilation = row->compilation;
    struct sql_tree *tree = &compilation->tree;
    switch (test->kind) {
    case COHORT_TEST_INTEGER:
        return integers_between(tree, x, test);
    case COHORT_TEST_DATE:
        return days_between(tree, x, test);
    case COHORT_TEST_DECIMAL:
        return numbers_between(tree, x, test);
    case COHORT_TEST_TEXT:
        return test->is_negated ? sql_not(tree, sql_like(tree, x, test->pattern)) : sql_like(tree, x, test->pattern);
    case COHORT_TEST_CONCEPTS:
        return sql_member(compilation, x, test->concepts, COHORT_NO_SET, test->is_negated);
    case COHORT_TEST_SET:
        return sql_member(compilation, x, compilation->program->concept_sets[test->set].members, test->set, test->is_negated);
    case COHORT_TEST_PRESENT:
        return test->is_negated ? sql_is_null(tree, x) : sql_not(tree, sql_is_null(tree, x));
    case COHORT_TEST_ABNORMAL:
        return abnormal(row);
    }
    return NULL;
}

void sql_row_test(struct sql_row *row, const struct cohort_test *test)
{
    sql_value x = test->kind == COHORT_TEST_ABNORMAL ? NULL : sql_row_value(row, test->value);
    sql_where(&row->compilation->tree, row->select, test_condition(row, test, x));
}
