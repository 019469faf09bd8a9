/* SPDX-License-Identifier: EUPL-1.2 */
/* primary_events: where one criterion yields its rows in the order of event ids already, columns are taken over as they are; otherwise
 * the lists are merged by person and each person's few events are sorted. */
#include "research/evaluate/primary_events.h"
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/row_values.h"
#include <stdlib.h>
#include <string.h>

static bool list_join(struct segment_run *run, const struct cohort_criterion *criterion, bool first_per_person, struct event_list *out_list,
                      struct period_join *out_join, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    const struct event_list *list;
    TRY(criterion_list_find(run, criterion, &list, err));
    struct period_condition condition = {program->prior_days, program->post_days, first_per_person};
    TRY(period_join_make(run, list, &condition, run->scratch, out_join, err));
    *out_list = *list;
    return true;
}

/* ---- one criterion whose rows are in order ---- */
static bool is_in_order(const struct cohort_program *program)
{
    const struct cohort_criterion *criterion = &program->primary[0];
    bool starts_from_end = criterion->has_adjustment && criterion->adjustment.starts_from_end;
    return program->primary_count == 1 && !starts_from_end && program->primary_limit != COHORT_LIMIT_LAST;
}

static const int32_t *days_take(const int32_t *days, const struct period_join *join, struct arena *arena)
{
    int32_t *out = arena_allocate_raw(arena, join->count + 1, sizeof *out);
    for (size_t i = 0; i < join->count; i++) {
        out[i] = days[join->items[i]];
    }
    return out;
}

/* The list of the joined rows alone: what further columns are gathered for. */
static void joined_list(const struct event_list *list, const struct period_join *join, struct arena *arena, struct event_list *out_list)
{
    uint32_t *persons = arena_allocate_raw(arena, join->count + 1, sizeof *persons);
    uint32_t *rows = list->rows ? arena_allocate_raw(arena, join->count + 1, sizeof *rows) : NULL;
    for (size_t i = 0; i < join->count; i++) {
        persons[i] = list->persons[join->items[i]];
        if (rows) {
            rows[i] = list->rows[join->items[i]];
        }
    }
    *out_list = (struct event_list){.table = list->table, .count = join->count, .persons = persons, .rows = rows};
    out_list->starts = days_take(list->starts, join, arena);
    out_list->ends = list->ends ? days_take(list->ends, join, arena) : NULL;
    out_list->sort_days = list->sort_days ? days_take(list->sort_days, join, arena) : NULL;
}

static const int32_t *days_copy(const int32_t *days, size_t count, struct arena *arena)
{
    int32_t *out = arena_allocate_raw(arena, count + 1, sizeof *out);
    memcpy(out, days, count * sizeof *out);
    return out;
}

static bool check_one_per_person(const struct event_table *events)
{
    return event_table_persons(events) == events->count;
}

static bool events_in_order(struct segment_run *run, struct event_table *out_events, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    struct event_list list, joined;
    struct period_join join;
    TRY(list_join(run, &program->primary[0], program->primary_limit == COHORT_LIMIT_FIRST, &list, &join, err));
    joined_list(&list, &join, run->program_data, &joined);
    struct event_table events = {.count = join.count, .persons = joined.persons, .starts = joined.starts, .key_count = join.count};
    events.ends = run->plan->event_needs & NEED_ENDS ? joined.ends : NULL;
    events.period_starts = days_copy(join.period_starts, join.count, run->program_data);
    events.period_ends = days_copy(join.period_ends, join.count, run->program_data);
    if (run->plan->event_needs & NEED_ROWS) {
        TRY(row_visits_read(run, &joined, run->program_data, &events.visits, err));
    }
    events.one_per_person = check_one_per_person(&events);
    *out_events = events;
    return true;
}

/* ---- several criteria, or another order ---- */
struct candidate {
    int64_t id, visit;
    uint32_t person;
    int32_t sort_day, start, end, period_start, period_end;
};
struct candidate_list {
    struct candidate *items;
    size_t count, position;
    struct event_list joined;
};

/* Record ids and visits are read later, where they decide (ties_read). */
static bool candidates_make(struct segment_run *run, const struct cohort_criterion *criterion, struct candidate_list *out_list,
                            struct error *err)
{
    struct event_list list, joined;
    struct period_join join;
    const int64_t *visits = NULL;
    const bool needs_visits = run->plan->event_needs & NEED_ROWS;
    TRY(list_join(run, criterion, false, &list, &join, err));
    joined_list(&list, &join, run->scratch, &joined);
    TRY(!needs_visits || row_visits_read(run, &joined, run->scratch, &visits, err));
    struct candidate *items = arena_allocate_raw(run->scratch, join.count + 1, sizeof *items);
    for (size_t i = 0; i < join.count; i++) {
        items[i] = (struct candidate){.visit = visits ? visits[i] : NO_VISIT,
                                      .person = joined.persons[i],
                                      .sort_day = joined.sort_days ? joined.sort_days[i] : joined.starts[i],
                                      .start = joined.starts[i],
                                      .end = joined.ends[i],
                                      .period_start = join.period_starts[i],
                                      .period_end = join.period_ends[i]};
    }
    *out_list = (struct candidate_list){items, join.count, 0, joined};
    return true;
}

