/* SPDX-License-Identifier: EUPL-1.2 */
/* drill_truth: what the drill looks for when nobody says: names, codes, dates and counts out of a synthetic population and its truth.
 * Private to command. */
#pragma once
#include "base/arena.h"
#include "trust/drill/drill.h"

/* From the directory that `emc2 synthesise` made. */
MUST_CHECK bool drill_truth_plant(struct drill_planted *planted, const char *directory, struct arena *arena, struct error *err);
/* Plain files of a directory, not of those below it; appended to *out_paths, which lies in the arena. */
MUST_CHECK bool drill_truth_files(const char *directory, struct arena *arena, const char *const **out_paths, size_t *out_count,
                                  struct error *err);
