/* SPDX-License-Identifier: EUPL-1.2 */
/* session_why: why a person is in a cohort or not, as words and as JSON (docs/formats/session.md). */
#pragma once
#include "base/json.h"
#include "research/evaluate/evaluate_why.h"

MUST_CHECK bool session_why_words(const struct cohort_program *program, const struct cohort_why *why, enum cohort_language language,
                                  struct buffer *out, struct error *err);
/* Members of an object that is open: "in", "events", "rows". */
MUST_CHECK bool session_why_json(struct json_writer *writer, const struct cohort_program *program, const struct cohort_why *why,
                                 struct error *err);
