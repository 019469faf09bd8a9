/* SPDX-License-Identifier: EUPL-1.2 */
/* criteria: the rows of a criterion, in the order of steps that the program has [3]: by concept, First, dates, tests, the user-defined
 * period, the nested group. Each different criterion becomes one table, with the columns that somebody asks for. */
#include "research/sql/compile.h"
#include <stdio.h>

/* ---- which there are ---- */
static void collect_group(struct sql_compilation *compilation, const struct cohort_group *group, bool is_restricted);

static struct sql_criterion *criterion_find(struct sql_compilation *compilation, const struct cohort_criterion *criterion)
{
    struct sql_criterion **end = &compilation->criteria;
    while (*end && !cohort_criterion_is_same((*end)->criterion, criterion)) {
        end = &(*end)->next;
    }
    if (!*end) {
        *end = ARENA_NEW(compilation->tree.arena, struct sql_criterion);
        (*end)->criterion = criterion;
        (*end)->is_restricted = true;
    }
    return *end;
}

static void collect(struct sql_compilation *compilation, const struct cohort_criterion *criterion, unsigned needs, uint64_t fields,
                    bool is_restricted)
{
    struct sql_criterion *found = criterion_find(compilation, criterion);
    found->needs |= needs | (criterion->nested ? SQL_NEEDS_ID | SQL_NEEDS_END | SQL_NEEDS_VISIT : 0);
    found->fields |= fields;
    found->is_restricted &= is_restricted;
    if (criterion->nested) {
        collect_group(compilation, criterion->nested, is_restricted);
    }
}

static void collect_correlated(struct sql_compilation *compilation, const struct cohort_correlated *item, bool is_restricted)
{
    enum cohort_operand operand = item->distinct.operand;
    bool is_field = operand == COHORT_FIELD || operand == COHORT_FIELD_OR_ZERO;
    bool tests_end = item->start_window.uses_event_end || (item->has_end_window && item->end_window.uses_event_end);
    bool counts_end = operand == COHORT_END || operand == COHORT_LENGTH;
    unsigned needs = (tests_end || counts_end ? SQL_NEEDS_END : 0) | (item->restricts_to_visit ? SQL_NEEDS_VISIT : 0);
    compilation->is_unsupported |=
        !is_field && !counts_end && operand != COHORT_NOTHING && operand != COHORT_ONE && operand != COHORT_START;
    collect(compilation, item->criterion, needs, is_field ? UINT64_C(1) << item->distinct.field : 0, is_restricted);
}

static void collect_group(struct sql_compilation *compilation, const struct cohort_group *group, bool is_restricted)
{
    for (size_t i = 0; i < group->correlated_count; i++) {
        collect_correlated(compilation, &group->correlated[i], is_restricted);
    }
    for (size_t i = 0; i < group->group_count; i++) {
        collect_group(compilation, &group->groups[i], is_restricted);
    }
}

void sql_criteria_collect(struct sql_compilation *compilation)
{
    const struct cohort_program *program = compilation->program;
    for (size_t i = 0; i < program->primary_count; i++) {
        collect(compilation, &program->primary[i], SQL_NEEDS_ID | SQL_NEEDS_END | SQL_NEEDS_VISIT | SQL_NEEDS_SORT, 0, false);
    }
    if (program->additional) {
        collect_group(compilation, program->additional, true);
    }
    for (size_t i = 0; i < program->rule_count; i++) {
        collect_group(compilation, &program->rules[i].group, true);
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        collect(compilation, &program->censoring[i], 0, 0, true);
    }
}

/* ---- rows by concept, and First ---- */
static void by_concept(struct sql_compilation *compilation, const struct sql_criterion *planned, struct sql_select *select,
                       const struct sql_source *source)
{
    const struct cohort_criterion *criterion = planned->criterion;
    const struct omop_table_info *info = omop_table(criterion->table);
    struct sql_tree *tree = &compilation->tree;
    int sets[] = {criterion->concept_set, criterion->source_concept_set};
    int fields[] = {info->concept_field, info->source_concept_field};
    for (int i = 0; i < 2; i++) {
        if (sets[i] != COHORT_NO_SET) {
            struct concept_ids members = compilation->program->concept_sets[sets[i]].members;
            sql_value concept = sql_field(tree, source, info->fields[fields[i]].name);
            sql_where(tree, select, sql_member(compilation, concept, members, sets[i], false));
        }
    }
    if (planned->is_restricted && compilation->primary) {
        sql_where(tree, select, sql_in_table(tree, sql_field(tree, source, "person_id"), compilation->primary, "person_id"));
    }
}

