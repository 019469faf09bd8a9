/* SPDX-License-Identifier: EUPL-1.2 */
/* workspace: the large arrays that sealing a segment needs beside its builder, each in a slot of its own (private to the store; store.h
 * says who makes it). A slot is taken again for the next table and the next segment: new memory costs as much as a pass of sorting. */
#pragma once
#include "warehouse/store/store.h"

enum workspace_slot {
    WORKSPACE_WORDS, /* keys while they are sorted, then the column at hand laid out flat */
    WORKSPACE_SPARE, /* the other side of sorting, then persons and start days by sorted position */
    WORKSPACE_PLACES,
    WORKSPACE_PLACES_SPARE,
    WORKSPACE_PARTS,
    WORKSPACE_ENDS,
    WORKSPACE_CODES,
    WORKSPACE_POSTINGS,
    WORKSPACE_SLOTS
};

/* Memory for count values of a size; what was in the slot is lost. NULL when the system has none. */
void *workspace_take(struct segment_workspace *workspace, enum workspace_slot slot, size_t count, size_t size);
