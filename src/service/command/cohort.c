/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort count, explain and sql. */
#include "base/file.h"
#include "research/sql/sql.h"
#include "service/command/cohort_asking.h"
#include "service/command/cohort_output.h"
#include "service/command/commands.h"
#include <stdio.h>
#include <string.h>

bool command_cohort_count(struct invocation *in, struct error *err)
{
    CLEANUP(asking_value) struct asking asking = {.in = in};
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 30};
    const struct definition *definitions;
    size_t count;
    TRY(definitions_collect(in, &definitions, &count, err));
    /* Rows are not shown; but where deaths stand beside other events, person ids decide which comes first (evaluate.c). */
    TRY(asking_open(&asking, "cohort count", GRANT_COUNT | GRANT_ROWS, err) && asking_engine(&asking, err));
    bool is_json = invocation_flag(in, "json");
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(!is_json || json_begin_array(&writer, err));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        CLEANUP(cohort_evaluation_value) struct cohort_evaluation evaluation = {0};
        struct cohort_program *program;
        TRY(asking_evaluate(&asking, &definitions[i], false, arena, &program, &evaluation, err) && asking_write(&asking, err));
        const struct cohort_result *result = evaluation.result;
        if (is_json) {
            TRY(cohort_output_json(&writer, &definitions[i], program, result, err));
        } else {
            cohort_output_attrition(&definitions[i], program, result);
        }
    }
    return !is_json || (json_end_array(&writer, err) && print_buffer(&out, err));
}

/* With --analyze the question is asked, and so it is in the log. */
static bool plan_print(struct asking *asking, const struct definition *definition, const struct cohort_program *program,
                       enum cohort_language language, struct buffer *out, struct error *err)
{
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_plan *plan;
    struct evaluate_options options = {.pool = asking->in->pool};
    if (!asking->vocabulary) {
        FAIL(err, INVALID_ARGUMENT, "a plan is of a warehouse: there is none in %s", warehouse_directory(asking->in));
        return error_hint(err, "name it with --warehouse");
    }
    TRY(cohort_plan_make(&plan, program, asking->warehouse.reader, asking->in->arena, err));
    if (invocation_flag(asking->in, "analyze")) {
        TRY(cohort_plan_run(plan, asking->warehouse.reader, &options, &result, err));
        TRY(asking_note(asking, program, result, err) && asking_write(asking, err));
    }
    if (!invocation_flag(asking->in, "json")) {
        return cohort_plan_print(plan, language, out, err);
    }
    struct json_writer writer = {.out = out, .indented = true};
    return cohort_output_plan(&writer, definition, plan, err);
}

bool command_cohort_explain(struct invocation *in, struct error *err)
{
    CLEANUP(asking_value)
    struct asking asking = {.in = in, .bytes_max = (size_t)settings_get(&in->settings, SETTING_DEFINITION_BYTES_MAX)};
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 28};
    const struct definition *definitions;
    size_t count;
    TRY(invocation_language_check(in, err));
    TRY(definitions_collect(in, &definitions, &count, err));
    bool has_warehouse;
    TRY(file_exists(warehouse_directory(in), &has_warehouse, err));
    const bool is_plan = invocation_flag(in, "plan") || invocation_flag(in, "analyze");
    /* Deaths beside other events are ordered by person ids, as for counting. */
    TRY(!has_warehouse || asking_open(&asking, "cohort explain", is_plan ? GRANT_COUNT | GRANT_ROWS : GRANT_COUNT, err));
    struct cohort_program *program;
    TRY(definition_compile(&definitions[0], asking.bytes_max, asking.vocabulary, in->arena, &program, err));
    const enum cohort_language words = invocation_is_french(in, false) ? COHORT_FRENCH : COHORT_ENGLISH;
    if (is_plan) {
        TRY(plan_print(&asking, &definitions[0], program, words, &out, err));
    } else if (invocation_flag(in, "program")) {
        TRY(cohort_program_print(program, &out, err));
    } else {
        TRY(cohort_program_explain(program, asking.vocabulary, words, &out, err));
    }
    return print_buffer(&out, err);
}

static bool dialect_of(const struct invocation *in, enum sql_dialect *out_dialect, struct error *err)
{
    const char *name = invocation_value(in, "dialect");
    bool is_postgresql = name && strcmp(name, "postgresql") == 0;
    if (name && !is_postgresql && strcmp(name, "duckdb") != 0) {
        return FAIL(err, INVALID_ARGUMENT, "--dialect is duckdb or postgresql");
    }
    *out_dialect = is_postgresql ? SQL_POSTGRESQL : SQL_DUCKDB;
    return true;
}

bool command_cohort_sql(struct invocation *in, struct error *err)
{
    CLEANUP(asking_value) struct asking asking = {.in = in};
    CLEANUP(buffer_value) struct buffer out = {.maximum = SQL_SCRIPT_BYTES_MAX};
    const struct definition *definitions;
    struct cohort_program *program;
    struct sql_script script;
    size_t count;
    struct sql_options options = {.schema = invocation_value(in, "schema"), .wants_rows = true};
    TRY(dialect_of(in, &options.dialect, err));
    TRY(definitions_collect(in, &definitions, &count, err));
    TRY(asking_open(&asking, "cohort sql", GRANT_COUNT, err));
    TRY(definition_compile(&definitions[0], asking.bytes_max, asking.vocabulary, in->arena, &program, err));
    options.cohort_id = definitions[0].id;
    TRY(sql_compile(program, &options, in->arena, &script, err) && sql_script_print(&script, &out, err));
    return fwrite(out.data, 1, out.length, stdout) == out.length || FAIL(err, IO, "standard output cannot be written");
}