static void field_add(uint64_t *fields, const struct omop_table_info *info, const char *name)
{
    for (int field = 0; field < info->field_count; field++) {
        if (text_equal(text_of(info->fields[field].name), text_of(name))) {
            *fields |= UINT64_C(1) << field;
        }
    }
}

/* The fields of the table that later steps look at. */
static uint64_t fields_of(const struct sql_criterion *planned)
{
    const struct cohort_criterion *criterion = planned->criterion;
    const struct omop_table_info *info = omop_table(criterion->table);
    static const char *const always[] = {"days_supply", "provider_id", "care_site_id", "visit_occurrence_id"};
    uint64_t fields =
        planned->fields | UINT64_C(1) << info->person_field | UINT64_C(1) << info->id_field | UINT64_C(1) << info->start_field;
    fields |= info->end_field == OMOP_NO_FIELD ? 0 : UINT64_C(1) << info->end_field;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) {
        field_add(&fields, info, always[i]);
    }
    for (size_t i = 0; i < criterion->test_count; i++) {
        const struct cohort_test *test = &criterion->tests[i];
        bool is_ours = test->value.operand == COHORT_FIELD || test->value.operand == COHORT_FIELD_OR_ZERO;
        fields |= is_ours ? UINT64_C(1) << test->value.field : 0;
        bool is_measured = criterion->table == OMOP_TABLE_MEASUREMENT;
        fields |= is_measured ? UINT64_C(1) << OMOP_MEASUREMENT_VALUE_AS_NUMBER | UINT64_C(1) << OMOP_MEASUREMENT_RANGE_LOW |
                                    UINT64_C(1) << OMOP_MEASUREMENT_RANGE_HIGH | UINT64_C(1) << OMOP_MEASUREMENT_VALUE_AS_CONCEPT_ID
                              : 0;
    }
    return fields;
}

/* The first row of each person, by the start as it is recorded, before anything else is asked [3, step 2]. */
static const struct sql_source *first_rows(struct sql_compilation *compilation, const struct sql_criterion *planned,
                                           struct sql_select *select)
{
    const struct omop_table_info *info = omop_table(planned->criterion->table);
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *numbered = sql_select_create(tree);
    const struct sql_source *table = sql_from(tree, numbered, sql_cdm_table(tree, planned->criterion->table));
    by_concept(compilation, planned, numbered, table);
    uint64_t fields = fields_of(planned);
    for (int field = 0; field < info->field_count; field++) {
        if (fields >> field & 1) {
            sql_give_field(tree, numbered, table, info->fields[field].name);
        }
    }
    sql_value start = sql_field(tree, table, info->fields[info->start_field].name);
    sql_value id = sql_field(tree, table, info->fields[info->id_field].name);
    const struct sql_order *order = sql_order_by(tree, start, false, sql_order_by(tree, id, false, NULL));
    sql_give(tree, numbered, "row_number", sql_over(tree, SQL_ROW_NUMBER, NULL, sql_field(tree, table, "person_id"), order));
    const struct sql_source *rows = sql_from_select(tree, select, numbered);
    sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, rows, "row_number"), sql_integer(tree, 1)));
    return rows;
}

