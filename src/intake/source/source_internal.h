/* SPDX-License-Identifier: EUPL-1.2 */
/* source_internal: what the parts of a source know of each other (private). source.c opens and lists; delimited_*.c and parquet_*.c each
 * know one format: how its columns are found, and how its rows are scanned. */
#pragma once
#include "engines/duckdb/duckdb_engine.h"
#include "intake/source/catalogue.h"
#include "intake/source/rows.h"
#include "intake/source/source.h"

struct source_file {
    struct catalogue_file catalogue;
    uint32_t number;
    struct column_map map; /* when it is of a table */
    char delimiter;        /* FORMAT_DELIMITED */
    bool without_quotes, is_gzip, is_empty;
    const char *const *columns; /* FORMAT_PARQUET: an SQL expression for each column of the file, NULL for one that is no plain value */
    const bool *is_null;        /* FORMAT_PARQUET: of each column of the file: NULL throughout, and need not be read */
    bool person_is_integer;     /* FORMAT_PARQUET: a range of persons can be asked for without a cast */
    uint64_t rows;              /* FORMAT_PARQUET */
    bool is_unreadable;         /* noted as a finding when the source was opened */
};

struct source {
    struct arena *arena;
    const char *path;
    struct settings settings;
    struct task_pool *pool; /* borrowed; may be NULL */
    struct archive *archive;
    struct engine *engine; /* opened with the first Parquet file */
    struct source_file *files;
    size_t file_count;
    struct source_table *tables;
    size_t table_count;
    struct source_unknown *unknown;
    const struct source_file **unknown_files;
    size_t unknown_count;
    const struct source_provider *provider; /* borrowed; NULL: files */
};

/* ---- provider.c ---- */
MUST_CHECK bool provider_scan(struct source *source, int table, const struct source_scan *scan, struct error *err);

/* ---- columns.c ---- */
struct source_names {
    const struct text *items;
    size_t count;
};
/* Fills file->map; a field that two columns could be is the one with the newer name, the other is not carried. */
void columns_map(struct source_file *file, struct source_names names);
/* Notes the columns that the table cannot do without and the file has not. */
void columns_demand(const struct source_file *file, struct findings *findings);
/* A field without which a row says nothing: its key, its person, its day, its concept. */
bool columns_is_demanded(int table, int field);

/* ---- delimited.c ---- */
/* Reads the header and looks whether there is a record. *out_names live in the arena. INVALID_INPUT when it is no such file. */
MUST_CHECK bool delimited_describe(struct source *source, struct source_file *file, struct source_names *out_names, struct error *err);
MUST_CHECK bool delimited_scan(struct source *source, const struct source_file *file, const struct source_scan *scan, struct error *err);
MUST_CHECK bool delimited_count(struct source *source, const struct source_file *file, uint64_t *out_rows, struct error *err);

/* ---- parquet.c ---- */
MUST_CHECK bool parquet_describe(struct source *source, struct source_file *file, struct source_names *out_names, struct error *err);
MUST_CHECK bool parquet_scan(struct source *source, const struct source_file *file, const struct source_scan *scan, struct error *err);

/* Notes that a file cannot be read (an error of INVALID_INPUT, IO or ENGINE), so that the others can be looked at, too; other errors, such
 * as CANCELLED or LIMIT, are returned: false. */
MUST_CHECK bool source_note_unreadable(const struct source_file *file, struct findings *findings, struct error *err);
