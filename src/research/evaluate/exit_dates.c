/* SPDX-License-Identifier: EUPL-1.2 */
/* exit_dates: candidates before the start are discarded first, and only then the smallest one is taken: an offset date before the start
 * vanishes, it is not an early exit [7]. */
#include "research/evaluate/exit_dates.h"
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/criterion_rows.h"
#include "research/evaluate/drug_eras.h"

static void candidate_take(int32_t *exit_day, int32_t start, int32_t candidate)
{
    if (candidate != STORE_NO_DAY && candidate >= start && (*exit_day == STORE_NO_DAY || candidate < *exit_day)) {
        *exit_day = candidate;
    }
}

static void defaults_take(const struct cohort_exit *exit_rule, const struct event_table *events, int32_t *exits)
{
    for (size_t i = 0; i < events->count; i++) {
        exits[i] = STORE_NO_DAY;
        int32_t candidate = events->period_ends[i];
        if (exit_rule->kind == COHORT_EXIT_OFFSET) {
            int32_t offset_day = day_add(exit_rule->from_end ? events->ends[i] : events->starts[i], exit_rule->offset);
            candidate = offset_day < candidate ? offset_day : candidate; /* STORE_NO_DAY is the smallest: no candidate then */
        }
        candidate_take(&exits[i], events->starts[i], candidate);
    }
}

static bool eras_take(struct segment_run *run, const struct event_table *events, int32_t *exits, struct error *err)
{
    int32_t *candidates = arena_allocate_raw(run->scratch, events->count + 1, sizeof *candidates);
    TRY(drug_era_ends(run, events, candidates, err));
    for (size_t i = 0; i < events->count; i++) {
        candidate_take(&exits[i], events->starts[i], candidates[i]);
    }
    return true;
}

/* Earliest start c of the criterion with start <= c <= end of the period. */
static int32_t censor_day(const struct event_list *list, const struct person_run *run, int32_t start, int32_t last)
{
    if (list->is_ascending) {
        size_t at = starts_seek(list->starts, run->first, run->end, start);
        return at < run->end && list->starts[at] <= last ? list->starts[at] : STORE_NO_DAY;
    }
    int32_t found = STORE_NO_DAY;
    for (size_t i = run->first; i < run->end; i++) {
        int32_t day_number = list->starts[i];
        bool is_inside = day_number != STORE_NO_DAY && day_number >= start && day_number <= last;
        if (is_inside && (found == STORE_NO_DAY || day_number < found)) {
            found = day_number;
        }
    }
    return found;
}

static bool censoring_take(struct segment_run *run, const struct event_table *events, int32_t *exits, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    for (size_t k = 0; k < program->censoring_count; k++) {
        const struct event_list *list;
        struct person_run rows = {0, 0};
        TRY(criterion_list_find(run, &program->censoring[k], &list, err));
        for (size_t i = 0; i < events->count; i++) {
            person_run_move(&rows, list, events->persons[i]);
            candidate_take(&exits[i], events->starts[i], censor_day(list, &rows, events->starts[i], events->period_ends[i]));
        }
    }
    return true;
}

bool exit_dates_find(struct segment_run *run, const struct event_table *events, const int32_t **out_exits, struct error *err)
{
    const struct cohort_exit *exit_rule = &run->plan->program->exit;
    int32_t *exits = arena_allocate_raw(run->program_data, events->count + 1, sizeof *exits);
    struct arena_mark mark = arena_mark_take(run->scratch);
    if (events->count > 0) {
        defaults_take(exit_rule, events, exits);
        if (exit_rule->kind == COHORT_EXIT_DRUG_ERA) {
            TRY(eras_take(run, events, exits, err));
        }
        TRY(censoring_take(run, events, exits, err));
    }
    arena_mark_release(run->scratch, mark);
    *out_exits = exits;
    return true;
}
