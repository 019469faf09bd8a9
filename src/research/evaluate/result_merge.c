/* SPDX-License-Identifier: EUPL-1.2 */
/* result_merge: sums, and rows by person. Segments usually follow each other in the order of person ids; where a load added a segment whose
 * ids lie between others, the rows are sorted. */
#include "research/evaluate/result_merge.h"
#include "base/arena.h"
#include <stdlib.h>

struct merged_row {
    int64_t person;
    int32_t start, end;
};
DEFINE_ARRAY(merged_rows, struct merged_row)

struct result_merge {
    struct cohort_result result; /* the first member: the caller's pointer leads back here */
    const struct cohort_program *program;
    struct arena *arena;
    struct merged_rows rows;
    struct mask_table masks[COHORT_STATISTICS_MODES];
    struct cohort_remaining after_rule[COHORT_RULES_MAX];
};

struct result_merge *result_merge_create(const struct cohort_program *program)
{
    struct arena *arena = arena_create();
    struct result_merge *merge = ARENA_NEW(arena, struct result_merge);
    merge->program = program;
    merge->arena = arena;
    merge->rows.maximum = SIZE_MAX / sizeof(struct merged_row);
    return merge;
}

void result_merge_destroy(struct result_merge *merge)
{
    if (!merge) {
        return;
    }
    merged_rows_finish(&merge->rows);
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        mask_table_finish(&merge->masks[mode]);
    }
    arena_destroy(merge->arena);
}

void cohort_result_destroy(struct cohort_result *result)
{
    result_merge_destroy((struct result_merge *)result);
}

/* ---- adding ---- */
static void remaining_add(struct cohort_remaining *sum, struct cohort_remaining more)
{
    sum->events += more.events;
    sum->persons += more.persons;
}

static void work_add(struct evaluate_work *sum, const struct evaluate_work *more)
{
    for (int step = 0; step < EVALUATE_STEP_COUNT; step++) {
        sum->step_ns[step] += more->step_ns[step];
    }
    sum->criteria = more->criteria > sum->criteria ? more->criteria : sum->criteria;
    sum->criteria_made += more->criteria_made;
    sum->criteria_taken += more->criteria_taken;
    sum->rows_found += more->rows_found;
    sum->rows_kept += more->rows_kept;
    sum->scratch_peak = more->scratch_peak > sum->scratch_peak ? more->scratch_peak : sum->scratch_peak;
}

bool result_merge_add(struct result_merge *merge, const struct segment_result *segment, const int64_t *person_ids, struct error *err)
{
    struct cohort_attrition *attrition = &merge->result.attrition;
    remaining_add(&attrition->primary, segment->primary);
    remaining_add(&attrition->qualified, segment->qualified);
    remaining_add(&attrition->included, segment->included);
    remaining_add(&attrition->cohort, segment->cohort);
    attrition->censored_persons += segment->censored_persons;
    for (size_t rule = 0; rule < merge->program->rule_count; rule++) {
        remaining_add(&merge->after_rule[rule], segment->after_rule[rule]);
    }
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        const struct mask_table *masks = &segment->masks[mode];
        for (size_t i = 0; i < masks->capacity; i++) {
            TRY(mask_table_add(&merge->masks[mode], masks->slots[i].mask, masks->slots[i].count, err));
        }
    }
    TRY(merged_rows_reserve(&merge->rows, segment->rows.count, err));
    for (size_t i = 0; i < segment->rows.count; i++) {
        const struct cohort_row *row = &segment->rows.items[i];
        merge->rows.items[merge->rows.count++] = (struct merged_row){person_ids[row->person], row->start, row->end};
    }
    work_add(&merge->result.work, &segment->work);
    return true;
}

/* ---- statistics ---- */
static int mask_compare(const void *a, const void *b)
{
    uint64_t x = ((const struct cohort_mask_count *)a)->mask, y = ((const struct cohort_mask_count *)b)->mask;
    return (x > y) - (x < y);
}

static void statistics_finish(struct result_merge *merge, int mode)
{
    const struct mask_table *table = &merge->masks[mode];
    struct cohort_statistics *statistics = &merge->result.statistics[mode];
    size_t rules = merge->program->rule_count;
    uint64_t all = (UINT64_C(1) << rules) - 1;
    struct cohort_mask_count *masks = ARENA_ARRAY(merge->arena, struct cohort_mask_count, table->used + 1);
    struct cohort_rule_count *counts = ARENA_ARRAY(merge->arena, struct cohort_rule_count, rules + 1);
    for (size_t i = 0; i < table->capacity; i++) {
        if (table->slots[i].count > 0) {
            masks[statistics->mask_count++] = (struct cohort_mask_count){table->slots[i].mask, table->slots[i].count};
            statistics->base_count += table->slots[i].count;
            statistics->final_count += table->slots[i].mask == all ? table->slots[i].count : 0;
        }
    }
    qsort(masks, statistics->mask_count, sizeof *masks, mask_compare);
    for (size_t rule = 0; rule < rules; rule++) {
        uint64_t bit = UINT64_C(1) << rule;
        counts[rule].person_total = statistics->base_count;
        for (size_t i = 0; i < statistics->mask_count; i++) {
            counts[rule].person_count += masks[i].mask & bit ? masks[i].count : 0;
            counts[rule].gain_count += masks[i].mask == (all & ~bit) ? masks[i].count : 0;
        }
    }
    statistics->masks = masks;
    statistics->rules = counts;
}

/* ---- rows ---- */
static int row_compare(const void *a, const void *b)
{
    const struct merged_row *x = a, *y = b;
    int order = (x->person > y->person) - (x->person < y->person);
    return order ? order : (x->start > y->start) - (x->start < y->start);
}

static void rows_finish(struct result_merge *merge)
{
    struct merged_rows *rows = &merge->rows;
    bool is_sorted = true;
    for (size_t i = 1; i < rows->count; i++) {
        is_sorted &= row_compare(&rows->items[i - 1], &rows->items[i]) <= 0;
    }
    if (!is_sorted) {
        qsort(rows->items, rows->count, sizeof *rows->items, row_compare);
    }
    int64_t *persons = arena_allocate_raw(merge->arena, rows->count + 1, sizeof *persons);
    int32_t *starts = arena_allocate_raw(merge->arena, rows->count + 1, sizeof *starts);
    int32_t *ends = arena_allocate_raw(merge->arena, rows->count + 1, sizeof *ends);
    for (size_t i = 0; i < rows->count; i++) {
        persons[i] = rows->items[i].person;
        starts[i] = rows->items[i].start;
        ends[i] = rows->items[i].end;
    }
    if (rows->count > 0) {
        merge->result.rows = (struct cohort_rows){rows->count, persons, starts, ends};
    }
    merged_rows_finish(rows);
}

bool result_merge_finish(struct result_merge *merge, struct cohort_result **out_result, struct error *err)
{
    (void)err; /* nothing fails yet; a result kept on disk would */
    struct cohort_attrition *attrition = &merge->result.attrition;
    rows_finish(merge);
    if (merge->program->rule_count > 0) {
        for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
            statistics_finish(merge, mode);
        }
    }
    attrition->rule_count = merge->program->rule_count;
    attrition->after_rule = merge->after_rule;
    merge->result.persons = attrition->cohort.persons;
    *out_result = &merge->result;
    return true;
}
