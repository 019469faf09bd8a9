/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_run: what is read of a segment once and kept while it is worked on. */
#include "research/evaluate/segment_run.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- vectors ---- */
const int32_t *vector_days(const struct store_vector *vector, struct arena *arena)
{
    if (!vector->is_all_null && !vector->valid) {
        return vector->days;
    }
    int32_t *days = arena_allocate_raw(arena, vector->count + 1, sizeof *days);
    for (size_t i = 0; i < vector->count; i++) {
        days[i] = store_vector_is_valid(vector, i) ? vector->days[i] : STORE_NO_DAY;
    }
    return days;
}

const int64_t *vector_integers(const struct store_vector *vector, int64_t absent, struct arena *arena)
{
    if (!vector->is_all_null && !vector->valid) {
        return vector->integers;
    }
    int64_t *integers = arena_allocate_raw(arena, vector->count + 1, sizeof *integers);
    for (size_t i = 0; i < vector->count; i++) {
        integers[i] = store_vector_is_valid(vector, i) ? vector->integers[i] : absent;
    }
    return integers;
}

/* ---- reading ---- */
static bool column_read(struct segment_run *run, int table, int field, struct arena *arena, struct store_vector *out_vector,
                        struct error *err)
{
    size_t rows = (size_t)store_segment_rows(run->segment, table);
    if (rows == 0) {
        *out_vector = (struct store_vector){.type = omop_table(table)->fields[field].type, .is_all_null = true};
        return true;
    }
    return store_column_read(run->segment, table, field, 0, rows, arena, out_vector, err);
}

bool segment_run_gather(struct segment_run *run, int table, int field, const uint32_t *rows, size_t count, struct arena *arena,
                        struct store_vector *out_vector, struct error *err)
{
    if (count == 0) {
        *out_vector = (struct store_vector){.type = omop_table(table)->fields[field].type, .is_all_null = true};
        return true;
    }
    return store_column_gather(run->segment, table, field, rows, count, arena, out_vector, err);
}

bool segment_run_offsets(struct segment_run *run, int table, const uint32_t **out_offsets, struct error *err)
{
    if (!run->offsets[table]) {
        if (store_segment_rows(run->segment, table) == 0) {
            run->offsets[table] = ARENA_ARRAY(run->segment_data, uint32_t, run->persons + 1);
        } else {
            TRY(store_person_rows(run->segment, table, run->segment_data, &run->offsets[table], err));
        }
    }
    *out_offsets = run->offsets[table];
    return true;
}

bool segment_run_person_field(struct segment_run *run, int field, struct person_field *out_field, struct error *err)
{
    struct person_field person = {0};
    TRY(segment_run_offsets(run, OMOP_TABLE_PERSON, &person.offsets, err));
    if (!run->person_columns[field]) {
        struct store_vector *vector = ARENA_NEW(run->segment_data, struct store_vector);
        TRY(column_read(run, OMOP_TABLE_PERSON, field, run->segment_data, vector, err));
        run->person_columns[field] = vector;
    }
    person.values = run->person_columns[field];
    *out_field = person;
    return true;
}

/* ---- observation periods ---- */
static const int32_t *period_days(const struct store_vector *vector, int32_t absent, struct arena *arena)
{
    if (!vector->is_all_null && !vector->valid) {
        return vector->days;
    }
    int32_t *days = arena_allocate_raw(arena, vector->count + 1, sizeof *days);
    for (size_t i = 0; i < vector->count; i++) {
        days[i] = store_vector_is_valid(vector, i) ? vector->days[i] : absent;
    }
    return days;
}

static bool periods_overlap(const struct whole_periods *periods, const uint32_t *offsets, uint32_t persons)
{
    bool overlap = false;
    for (uint32_t person = 0; person < persons; person++) {
        int32_t last_end = INT32_MIN;
        for (uint32_t i = offsets[person]; i < offsets[person + 1]; i++) {
            overlap |= periods->starts[i] <= last_end;
            last_end = periods->ends[i] > last_end ? periods->ends[i] : last_end;
        }
    }
    return overlap;
}

