/* SPDX-License-Identifier: EUPL-1.2 */
/* table_head: the first block of a cohort table. Private to cohorts. */
#pragma once
#include "warehouse/cohorts/cohorts.h"

MUST_CHECK bool table_head_write(const struct cohort_table *table, struct buffer *out, struct error *err);
/* CORRUPT unless the bytes are a head as it is written. */
MUST_CHECK bool table_head_read(const void *bytes, size_t length, struct cohort_table *out_table, struct error *err);
