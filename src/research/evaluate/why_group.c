/* SPDX-License-Identifier: EUPL-1.2 */
/* why_group: each item is asked alone, as a group of one, and so gives its own verdict. */
#include "research/evaluate/why_group.h"
#include "research/evaluate/criterion_list.h"
#include "research/evaluate/group.h"
#include "research/evaluate/match_window.h"
#include "research/evaluate/row_values.h"

bool why_records_read(struct segment_run *run, const struct event_list *list, struct arena *arena, const struct why_record **out_records,
                      struct error *err)
{
    const int64_t *ids;
    struct why_record *records = arena_allocate_raw(arena, list->count + 1, sizeof *records);
    TRY(row_ids_read(run, list, run->scratch, &ids, err));
    for (size_t i = 0; i < list->count; i++) {
        records[i] = (struct why_record){list->table, ids[i], list->starts[i], list->ends ? list->ends[i] : STORE_NO_DAY};
    }
    *out_records = records;
    return true;
}

/* The rows of the criterion that lie in the windows of event i. */
struct matches {
    struct match_window window;
    const struct event_list *list;
    const struct why_record *records;
    const int64_t *visits; /* NULL: any */
};

static bool row_matches(const struct matches *matches, const struct event_table *events, size_t i, size_t row)
{
    struct day_interval starts, ends;
    const struct event_list *list = matches->list;
    match_window_at(&matches->window, events, i, &starts, &ends);
    bool is_inside = list->persons[row] == events->persons[i] && list->starts[row] >= starts.low && list->starts[row] <= starts.high;
    is_inside = is_inside && (!matches->window.tests_end || (list->ends[row] >= ends.low && list->ends[row] <= ends.high));
    return is_inside && (!matches->visits || (matches->visits[row] != NO_VISIT && matches->visits[row] == events->visits[i]));
}

static bool correlated_tell(struct segment_run *run, const struct cohort_correlated *correlated, const struct event_table *events,
                            struct arena *arena, struct why_item *items, size_t stride, struct error *err)
{
    struct matches matches = {.window = match_window_of(correlated)};
    TRY(criterion_list_find(run, correlated->criterion, &matches.list, err));
    TRY(why_records_read(run, matches.list, arena, &matches.records, err));
    if (correlated->restricts_to_visit) {
        TRY(row_visits_read(run, matches.list, arena, &matches.visits, err));
    }
    for (size_t i = 0; i < events->count; i++) {
        struct why_item *item = &items[i * stride];
        struct day_interval starts, ends;
        match_window_at(&matches.window, events, i, &starts, &ends);
        item->correlated = correlated;
        item->from = starts.low;
        item->to = starts.high;
        for (size_t row = 0; row < matches.list->count; row++) {
            if (!row_matches(&matches, events, i, row)) {
                continue;
            }
            item->found++;
            if (item->record_count < WHY_RECORDS_MAX) {
                item->records[item->record_count++] = matches.records[row];
            }
        }
    }
    return true;
}

static bool verdicts_find(struct segment_run *run, const struct cohort_group *group, const struct event_table *events,
                          struct why_item *items, size_t stride, struct error *err)
{
    uint8_t *passes = arena_allocate_raw(run->scratch, events->count + 1, 1);
    TRY(group_evaluate(run, group, events, NULL, passes, err));
    for (size_t i = 0; i < events->count; i++) {
        items[i * stride].is_met = passes[i];
    }
    return true;
}

static bool item_tell(struct segment_run *run, const struct cohort_group *alone, const struct event_table *events, struct arena *arena,
                      struct why_item *items, size_t stride, struct error *err)
{
    TRY(verdicts_find(run, alone, events, items, stride, err));
    if (alone->correlated_count > 0) {
        return correlated_tell(run, alone->correlated, events, arena, items, stride, err);
    }
    struct why_group *groups = alone->group_count > 0 ? ARENA_ARRAY(arena, struct why_group, events->count + 1) : NULL;
    TRY(!groups || why_group_tell(run, alone->groups, events, arena, groups, err));
    for (size_t i = 0; i < events->count; i++) {
        items[i * stride].demographic = groups ? NULL : alone->demographics;
        items[i * stride].group = groups ? &groups[i] : NULL;
    }
    return true;
}

bool why_group_tell(struct segment_run *run, const struct cohort_group *group, const struct event_table *events, struct arena *arena,
                    struct why_group *out_groups, struct error *err)
{
    size_t count = group->correlated_count + group->demographic_count + group->group_count, at = 0;
    struct why_item *items = ARENA_ARRAY(arena, struct why_item, count * events->count + 1);
    uint8_t *passes = arena_allocate_raw(run->scratch, events->count + 1, 1);
    for (size_t k = 0; k < group->correlated_count; k++) {
        struct cohort_group alone = {.kind = COHORT_ALL, .correlated = &group->correlated[k], .correlated_count = 1, .path = ""};
        TRY(item_tell(run, &alone, events, arena, &items[at++], count, err));
    }
    for (size_t k = 0; k < group->demographic_count; k++) {
        struct cohort_group alone = {.kind = COHORT_ALL, .demographics = &group->demographics[k], .demographic_count = 1, .path = ""};
        TRY(item_tell(run, &alone, events, arena, &items[at++], count, err));
    }
    for (size_t k = 0; k < group->group_count; k++) {
        struct cohort_group alone = {.kind = COHORT_ALL, .groups = &group->groups[k], .group_count = 1, .path = ""};
        TRY(item_tell(run, &alone, events, arena, &items[at++], count, err));
    }
    TRY(group_evaluate(run, group, events, NULL, passes, err));
    for (size_t i = 0; i < events->count; i++) {
        out_groups[i] = (struct why_group){group, passes[i], count, &items[i * count]};
    }
    return true;
}
