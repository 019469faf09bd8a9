/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_output: see cohort_output.h. */
#include "service/command/cohort_output.h"
#include "base/calendar.h"
#include "base/csv.h"
#include "research/evaluate/evaluate_json.h"
#include "service/command/commands.h"
#include <stdio.h>

const char cohort_output_rows_header[] = "cohort_definition_id,subject_id,cohort_start_date,cohort_end_date\n";
const char cohort_output_result_header[] = "cohort_definition_id,inclusion_rule_mask,person_count,mode_id\n";
const char cohort_output_stats_header[] = "cohort_definition_id,rule_sequence,person_count,gain_count,person_total,mode_id\n";

static void print_step(const char *what, struct cohort_remaining remaining)
{
    char persons[COUNT_TEXT_SIZE], events[COUNT_TEXT_SIZE];
    print_line("  %14s persons %14s events  %s", count_text(remaining.persons, persons), count_text(remaining.events, events), what);
}

void cohort_output_attrition(const struct definition *definition, const struct cohort_program *program, const struct cohort_result *result)
{
    const struct cohort_attrition *attrition = &result->attrition;
    char persons[COUNT_TEXT_SIZE];
    print_line("%s: %s persons (%.1f ms)", *program->title ? program->title : definition->name, count_text(result->persons, persons),
               (double)result->work.wall_ns / 1e6);
    print_step("primary events", attrition->primary);
    if (program->additional) {
        print_step("additional criteria", attrition->qualified);
    }
    for (size_t r = 0; r < attrition->rule_count; r++) {
        const char *name = program->rules[r].name;
        print_step(*name ? name : "inclusion rule without a name", attrition->after_rule[r]);
    }
    print_step("in the cohort", attrition->cohort);
}

static bool json_work(struct json_writer *writer, const struct evaluate_work *work, struct error *err)
{
    TRY(json_name(writer, "milliseconds", err) && json_double(writer, (double)work->wall_ns / 1e6, err));
    TRY(json_name(writer, "rows_found", err) && json_i64(writer, (int64_t)work->rows_found, err));
    TRY(json_name(writer, "step_milliseconds", err) && json_begin_object(writer, err));
    for (int step = 0; step < EVALUATE_STEP_COUNT; step++) {
        TRY(json_name(writer, evaluate_step_name((enum evaluate_step)step), err));
        TRY(json_double(writer, (double)work->step_ns[step] / 1e6, err));
    }
    return json_end_object(writer, err);
}

bool cohort_output_json(struct json_writer *writer, const struct definition *definition, const struct cohort_program *program,
                        const struct cohort_result *result, struct error *err)
{
    char hex[2 * CRYPTO_HASH_SIZE + 1];
    struct crypto_hash hash;
    TRY(cohort_program_hash(program, &hash, err));
    crypto_hex(hex, hash.bytes, sizeof hash.bytes);
    TRY(json_begin_object(writer, err) && json_name(writer, "cohort_definition_id", err) && json_i64(writer, definition->id, err));
    TRY(json_name(writer, "name", err) && json_text(writer, text_of(definition->name), err));
    TRY(json_name(writer, "program", err) && json_text(writer, text_of(hex), err));
    TRY(json_name(writer, "persons", err) && json_i64(writer, (int64_t)result->persons, err));
    TRY(cohort_attrition_json(writer, program, &result->attrition, err) && json_work(writer, &result->work, err));
    return json_end_object(writer, err);
}

static bool json_step_work(struct json_writer *writer, const struct plan_step_work *actual, struct error *err)
{
    return json_name(writer, "actual", err) && json_begin_object(writer, err) &&
           json_named_u64(writer, "segments", actual->segments, err) && json_named_u64(writer, "rows_found", actual->rows_found, err) &&
           json_named_u64(writer, "rows_kept", actual->rows_kept, err) &&
           json_named_double(writer, "milliseconds", (double)actual->ns / 1e6, err) &&
           json_named_u64(writer, "pages", actual->pages, err) && json_named_u64(writer, "pages_decrypted", actual->decrypted_pages, err) &&
           json_named_u64(writer, "bytes_decrypted", actual->decrypted_bytes, err) && json_end_object(writer, err);
}

