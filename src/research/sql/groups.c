/* SPDX-License-Identifier: EUPL-1.2 */
/* groups: correlated criteria, demographic criteria and sub-groups over an event table, counted [5]. Each item gives the keys that pass it;
 * the group counts how often a key was given. */
#include "research/sql/compile.h"

static struct sql_select *keys_of(struct sql_compilation *compilation, const struct sql_table *table)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *source = sql_from(tree, select, table);
    sql_give_field(tree, select, source, "person_id");
    sql_give_field(tree, select, source, "event_id");
    return select;
}

/* ---- one correlated criterion [5.1, 5.2] ---- */
static sql_value bound_condition(struct sql_tree *tree, const struct sql_source *event, sql_value x, sql_value index,
                                 const struct cohort_bound *bound, enum sql_operator op)
{
    switch (bound->kind) {
    case COHORT_BOUND_DAYS: /* as a difference, which no number of days takes out of the calendar */
        return sql_operate(tree, op, sql_operate(tree, SQL_MINUS, x, index), sql_integer(tree, bound->days));
    case COHORT_BOUND_PERIOD_START:
        return sql_operate(tree, op, x, sql_field(tree, event, "period_start"));
    case COHORT_BOUND_PERIOD_END:
        return sql_operate(tree, op, x, sql_field(tree, event, "period_end"));
    case COHORT_BOUND_NONE:
        return NULL;
    }
    return NULL;
}

static sql_value window_condition(struct sql_tree *tree, const struct cohort_window *window, const struct sql_source *event,
                                  const struct sql_source *row)
{
    sql_value x = sql_field(tree, row, window->uses_event_end ? "end_date" : "start_date");
    sql_value index = sql_field(tree, event, window->uses_index_end ? "end_date" : "start_date");
    return sql_and(tree, bound_condition(tree, event, x, index, &window->from, SQL_AT_LEAST),
                   bound_condition(tree, event, x, index, &window->to, SQL_AT_MOST));
}

static void matches_join(struct sql_compilation *compilation, const struct cohort_correlated *item, const struct sql_source *event,
                         struct sql_source *row)
{
    struct sql_tree *tree = &compilation->tree;
    sql_on(tree, row, sql_same_key(tree, row, event, false));
    if (!item->ignores_observation_period) {
        sql_value start = sql_field(tree, row, "start_date");
        sql_on(tree, row, sql_operate(tree, SQL_AT_LEAST, start, sql_field(tree, event, "period_start")));
        sql_on(tree, row, sql_operate(tree, SQL_AT_MOST, start, sql_field(tree, event, "period_end")));
    }
    sql_on(tree, row, window_condition(tree, &item->start_window, event, row));
    if (item->has_end_window) {
        sql_on(tree, row, window_condition(tree, &item->end_window, event, row));
    }
    if (item->restricts_to_visit) {
        sql_on(tree, row, sql_operate(tree, SQL_EQUAL, sql_field(tree, row, "visit_id"), sql_field(tree, event, "visit_id")));
    }
}

static sql_value number_condition(struct sql_tree *tree, const struct cohort_correlated *item, sql_value n)
{
    static const enum sql_operator operators[] = {
        [COHORT_COUNT_EXACTLY] = SQL_EQUAL, [COHORT_COUNT_AT_MOST] = SQL_AT_MOST, [COHORT_COUNT_AT_LEAST] = SQL_AT_LEAST};
    return sql_operate(tree, operators[item->count], n, sql_integer(tree, item->number));
}

/* Keys with at least one matching row; with their number where it is looked at. */
static struct sql_select *matches(struct sql_compilation *compilation, const struct cohort_correlated *item,
                                  const struct sql_events *events, sql_value *out_number)
{
    struct sql_tree *tree = &compilation->tree;
    const struct sql_table *rows = sql_criterion_table(compilation, item->criterion);
    struct sql_select *select = keys_of(compilation, events->table);
    const struct sql_source *event = select->sources;
    struct sql_source *row = sql_from(tree, select, rows);
    matches_join(compilation, item, event, row);
    sql_group_by(tree, select, sql_field(tree, event, "person_id"));
    sql_group_by(tree, select, sql_field(tree, event, "event_id"));
    *out_number = item->is_distinct ? sql_call(tree, SQL_COUNT_DISTINCT,
                                               sql_distinct_value(compilation, row, item->criterion->table, item->distinct), NULL)
                                    : sql_call(tree, SQL_COUNT, NULL, NULL);
    return select;
}

static struct sql_select *required(struct sql_compilation *compilation, const struct cohort_correlated *item,
                                   const struct sql_events *events)
{
    sql_value number;
    struct sql_select *select = matches(compilation, item, events, &number);
    bool is_any = item->count == COHORT_COUNT_AT_LEAST && item->number <= (item->is_distinct ? 0 : 1);
    if (!is_any) {
        select->having = number_condition(&compilation->tree, item, number);
    }
    return select;
}

/* Keys without a match take part with 0. Where keys repeat the reference joins their rows twice, but not for distinct counts [5.5]. */
static struct sql_select *absent_too(struct sql_compilation *compilation, const struct cohort_correlated *item,
                                     const struct sql_events *events)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = keys_of(compilation, events->keys ? events->keys : events->table);
    const struct sql_source *key = select->sources;
    if (item->count == COHORT_COUNT_AT_LEAST) {
        return select; /* at least 0 */
    }
    sql_value number;
    struct sql_select *found = matches(compilation, item, events, &number);
    if (item->number > 0 || item->is_distinct) {
        sql_give(tree, found, "number", number);
    }
    struct sql_source *match = sql_left_join(sql_from_select(tree, select, found));
    sql_on(tree, match, sql_same_key(tree, match, key, true));
    if (item->number <= 0 && !item->is_distinct) {
        sql_value is_absent = sql_is_null(tree, sql_field(tree, match, "person_id"));
        sql_where(tree, select, item->number < 0 ? sql_boolean(tree, false) : is_absent);
        return select;
    }
    sql_value n = sql_call(tree, SQL_COALESCE, sql_field(tree, match, "number"), sql_integer(tree, 0));
    if (events->keys && !item->is_distinct) {
        n = sql_operate(tree, SQL_TIMES, n, sql_field(tree, key, "row_count"));
    }
    sql_where(tree, select, number_condition(tree, item, n));
    return select;
}

