/* SPDX-License-Identifier: EUPL-1.2 */
/* evaluate_json: parts of a result as JSON, the same wherever they are given out. Each writes one member with its name. */
#pragma once
#include "base/json.h"
#include "research/evaluate/evaluate.h"

/* "attrition": an array of {"step", "persons", "events"}; rules by their names. program: the one that was evaluated. */
MUST_CHECK bool cohort_attrition_json(struct json_writer *writer, const struct cohort_program *program,
                                      const struct cohort_attrition *attrition, struct error *err);
/* "matrix": which rules events meet together; {"rules", "modes": [{"mode", "events", "met", "masks": [{"mask", "count"}]}]}. Bit r of a
 * mask is rule r of the evaluated program; a mask is text, in hexadecimal, because JSON's numbers do not hold 53 bits everywhere. */
MUST_CHECK bool cohort_matrix_json(struct json_writer *writer, const struct cohort_result *result, struct error *err);
