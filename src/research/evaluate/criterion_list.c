/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_list: the six steps of a criterion in their order [3]: rows by concept, First, dates, attributes, user-defined period, nested
 * group. First comes before the attributes, which may leave nothing of it. */
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/criterion_rows.h"
#include "research/evaluate/nested_group.h"
#include "research/evaluate/row_filter.h"
#include "research/evaluate/shared_lists.h"

/* Does nothing happen to the rows but being found? */
static bool is_plain(const struct cohort_criterion *criterion)
{
    return !criterion->first_only && criterion->test_count == 0 && !criterion->has_adjustment && !criterion->has_user_start &&
           !criterion->has_user_end && !criterion->nested;
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

/* ---- without order ---- */
/* The one concept field that decides alone, or OMOP_NO_FIELD. */
static int deciding_field(const struct cohort_criterion *criterion, int *out_set)
{
    bool by_concept = criterion->concept_set != COHORT_NO_SET, by_source = criterion->source_concept_set != COHORT_NO_SET;
    const struct omop_table_info *info = omop_table(criterion->table);
    *out_set = by_concept ? criterion->concept_set : criterion->source_concept_set;
    return by_concept == by_source ? OMOP_NO_FIELD : by_concept ? info->concept_field : info->source_concept_field;
}

static bool loose_rows_find(struct segment_run *run, const struct cohort_criterion *criterion, struct arena *arena,
                            struct event_list *out_list, struct error *err)
{
    int set, field = deciding_field(criterion, &set);
    return concept_rows_find_loose(run, criterion->table, field, run->plan->program->concept_sets[set].members, arena, out_list, err);
}

/* First with nothing after it: the smallest start of each person, for which the events need no order. A NULL comes last [3]. */
static bool is_first_alone(const struct planned_criterion *planned)
{
    const struct cohort_criterion *criterion = planned->criterion;
    int set;
    return criterion->first_only && planned->needs == 0 && criterion->test_count == 0 && !criterion->nested &&
           deciding_field(criterion, &set) != OMOP_NO_FIELD;
}

enum { NULL_START = INT32_MAX };

/* The smallest start of each person that has an event, and a bit for them: what nobody has is never touched. */
struct first_starts {
    uint64_t *present;
    int32_t *starts;
};

static struct first_starts first_starts_take(const struct event_list *list, uint32_t persons, struct arena *scratch)
{
    struct first_starts first = {ARENA_ARRAY(scratch, uint64_t, persons / 64 + 1),
                                 arena_allocate_raw(scratch, persons + 1, sizeof(int32_t))};
    for (size_t i = 0; i < list->count; i++) {
        uint32_t person = list->persons[i];
        int32_t start = list->starts[i] == STORE_NO_DAY ? NULL_START : list->starts[i];
        uint64_t word = first.present[person / 64], bit = UINT64_C(1) << (person % 64);
        int32_t before = word & bit ? first.starts[person] : NULL_START;
        first.starts[person] = start < before ? start : before;
        first.present[person / 64] = word | bit;
    }
    return first;
}

static void first_starts_list(const struct first_starts *first, uint32_t words, size_t bound, struct arena *arena, struct event_list *list)
{
    uint32_t *persons = arena_allocate_raw(arena, bound + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(arena, bound + 1, sizeof *starts);
    size_t count = 0;
    for (uint32_t i = 0; i < words; i++) {
        for (uint64_t word = first->present[i]; word; word &= word - 1) {
            uint32_t person = i * 64 + (uint32_t)__builtin_ctzll(word);
            persons[count] = person;
            starts[count++] = first->starts[person] == NULL_START ? STORE_NO_DAY : first->starts[person];
        }
    }
    list->count = count;
    list->persons = persons;
    list->starts = starts;
}

static bool first_alone_find(struct segment_run *run, const struct cohort_criterion *criterion, struct event_list *out_list,
                             struct error *err)
{
    struct event_list list;
    struct arena_mark mark = arena_mark_take(run->scratch);
    TRY(loose_rows_find(run, criterion, run->scratch, &list, err));
    struct first_starts first = first_starts_take(&list, run->persons, run->scratch);
    *out_list = (struct event_list){.table = criterion->table};
    size_t bound = list.count < run->persons ? list.count : run->persons;
    first_starts_list(&first, run->persons / 64 + 1, bound, run->program_data, out_list);
    arena_mark_release(run->scratch, mark);
    return true;
}

static bool loose_list_make(struct segment_run *run, const struct planned_criterion *planned, const struct event_list **out_list,
                            struct error *err)
{
    struct shared_making making;
    int64_t begun = clock_monotonic_ns();
    shared_list_begin(run, planned, true, &making);
    struct event_list *list = ARENA_NEW(run->program_data, struct event_list);
    const size_t before = step_enter(run, program_plan_find(run->plan, planned->criterion));
    bool is_made = loose_rows_find(run, planned->criterion, run->program_data, list, err);
    step_leave(run, before, is_made ? list->count : 0);
    shared_list_end(run, planned, true, &making, is_made ? list : NULL);
    TRY(is_made);
    if (run->depth == 0) {
        run->work.step_ns[EVALUATE_CRITERIA] += clock_monotonic_ns() - begun;
    }
    run->work.rows_kept += list->count;
    *out_list = list;
    return true;
}

bool criterion_list_find_loose(struct segment_run *run, const struct cohort_criterion *criterion, const struct event_list **out_list,
                               struct error *err)
{
    int set;
    size_t position = program_plan_find(run->plan, criterion);
    const struct planned_criterion *planned = &run->plan->criteria.items[position];
    *out_list = run->loose_lists[position];
    if (*out_list || run->lists[position] || !is_plain(criterion) || deciding_field(criterion, &set) == OMOP_NO_FIELD) {
        return true;
    }
    *out_list = run->loose_lists[position] = shared_list_find(run, planned, true);
    run->lists[position] = *out_list ? NULL : shared_list_find(run, planned, false);
    if (*out_list || run->lists[position]) {
        return true;
    }
    TRY(segment_run_check(run, err));
    TRY(loose_list_make(run, planned, &run->loose_lists[position], err));
    *out_list = run->loose_lists[position];
    return true;
}

/* ---- in order ---- */
static bool list_make(struct segment_run *run, const struct planned_criterion *planned, struct event_list *out_list, struct error *err)
{
    const struct cohort_criterion *criterion = planned->criterion;
    struct event_list list;
    if (is_first_alone(planned)) {
        TRY(first_alone_find(run, criterion, &list, err));
    } else if (is_plain(criterion)) {
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
    const struct planned_criterion *planned = &run->plan->criteria.items[position];
    if (!run->lists[position]) {
        run->lists[position] = shared_list_find(run, planned, false);
    }
    if (!run->lists[position]) {
        struct shared_making making;
        TRY(segment_run_check(run, err));
        shared_list_begin(run, planned, false, &making);
        struct event_list *list = ARENA_NEW(run->program_data, struct event_list);
        int64_t begun = clock_monotonic_ns();
        run->depth++;
        const size_t before = step_enter(run, position);
        bool is_made = list_make(run, planned, list, err);
        step_leave(run, before, is_made ? list->count : 0);
        run->depth--;
        shared_list_end(run, planned, false, &making, is_made ? list : NULL);
        TRY(is_made);
        if (run->depth == 0) {
            run->work.step_ns[EVALUATE_CRITERIA] += clock_monotonic_ns() - begun;
        }
        run->lists[position] = list;
    }
    *out_list = run->lists[position];
    return true;
}
