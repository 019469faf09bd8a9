/* SPDX-License-Identifier: EUPL-1.2 */
/* exits: the end of each included event, and the rows of the cohort [7, 8]. Pads and gaps are compared as differences of days, so that no
 * number of days leaves the calendar. */
#include "research/sql/compile.h"
#include <stdio.h>

/* Days that reach across the whole calendar: more of them change nothing. */
enum { DAYS_ENOUGH = 4000000 };

/* ---- intervals that are merged where no gap is left ---- */
/* spans gives person_id, start_date, end_date. Of each merged interval: person_id, start_date and the latest end_date. The next one joins
 * when its start is at most `gap` days after the latest end before it. */
static struct sql_select *merged(struct sql_tree *tree, const struct sql_select *spans, int64_t gap)
{
    static const char *const columns[] = {"person_id", "start_date", "end_date"};
    struct sql_select *before = sql_select_create(tree), *numbered = sql_select_create(tree), *select = sql_select_create(tree);
    const struct sql_source *span = sql_from_select(tree, before, spans);
    const struct sql_order *order = sql_order_by(tree, sql_field(tree, span, "end_date"), false, NULL);
    order = sql_order_by(tree, sql_field(tree, span, "start_date"), false, order);
    for (int i = 0; i < 3; i++) {
        sql_give_field(tree, before, span, columns[i]);
    }
    sql_give(tree, before, "end_before",
             sql_over(tree, SQL_MAX_BEFORE, sql_field(tree, span, "end_date"), sql_field(tree, span, "person_id"), order));

    const struct sql_source *seen = sql_from_select(tree, numbered, before);
    sql_value distance = sql_operate(tree, SQL_MINUS, sql_field(tree, seen, "start_date"), sql_field(tree, seen, "end_before"));
    sql_value joins = sql_operate(tree, SQL_AT_MOST, distance, sql_integer(tree, gap));
    sql_value begins = sql_case(tree, joins, sql_integer(tree, 0), sql_integer(tree, 1));
    /* of equal spans the one that begins an interval comes first here, too */
    order = sql_order_by(tree, sql_field(tree, seen, "end_date"), false, sql_order_by(tree, begins, true, NULL));
    order = sql_order_by(tree, sql_field(tree, seen, "start_date"), false, order);
    for (int i = 0; i < 3; i++) {
        sql_give_field(tree, numbered, seen, columns[i]);
    }
    sql_give(tree, numbered, "interval_number", sql_over(tree, SQL_SUM_SO_FAR, begins, sql_field(tree, seen, "person_id"), order));

    const struct sql_source *part = sql_from_select(tree, select, numbered);
    sql_give_field(tree, select, part, "person_id");
    sql_give(tree, select, "start_date", sql_call(tree, SQL_MIN, sql_field(tree, part, "start_date"), NULL));
    sql_give(tree, select, "end_date", sql_call(tree, SQL_MAX, sql_field(tree, part, "end_date"), NULL));
    sql_group_by(tree, select, sql_field(tree, part, "person_id"));
    sql_group_by(tree, select, sql_field(tree, part, "interval_number"));
    return select;
}

/* ---- candidates ---- */
/* NULL where the candidate lies before the start: it vanishes. */
static sql_value offset_end(struct sql_tree *tree, const struct cohort_exit *exit_rule, const struct sql_source *event)
{
    sql_value start = sql_field(tree, event, "start_date"), last = sql_field(tree, event, "period_end");
    sql_value base = exit_rule->from_end ? sql_field(tree, event, "end_date") : start;
    int64_t days = exit_rule->offset > DAYS_ENOUGH ? DAYS_ENOUGH : exit_rule->offset;
    sql_value offset = sql_integer(tree, days);
    if (!exit_rule->from_end && days < 0) {
        return sql_null(tree, SQL_DATE);
    }
    sql_value end = sql_call(tree, SQL_LEAST, sql_add_days(tree, base, offset), last);
    if (!exit_rule->from_end) {
        return end;
    }
    sql_value distance = sql_operate(tree, SQL_PLUS, sql_operate(tree, SQL_MINUS, base, start), offset);
    return sql_case(tree, sql_operate(tree, SQL_AT_LEAST, distance, sql_integer(tree, 0)), end, NULL);
}

