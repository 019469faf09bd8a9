/* SPDX-License-Identifier: EUPL-1.2 */
/* linkage_report: how well a run linked, by whom it is about; against truth, where there is one; and the weights, as a chart. */
#pragma once
#include "base/buffer.h"
#include "intake/linkage/linkage.h"

/* Pairs of entries in one person: found, true, both. Duplicates at a holder count, too. */
struct linkage_quality {
    uint64_t found, real, right;
    double precision, recall, f1;
};
/* truth: for each entry who it is; any numbers. */
MUST_CHECK bool linkage_quality_of(struct linkage_quality *out, const struct linkage_result *result, const uint32_t *truth,
                                   struct error *err);
void linkage_quality_finish(struct linkage_quality *quality); /* precision, recall and F1 out of the counts */
