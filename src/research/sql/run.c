/* SPDX-License-Identifier: EUPL-1.2 */
/* run: statement after statement; the rows of each query go to where its purpose says. */
#include "base/task.h"
#include "research/sql/sql_run.h"
#include <stdlib.h>
#include <string.h>

struct run_row {
    int64_t person;
    int32_t start, end;
};
DEFINE_ARRAY(run_rows, struct run_row)
DEFINE_ARRAY(run_masks, struct cohort_mask_count)

struct run {
    const struct cohort_program *program;
    struct arena *arena;
    struct cohort_result *result;
    struct run_rows rows;
    struct run_masks masks[COHORT_STATISTICS_MODES];
    struct cohort_rule_count *rules[COHORT_STATISTICS_MODES];
    struct cohort_remaining *after_rule;
    struct cohort_remaining collapsed;
};

static bool misread(const char *what, struct error *err)
{
    return FAIL(err, ENGINE, "the SQL engine gives %s that are not of this cohort", what);
}

/* ---- rows of queries ---- */
static bool take_row(void *taker, const int64_t *values, size_t count, struct error *err)
{
    struct run *run = taker;
    if (count != 4) {
        return misread("rows", err);
    }
    return run_rows_append(&run->rows, (struct run_row){values[1], (int32_t)values[2], (int32_t)values[3]}, err);
}

static bool take_mask(void *taker, const int64_t *values, size_t count, struct error *err)
{
    struct run *run = taker;
    if (count != 4 || values[3] < 0 || values[3] >= COHORT_STATISTICS_MODES) {
        return misread("masks", err);
    }
    return run_masks_append(&run->masks[values[3]], (struct cohort_mask_count){(uint64_t)values[1], (uint64_t)values[2]}, err);
}

static bool take_rule(void *taker, const int64_t *values, size_t count, struct error *err)
{
    struct run *run = taker;
    bool is_ours = count == 6 && values[1] >= 0 && (size_t)values[1] < run->program->rule_count && values[5] >= 0 &&
                   values[5] < COHORT_STATISTICS_MODES;
    if (!is_ours) {
        return misread("rules", err);
    }
    run->rules[values[5]][values[1]] = (struct cohort_rule_count){(uint64_t)values[2], (uint64_t)values[3], (uint64_t)values[4]};
    return true;
}

static bool take_step(void *taker, const int64_t *values, size_t count, struct error *err)
{
    struct run *run = taker;
    struct cohort_attrition *attrition = &run->result->attrition;
    struct cohort_remaining *const steps[] = {[SQL_PRIMARY] = &attrition->primary,
                                              [SQL_QUALIFIED] = &attrition->qualified,
                                              [SQL_INCLUDED] = &attrition->included,
                                              [SQL_COHORT] = &attrition->cohort,
                                              [SQL_COLLAPSED] = &run->collapsed};
    const int64_t step = count == 3 ? values[0] : -1;
    bool is_rule = step >= SQL_AFTER_RULE && step < SQL_AFTER_RULE + (int64_t)run->program->rule_count;
    if (!is_rule && (step < 0 || step > SQL_COLLAPSED)) {
        return misread("steps", err);
    }
    *(is_rule ? &run->after_rule[step - SQL_AFTER_RULE] : steps[step]) =
        (struct cohort_remaining){(uint64_t)values[1], (uint64_t)values[2]};
    return true;
}

static bool run_statement(struct run *run, const struct sql_server *server, const struct sql_text *statement, struct error *err)
{
    static sql_take_row *const takers[] = {
        [SQL_ROWS] = take_row, [SQL_MASKS] = take_mask, [SQL_RULES] = take_rule, [SQL_ATTRITION] = take_step};
    bool is_query = statement->purpose != SQL_STEP && statement->purpose != SQL_CLEANUP;
    TRY(task_check(err));
    return is_query ? server->query(server->context, statement->text, takers[statement->purpose], run, err)
                    : server->execute(server->context, statement->text, err);
}

static void clean_up(const struct sql_server *server, const struct sql_script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        struct error ignored = {0};
        if (script->statements[i].purpose == SQL_CLEANUP && !server->execute(server->context, script->statements[i].text, &ignored)) {
            error_clear(&ignored);
        }
    }
}

