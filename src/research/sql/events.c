/* SPDX-License-Identifier: EUPL-1.2 */
/* events: primary, qualified and included events, each a table [4, 6]. Limits and ties as section 4.1 has them: an event id is the place of
 * the event in the order of its person. */
#include "research/sql/compile.h"
#include <stdio.h>

static const char *const event_columns[] = {"person_id", "event_id", "start_date", "end_date", "visit_id", "period_start", "period_end"};
enum { EVENT_COLUMNS = sizeof event_columns / sizeof *event_columns };

static void give_event(struct sql_tree *tree, struct sql_select *select, const struct sql_source *event)
{
    for (size_t i = 0; i < EVENT_COLUMNS; i++) {
        sql_give_field(tree, select, event, event_columns[i]);
    }
}

/* ---- primary events ---- */
/* Start within the period, with the days before and after it that are asked for. */
static struct sql_select *within_periods(struct sql_compilation *compilation, const struct cohort_criterion *criterion)
{
    static const char *const columns[] = {"person_id", "event_id", "start_date", "end_date", "visit_id", "sort_date"};
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    const struct sql_table *rows = sql_criterion_table(compilation, criterion);
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *row = sql_from(tree, select, rows);
    struct sql_source *period = sql_from(tree, select, sql_cdm_table(tree, OMOP_TABLE_OBSERVATION_PERIOD));
    sql_value start = sql_field(tree, row, "start_date");
    sql_value first = sql_field(tree, period, "observation_period_start_date");
    sql_value last = sql_field(tree, period, "observation_period_end_date");
    sql_value before = sql_operate(tree, SQL_MINUS, start, first), after = sql_operate(tree, SQL_MINUS, last, start);
    sql_on(tree, period, sql_same_key(tree, period, row, false));
    sql_on(tree, period, sql_operate(tree, SQL_AT_MOST, first, start));
    sql_on(tree, period, sql_operate(tree, SQL_AT_MOST, start, last));
    if (program->prior_days != 0) {
        sql_on(tree, period, sql_operate(tree, SQL_AT_LEAST, before, sql_integer(tree, program->prior_days)));
    }
    if (program->post_days != 0) {
        sql_on(tree, period, sql_operate(tree, SQL_AT_LEAST, after, sql_integer(tree, program->post_days)));
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        sql_give_field(tree, select, row, columns[i]);
    }
    sql_give(tree, select, "period_start", first);
    sql_give(tree, select, "period_end", last);
    return select;
}

static const struct sql_order *order_of_fields(struct sql_tree *tree, const struct sql_source *source, const char *const *names,
                                               size_t count)
{
    const struct sql_order *order = NULL;
    for (size_t i = count; i-- > 0;) {
        order = sql_order_by(tree, sql_field(tree, source, names[i]), false, order);
    }
    return order;
}

const struct sql_table *sql_primary_events(struct sql_compilation *compilation)
{
    static const char *const ties[] = {"event_id", "start_date", "end_date", "visit_id", "period_start", "period_end"};
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *all = NULL, *numbered = sql_select_create(tree), *select = sql_select_create(tree);
    for (size_t i = 0; i < program->primary_count; i++) {
        all = sql_union_all(all, within_periods(compilation, &program->primary[i]));
    }
    const struct sql_source *row = sql_from_select(tree, numbered, all);
    const struct sql_order *order = order_of_fields(tree, row, ties, sizeof ties / sizeof *ties);
    order = sql_order_by(tree, sql_field(tree, row, "sort_date"), program->primary_limit == COHORT_LIMIT_LAST, order);
    for (size_t i = 0; i < EVENT_COLUMNS; i++) {
        bool is_id = i == 1;
        sql_give(tree, numbered, event_columns[i],
                 is_id ? sql_over(tree, SQL_ROW_NUMBER, NULL, sql_field(tree, row, "person_id"), order)
                       : sql_field(tree, row, event_columns[i]));
    }
    if (program->primary_limit != COHORT_LIMIT_ALL) {
        const struct sql_source *event = sql_from_select(tree, select, numbered);
        give_event(tree, select, event);
        sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, event, "event_id"), sql_integer(tree, 1)));
        numbered = select;
    }
    compilation->primary = sql_make_table(compilation, "emc2_primary", "primary events, numbered within their person", numbered);
    return compilation->primary;
}

/* ---- limits ---- */
/* One event of each person, by its start, then its id; the select gives events. */
static struct sql_select *limited(struct sql_tree *tree, enum cohort_limit limit, struct sql_select *events, const struct sql_source *event)
{
    if (limit == COHORT_LIMIT_ALL) {
        return events;
    }
    const struct sql_order *order = sql_order_by(tree, sql_field(tree, event, "event_id"), false, NULL);
    order = sql_order_by(tree, sql_field(tree, event, "start_date"), limit == COHORT_LIMIT_LAST, order);
    sql_give(tree, events, "row_number", sql_over(tree, SQL_ROW_NUMBER, NULL, sql_field(tree, event, "person_id"), order));
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *numbered = sql_from_select(tree, select, events);
    give_event(tree, select, numbered);
    sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, numbered, "row_number"), sql_integer(tree, 1)));
    return select;
}

