/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate: plans the programs, reads what all segments share, runs one task a segment and merges in the order of segments. */
#include "research/evaluate/evaluate.h"
#include "research/evaluate/passage.h"
#include "research/evaluate/program_run.h"
#include "research/evaluate/result_merge.h"
#include <stdlib.h>

struct evaluation {
    struct store_reader *reader;
    struct evaluate_options options;
    size_t program_count;
    struct program_plan *plans;
    struct result_merge **merges;
    struct arena *shared;
    struct shared_lookups lookups;
    unsigned worker_count;
    struct segment_run *workers;
    struct passage passage;
    size_t segment_count;
    struct segment_result **results; /* by segment: one for each program, from run to merge */
};

/* ---- life ---- */
static void evaluation_close(struct evaluation *evaluation)
{
    for (size_t i = 0; evaluation->plans && i < evaluation->program_count; i++) {
        program_plan_finish(&evaluation->plans[i]);
    }
    for (size_t i = 0; evaluation->merges && i < evaluation->program_count; i++) {
        result_merge_destroy(evaluation->merges[i]);
    }
    for (unsigned i = 0; evaluation->workers && i < evaluation->worker_count; i++) {
        segment_run_finish(&evaluation->workers[i]);
    }
    for (size_t i = 0; evaluation->results && i < evaluation->segment_count; i++) {
        for (size_t k = 0; evaluation->results[i] && k < evaluation->program_count; k++) {
            segment_result_finish(&evaluation->results[i][k]);
        }
        free(evaluation->results[i]);
    }
    passage_finish(&evaluation->passage);
    arena_destroy(evaluation->shared);
    free(evaluation->plans);
    free(evaluation->merges);
    free(evaluation->workers);
    free(evaluation->results);
    free(evaluation);
}
DEFINE_CLEANUP(evaluation, evaluation_close)

static bool evaluation_open(struct evaluation **out_evaluation, size_t program_count, struct store_reader *reader,
                            const struct evaluate_options *options, struct error *err)
{
    CLEANUP(evaluation) struct evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (!evaluation) {
        return FAIL(err, LIMIT, "no memory left for an evaluation");
    }
    evaluation->reader = reader;
    evaluation->options = options ? *options : (struct evaluate_options){.pool = NULL};
    evaluation->program_count = program_count;
    evaluation->segment_count = store_reader_segment_count(reader, OMOP_PERSON);
    evaluation->worker_count = evaluation->options.pool ? task_pool_threads(evaluation->options.pool) : 1;
    evaluation->shared = arena_create();
    evaluation->plans = calloc(program_count + 1, sizeof *evaluation->plans);
    evaluation->merges = calloc(program_count + 1, sizeof *evaluation->merges);
    evaluation->workers = calloc(evaluation->worker_count, sizeof *evaluation->workers);
    evaluation->results = calloc(evaluation->segment_count + 1, sizeof *evaluation->results);
    if (!evaluation->plans || !evaluation->merges || !evaluation->workers || !evaluation->results) {
        return FAIL(err, LIMIT, "no memory left for an evaluation");
    }
    for (unsigned i = 0; i < evaluation->worker_count; i++) {
        segment_run_init(&evaluation->workers[i], reader, &evaluation->options, &evaluation->lookups);
    }
    *out_evaluation = evaluation;
    evaluation = NULL;
    return true;
}

/* ---- before the segments ---- */
static bool plans_make(struct evaluation *evaluation, const struct cohort_program *const *programs, struct error *err)
{
    for (size_t i = 0; i < evaluation->program_count; i++) {
        TRY(program_plan_make(&evaluation->plans[i], programs[i], 0, err));
        evaluation->merges[i] = result_merge_create(programs[i]);
    }
    return passage_prepare(&evaluation->passage, evaluation->plans, evaluation->program_count, evaluation->worker_count, err);
}

/* ---- what each step did ---- */
static bool accounts_open(struct evaluation *evaluation, struct error *err)
{
    const struct cohort_plan *plan = evaluation->options.plan;
    if (!plan) {
        return true;
    }
    if (evaluation->program_count != 1 || evaluation->plans[0].program != plan->program) {
        return FAIL(err, INVALID_ARGUMENT, "a plan is filled in by its own program alone");
    }
    for (unsigned i = 0; i < evaluation->worker_count; i++) {
        evaluation->workers[i].account.steps = calloc(plan->count + 1, sizeof *evaluation->workers[i].account.steps);
        if (!evaluation->workers[i].account.steps) {
            return FAIL(err, LIMIT, "no memory left for the steps of a plan");
        }
    }
    return true;
}

static void accounts_close(struct evaluation *evaluation, int64_t wall_ns)
{
    struct cohort_plan *plan = evaluation->options.plan;
    for (size_t step = 0; plan && step < plan->count; step++) {
        struct plan_step_work *sum = &plan->steps[step].actual;
        *sum = (struct plan_step_work){.segments = 0};
        for (unsigned i = 0; i < evaluation->worker_count; i++) {
            const struct plan_step_work *work = &evaluation->workers[i].account.steps[step];
            sum->segments += work->segments;
            sum->rows_found += work->rows_found;
            sum->rows_kept += work->rows_kept;
            sum->ns += work->ns;
            sum->pages += work->pages;
            sum->decrypted_pages += work->decrypted_pages;
            sum->decrypted_bytes += work->decrypted_bytes;
        }
    }
    if (plan) {
        plan->is_run = true;
        plan->wall_ns = wall_ns;
    }
}

