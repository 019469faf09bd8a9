/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort run: the rows of many cohorts, a group of definitions in each passage over the warehouse, so that what they have in common is
 * evaluated once. */
#include "base/file.h"
#include "base/log.h"
#include "service/command/cohort_kept.h"
#include "service/command/cohort_output.h"
#include "service/command/commands.h"
#include <stdio.h>

#define OUTPUT_BYTES_MAX ((size_t)1 << 36)
enum { TOGETHER_MAX = 64 }; /* cohorts of one passage: their events are in memory together */

struct run_output {
    struct buffer rows, inclusion_result, inclusion_stats;
};
struct running {
    struct asking asking;
    struct kept_cohorts kept;
    struct run_output output;
    size_t refused;
    uint64_t criteria_made, criteria_taken; /* lists of criteria, over all segments */
};
/* Definitions of one passage. */
struct passage_set {
    struct arena *arena;
    size_t count;
    const struct definition *definitions[TOGETHER_MAX];
    const struct cohort_program *programs[TOGETHER_MAX];
    bool is_kept[TOGETHER_MAX];
    struct cohort_result kept[TOGETHER_MAX];     /* of those that are: rows and persons */
    struct cohort_result *results[TOGETHER_MAX]; /* of the others; NULL: not evaluated */
};

/* With --keep-going a definition that cannot be done is passed over. */
static bool pass_over(struct running *running, struct error *err)
{
    bool is_refused = err->code == ERROR_INVALID_INPUT || err->code == ERROR_UNSUPPORTED || err->code == ERROR_LIMIT;
    if (!is_refused || !invocation_flag(running->asking.in, "keep-going")) {
        return false;
    }
    log_error("refused", err);
    error_clear(err);
    running->refused++;
    return true;
}

static bool result_take(struct running *running, const struct definition *definition, const struct cohort_program *program,
                        const struct cohort_result *result, struct error *err)
{
    struct run_output *output = &running->output;
    running->criteria_made += result->work.criteria_made;
    running->criteria_taken += result->work.criteria_taken;
    return asking_note(&running->asking, program, result, err) &&
           kept_cohorts_keep(&running->kept, definition->id, program, &result->rows, err) &&
           cohort_output_rows(&output->rows, definition->id, result, err) &&
           cohort_output_inclusion_result(&output->inclusion_result, definition->id, result, err) &&
           cohort_output_inclusion_stats(&output->inclusion_stats, definition->id, result, err);
}

static bool set_give(struct running *running, const struct passage_set *set, size_t i, const struct cohort_result *result,
                     struct error *err)
{
    return result_take(running, set->definitions[i], set->programs[i], result, err) || error_context(err, "%s", set->definitions[i]->path);
}

/* One definition after the other: an engine of SQL takes no more at once, and what is too much for the others' company may be possible
 * alone. */
static bool run_one_by_one(struct running *running, const struct passage_set *set, struct error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        CLEANUP(cohort_evaluation_value) struct cohort_evaluation evaluation = {.result = &set->kept[i]};
        if (!set->is_kept[i] && !cohort_engine_evaluate(&running->asking.engine, set->programs[i], true, set->arena, &evaluation, err)) {
            error_context(err, "%s", set->definitions[i]->path);
            TRY(pass_over(running, err));
            continue;
        }
        TRY(set_give(running, set, i, evaluation.result, err));
    }
    return true;
}

/* What is not kept, in one passage. */
static bool set_evaluate(struct running *running, struct passage_set *set, struct error *err)
{
    struct evaluate_options options = cohort_engine_options(&running->asking.engine, true);
    const struct cohort_program *programs[TOGETHER_MAX];
    struct cohort_result *results[TOGETHER_MAX];
    size_t places[TOGETHER_MAX], count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (!set->is_kept[i]) {
            programs[count] = set->programs[i];
            places[count++] = i;
        }
    }
    TRY(count == 0 || evaluate_cohorts(programs, count, running->asking.warehouse.reader, &options, results, err));
    for (size_t k = 0; k < count; k++) {
        set->results[places[k]] = results[k];
    }
    return true;
}

static bool run_together(struct running *running, struct passage_set *set, struct error *err)
{
    struct error reason = {.message = ""};
    TRY(task_check(err));
    if (running->asking.engine.is_sql) {
        return run_one_by_one(running, set, err);
    }
    if (!set_evaluate(running, set, &reason)) {
        if (reason.code == ERROR_LIMIT) {
            return run_one_by_one(running, set, err);
        }
        *err = reason;
        return false;
    }
    for (size_t i = 0; i < set->count; i++) {
        TRY(set_give(running, set, i, set->is_kept[i] ? &set->kept[i] : set->results[i], err));
    }
    return true;
}

