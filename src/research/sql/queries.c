/* SPDX-License-Identifier: EUPL-1.2 */
/* queries: what the script gives: rows, inclusion statistics [9], and what is left after each step. */
#include "research/sql/compile.h"

static void append_query(struct sql_compilation *compilation, enum sql_purpose purpose, const char *comment,
                         const struct sql_select *select)
{
    sql_append(compilation, (struct sql_statement){.kind = SQL_QUERY, .purpose = purpose, .comment = comment, .select = select});
}

static void give_cohort_id(struct sql_compilation *compilation, struct sql_select *select)
{
    sql_give(&compilation->tree, select, "cohort_definition_id", sql_integer(&compilation->tree, compilation->options->cohort_id));
}

static void query_rows(struct sql_compilation *compilation, const struct sql_table *cohort)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *row = sql_from(tree, select, cohort);
    give_cohort_id(compilation, select);
    sql_give(tree, select, "subject_id", sql_field(tree, row, "person_id"));
    sql_give(tree, select, "cohort_start_date", sql_field(tree, row, "start_date"));
    sql_give(tree, select, "cohort_end_date", sql_field(tree, row, "end_date"));
    append_query(compilation, SQL_ROWS, "the cohort", select);
}

/* ---- inclusion statistics ---- */
/* The best event of each person: most rules met, then the lowest rule, then the start, then the event id. */
static struct sql_select *best_masks(struct sql_tree *tree, const struct sql_table *masks)
{
    struct sql_select *numbered = sql_select_create(tree), *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, numbered, masks);
    const struct sql_order *order = sql_order_by(tree, sql_field(tree, event, "event_id"), false, NULL);
    order = sql_order_by(tree, sql_field(tree, event, "start_date"), false, order);
    order = sql_order_by(tree, sql_field(tree, event, "lowest"), false, order);
    order = sql_order_by(tree, sql_field(tree, event, "met"), true, order);
    sql_give_field(tree, numbered, event, "mask");
    sql_give(tree, numbered, "row_number", sql_over(tree, SQL_ROW_NUMBER, NULL, sql_field(tree, event, "person_id"), order));
    const struct sql_source *best = sql_from_select(tree, select, numbered);
    sql_give_field(tree, select, best, "mask");
    sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, best, "row_number"), sql_integer(tree, 1)));
    return select;
}

static struct sql_select *mask_counts(struct sql_tree *tree, const struct sql_table *masks, int mode)
{
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = mode == 0 ? sql_from(tree, select, masks) : sql_from_select(tree, select, best_masks(tree, masks));
    sql_give_field(tree, select, event, "mask");
    sql_give(tree, select, "person_count", sql_call(tree, SQL_COUNT, NULL, NULL));
    sql_give(tree, select, "mode_id", sql_integer(tree, mode));
    sql_group_by(tree, select, sql_field(tree, event, "mask"));
    return select;
}

static void query_masks(struct sql_compilation *compilation, const struct sql_table *counts)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *count = sql_from(tree, select, counts);
    give_cohort_id(compilation, select);
    sql_give(tree, select, "inclusion_rule_mask", sql_field(tree, count, "mask"));
    sql_give_field(tree, select, count, "person_count");
    sql_give_field(tree, select, count, "mode_id");
    append_query(compilation, SQL_MASKS, "events by the rules that they meet; mode 1: the best event of each person", select);
}

/* The persons of those counts whose mask, under the bits, is the value; 0 where there is none. */
static sql_value counted(struct sql_tree *tree, const struct sql_source *count, int64_t bits, int64_t value)
{
    sql_value masked = sql_operate(tree, SQL_BIT_AND, sql_field(tree, count, "mask"), sql_integer(tree, bits));
    sql_value is_it = sql_operate(tree, SQL_EQUAL, masked, sql_integer(tree, value));
    sql_value persons = sql_case(tree, is_it, sql_field(tree, count, "person_count"), NULL);
    return sql_call(tree, SQL_COALESCE, sql_call(tree, SQL_SUM, persons, NULL), sql_integer(tree, 0));
}

static void query_rules(struct sql_compilation *compilation, const struct sql_table *counts)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *all = NULL;
    const size_t rules = compilation->program->rule_count;
    const int64_t full = (INT64_C(1) << rules) - 1;
    for (int mode = 0; mode < 2; mode++) {
        for (size_t rule = 0; rule < rules; rule++) {
            struct sql_select *select = sql_select_create(tree);
            const struct sql_source *count = sql_from(tree, select, counts);
            int64_t bit = INT64_C(1) << rule;
            give_cohort_id(compilation, select);
            sql_give(tree, select, "rule_sequence", sql_integer(tree, (int64_t)rule));
            sql_give(tree, select, "person_count", counted(tree, count, bit, bit));
            sql_give(tree, select, "gain_count", counted(tree, count, full, full - bit));
            sql_give(tree, select, "person_total", counted(tree, count, 0, 0));
            sql_give(tree, select, "mode_id", sql_integer(tree, mode));
            sql_where(tree, select, sql_operate(tree, SQL_EQUAL, sql_field(tree, count, "mode_id"), sql_integer(tree, mode)));
            all = sql_union_all(all, select);
        }
    }
    append_query(compilation, SQL_RULES, "events that meet each rule, and each rule but one", all);
}

static void query_statistics(struct sql_compilation *compilation, const struct sql_table *masks)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_union_all(mask_counts(tree, masks, 0), mask_counts(tree, masks, 1));
    const struct sql_table *counts = sql_make_table(compilation, "emc2_mask_counts", "inclusion statistics, in both modes", select);
    query_masks(compilation, counts);
    query_rules(compilation, counts);
}

/* ---- attrition ---- */
static struct sql_select *remaining(struct sql_tree *tree, const struct sql_table *table, int64_t step)
{
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, table);
    sql_give(tree, select, "step", sql_integer(tree, step));
    sql_give(tree, select, "events", sql_call(tree, SQL_COUNT, NULL, NULL));
    sql_give(tree, select, "persons", sql_call(tree, SQL_COUNT_DISTINCT, sql_field(tree, event, "person_id"), NULL));
    return select;
}

static void query_attrition(struct sql_compilation *compilation, const struct sql_stages *stages)
{
    const struct sql_table *const tables[] = {[SQL_PRIMARY] = stages->primary,
                                              [SQL_QUALIFIED] = stages->qualified,
                                              [SQL_INCLUDED] = stages->included,
                                              [SQL_COHORT] = stages->cohort,
                                              [SQL_COLLAPSED] = stages->collapsed};
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *all = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        all = sql_union_all(all, remaining(tree, tables[i], (int64_t)i));
    }
    for (size_t rule = 0; rule < compilation->program->rule_count; rule++) {
        struct sql_select *select = remaining(tree, stages->masks, SQL_AFTER_RULE + (int64_t)rule);
        int64_t bits = (INT64_C(1) << (rule + 1)) - 1;
        sql_value masked = sql_operate(tree, SQL_BIT_AND, sql_field(tree, select->sources, "mask"), sql_integer(tree, bits));
        sql_where(tree, select, sql_operate(tree, SQL_EQUAL, masked, sql_integer(tree, bits)));
        all = sql_union_all(all, select);
    }
    append_query(compilation, SQL_ATTRITION, "what is left after each step", all);
}

void sql_queries(struct sql_compilation *compilation, const struct sql_stages *stages)
{
    if (compilation->options->wants_rows) {
        query_rows(compilation, stages->cohort);
    }
    if (stages->masks) {
        query_statistics(compilation, stages->masks);
    }
    if (compilation->options->wants_attrition) {
        query_attrition(compilation, stages);
    }
}
