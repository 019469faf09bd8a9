/* SPDX-License-Identifier: EUPL-1.2 */
/* cohort_output: a cohort's result as a person or a program reads it: attrition, rows, inclusion statistics. Private to command. */
#pragma once
#include "base/buffer.h"
#include "base/json.h"
#include "research/evaluate/evaluate.h"
#include "research/evaluate/evaluate_plan.h"
#include "service/command/definitions.h"

MUST_CHECK bool cohort_output_plan(struct json_writer *writer, const struct definition *definition, const struct cohort_plan *plan,
                                   struct error *err);
void cohort_output_attrition(const struct definition *definition, const struct cohort_program *program, const struct cohort_result *result);
MUST_CHECK bool cohort_output_json(struct json_writer *writer, const struct definition *definition, const struct cohort_program *program,
                                   const struct cohort_result *result, struct error *err);
/* Header lines, and the lines of one cohort, in the layout of OHDSI's results schema. */
extern const char cohort_output_rows_header[], cohort_output_result_header[], cohort_output_stats_header[];
MUST_CHECK bool cohort_output_rows(struct buffer *out, int64_t cohort_id, const struct cohort_result *result, struct error *err);
MUST_CHECK bool cohort_output_inclusion_result(struct buffer *out, int64_t cohort_id, const struct cohort_result *result,
                                               struct error *err);
MUST_CHECK bool cohort_output_inclusion_stats(struct buffer *out, int64_t cohort_id, const struct cohort_result *result, struct error *err);
