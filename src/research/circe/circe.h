/* SPDX-License-Identifier: EUPL-1.2 */
/* circe: OHDSI cohort expressions (the JSON that ATLAS writes) to cohort programs. Every rule of the reference's reading is kept:
 * coerced scalars, case, wrappers with exactly one key, nulls. What the reference fails on and what cannot be done is refused, with the
 * JSON path, the line and the reason; nothing is approximated (cohort-language.md sections 1, 5.2, 10).
 *   INVALID_INPUT  malformed: no JSON, wrong kinds, missing parts, unknown operators, impossible dates
 *   UNSUPPORTED    well formed, but the CDM 5.4 or the reference has no meaning for it */
#pragma once
#include "base/arena.h"
#include "research/cohort/cohort.h"

/* Everything of the program lives in `arena`; bytes may be freed afterwards. `name` is for messages and headings, and is copied.
 * Concept sets are not resolved yet. LIMIT beyond concept_set_items_max and json_bytes_max. */
MUST_CHECK bool circe_parse(struct cohort_program **out_program, struct arena *arena, const char *name, const void *bytes, size_t length,
                            struct error *err);

/* A part of an expression alone, as the reference's own tests have them: primary[0] is the criterion; additional->correlated[0] the
 * correlated criterion (Occurrence may be absent: at least 1); additional the group. The rest of the program has its defaults, with
 * no primary criterion for the last two. Sets that the part asks for are there, undefined: give them members by their id. */
enum circe_part { CIRCE_CRITERION, CIRCE_CORRELATED, CIRCE_GROUP };
MUST_CHECK bool circe_parse_part(struct cohort_program **out_program, enum circe_part part, struct arena *arena, const char *name,
                                 const void *bytes, size_t length, struct error *err);