static bool periods_read_whole(struct segment_run *run, const uint32_t *offsets, struct error *err)
{
    struct store_vector starts, ends;
    const int table = OMOP_TABLE_OBSERVATION_PERIOD;
    TRY(column_read(run, table, omop_table(table)->start_field, run->segment_data, &starts, err));
    TRY(column_read(run, table, omop_table(table)->end_field, run->segment_data, &ends, err));
    run->periods.starts = period_days(&starts, INT32_MAX, run->segment_data);
    run->periods.ends = period_days(&ends, INT32_MIN, run->segment_data);
    run->periods.overlap = periods_overlap(&run->periods, offsets, run->persons);
    return true;
}

/* Rows of the periods of a list's persons, ascending: at most all rows of the table. */
static size_t period_rows(const uint32_t *offsets, const struct event_list *list, uint32_t *out_rows)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        uint32_t person = list->persons[i];
        if (i == 0 || person != list->persons[i - 1]) {
            for (uint32_t row = offsets[person]; row < offsets[person + 1]; row++) {
                out_rows[count++] = row;
            }
        }
    }
    return count;
}

static bool periods_gather(struct segment_run *run, const uint32_t *rows, size_t count, struct arena *arena, struct listed_periods *periods,
                           struct error *err)
{
    struct store_vector starts, ends;
    const int table = OMOP_TABLE_OBSERVATION_PERIOD;
    TRY(segment_run_gather(run, table, omop_table(table)->start_field, rows, count, arena, &starts, err));
    TRY(segment_run_gather(run, table, omop_table(table)->end_field, rows, count, arena, &ends, err));
    periods->starts = period_days(&starts, INT32_MAX, arena);
    periods->ends = period_days(&ends, INT32_MIN, arena);
    periods->is_gathered = periods->overlap = true;
    run->periods_gathered += count;
    return true;
}

bool segment_run_periods(struct segment_run *run, const struct event_list *list, struct arena *arena, struct listed_periods *out_periods,
                         struct error *err)
{
    const int table = OMOP_TABLE_OBSERVATION_PERIOD;
    struct listed_periods periods = {0};
    TRY(segment_run_offsets(run, table, &periods.offsets, err));
    if (!run->periods.starts) {
        size_t all_rows = (size_t)store_segment_rows(run->segment, table);
        uint32_t *rows = arena_allocate_raw(arena, all_rows + 1, sizeof *rows);
        size_t count = period_rows(periods.offsets, list, rows);
        if (run->periods_gathered + count <= all_rows / 8) {
            TRY(periods_gather(run, rows, count, arena, &periods, err));
            *out_periods = periods;
            return true;
        }
        TRY(periods_read_whole(run, periods.offsets, err));
    }
    periods.starts = run->periods.starts;
    periods.ends = run->periods.ends;
    periods.overlap = run->periods.overlap;
    *out_periods = periods;
    return true;
}

/* ---- what each step did ---- */
static void account_move(struct segment_run *run, size_t step)
{
    struct step_account *account = &run->account;
    const int64_t now = clock_monotonic_ns();
    const struct store_pages_work pages = store_pages_work_here();
    if (account->current != NO_STEP) {
        struct plan_step_work *work = &account->steps[account->current];
        work->ns += now - account->since_ns;
        work->rows_found += run->work.rows_found - account->since_found;
        work->pages += pages.looked_at - account->since_pages.looked_at;
        work->decrypted_pages += pages.decrypted - account->since_pages.decrypted;
        work->decrypted_bytes += pages.bytes - account->since_pages.bytes;
    }
    account->current = step;
    account->since_ns = now;
    account->since_found = run->work.rows_found;
    account->since_pages = pages;
}

size_t step_enter(struct segment_run *run, size_t step)
{
    const size_t before = run->account.current;
    if (run->account.steps) {
        account_move(run, step);
    }
    return before;
}

void step_leave(struct segment_run *run, size_t before, uint64_t kept)
{
    if (run->account.steps) {
        run->account.steps[run->account.current].rows_kept += kept;
        run->account.steps[run->account.current].segments++;
        account_move(run, before);
    }
}

