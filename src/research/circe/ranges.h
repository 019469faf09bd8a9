/* SPDX-License-Identifier: EUPL-1.2 */
/* ranges: numeric and date ranges and text filters of an expression (circe: section 1.3), as the inclusive intervals and patterns of
 * cohort tests. */
#pragma once
#include "research/circe/reading.h"

/* They fill comparison, is_negated and the bounds (or the pattern) of the test from the object `range`. */
MUST_CHECK bool range_read_integer(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err);
MUST_CHECK bool range_read_decimal(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err);
MUST_CHECK bool range_read_date(const struct reading *reading, struct node range, struct cohort_test *test, struct error *err);
MUST_CHECK bool text_filter_read(const struct reading *reading, struct node filter, struct cohort_test *test, struct error *err);
/* A day "Y-M-D" in a member; has = false when absent or null. */
MUST_CHECK bool date_read(const struct reading *reading, struct node object, const char *name, bool *out_has, day *out_day,
                          struct error *err);
/* To 4 decimals, half away from zero, of the shortest decimal text that stands for the number. */
double decimal_round(double value);
