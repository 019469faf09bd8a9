/* SPDX-License-Identifier: EUPL-1.2 */
/* table: a CSV file as columns with roles, for linkage_evaluate. Values are made canonical as they are read. Private. */
#pragma once
#include "base/arena.h"
#include "base/csv.h"
#include "base/text.h"

enum table_role {
    TABLE_NONE,
    TABLE_ID,
    TABLE_GIVEN,
    TABLE_NAME,
    TABLE_DATE,
    TABLE_PLACE,
    TABLE_CODE,
    TABLE_NUMBER,
    TABLE_TEXT,
    TABLE_SEX,
    TABLE_ROLES
};
enum { TABLE_COLUMNS_MAX = 12, TABLE_RECORDS_MAX = 1 << 24 };
/* What the columns of both files are. */
struct table_plan {
    size_t count;
    struct text names[TABLE_COLUMNS_MAX]; /* as in the header, without blanks at the ends */
    enum table_role roles[TABLE_COLUMNS_MAX];
    struct text id; /* the column of ids */
};
/* columns: as linkage_evaluate.h; header: a file of which the first record is looked at where columns is NULL. */
MUST_CHECK bool table_plan_make(struct table_plan *out, const char *columns, struct csv_reader *header, struct arena *arena,
                                struct error *err);
struct table {
    size_t count;
    struct text *ids;
    struct text *values; /* [record * plan->count + column]; empty: missing */
};
/* path stands in errors. */
MUST_CHECK bool table_read(struct table *out, struct csv_reader *reader, const char *path, const struct table_plan *plan,
                           struct arena *arena, struct error *err);