static bool json_step(struct json_writer *writer, const struct cohort_plan *plan, size_t position, struct error *err)
{
    const struct plan_step *step = &plan->steps[position];
    TRY(json_begin_object(writer, err) && json_named_u64(writer, "step", position + 1, err) &&
        json_named_text(writer, "kind", plan_step_kind_name(step->kind), err) && json_named_text(writer, "path", step->path, err));
    if (step->kind == PLAN_RULE) {
        TRY(json_named_text(writer, "name", step->name, err));
    }
    if (step->criterion) {
        TRY(json_named_text(writer, "table", omop_table(step->criterion->table)->name, err) &&
            json_named_text(writer, "access", plan_access_name(step->access), err) &&
            json_named_u64(writer, "concepts", step->concepts, err) && json_named_u64(writer, "uses", step->uses, err) &&
            json_named_bool(writer, "first", step->criterion->first_only, err) &&
            json_named_u64(writer, "tests", step->criterion->test_count, err) &&
            json_named_bool(writer, "group", step->criterion->nested != NULL, err));
    }
    TRY(json_named_u64(writer, "estimated_found", step->estimated_found, err) &&
        json_named_u64(writer, "estimated_kept", step->estimated_kept, err));
    TRY(!plan->is_run || json_step_work(writer, &step->actual, err));
    return json_end_object(writer, err);
}

bool cohort_output_plan(struct json_writer *writer, const struct definition *definition, const struct cohort_plan *plan, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_named_i64(writer, "cohort_definition_id", definition->id, err));
    TRY(json_named_text(writer, "name", definition->name, err) && json_named_u64(writer, "persons", plan->persons, err) &&
        json_named_u64(writer, "segments", plan->segments, err));
    TRY(!plan->is_run || json_named_double(writer, "milliseconds", (double)plan->wall_ns / 1e6, err));
    TRY(json_name(writer, "steps", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < plan->count; i++) {
        TRY(json_step(writer, plan, i, err));
    }
    return json_end_array(writer, err) && json_end_object(writer, err);
}

bool cohort_output_rows(struct buffer *out, int64_t cohort_id, const struct cohort_result *result, struct error *err)
{
    struct csv_writer writer = {.out = out};
    for (size_t i = 0; i < result->rows.count; i++) {
        char start[DAY_TEXT_SIZE], end[DAY_TEXT_SIZE];
        day_to_text((day){result->rows.starts[i]}, start);
        day_to_text((day){result->rows.ends[i]}, end);
        TRY(csv_writer_i64(&writer, cohort_id, err) && csv_writer_i64(&writer, result->rows.persons[i], err));
        TRY(csv_writer_text(&writer, text_of(start), err) && csv_writer_text(&writer, text_of(end), err));
        TRY(csv_writer_end_record(&writer, err));
    }
    return true;
}

bool cohort_output_inclusion_result(struct buffer *out, int64_t cohort_id, const struct cohort_result *result, struct error *err)
{
    struct csv_writer writer = {.out = out};
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        const struct cohort_statistics *statistics = &result->statistics[mode];
        for (size_t i = 0; i < statistics->mask_count; i++) {
            TRY(csv_writer_i64(&writer, cohort_id, err) && csv_writer_i64(&writer, (int64_t)statistics->masks[i].mask, err));
            TRY(csv_writer_i64(&writer, (int64_t)statistics->masks[i].count, err) && csv_writer_i64(&writer, mode, err));
            TRY(csv_writer_end_record(&writer, err));
        }
    }
    return true;
}

bool cohort_output_inclusion_stats(struct buffer *out, int64_t cohort_id, const struct cohort_result *result, struct error *err)
{
    struct csv_writer writer = {.out = out};
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        for (size_t r = 0; r < result->attrition.rule_count; r++) {
            const struct cohort_rule_count *rule = &result->statistics[mode].rules[r];
            TRY(csv_writer_i64(&writer, cohort_id, err) && csv_writer_i64(&writer, (int64_t)r, err));
            TRY(csv_writer_i64(&writer, (int64_t)rule->person_count, err) && csv_writer_i64(&writer, (int64_t)rule->gain_count, err));
            TRY(csv_writer_i64(&writer, (int64_t)rule->person_total, err) && csv_writer_i64(&writer, mode, err));
            TRY(csv_writer_end_record(&writer, err));
        }
    }
    return true;
}
