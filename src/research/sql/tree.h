/* SPDX-License-Identifier: EUPL-1.2 */
/* tree: SQL as a typed tree, and the only way to SQL text in this module. Private to sql.
 * Words. table: a table of the CDM or one that the script makes, with typed columns. source: an item of FROM, with an alias of its own.
 * select: SELECT with its outputs, which are typed columns too. Types are checked where an expression is made: a mistake is a fault of the
 * caller and ends in an assert, as does a column that its source does not have. Three-valued logic is SQL's own. */
#pragma once
#include "base/arena.h"
#include "base/buffer.h"
#include "base/calendar.h"
#include "base/text.h"
#include "research/sql/sql.h"

enum sql_type { SQL_BOOLEAN, SQL_INTEGER, SQL_NUMBER, SQL_TEXT, SQL_DATE };
struct sql_column {
    const char *name;
    enum sql_type type;
};
struct sql_table {
    const char *name;
    bool is_cdm; /* stands in the schema of the OMOP tables */
    const struct sql_column *columns;
    size_t column_count;
};

struct sql_tree {
    struct arena *arena;
    unsigned aliases; /* given so far */
    const struct sql_table *cdm[OMOP_TABLE_COUNT];
};
/* A table of the CDM; its datetime fields are left out. */
const struct sql_table *sql_cdm_table(struct sql_tree *tree, int table);

/* ---- expressions ---- */
enum sql_node {
    SQL_NODE_FIELD,
    SQL_NODE_LITERAL,
    SQL_NODE_NULL,
    SQL_NODE_OPERATOR, /* a and b */
    SQL_NODE_NOT,
    SQL_NODE_IS_NULL,
    SQL_NODE_IN_LIST,
    SQL_NODE_IN_TABLE,
    SQL_NODE_LIKE,
    SQL_NODE_ADD_DAYS,
    SQL_NODE_YEAR,
    SQL_NODE_CASE,  /* when a then b, else c (NULL: nothing) */
    SQL_NODE_ROUND, /* to three decimals, half away from zero */
    SQL_NODE_FUNCTION,
    SQL_NODE_WINDOW,
};
enum sql_operator {
    SQL_EQUAL,
    SQL_UNEQUAL,
    SQL_LESS,
    SQL_AT_MOST,
    SQL_GREATER,
    SQL_AT_LEAST,
    SQL_AND,
    SQL_OR,
    SQL_PLUS,
    SQL_MINUS, /* also of two dates: days between them */
    SQL_TIMES,
    SQL_DIVIDE,
    SQL_BIT_AND,
};
enum sql_function {
    SQL_COALESCE,
    SQL_NULLIF,
    SQL_LEAST,    /* of two that are not NULL */
    SQL_GREATEST, /* the same */
    SQL_COUNT,    /* without an argument: of rows */
    SQL_COUNT_DISTINCT,
    SQL_MIN,
    SQL_MAX,
    SQL_SUM,
};
/* Over the rows of one partition in an order: their number; the largest value before the row; the sum up to the row. */
enum sql_window { SQL_ROW_NUMBER, SQL_MAX_BEFORE, SQL_SUM_SO_FAR };

struct sql_expression {
    enum sql_node node;
    enum sql_type type;
    union {
        enum sql_operator operator_;
        enum sql_function function;
        enum sql_window window;
    } of;
    const struct sql_expression *a, *b, *c;
    const struct sql_source *source; /* FIELD */
    const char *name;                /* FIELD; IN_TABLE: its column */
    const struct sql_table *table;   /* IN_TABLE */
    int64_t integer;                 /* literals; a day number */
    double number;
    struct text text;
    const int64_t *list; /* IN_LIST */
    size_t list_count;
    const struct sql_order *order; /* WINDOW, whose partition is b */
};
struct sql_order {
    const struct sql_expression *by; /* NULL comes last, either way */
    bool is_descending;
    const struct sql_order *next;
};
typedef const struct sql_expression *sql_value;

