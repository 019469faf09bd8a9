/* SPDX-License-Identifier: EUPL-1.2 */
/* load_internal: one load under way, and its steps (private). In this order: survey.c reads all keys; whole.c the vocabulary and the shared
 * tables; waves.c the persons; report.c says what happened. */
#pragma once
#include "base/progress.h"
#include "intake/load/id_set.h"
#include "intake/load/load.h"
#include "intake/source/source.h"

/* What is counted while rows are read; a wave that is begun again takes its counts back. */
struct load_tally {
    uint64_t read[OMOP_TABLE_COUNT], stored[OMOP_TABLE_COUNT];
    uint64_t concepts[OMOP_TABLE_COUNT][FINDING_FIELDS_MAX]; /* rows with a value in a concept field */
    uint64_t unmapped[OMOP_TABLE_COUNT][FINDING_FIELDS_MAX]; /* of these, 0 */
};

/* When what happened to persons can have happened. */
struct load_time {
    int first_year, last_year;
    int32_t first_day, last_day;
};

struct load {
    /* borrowed */
    struct store *store;
    const struct grant *grant;
    const struct load_options *options;
    struct settings settings;
    struct task_pool *pool;
    /* owned */
    struct task_pool *own_pool;
    struct findings *findings;
    struct source *source;
    struct store_reader *reader; /* the latest snapshot; NULL: there is none */
    struct store_writer *writer;
    struct arena *scratch;
    struct id_set persons;                     /* of every table */
    struct id_set keys[OMOP_TABLE_COUNT];      /* of the source, of the tables that others point to */
    struct id_set kept_keys[OMOP_TABLE_COUNT]; /* of the snapshot's rows that stay */
    uint64_t surveyed[OMOP_TABLE_COUNT];       /* rows, as far as the survey has read the table */
    struct load_tally tally;
    struct load_time time;
    uint32_t segments, waves, snapshot;
    bool is_vocabulary_only; /* the source has nothing else */
    bool has_vocabulary;     /* the source has concepts */
    bool keeps_rows;         /* persons and shared tables of the latest snapshot stay */
    bool vocabulary_built_in;
    bool is_stored;
};

/* No error so far: rows are worth keeping. After the first one the rest is only checked. */
static inline bool load_is_clean(const struct load *load)
{
    return findings_of_severity(load->findings, FINDING_SEVERITY_ERROR) == 0;
}
/* survey.c: keys of the source and of the snapshot; EXISTS when persons are in both. */
MUST_CHECK bool load_survey(struct load *load, struct error *err);
/* check.c: notes the keys of one field that point to nothing, and counts what is not mapped. Fields may be checked by several workers. */
void load_check_field(struct load *load, const struct source_batch *batch, int field, struct finding_batch *findings);
/* plausible.c: notes the dates of one field that cannot be; load_check_field asks it. */
struct load_time load_time_now(void);
void load_check_plausible(const struct load *load, const struct source_batch *batch, int field, struct finding_batch *findings);
/* All fields, and the findings are absorbed. */
void load_check_batch(struct load *load, const struct source_batch *batch);
/* Fills vectors (of `columns`) for segment_builder_append; what is NULL throughout has none. */
void load_vectors(const struct source_batch *batch, struct store_vector *vectors, const struct store_vector **columns);
/* whole.c: the tables that are one segment. */
MUST_CHECK bool load_vocabulary(struct load *load, struct error *err);
MUST_CHECK bool load_shared(struct load *load, struct error *err);
/* waves.c: the tables of persons. */
MUST_CHECK bool load_persons(struct load *load, struct error *err);
/* report.c */
void load_report_make(const struct load *load, const char *source_path, double seconds, struct arena *result,
                      struct load_report *out_report);