static int compare_i64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* The record id, then the open ties, ascending, NULL last [4.1]; periods by their dates. */
static int compare_ties(const struct candidate *a, const struct candidate *b)
{
    int order = compare_i64(a->id, b->id);
    order = order ? order : compare_i64(a->start, b->start);
    order = order ? order : compare_i64(a->end == STORE_NO_DAY ? INT64_MAX : a->end, b->end == STORE_NO_DAY ? INT64_MAX : b->end);
    order = order ? order : compare_i64(a->visit == NO_VISIT ? INT64_MAX : a->visit, b->visit == NO_VISIT ? INT64_MAX : b->visit);
    order = order ? order : compare_i64(a->period_start, b->period_start);
    return order ? order : compare_i64(a->period_end, b->period_end);
}

static int compare_ascending(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = compare_i64(a->sort_day, b->sort_day);
    return order ? order : compare_ties(a, b);
}

static int compare_descending(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    int order = compare_i64(b->sort_day, a->sort_day);
    return order ? order : compare_ties(a, b);
}

struct event_columns {
    struct event_table table;
    uint32_t *persons;
    int32_t *starts, *ends, *period_starts, *period_ends;
    int64_t *visits;
};

static struct event_columns columns_make(const struct segment_run *run, size_t bound)
{
    struct arena *arena = run->program_data;
    struct event_columns columns = {.persons = arena_allocate_raw(arena, bound + 1, sizeof(uint32_t)),
                                    .starts = arena_allocate_raw(arena, bound + 1, sizeof(int32_t)),
                                    .ends = arena_allocate_raw(arena, bound + 1, sizeof(int32_t)),
                                    .period_starts = arena_allocate_raw(arena, bound + 1, sizeof(int32_t)),
                                    .period_ends = arena_allocate_raw(arena, bound + 1, sizeof(int32_t)),
                                    .visits = arena_allocate_raw(arena, bound + 1, sizeof(int64_t))};
    columns.table = (struct event_table){.persons = columns.persons,
                                         .starts = columns.starts,
                                         .ends = columns.ends,
                                         .period_starts = columns.period_starts,
                                         .period_ends = columns.period_ends,
                                         .visits = columns.visits};
    return columns;
}

static void columns_append(struct event_columns *columns, const struct candidate *candidate)
{
    size_t at = columns->table.count++;
    columns->persons[at] = candidate->person;
    columns->starts[at] = candidate->start;
    columns->ends[at] = candidate->end;
    columns->period_starts[at] = candidate->period_start;
    columns->period_ends[at] = candidate->period_end;
    columns->visits[at] = candidate->visit;
}

/* Takes the candidates of the next person out of all lists. */
static size_t next_person(struct candidate_list *lists, size_t count, struct candidate *out_candidates)
{
    uint32_t person = UINT32_MAX;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        if (lists[i].position < lists[i].count && lists[i].items[lists[i].position].person < person) {
            person = lists[i].items[lists[i].position].person;
        }
    }
    for (size_t i = 0; i < count; i++) {
        while (lists[i].position < lists[i].count && lists[i].items[lists[i].position].person == person) {
            out_candidates[taken++] = lists[i].items[lists[i].position++];
        }
    }
    return taken;
}

/* ---- ties ---- */
/* Nearly all events of a person have days of their own. Ids and visits decide between those of one day, and are read for them alone: a
 * column of ids has no two values alike, and reading it for every event of a common criterion costs more than everything else. */
struct tied {
    int32_t sort_day;
    uint32_t list, item;
};
struct tie_marks {
    uint8_t **of_list; /* by list and item: is there another on its day */
    struct tied *of_person;
    enum cohort_limit limit;
};

static int by_sort_day(const void *left, const void *right)
{
    return compare_i64(((const struct tied *)left)->sort_day, ((const struct tied *)right)->sort_day);
}

