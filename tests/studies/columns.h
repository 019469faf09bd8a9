/* SPDX-License-Identifier: EUPL-1.2 */
/* columns: a recorded table with columns of ours beside it, and the comparison with a table that was given back. */
#pragma once
#include "call.h"

enum { COLUMNS_MAX = 64 };
struct columns {
    struct call *call;
    struct table table; /* what was given in */
    const bool *kept;   /* rows that stay; NULL: all */
    const char *names[COLUMNS_MAX];
    const char **values[COLUMNS_MAX]; /* [column][row]; NULL: null */
    size_t count;
};
struct columns columns_of(struct call *call, const char *argument);
/* A new column, or the one of this name, without values. NULL: there is no room. */
const char **columns_add(struct columns *columns, const char *name);
const char *columns_number(const struct columns *columns, int64_t value);
const char *columns_day(const struct columns *columns, int32_t number); /* NULL for STUDY_NO_DAY */
/* Every column that the recorded table has, row by row, as multisets. */
void columns_compare(const struct columns *columns);
/* "someName" -> "some_name" */
const char *snake_case(const struct call *call, const char *name);
/* "m30_to_0", "0_to_inf" */
const char *window_name(const struct call *call, struct study_span window);
/* A style such as "{cohort_name}_{window_name}" with each word in braces replaced; pairs: word, text, ..., NULL. */
const char *styled(const struct call *call, const char *style, const char *const *pairs);
