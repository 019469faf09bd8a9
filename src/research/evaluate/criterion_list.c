/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_list: the six steps of a criterion in their order [3]: rows by concept, First, dates, attributes, user-defined period, nested
 * group. First comes before the attributes, which may leave nothing of it. */
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/criterion_rows.h"
#include "research/evaluate/nested_group.h"
#include "research/evaluate/row_filter.h"

/* Does more happen to the rows than being found? Then it pays to look at fewer of them. */
static bool is_plain(const struct cohort_criterion *criterion)
{
    return !criterion->first_only && criterion->test_count == 0 && !criterion->has_adjustment && !criterion->has_user_start &&
           !criterion->has_user_end && !criterion->nested;
}

static void universe_apply(const struct segment_run *run, struct arena *arena, struct event_list *list)
{
    if (!run->universe) {
        return;
    }
    uint8_t *keep = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        keep[i] = run->universe[list->persons[i]];
    }
    event_list_keep(list, keep, arena, list);
}

static bool tests_apply(struct segment_run *run, const struct cohort_criterion *criterion, struct arena *arena, struct event_list *list,
                        struct error *err)
{
    for (size_t i = 0; i < criterion->test_count && list->count > 0; i++) {
        uint8_t *keep = arena_allocate_raw(arena, list->count + 1, 1);
        TRY(row_filter_apply(run, list, &criterion->tests[i], arena, keep, err));
        event_list_keep(list, keep, arena, list);
    }
    return true;
}

/* circe: UserDefinedPeriod. Each date given must lie inside the row's own dates; the order of events stays that of the own start. */
static void user_period_apply(const struct cohort_criterion *criterion, struct arena *arena, struct event_list *list)
{
    uint8_t *keep = arena_allocate_raw(arena, list->count + 1, 1);
    int32_t *starts = arena_allocate_raw(arena, list->count + 1, sizeof *starts);
    int32_t *ends = arena_allocate_raw(arena, list->count + 1, sizeof *ends);
    int32_t user_start = criterion->user_start.number, user_end = criterion->user_end.number;
    for (size_t i = 0; i < list->count; i++) {
        int32_t start = list->starts[i], end = list->ends[i];
        bool has_dates = start != STORE_NO_DAY && end != STORE_NO_DAY;
        bool starts_inside = !criterion->has_user_start || (has_dates && start <= user_start && user_start <= end);
        bool ends_inside = !criterion->has_user_end || (has_dates && start <= user_end && user_end <= end);
        keep[i] = starts_inside && ends_inside;
        starts[i] = criterion->has_user_start ? user_start : start;
        ends[i] = criterion->has_user_end ? user_end : end;
    }
    list->sort_days = list->starts;
    list->starts = starts;
    list->ends = ends;
    event_list_keep(list, keep, arena, list);
}

static bool steps_apply(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                        struct event_list *list, struct error *err)
{
    universe_apply(run, arena, list);
    if (criterion->first_only) {
        event_list_first(list, arena, list);
    }
    TRY(criterion_dates_compute(run, criterion, needs, arena, list, err));
    TRY(tests_apply(run, criterion, arena, list, err));
    if (criterion->has_user_start || criterion->has_user_end) {
        user_period_apply(criterion, arena, list);
    }
    if (criterion->nested) {
        TRY(nested_group_apply(run, criterion->nested, arena, list, err));
    }
    return true;
}

static bool list_make(struct segment_run *run, const struct planned_criterion *planned, struct event_list *out_list, struct error *err)
{
    const struct cohort_criterion *criterion = planned->criterion;
    struct event_list list;
    if (is_plain(criterion)) {
        TRY(criterion_rows_find(run, criterion, planned->needs, run->program_data, &list, err));
        TRY(criterion_dates_compute(run, criterion, planned->needs, run->program_data, &list, err));
    } else {
        struct arena_mark mark = arena_mark_take(run->scratch);
        TRY(criterion_rows_find(run, criterion, planned->needs, run->scratch, &list, err));
        TRY(steps_apply(run, criterion, planned->needs, run->scratch, &list, err));
        event_list_copy(&list, run->program_data, &list);
        arena_mark_release(run->scratch, mark);
    }
    list.is_ascending = event_list_check_ascending(&list);
    run->work.rows_kept += list.count;
    *out_list = list;
    return true;
}

bool criterion_list_find(struct segment_run *run, const struct cohort_criterion *criterion, const struct event_list **out_list,
                         struct error *err)
{
    size_t position = program_plan_find(run->plan, criterion);
    if (!run->lists[position]) {
        TRY(segment_run_check(run, err));
        struct event_list *list = ARENA_NEW(run->program_data, struct event_list);
        int64_t begun = clock_monotonic_ns();
        run->depth++;
        TRY(list_make(run, &run->plan->criteria.items[position], list, err));
        run->depth--;
        if (run->depth == 0) {
            run->work.step_ns[EVALUATE_CRITERIA] += clock_monotonic_ns() - begun;
        }
        run->lists[position] = list;
    }
    *out_list = run->lists[position];
    return true;
}
