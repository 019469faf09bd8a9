/* SPDX-License-Identifier: EUPL-1.2 */
/* program_run: one program on one segment, from primary events to rows. */
#pragma once
#include "research/evaluate/segment_result.h"
#include "research/evaluate/segment_run.h"

/* result is empty; it is the caller's to finish, also on failure. */
MUST_CHECK bool program_run(struct segment_run *run, const struct program_plan *plan, struct segment_result *result, struct error *err);
