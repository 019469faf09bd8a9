/* SPDX-License-Identifier: EUPL-1.2 */
/* assemble_linkage: linkage as it stands, to look at: the entries on the shelves, and what the kept state makes of them. Nothing is
 * changed. truth   who each entry really is, where somebody knows it (a rehearsal with invented persons, or a sample that was checked by
 * hand): CSV with the columns holder, subject, person; others are not read. Equal numbers of a person are one person */
#pragma once
#include "base/csv.h"
#include "intake/assemble/assemble.h"
#include "intake/linkage/linkage_report.h"

struct assemble_linkage {
    struct arena *arena;
    struct linkage_entry *entries; /* ascending (holder, subject) */
    struct linkage_result *result; /* of these entries */
    uint64_t entries_new;          /* no assembly has brought them to a person yet */
    uint64_t persons, objected;    /* objected: persons with an entry of somebody who objected or is excluded: in no snapshot */
    const char *const *holders;    /* names: that of number 1 first */
    size_t holder_count;
};
/* NOT_FOUND when no assembly has linked anything. Demands GRANT_LOAD. store: asked for who is excluded. */
MUST_CHECK bool assemble_linkage_open(struct assemble_linkage **out_linkage, struct store *store, const struct shelf_place *place,
                                      const struct assemble_options *options, struct error *err);
void assemble_linkage_close(struct assemble_linkage *linkage);
DEFINE_CLEANUP(assemble_linkage, assemble_linkage_close)
/* The number of a holder, 0: nothing of such a holder is on the shelves. */
uint32_t assemble_linkage_holder(const struct assemble_linkage *linkage, struct text name);

/* Which person of the truth each entry is: in out_persons, which has a place for each. */
#define ASSEMBLE_TRUTH_UNKNOWN UINT32_MAX
struct assemble_truth {
    uint64_t rows, unknown; /* unknown: no entry has this holder and subject */
    uint64_t entries;       /* of which the truth is known: quality is of these alone */
};
/* INVALID_INPUT names file, line and column. */
MUST_CHECK bool assemble_linkage_truth(const struct assemble_linkage *linkage, struct csv_reader *truth, const char *name,
                                       uint32_t *out_persons, struct assemble_truth *out_truth, struct error *err);
MUST_CHECK bool assemble_linkage_quality(const struct assemble_linkage *linkage, struct csv_reader *truth, const char *name,
                                         struct assemble_truth *out_truth, struct linkage_quality *out_quality, struct error *err);
