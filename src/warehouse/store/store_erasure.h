/* SPDX-License-Identifier: EUPL-1.2 */
/* store_erasure: how data leave a store: persons are excluded at once, compaction takes them out of the files, and keys are destroyed so
 * that what they protect is noise in every copy and backup (SEC-LOG-3, OPR-5, SNC 19.4).
 * Each act is a snapshot of its own. What is to be destroyed is named in its manifest, so that an act that was interrupted is ended by the
 * next one; a certificate tells what was destroyed (docs/formats/certificate.md). All demand GRANT_ERASE and GRANT_LOAD. */
#pragma once
#include "warehouse/store/store.h"

/* From now on nothing of these persons comes out of any snapshot: events, rows, ids, counts. NOT_FOUND, and nobody is excluded, when one of
 * them is in no snapshot. `reason` is kept as the label of the snapshot. *out_new: how many were not excluded before; with 0 there is no
 * new snapshot and *out_snapshot is the latest. */
MUST_CHECK bool store_exclude(struct store *store, const struct grant *grant, const int64_t *persons, size_t count, const char *reason,
                              uint32_t *out_snapshot, size_t *out_new, struct error *err);
