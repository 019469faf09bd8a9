/* SPDX-License-Identifier: EUPL-1.2 */
/* strata: the groups of rows that an argument's columns make. */
#pragma once
#include "call.h"
#include "research/result/result.h"

enum { STRATA_COLUMNS_MAX = 8, STRATA_MAX = 1000 };
struct stratum {
    struct result_pair pairs[STRATA_COLUMNS_MAX];
    size_t count; /* 0: overall */
};
/* Of an argument that is a column, a list of them, or a list of lists; overall first when asked for. */
size_t strata_read(const struct call *call, const char *argument, const struct table *table, bool with_overall,
                   struct stratum **out_strata);
/* Of these columns together, whatever the argument. */
size_t strata_together(const struct call *call, const char *const *columns, size_t column_count, const struct table *table,
                       struct stratum **out_strata);
bool strata_holds(const struct call *call, const struct table *table, size_t row, const struct stratum *stratum);
