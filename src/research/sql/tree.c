/* SPDX-License-Identifier: EUPL-1.2 */
/* tree: expressions, with their types checked. */
#include "research/sql/tree.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* ---- tables ---- */
static enum sql_type type_of_field(enum omop_type type)
{
    switch (type) {
    case OMOP_INTEGER:
        return SQL_INTEGER;
    case OMOP_FLOAT:
        return SQL_NUMBER;
    case OMOP_DATE:
    case OMOP_DATETIME:
        return SQL_DATE;
    case OMOP_TEXT:
        return SQL_TEXT;
    }
    return SQL_TEXT;
}

const struct sql_table *sql_cdm_table(struct sql_tree *tree, int table)
{
    const struct omop_table_info *info = omop_table(table);
    if (!tree->cdm[table]) {
        struct sql_column *columns = ARENA_ARRAY(tree->arena, struct sql_column, (size_t)info->field_count);
        struct sql_table *made = ARENA_NEW(tree->arena, struct sql_table);
        *made = (struct sql_table){.name = info->name, .is_cdm = true, .columns = columns};
        for (int field = 0; field < info->field_count; field++) {
            if (info->fields[field].type != OMOP_DATETIME) {
                columns[made->column_count++] = (struct sql_column){info->fields[field].name, type_of_field(info->fields[field].type)};
            }
        }
        tree->cdm[table] = made;
    }
    return tree->cdm[table];
}

const struct sql_table *sql_table_like(struct sql_tree *tree, const char *name, const struct sql_select *select)
{
    size_t count = 0;
    for (const struct sql_output *output = select->outputs; output; output = output->next) {
        count++;
    }
    struct sql_column *columns = ARENA_ARRAY(tree->arena, struct sql_column, count + 1);
    struct sql_table *table = ARENA_NEW(tree->arena, struct sql_table);
    *table = (struct sql_table){.name = name, .columns = columns};
    for (const struct sql_output *output = select->outputs; output; output = output->next) {
        columns[table->column_count++] = (struct sql_column){output->name, output->value->type};
    }
    return table;
}

/* ---- expressions ---- */
static struct sql_expression *node(struct sql_tree *tree, enum sql_node kind, enum sql_type type)
{
    struct sql_expression *expression = ARENA_NEW(tree->arena, struct sql_expression);
    expression->node = kind;
    expression->type = type;
    return expression;
}

sql_value sql_field(struct sql_tree *tree, const struct sql_source *source, const char *name)
{
    const struct sql_output *output = source->select ? source->select->outputs : NULL;
    size_t at = 0;
    while (output && strcmp(output->name, name) != 0) {
        output = output->next;
    }
    while (source->table && at < source->table->column_count && strcmp(source->table->columns[at].name, name) != 0) {
        at++;
    }
    assert((source->table ? at < source->table->column_count : output != NULL) && "the source has the column");
    struct sql_expression *field = node(tree, SQL_NODE_FIELD, source->table ? source->table->columns[at].type : output->value->type);
    field->source = source;
    field->name = source->table ? source->table->columns[at].name : output->name;
    return field;
}

sql_value sql_integer(struct sql_tree *tree, int64_t value)
{
    struct sql_expression *literal = node(tree, SQL_NODE_LITERAL, SQL_INTEGER);
    literal->integer = value;
    return literal;
}

sql_value sql_number(struct sql_tree *tree, double value)
{
    struct sql_expression *literal = node(tree, SQL_NODE_LITERAL, SQL_NUMBER);
    assert(isfinite(value) && "a number has digits");
    literal->number = value;
    return literal;
}

sql_value sql_day(struct sql_tree *tree, day value)
{
    struct sql_expression *literal = node(tree, SQL_NODE_LITERAL, SQL_DATE);
    literal->integer = value.number;
    return literal;
}

sql_value sql_text(struct sql_tree *tree, struct text value)
{
    struct sql_expression *literal = node(tree, SQL_NODE_LITERAL, SQL_TEXT);
    literal->text = value;
    return literal;
}

sql_value sql_boolean(struct sql_tree *tree, bool value)
{
    struct sql_expression *literal = node(tree, SQL_NODE_LITERAL, SQL_BOOLEAN);
    literal->integer = value;
    return literal;
}

sql_value sql_null(struct sql_tree *tree, enum sql_type type)
{
    return node(tree, SQL_NODE_NULL, type);
}

static enum sql_type type_of_operation(enum sql_operator op, sql_value a, sql_value b)
{
    bool are_numeric = (a->type == SQL_INTEGER || a->type == SQL_NUMBER) && (b->type == SQL_INTEGER || b->type == SQL_NUMBER);
    switch (op) {
    case SQL_EQUAL:
    case SQL_UNEQUAL:
    case SQL_LESS:
    case SQL_AT_MOST:
    case SQL_GREATER:
    case SQL_AT_LEAST:
        assert((a->type == b->type || are_numeric) && "like is compared with like");
        return SQL_BOOLEAN;
    case SQL_AND:
    case SQL_OR:
        assert(a->type == SQL_BOOLEAN && b->type == SQL_BOOLEAN && "conditions are joined");
        return SQL_BOOLEAN;
    case SQL_MINUS:
        assert((are_numeric || (a->type == SQL_DATE && b->type == SQL_DATE)) && "numbers or days are subtracted");
        return a->type == SQL_NUMBER || b->type == SQL_NUMBER ? SQL_NUMBER : SQL_INTEGER;
    case SQL_PLUS:
    case SQL_TIMES:
        assert(are_numeric && "numbers are added");
        return a->type == SQL_NUMBER || b->type == SQL_NUMBER ? SQL_NUMBER : SQL_INTEGER;
    case SQL_DIVIDE:
        assert(a->type == SQL_NUMBER && b->type == SQL_NUMBER && "division is of numbers, not of integers");
        return SQL_NUMBER;
    case SQL_BIT_AND:
        assert(a->type == SQL_INTEGER && b->type == SQL_INTEGER && "bits are of integers");
        return SQL_INTEGER;
    }
    return SQL_BOOLEAN;
}