const struct sql_table *sql_qualified_events(struct sql_compilation *compilation, const struct sql_table *primary)
{
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    const struct sql_events events = {.table = primary};
    if (!program->additional) {
        return primary;
    }
    struct sql_select *keys = sql_group_keys(compilation, program->additional, &events), *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, primary);
    struct sql_source *key = sql_from_select(tree, select, keys);
    sql_on(tree, key, sql_same_key(tree, key, event, true));
    give_event(tree, select, event);
    enum cohort_limit limit = program->primary_limit == COHORT_LIMIT_ALL ? program->qualified_limit : COHORT_LIMIT_ALL;
    return sql_make_table(compilation, "emc2_qualified", "events that meet the additional criteria", limited(tree, limit, select, event));
}

bool sql_one_per_person(const struct cohort_program *program)
{
    return program->primary_limit != COHORT_LIMIT_ALL || program->qualified_limit != COHORT_LIMIT_ALL ||
           program->expression_limit != COHORT_LIMIT_ALL;
}

/* ---- rules ---- */
static const struct sql_table *rule_keys(struct sql_compilation *compilation, const struct sql_table *qualified)
{
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    const struct sql_events events = {.table = qualified};
    const struct sql_table *table = NULL;
    for (size_t rule = 0; rule < program->rule_count; rule++) {
        struct sql_select *keys = sql_group_keys(compilation, &program->rules[rule].group, &events), *select = sql_select_create(tree);
        const struct sql_source *key = sql_from_select(tree, select, keys);
        sql_give_field(tree, select, key, "person_id");
        sql_give_field(tree, select, key, "event_id");
        sql_give(tree, select, "rule_sequence", sql_integer(tree, (int64_t)rule));
        sql_give(tree, select, "rule_bit", sql_integer(tree, INT64_C(1) << rule));
        /* literals are small integers where a table is made of them */
        const char *comment = arena_text_format(tree->arena, "events that meet inclusion rule %zu", rule);
        if (!table) {
            table = sql_make_table(compilation, "emc2_rules", comment, select);
        } else {
            sql_append(compilation, (struct sql_statement){.kind = SQL_INSERT, .comment = comment, .table = table, .select = select});
        }
    }
    sql_append(compilation, (struct sql_statement){.kind = SQL_ANALYSE, .table = table});
    return table;
}

const struct sql_table *sql_masks(struct sql_compilation *compilation, const struct sql_table *qualified)
{
    struct sql_tree *tree = &compilation->tree;
    if (compilation->program->rule_count == 0) {
        return NULL;
    }
    const struct sql_table *rules = rule_keys(compilation, qualified);
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, qualified);
    struct sql_source *met = sql_left_join(sql_from(tree, select, rules));
    sql_on(tree, met, sql_same_key(tree, met, event, true));
    sql_value zero = sql_integer(tree, 0), sequence = sql_field(tree, met, "rule_sequence");
    static const char *const keys[] = {"person_id", "event_id", "start_date"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        sql_give_field(tree, select, event, keys[i]);
        sql_group_by(tree, select, sql_field(tree, event, keys[i]));
    }
    sql_give(tree, select, "mask", sql_call(tree, SQL_COALESCE, sql_call(tree, SQL_SUM, sql_field(tree, met, "rule_bit"), NULL), zero));
    sql_give(tree, select, "met", sql_call(tree, SQL_COUNT, sequence, NULL));
    sql_give(tree, select, "lowest", sql_call(tree, SQL_COALESCE, sql_call(tree, SQL_MIN, sequence, NULL), zero));
    return sql_make_table(compilation, "emc2_masks", "which rules each event meets, as bits", select);
}

const struct sql_table *sql_included_events(struct sql_compilation *compilation, const struct sql_table *qualified,
                                            const struct sql_table *masks)
{
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    bool is_limited = program->primary_limit == COHORT_LIMIT_ALL && program->qualified_limit == COHORT_LIMIT_ALL &&
                      program->expression_limit != COHORT_LIMIT_ALL;
    if (!masks && !is_limited) {
        return qualified;
    }
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, qualified);
    if (masks) {
        struct sql_source *mask = sql_from(tree, select, masks);
        sql_on(tree, mask, sql_same_key(tree, mask, event, true));
        int64_t all = (INT64_C(1) << program->rule_count) - 1;
        sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, mask, "mask"), sql_integer(tree, all)));
    }
    give_event(tree, select, event);
    return sql_make_table(compilation, "emc2_included", "events that meet every rule",
                          limited(tree, is_limited ? program->expression_limit : COHORT_LIMIT_ALL, select, event));
}