/* ---- dates ---- */
static sql_value recorded_end(struct sql_row *row, const struct cohort_criterion *criterion, sql_value start)
{
    const struct omop_table_info *info = omop_table(criterion->table);
    struct sql_tree *tree = &row->compilation->tree;
    sql_value next_day = sql_add_days(tree, start, sql_integer(tree, 1)), end = NULL;
    if (criterion->end_rule != COHORT_END_NEXT_DAY) {
        end = sql_field(tree, row->source, info->fields[info->end_field].name);
    }
    switch (criterion->end_rule) {
    case COHORT_END_RECORDED:
        return end;
    case COHORT_END_OR_NEXT_DAY:
        return sql_call(tree, SQL_COALESCE, end, next_day);
    case COHORT_END_OR_SUPPLY:
        end = sql_call(tree, SQL_COALESCE, end, sql_add_days(tree, start, sql_field(tree, row->source, "days_supply")));
        return sql_call(tree, SQL_COALESCE, end, next_day);
    case COHORT_END_NEXT_DAY:
        return next_day;
    }
    return end;
}

static sql_value moved(struct sql_tree *tree, sql_value date, int days)
{
    return days == 0 ? date : sql_add_days(tree, date, sql_integer(tree, days));
}

static void dates(struct sql_row *row, const struct cohort_criterion *criterion)
{
    const struct omop_table_info *info = omop_table(criterion->table);
    const struct cohort_adjustment *adjustment = &criterion->adjustment;
    struct sql_tree *tree = &row->compilation->tree;
    sql_value start = sql_field(tree, row->source, info->fields[info->start_field].name);
    sql_value end = recorded_end(row, criterion, start);
    row->start = start;
    row->end = end;
    if (criterion->has_adjustment) {
        row->start = moved(tree, adjustment->starts_from_end ? end : start, adjustment->start_offset);
        row->end = moved(tree, adjustment->ends_from_end ? end : start, adjustment->end_offset);
        sql_where(tree, row->select, sql_operate(tree, SQL_AT_LEAST, row->end, row->start));
    }
}

/* circe: UserDefinedPeriod. The date lies within the row's own dates and replaces one of them. */
static sql_value user_date(struct sql_row *row, bool has_date, day date, sql_value own, sql_value start, sql_value end)
{
    struct sql_tree *tree = &row->compilation->tree;
    if (!has_date) {
        return own;
    }
    sql_value given = sql_day(tree, date);
    sql_where(tree, row->select, sql_operate(tree, SQL_AT_MOST, start, given));
    sql_where(tree, row->select, sql_operate(tree, SQL_AT_MOST, given, end));
    return given;
}

/* ---- all steps but the nested group ---- */
static void give_columns(struct sql_row *row, const struct sql_criterion *planned, sql_value sort_date)
{
    const struct omop_table_info *info = omop_table(row->table);
    struct sql_tree *tree = &row->compilation->tree;
    sql_give_field(tree, row->select, row->source, "person_id");
    sql_give(tree, row->select, "start_date", row->start);
    if (planned->needs & SQL_NEEDS_ID) {
        sql_give(tree, row->select, "event_id", sql_field(tree, row->source, info->fields[info->id_field].name));
    }
    if (planned->needs & SQL_NEEDS_END) {
        sql_give(tree, row->select, "end_date", row->end);
    }
    if (planned->needs & SQL_NEEDS_VISIT) {
        bool has_visit = info->visit_field != OMOP_NO_FIELD;
        sql_give(tree, row->select, "visit_id",
                 has_visit ? sql_field(tree, row->source, info->fields[info->visit_field].name) : sql_null(tree, SQL_INTEGER));
    }
    if (planned->needs & SQL_NEEDS_SORT) {
        sql_give(tree, row->select, "sort_date", sort_date);
    }
    for (int field = 0; field < info->field_count; field++) {
        if (planned->fields >> field & 1) {
            sql_value value = sql_row_value(row, (struct cohort_value){COHORT_FIELD, field});
            sql_give(tree, row->select, sql_value_column(row->compilation, row->table, field), value);
        }
    }
}

