/* SPDX-License-Identifier: EUPL-1.2 */
/* print: the tree as text, and the one place where a name or a value is quoted. The dialects differ in few words: rounding, LIKE, and what
 * keeps statistics of a temporary table. */
#include "research/sql/tree.h"
#include <string.h>

struct printing {
    struct buffer *out;
    enum sql_dialect dialect;
    const char *schema;
    int depth; /* of selects, for the line breaks */
};

static bool put(const struct printing *printing, const char *words, struct error *err)
{
    return buffer_append_text(printing->out, words, err);
}

static bool put_line(const struct printing *printing, struct error *err)
{
    TRY(put(printing, "\n", err));
    for (int i = 0; i < printing->depth; i++) {
        TRY(put(printing, "  ", err));
    }
    return true;
}

/* ---- names and values ---- */
static bool put_quoted(const struct printing *printing, struct text text, char quote, struct error *err)
{
    TRY(buffer_append(printing->out, &quote, 1, err));
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '\0') {
            return FAIL(err, UNSUPPORTED, "a text of the definition has a NUL character, which SQL cannot hold");
        }
        TRY(buffer_append(printing->out, &text.data[i], 1, err));
        TRY(text.data[i] != quote || buffer_append(printing->out, &quote, 1, err));
    }
    return buffer_append(printing->out, &quote, 1, err);
}

static bool put_name(const struct printing *printing, const char *name, struct error *err)
{
    return put_quoted(printing, text_of(name), '"', err);
}

static bool put_table(const struct printing *printing, const struct sql_table *table, struct error *err)
{
    if (table->is_cdm && printing->schema) {
        TRY(put_name(printing, printing->schema, err) && put(printing, ".", err));
    }
    return put_name(printing, table->name, err);
}

static bool put_integer(const struct printing *printing, int64_t value, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE];
    text_from_i64(value, digits);
    return put(printing, digits, err);
}

static bool put_literal(const struct printing *printing, const struct sql_expression *literal, struct error *err)
{
    char digits[TEXT_NUMBER_SIZE], date[DAY_TEXT_SIZE];
    switch (literal->type) {
    case SQL_BOOLEAN:
        return put(printing, literal->integer ? "true" : "false", err);
    case SQL_INTEGER:
        return put_integer(printing, literal->integer, err);
    case SQL_NUMBER: /* with an exponent both engines read the nearest double */
        text_from_double(literal->number, digits);
        return put(printing, digits, err) && (strchr(digits, 'e') || put(printing, "e0", err));
    case SQL_TEXT:
        return put_quoted(printing, literal->text, '\'', err);
    case SQL_DATE:
        day_to_text((day){(int32_t)literal->integer}, date);
        return put(printing, "date '", err) && put(printing, date, err) && put(printing, "'", err);
    }
    return true;
}

static const char *type_name(enum sql_type type)
{
    static const char *const names[] = {[SQL_BOOLEAN] = "boolean",
                                        [SQL_INTEGER] = "bigint",
                                        [SQL_NUMBER] = "double precision",
                                        [SQL_TEXT] = "varchar",
                                        [SQL_DATE] = "date"};
    return names[type];
}

/* ---- expressions ---- */
static bool put_expression(const struct printing *printing, const struct sql_expression *expression, struct error *err);

/* before A between B after, in which a word or an expression may be NULL. */
static bool put_parts(const struct printing *printing, const char *before, sql_value a, const char *between, sql_value b, const char *after,
                      struct error *err)
{
    TRY(put(printing, before, err));
    TRY(!a || put_expression(printing, a, err));
    TRY(put(printing, between, err));
    TRY(!b || put_expression(printing, b, err));
    return put(printing, after, err);
}

static const char *operator_words(enum sql_operator op)
{
    static const char *const words[] = {
        [SQL_EQUAL] = " = ",     [SQL_UNEQUAL] = " <> ", [SQL_LESS] = " < ",    [SQL_AT_MOST] = " <= ", [SQL_GREATER] = " > ",
        [SQL_AT_LEAST] = " >= ", [SQL_AND] = " and ",    [SQL_OR] = " or ",     [SQL_PLUS] = " + ",     [SQL_MINUS] = " - ",
        [SQL_TIMES] = " * ",     [SQL_DIVIDE] = " / ",   [SQL_BIT_AND] = " & ",
    };
    return words[op];
}

static bool put_list(const struct printing *printing, const int64_t *list, size_t count, const char *open, const char *between,
                     const char *close, struct error *err)
{
    TRY(put(printing, open, err));
    for (size_t i = 0; i < count; i++) {
        TRY(put(printing, i ? between : "", err) && put_integer(printing, list[i], err));
    }
    return put(printing, close, err);
}

static bool put_in_table(const struct printing *printing, const struct sql_expression *in, struct error *err)
{
    TRY(put(printing, "(", err) && put_expression(printing, in->a, err) && put(printing, " in (select ", err));
    TRY(put_name(printing, in->name, err) && put(printing, " from ", err) && put_table(printing, in->table, err));
    return put(printing, "))", err);
}

