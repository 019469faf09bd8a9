/* SPDX-License-Identifier: EUPL-1.2 */
/* interval: calendar intervals of a study (ISO weeks, months, quarters, years, or all of it as one), as IncidencePrevalence cuts them. */
#pragma once
#include "research/study/study.h"

enum study_interval { STUDY_WEEKS, STUDY_MONTHS, STUDY_QUARTERS, STUDY_YEARS, STUDY_OVERALL };

/* Spans that cover first..last in order, the first and last one cut to it; with is_complete only those that lie in it whole. OVERALL is
 * one span and always given. *out_count may be 0. In `result`. */
MUST_CHECK bool study_intervals(enum study_interval kind, struct study_span whole, bool is_complete, struct arena *result,
                                const struct study_span **out_spans, size_t *out_count, struct error *err);
/* The whole calendar interval around a day. */
struct study_span study_interval_around(enum study_interval kind, int32_t day_number);
const char *study_interval_name(enum study_interval kind); /* "weeks", ... "overall" */
