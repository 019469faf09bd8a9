/* SPDX-License-Identifier: EUPL-1.2 */
/* table_file: the files of kept cohorts: where they are, and all their bytes. Private to cohorts. */
#pragma once
#include "warehouse/cohorts/table_head.h"

enum { TABLE_PATH_SIZE = 4096, TABLE_BLOCK_ROWS = 1 << 16 };
/* id NULL: the folder. */
MUST_CHECK bool table_path(const struct cohort_table_place *place, const struct key_file_id *id, char out[TABLE_PATH_SIZE],
                           struct error *err);
/* Head and, with an arena, rows, as they were written. name: of the file in the folder. ERASED: it has no key any more. CORRUPT names it.
 */
MUST_CHECK bool table_load(const struct cohort_table_place *place, const char *name, struct arena *arena, struct cohort_table *out_table,
                           struct cohort_table_rows *out_rows, struct error *err);
/* Calls visit with the name of every file that is one of ours by its name. */
MUST_CHECK bool table_files_visit(const struct cohort_table_place *place, bool (*visit)(void *context, const char *name, struct error *err),
                                  void *context, struct error *err);
