/* SPDX-License-Identifier: EUPL-1.2 */
/* criterion_rows: postings by concept, or the whole table where there is no concept set; then ends and date adjustment. */
#include "research/evaluate/criterion_rows.h"
#include "research/evaluate/row_values.h"

/* ---- by concept ---- */
bool concept_rows_find(struct segment_run *run, int table, int field, struct concept_ids concepts, unsigned needs, struct arena *arena,
                       struct event_list *out_list, struct error *err)
{
    struct store_events events = {.count = 0};
    const struct omop_table_info *info = omop_table(table);
    bool wants_ends = (needs & NEED_ENDS) && info->end_field != OMOP_NO_FIELD;
    unsigned parts = STORE_EVENT_DAYS | (wants_ends ? STORE_EVENT_ENDS : 0U) | (needs & NEED_ROWS ? STORE_EVENT_ROWS : 0U);
    if (concepts.count > 0 && store_segment_rows(run->segment, table) > 0) {
        TRY(store_events_find_among(run->segment, table, field, concepts.items, concepts.count, run->universe, parts, arena, &events, err));
    }
    *out_list = (struct event_list){.table = table,
                                    .count = events.count,
                                    .persons = events.persons,
                                    .starts = events.starts,
                                    .ends = wants_ends ? events.ends : NULL,
                                    .rows = needs & NEED_ROWS ? events.rows : NULL};
    run->work.rows_found += events.examined;
    return true;
}

bool concept_rows_find_loose(struct segment_run *run, int table, int field, struct concept_ids concepts, struct arena *arena,
                             struct event_list *out_list, struct error *err)
{
    struct store_events events = {.count = 0};
    if (concepts.count > 0 && store_segment_rows(run->segment, table) > 0) {
        TRY(store_events_find_among(run->segment, table, field, concepts.items, concepts.count, run->universe,
                                    STORE_EVENT_DAYS | STORE_EVENT_ANY_ORDER, arena, &events, err));
    }
    *out_list = (struct event_list){.table = table, .count = events.count, .persons = events.persons, .starts = events.starts};
    run->work.rows_found += events.examined;
    return true;
}

/* Both lists ascend by row: what is in each of them. */
static void rows_intersect(const struct event_list *a, const struct event_list *b, struct arena *arena, struct event_list *out_list)
{
    uint8_t *keep = arena_allocate_raw(arena, a->count + 1, 1);
    size_t j = 0;
    for (size_t i = 0; i < a->count; i++) {
        while (j < b->count && b->rows[j] < a->rows[i]) {
            j++;
        }
        keep[i] = j < b->count && b->rows[j] == a->rows[i];
    }
    event_list_keep(a, keep, arena, out_list);
}

static bool members_find(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                         struct event_list *out_list, struct error *err)
{
    const struct cohort_concept_set *sets = run->plan->program->concept_sets;
    const struct omop_table_info *info = omop_table(criterion->table);
    int set = criterion->concept_set, source_set = criterion->source_concept_set;
    if (source_set == COHORT_NO_SET) {
        return concept_rows_find(run, criterion->table, info->concept_field, sets[set].members, needs, arena, out_list, err);
    }
    struct event_list by_source, by_concept;
    TRY(concept_rows_find(run, criterion->table, info->source_concept_field, sets[source_set].members, needs, arena, &by_source, err));
    if (set == COHORT_NO_SET) {
        *out_list = by_source;
        return true;
    }
    TRY(concept_rows_find(run, criterion->table, info->concept_field, sets[set].members, NEED_ROWS, arena, &by_concept, err));
    rows_intersect(&by_source, &by_concept, arena, out_list);
    return true;
}

/* ---- the whole table ---- */
static void table_rows_list(const struct segment_run *run, const uint32_t *offsets, size_t count, uint32_t *persons, uint32_t *rows)
{
    size_t at = 0;
    for (uint32_t person = 0; person < run->persons && at < count; person++) {
        if (!person_matters(run, person)) {
            continue;
        }
        for (uint32_t row = offsets[person]; row < offsets[person + 1]; row++) {
            persons[at] = person;
            rows[at++] = row;
        }
    }
}

static size_t table_rows_count(const struct segment_run *run, const uint32_t *offsets)
{
    size_t count = 0;
    for (uint32_t person = 0; person < run->persons; person++) {
        count += person_matters(run, person) ? offsets[person + 1] - offsets[person] : 0;
    }
    return count;
}

static bool table_days(struct segment_run *run, int table, int field, const struct event_list *list, struct arena *arena,
                       const int32_t **out_days, struct error *err)
{
    struct store_vector vector;
    size_t rows = (size_t)store_segment_rows(run->segment, table);
    if (list->count > 0 && list->count == rows) {
        TRY(store_column_read(run->segment, table, field, 0, rows, arena, &vector, err));
    } else {
        TRY(segment_run_gather(run, table, field, list->rows, list->count, arena, &vector, err));
    }
    *out_days = vector_days(&vector, arena);
    return true;
}

