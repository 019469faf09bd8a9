/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort count, run and explain. */
#include "base/file.h"
#include "base/log.h"
#include "service/command/cohort_output.h"
#include "service/command/commands.h"
#include "service/command/warehouse.h"
#include <stdio.h>
#include <string.h>

#define OUTPUT_BYTES_MAX ((size_t)1 << 36)

DEFINE_ARRAY(journal_entries, struct journal_entry)

struct session {
    struct invocation *in;
    struct warehouse warehouse;
    struct vocabulary *vocabulary;
    size_t bytes_max;
    size_t refused;
    struct journal_entries reads; /* not in the log yet */
    uint64_t memory_max;          /* of one worker; 0: no bound */
};

static bool open_session(struct session *session, const char *purpose, uint32_t actions, struct error *err)
{
    int64_t snapshot, megabytes;
    TRY(invocation_integer(session->in, "snapshot", 0, 0, UINT32_MAX, &snapshot, err));
    TRY(invocation_integer(session->in, "memory", 0, 1, 1 << 30, &megabytes, err));
    session->memory_max = (uint64_t)megabytes << 20;
    session->reads.maximum = 1 << 20;
    session->bytes_max = (size_t)settings_get(&session->in->settings, SETTING_DEFINITION_BYTES_MAX);
    TRY(warehouse_open(&session->warehouse, session->in, purpose, actions, err));
    TRY(warehouse_open_reader(&session->warehouse, (uint32_t)snapshot, err));
    return vocabulary_open(&session->vocabulary, session->warehouse.reader, err);
}

static void session_value_cleanup(struct session *session)
{
    journal_entries_finish(&session->reads);
    vocabulary_close(session->vocabulary);
    warehouse_close(&session->warehouse);
}

/* Which question, on which snapshot; the counts could give somebody away and are private. Written before a result is shown. */
static bool read_note(struct session *session, const struct cohort_program *program, const struct cohort_result *result, struct error *err)
{
    struct crypto_hash hash;
    struct journal_entry entry;
    char *counts = arena_text_format(session->in->arena, "persons %llu, rows %llu", (unsigned long long)result->persons,
                                     (unsigned long long)result->rows.count);
    TRY(cohort_program_hash(program, &hash, err));
    TRY(warehouse_entry(&session->warehouse, LEDGER_ACT_READ, &hash, &entry, err));
    entry.secret = (struct journal_private){"counts", text_of(counts)};
    return journal_entries_append(&session->reads, entry, err);
}

static bool reads_write(struct session *session, struct error *err)
{
    TRY(journal_write(session->warehouse.journal, session->reads.items, session->reads.count, err));
    session->reads.count = 0;
    return true;
}

static bool evaluate(struct session *session, const struct definition *definition, bool wants_rows, struct arena *arena,
                     struct cohort_program **out_program, struct cohort_result **out_result, struct error *err)
{
    struct evaluate_options options = {.pool = session->in->pool, .wants_rows = wants_rows, .scratch_bytes = session->memory_max};
    TRY(task_check(err));
    TRY(definition_compile(definition, session->bytes_max, session->vocabulary, arena, out_program, err));
    return (evaluate_cohort(*out_program, session->warehouse.reader, &options, out_result, err) &&
            read_note(session, *out_program, *out_result, err)) ||
           error_context(err, "%s", definition->path);
}

bool command_cohort_count(struct invocation *in, struct error *err)
{
    CLEANUP(session_value) struct session session = {.in = in};
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 30};
    const struct definition *definitions;
    size_t count;
    TRY(definitions_collect(in, &definitions, &count, err));
    /* Rows are not shown; but where deaths stand beside other events, person ids decide which comes first (evaluate.c). */
    TRY(open_session(&session, "cohort count", GRANT_COUNT | GRANT_ROWS, err));
    bool is_json = invocation_flag(in, "json");
    struct json_writer writer = {.out = &out, .indented = true};
    TRY(!is_json || json_begin_array(&writer, err));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(arena) struct arena *arena = arena_create();
        CLEANUP(cohort_result) struct cohort_result *result = NULL;
        struct cohort_program *program;
        TRY(evaluate(&session, &definitions[i], false, arena, &program, &result, err) && reads_write(&session, err));
        if (is_json) {
            TRY(cohort_output_json(&writer, &definitions[i], program, result, err));
        } else {
            cohort_output_attrition(&definitions[i], program, result);
        }
    }
    return !is_json || (json_end_array(&writer, err) && print_buffer(&out, err));
}

struct run_output {
    struct buffer rows, inclusion_result, inclusion_stats;
};

static bool run_one(struct session *session, const struct definition *definition, struct run_output *output, struct error *err)
{
    CLEANUP(arena) struct arena *arena = arena_create();
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_program *program;
    if (!evaluate(session, definition, true, arena, &program, &result, err)) {
        bool is_refused = err->code == ERROR_INVALID_INPUT || err->code == ERROR_UNSUPPORTED || err->code == ERROR_LIMIT;
        if (!is_refused || !invocation_flag(session->in, "keep-going")) {
            return false;
        }
        log_error("refused", err);
        error_clear(err);
        session->refused++;
        return true;
    }
    return cohort_output_rows(&output->rows, definition->id, result, err) &&
           cohort_output_inclusion_result(&output->inclusion_result, definition->id, result, err) &&
           cohort_output_inclusion_stats(&output->inclusion_stats, definition->id, result, err);
}