sql_value sql_operate(struct sql_tree *tree, enum sql_operator op, sql_value a, sql_value b)
{
    struct sql_expression *operation = node(tree, SQL_NODE_OPERATOR, type_of_operation(op, a, b));
    operation->of.operator_ = op;
    operation->a = a;
    operation->b = b;
    return operation;
}

sql_value sql_and(struct sql_tree *tree, sql_value a, sql_value b)
{
    return !a ? b : !b ? a : sql_operate(tree, SQL_AND, a, b);
}

static struct sql_expression *of_one(struct sql_tree *tree, enum sql_node kind, enum sql_type type, sql_value a)
{
    struct sql_expression *expression = node(tree, kind, type);
    expression->a = a;
    return expression;
}

sql_value sql_not(struct sql_tree *tree, sql_value a)
{
    assert(a->type == SQL_BOOLEAN && "a condition is denied");
    return of_one(tree, SQL_NODE_NOT, SQL_BOOLEAN, a);
}

sql_value sql_is_null(struct sql_tree *tree, sql_value a)
{
    return of_one(tree, SQL_NODE_IS_NULL, SQL_BOOLEAN, a);
}

sql_value sql_in_list(struct sql_tree *tree, sql_value a, const int64_t *list, size_t count)
{
    struct sql_expression *in = of_one(tree, SQL_NODE_IN_LIST, SQL_BOOLEAN, a);
    assert(a->type == SQL_INTEGER && count > 0 && "an integer is in a list that has something");
    in->list = list;
    in->list_count = count;
    return in;
}

sql_value sql_in_table(struct sql_tree *tree, sql_value a, const struct sql_table *table, const char *column)
{
    struct sql_expression *in = of_one(tree, SQL_NODE_IN_TABLE, SQL_BOOLEAN, a);
    assert(a->type == SQL_INTEGER && "identifiers are integers");
    in->table = table;
    in->name = column;
    return in;
}

sql_value sql_like(struct sql_tree *tree, sql_value a, struct text pattern)
{
    struct sql_expression *like = of_one(tree, SQL_NODE_LIKE, SQL_BOOLEAN, a);
    assert(a->type == SQL_TEXT && "text is like text");
    like->text = pattern;
    return like;
}

sql_value sql_add_days(struct sql_tree *tree, sql_value date, sql_value days)
{
    struct sql_expression *sum = of_one(tree, SQL_NODE_ADD_DAYS, SQL_DATE, date);
    assert(date->type == SQL_DATE && days->type == SQL_INTEGER && "days are added to a date");
    sum->b = days;
    return sum;
}

sql_value sql_year(struct sql_tree *tree, sql_value date)
{
    assert(date->type == SQL_DATE && "a date has a year");
    return of_one(tree, SQL_NODE_YEAR, SQL_INTEGER, date);
}

sql_value sql_case(struct sql_tree *tree, sql_value when, sql_value then, sql_value otherwise)
{
    struct sql_expression *choice = of_one(tree, SQL_NODE_CASE, then->type, when);
    assert(when->type == SQL_BOOLEAN && (!otherwise || otherwise->type == then->type) && "either way the type is one");
    choice->b = then;
    choice->c = otherwise;
    return choice;
}

sql_value sql_round(struct sql_tree *tree, sql_value number)
{
    assert(number->type == SQL_NUMBER && "numbers are rounded");
    return of_one(tree, SQL_NODE_ROUND, SQL_NUMBER, number);
}

sql_value sql_call(struct sql_tree *tree, enum sql_function function, sql_value a, sql_value b)
{
    bool is_count = function == SQL_COUNT || function == SQL_COUNT_DISTINCT;
    assert((is_count || a) && (!b || a->type == b->type) && "the arguments are of one type");
    struct sql_expression *call = of_one(tree, SQL_NODE_FUNCTION, is_count ? SQL_INTEGER : a->type, a);
    call->of.function = function;
    call->b = b;
    return call;
}

sql_value sql_over(struct sql_tree *tree, enum sql_window window, sql_value argument, sql_value partition, const struct sql_order *order)
{
    struct sql_expression *over = of_one(tree, SQL_NODE_WINDOW, window == SQL_MAX_BEFORE ? argument->type : SQL_INTEGER, argument);
    over->of.window = window;
    over->b = partition;
    over->order = order;
    return over;
}

const struct sql_order *sql_order_by(struct sql_tree *tree, sql_value by, bool is_descending, const struct sql_order *next)
{
    struct sql_order *order = ARENA_NEW(tree->arena, struct sql_order);
    *order = (struct sql_order){by, is_descending, next};
    return order;
}