static void person_ties_mark(struct tie_marks *marks, size_t taken)
{
    struct tied *events = marks->of_person;
    if (taken > 1) {
        qsort(events, taken, sizeof *events, by_sort_day);
    }
    for (size_t first = 0, end; first < taken; first = end) {
        for (end = first + 1; end < taken && events[end].sort_day == events[first].sort_day; end++) {
        }
        const bool counts = marks->limit == COHORT_LIMIT_ALL || (marks->limit == COHORT_LIMIT_FIRST ? first == 0 : end == taken);
        for (size_t i = first; i < end && counts && end - first > 1; i++) {
            marks->of_list[events[i].list][events[i].item] = 1;
        }
    }
}

static void ties_mark(struct candidate_list *lists, size_t count, struct tie_marks *marks)
{
    for (;;) {
        uint32_t person = UINT32_MAX;
        size_t taken = 0;
        for (size_t i = 0; i < count; i++) {
            const struct candidate_list *list = &lists[i];
            person =
                list->position < list->count && list->items[list->position].person < person ? list->items[list->position].person : person;
        }
        for (size_t i = 0; i < count; i++) {
            struct candidate_list *list = &lists[i];
            for (; list->position < list->count && list->items[list->position].person == person; list->position++) {
                marks->of_person[taken++] = (struct tied){list->items[list->position].sort_day, (uint32_t)i, (uint32_t)list->position};
            }
        }
        if (taken == 0) {
            break;
        }
        person_ties_mark(marks, taken);
    }
    for (size_t i = 0; i < count; i++) {
        lists[i].position = 0;
    }
}

static bool list_ties_read(struct segment_run *run, struct candidate_list *list, const uint8_t *marks, struct error *err)
{
    struct event_list tied;
    const int64_t *ids, *visits;
    event_list_keep(&list->joined, marks, run->scratch, &tied);
    if (tied.count == 0) {
        return true;
    }
    TRY(row_ids_read(run, &tied, run->scratch, &ids, err));
    TRY(row_visits_read(run, &tied, run->scratch, &visits, err));
    for (size_t i = 0, at = 0; i < list->count; i++) {
        if (marks[i]) {
            list->items[i].id = ids[at];
            list->items[i].visit = visits[at++];
        }
    }
    return true;
}

static bool ties_read(struct segment_run *run, struct candidate_list *lists, size_t count, struct error *err)
{
    struct tie_marks marks = {.limit = run->plan->program->primary_limit};
    size_t total = 0;
    marks.of_list = ARENA_ARRAY(run->scratch, uint8_t *, count + 1);
    for (size_t i = 0; i < count; i++) {
        marks.of_list[i] = ARENA_ARRAY(run->scratch, uint8_t, lists[i].count + 1);
        total += lists[i].count;
    }
    marks.of_person = arena_allocate_raw(run->scratch, total + 1, sizeof *marks.of_person);
    ties_mark(lists, count, &marks);
    for (size_t i = 0; i < count; i++) {
        TRY(list_ties_read(run, &lists[i], marks.of_list[i], err));
    }
    return true;
}

static void candidates_merge(struct segment_run *run, struct candidate_list *lists, size_t count, struct event_table *out_events)
{
    enum cohort_limit limit = run->plan->program->primary_limit;
    size_t total = 0, taken;
    for (size_t i = 0; i < count; i++) {
        total += lists[i].count;
    }
    struct event_columns columns = columns_make(run, total);
    struct candidate *of_person = arena_allocate_raw(run->scratch, total + 1, sizeof *of_person);
    while ((taken = next_person(lists, count, of_person)) > 0) {
        if (taken > 1) {
            qsort(of_person, taken, sizeof *of_person, limit == COHORT_LIMIT_LAST ? compare_descending : compare_ascending);
        }
        size_t kept = limit == COHORT_LIMIT_ALL ? taken : 1;
        for (size_t i = 0; i < kept; i++) {
            columns_append(&columns, &of_person[i]);
        }
    }
    columns.table.key_count = columns.table.count;
    columns.table.one_per_person = check_one_per_person(&columns.table);
    *out_events = columns.table;
}

static bool events_merged(struct segment_run *run, struct event_table *out_events, struct error *err)
{
    const struct cohort_program *program = run->plan->program;
    struct candidate_list *lists = ARENA_ARRAY(run->scratch, struct candidate_list, program->primary_count);
    for (size_t i = 0; i < program->primary_count; i++) {
        TRY(candidates_make(run, &program->primary[i], &lists[i], err));
    }
    TRY(ties_read(run, lists, program->primary_count, err));
    candidates_merge(run, lists, program->primary_count, out_events);
    return true;
}

bool primary_events_find(struct segment_run *run, struct event_table *out_events, struct error *err)
{
    struct arena_mark mark = arena_mark_take(run->scratch);
    if (is_in_order(run->plan->program)) {
        TRY(events_in_order(run, out_events, err));
    } else {
        TRY(events_merged(run, out_events, err));
    }
    arena_mark_release(run->scratch, mark);
    return true;
}
