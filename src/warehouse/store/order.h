/* SPDX-License-Identifier: EUPL-1.2 */
/* order: in what order the rows of a table stand in a segment (private to the store; store.h, "Words"). */
#pragma once
#include "warehouse/store/builder.h"
#include "warehouse/store/workspace.h"

/* Places of the rows in sorted order: numbers of rows in the order of appending, or, with parts, in the layout that sorting left. It lies
 * in the workspace. */
struct row_order {
    uint32_t *places; /* NULL: the rows stand in order already */
    bool has_parts;
    struct slab_layout layout;
};
/* ordinals: by person code (tables of scope PERSON), with person_count persons. Rows with equal keys keep their order. */
MUST_CHECK bool order_rows(const struct segment_builder *builder, int table, const uint32_t *ordinals, uint32_t person_count,
                           struct segment_workspace *workspace, struct row_order *out_order, struct error *err);
/* How many leading fields of a table not of scope PERSON are its sort key: the integer fields before the first of another type. */
int order_leading_fields(int table);
