/* SPDX-License-Identifier: EUPL-1.2 */
/* segment_view: a segment without the persons that are excluded (private to the store). Ordinals and rows are counted as if those persons
 * had never been there, so that nobody above the store can forget them: events, rows, ids, counts and values all come through here.
 * A segment in which nobody is excluded has no view, and pays one branch.
 * physical: an ordinal or a row of the file. visible: as it is given out. */
#pragma once
#include "warehouse/store/segment.h"

/* Gaps of one table: visible rows from starts[i] on stand skips[i] rows further back in the file. */
struct view_table {
    size_t gaps;
    const uint64_t *starts; /* ascending */
    const uint64_t *skips;  /* rows hidden up to and with this gap */
    const uint64_t *before; /* rows of the first k hidden persons; hidden + 1 values. NULL in segments without persons */
};
struct segment_view {
    uint32_t persons;       /* visible */
    uint32_t hidden;        /* persons */
    const uint32_t *shifts; /* by physical ordinal: how many hidden ones are before it, or VIEW_IS_HIDDEN */
    const int64_t *ids;     /* by visible ordinal */
    struct view_table tables[OMOP_TABLE_COUNT];
};
#define VIEW_IS_HIDDEN UINT32_MAX

/* Sets segment->view when one of the persons is in the segment. */
MUST_CHECK bool segment_view_make(struct store_segment *segment, const struct person_ids *excluded, struct error *err);
/* Hides rows (physical, ascending) of a table that has no persons. */
MUST_CHECK bool segment_view_hide(struct store_segment *segment, int table, const uint64_t *rows, size_t count, struct error *err);

uint64_t view_rows(const struct store_segment *segment, int table);
uint64_t view_row_of(const struct segment_view *view, int table, uint64_t physical); /* visible rows before it */
MUST_CHECK bool view_person_rows(struct store_segment *segment, int table, struct arena *arena, const uint32_t **out_offsets,
                                 struct error *err);
MUST_CHECK bool view_values(struct store_segment *segment, int table, int field, const struct row_request *request, struct arena *arena,
                            struct store_vector *out_vector, struct error *err);
/* among: bits of visible ordinals, NULL: all. */
MUST_CHECK bool view_events(struct store_segment *segment, int table, int field, const int64_t *concepts, size_t concept_count,
                            const uint64_t *among, unsigned parts, struct arena *arena, struct store_events *out_events, struct error *err);
MUST_CHECK bool view_concepts(struct store_segment *segment, int table, int field, struct arena *arena, const int64_t **out_concepts,
                              const uint32_t **out_rows, size_t *out_count, struct error *err);
