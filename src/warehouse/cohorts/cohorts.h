/* SPDX-License-Identifier: EUPL-1.2 */
/* cohorts: rows of cohorts that are kept in the warehouse, so that they are read instead of evaluated: WAREHOUSE/cohorts, one sealed file
 * for each program on each snapshot (docs/formats/cohort-table.md). Files never change. A table is read only through a reader of its
 * snapshot, and gives the rows of the persons whom that reader sees: who is excluded never comes back, and what cannot be opened any more
 * is not read. */
#pragma once
#include "base/calendar.h"
#include "warehouse/store/store.h"

enum { COHORT_NAME_SIZE = 64, COHORT_TABLES_MAX = 1 << 20 };
struct cohort_table_place {
    const char *directory; /* of the warehouse */
    const struct keyring *keyring;
    const struct grant *grant;
};
struct cohort_table {
    struct key_file_id id;       /* names the file; made by cohort_table_write */
    char name[COHORT_NAME_SIZE]; /* that it was kept under: letters, digits, '.', '_', '-' */
    int64_t cohort_id;
    struct crypto_hash program;  /* cohort_program_hash */
    struct crypto_hash manifest; /* of the snapshot */
    uint32_t snapshot;
    int64_t made;  /* Unix seconds */
    uint64_t rows; /* as they were written */
};
/* By ascending person, then start. */
struct cohort_table_rows {
    size_t count;
    const int64_t *persons;
    const int32_t *starts, *ends;
};

/* INVALID_ARGUMENT for a name that is none. */
MUST_CHECK bool cohort_name_check(const char *name, struct error *err);
/* Durable when it returns. Demands GRANT_LOAD. Fills table->id, made and rows. */
MUST_CHECK bool cohort_table_write(const struct cohort_table_place *place, struct cohort_table *table, const struct cohort_table_rows *rows,
                                   struct error *err);
/* All tables that can be opened, by name, cohort id and age, in `arena`. A warehouse without any has none. */
MUST_CHECK bool cohort_tables_list(const struct cohort_table_place *place, struct arena *arena, const struct cohort_table **out_tables,
                                   size_t *out_count, struct error *err);
/* The rows of those persons whom the reader sees, in `arena`. The reader is of the table's snapshot, else INVALID_ARGUMENT. Demands
 * GRANT_ROWS. */
MUST_CHECK bool cohort_table_read(const struct cohort_table_place *place, const struct cohort_table *table, struct store_reader *reader,
                                  struct arena *arena, struct cohort_table_rows *out_rows, struct error *err);
/* Destroys their keys, then removes the files; stopped, the next call goes on. Demands GRANT_ERASE. */
MUST_CHECK bool cohort_tables_destroy(const struct cohort_table_place *place, const struct cohort_table *tables, size_t count,
                                      struct error *err);
/* Destroys every table whose snapshot is closed, or is of no snapshot of the store, and removes what has no key any more. */
MUST_CHECK bool cohort_tables_sweep(const struct cohort_table_place *place, struct store *store, uint64_t *out_destroyed,
                                    struct error *err);
/* Reads every byte of every table; problem is told each file that is not as it was written. */
MUST_CHECK bool cohort_tables_verify(const struct cohort_table_place *place,
                                     void (*problem)(void *context, const char *file, const char *what), void *context,
                                     uint32_t *out_problems, struct error *err);
