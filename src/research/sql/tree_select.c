/* SPDX-License-Identifier: EUPL-1.2 */
/* tree_select: selects, put together part by part. */
#include "research/sql/tree.h"
#include <assert.h>
#include <string.h>

struct sql_select *sql_select_create(struct sql_tree *tree)
{
    return ARENA_NEW(tree->arena, struct sql_select);
}

static struct sql_source *source_append(struct sql_tree *tree, struct sql_select *select)
{
    struct sql_source *source = ARENA_NEW(tree->arena, struct sql_source), **end = &select->sources;
    while (*end) {
        end = &(*end)->next;
    }
    source->alias = arena_text_format(tree->arena, "t%u", ++tree->aliases);
    *end = source;
    return source;
}

struct sql_source *sql_from(struct sql_tree *tree, struct sql_select *select, const struct sql_table *table)
{
    struct sql_source *source = source_append(tree, select);
    source->table = table;
    return source;
}

struct sql_source *sql_from_select(struct sql_tree *tree, struct sql_select *select, const struct sql_select *derived)
{
    struct sql_source *source = source_append(tree, select);
    source->select = derived;
    return source;
}

struct sql_source *sql_left_join(struct sql_source *source)
{
    source->join = SQL_JOIN_LEFT;
    return source;
}

void sql_on(struct sql_tree *tree, struct sql_source *source, sql_value condition)
{
    assert((!condition || condition->type == SQL_BOOLEAN) && "a join has a condition");
    source->on = sql_and(tree, source->on, condition);
}

void sql_where(struct sql_tree *tree, struct sql_select *select, sql_value condition)
{
    assert((!condition || condition->type == SQL_BOOLEAN) && "rows are kept by a condition");
    select->where = sql_and(tree, select->where, condition);
}

void sql_give(struct sql_tree *tree, struct sql_select *select, const char *name, sql_value value)
{
    struct sql_output *output = ARENA_NEW(tree->arena, struct sql_output), **end = &select->outputs;
    for (; *end; end = &(*end)->next) {
        assert(strcmp((*end)->name, name) != 0 && "each output has its own name");
    }
    *output = (struct sql_output){name, value, NULL};
    *end = output;
}

void sql_group_by(struct sql_tree *tree, struct sql_select *select, sql_value value)
{
    struct sql_group *group = ARENA_NEW(tree->arena, struct sql_group), **end = &select->groups;
    while (*end) {
        end = &(*end)->next;
    }
    group->by = value;
    *end = group;
}

static bool columns_are_same(const struct sql_output *a, const struct sql_output *b)
{
    while (a && b && a->value->type == b->value->type && strcmp(a->name, b->name) == 0) {
        a = a->next;
        b = b->next;
    }
    return !a && !b;
}

struct sql_select *sql_union_all(struct sql_select *first, struct sql_select *more)
{
    if (!first) {
        return more;
    }
    assert(columns_are_same(first->outputs, more->outputs) && "a union has the same columns");
    struct sql_select *last = first;
    while (last->union_all) {
        last = last->union_all;
    }
    last->union_all = more;
    return first;
}