/* ---- demographic criteria [5.3] ---- */
static struct sql_select *demographic(struct sql_compilation *compilation, const struct cohort_demographic *item,
                                      const struct sql_events *events)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = keys_of(compilation, events->table);
    struct sql_row row = {.compilation = compilation, .select = select, .source = select->sources, .table = OMOP_TABLE_PERSON};
    row.start = sql_field(tree, row.source, "start_date");
    row.end = sql_field(tree, row.source, "end_date");
    sql_row_join_person(&row);
    for (size_t i = 0; i < item->test_count; i++) {
        sql_row_test(&row, &item->tests[i]);
    }
    select->is_distinct = events->keys != NULL; /* any row of the key, once */
    return select;
}

/* ---- the group [5.4] ---- */
static bool is_empty(const struct cohort_group *group)
{
    return group->correlated_count + group->demographic_count + group->group_count == 0;
}

static struct sql_select *items(struct sql_compilation *compilation, const struct cohort_group *group, const struct sql_events *events)
{
    struct sql_select *all = NULL;
    for (size_t i = 0; i < group->demographic_count; i++) {
        all = sql_union_all(all, demographic(compilation, &group->demographics[i], events));
    }
    for (size_t i = 0; i < group->correlated_count; i++) {
        const struct cohort_correlated *item = &group->correlated[i];
        all = sql_union_all(all, item->takes_absent ? absent_too(compilation, item, events) : required(compilation, item, events));
    }
    for (size_t i = 0; i < group->group_count; i++) {
        const struct cohort_group *sub = &group->groups[i];
        /* an empty one is given once for each row of the key, not once for the key */
        all = sql_union_all(all, is_empty(sub) ? keys_of(compilation, events->table) : sql_group_keys(compilation, sub, events));
    }
    return all;
}

static sql_value met_condition(struct sql_tree *tree, const struct cohort_group *group, int64_t count, sql_value met)
{
    switch (group->kind) {
    case COHORT_ALL:
        return sql_operate(tree, SQL_EQUAL, met, sql_integer(tree, count));
    case COHORT_ANY:
        return sql_operate(tree, SQL_GREATER, met, sql_integer(tree, 0));
    case COHORT_AT_LEAST_ITEMS:
        return sql_operate(tree, SQL_AT_LEAST, met, sql_integer(tree, group->number));
    case COHORT_AT_MOST_ITEMS:
        return sql_operate(tree, SQL_AT_MOST, met, sql_integer(tree, group->number));
    }
    return NULL;
}

/* Keys that no item gives count too: with 0. */
static struct sql_select *counted_from_all(struct sql_compilation *compilation, const struct cohort_group *group, int64_t count,
                                           const struct sql_events *events, struct sql_select *met)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = keys_of(compilation, events->keys ? events->keys : events->table);
    const struct sql_source *key = select->sources;
    sql_give(tree, met, "met", sql_call(tree, SQL_COUNT, NULL, NULL));
    struct sql_source *counted = sql_left_join(sql_from_select(tree, select, met));
    sql_on(tree, counted, sql_same_key(tree, counted, key, true));
    sql_value number = sql_call(tree, SQL_COALESCE, sql_field(tree, counted, "met"), sql_integer(tree, 0));
    if (events->keys) {
        number = sql_operate(tree, SQL_TIMES, number, sql_field(tree, key, "row_count")); /* rows, not keys [5.5] */
    }
    sql_where(tree, select, met_condition(tree, group, count, number));
    return select;
}

struct sql_select *sql_group_keys(struct sql_compilation *compilation, const struct cohort_group *group, const struct sql_events *events)
{
    struct sql_tree *tree = &compilation->tree;
    int64_t count = (int64_t)(group->correlated_count + group->demographic_count + group->group_count);
    bool is_one = group->kind == COHORT_ALL || group->kind == COHORT_ANY || (group->kind == COHORT_AT_LEAST_ITEMS && group->number == 1);
    if (count == 0) {
        return keys_of(compilation, events->keys ? events->keys : events->table);
    }
    struct sql_select *all = items(compilation, group, events);
    if (count == 1 && is_one && !events->keys) {
        return all;
    }
    struct sql_select *met = sql_select_create(tree);
    const struct sql_source *given = sql_from_select(tree, met, all);
    sql_give_field(tree, met, given, "person_id");
    sql_give_field(tree, met, given, "event_id");
    sql_group_by(tree, met, sql_field(tree, given, "person_id"));
    sql_group_by(tree, met, sql_field(tree, given, "event_id"));
    bool needs_all = group->kind == COHORT_AT_MOST_ITEMS || (group->kind == COHORT_AT_LEAST_ITEMS && group->number <= 0);
    if (events->keys || needs_all) {
        return counted_from_all(compilation, group, count, events, met);
    }
    if (group->kind != COHORT_ANY) {
        met->having = met_condition(tree, group, count, sql_call(tree, SQL_COUNT, NULL, NULL));
    }
    return met;
}
