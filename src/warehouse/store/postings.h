/* SPDX-License-Identifier: EUPL-1.2 */
/* postings: the rows of one concept, in row order, in groups of 256 (private to the store; docs/formats/segment.md, "Postings").
 * Two streams, so that a question about persons and days does not decrypt the rest:
 *   core    person and start day
 *   detail  row, and end day as a number of days after the start
 * A group is wholly in one page; the next group of a concept follows it there, or stands at the beginning of the next page. */
#pragma once
#include "base/buffer.h"
#include "base/error.h"
#include "warehouse/store/bitpack.h"
#include "warehouse/store/store.h"

enum { POSTINGS_GROUP = BITPACK_GROUP };

/* Appends a group of 1..256 events. starts and ends are NULL where the table has none; STORE_NO_DAY where a value is absent. */
MUST_CHECK bool postings_core_encode(struct buffer *out, const uint32_t *persons, const int32_t *starts, size_t count, struct error *err);
MUST_CHECK bool postings_detail_encode(struct buffer *out, const uint32_t *rows, const int32_t *starts, const int32_t *ends, size_t count,
                                       struct error *err);

/* Reads a group of `count` events at the cursor, which moves behind it. CORRUPT when the bytes do not fit, or when persons (rows) do not
 * ascend or reach the limit: what comes out may be used as an index below the limit. has_days: whether starts were encoded; starts may be
 * NULL when they are not wanted. */
MUST_CHECK bool postings_core_decode(struct cursor *cursor, size_t count, bool has_days, uint32_t person_limit, uint32_t *out_persons,
                                     int32_t *out_starts, struct error *err);
/* rows, and ends (which need starts; NULL starts: there are none), may be NULL when they are not wanted. */
MUST_CHECK bool postings_detail_decode(struct cursor *cursor, size_t count, bool has_ends, uint32_t row_limit, const int32_t *starts,
                                       uint32_t *out_rows, int32_t *out_ends, struct error *err);