size_t step_position(const struct segment_run *run, enum plan_step_kind kind, size_t rule)
{
    const size_t criteria = run->plan->criteria.count, rules = run->plan->program->rule_count;
    switch (kind) {
    case PLAN_PRIMARY:
        return criteria;
    case PLAN_ADDITIONAL:
        return criteria + 1;
    case PLAN_RULE:
        return criteria + 2 + rule;
    case PLAN_EXIT:
        return criteria + 2 + rules;
    case PLAN_COLLAPSE:
        return criteria + 3 + rules;
    case PLAN_CRITERION:
    case PLAN_STEP_KINDS:
        break;
    }
    return NO_STEP;
}

bool shared_lookups_read(struct shared_lookups *lookups, struct store_reader *reader, uint64_t tables, struct arena *arena,
                         struct error *err)
{
    if (tables >> OMOP_TABLE_PROVIDER & 1) {
        TRY(concept_lookup_read(reader, OMOP_TABLE_PROVIDER, OMOP_PROVIDER_SPECIALTY_CONCEPT_ID, arena, &lookups->specialties, err));
    }
    if (tables >> OMOP_TABLE_CARE_SITE & 1) {
        TRY(concept_lookup_read(reader, OMOP_TABLE_CARE_SITE, OMOP_CARE_SITE_PLACE_OF_SERVICE_CONCEPT_ID, arena, &lookups->places, err));
    }
    return true;
}

/* ---- beginning ---- */
void segment_run_init(struct segment_run *run, const struct store_reader *reader, const struct evaluate_options *options,
                      const struct shared_lookups *lookups)
{
    *run = (struct segment_run){.options = options,
                                .lookups = lookups,
                                .sees_persons = store_reader_demand(reader, GRANT_ROWS, NULL),
                                .account.current = NO_STEP,
                                .segment_data = arena_create(),
                                .scratch = arena_create()};
}

void segment_run_finish(struct segment_run *run)
{
    free(run->account.steps);
    arena_destroy(run->segment_data);
    arena_destroy(run->scratch);
}

bool segment_run_begin(struct segment_run *run, struct store_segment *segment, struct error *err)
{
    arena_reset(run->segment_data);
    run->segment = segment;
    run->persons = store_segment_persons(segment);
    memset(run->offsets, 0, sizeof run->offsets);
    memset(run->person_columns, 0, sizeof run->person_columns);
    run->periods = (struct whole_periods){.starts = NULL};
    run->periods_gathered = 0;
    run->slots = ARENA_ARRAY(run->segment_data, uint16_t, run->persons + 1);
    run->person_ids = NULL;
    return !run->sees_persons || store_segment_person_ids(segment, &run->person_ids, err);
}

void segment_run_begin_program(struct segment_run *run, const struct program_plan *plan)
{
    arena_reset(run->program_data);
    arena_reset(run->scratch);
    run->plan = plan;
    run->lists = ARENA_ARRAY(run->program_data, const struct event_list *, plan->criteria.count + 1);
    run->loose_lists = ARENA_ARRAY(run->program_data, const struct event_list *, plan->criteria.count + 1);
    run->universe = NULL;
    run->depth = 0;
    run->work = (struct evaluate_work){.criteria = plan->criteria.count};
    run->account.current = NO_STEP;
}

bool segment_run_check(struct segment_run *run, struct error *err)
{
    const struct evaluate_options *options = run->options;
    uint64_t bytes = arena_bytes_reserved(run->segment_data) + arena_bytes_reserved(run->program_data) +
                     arena_bytes_reserved(run->scratch) + run->shared_bytes;
    run->work.scratch_peak = bytes > run->work.scratch_peak ? bytes : run->work.scratch_peak;
    TRY(task_check(err));
    if (options->is_cancelled && options->is_cancelled(options->cancel_context)) {
        return FAIL(err, CANCELLED, "the evaluation was stopped");
    }
    if (options->scratch_bytes > 0 && bytes > options->scratch_bytes) {
        FAIL(err, LIMIT, "the cohort needs more than %" PRIu64 " bytes of working memory for one segment", options->scratch_bytes);
        return error_hint(err, "raise the bound, use fewer threads, or narrow the criteria that have no concept set");
    }
    return true;
}
