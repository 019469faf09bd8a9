/* SPDX-License-Identifier: EUPL-1.2 */
/* convert: from what a file has to what OMOP says, strictly (private to source). A value that is not what its field demands is no value. */
#pragma once
#include "base/text.h"
#include "engines/duckdb/duckdb_engine.h"
#include "intake/source/source.h"

enum { CONVERT_TEXT_MAX = 1 << 25 }; /* what the store takes */

/* The text is not empty. Blanks at both ends are passed over. False: not such a value. */
MUST_CHECK bool convert_integer(struct text text, int64_t *out_value); /* 12, -3, 1.0, 2e3 */
MUST_CHECK bool convert_number(struct text text, double *out_value);   /* finite */
MUST_CHECK bool convert_day(struct text text, int32_t *out_value);     /* 2024-02-29, 20240229, 2024-02-29 00:00:00[.0][Z|+00[:00]] */
MUST_CHECK bool convert_instant(struct text text, int64_t *out_value); /* the same with any time, seconds optional */
/* Of a number: 20240229 as the Athena files have it when they were read as integers. */
MUST_CHECK bool convert_day_from_number(int64_t number, int32_t *out_value);
bool convert_day_in_range(int32_t value); /* years 1 to 9999 */
bool convert_instant_in_range(int64_t value);

/* A key that CDM 5.3 does not have: its rows come without. */
bool convert_is_optional_key(int table, int field);
/* What it is that a field is NULL: FINDING_NO_KEY, FINDING_NO_PERSON, FINDING_MISSING, or FINDING_KIND_COUNT when it may be. */
enum finding_kind convert_kind_of_null(int table, int field);
/* Brings one column of a batch of the engine to the type of `field` of the findings' table. Memory comes from `scratch`, or the engine's
 * values are used in place. Wrong values are NULL in out_column and noted with their line, and so is what must not be NULL. */
void convert_column(const struct engine_column *column, size_t rows, const uint64_t *lines, int field, struct arena *scratch,
                    struct finding_batch *findings, struct source_column *out_column);
