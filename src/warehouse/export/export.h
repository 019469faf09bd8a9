/* SPDX-License-Identifier: EUPL-1.2 */
/* export: a snapshot leaves as OMOP 5.4 files in open formats, with its DDL, so that nobody is locked in (SNC 19.1). Every table of the CDM
 * becomes one file, an empty table one without rows; what `load` read comes out again, value by value. */
#pragma once
#include "base/error.h"
#include "base/task.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"

enum export_format { EXPORT_CSV, EXPORT_PARQUET };
struct export_options {
    bool quiet;                /* no progress */
    unsigned threads;          /* Parquet: of the engine; 0: one per core */
    uint64_t memory_bytes;     /* bound of the rows of one Parquet file; 0: 1 GiB */
    struct task_pool *hashing; /* NULL, or hashes.json is written too (export_hash.h) */
};
struct export_report {
    uint64_t rows, bytes; /* bytes of all files */
    uint64_t table_rows[OMOP_TABLE_COUNT];
    uint32_t files;
    double seconds;
};

/* Writes DIRECTORY/<table>.csv or .parquet for every table that the grant covers, and DIRECTORY/ddl.sql. A Parquet table beyond
 * memory_bytes becomes DIRECTORY/<table>/00000.parquet, 00001.parquet, ... CSV: NULL is nothing, empty text is "", dates are ISO, floats
 * are the shortest text that reads back the same. All of it goes to DIRECTORY.partial first, which is renamed at the end: DIRECTORY is
 * complete or absent. Fails with EXISTS if it exists, with DENIED unless the reader's grant allows GRANT_EXPORT. options NULL: defaults. */
MUST_CHECK bool export_tables(struct store_reader *reader, enum export_format format, const char *directory,
                              const struct export_options *options, struct export_report *out_report, struct error *err);

/* Makes tables of the same names in an engine of this process and fills them: those with a bit in fields[table], one for each field that is
 * read; the other fields are NULL throughout. Demands GRANT_ROWS: nothing leaves the process, but the engine sees whose rows they are. */
struct engine;
MUST_CHECK bool export_tables_into(struct engine *engine, struct store_reader *reader, const uint64_t fields[OMOP_TABLE_COUNT],
                                   struct error *err);