sql_value sql_field(struct sql_tree *tree, const struct sql_source *source, const char *name);
sql_value sql_integer(struct sql_tree *tree, int64_t value);
sql_value sql_number(struct sql_tree *tree, double value); /* finite */
sql_value sql_day(struct sql_tree *tree, day value);
sql_value sql_text(struct sql_tree *tree, struct text value);
sql_value sql_boolean(struct sql_tree *tree, bool value);
sql_value sql_null(struct sql_tree *tree, enum sql_type type);
sql_value sql_operate(struct sql_tree *tree, enum sql_operator op, sql_value a, sql_value b);
sql_value sql_and(struct sql_tree *tree, sql_value a, sql_value b); /* either may be NULL: no condition */
sql_value sql_not(struct sql_tree *tree, sql_value a);
sql_value sql_is_null(struct sql_tree *tree, sql_value a);
sql_value sql_in_list(struct sql_tree *tree, sql_value a, const int64_t *list, size_t count); /* at least one */
sql_value sql_in_table(struct sql_tree *tree, sql_value a, const struct sql_table *table, const char *column);
sql_value sql_like(struct sql_tree *tree, sql_value a, struct text pattern); /* no escape: % and _ are wildcards wherever they stand */
sql_value sql_add_days(struct sql_tree *tree, sql_value date, sql_value days);
sql_value sql_year(struct sql_tree *tree, sql_value date);
sql_value sql_case(struct sql_tree *tree, sql_value when, sql_value then, sql_value otherwise);
sql_value sql_round(struct sql_tree *tree, sql_value number);
sql_value sql_call(struct sql_tree *tree, enum sql_function function, sql_value a, sql_value b);
sql_value sql_over(struct sql_tree *tree, enum sql_window window, sql_value argument, sql_value partition, const struct sql_order *order);
const struct sql_order *sql_order_by(struct sql_tree *tree, sql_value by, bool is_descending, const struct sql_order *next);

/* ---- selects ---- */
struct sql_output {
    const char *name;
    sql_value value;
    struct sql_output *next;
};
enum sql_join { SQL_JOIN_INNER, SQL_JOIN_LEFT };
struct sql_source {
    const char *alias;
    const struct sql_table *table;   /* or */
    const struct sql_select *select; /* a derived table */
    enum sql_join join;              /* with the sources before it; the first has none */
    sql_value on;                    /* NULL: every pair */
    struct sql_source *next;
};
struct sql_group {
    sql_value by;
    struct sql_group *next;
};
struct sql_select {
    bool is_distinct;
    struct sql_output *outputs;
    struct sql_source *sources;
    sql_value where, having;
    struct sql_group *groups;
    struct sql_select *union_all; /* the next one, with the same columns; NULL: none */
};
struct sql_select *sql_select_create(struct sql_tree *tree);
struct sql_source *sql_from(struct sql_tree *tree, struct sql_select *select, const struct sql_table *table);
struct sql_source *sql_from_select(struct sql_tree *tree, struct sql_select *select, const struct sql_select *derived);
struct sql_source *sql_left_join(struct sql_source *source); /* the source just taken; returns it */
void sql_on(struct sql_tree *tree, struct sql_source *source, sql_value condition);
void sql_where(struct sql_tree *tree, struct sql_select *select, sql_value condition);
void sql_give(struct sql_tree *tree, struct sql_select *select, const char *name, sql_value value);
void sql_group_by(struct sql_tree *tree, struct sql_select *select, sql_value value);
/* `more` behind `first`; first may be NULL. Returns the first. */
struct sql_select *sql_union_all(struct sql_select *first, struct sql_select *more);

/* ---- statements ---- */
enum sql_statement_kind { SQL_CREATE_AS, SQL_CREATE_LIST, SQL_INSERT_LIST, SQL_INSERT, SQL_QUERY, SQL_DROP, SQL_ANALYSE };
struct sql_statement {
    enum sql_statement_kind kind;
    enum sql_purpose purpose;
    const char *comment;
    const struct sql_table *table;
    const struct sql_select *select;
    const int64_t *list; /* INSERT_LIST: of concepts */
    size_t list_count;
};
/* A temporary table with the columns of the select. */
const struct sql_table *sql_table_like(struct sql_tree *tree, const char *name, const struct sql_select *select);

/* The one printer. */
MUST_CHECK bool sql_print(const struct sql_statement *statement, enum sql_dialect dialect, const char *schema, struct buffer *out,
                          struct error *err);
