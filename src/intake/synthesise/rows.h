/* SPDX-License-Identifier: EUPL-1.2 */
/* rows: the CSV rows of a few thousand synthetic persons, one buffer a table, with the header line kept apart. */
#pragma once
#include "base/buffer.h"
#include "base/csv.h"
#include "intake/synthesise/timeline.h"

enum rows_table {
    ROWS_PERSON,
    ROWS_OBSERVATION_PERIOD,
    ROWS_VISIT,
    ROWS_CONDITION,
    ROWS_DRUG,
    ROWS_MEASUREMENT,
    ROWS_PROCEDURE,
    ROWS_OBSERVATION,
    ROWS_DEATH,
    ROWS_TRUTH, /* truth/persons.csv */
    ROWS_TABLE_COUNT
};
struct rows {
    struct buffer tables[ROWS_TABLE_COUNT];
    uint64_t counts[ROWS_TABLE_COUNT];
    uint64_t cohort_persons[SYNTHESIS_COHORTS_COUNT];
    struct timeline timeline; /* of the person at work */
    int64_t next_id;          /* record ids are person * 8192 + 1, 2, ...: unique across tables, a function of the person alone */
};
/* Path below the population's directory, and the header line. */
const char *rows_table_path(enum rows_table table);
const char *rows_table_header(enum rows_table table);
void rows_init(struct rows *rows);
void rows_clear(struct rows *rows);
void rows_finish(struct rows *rows);

/* The person, and every event of their timeline. */
MUST_CHECK bool rows_write(struct rows *rows, const struct life *life, const struct timeline *timeline, struct error *err);
