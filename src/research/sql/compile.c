/* SPDX-License-Identifier: EUPL-1.2 */
/* compile: the stages of a program in their order, and the script that they make. */
#include "research/sql/compile.h"
#include <assert.h>

void sql_append(struct sql_compilation *compilation, struct sql_statement statement)
{
    struct sql_statement_node *node = ARENA_NEW(compilation->tree.arena, struct sql_statement_node);
    if (statement.kind == SQL_ANALYSE && compilation->options->dialect != SQL_POSTGRESQL) {
        return; /* DuckDB knows what its temporary tables hold */
    }
    node->statement = statement;
    *(compilation->last ? &compilation->last->next : &compilation->first) = node;
    compilation->last = node;
    compilation->statement_count++;
}

const struct sql_table *sql_make_table(struct sql_compilation *compilation, const char *name, const char *comment,
                                       const struct sql_select *select)
{
    const struct sql_table *table = sql_table_like(&compilation->tree, name, select);
    sql_append(compilation, (struct sql_statement){.kind = SQL_CREATE_AS, .comment = comment, .table = table, .select = select});
    sql_append(compilation, (struct sql_statement){.kind = SQL_ANALYSE, .table = table});
    return table;
}

const char *sql_table_name(struct sql_compilation *compilation, const char *what)
{
    return arena_text_format(compilation->tree.arena, "emc2_%s_%u", what, ++compilation->tables);
}

sql_value sql_same_key(struct sql_tree *tree, const struct sql_source *a, const struct sql_source *b, bool events)
{
    sql_value same = sql_operate(tree, SQL_EQUAL, sql_field(tree, a, "person_id"), sql_field(tree, b, "person_id"));
    return events ? sql_and(tree, same, sql_operate(tree, SQL_EQUAL, sql_field(tree, a, "event_id"), sql_field(tree, b, "event_id")))
                  : same;
}

void sql_give_field(struct sql_tree *tree, struct sql_select *select, const struct sql_source *source, const char *name)
{
    sql_value field = sql_field(tree, source, name);
    sql_give(tree, select, field->name, field);
}

/* ---- the stages ---- */
static void stages_append(struct sql_compilation *compilation)
{
    struct sql_stages stages;
    sql_criteria_collect(compilation);
    stages.primary = sql_primary_events(compilation);
    stages.qualified = sql_qualified_events(compilation, stages.primary);
    stages.masks = sql_masks(compilation, stages.qualified);
    stages.included = sql_included_events(compilation, stages.qualified, stages.masks);
    stages.collapsed = sql_collapsed_rows(compilation, stages.included);
    stages.cohort = sql_cohort_rows(compilation, stages.collapsed);
    sql_queries(compilation, &stages);
}

/* The newest table goes first. */
static void drops_append(struct sql_compilation *compilation)
{
    size_t count = 0;
    const struct sql_table **tables = ARENA_ARRAY(compilation->tree.arena, const struct sql_table *, compilation->statement_count + 1);
    for (const struct sql_statement_node *node = compilation->first; node; node = node->next) {
        if (node->statement.kind == SQL_CREATE_AS || node->statement.kind == SQL_CREATE_LIST) {
            tables[count++] = node->statement.table;
        }
    }
    for (size_t i = count; i-- > 0;) {
        sql_append(compilation, (struct sql_statement){.kind = SQL_DROP,
                                                       .purpose = SQL_CLEANUP,
                                                       .comment = i + 1 == count ? "the temporary tables are of no further use" : NULL,
                                                       .table = tables[i]});
    }
}

static bool script_print(const struct sql_compilation *compilation, struct sql_script *out_script, struct error *err)
{
    CLEANUP(buffer_value) struct buffer text = {.maximum = SQL_SCRIPT_BYTES_MAX};
    struct arena *arena = compilation->tree.arena;
    struct sql_text *statements = ARENA_ARRAY(arena, struct sql_text, compilation->statement_count);
    size_t count = 0;
    for (const struct sql_statement_node *node = compilation->first; node; node = node->next) {
        const struct sql_statement *statement = &node->statement;
        buffer_clear(&text);
        TRY(sql_print(statement, compilation->options->dialect, compilation->options->schema, &text, err));
        statements[count++] = (struct sql_text){statement->purpose, statement->comment, arena_text_copy(arena, (const char *)text.data)};
    }
    *out_script = (struct sql_script){statements, count};
    return true;
}

bool sql_compile(const struct cohort_program *program, const struct sql_options *options, struct arena *arena,
                 struct sql_script *out_script, struct error *err)
{
    struct sql_compilation compilation = {.tree.arena = arena, .program = program, .options = options};
    for (size_t i = 0; i < program->concept_set_count; i++) {
        if (!program->concept_sets[i].is_resolved) {
            return FAIL(err, INVALID_ARGUMENT, "%s: the concept sets are not resolved", program->name);
        }
    }
    if (program->primary_count == 0) {
        return FAIL(err, INVALID_ARGUMENT, "%s: there is no primary criterion", program->name);
    }
    compilation.sets = ARENA_ARRAY(arena, const struct sql_table *, program->concept_set_count + 1);
    stages_append(&compilation);
    drops_append(&compilation);
    if (compilation.is_unsupported) {
        return FAIL(err, UNSUPPORTED, "%s: a value is counted that has no column", program->name);
    }
    return script_print(&compilation, out_script, err);
}

bool sql_script_print(const struct sql_script *script, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct sql_text *statement = &script->statements[i];
        TRY(!statement->comment || buffer_append_format(out, err, "%s-- %s\n", i ? "\n" : "", statement->comment));
        TRY(buffer_append_format(out, err, "%s;\n", statement->text));
    }
    return true;
}