/* DuckDB's LIKE has no escape; PostgreSQL's has one unless it is told otherwise. */
static bool put_like(const struct printing *printing, const struct sql_expression *like, struct error *err)
{
    TRY(put_parts(printing, "(", like->a, " like ", NULL, "", err) && put_quoted(printing, like->text, '\'', err));
    return put(printing, printing->dialect == SQL_POSTGRESQL ? " escape '')" : ")", err);
}

/* Half away from zero in both: PostgreSQL rounds so as a numeric, DuckDB as a double. */
static bool put_round(const struct printing *printing, const struct sql_expression *rounding, struct error *err)
{
    return printing->dialect == SQL_POSTGRESQL
               ? put_parts(printing, "cast(round(cast(", rounding->a, " as numeric), 3) as double precision)", NULL, "", err)
               : put_parts(printing, "round(cast(", rounding->a, " as double), 3)", NULL, "", err);
}

static bool put_function(const struct printing *printing, const struct sql_expression *call, struct error *err)
{
    switch (call->of.function) {
    case SQL_COALESCE:
        return put_parts(printing, "coalesce(", call->a, ", ", call->b, ")", err);
    case SQL_NULLIF:
        return put_parts(printing, "nullif(", call->a, ", ", call->b, ")", err);
    case SQL_LEAST:
        return put_parts(printing, "least(", call->a, ", ", call->b, ")", err);
    case SQL_GREATEST:
        return put_parts(printing, "greatest(", call->a, ", ", call->b, ")", err);
    case SQL_COUNT:
        return call->a ? put_parts(printing, "count(", call->a, ")", NULL, "", err) : put(printing, "count(*)", err);
    case SQL_COUNT_DISTINCT:
        return put_parts(printing, "count(distinct ", call->a, ")", NULL, "", err);
    case SQL_MIN:
        return put_parts(printing, "min(", call->a, ")", NULL, "", err);
    case SQL_MAX:
        return put_parts(printing, "max(", call->a, ")", NULL, "", err);
    case SQL_SUM: /* of integers; the engines would give a wider type */
        return put_parts(printing, "cast(sum(", call->a, ") as bigint)", NULL, "", err);
    }
    return true;
}

static bool put_window(const struct printing *printing, const struct sql_expression *over, struct error *err)
{
    bool is_number = over->of.window == SQL_ROW_NUMBER, is_sum = over->of.window == SQL_SUM_SO_FAR;
    TRY(put_parts(printing, is_number ? "row_number(" : is_sum ? "cast(sum(" : "max(", over->a, ") over (partition by ", over->b, "", err));
    for (const struct sql_order *order = over->order; order; order = order->next) {
        TRY(put_parts(printing, order == over->order ? " order by " : ", ", order->by, order->is_descending ? " desc" : "", NULL,
                      " nulls last", err));
    }
    return put(printing,
               is_number ? ")"
               : is_sum  ? " rows unbounded preceding) as bigint)"
                         : " rows between unbounded preceding and 1 preceding)",
               err);
}

static bool put_case(const struct printing *printing, const struct sql_expression *choice, struct error *err)
{
    TRY(put_parts(printing, "(case when ", choice->a, " then ", choice->b, "", err));
    return put_parts(printing, choice->c ? " else " : "", choice->c, " end)", NULL, "", err);
}

static bool put_expression(const struct printing *printing, const struct sql_expression *expression, struct error *err)
{
    switch (expression->node) {
    case SQL_NODE_FIELD:
        TRY(put_name(printing, expression->source->alias, err) && put(printing, ".", err));
        return put_name(printing, expression->name, err);
    case SQL_NODE_LITERAL:
        return put_literal(printing, expression, err);
    case SQL_NODE_NULL:
        return put(printing, "cast(null as ", err) && put(printing, type_name(expression->type), err) && put(printing, ")", err);
    case SQL_NODE_OPERATOR:
        return put_parts(printing, "(", expression->a, operator_words(expression->of.operator_), expression->b, ")", err);
    case SQL_NODE_NOT:
        return put_parts(printing, "(not ", expression->a, ")", NULL, "", err);
    case SQL_NODE_IS_NULL:
        return put_parts(printing, "(", expression->a, " is null)", NULL, "", err);
    case SQL_NODE_IN_LIST:
        return put_parts(printing, "(", expression->a, " in ", NULL, "", err) &&
               put_list(printing, expression->list, expression->list_count, "(", ", ", "))", err);
    case SQL_NODE_IN_TABLE:
        return put_in_table(printing, expression, err);
    case SQL_NODE_LIKE:
        return put_like(printing, expression, err);
    case SQL_NODE_ADD_DAYS:
        return put_parts(printing, "(", expression->a, " + cast(", expression->b, " as integer))", err);
    case SQL_NODE_YEAR:
        return put_parts(printing, "cast(extract(year from ", expression->a, ") as bigint)", NULL, "", err);
    case SQL_NODE_CASE:
        return put_case(printing, expression, err);
    case SQL_NODE_ROUND:
        return put_round(printing, expression, err);
    case SQL_NODE_FUNCTION:
        return put_function(printing, expression, err);
    case SQL_NODE_WINDOW:
        return put_window(printing, expression, err);
    }
    return true;
}