static bool write_statistics(const struct invocation *in, const struct run_output *output, struct error *err)
{
    const char *directory = invocation_value(in, "statistics");
    if (!directory) {
        return true;
    }
    TRY(directory_create(directory, 0755, err));
    return file_write_atomic(arena_text_format(in->arena, "%s/inclusion_result.csv", directory), output->inclusion_result.data,
                             output->inclusion_result.length, 0600, err) &&
           file_write_atomic(arena_text_format(in->arena, "%s/inclusion_stats.csv", directory), output->inclusion_stats.data,
                             output->inclusion_stats.length, 0600, err);
}

static bool run_all(struct session *session, struct run_output *output, struct error *err)
{
    struct invocation *in = session->in;
    const struct definition *definitions;
    size_t count;
    TRY(definitions_collect(in, &definitions, &count, err));
    TRY(open_session(session, "cohort run", GRANT_COUNT | GRANT_ROWS, err));
    TRY(buffer_append_text(&output->rows, cohort_output_rows_header, err));
    TRY(buffer_append_text(&output->inclusion_result, cohort_output_result_header, err));
    TRY(buffer_append_text(&output->inclusion_stats, cohort_output_stats_header, err));
    struct progress *progress = progress_begin("cohorts", count, "cohorts", invocation_flag(in, "quiet") || count < 5);
    bool done = true;
    for (size_t i = 0; i < count && done; i++) {
        done = run_one(session, &definitions[i], output, err);
        progress_add(progress, 1);
    }
    progress_end(progress);
    TRY(done && reads_write(session, err) && write_statistics(in, output, err));
    const char *path = invocation_value(in, "out");
    if (!path) {
        return fwrite(output->rows.data, 1, output->rows.length, stdout) == output->rows.length ||
               FAIL(err, IO, "standard output cannot be written");
    }
    /* Rows are about persons: for the owner's eyes. */
    TRY(file_write_atomic(path, output->rows.data, output->rows.length, 0600, err));
    print_line("%zu cohorts run, %zu refused; rows in %s", count - session->refused, session->refused, path);
    return true;
}

bool command_cohort_run(struct invocation *in, struct error *err)
{
    CLEANUP(session_value) struct session session = {.in = in};
    struct run_output output = {
        .rows.maximum = OUTPUT_BYTES_MAX, .inclusion_result.maximum = OUTPUT_BYTES_MAX, .inclusion_stats.maximum = OUTPUT_BYTES_MAX};
    bool done = run_all(&session, &output, err);
    buffer_finish(&output.rows);
    buffer_finish(&output.inclusion_result);
    buffer_finish(&output.inclusion_stats);
    return done;
}

/* With --analyze the question is asked, and so it is in the log. */
static bool plan_print(struct session *session, const struct definition *definition, const struct cohort_program *program,
                       enum cohort_language language, struct buffer *out, struct error *err)
{
    CLEANUP(cohort_result) struct cohort_result *result = NULL;
    struct cohort_plan *plan;
    struct evaluate_options options = {.pool = session->in->pool};
    if (!session->vocabulary) {
        FAIL(err, INVALID_ARGUMENT, "a plan is of a warehouse: there is none in %s", warehouse_directory(session->in));
        return error_hint(err, "name it with --warehouse");
    }
    TRY(cohort_plan_make(&plan, program, session->warehouse.reader, session->in->arena, err));
    if (invocation_flag(session->in, "analyze")) {
        TRY(cohort_plan_run(plan, session->warehouse.reader, &options, &result, err));
        TRY(read_note(session, program, result, err) && reads_write(session, err));
    }
    if (!invocation_flag(session->in, "json")) {
        return cohort_plan_print(plan, language, out, err);
    }
    struct json_writer writer = {.out = out, .indented = true};
    return cohort_output_plan(&writer, definition, plan, err);
}

bool command_cohort_explain(struct invocation *in, struct error *err)
{
    CLEANUP(session_value)
    struct session session = {.in = in, .bytes_max = (size_t)settings_get(&in->settings, SETTING_DEFINITION_BYTES_MAX)};
    CLEANUP(buffer_value) struct buffer out = {.maximum = (size_t)1 << 28};
    const struct definition *definitions;
    size_t count;
    const char *language = invocation_value(in, "language");
    if (language && strcmp(language, "en") != 0 && strcmp(language, "fr") != 0) {
        return FAIL(err, INVALID_ARGUMENT, "--language is en or fr");
    }
    TRY(definitions_collect(in, &definitions, &count, err));
    bool has_warehouse;
    TRY(file_exists(warehouse_directory(in), &has_warehouse, err));
    const bool is_plan = invocation_flag(in, "plan") || invocation_flag(in, "analyze");
    /* Deaths beside other events are ordered by person ids, as for counting. */
    TRY(!has_warehouse || open_session(&session, "cohort explain", is_plan ? GRANT_COUNT | GRANT_ROWS : GRANT_COUNT, err));
    struct cohort_program *program;
    TRY(definition_compile(&definitions[0], session.bytes_max, session.vocabulary, in->arena, &program, err));
    const enum cohort_language words = language && strcmp(language, "fr") == 0 ? COHORT_FRENCH : COHORT_ENGLISH;
    if (is_plan) {
        TRY(plan_print(&session, &definitions[0], program, words, &out, err));
    } else if (invocation_flag(in, "program")) {
        TRY(cohort_program_print(program, &out, err));
    } else {
        TRY(cohort_program_explain(program, session.vocabulary, words, &out, err));
    }
    return print_buffer(&out, err);
}
