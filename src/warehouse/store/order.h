/* SPDX-License-Identifier: EUPL-1.2 */
/* order: in what order the rows of a table stand in a segment (private to the store; store.h, "Words"). */
#pragma once
#include "warehouse/store/builder.h"

/* Positions of the rows (in the order of appending) in sorted order, in memory to be freed by the caller; NULL when they stand in order
 * already. ordinals: by person code (tables of scope PERSON), with person_count persons. Rows with equal keys keep their order. */
MUST_CHECK bool order_rows(const struct segment_builder *builder, int table, const uint32_t *ordinals, uint32_t person_count,
                           uint32_t **out_rows, struct error *err);
/* How many leading fields of a table not of scope PERSON are its sort key: the integer fields before the first of another type. */
int order_leading_fields(int table);
