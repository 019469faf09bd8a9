/* SPDX-License-Identifier: EUPL-1.2 */
/* timeline: what hospitals and the claims base record of one life: visits, conditions, drugs, measurements with plausible timing. */
#pragma once
#include "intake/synthesise/rows.h"

/* Appends every row of the person, all within the observation period. */
MUST_CHECK bool timeline_write(struct rows *rows, const struct life *life, struct error *err);
