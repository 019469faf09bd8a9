/* SPDX-License-Identifier: EUPL-1.2 */
/* vectors: the expressions of the reference's own tests, with their few rows of data inline. */
#pragma once
#include "base/error.h"

/* circe_cohort: whole cohorts; circe_criteria: criteria, windows and groups, each as a cohort that tells it apart. */
MUST_CHECK bool vectors_run(const char *root, bool *out_passed, struct error *err);