static bool lookups_read(struct evaluation *evaluation, struct error *err)
{
    uint64_t tables = 0;
    for (size_t i = 0; i < evaluation->program_count; i++) {
        tables |= evaluation->plans[i].tables;
    }
    return shared_lookups_read(&evaluation->lookups, evaluation->reader, tables, evaluation->shared, err);
}

/* ---- one task a segment ---- */
static bool segment_evaluate(void *context, size_t index, unsigned worker, struct error *err)
{
    struct evaluation *evaluation = context;
    struct segment_run *run = &evaluation->workers[worker];
    struct segment_result *results = calloc(evaluation->program_count + 1, sizeof *results);
    evaluation->results[index] = results;
    if (!results) {
        return FAIL(err, LIMIT, "no memory left for the results of a segment");
    }
    TRY(segment_run_begin(run, store_reader_segment(evaluation->reader, OMOP_PERSON, index), err));
    return passage_run(&evaluation->passage, worker, run, results, err);
}

static bool segment_merge(void *context, size_t index, struct error *err)
{
    struct evaluation *evaluation = context;
    const int64_t *person_ids = NULL; /* counts have no rows that would need them */
    TRY(!evaluation->options.wants_rows ||
        store_segment_person_ids(store_reader_segment(evaluation->reader, OMOP_PERSON, index), &person_ids, err));
    for (size_t i = 0; i < evaluation->program_count; i++) {
        TRY(result_merge_add(evaluation->merges[i], &evaluation->results[index][i], person_ids, err));
        segment_result_finish(&evaluation->results[index][i]);
    }
    return true;
}

static bool segments_run(struct evaluation *evaluation, struct error *err)
{
    if (evaluation->options.pool) {
        struct task_set set = {evaluation->segment_count, segment_evaluate, segment_merge, evaluation};
        return task_pool_run(evaluation->options.pool, &set, err);
    }
    for (size_t i = 0; i < evaluation->segment_count; i++) {
        TRY(segment_evaluate(evaluation, i, 0, err));
        TRY(segment_merge(evaluation, i, err));
    }
    return true;
}

/* ---- the public face ---- */
/* Who may see rows may count them. */
static bool grant_demand_for(const struct store_reader *reader, bool wants_rows, struct error *err)
{
    if (wants_rows) {
        return store_reader_demand(reader, GRANT_ROWS, err);
    }
    return store_reader_demand(reader, GRANT_ROWS, NULL) || store_reader_demand(reader, GRANT_COUNT, err);
}

/* A death is known by its person_id, and primary events of one day are ordered by their ids [4.1]: where deaths stand beside other events,
 * only who sees person ids can order them, and a count that might differ from the rows is worse than none. */
static bool demand_order(const struct cohort_program *program, const struct store_reader *reader, struct error *err)
{
    bool has_deaths = false, has_others = false;
    for (size_t i = 0; i < program->primary_count; i++) {
        has_deaths |= program->primary[i].table == OMOP_TABLE_DEATH;
        has_others |= program->primary[i].table != OMOP_TABLE_DEATH;
    }
    if (has_deaths && has_others && !store_reader_demand(reader, GRANT_ROWS, NULL)) {
        FAIL(err, DENIED, "deaths beside other primary events are ordered by person ids, which this grant does not give");
        return error_hint(err, "ask for the rows of this cohort: emc2 cohort run");
    }
    return true;
}

bool evaluate_demand(const struct cohort_program *program, const struct store_reader *reader, bool wants_rows, struct error *err)
{
    return grant_demand_for(reader, wants_rows, err) && demand_order(program, reader, err);
}

bool evaluate_cohorts(const struct cohort_program *const *programs, size_t count, struct store_reader *reader,
                      const struct evaluate_options *options, struct cohort_result **out_results, struct error *err)
{
    int64_t begun = clock_monotonic_ns();
    CLEANUP(evaluation) struct evaluation *evaluation = NULL;
    for (size_t i = 0; i < count; i++) {
        TRY(evaluate_demand(programs[i], reader, options && options->wants_rows, err));
    }
    TRY(evaluation_open(&evaluation, count, reader, options, err));
    TRY(plans_make(evaluation, programs, err));
    TRY(accounts_open(evaluation, err));
    TRY(lookups_read(evaluation, err));
    TRY(segments_run(evaluation, err));
    int64_t wall_ns = clock_monotonic_ns() - begun;
    accounts_close(evaluation, wall_ns);
    for (size_t i = 0; i < count; i++) {
        TRY(result_merge_finish(evaluation->merges[i], &out_results[i], err));
        out_results[i]->work.wall_ns = wall_ns;
    }
    for (size_t i = 0; i < count; i++) {
        evaluation->merges[i] = NULL; /* the caller's now */
    }
    return true;
}

bool evaluate_cohort(const struct cohort_program *program, struct store_reader *reader, const struct evaluate_options *options,
                     struct cohort_result **out_result, struct error *err)
{
    return evaluate_cohorts(&program, 1, reader, options, out_result, err);
}

const char *evaluate_step_name(enum evaluate_step step)
{
    static const char *const names[EVALUATE_STEP_COUNT] = {"criteria", "primary", "additional", "rules", "exit", "collapse"};
    return names[step];
}