static struct sql_select *candidate_select(struct sql_tree *tree, const struct sql_table *included)
{
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *event = sql_from(tree, select, included);
    sql_give_field(tree, select, event, "person_id");
    sql_give_field(tree, select, event, "event_id");
    sql_give_field(tree, select, event, "start_date");
    return select;
}

static struct sql_select *default_candidates(struct sql_compilation *compilation, const struct sql_table *included)
{
    const struct cohort_exit *exit_rule = &compilation->program->exit;
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = candidate_select(tree, included);
    const struct sql_source *event = select->sources;
    bool is_offset = exit_rule->kind == COHORT_EXIT_OFFSET;
    sql_value end = is_offset ? offset_end(tree, exit_rule, event) : sql_field(tree, event, "period_end");
    sql_give(tree, select, "end_date", end);
    sql_where(tree, select, is_offset ? sql_not(tree, sql_is_null(tree, end)) : NULL);
    return select;
}

/* circe: CensoringCriteria. Every start within the rest of the period; the earliest is taken with the other candidates. */
static struct sql_select *censoring_candidates(struct sql_compilation *compilation, const struct cohort_criterion *criterion,
                                               const struct sql_table *included)
{
    struct sql_tree *tree = &compilation->tree;
    const struct sql_table *rows = sql_criterion_table(compilation, criterion);
    struct sql_select *select = candidate_select(tree, included);
    const struct sql_source *event = select->sources;
    struct sql_source *row = sql_from(tree, select, rows);
    sql_value start = sql_field(tree, row, "start_date");
    sql_on(tree, row, sql_same_key(tree, row, event, false));
    sql_on(tree, row, sql_operate(tree, SQL_AT_LEAST, start, sql_field(tree, event, "start_date")));
    sql_on(tree, row, sql_operate(tree, SQL_AT_MOST, start, sql_field(tree, event, "period_end")));
    sql_give(tree, select, "end_date", start);
    return select;
}

/* ---- drug eras ---- */
/* Exposures whose drug (or whose source drug) is in the set, with their ends. */
static struct sql_select *exposures(struct sql_compilation *compilation, const char *concept_field, const struct sql_table *included)
{
    const struct cohort_exit *exit_rule = &compilation->program->exit;
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *drug = sql_from(tree, select, sql_cdm_table(tree, OMOP_TABLE_DRUG_EXPOSURE));
    sql_value start = sql_field(tree, drug, "drug_exposure_start_date"), end = sql_field(tree, drug, "drug_exposure_end_date");
    sql_value by_supply = sql_add_days(tree, start, sql_field(tree, drug, "days_supply"));
    end = sql_call(tree, SQL_COALESCE, sql_call(tree, SQL_COALESCE, end, by_supply), sql_add_days(tree, start, sql_integer(tree, 1)));
    end = exit_rule->has_supply_override ? sql_add_days(tree, start, sql_integer(tree, exit_rule->supply_override)) : end;
    sql_give_field(tree, select, drug, "person_id");
    sql_give(tree, select, "start_date", start);
    sql_give(tree, select, "end_date", end);
    struct concept_ids members = compilation->program->concept_sets[exit_rule->drug_set].members;
    sql_where(tree, select, sql_member(compilation, sql_field(tree, drug, concept_field), members, exit_rule->drug_set, false));
    sql_where(tree, select, sql_in_table(tree, sql_field(tree, drug, "person_id"), included, "person_id"));
    sql_where(tree, select, sql_not(tree, sql_is_null(tree, start)));
    return select;
}

