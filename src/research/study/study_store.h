/* SPDX-License-Identifier: EUPL-1.2 */
/* store: persons and their observation periods out of a store, one chunk a segment, as the grid takes them. */
#pragma once
#include "base/task.h"
#include "research/study/study.h"
#include "warehouse/store/store.h"

/* In `result`. Periods of a person are by ascending start. DENIED when the reader's grant does not cover person and observation_period. */
MUST_CHECK bool study_people_read(struct store_reader *reader, struct arena *result, const struct study_people **out_chunks,
                                  size_t *out_count, struct error *err);
/* The first and last observed day of all; {STUDY_FOREVER, STUDY_NO_DAY}: nobody. */
struct study_span study_people_range(const struct study_people *chunks, size_t count);
