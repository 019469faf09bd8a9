/* SPDX-License-Identifier: EUPL-1.2 */
/* drug_eras: the eras of the custom drug exit [7], made from the exposures of the persons that have included events. */
#pragma once
#include "research/evaluate/event_table.h"

/* candidates[i]: the end of the era that contains the start of event i, the smallest one that is not before it; STORE_NO_DAY: none. */
MUST_CHECK bool drug_era_ends(struct segment_run *run, const struct event_table *events, int32_t *candidates, struct error *err);