/* ---- the result ---- */
static int row_compare(const void *a, const void *b)
{
    const struct run_row *x = a, *y = b;
    int order = (x->person > y->person) - (x->person < y->person);
    return order ? order : (x->start > y->start) - (x->start < y->start);
}

static void rows_finish(struct run *run)
{
    size_t count = run->rows.count;
    int64_t *persons = arena_allocate_raw(run->arena, count + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(run->arena, count + 1, sizeof *starts);
    int32_t *ends = arena_allocate_raw(run->arena, count + 1, sizeof *ends);
    if (count > 1) {
        qsort(run->rows.items, count, sizeof *run->rows.items, row_compare);
    }
    for (size_t i = 0; i < count; i++) {
        persons[i] = run->rows.items[i].person;
        starts[i] = run->rows.items[i].start;
        ends[i] = run->rows.items[i].end;
    }
    run->result->rows = (struct cohort_rows){count, persons, starts, ends};
}

static int mask_compare(const void *a, const void *b)
{
    const struct cohort_mask_count *x = a, *y = b;
    return (x->mask > y->mask) - (x->mask < y->mask);
}

static void statistics_finish(struct run *run, int mode)
{
    struct cohort_statistics *statistics = &run->result->statistics[mode];
    size_t count = run->masks[mode].count;
    struct cohort_mask_count *masks = arena_allocate_raw(run->arena, count + 1, sizeof *masks);
    uint64_t full = (UINT64_C(1) << run->program->rule_count) - 1;
    *statistics = (struct cohort_statistics){.mask_count = count, .masks = masks, .rules = run->rules[mode]};
    for (size_t i = 0; i < count; i++) {
        masks[i] = run->masks[mode].items[i];
        statistics->base_count += masks[i].count;
        statistics->final_count += masks[i].mask == full ? masks[i].count : 0;
    }
    if (count > 1) {
        qsort(masks, count, sizeof *masks, mask_compare);
    }
}

static void result_finish(struct run *run)
{
    struct cohort_attrition *attrition = &run->result->attrition;
    rows_finish(run);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        statistics_finish(run, mode);
    }
    attrition->rule_count = run->program->rule_count;
    attrition->after_rule = run->after_rule;
    attrition->censored_persons = run->collapsed.persons - attrition->cohort.persons;
    run->result->persons = attrition->cohort.persons;
}

static void run_finish(struct run *run)
{
    run_rows_finish(&run->rows);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        run_masks_finish(&run->masks[mode]);
    }
}

bool sql_run(const struct cohort_program *program, const struct sql_server *server, unsigned wants, struct arena *arena,
             struct cohort_result *out_result, struct error *err)
{
    const struct sql_options options = {.dialect = server->dialect,
                                        .schema = server->schema,
                                        .wants_rows = wants & SQL_WANTS_ROWS,
                                        .wants_attrition = wants & SQL_WANTS_ATTRITION};
    CLEANUP(arena) struct arena *scratch = arena_create();
    struct cohort_result result = {0};
    struct sql_script script;
    struct run run = {.program = program, .arena = arena, .result = &result, .rows.maximum = SIZE_MAX / sizeof(struct run_row)};
    int64_t begun = clock_monotonic_ns();
    TRY(sql_compile(program, &options, scratch, &script, err));
    run.after_rule = ARENA_ARRAY(arena, struct cohort_remaining, program->rule_count + 1);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        run.masks[mode].maximum = SIZE_MAX / sizeof(struct cohort_mask_count);
        run.rules[mode] = ARENA_ARRAY(arena, struct cohort_rule_count, program->rule_count + 1);
    }
    bool is_done = true;
    for (size_t i = 0; i < script.count && is_done; i++) {
        is_done = run_statement(&run, server, &script.statements[i], err);
    }
    if (is_done) {
        result_finish(&run);
        result.work.wall_ns = clock_monotonic_ns() - begun;
        *out_result = result;
    } else {
        clean_up(server, &script);
    }
    run_finish(&run);
    return is_done;
}