static bool table_find(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                       struct event_list *out_list, struct error *err)
{
    const uint32_t *offsets;
    const struct omop_table_info *info = omop_table(criterion->table);
    TRY(segment_run_offsets(run, criterion->table, &offsets, err));
    struct event_list list = {.table = criterion->table, .count = table_rows_count(run, offsets)};
    uint32_t *persons = arena_allocate_raw(arena, list.count + 1, sizeof *persons);
    uint32_t *rows = arena_allocate_raw(arena, list.count + 1, sizeof *rows);
    table_rows_list(run, offsets, list.count, persons, rows);
    list.persons = persons;
    list.rows = rows;
    TRY(table_days(run, criterion->table, info->start_field, &list, arena, &list.starts, err));
    if ((needs & NEED_ENDS) && info->end_field != OMOP_NO_FIELD) {
        TRY(table_days(run, criterion->table, info->end_field, &list, arena, &list.ends, err));
    }
    run->work.rows_found += list.count;
    *out_list = list;
    return true;
}

bool criterion_rows_find(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                         struct event_list *out_list, struct error *err)
{
    bool has_set = criterion->concept_set != COHORT_NO_SET || criterion->source_concept_set != COHORT_NO_SET;
    return has_set ? members_find(run, criterion, needs, arena, out_list, err) : table_find(run, criterion, needs, arena, out_list, err);
}

/* ---- dates ---- */
static const int32_t *next_days(const struct event_list *list, struct arena *arena)
{
    int32_t *ends = arena_allocate_raw(arena, list->count + 1, sizeof *ends);
    for (size_t i = 0; i < list->count; i++) {
        ends[i] = day_add(list->starts[i], 1);
    }
    return ends;
}

/* start + days_supply where there is no end; the days of supply are read for those rows only. */
static bool supply_ends(struct segment_run *run, const struct event_list *list, struct arena *arena, int32_t *ends, struct error *err)
{
    struct store_vector supply;
    size_t count = 0;
    uint32_t *rows = arena_allocate_raw(arena, list->count + 1, sizeof *rows);
    for (size_t i = 0; i < list->count; i++) {
        rows[count] = list->rows[i];
        count += list->ends[i] == STORE_NO_DAY;
    }
    TRY(segment_run_gather(run, list->table, OMOP_DRUG_EXPOSURE_DAYS_SUPPLY, rows, count, arena, &supply, err));
    for (size_t i = 0, at = 0; i < list->count; i++) {
        if (list->ends[i] == STORE_NO_DAY) {
            ends[i] = store_vector_is_valid(&supply, at) ? day_add(list->starts[i], supply.integers[at]) : STORE_NO_DAY;
            at++;
        }
    }
    return true;
}

static bool recorded_ends(struct segment_run *run, const struct cohort_criterion *criterion, const struct event_list *list,
                          struct arena *arena, const int32_t **out_ends, struct error *err)
{
    int32_t *ends = arena_allocate_raw(arena, list->count + 1, sizeof *ends);
    for (size_t i = 0; i < list->count; i++) {
        ends[i] = list->ends[i];
    }
    if (criterion->end_rule == COHORT_END_OR_SUPPLY) {
        TRY(supply_ends(run, list, arena, ends, err));
    }
    for (size_t i = 0; i < list->count; i++) {
        ends[i] = ends[i] == STORE_NO_DAY ? day_add(list->starts[i], 1) : ends[i];
    }
    *out_ends = ends;
    return true;
}

/* circe: DateAdjustment */
static void dates_adjust(const struct cohort_adjustment *adjustment, struct arena *arena, struct event_list *list)
{
    int32_t *starts = arena_allocate_raw(arena, list->count + 1, sizeof *starts);
    int32_t *ends = arena_allocate_raw(arena, list->count + 1, sizeof *ends);
    uint8_t *keep = arena_allocate_raw(arena, list->count + 1, 1);
    for (size_t i = 0; i < list->count; i++) {
        starts[i] = day_add(adjustment->starts_from_end ? list->ends[i] : list->starts[i], adjustment->start_offset);
        ends[i] = day_add(adjustment->ends_from_end ? list->ends[i] : list->starts[i], adjustment->end_offset);
        keep[i] = starts[i] != STORE_NO_DAY && ends[i] != STORE_NO_DAY && ends[i] >= starts[i];
    }
    list->starts = starts;
    list->ends = ends;
    event_list_keep(list, keep, arena, list);
}

bool criterion_dates_compute(struct segment_run *run, const struct cohort_criterion *criterion, unsigned needs, struct arena *arena,
                             struct event_list *list, struct error *err)
{
    if (!(needs & NEED_ENDS)) {
        return true;
    }
    switch (criterion->end_rule) {
    case COHORT_END_RECORDED:
        break;
    case COHORT_END_OR_NEXT_DAY:
    case COHORT_END_OR_SUPPLY:
        TRY(recorded_ends(run, criterion, list, arena, &list->ends, err));
        break;
    case COHORT_END_NEXT_DAY:
        list->ends = next_days(list, arena);
        break;
    }
    if (criterion->has_adjustment) {
        dates_adjust(&criterion->adjustment, arena, list);
    }
    return true;
}
