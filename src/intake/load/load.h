/* SPDX-License-Identifier: EUPL-1.2 */
/* load: an OMOP data set (intake/source) becomes one snapshot of a store, wholly or not at all.
 * Words. finding: something wrong at one place of the source (file, line, field), without the value itself.
 *   error     makes a load impossible: wrong type, no key or person, a record with another number of fields, a key twice in a table that
 *             others point to (person, visit, provider, concept, ...)
 *   dangling  a key that points to nothing (a person without PERSON row, a concept that the vocabulary has not), or a key twice in a table
 *             that nothing points to (real exports have both): kept and counted, or refused with `refuse_dangling`
 *   missing   a value that the CDM requires is NULL: kept and counted
 *   implausible  a date that cannot be (before 1850, after today, an end before its start, such a year of birth): kept and counted
 * unmapped: rows whose concept id is 0. */
#pragma once
#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/task.h"
#include "trust/grant/grant.h"
#include "warehouse/omop/omop.h"
#include "warehouse/store/store.h"

struct load_options {
    const struct settings *settings; /* NULL: the defaults */
    struct task_pool *pool;          /* borrowed; NULL: a pool of its own with settings' threads */
    const char *label;               /* of the snapshot; NULL: the last part of the source's path */
    bool replace;                    /* the snapshot holds only this data set; else it is added to the latest one */
    bool refuse_dangling;
    int64_t until; /* Unix seconds: the end of the authorisation, after which the data cannot be read; 0: none */
    bool quiet;    /* no progress */
};

enum load_severity { LOAD_ERROR, LOAD_DANGLING, LOAD_MISSING, LOAD_IMPLAUSIBLE };

/* One place. `line` is the line of a text file (1 is the header), or the row of a Parquet file (1 is the first row); 0: the whole file. */
struct load_finding {
    enum load_severity severity;
    const char *what; /* "not a date", "no such person": never the value */
    const char *file;
    uint64_t line;
    const char *field; /* "" when it is the record or the file */
};
/* How many there are of one kind in one field, over the whole source. */
struct load_count {
    enum load_severity severity;
    const char *what;
    int table;
    const char *field;
    uint64_t rows;
};
struct load_table {
    int table; /* enum omop_table */
    size_t files;
    uint64_t rows_read, rows_stored;
    const char *const *not_carried; /* columns of the source that OMOP 5.4 does not have */
    size_t not_carried_count;
};
/* A file of the source that is no OMOP table. */
struct load_unknown {
    const char *name;
    bool rows_known;
    uint64_t rows;
};
struct load_unmapped {
    int table;
    const char *field;
    uint64_t rows, of; /* rows whose concept is 0, of all rows with a value */
};

/* Everything lives in the `result` arena. */
struct load_report {
    const char *source;
    bool is_stored;
    uint32_t snapshot; /* 0 unless stored */
    uint64_t rows_read, rows_stored, persons;
    uint64_t excluded;                               /* of the persons: they were excluded before, and nothing of them comes out */
    uint64_t errors, dangling, missing, implausible; /* all, also those not listed */
    const struct load_table *tables;
    size_t table_count;
    const struct load_unknown *unknown;
    size_t unknown_count;
    const struct load_finding *findings; /* at most load_findings_max */
    size_t finding_count;
    const struct load_count *counts;
    size_t count_count;
    const struct load_unmapped *unmapped;
    size_t unmapped_count;
    uint32_t segments, waves; /* a wave is one scan of the source */
    bool vocabulary_built_in; /* neither source nor store had one */
    double seconds;           /* rows per second: rows_read / seconds */
};

/* Demands GRANT_LOAD. out_report is filled also when it fails with INVALID_INPUT, so that the findings can be shown; after any failure, and
 * after CANCELLED, the store is as it was. EXISTS when persons or shared records of the source are in the store already. */
MUST_CHECK bool load_run(struct store *store, const struct grant *grant, const char *source_path, const struct load_options *options,
                         struct load_report *out_report, struct arena *result, struct error *err);
/* The same from rows that are made in this process (source.h). */
struct source_provider;
MUST_CHECK bool load_run_provider(struct store *store, const struct grant *grant, const struct source_provider *provider,
                                  const struct load_options *options, struct load_report *out_report, struct arena *result,
                                  struct error *err);
/* One JSON object. */
MUST_CHECK bool load_report_write(const struct load_report *report, struct json_writer *writer, struct error *err);
const char *load_severity_name(enum load_severity severity); /* "error", "dangling", ... */
