/* SPDX-License-Identifier: EUPL-1.2 */
/* circe: OHDSI cohort expressions (the JSON that ATLAS writes) to cohort programs. Every rule of the reference's reading is kept:
 * coerced scalars, case, wrappers with exactly one key, nulls. What the reference fails on and what cannot be done is refused, with the
 * JSON path, the line and the reason; nothing is approximated (cohort-language.md sections 1, 5.2, 10).
 *   INVALID_INPUT  malformed: no JSON, wrong kinds, missing parts, unknown operators, impossible dates
 *   UNSUPPORTED    well formed, but the CDM 5.4 or the reference has no meaning for it */
#pragma once
#include "base/arena.h"
#include "research/cohort/cohort.h"

enum {
    CIRCE_DAYS_MAX = 3652058,  /* of windows, offsets, pads and the like: from 0001-01-01 to 9999-12-31; further apart no two days are */
    CIRCE_PARTS_MAX = 10000,   /* criteria, groups and demographic criteria of one expression */
    CIRCE_PATTERN_MAX = 10000, /* bytes of a text filter */
};

/* Everything of the program lives in `arena`; bytes may be freed afterwards. `name` is for messages and headings, and is copied.
 * Concept sets are not resolved yet. LIMIT beyond concept_set_items_max (also for a list of concepts), json_bytes_max and the bounds below.
 */
MUST_CHECK bool circe_parse(struct cohort_program **out_program, struct arena *arena, const char *name, const void *bytes, size_t length,
                            struct error *err);

/* A part of an expression alone, as the reference's own tests have them: primary[0] is the criterion; additional->correlated[0] the
 * correlated criterion (Occurrence may be absent: at least 1); additional the group. The rest of the program has its defaults, with
 * no primary criterion for the last two. Sets that the part asks for are there, undefined: give them members by their id. */
enum circe_part { CIRCE_CRITERION, CIRCE_CORRELATED, CIRCE_GROUP };
MUST_CHECK bool circe_parse_part(struct cohort_program **out_program, enum circe_part part, struct arena *arena, const char *name,
                                 const void *bytes, size_t length, struct error *err);
