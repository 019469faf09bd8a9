/* SPDX-License-Identifier: EUPL-1.2 */
/* passage: a list that several programs share has the events of the persons of all who can still ask for it. Who has been served is no
 * longer counted, and persons only become fewer, so a list that is there is never too small (nested criteria stand in every plan that has
 * the outer one, so theirs are no smaller). */
#include "research/evaluate/passage.h"
#include <stdlib.h>
#include <string.h>

/* ---- before the segments ---- */
static bool users_find(struct passage *passage, struct error *err)
{
    passage->user_words = passage->program_count / 64 + 1;
    passage->users = calloc(passage->criteria.count * passage->user_words + 1, sizeof *passage->users);
    if (!passage->users) {
        return FAIL(err, LIMIT, "no memory left for the criteria of %zu cohorts", passage->program_count);
    }
    for (size_t p = 0; p < passage->program_count; p++) {
        const struct planned_criteria *criteria = &passage->plans[p].criteria;
        for (size_t i = 0; i < criteria->count; i++) {
            passage->users[criteria->items[i].number * passage->user_words + p / 64] |= UINT64_C(1) << (p % 64);
        }
    }
    return true;
}

static bool criteria_share(struct passage *passage, struct error *err)
{
    passage->criteria.maximum = 1 << 24;
    for (size_t i = 0; i < passage->program_count; i++) {
        CLEANUP(cohort_keys) struct cohort_keys *keys = cohort_keys_create(passage->plans[i].program);
        TRY(shared_criteria_number(&passage->criteria, &passage->plans[i], keys, i + 1, err));
    }
    for (size_t i = 0; i < passage->program_count; i++) {
        shared_criteria_settle(&passage->criteria, &passage->plans[i]);
    }
    return users_find(passage, err);
}

static const uint64_t *universe_of_users(void *context, const struct segment_run *run, size_t number);

bool passage_prepare(struct passage *passage, struct program_plan *plans, size_t program_count, unsigned worker_count, struct error *err)
{
    passage->plans = plans;
    passage->program_count = program_count;
    passage->workers = calloc(worker_count + 1, sizeof *passage->workers);
    passage->worker_count = passage->workers ? worker_count : 0;
    if (!passage->workers) {
        return FAIL(err, LIMIT, "no memory left for an evaluation");
    }
    TRY(program_count < 2 || criteria_share(passage, err));
    for (unsigned i = 0; i < worker_count; i++) {
        struct passage_worker *worker = &passage->workers[i];
        worker->passage = passage;
        worker->lists = (struct shared_lists){.universe = universe_of_users, .context = worker};
        worker->states = calloc(program_count + 1, sizeof *worker->states);
        if (!worker->states) {
            return FAIL(err, LIMIT, "no memory left for an evaluation");
        }
        for (size_t p = 0; p < program_count; p++) {
            worker->states[p].data = arena_create();
        }
        TRY(shared_lists_reserve(&worker->lists, passage->criteria.count, err));
    }
    return true;
}

void passage_finish(struct passage *passage)
{
    for (unsigned i = 0; i < passage->worker_count; i++) {
        struct passage_worker *worker = &passage->workers[i];
        for (size_t p = 0; worker->states && p < passage->program_count; p++) {
            arena_destroy(worker->states[p].data);
        }
        shared_lists_finish(&worker->lists);
        free(worker->states);
    }
    free(passage->workers);
    free(passage->users);
    shared_criteria_finish(&passage->criteria);
}

/* ---- on a segment ---- */
static const uint64_t *universe_of_users(void *context, const struct segment_run *run, size_t number)
{
    const struct passage_worker *worker = context;
    const struct passage *passage = worker->passage;
    const size_t words = run->persons / 64 + 1;
    uint64_t *all = NULL;
    if (!run->universe) {
        return NULL;
    }
    for (size_t p = worker->current + 1; p < passage->program_count; p++) {
        const struct program_state *state = &worker->states[p];
        if (!(passage->users[number * passage->user_words + p / 64] >> (p % 64) & 1)) {
            continue;
        }
        if (!state->universe) {
            return NULL;
        }
        if (!all) {
            all = arena_allocate_raw(run->scratch, words, sizeof *all);
            memcpy(all, run->universe, words * sizeof *all);
        }
        for (size_t i = 0; i < words; i++) {
            all[i] |= state->universe[i];
        }
    }
    return all ? all : run->universe;
}

/* Lists whose last user was served are let go of. */
static void lists_drop_served(struct passage_worker *worker, struct segment_run *run)
{
    const struct passage *passage = worker->passage;
    const struct planned_criteria *criteria = &passage->plans[worker->current].criteria;
    for (size_t i = 0; i < criteria->count; i++) {
        size_t number = criteria->items[i].number;
        if (passage->criteria.items[number].last_use == worker->current + 1) {
            run->shared_bytes -= shared_list_bytes(&worker->lists.items[number]);
            shared_list_drop(&worker->lists.items[number]);
        }
    }
}

static bool programs_run(struct passage *passage, struct passage_worker *worker, struct segment_run *run, struct segment_result *results,
                         struct error *err)
{
    for (size_t i = 0; i < passage->program_count; i++) {
        worker->current = i;
        TRY(program_run_begin(run, &passage->plans[i], &worker->states[i], &results[i], err) ||
            error_context(err, "cohort %s", passage->plans[i].program->name));
        run->shared_bytes += run->shared ? arena_bytes_reserved(worker->states[i].data) : 0;
    }
    for (size_t i = 0; i < passage->program_count; i++) {
        worker->current = i;
        run->shared_bytes -= run->shared ? arena_bytes_reserved(worker->states[i].data) : 0;
        TRY(program_run_end(run, &passage->plans[i], &worker->states[i], &results[i], err) ||
            error_context(err, "cohort %s", passage->plans[i].program->name));
        if (run->shared) {
            lists_drop_served(worker, run);
        }
    }
    return true;
}

bool passage_run(struct passage *passage, unsigned worker_number, struct segment_run *run, struct segment_result *results,
                 struct error *err)
{
    struct passage_worker *worker = &passage->workers[worker_number];
    run->shared = passage->program_count > 1 ? &worker->lists : NULL;
    run->shared_bytes = 0;
    for (size_t p = 0; p < passage->program_count; p++) {
        worker->states[p].universe = NULL;
    }
    bool is_done = programs_run(passage, worker, run, results, err);
    for (size_t i = 0; i < worker->lists.count; i++) {
        shared_list_drop(&worker->lists.items[i]);
    }
    return is_done;
}
