/* SPDX-License-Identifier: EUPL-1.2 */
/* version: the range of CDM versions that an expression declares. */
#pragma once
#include "research/circe/reading.h"

/* Refuses a declared cdmVersionRange that does not include every version from the lowest one that the expression's constructs need
 * (5.0, or 5.3 with a PayerPlanPeriod). Absent or null is fine. */
MUST_CHECK bool version_check(const struct reading *reading, struct node expression, struct error *err);