static void passage_set_value_cleanup(struct passage_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        cohort_result_destroy(set->results[i]);
    }
    arena_destroy(set->arena);
}

/* Takes the next definitions; *at moves behind them. */
static bool set_fill(struct running *running, struct passage_set *set, const struct definition *definitions, size_t count, size_t *at,
                     struct error *err)
{
    for (; *at < count && set->count < TOGETHER_MAX; ++*at) {
        struct cohort_program *program;
        const struct definition *definition = &definitions[*at];
        if (!definition_compile(definition, running->asking.bytes_max, running->asking.vocabulary, set->arena, &program, err)) {
            TRY(pass_over(running, err));
            continue;
        }
        /* Kept rows have no statistics: where these are asked for, the program is evaluated, and whoever names an engine wants its rows. */
        size_t i = set->count;
        bool wants_more = running->asking.engine.is_sql || (invocation_value(running->asking.in, "statistics") && program->rule_count > 0);
        TRY(wants_more || kept_cohorts_find(&running->kept, program, set->arena, &set->kept[i], &set->is_kept[i], err));
        set->definitions[i] = definition;
        set->programs[i] = program;
        set->count++;
    }
    return true;
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

static bool output_begin(struct run_output *output, struct error *err)
{
    return buffer_append_text(&output->rows, cohort_output_rows_header, err) &&
           buffer_append_text(&output->inclusion_result, cohort_output_result_header, err) &&
           buffer_append_text(&output->inclusion_stats, cohort_output_stats_header, err);
}

static bool run_definitions(struct running *running, const struct definition *definitions, size_t count, struct error *err)
{
    struct progress *progress = progress_begin("cohorts", count, "cohorts", invocation_flag(running->asking.in, "quiet") || count < 5);
    bool done = true;
    for (size_t at = 0, before = 0; at < count && done; before = at) {
        CLEANUP(passage_set_value) struct passage_set set = {.arena = arena_create()};
        done = set_fill(running, &set, definitions, count, &at, err) && run_together(running, &set, err);
        progress_add(progress, at - before);
    }
    progress_end(progress);
    return done;
}

static bool run_all(struct running *running, struct error *err)
{
    struct invocation *in = running->asking.in;
    const struct run_output *output = &running->output;
    const struct definition *definitions;
    size_t count;
    TRY(definitions_collect(in, &definitions, &count, err));
    uint32_t actions = GRANT_COUNT | GRANT_ROWS | (invocation_flag(in, "keep") ? (uint32_t)GRANT_LOAD : 0);
    TRY(asking_open(&running->asking, "cohort run", actions, err) && asking_engine(&running->asking, err));
    TRY(kept_cohorts_open(&running->kept, &running->asking, err));
    TRY(output_begin(&running->output, err) && run_definitions(running, definitions, count, err));
    TRY(asking_write(&running->asking, err) && write_statistics(in, output, err));
    const char *path = invocation_value(in, "out");
    if (!path) {
        return fwrite(output->rows.data, 1, output->rows.length, stdout) == output->rows.length ||
               FAIL(err, IO, "standard output cannot be written");
    }
    /* Rows are about persons: for the owner's eyes. */
    TRY(file_write_atomic(path, output->rows.data, output->rows.length, 0600, err));
    print_line("%zu cohorts run, %zu refused; rows in %s", count - running->refused, running->refused, path);
    if (running->kept.read + running->kept.written > 0) {
        print_line("%llu cohorts read as they were kept, %llu kept", (unsigned long long)running->kept.read,
                   (unsigned long long)running->kept.written);
    }
    if (running->asking.engine.is_sql) {
        return true;
    }
    print_line("%llu lists of criteria evaluated, %llu taken from another cohort", (unsigned long long)running->criteria_made,
               (unsigned long long)running->criteria_taken);
    return true;
}

static void running_value_cleanup(struct running *running)
{
    buffer_finish(&running->output.rows);
    buffer_finish(&running->output.inclusion_result);
    buffer_finish(&running->output.inclusion_stats);
    asking_close(&running->asking);
}

bool command_cohort_run(struct invocation *in, struct error *err)
{
    CLEANUP(running_value)
    struct running running = {.asking.in = in,
                              .output = {.rows.maximum = OUTPUT_BYTES_MAX,
                                         .inclusion_result.maximum = OUTPUT_BYTES_MAX,
                                         .inclusion_stats.maximum = OUTPUT_BYTES_MAX}};
    return run_all(&running, err);
}