/* circe: CustomEra. The offset widens the gap while merging, and then moves the end [7]. */
static struct sql_select *era_candidates(struct sql_compilation *compilation, const struct sql_table *included)
{
    const struct cohort_exit *exit_rule = &compilation->program->exit;
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *spans = exposures(compilation, "drug_concept_id", included);
    spans = sql_union_all(spans, exposures(compilation, "drug_source_concept_id", included));
    struct sql_select *eras = merged(tree, spans, (int64_t)exit_rule->gap_days + exit_rule->offset);
    struct sql_select *select = candidate_select(tree, included);
    const struct sql_source *event = select->sources;
    struct sql_source *era = sql_from_select(tree, select, eras);
    sql_value start = sql_field(tree, event, "start_date"), last = sql_field(tree, era, "end_date");
    sql_value reach = sql_operate(tree, SQL_MINUS, start, last);
    sql_on(tree, era, sql_same_key(tree, era, event, false));
    sql_on(tree, era, sql_operate(tree, SQL_AT_MOST, sql_field(tree, era, "start_date"), start));
    sql_on(tree, era, sql_operate(tree, SQL_AT_MOST, reach, sql_integer(tree, exit_rule->offset)));
    int64_t offset = exit_rule->offset > DAYS_ENOUGH ? DAYS_ENOUGH : exit_rule->offset;
    sql_give(tree, select, "end_date", offset ? sql_add_days(tree, last, sql_integer(tree, offset)) : last);
    return select;
}

/* ---- rows ---- */
/* The earliest candidate of each event: person_id, start_date, end_date. */
static struct sql_select *ended_events(struct sql_compilation *compilation, const struct sql_table *included)
{
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *all = default_candidates(compilation, included);
    if (program->exit.kind == COHORT_EXIT_DRUG_ERA) {
        all = sql_union_all(all, era_candidates(compilation, included));
    }
    for (size_t i = 0; i < program->censoring_count; i++) {
        all = sql_union_all(all, censoring_candidates(compilation, &program->censoring[i], included));
    }
    if (!all->union_all) {
        return all;
    }
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *candidate = sql_from_select(tree, select, all);
    static const char *const keys[] = {"person_id", "event_id", "start_date"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        sql_give_field(tree, select, candidate, keys[i]);
        sql_group_by(tree, select, sql_field(tree, candidate, keys[i]));
    }
    sql_give(tree, select, "end_date", sql_call(tree, SQL_MIN, sql_field(tree, candidate, "end_date"), NULL));
    return select;
}

const struct sql_table *sql_collapsed_rows(struct sql_compilation *compilation, const struct sql_table *included)
{
    struct sql_tree *tree = &compilation->tree;
    struct sql_select *ended = ended_events(compilation, included);
    if (!sql_one_per_person(compilation->program)) {
        ended = merged(tree, ended, compilation->program->era_pad);
    }
    return sql_make_table(compilation, "emc2_collapsed", "events with their ends, merged where no gap is left", ended);
}

const struct sql_table *sql_cohort_rows(struct sql_compilation *compilation, const struct sql_table *collapsed)
{
    const struct cohort_program *program = compilation->program;
    struct sql_tree *tree = &compilation->tree;
    if (!program->has_censor_start && !program->has_censor_end) {
        return collapsed;
    }
    struct sql_select *select = sql_select_create(tree);
    const struct sql_source *row = sql_from(tree, select, collapsed);
    sql_value start = sql_field(tree, row, "start_date"), end = sql_field(tree, row, "end_date");
    start = program->has_censor_start ? sql_call(tree, SQL_GREATEST, start, sql_day(tree, program->censor_start)) : start;
    end = program->has_censor_end ? sql_call(tree, SQL_LEAST, end, sql_day(tree, program->censor_end)) : end;
    sql_give_field(tree, select, row, "person_id");
    sql_give(tree, select, "start_date", start);
    sql_give(tree, select, "end_date", end);
    sql_where(tree, select, sql_operate(tree, SQL_AT_MOST, start, end));
    return sql_make_table(compilation, "emc2_cohort", "rows within the censor window", select);
}
