/* SPDX-License-Identifier: EUPL-1.2 */
/* compile: what the parts of the translation share: the script so far, the program's different criteria and the tables made for them. Each
 * part appends its statements when its table is first asked for, so that a table stands before whoever uses it. Private to sql. */
#pragma once
#include "research/sql/tree.h"

/* Columns of a criterion's table beyond person_id and start_date, by who asks. */
enum { SQL_NEEDS_ID = 1, SQL_NEEDS_END = 2, SQL_NEEDS_VISIT = 4, SQL_NEEDS_SORT = 8 };
struct sql_criterion {
    const struct cohort_criterion *criterion;
    unsigned needs;
    uint64_t fields;               /* by position: counted as value_<field> */
    bool is_restricted;            /* asked about persons of primary events only */
    const struct sql_table *table; /* NULL: not made yet */
    struct sql_criterion *next;
};
struct sql_statement_node {
    struct sql_statement statement;
    struct sql_statement_node *next;
};

struct sql_compilation {
    struct sql_tree tree;
    const struct cohort_program *program;
    const struct sql_options *options;
    struct sql_statement_node *first, *last;
    size_t statement_count;
    struct sql_criterion *criteria;
    unsigned tables;                 /* made so far, for their names */
    const struct sql_table **sets;   /* by position in the program; NULL: not made */
    const struct sql_table *primary; /* emc2_primary, once it is there */
    bool is_unsupported;             /* a value that SQL has no column for */
};

/* ---- the script ---- */
void sql_append(struct sql_compilation *compilation, struct sql_statement statement);
/* create temporary table <name> as <select>. */
const struct sql_table *sql_make_table(struct sql_compilation *compilation, const char *name, const char *comment,
                                       const struct sql_select *select);
const char *sql_table_name(struct sql_compilation *compilation, const char *what); /* emc2_<what>_<number> */

/* ---- pieces ---- */
/* x is one of the ids, or, `negated`, none of them; NULL is neither, but for the negation of no ids, which is true of everything. */
sql_value sql_member(struct sql_compilation *compilation, sql_value x, struct concept_ids ids, int set, bool is_negated);
/* a.person_id = b.person_id, and with `events` event_id too. */
sql_value sql_same_key(struct sql_tree *tree, const struct sql_source *a, const struct sql_source *b, bool events);
/* Gives the field under its own name. */
void sql_give_field(struct sql_tree *tree, struct sql_select *select, const struct sql_source *source, const char *name);

/* ---- a row at hand, for tests [1.3, 3.1] ---- */
struct sql_row {
    struct sql_compilation *compilation;
    struct sql_select *select;       /* look-ups are joined to it */
    const struct sql_source *source; /* has the fields of the table and person_id */
    int table;
    sql_value start, end;
    const struct sql_source *person, *provider, *visit, *care_site; /* joined so far */
};
void sql_row_join_person(struct sql_row *row);
sql_value sql_row_value(struct sql_row *row, struct cohort_value value);
void sql_row_test(struct sql_row *row, const struct cohort_test *test); /* into the select's condition */
/* The name of the distinct value of a criterion's table, and the value itself of one of its rows. */
const char *sql_value_column(struct sql_compilation *compilation, int table, int field);
sql_value sql_distinct_value(struct sql_compilation *compilation, const struct sql_source *rows, int table, struct cohort_value value);

/* ---- criteria [3], groups [5] ---- */
void sql_criteria_collect(struct sql_compilation *compilation);
/* The table of a criterion's rows: person_id, start_date and what is needed of event_id, end_date, visit_id, sort_date. */
const struct sql_table *sql_criterion_table(struct sql_compilation *compilation, const struct cohort_criterion *criterion);
/* P: person_id, event_id, start_date, end_date, visit_id, period_start, period_end. */
struct sql_events {
    const struct sql_table *table;
    const struct sql_table *keys; /* person_id, event_id, row_count, where keys repeat [5.5]; else NULL */
};
/* The keys (person_id, event_id) of P that pass, each once. */
struct sql_select *sql_group_keys(struct sql_compilation *compilation, const struct cohort_group *group, const struct sql_events *events);

/* ---- events [4, 6], exits [7, 8], statistics [9] ---- */
const struct sql_table *sql_primary_events(struct sql_compilation *compilation);
const struct sql_table *sql_qualified_events(struct sql_compilation *compilation, const struct sql_table *primary);
const struct sql_table *sql_masks(struct sql_compilation *compilation, const struct sql_table *qualified); /* NULL without rules */
const struct sql_table *sql_included_events(struct sql_compilation *compilation, const struct sql_table *qualified,
                                            const struct sql_table *masks);
bool sql_one_per_person(const struct cohort_program *program); /* of included events */
const struct sql_table *sql_collapsed_rows(struct sql_compilation *compilation, const struct sql_table *included);
const struct sql_table *sql_cohort_rows(struct sql_compilation *compilation, const struct sql_table *collapsed);
struct sql_stages {
    const struct sql_table *primary, *qualified, *masks, *included, *collapsed, *cohort;
};
void sql_queries(struct sql_compilation *compilation, const struct sql_stages *stages);
