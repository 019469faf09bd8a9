/* SPDX-License-Identifier: EUPL-1.2 */
/* source: an OMOP 5.3 or 5.4 data set as typed rows: a directory of CSV (also .gz, Athena's tab-delimited) or Parquet files, or a zip of
 * them. Tables by file name, columns by header name, in any case and order; one table may be several files or a directory of files.
 * What OMOP 5.4 does not have is listed by name ("not carried"), never dropped in silence.
 * Values. An empty field without quotes is NULL; "" is an empty text (NULL in other columns). Integers may be written 1.0; dates
 * YYYY-MM-DD, YYYYMMDD or a date and time at midnight. Anything else is a finding (source_findings.h). */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/settings.h"
#include "base/task.h"
#include "intake/source/source_findings.h"
#include "warehouse/omop/omop.h"

struct source;
struct source_options {
    const struct settings *settings; /* NULL: the defaults */
    struct task_pool *pool;          /* borrowed; NULL: one thread */
};

struct source_table {
    int table;
    size_t file_count;
    const char *const *files; /* names inside the data set; `file` of a batch and of a finding is counted over all tables */
    uint32_t first_file;
    bool rows_known; /* Parquet says it, a CSV does not */
    uint64_t rows;
    uint64_t bytes;                   /* of the files as they lie there */
    bool carried[FINDING_FIELDS_MAX]; /* fields of the table that at least one file has */
    const char *const *not_carried;   /* columns that OMOP does not have */
    size_t not_carried_count;
};
/* A file that is no OMOP table. */
struct source_unknown {
    const char *name;
    uint64_t bytes;
    bool is_tabular; /* its rows can be counted */
};

/* Reads names and headers only. Columns that a table cannot do without and that are missing are noted in `findings`. Fails with NOT_FOUND,
 * or with INVALID_INPUT when there is no OMOP table at all, or a table is there twice (as CSV and as Parquet). */
MUST_CHECK bool source_open(struct source **out_source, const char *path, const struct source_options *options, struct findings *findings,
                            struct error *err);
void source_close(struct source *source);
DEFINE_CLEANUP(source, source_close)

/* In the order of the CDM. */
size_t source_table_count(const struct source *source);
const struct source_table *source_table(const struct source *source, size_t index);
const struct source_table *source_table_find(const struct source *source, int table); /* NULL when the source has no such file */
const char *source_file_name(const struct source *source, uint32_t file);
size_t source_unknown_count(const struct source *source);
const struct source_unknown *source_unknown(const struct source *source, size_t index);
/* Reads the file. */
MUST_CHECK bool source_unknown_rows(struct source *source, size_t index, uint64_t *out_rows, struct error *err);

/* ---- rows ---- */
/* valid: bit i of word i / 64, or NULL when every value is there; exactly one array is set, by type, unless is_all_null. */
struct source_column {
    enum omop_type type;
    bool is_all_null;
    const uint64_t *valid;
    const int64_t *integers; /* OMOP_INTEGER; OMOP_DATETIME as microseconds */
    const double *floats;
    const int32_t *days;
    const struct text *texts; /* UTF-8 */
};
static inline bool source_column_is_valid(const struct source_column *column, size_t i)
{
    return !column->is_all_null && (!column->valid || (column->valid[i / 64] >> (i % 64) & 1));
}
struct source_batch {
    int table;
    uint32_t file;
    size_t rows;
    const struct source_column *columns; /* one for each field of the table, in the order of the CDM; absent ones are all NULL */
    const uint64_t *lines;               /* of each row, as in struct finding */
    bool pool_is_busy;                   /* the pool of the source is at work for the scan: `take` must not run it */
};
struct source_scan {
    uint64_t fields; /* bit f: field f is wanted; 0: all. The others come as all NULL */
    bool in_range;   /* only rows whose person is in first_person .. last_person (tables with persons) */
    int64_t first_person, last_person;
    bool with_unplaced; /* and those without a (readable) person */
    /* Called on the calling thread, in the order of the files and rows. The batch is valid during the call. `faults` are the wrong values
     * of this batch, already absorbed in `findings`; where a value is wrong the batch has NULL. */
    bool (*take)(void *context, const struct source_batch *batch, struct error *err);
    void *context;
    struct findings *findings; /* NULL: wrong values are NULL and not reported (another scan does) */
    struct progress *progress; /* rows are added; may be NULL */
};
/* A file that cannot be read to its end is a finding (FINDING_UNREADABLE), and the scan goes on with the next file. */
MUST_CHECK bool source_scan(struct source *source, int table, const struct source_scan *scan, struct error *err);
/* Every table of persons, in the order of the CDM; from a provider, all tables at once. */
MUST_CHECK bool source_scan_persons(struct source *source, const struct source_scan *scan, struct error *err);

/* ---- a source in this process ---- */
/* Rows that are made while they are read (intake/assemble). The provider vouches for its keys, so that nobody reads all rows for them:
 * `persons` are those of PERSON, each once, and keys of a table that others point to are within 1 .. last_key. */
struct source_provider {
    const char *name; /* in findings, and as the label of the snapshot */
    bool has[OMOP_TABLE_COUNT];
    uint64_t rows[OMOP_TABLE_COUNT]; /* about */
    const int64_t *persons;          /* ascending */
    size_t person_count;
    int64_t last_key[OMOP_TABLE_COUNT]; /* 0: no rows, or nobody points to them */
    /* Rows of persons first .. last, of all tables of persons, in batches of any table with all of its columns. A range may be asked for
     * again; ranges otherwise follow one another. */
    bool (*scan_persons)(void *context, int64_t first, int64_t last, const struct source_scan *scan, struct error *err);
    bool (*scan_shared)(void *context, int table, const struct source_scan *scan, struct error *err);
    void *context;
};
MUST_CHECK bool source_open_provider(struct source **out_source, const struct source_provider *provider, struct error *err); /* borrowed */
const struct source_provider *source_provider(const struct source *source); /* NULL: files */
