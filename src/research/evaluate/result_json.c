/* SPDX-License-Identifier: EUPL-1.2 */
/* result_json: see evaluate_json.h. */
#include "research/evaluate/evaluate_json.h"
#include <inttypes.h>
#include <stdio.h>

static bool remaining_json(struct json_writer *writer, const char *step, struct cohort_remaining remaining, struct error *err)
{
    return json_begin_object(writer, err) && json_named_text(writer, "step", step, err) &&
           json_named_u64(writer, "persons", remaining.persons, err) && json_named_u64(writer, "events", remaining.events, err) &&
           json_end_object(writer, err);
}

bool cohort_attrition_json(struct json_writer *writer, const struct cohort_program *program, const struct cohort_attrition *attrition,
                           struct error *err)
{
    TRY(json_name(writer, "attrition", err) && json_begin_array(writer, err));
    TRY(remaining_json(writer, "primary events", attrition->primary, err));
    TRY(remaining_json(writer, "qualified events", attrition->qualified, err));
    for (size_t r = 0; r < attrition->rule_count; r++) {
        TRY(remaining_json(writer, program->rules[r].name, attrition->after_rule[r], err));
    }
    TRY(remaining_json(writer, "included events", attrition->included, err));
    return remaining_json(writer, "cohort", attrition->cohort, err) && json_end_array(writer, err);
}

static bool mask_json(struct json_writer *writer, const struct cohort_mask_count *mask, struct error *err)
{
    char text[20];
    snprintf(text, sizeof text, "%" PRIx64, mask->mask);
    return json_begin_object(writer, err) && json_named_text(writer, "mask", text, err) &&
           json_named_u64(writer, "count", mask->count, err) && json_end_object(writer, err);
}

static bool mode_json(struct json_writer *writer, const char *name, const struct cohort_statistics *statistics, struct error *err)
{
    TRY(json_begin_object(writer, err) && json_named_text(writer, "mode", name, err));
    TRY(json_named_u64(writer, "events", statistics->base_count, err) && json_named_u64(writer, "met", statistics->final_count, err));
    TRY(json_name(writer, "masks", err) && json_begin_array(writer, err));
    for (size_t i = 0; i < statistics->mask_count; i++) {
        TRY(mask_json(writer, &statistics->masks[i], err));
    }
    return json_end_array(writer, err) && json_end_object(writer, err);
}

bool cohort_matrix_json(struct json_writer *writer, const struct cohort_result *result, struct error *err)
{
    static const char *const names[COHORT_STATISTICS_MODES] = {"all events", "best event of each person"};
    TRY(json_name(writer, "matrix", err) && json_begin_object(writer, err));
    TRY(json_named_u64(writer, "rules", result->attrition.rule_count, err));
    TRY(json_name(writer, "modes", err) && json_begin_array(writer, err));
    for (int mode = 0; mode < COHORT_STATISTICS_MODES; mode++) {
        TRY(mode_json(writer, names[mode], &result->statistics[mode], err));
    }
    return json_end_array(writer, err) && json_end_object(writer, err);
}