/* ---- selects ---- */
static bool put_select(struct printing *printing, const struct sql_select *select, struct error *err);

static bool put_source(struct printing *printing, const struct sql_source *source, struct error *err)
{
    if (source->table) {
        TRY(put_table(printing, source->table, err));
    } else {
        printing->depth += 2;
        TRY(put(printing, "(", err) && put_select(printing, source->select, err) && put(printing, ")", err));
        printing->depth -= 2;
    }
    return put(printing, " as ", err) && put_name(printing, source->alias, err);
}

static bool put_sources(struct printing *printing, const struct sql_select *select, struct error *err)
{
    for (const struct sql_source *source = select->sources; source; source = source->next) {
        bool is_first = source == select->sources;
        TRY(put_line(printing, err));
        TRY(put(printing,
                is_first                        ? "from "
                : source->join == SQL_JOIN_LEFT ? "  left join "
                : source->on                    ? "  join "
                                                : "  cross join ",
                err));
        TRY(put_source(printing, source, err));
        TRY(is_first || !source->on || put_parts(printing, " on ", source->on, "", NULL, "", err));
    }
    return true;
}

/* An integer of its own would make a column as narrow as it is itself. */
static bool put_output(struct printing *printing, sql_value value, struct error *err)
{
    bool is_wide = value->node == SQL_NODE_LITERAL && value->type == SQL_INTEGER;
    return put_parts(printing, is_wide ? "cast(" : "", value, is_wide ? " as bigint) as " : " as ", NULL, "", err);
}

static bool put_one_select(struct printing *printing, const struct sql_select *select, struct error *err)
{
    TRY(put(printing, select->is_distinct ? "select distinct" : "select", err));
    for (const struct sql_output *output = select->outputs; output; output = output->next) {
        TRY(put(printing, output == select->outputs ? " " : ", ", err) && put_output(printing, output->value, err));
        TRY(put_name(printing, output->name, err));
    }
    TRY(put_sources(printing, select, err));
    if (select->where) {
        TRY(put_line(printing, err) && put_parts(printing, "where ", select->where, "", NULL, "", err));
    }
    TRY(!select->groups || put_line(printing, err));
    for (const struct sql_group *group = select->groups; group; group = group->next) {
        TRY(put_parts(printing, group == select->groups ? "group by " : ", ", group->by, "", NULL, "", err));
    }
    return !select->having || (put_line(printing, err) && put_parts(printing, "having ", select->having, "", NULL, "", err));
}

static bool put_select(struct printing *printing, const struct sql_select *select, struct error *err)
{
    for (; select; select = select->union_all) {
        TRY(put_one_select(printing, select, err));
        TRY(!select->union_all || (put_line(printing, err) && put(printing, "union all", err) && put_line(printing, err)));
    }
    return true;
}

/* ---- statements ---- */
static bool put_named(struct printing *printing, const char *before, const struct sql_table *table, const char *after, struct error *err)
{
    return put(printing, before, err) && put_table(printing, table, err) && put(printing, after, err);
}

bool sql_print(const struct sql_statement *statement, enum sql_dialect dialect, const char *schema, struct buffer *out, struct error *err)
{
    struct printing printing = {.out = out, .dialect = dialect, .schema = schema};
    switch (statement->kind) {
    case SQL_CREATE_AS:
        return put_named(&printing, "create temporary table ", statement->table, " as\n", err) &&
               put_select(&printing, statement->select, err);
    case SQL_CREATE_LIST:
        TRY(put_named(&printing, "create temporary table ", statement->table, " (", err));
        TRY(put_name(&printing, statement->table->columns[0].name, err) && put(&printing, " ", err));
        return put(&printing, type_name(statement->table->columns[0].type), err) && put(&printing, " not null)", err);
    case SQL_INSERT_LIST:
        return put_named(&printing, "insert into ", statement->table, " values ", err) &&
               put_list(&printing, statement->list, statement->list_count, "(", "), (", ")", err);
    case SQL_INSERT:
        return put_named(&printing, "insert into ", statement->table, "\n", err) && put_select(&printing, statement->select, err);
    case SQL_QUERY:
        return put_select(&printing, statement->select, err);
    case SQL_DROP:
        return put(&printing, "drop table", err) && put_named(&printing, " if exists ", statement->table, "", err);
    case SQL_ANALYSE:
        return put_named(&printing, "analyze ", statement->table, "", err);
    }
    return true;
}