static struct sql_select *plain_rows(struct sql_compilation *compilation, const struct sql_criterion *planned)
{
    const struct cohort_criterion *criterion = planned->criterion;
    struct sql_tree *tree = &compilation->tree;
    struct sql_row row = {.compilation = compilation, .select = sql_select_create(tree), .table = criterion->table};
    if (criterion->first_only) {
        row.source = first_rows(compilation, planned, row.select);
    } else {
        row.source = sql_from(tree, row.select, sql_cdm_table(tree, criterion->table));
        by_concept(compilation, planned, row.select, row.source);
    }
    dates(&row, criterion);
    for (size_t i = 0; i < criterion->test_count; i++) {
        sql_row_test(&row, &criterion->tests[i]);
    }
    sql_value start = row.start, end = row.end;
    row.start = user_date(&row, criterion->has_user_start, criterion->user_start, start, start, end);
    row.end = user_date(&row, criterion->has_user_end, criterion->user_end, end, start, end);
    give_columns(&row, planned, start);
    return row.select;
}

/* ---- the nested group [5.5] ---- */
/* The rows, each with every observation period that contains its start; a row outside every period is not among them. */
static const struct sql_table *nested_events(struct sql_compilation *compilation, const struct sql_table *rows)
{
    static const char *const columns[] = {"person_id", "event_id", "start_date", "end_date", "visit_id"};
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *row = sql_from(tree, select, rows);
    struct sql_source *period = sql_from(tree, select, sql_cdm_table(tree, OMOP_TABLE_OBSERVATION_PERIOD));
    sql_value start = sql_field(tree, row, "start_date");
    sql_value period_start = sql_field(tree, period, "observation_period_start_date");
    sql_value period_end = sql_field(tree, period, "observation_period_end_date");
    sql_on(tree, period, sql_same_key(tree, period, row, false));
    sql_on(tree, period, sql_operate(tree, SQL_AT_MOST, period_start, start));
    sql_on(tree, period, sql_operate(tree, SQL_AT_MOST, start, period_end));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        sql_give_field(tree, select, row, columns[i]);
    }
    sql_give(tree, select, "period_start", period_start);
    sql_give(tree, select, "period_end", period_end);
    return sql_make_table(compilation, sql_table_name(compilation, "nested"), "these rows within their observation periods", select);
}

/* How many rows a key has: the reference counts rows, not events. */
static const struct sql_table *nested_keys(struct sql_compilation *compilation, const struct sql_table *events)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, events);
    sql_give_field(tree, select, event, "person_id");
    sql_give_field(tree, select, event, "event_id");
    sql_give(tree, select, "row_count", sql_call(tree, SQL_COUNT, NULL, NULL));
    sql_group_by(tree, select, sql_field(tree, event, "person_id"));
    sql_group_by(tree, select, sql_field(tree, event, "event_id"));
    return sql_make_table(compilation, sql_table_name(compilation, "keys"), "how many rows each of them is", select);
}

static struct sql_select *nested_rows(struct sql_compilation *compilation, const struct sql_criterion *planned, struct sql_select *plain)
{
    struct sql_tree *tree = &compilation->tree;
    const struct sql_table *rows =
        sql_make_table(compilation, sql_table_name(compilation, "rows"), "rows before their nested group", plain);
    struct sql_events events = {.table = nested_events(compilation, rows)};
    events.keys = nested_keys(compilation, events.table);
    struct sql_select *select = sql_select_create(tree), *keys = sql_group_keys(compilation, planned->criterion->nested, &events);
    const struct sql_source *row = sql_from(tree, select, rows);
    struct sql_source *key = sql_from_select(tree, select, keys);
    sql_on(tree, key, sql_same_key(tree, key, row, true));
    for (size_t i = 0; i < rows->column_count; i++) {
        sql_give_field(tree, select, row, rows->columns[i].name);
    }
    return select;
}

const struct sql_table *sql_criterion_table(struct sql_compilation *compilation, const struct cohort_criterion *criterion)
{
    struct sql_criterion *planned = criterion_find(compilation, criterion);
    if (!planned->table) {
        const char *comment = arena_text_format(compilation->tree.arena, "rows of %s", omop_table(criterion->table)->name);
        struct sql_select *select = plain_rows(compilation, planned);
        select = criterion->nested ? nested_rows(compilation, planned, select) : select;
        planned->table = sql_make_table(compilation, sql_table_name(compilation, "criterion"), comment, select);
    }
    return planned->table;
}
